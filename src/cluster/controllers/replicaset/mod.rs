//! The ReplicaSet controller: keeps as many pods as `spec.replicas` says.

mod claim;
mod manage;
mod ranking;
mod status;
mod tally;

use std::rc::Rc;
use std::time::Duration;

use crate::api::owner::controller_of;
use crate::api::{Kind, Object, ObjectKey, Pod, ReplicaSet, selector};
use crate::apiserver::{Change, ChangeKind, Status};
use crate::cluster::{Context, Recorder};
use crate::kernel::{OrderedMap, Rng};

use super::work_queue::WorkQueue;
use super::{Controller, pods};
use tally::Tally;

/// The event source.
pub const NAME: &str = "replicaset-controller";

/// The ReplicaSet controller.
#[derive(Clone, Debug)]
pub struct ReplicaSetController {
    queue: WorkQueue,
    recorder: Recorder,
    /// Counts of sets whose pods are all theirs; shared, so that a checkpoint stays cheap.
    tallies: OrderedMap<ObjectKey, Rc<Tally>>,
    /// How many pods the sets that are in the middle of a burst are still to create in it.
    bursts: OrderedMap<ObjectKey, u32>,
}

impl ReplicaSetController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
            recorder: Recorder::new(NAME, ""),
            tallies: OrderedMap::new(),
            bursts: OrderedMap::new(),
        }
    }

    /// A pod changed: its ReplicaSet is concerned, or those that may adopt it.
    fn observe_pod(&mut self, change: &Change, pod: &Pod, context: &mut Context) {
        let previous = change.previous.as_ref().and_then(Object::typed::<Pod>);
        let owner = |pod: &Pod| {
            let owner = controller_of(&pod.meta).filter(|owner| owner.kind == "ReplicaSet")?;
            Some(ObjectKey::new(
                Kind::ReplicaSet,
                pod.namespace(),
                &owner.name,
            ))
        };
        if change.kind == ChangeKind::Modified
            && previous.is_some_and(|old| tally::is_the_same(old, pod))
        {
            // Another sync would find the same, unless the last one failed: that is tried again with every change.
            if let Some(owner) = owner(pod).filter(|owner| self.queue.is_failing(owner)) {
                self.queue.add(owner, context);
            }
            return;
        }
        let old_owner = previous.and_then(owner);
        let new_owner = owner(pod);
        self.count(change, pod, [old_owner.as_ref(), new_owner.as_ref()]);
        if let Some(old_owner) = old_owner.filter(|old| Some(old) != new_owner.as_ref()) {
            self.queue.add(old_owner, context);
        }
        if let Some(owner) = new_owner {
            let became_ready =
                pods::is_ready(pod) && previous.is_some_and(|old| !pods::is_ready(old));
            self.queue.add(owner.clone(), context);
            if became_ready {
                self.sync_when_available(owner, context);
            }
        } else if controller_of(&pod.meta).is_none() && change.kind != ChangeKind::Deleted {
            for key in matching_sets(pod, context) {
                // It may be adopted: the set has to look at its pods.
                self.tallies.remove(&key);
                self.queue.add(key, context);
            }
        }
    }

    /// Keeps the counts of the sets that owned a pod and own it now.
    fn count(&mut self, change: &Change, pod: &Pod, owners: [Option<&ObjectKey>; 2]) {
        let key = &change.key;
        for (owner, is_new) in owners.into_iter().zip([false, true]) {
            let Some(owner) = owner else { continue };
            let Some(tally) = self.tallies.get_mut(owner) else {
                continue;
            };
            let tally = Rc::make_mut(tally);
            if change.kind == ChangeKind::Deleted || !is_new {
                tally.take(key);
            } else if !tally.put(pod) {
                // The set no longer selects it and has to release it.
                self.tallies.remove(owner);
            }
        }
    }

    /// A pod became ready: it counts as available `minReadySeconds` later.
    fn sync_when_available(&mut self, key: ObjectKey, context: &mut Context) {
        let set = context.api.get::<ReplicaSet>(&key.namespace, &key.name);
        let seconds = set.and_then(|set| set.spec.min_ready_seconds).unwrap_or(0);
        if let Some(seconds) = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0) {
            self.queue
                .add_after(key, Duration::from_secs(seconds), context);
        }
    }
}

impl Controller for ReplicaSetController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::ReplicaSet(set) => self.queue.add(set.key(), context),
            Object::Pod(pod) => self.observe_pod(change, pod, context),
            _ => {}
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let mut left = self.bursts.remove(key).unwrap_or(0);
        let Some(set) = context.api.get::<ReplicaSet>(&key.namespace, &key.name) else {
            self.tallies.remove(key);
            return Ok(());
        };
        let set = set.clone();
        if let Some(tally) = self.tallies.get(key).filter(|tally| tally.settles(&set)) {
            debug_assert_eq!(
                Some(tally.counts),
                Tally::new(&set, context.api.store().controlled_pods(set.uid()))
                    .map(|anew| anew.counts)
            );
            let new = status::of_counts(&set, tally.counts, None, context);
            return status::write(&set, new, context).map(drop);
        }
        let amid = (manage::is_amid(left) && !set.is_deleting())
            .then(|| manage::create_part(&set, &mut left, &mut self.recorder, context));
        if let Some(Ok(())) = amid {
            self.go_on(key, left, context);
            return Ok(());
        }
        if !self.tallies.get(key).is_some_and(|tally| tally.is_of(&set)) {
            let owned = context.api.store().controlled_pods(set.uid());
            match Tally::new(&set, owned) {
                Some(tally) => self.tallies.insert(key.clone(), Rc::new(tally)),
                None => self.tallies.remove(key),
            };
        }
        let claimed = claim::claim(&set, context)?;
        if claimed.adopted {
            // Adopting takes a read and a write; the sync that follows from them goes on from here.
            return Ok(());
        }
        let managed = match amid {
            Some(failed) => failed,
            None if set.is_deleting() => Ok(()),
            None => {
                let active = &claimed.active;
                manage::manage(&set, active, &mut left, &mut self.recorder, context)
            }
        };
        if managed.is_ok() && left > 0 {
            self.go_on(key, left, context);
            return Ok(());
        }
        let new = status::calculate(&set, &claimed, managed.as_ref().err(), context);
        let written = status::write(&set, new, context)?;
        managed.map_err(|failure| failure.status)?;
        let min_ready_seconds = written.spec.min_ready_seconds.unwrap_or(0);
        let status = &written.status;
        if min_ready_seconds > 0 && status.ready_replicas != status.available_replicas {
            let clock = context.api.clock();
            let next = claimed
                .active
                .iter()
                .filter_map(|pod| pods::available_at(pod, min_ready_seconds, clock))
                .filter(|at| *at >= context.now)
                .min();
            if let Some(next) = next {
                // Available only after that moment, not at it.
                let delay = next.since(context.now) + Duration::from_millis(1);
                self.queue.add_after(key.clone(), delay, context);
            }
        }
        Ok(())
    }
}

impl ReplicaSetController {
    /// Goes on with a burst at the same moment. The status is written at its end.
    fn go_on(&mut self, key: &ObjectKey, left: u32, context: &mut Context) {
        self.bursts.insert(key.clone(), left);
        self.queue.go_on(key, context);
    }
}

/// The ReplicaSets that would adopt a pod without an owner.
fn matching_sets(pod: &Pod, context: &Context) -> Vec<ObjectKey> {
    context
        .api
        .list::<ReplicaSet>(Some(pod.namespace()))
        .filter(|set| selector::matches(&set.spec.selector, pod.meta.labels.as_ref()))
        .map(ReplicaSet::key)
        .collect()
}
