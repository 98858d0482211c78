//! Volumes: what the volume manager puts into them, how a missing source holds a pod back, and where
//! containers see them.

use crate::kernel::OrderedMap;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::api::core::{
    DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume, VolumeProjection,
};
use crate::api::{ConfigMap, Kind, ObjectKey, Secret};
use crate::apiserver::ApiServer;
use crate::cluster::Context;
use crate::cluster::process::Mount;
use crate::cluster::timing::{
    VOLUME_MOUNT_MAX, VOLUME_MOUNT_MIN, VOLUME_POLL, VOLUME_RETRY_FIRST, VOLUME_RETRY_MAX,
    VOLUME_TIMEOUT,
};
use crate::kernel::SimTime;

use super::Timer;
use super::environment::{self, secret_texts};
use super::host::Host;
use super::inspect::{CreationKind, StepProgress};
use super::plan::Slot;
use super::sync::{Flow, Task};
use super::worker::Worker;

/// How far the volume manager is with a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mounting {
    /// Whether it has begun.
    begun: bool,
    /// Volumes that are mounted.
    mounted: OrderedMap<String, ()>,
    /// Volumes that could not be mounted: how long to wait after the next failure.
    waits: OrderedMap<String, Duration>,
    /// When each of those is tried again.
    retry_at: OrderedMap<String, SimTime>,
    /// The versions of the ConfigMaps and Secrets that are mounted.
    versions: OrderedMap<ObjectKey, u64>,
}

type Contents = Vec<(String, String)>;

impl Worker {
    /// kubelet: waits until every volume is mounted, looking every 300 ms.
    pub fn wait_for_volumes(
        &mut self,
        since: Option<SimTime>,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let volumes = self.pod.spec.volumes.as_ref().map_or(0, Vec::len);
        if volumes == self.mounting.mounted.len() {
            if volumes > 0 {
                self.refresh_volumes(host, context);
            }
            let done = StepProgress::Done { at: context.now };
            let known = self.progress.contains_key(&(None, CreationKind::Sandbox));
            if !known {
                self.note(None, CreationKind::Volumes, done);
            }
            return Flow::Next;
        }
        let since = since.unwrap_or(context.now);
        self.begin_mounting(host, context);
        if context.now.since(since) >= VOLUME_TIMEOUT {
            if let Some(activity) = &mut self.activity {
                activity.failure = Some(None);
                activity.tasks.clear();
            }
            return Flow::Next;
        }
        self.next_task(Task::WaitForVolumes { since: Some(since) });
        Flow::After(VOLUME_POLL)
    }

    /// The volume manager takes the pod on.
    pub fn begin_mounting(&mut self, host: &mut Host, context: &mut Context) {
        let has_volumes = self
            .pod
            .spec
            .volumes
            .as_ref()
            .is_some_and(|list| !list.is_empty());
        if !self.mounting.begun && has_volumes {
            self.mounting.begun = true;
            let takes = host.between(VOLUME_MOUNT_MIN, VOLUME_MOUNT_MAX);
            let progress = StepProgress::Active {
                since: context.now,
                until: Some(context.now + VOLUME_POLL),
            };
            self.note(None, CreationKind::Volumes, progress);
            self.arm(Timer::Mount, context.now + takes, host, context);
        }
    }

    /// Mounts what can be mounted now; what cannot is tried again later and later.
    pub fn try_mount(&mut self, host: &mut Host, context: &mut Context) {
        if !matches!(self.work, super::inspect::WorkState::Syncing) {
            return;
        }
        let volumes = self.pod.spec.volumes.clone().unwrap_or_default();
        for (index, volume) in volumes.iter().enumerate() {
            let due = self.mounting.retry_at.get(&volume.name);
            let waits = due.is_some_and(|at| *at > context.now);
            if self.mounting.mounted.contains_key(&volume.name) || waits {
                continue;
            }
            match self.contents(volume, host, context.api) {
                Ok(contents) => {
                    self.fill(volume, contents);
                    self.mounting.mounted.insert(volume.name.clone(), ());
                    self.mounting.retry_at.remove(&volume.name);
                }
                Err(error) => self.mount_failed(index, volume, &error, host, context),
            }
        }
        if let Some(next) = self.mounting.retry_at.values().min() {
            self.arm(Timer::Mount, *next, host, context);
        }
    }

    fn mount_failed(
        &mut self,
        index: usize,
        volume: &Volume,
        error: &str,
        host: &mut Host,
        context: &mut Context,
    ) {
        let name = &volume.name;
        let message = format!("MountVolume.SetUp failed for volume {name:?} : {error}");
        self.event(None, true, "FailedMount", message, host, context);
        let wait = self
            .mounting
            .waits
            .get(name)
            .copied()
            .unwrap_or(VOLUME_RETRY_FIRST);
        self.mounting
            .waits
            .insert(name.clone(), (wait * 2).min(VOLUME_RETRY_MAX));
        // kubelet: the reconciler looks every 100 ms.
        let at = context.now + wait + host.between(Duration::ZERO, Duration::from_millis(100));
        self.mounting.retry_at.insert(name.clone(), at);
        let text = format!("Volume {name} cannot be mounted: **{error}**");
        let reads = [format!("spec.volumes[{index}]")];
        self.step(None, "volume-failed", text, &reads, host, context);
        self.note(
            None,
            CreationKind::Volumes,
            StepProgress::Failed { why: error.into() },
        );
    }

    fn fill(&mut self, volume: &Volume, contents: Option<Contents>) {
        match contents {
            Some(contents) => self.volumes.replace(&volume.name, contents),
            None => self.volumes.create(&volume.name),
        }
    }

    /// kubelet: mounted ConfigMaps and Secrets follow their objects at the next sync.
    fn refresh_volumes(&mut self, host: &mut Host, context: &mut Context) {
        let version = |key: &ObjectKey| context.api.store().get(key).map_or(0, |one| one.version());
        if self
            .mounting
            .versions
            .iter()
            .all(|(key, old)| version(key) == *old)
        {
            return;
        }
        for volume in self.pod.spec.volumes.clone().unwrap_or_default() {
            if let Ok(Some(contents)) = self.contents(&volume, host, context.api) {
                self.volumes.replace(&volume.name, contents);
            }
        }
    }

    /// A new kubelet finds the volumes of running pods mounted and mounts them anew.
    pub fn mounting_forgotten(&mut self) {
        self.mounting = Mounting::default();
    }

    /// The volumes of a pod that has ended are gone.
    pub fn volumes_unmounted(&mut self) {
        self.mounting = Mounting::default();
    }

    /// What is to be in a volume; `None` for one that begins empty.
    ///
    /// # Errors
    /// Why it cannot be mounted, in the kubelet's words.
    fn contents(
        &mut self,
        volume: &Volume,
        host: &Host,
        api: &ApiServer,
    ) -> Result<Option<Contents>, String> {
        if let Some(source) = &volume.config_map {
            let items = source.items.as_deref();
            let optional = source.optional == Some(true);
            return self
                .config_map(&source.name, items, optional, api)
                .map(Some);
        }
        if let Some(source) = &volume.secret {
            let name = source.secret_name.as_deref().unwrap_or_default();
            let items = source.items.as_deref();
            return self
                .secret(name, items, source.optional == Some(true), api)
                .map(Some);
        }
        if let Some(source) = &volume.downward_api {
            return self.downward(source.items.as_deref(), host).map(Some);
        }
        if let Some(source) = &volume.projected {
            return self.projected(source, host, api).map(Some);
        }
        if let Some(source) = &volume.host_path {
            let existing = matches!(source.type_.as_deref(), Some("File" | "Socket"));
            if existing {
                return Err(format!(
                    "hostPath type check failed: {} is not a file",
                    source.path
                ));
            }
        }
        Ok(None)
    }

    fn config_map(
        &mut self,
        name: &str,
        items: Option<&[KeyToPath]>,
        optional: bool,
        api: &ApiServer,
    ) -> Result<Contents, String> {
        self.require_registered(name)?;
        let found = api.get::<ConfigMap>(&self.key.namespace, name);
        self.remember(Kind::ConfigMap, name, found.map_or(0, |one| one.version));
        let data = match found {
            Some(found) => found.spec.data.clone().unwrap_or_default(),
            None if optional => BTreeMap::new(),
            None => return Err(format!("configmap {name:?} not found")),
        };
        pick(&data, items, optional)
            .map_err(|key| format!("configmap references non-existent config key: {key}"))
    }

    fn secret(
        &mut self,
        name: &str,
        items: Option<&[KeyToPath]>,
        optional: bool,
        api: &ApiServer,
    ) -> Result<Contents, String> {
        self.require_registered(name)?;
        let found = api.get::<Secret>(&self.key.namespace, name);
        self.remember(Kind::Secret, name, found.map_or(0, |one| one.version));
        let data = match found {
            Some(found) => secret_texts(found),
            None if optional => BTreeMap::new(),
            None => return Err(format!("secret {name:?} not found")),
        };
        pick(&data, items, optional)
            .map_err(|key| format!("references non-existent secret key: {key}"))
    }

    /// kubelet: sources of volumes are known only after the pod's first sync with a network.
    fn require_registered(&self, name: &str) -> Result<(), String> {
        match self.registered {
            true => Ok(()),
            false => Err(format!(
                "object {:?}/{name:?} not registered",
                &*self.key.namespace
            )),
        }
    }

    fn remember(&mut self, kind: Kind, name: &str, version: u64) {
        let key = self.key.sibling(kind, name);
        self.mounting.versions.insert(key, version);
    }

    fn downward(
        &self,
        items: Option<&[DownwardAPIVolumeFile]>,
        host: &Host,
    ) -> Result<Contents, String> {
        let files = items.into_iter().flatten().map(|item| {
            let text = if let Some(field) = &item.field_ref {
                environment::field_value(self, field, host)?
            } else if let Some(field) = &item.resource_field_ref {
                let spec = self.plan.spec(&self.pod.spec, self.plan.init_count);
                environment::resource_value(self, spec, field, host)
            } else {
                String::new()
            };
            Ok((item.path.clone(), text))
        });
        files.collect()
    }

    fn projected(
        &mut self,
        source: &ProjectedVolumeSource,
        host: &Host,
        api: &ApiServer,
    ) -> Result<Contents, String> {
        let mut all = Contents::new();
        for part in source.sources.iter().flatten() {
            all.extend(self.projection(part, host, api)?);
        }
        Ok(all)
    }

    fn projection(
        &mut self,
        part: &VolumeProjection,
        host: &Host,
        api: &ApiServer,
    ) -> Result<Contents, String> {
        if let Some(one) = &part.config_map {
            let items = one.items.as_deref();
            return self.config_map(&one.name, items, one.optional == Some(true), api);
        }
        if let Some(one) = &part.secret {
            let items = one.items.as_deref();
            return self.secret(&one.name, items, one.optional == Some(true), api);
        }
        if let Some(one) = &part.downward_api {
            return self.downward(one.items.as_deref(), host);
        }
        if let Some(one) = &part.service_account_token {
            let token = format!("token-of-{}", self.uid);
            return Ok(vec![(one.path.clone(), token)]);
        }
        Ok(Contents::new())
    }

    /// Where a container sees which volume.
    pub fn mounts(&self, slot: Slot) -> Vec<(String, Mount)> {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let volumes = self.pod.spec.volumes.as_deref().unwrap_or_default();
        let mounts = spec.volume_mounts.iter().flatten().map(|mount| {
            let volume = volumes.iter().find(|volume| volume.name == mount.name);
            let always_read_only = volume.is_some_and(|volume| {
                volume.config_map.is_some()
                    || volume.secret.is_some()
                    || volume.projected.is_some()
                    || volume.downward_api.is_some()
            });
            let inside = mount
                .sub_path
                .clone()
                .or_else(|| mount.sub_path_expr.clone());
            let mounted = Mount {
                volume: Rc::from(mount.name.as_str()),
                sub_path: inside.unwrap_or_default(),
                read_only: always_read_only || mount.read_only == Some(true),
            };
            (mount.mount_path.clone(), mounted)
        });
        mounts.collect()
    }
}

/// The keys that `items` names under its paths, or all of them; the missing key as an error.
fn pick(
    data: &BTreeMap<String, String>,
    items: Option<&[KeyToPath]>,
    optional: bool,
) -> Result<Contents, String> {
    let Some(items) = items else {
        return Ok(data.clone().into_iter().collect());
    };
    let mut contents = Contents::new();
    for item in items {
        match data.get(&item.key) {
            Some(text) => contents.push((item.path.clone(), text.clone())),
            None if optional => {}
            None => return Err(item.key.clone()),
        }
    }
    Ok(contents)
}
