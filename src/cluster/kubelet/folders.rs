//! Volumes that reach beyond one pod or have a limit: folders of the machine (`hostPath`), `emptyDir` with a
//! `sizeLimit`, and limits of ephemeral storage.

use std::rc::Rc;

use crate::api::Quantity;
use crate::api::amounts::{Half, of_containers};
use crate::api::quantity::value;
use crate::cluster::Context;

use super::Kubelet;
use super::host::Host;
use super::inspect::WorkState;
use super::worker::Worker;

/// That a pod holds more of the disk than it may.
struct Excess {
    /// The kubelet's words.
    message: String,
    /// What it has more of than which limit, for the explanation.
    limit: &'static str,
    /// The fields that set the limit.
    reads: Vec<String>,
}

impl Worker {
    /// Before a process goes on: what other pods have written to the machine's folders is there.
    pub fn see_host_folders(&mut self, host: &Host) {
        for folder in &self.plan.host_folders {
            if let Some(tree) = host.folders.get(&*folder.path) {
                self.volumes.set_tree(&folder.name, Rc::clone(tree));
            }
        }
    }

    /// After it: what it has written is there for others. An `emptyDir` that has grown beyond its limit is
    /// looked at when the eviction manager looks next.
    pub fn keep_host_folders(&mut self, host: &mut Host, context: &mut Context) {
        for folder in &self.plan.host_folders {
            if let Some(tree) = self.volumes.shared_tree(&folder.name) {
                host.folders.insert(Rc::clone(&folder.path), tree);
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

    /// An `emptyDir` that holds more than its `sizeLimit`.
    fn too_large(&self) -> Option<Excess> {
        let mut volumes = self.plan.empty_dirs.iter();
        volumes.find_map(|one| {
            let limit = one.limit.as_ref()?;
            let used = i128::from(self.volumes.used_bytes(&one.name));
            let exceeds = value(limit).is_ok_and(|limit| limit > 0 && used > limit);
            exceeds.then(|| Excess {
                message: format!(
                    "Usage of EmptyDir volume {:?} exceeds the limit {:?}. ",
                    one.name, limit.0
                ),
                limit: "its sizeLimit",
                reads: vec![format!("spec.volumes[{}].emptyDir.sizeLimit", one.index)],
            })
        })
    }

    /// The pod or a container of it that holds more of the disk than its limit.
    fn beyond_limit(&self) -> Option<Excess> {
        const STORAGE: &str = "ephemeral-storage";
        let limits = of_containers(&self.pod.spec, Half::Limits);
        let limit = limits.get(STORAGE)?;
        let bytes = |limit: &Quantity| value(limit).unwrap_or(i128::MAX);
        let own_limit = |slot| {
            let resources = self.plan.spec(&self.pod.spec, slot).resources.as_ref()?;
            resources.limits.as_ref()?.get(STORAGE)
        };
        let field = |slot| self.path(slot, "resources.limits.ephemeral-storage");
        let excess = |message: String, reads: Vec<String>| Excess {
            message,
            limit: "its limit of ephemeral storage",
            reads,
        };
        if i128::from(self.disk_bytes()) > bytes(limit) {
            let message = format!(
                "Pod ephemeral local storage usage exceeds the total limit of containers {}. ",
                limit.0
            );
            let limited = self
                .plan
                .app_slots()
                .filter(|slot| own_limit(*slot).is_some());
            return Some(excess(message, limited.map(field).collect()));
        }
        self.plan.app_slots().find_map(|slot| {
            let limit = own_limit(slot).filter(|limit| bytes(limit) != 0)?;
            let used = self.runtime.newest(slot)?.files.used_bytes();
            (i128::from(used) > bytes(limit)).then(|| {
                let (name, limit) = (&self.plan.containers[slot].name, &limit.0);
                let message = format!(
                    "Container {name} exceeded its local ephemeral storage limit {limit:?}. "
                );
                excess(message, vec![field(slot)])
            })
        })
    }
}

impl Kubelet {
    /// kubelet: `localStorageEviction`: pods with more on the disk than a limit allows are evicted; true if there was one.
    pub(super) fn evict_for_storage(&mut self, context: &mut Context) -> bool {
        let found = self.workers.values().find_map(|one| {
            let running = one.work == WorkState::Syncing && !one.rejected;
            let excess = one.too_large().or_else(|| one.beyond_limit());
            Some((Rc::clone(&one.uid), excess.filter(|_| running)?))
        });
        let Some((uid, excess)) = found else {
            return false;
        };
        if let Some((worker, host)) = self.worker_mut(&uid) {
            let what = excess.limit;
            let text = format!("It holds **more than {what}** on the disk: the pod is evicted");
            worker.step(None, "pod-evicted", text, &excess.reads, host, context);
            worker.evict("Evicted", excess.message, 1, false, host, context);
        }
        self.host.pressure.wait_for(uid);
        true
    }
}
