//! Volumes that reach beyond one pod or have a limit: folders of the machine (`hostPath`), `emptyDir` with a
//! `sizeLimit`, and limits of ephemeral storage.

use std::rc::Rc;

use crate::api::Quantity;
use crate::api::amounts::{Half, of_containers};
use crate::api::core::Volume;
use crate::api::quantity::value;
use crate::cluster::Context;

use super::Kubelet;
use super::host::Host;
use super::inspect::WorkState;
use super::worker::Worker;

impl Worker {
    fn host_folders(&self) -> impl Iterator<Item = (&Volume, &str)> {
        let volumes = self.pod.spec.volumes.iter().flatten();
        volumes.filter_map(|one| Some((one, one.host_path.as_ref()?.path.as_str())))
    }

    /// Before a process goes on: what other pods have written to the machine's folders is there.
    pub fn see_host_folders(&mut self, host: &Host) {
        let pod = Rc::clone(&self.pod.spec);
        for volume in pod.volumes.iter().flatten() {
            let path = volume.host_path.as_ref().map(|source| source.path.as_str());
            if let Some(tree) = path.and_then(|path| host.folders.get(path)) {
                self.volumes.set_tree(&volume.name, Rc::clone(tree));
            }
        }
    }

    /// After it: what it has written is there for others. An `emptyDir` that has grown beyond its limit is
    /// looked at when the eviction manager looks next.
    pub fn keep_host_folders(&mut self, host: &mut Host, context: &mut Context) {
        for (volume, path) in self.host_folders() {
            if let Some(tree) = self.volumes.shared_tree(&volume.name) {
                host.folders.insert(path.into(), tree);
            }
        }
        let bytes = self.disk_bytes();
        let before = std::mem::replace(&mut self.written_bytes, bytes);
        if bytes != before {
            host.disk_changed(before, bytes, context);
            if self.beyond_limit().is_some() {
                host.look_soon(context);
            }
        }
        if self.too_large().is_some() {
            host.look_soon(context);
        }
    }

    /// The message about an `emptyDir` that holds more than its `sizeLimit`.
    fn too_large(&self) -> Option<String> {
        let volumes = self.pod.spec.volumes.iter().flatten();
        let mut limited =
            volumes.filter_map(|one| Some((one, one.empty_dir.as_ref()?.size_limit.as_ref()?)));
        let (volume, limit) = limited.find(|(volume, limit)| {
            let used = i128::from(self.volumes.used_bytes(&volume.name));
            value(limit).is_ok_and(|limit| limit > 0 && used > limit)
        })?;
        let (name, limit) = (&volume.name, &limit.0);
        Some(format!(
            "Usage of EmptyDir volume {name:?} exceeds the limit {limit:?}. "
        ))
    }
}

impl Worker {
    /// The message about a pod or container that holds more of the disk than its limit.
    fn beyond_limit(&self) -> Option<String> {
        const STORAGE: &str = "ephemeral-storage";
        let limits = of_containers(&self.pod.spec, Half::Limits);
        let limit = limits.get(STORAGE)?;
        let bytes = |limit: &Quantity| value(limit).unwrap_or(i128::MAX);
        if i128::from(self.disk_bytes()) > bytes(limit) {
            return Some(format!(
                "Pod ephemeral local storage usage exceeds the total limit of containers {}. ",
                limit.0
            ));
        }
        self.plan.app_slots().find_map(|slot| {
            let spec = self.plan.spec(&self.pod.spec, slot);
            let limits = spec.resources.as_ref()?.limits.as_ref()?;
            let limit = limits.get(STORAGE).filter(|limit| bytes(limit) != 0)?;
            let used = self.runtime.newest(slot)?.files.used_bytes();
            (i128::from(used) > bytes(limit)).then(|| {
                let (name, limit) = (&spec.name, &limit.0);
                format!("Container {name} exceeded its local ephemeral storage limit {limit:?}. ")
            })
        })
    }
}

impl Kubelet {
    /// kubelet: `localStorageEviction`: pods with more on the disk than a limit allows are evicted; true if there was one.
    pub(super) fn evict_for_storage(&mut self, context: &mut Context) -> bool {
        let found = self.workers.values().find_map(|one| {
            let running = one.work == WorkState::Syncing && !one.rejected;
            let message = one.too_large().or_else(|| one.beyond_limit());
            Some((Rc::clone(&one.uid), message.filter(|_| running)?))
        });
        let Some((uid, message)) = found else {
            return false;
        };
        if let Some((worker, host)) = self.worker_mut(&uid) {
            let (what, field) = match message.starts_with("Usage") {
                true => ("its sizeLimit", "spec.volumes[0].emptyDir.sizeLimit"),
                false => (
                    "its limit of ephemeral storage",
                    "spec.containers[0].resources.limits.ephemeral-storage",
                ),
            };
            let text = format!("It holds **more than {what}** on the disk: the pod is evicted");
            let reads = [field.to_owned()];
            worker.step(None, "pod-evicted", text, &reads, host, context);
            worker.evict("Evicted", message, 1, false, host, context);
        }
        self.host.pressure.wait_for(uid);
        true
    }
}
