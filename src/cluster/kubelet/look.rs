//! Answers of a kubelet to those who look: a pod's runtime, its logs and its files.

use std::rc::Rc;

use crate::api::ObjectKey;
use crate::cluster::fault::ProbeType;
use crate::kernel::SimTime;

use super::exec::Purpose;
use super::inspect::{
    BackOffOf, BackOffRuntime, ContainerRuntime, CreationKind, CreationStep, FileText,
    GraceRuntime, HookRuntime, InstanceState, LogLine, PodRuntime, ProbeRuntime, Session,
    StepProgress, StopRuntime,
};
use super::plan::{Slot, probe_of};
use super::runtime::{Instance, RecordState};
use super::termination::Stage;
use super::worker::Worker;
use super::{Kubelet, Timer};

impl Kubelet {
    /// A pod as this node knows it; `None` if it does not.
    #[must_use]
    pub fn pod(&self, key: &ObjectKey) -> Option<PodRuntime> {
        Some(self.worker(key)?.look())
    }

    /// The log of a container: of its newest instance, or of the one before.
    #[must_use]
    pub fn log(&self, key: &ObjectKey, container: &str, previous: bool) -> Option<Vec<LogLine>> {
        let instance = self
            .worker(key)?
            .instance_of(container, usize::from(previous))?;
        Some(instance.log.lines.clone())
    }

    /// The log of the instance with an id such as `containerd://…`, while the runtime keeps it.
    #[must_use]
    pub fn log_of(&self, key: &ObjectKey, id: &str) -> Option<Vec<LogLine>> {
        let id = id.trim_start_matches("containerd://");
        let mut instances = self.worker(key)?.runtime.instances.iter();
        let found = instances.find(|one| &*one.record.id == id)?;
        Some(found.log.lines.clone())
    }

    /// What the last command that a user ran in the pod has written; `None` if there was no such
    /// container running.
    #[must_use]
    pub fn session(&self, key: &ObjectKey) -> Option<&Session> {
        self.worker(key)?.session.as_ref()
    }

    /// A file of a container's newest instance.
    #[must_use]
    pub fn file(&self, key: &ObjectKey, container: &str, path: &str) -> Option<Rc<str>> {
        let worker = self.worker(key)?;
        let instance = worker.instance_of(container, 0)?;
        let text = instance.files.read(&worker.volumes, path).ok()?;
        Some(text.as_str().into())
    }

    /// The files that the kubelet made for a container: the network's, and mounted ConfigMaps, Secrets
    /// and such.
    #[must_use]
    pub fn files(&self, key: &ObjectKey, container: &str) -> Vec<FileText> {
        let Some(worker) = self.worker(key) else {
            return Vec::new();
        };
        let Some(slot) = worker.plan.slot(container) else {
            return Vec::new();
        };
        let mut paths: Vec<String> = ["/etc/hosts", "/etc/resolv.conf", "/etc/hostname"]
            .map(str::to_owned)
            .to_vec();
        if let Some(instance) = worker.instance_of(container, 0) {
            for (mount, _) in worker.mounts(slot) {
                let names = instance
                    .files
                    .list(&worker.volumes, &mount)
                    .unwrap_or_default();
                paths.extend(names.into_iter().map(|name| format!("{mount}/{name}")));
            }
        }
        let texts = paths.into_iter().filter_map(|path| {
            let text = self.file(key, container, &path)?;
            Some(FileText {
                path: path.into(),
                text,
            })
        });
        texts.collect()
    }

    fn worker(&self, key: &ObjectKey) -> Option<&Worker> {
        self.workers.get(self.by_key.get(key)?).map(Rc::as_ref)
    }
}

impl Worker {
    fn instance_of(&self, container: &str, back: usize) -> Option<&Instance> {
        let slot = self.plan.slot(container)?;
        let instances = self.runtime.instances.iter().rev();
        instances.filter(|one| one.record.slot == slot).nth(back)
    }

    fn look(&self) -> PodRuntime {
        let slots = 0..self.plan.containers.len();
        PodRuntime {
            uid: Rc::clone(&self.uid),
            work: self.work,
            creation: self.look_at_creation(),
            containers: slots.map(|slot| self.look_at(slot)).collect(),
            grace: self
                .terminating_since
                .zip(self.grace)
                .map(|(started, grace)| GraceRuntime {
                    started,
                    length: std::time::Duration::from_secs(u64::try_from(grace).unwrap_or(0)),
                }),
            ip: self
                .runtime
                .sandbox
                .as_ref()
                .map(|sandbox| Rc::clone(&sandbox.ip)),
            next_sync: self.timers.get(&Timer::Due).copied(),
        }
    }

    fn look_at_creation(&self) -> Vec<CreationStep> {
        let step = |slot: Option<Slot>, kind| CreationStep {
            kind,
            container: slot.map(|slot| Rc::clone(&self.plan.containers[slot].name)),
            state: self
                .progress
                .get(&(slot, kind))
                .cloned()
                .unwrap_or_default(),
        };
        let mut steps = vec![
            step(None, CreationKind::Volumes),
            step(None, CreationKind::Sandbox),
        ];
        for slot in 0..self.plan.containers.len() {
            steps.push(step(Some(slot), CreationKind::Image));
            steps.push(step(Some(slot), CreationKind::Create));
            let spec = self.plan.spec(&self.pod.spec, slot);
            let hook = spec
                .lifecycle
                .as_ref()
                .and_then(|one| one.post_start.as_ref());
            if hook.is_some() {
                steps.push(step(Some(slot), CreationKind::PostStart));
            }
        }
        steps
    }

    fn look_at(&self, slot: Slot) -> ContainerRuntime {
        let container = &self.plan.containers[slot];
        let newest = self.runtime.newest(slot);
        let number = newest.map(|one| one.record.number);
        ContainerRuntime {
            name: Rc::clone(&container.name),
            kind: container.kind,
            state: newest
                .map(|one| instance_state(&one.record.state))
                .unwrap_or_default(),
            restarts: newest.map_or(0, |one| one.record.restarts),
            back_off: self.look_at_back_off(slot),
            probes: self.look_at_probes(slot),
            hook: self.look_at_hook(slot, number),
            stop: number.and_then(|number| self.look_at_stop(number)),
            memory_bytes: newest.map_or(0, |one| one.memory_bytes),
        }
    }

    fn look_at_back_off(&self, slot: Slot) -> Option<BackOffRuntime> {
        let image: Rc<str> = self
            .plan
            .spec(&self.pod.spec, slot)
            .image
            .as_deref()?
            .into();
        let pull = self.pulls.get(&image).and_then(|failure| failure.back_off);
        let waits_for_pull = self
            .progress
            .get(&(Some(slot), CreationKind::Image))
            .is_some_and(|state| matches!(state, StepProgress::Failed { .. }));
        if let Some(entry) = pull.filter(|_| waits_for_pull) {
            return Some(BackOffRuntime {
                of: BackOffOf::ImagePull,
                since: entry.updated(),
                until: entry.updated() + entry.length,
                length: entry.length,
                next_length: entry.following(),
            });
        }
        let entry = self.back_offs.get(&slot)?;
        match self.runtime.newest(slot).map(|one| &one.record.state) {
            Some(RecordState::Exited { finished, .. }) => Some(BackOffRuntime {
                of: BackOffOf::Restart,
                since: *finished,
                until: *finished + entry.length,
                length: entry.length,
                next_length: entry.following(),
            }),
            _ => None,
        }
    }

    fn look_at_probes(&self, slot: Slot) -> Vec<ProbeRuntime> {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let types = [
            ProbeType::Startup,
            ProbeType::Liveness,
            ProbeType::Readiness,
        ];
        let probes = types.into_iter().filter_map(|probe| {
            let of = probe_of(spec, probe)?;
            let worker = self.probes.get(&(slot, probe));
            let (failures, successes) = worker.map_or((0, 0), |worker| worker.streak());
            let count = |number: Option<i32>, usual| {
                number
                    .and_then(|number| u32::try_from(number).ok())
                    .unwrap_or(usual)
            };
            Some(ProbeRuntime {
                probe,
                results: worker
                    .map(|worker| worker.results.clone())
                    .unwrap_or_default(),
                count: worker.map_or(0, |worker| worker.count),
                failures,
                successes,
                failure_threshold: count(of.failure_threshold, 3),
                success_threshold: count(of.success_threshold, 1),
                next_at: worker.and_then(|worker| worker.next_at),
                forced: self.forced.get(&(slot, probe)).copied(),
            })
        });
        probes.collect()
    }

    fn look_at_hook(&self, slot: Slot, number: Option<u32>) -> Option<HookRuntime> {
        let number = number?;
        let found = self.execs.values().find(|exec| {
            exec.purpose == Purpose::PostStart(number) || exec.purpose == Purpose::PreStop(number)
        })?;
        debug_assert!(
            self.runtime
                .instance(number)
                .is_some_and(|one| one.record.slot == slot)
        );
        Some(HookRuntime {
            is_pre_stop: matches!(found.purpose, Purpose::PreStop(_)),
            since: found.since,
            until: found.until,
        })
    }

    fn look_at_stop(&self, number: u32) -> Option<StopRuntime> {
        let stop = self.stops.get(&number)?;
        let left = std::time::Duration::from_secs(u64::try_from(stop.grace).unwrap_or(0));
        let signalled = matches!(stop.stage, Stage::Signalled | Stage::Killed);
        let sigkill_at: SimTime = match stop.stage {
            Stage::Killed => stop.stage_since,
            _ => stop.stage_since + left,
        };
        Some(StopRuntime {
            since: stop.since,
            pre_stop_done_at: stop.pre_stop_done_at,
            sigterm_at: signalled.then_some(match stop.stage {
                Stage::Killed => stop.stage_since - left,
                _ => stop.stage_since,
            }),
            sigkill_at: Some(sigkill_at),
        })
    }
}

fn instance_state(state: &RecordState) -> InstanceState {
    match state {
        RecordState::Created => InstanceState::Created,
        RecordState::Running { started } => InstanceState::Running { since: *started },
        RecordState::Exited {
            finished,
            exit_code,
            reason,
            ..
        } => InstanceState::Exited {
            at: *finished,
            exit_code: *exit_code,
            reason: (*reason).into(),
        },
    }
}
