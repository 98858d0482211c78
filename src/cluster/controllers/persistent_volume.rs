//! persistentvolume-controller: binds claims to volumes, and lets volumes be made for claims by their class.
//!
//! The provisioner is made up: it makes a volume at once, which every node can mount.

use serde_json::json;

use crate::api::core::PersistentVolumeClaimStatus;
use crate::api::{
    Kind, Object, ObjectKey, PersistentVolume, PersistentVolumeClaim, Quantity, StorageClass,
};
use crate::apiserver::quota::claim_class;
use crate::apiserver::{Change, ChangeKind, DeleteOptions, Status};
use crate::cluster::volume_match::{
    BIND_COMPLETED, NO_PROVISIONER, SELECTED_NODE, candidates, is_bound, is_reserved, reference,
};
use crate::cluster::{Actor, Context, Step};
use crate::kernel::Rng;

use super::Controller;
use super::work_queue::WorkQueue;

/// The controller's name.
pub const NAME: &str = "persistentvolume-controller";

const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// The controller of volumes and claims.
#[derive(Clone, Debug)]
pub struct PersistentVolumeController {
    queue: WorkQueue,
}

impl PersistentVolumeController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }
}

impl Controller for PersistentVolumeController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::PersistentVolumeClaim(_) => self.queue.add(change.key.clone(), context),
            Object::PersistentVolume(_) if change.kind != ChangeKind::Deleted => {
                self.queue.add(change.key.clone(), context);
                let claims = context.api.list::<PersistentVolumeClaim>(None);
                let keys: Vec<ObjectKey> = claims
                    .filter(|claim| !is_bound(claim))
                    .map(PersistentVolumeClaim::key)
                    .collect();
                for key in keys {
                    self.queue.add(key, context);
                }
            }
            _ => {}
        }
    }

    // Loaded with the first text that is not the opening one.
    #[inline(never)]
    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        match context.api.store().get(key).cloned() {
            Some(Object::PersistentVolumeClaim(claim)) => sync_claim(&claim, context),
            Some(Object::PersistentVolume(volume)) => sync_volume(volume, context),
            None if key.kind == Kind::PersistentVolumeClaim => release(key, context),
            _ => Ok(()),
        }
    }
}

fn sync_claim(claim: &PersistentVolumeClaim, context: &mut Context) -> Result<(), Status> {
    if is_bound(claim) || claim.is_deleting() {
        return Ok(());
    }
    let class = claim_class(claim).unwrap_or_default();
    let class = context.api.get::<StorageClass>("", class).cloned();
    let mode = class
        .as_ref()
        .and_then(|class| class.spec.volume_binding_mode.as_deref());
    // A class may have its claims wait: then the scheduler reserves a volume, or names the node to make one for.
    let waits = mode == Some("WaitForFirstConsumer") && claim.spec.volume_name.is_none();
    let selected = claim.annotation(SELECTED_NODE).is_some();
    let mut candidates = candidates(claim, context.api).into_iter();
    let volume = match candidates.find(|volume| !waits || is_reserved(volume, claim)) {
        Some(volume) => volume,
        None if waits && !selected => return Ok(()),
        None => match class.filter(|class| class.spec.provisioner != NO_PROVISIONER) {
            Some(class) => provision(claim, &class, context)?,
            None => return Ok(()),
        },
    };
    bind(claim.clone(), volume, context)
}

/// The external provisioner's part: a volume of the wanted size, reserved for the claim.
fn provision(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    context: &mut Context,
) -> Result<PersistentVolume, Status> {
    let name = format!("pvc-{}", claim.uid());
    let json = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": class.spec.provisioner}},
        "spec": {
            "accessModes": claim.spec.access_modes,
            "capacity": {"storage": size(claim).map(|size| &size.0)},
            "claimRef": reference(claim),
            "hostPath": {"path": format!("/var/lib/volumes/{name}"), "type": "DirectoryOrCreate"},
            "persistentVolumeReclaimPolicy": class.spec.reclaim_policy,
            "storageClassName": class.name(),
            "volumeMode": claim.spec.volume_mode,
        },
    });
    let text = format!("Made **volume {name}** for claim {}", claim.name());
    let step = Step::new(
        Actor::Controller(NAME),
        claim.key(),
        "volume-provisioned",
        text,
    );
    context.step(step.reading("spec.storageClassName"));
    let object = Object::from_json(json).map_err(Status::bad_request)?;
    let moment = context.moment();
    match context.api.create(object, moment)? {
        Object::PersistentVolume(volume) => Ok(volume),
        other => Err(Status::not_found(other.kind(), other.name())),
    }
}

/// Writes each into the other.
fn bind(
    mut claim: PersistentVolumeClaim,
    mut volume: PersistentVolume,
    context: &mut Context,
) -> Result<(), Status> {
    let text = format!(
        "Bound claim {} to **volume {}**",
        claim.name(),
        volume.name()
    );
    let step = Step::new(Actor::Controller(NAME), claim.key(), "claim-bound", text);
    context.step(step.reading("spec.resources.requests"));
    volume.spec_mut()["claimRef"] = reference(&claim);
    volume.status_mut()["phase"] = "Bound".into();
    let (name, has) = (
        volume.name().to_owned(),
        volume.spec["capacity"]["storage"].clone(),
    );
    let modes = claim.spec.access_modes.clone();
    write(&Object::PersistentVolume(volume), context)?;
    claim.spec_mut().volume_name = Some(name);
    let annotations = claim.meta_mut().annotations.get_or_insert_default();
    for key in [BIND_COMPLETED, BOUND_BY_CONTROLLER] {
        annotations.insert(key.to_owned(), "yes".to_owned());
    }
    let size = Quantity(has.as_str().unwrap_or_default().to_owned());
    *claim.status_mut() = PersistentVolumeClaimStatus {
        phase: Some("Bound".to_owned()),
        access_modes: modes,
        capacity: Some([("storage".to_owned(), size)].into()),
        ..Default::default()
    };
    write(&Object::PersistentVolumeClaim(claim), context)
}

/// A new volume becomes available.
fn sync_volume(mut volume: PersistentVolume, context: &mut Context) -> Result<(), Status> {
    let bound = volume.spec["claimRef"]["uid"].is_string();
    if volume.status["phase"] != "Pending" || bound {
        return Ok(());
    }
    volume.status_mut()["phase"] = "Available".into();
    write(&Object::PersistentVolume(volume), context)
}

/// The claim is gone: its volume goes too, or stays, released, for somebody to look after.
fn release(claim: &ObjectKey, context: &mut Context) -> Result<(), Status> {
    let of_claim = |object: &&Object| match object {
        Object::PersistentVolume(volume) => {
            let reference = &volume.spec["claimRef"];
            volume.status["phase"] == "Bound"
                && reference["name"] == *claim.name
                && reference["namespace"] == *claim.namespace
        }
        _ => false,
    };
    let found = context
        .api
        .store()
        .list(Kind::PersistentVolume, None)
        .find(of_claim)
        .cloned();
    let Some(Object::PersistentVolume(mut volume)) = found else {
        return Ok(());
    };
    let policy = volume.spec["persistentVolumeReclaimPolicy"].clone();
    let text = format!("Released **volume {}**: its claim is gone", volume.name());
    let key = ObjectKey::new(Kind::PersistentVolume, "", volume.name());
    let step = Step::new(
        Actor::Controller(NAME),
        key.clone(),
        "volume-released",
        text,
    );
    context.step(step.reading("spec.persistentVolumeReclaimPolicy"));
    volume.status_mut()["phase"] = "Released".into();
    write(&Object::PersistentVolume(volume), context)?;
    if policy == "Delete" {
        let moment = context.moment();
        context
            .api
            .delete(&key, &DeleteOptions::default(), moment)?;
    }
    Ok(())
}

/// Writes the object and its status, which are two requests.
fn write(object: &Object, context: &mut Context) -> Result<(), Status> {
    let moment = context.moment();
    let mut stored = context.api.update(object.clone(), moment)?;
    stored.copy_status(object);
    context.api.update_status(&stored, moment).map(|_| ())
}

/// What a claim asks for, as it is written.
fn size(claim: &PersistentVolumeClaim) -> Option<&Quantity> {
    let requests = claim.spec.resources.as_ref()?.requests.as_ref()?;
    requests.get("storage")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::testbed::Testbed;
    use serde_json::Value;
    use std::time::Duration;

    fn claim(class: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class,
                "resources": {"requests": {"storage": "1Gi"}}}})
    }

    /// Phase and volume of the claim, and the phases of all volumes.
    fn state(testbed: &mut Testbed) -> (String, Option<String>, Vec<String>) {
        testbed.run_for(Duration::from_secs(5));
        let claim = testbed.api.get::<PersistentVolumeClaim>("default", "data");
        let phase = claim
            .and_then(|claim| claim.status.phase.clone())
            .unwrap_or_default();
        let volume = claim.and_then(|claim| claim.spec.volume_name.clone());
        let volumes = testbed.api.store().list(Kind::PersistentVolume, None);
        let phases = volumes.map(|object| object.to_json()["status"]["phase"].to_string());
        (phase, volume, phases.collect())
    }

    #[test]
    fn a_claim_gets_the_volume_that_fits() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        for (name, size, class) in [
            ("big", "9Gi", "slow"),
            ("small", "2Gi", "slow"),
            ("other", "1Gi", "fast"),
        ] {
            testbed.create(json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
                "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "storageClassName": class,
                    "hostPath": {"path": "/data"}}}));
        }
        testbed.create(claim("slow"));
        let (available, bound) = ("\"Available\"".to_owned(), "\"Bound\"".to_owned());
        let expect = vec![available.clone(), available.clone(), bound];
        assert_eq!(
            state(&mut testbed),
            ("Bound".to_owned(), Some("small".to_owned()), expect)
        );
        let key = ObjectKey::new(Kind::PersistentVolumeClaim, "default", "data");
        testbed.delete(&key, &DeleteOptions::default());
        let expect = vec![available.clone(), available, "\"Released\"".to_owned()];
        assert_eq!(state(&mut testbed), (String::new(), None, expect));
    }

    #[test]
    fn a_volume_is_made_when_the_first_consumer_has_a_node() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.create(
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "standard"}, "provisioner": "example.com/disk",
            "volumeBindingMode": "WaitForFirstConsumer"}),
        );
        testbed.create(claim("standard"));
        assert_eq!(
            state(&mut testbed),
            ("Pending".to_owned(), None, Vec::new())
        );
        testbed.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "default"}, "spec": {
            "containers": [{"name": "c", "image": "nginx"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}}));
        let (phase, volume, phases) = state(&mut testbed);
        assert_eq!(
            (phase.as_str(), phases),
            ("Bound", vec!["\"Bound\"".to_owned()])
        );
        assert!(volume.is_some_and(|name| name.starts_with("pvc-")));
        for (kind, name) in [(Kind::Pod, "a"), (Kind::PersistentVolumeClaim, "data")] {
            testbed.delete(
                &ObjectKey::new(kind, "default", name),
                &DeleteOptions::default(),
            );
        }
        testbed.run_for(Duration::from_secs(60));
        assert_eq!(state(&mut testbed), (String::new(), None, Vec::new()));
    }
}
