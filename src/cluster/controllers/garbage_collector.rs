//! The garbage collector: what becomes of objects when their owner goes.

use std::time::Duration;

use crate::api::meta::OwnerReference;
use crate::api::{Kind, Object, ObjectKey};
use crate::apiserver::delete::{FOREGROUND_FINALIZER, ORPHAN_FINALIZER};
use crate::apiserver::{Change, ChangeKind, DeleteOptions, Propagation, Reason, Status};
use crate::cluster::{Actor, Context, Step};
use crate::kernel::Rng;

use super::Controller;
use super::work_queue::WorkQueue;

/// The controller's name; it records no events about what it deletes.
pub const NAME: &str = "garbage-collector-controller";

/// How long orphaning the dependents takes before the owner loses its finalizer. Recordings: 25 ms.
const ORPHANING: Duration = Duration::from_millis(20);

/// The garbage collector.
#[derive(Clone, Debug)]
pub struct GarbageCollector {
    queue: WorkQueue,
}

/// The owners of an object, by what they mean for it.
#[derive(Debug, Default)]
struct Owners {
    /// They exist.
    solid: Vec<OwnerReference>,
    /// They are gone.
    dangling: Vec<OwnerReference>,
    /// They wait for this object to go first.
    waiting: Vec<OwnerReference>,
}

impl GarbageCollector {
    /// A collector that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }

    fn add_dependents(&mut self, uid: &str, context: &mut Context) {
        let keys: Vec<ObjectKey> = context
            .api
            .store()
            .dependents(uid)
            .map(Object::key)
            .collect();
        for key in keys {
            self.queue.add(key, context);
        }
    }

    /// An owner that is deleted with `Orphan`: its dependents lose it, then it goes.
    fn orphan_dependents(&mut self, owner: &Object, context: &mut Context) -> Result<(), Status> {
        let dependents: Vec<Object> = context
            .api
            .store()
            .dependents(owner.uid())
            .cloned()
            .collect();
        if dependents.is_empty() {
            return remove_finalizer(owner, ORPHAN_FINALIZER, context);
        }
        for dependent in dependents {
            let text = format!(
                "{} **stays** without its owner {}",
                dependent.key(),
                owner.name()
            );
            let step = Step::new(Actor::Controller(NAME), dependent.key(), "orphaned", text)
                .reading("metadata.ownerReferences")
                .reading_of(owner.key(), "metadata.finalizers");
            context.step(step);
            let mut dependent = dependent;
            drop_owners(&mut dependent, |reference| reference.uid == owner.uid());
            context.api.update(dependent, context.moment())?;
        }
        self.queue.add_after(owner.key(), ORPHANING, context);
        Ok(())
    }

    /// An owner that is deleted with `Foreground`: it goes when nothing blocks it any more.
    fn delete_dependents(&mut self, owner: &Object, context: &mut Context) -> Result<(), Status> {
        let blocking = context
            .api
            .store()
            .dependents(owner.uid())
            .any(|dependent| {
                let references = dependent.meta().owner_references.iter().flatten();
                references
                    .filter(|reference| reference.uid == owner.uid())
                    .any(|reference| reference.block_owner_deletion == Some(true))
            });
        if !blocking {
            return remove_finalizer(owner, FOREGROUND_FINALIZER, context);
        }
        self.add_dependents(owner.uid(), context);
        Ok(())
    }

    /// An object with owners: it goes if none of them is left, or one waits for it.
    fn collect(&self, object: &Object, context: &mut Context) -> Result<(), Status> {
        let owners = classify(object, context);
        if !owners.solid.is_empty() {
            let gone: Vec<String> = owners
                .dangling
                .iter()
                .chain(&owners.waiting)
                .map(|reference| reference.uid.clone())
                .collect();
            if gone.is_empty() {
                return Ok(());
            }
            let mut object = object.clone();
            drop_owners(&mut object, |reference| gone.contains(&reference.uid));
            return context.api.update(object, context.moment()).map(|_| ());
        }
        let Some(owner) = owners.waiting.first().or(owners.dangling.first()) else {
            return Ok(());
        };
        let has_dependents = context
            .api
            .store()
            .dependents(object.uid())
            .next()
            .is_some();
        let propagation = if !owners.waiting.is_empty() && has_dependents
            || has_finalizer(object, FOREGROUND_FINALIZER)
        {
            Propagation::Foreground
        } else if has_finalizer(object, ORPHAN_FINALIZER) {
            Propagation::Orphan
        } else {
            Propagation::Background
        };
        delete(
            object,
            owner,
            !owners.waiting.is_empty(),
            propagation,
            context,
        )
    }
}

impl Controller for GarbageCollector {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        let object = &change.object;
        if change.kind == ChangeKind::Deleted {
            self.add_dependents(object.uid(), context);
            // An owner may have waited for this one.
            for owner in object.meta().owner_references.iter().flatten() {
                if let Some(owner) = owner_key(owner, object) {
                    let waits = context
                        .api
                        .store()
                        .get(&owner)
                        .is_some_and(|owner| is_waiting(owner, FOREGROUND_FINALIZER));
                    if waits {
                        self.queue.add(owner, context);
                    }
                }
            }
            return;
        }
        let waits =
            is_waiting(object, ORPHAN_FINALIZER) || is_waiting(object, FOREGROUND_FINALIZER);
        let owners_changed = change.previous.as_ref().is_none_or(|previous| {
            previous.meta().owner_references != object.meta().owner_references
        });
        // An object whose owner was gone before it came must be collected too.
        let ownerless = owners_changed
            && object.meta().owner_references.is_some()
            && classify(object, context).solid.is_empty();
        if waits || ownerless {
            self.queue.add(object.key(), context);
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let Some(object) = context.api.store().get(key).cloned() else {
            return Ok(());
        };
        if is_waiting(&object, ORPHAN_FINALIZER) {
            return self.orphan_dependents(&object, context);
        }
        if is_waiting(&object, FOREGROUND_FINALIZER) {
            return self.delete_dependents(&object, context);
        }
        if object.meta().deletion_timestamp.is_some() {
            return Ok(());
        }
        match self.collect(&object, context) {
            Err(status) if status.reason == Reason::NotFound => Ok(()),
            result => result,
        }
    }
}

fn delete(
    object: &Object,
    owner: &OwnerReference,
    owner_waits: bool,
    propagation: Propagation,
    context: &mut Context,
) -> Result<(), Status> {
    let why = if owner_waits {
        "waits for it to go"
    } else {
        "is gone"
    };
    let text = format!(
        "{} is **deleted**: its owner {} {} {why}",
        object.key(),
        owner.kind,
        owner.name
    );
    let step = Step::new(Actor::Controller(NAME), object.key(), "collected", text);
    context.step(step.reading("metadata.ownerReferences"));
    let options = DeleteOptions {
        propagation,
        uid: Some(object.uid().to_owned()),
        ..Default::default()
    };
    context
        .api
        .delete(&object.key(), &options, context.moment())
        .map(|_| ())
}

fn classify(object: &Object, context: &Context) -> Owners {
    let mut owners = Owners::default();
    for reference in object.meta().owner_references.iter().flatten() {
        let Some(key) = owner_key(reference, object) else {
            // A kind that this cluster does not know is none of the collector's business.
            owners.solid.push(reference.clone());
            continue;
        };
        let found = context.api.store().get(&key);
        let list = match found.filter(|owner| owner.uid() == reference.uid) {
            None => &mut owners.dangling,
            Some(owner) if is_waiting(owner, FOREGROUND_FINALIZER) => &mut owners.waiting,
            Some(_) => &mut owners.solid,
        };
        list.push(reference.clone());
    }
    owners
}

fn owner_key(reference: &OwnerReference, dependent: &Object) -> Option<ObjectKey> {
    let kind = Kind::from_manifest(&reference.api_version, &reference.kind)?;
    Some(ObjectKey::new(kind, dependent.namespace(), &reference.name))
}

/// Whether an object is being deleted and held by this finalizer.
fn is_waiting(object: &Object, finalizer: &str) -> bool {
    object.meta().deletion_timestamp.is_some() && has_finalizer(object, finalizer)
}

fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    let mut finalizers = object.meta().finalizers.iter().flatten();
    finalizers.any(|one| one == finalizer)
}

fn remove_finalizer(object: &Object, finalizer: &str, context: &mut Context) -> Result<(), Status> {
    let mut object = object.clone();
    let meta = object.meta_mut();
    if let Some(finalizers) = &mut meta.finalizers {
        finalizers.retain(|one| one != finalizer);
    }
    meta.finalizers = meta.finalizers.take().filter(|left| !left.is_empty());
    context.api.update(object, context.moment()).map(|_| ())
}

fn drop_owners(object: &mut Object, which: impl Fn(&OwnerReference) -> bool) {
    let meta = object.meta_mut();
    if let Some(owners) = &mut meta.owner_references {
        owners.retain(|reference| !which(reference));
    }
    meta.owner_references = meta.owner_references.take().filter(|left| !left.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Deployment, Pod, ReplicaSet};
    use crate::cluster::testbed::{Testbed, deployment, web};
    use serde_json::json;

    /// Deletes a Deployment of two pods; after each time, the numbers of Deployments, ReplicaSets and
    /// pods.
    fn check(propagation: Propagation, expect: &[(u64, [usize; 3])]) {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.gone_after = Duration::from_secs(3);
        testbed.create(deployment(2, &json!({})));
        testbed.run_for(Duration::from_secs(5));
        let options = DeleteOptions {
            propagation,
            ..Default::default()
        };
        testbed.delete(&web(), &options);
        for (seconds, counts) in expect {
            testbed.run_for(Duration::from_secs(*seconds));
            let found = [
                testbed.api.list::<Deployment>(None).count(),
                testbed.api.list::<ReplicaSet>(None).count(),
                testbed.api.list::<Pod>(None).count(),
            ];
            assert_eq!(found, *counts, "{propagation:?} after {seconds} s");
        }
    }

    #[test]
    fn owners_go_before_after_or_without_their_dependents() {
        check(Propagation::Background, &[(1, [0, 0, 2]), (3, [0, 0, 0])]);
        check(Propagation::Foreground, &[(1, [1, 1, 2]), (3, [0, 0, 0])]);
        check(Propagation::Orphan, &[(1, [0, 1, 2]), (60, [0, 1, 2])]);
    }

    #[test]
    fn an_object_whose_owner_never_was_goes() {
        let mut testbed = Testbed::new(1, &[]);
        let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "gone",
            "uid": "00000000-0000-0000-0000-000000000000", "controller": true});
        testbed.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "stray", "namespace": "default", "ownerReferences": [owner]},
            "spec": {"containers": [{"name": "main", "image": "nginx"}]}}));
        testbed.run_for(Duration::from_secs(1));
        assert_eq!(testbed.pods().len(), 0);
    }
}
