//! pvc-protection-controller and pv-protection-controller: a claim goes when no pod uses it any more, a volume when no
//! claim is bound to it. Admission gives both the finalizer that these take.

use crate::api::core::Volume;
use crate::api::{Kind, Object, ObjectKey, Pod};
use crate::apiserver::admission::storage::{CLAIM_PROTECTION, VOLUME_PROTECTION};
use crate::apiserver::{Change, ChangeKind, Status};
use crate::cluster::{Actor, Context, Step};
use crate::kernel::Rng;

use super::work_queue::WorkQueue;
use super::{Controller, pods};

/// The controller's name; it records no events.
pub const NAME: &str = "pvc-protection-controller";

/// The controller of storage in use.
#[derive(Clone, Debug)]
pub struct StorageProtectionController {
    queue: WorkQueue,
}

impl StorageProtectionController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }
}

impl Controller for StorageProtectionController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::PersistentVolumeClaim(_) | Object::PersistentVolume(_)
                if change.object.meta().deletion_timestamp.is_some() =>
            {
                self.queue.add(change.key.clone(), context);
            }
            Object::Pod(pod) if change.kind == ChangeKind::Deleted || pods::has_ended(pod) => {
                for name in claims(pod) {
                    let key = ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &name);
                    self.queue.add(key, context);
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let Some(object) = context.api.store().get(key).cloned() else {
            return Ok(());
        };
        let (finalizer, used) = match &object {
            Object::PersistentVolumeClaim(_) => (CLAIM_PROTECTION, is_used(key, context)),
            Object::PersistentVolume(volume) => {
                (VOLUME_PROTECTION, volume.status["phase"] == "Bound")
            }
            _ => return Ok(()),
        };
        let held = object
            .meta()
            .finalizers
            .iter()
            .flatten()
            .any(|one| one == finalizer);
        if object.meta().deletion_timestamp.is_none() || !held || used {
            return Ok(());
        }
        let text = format!("{} is **used no more** and may go", object.name());
        let step = Step::new(
            Actor::Controller(NAME),
            key.clone(),
            "storage-released",
            text,
        );
        context.step(step.reading("metadata.finalizers"));
        let mut freed = object;
        if let Some(finalizers) = &mut freed.meta_mut().finalizers {
            finalizers.retain(|one| one != finalizer);
        }
        let moment = context.moment();
        context.api.update(freed, moment).map(|_| ())
    }
}

/// Whether a pod that has not ended mounts the claim.
fn is_used(claim: &ObjectKey, context: &Context) -> bool {
    let mut all = context.api.list::<Pod>(Some(&claim.namespace));
    all.any(|pod| !pods::has_ended(pod) && claims(pod).iter().any(|name| **name == *claim.name))
}

/// The names of the claims that a pod mounts, also of those that are made for it.
fn claims(pod: &Pod) -> Vec<String> {
    let name = |volume: &Volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => Some(source.claim_name.clone()),
        (None, Some(_)) => Some(format!("{}-{}", pod.name(), volume.name)),
        (None, None) => None,
    };
    pod.spec.volumes.iter().flatten().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::DeleteOptions;
    use crate::cluster::testbed::Testbed;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_claim_waits_for_the_pod_that_uses_it() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
        testbed.create(claim);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "default"}, "spec": {
            "containers": [{"name": "c", "image": "nginx"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}});
        testbed.create(pod);
        testbed.run_for(Duration::from_secs(2));
        let claim = ObjectKey::new(Kind::PersistentVolumeClaim, "default", "data");
        testbed.delete(&claim, &DeleteOptions::default());
        testbed.run_for(Duration::from_secs(5));
        assert!(testbed.api.store().get(&claim).is_some());
        testbed.delete(
            &ObjectKey::new(Kind::Pod, "default", "a"),
            &DeleteOptions::default(),
        );
        testbed.run_for(Duration::from_secs(60));
        assert!(testbed.api.store().get(&claim).is_none());
    }
}
