//! The DaemonSet controller: one pod on every node that suits.

mod manage;
mod nodes;
mod rolling;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::api::owner::controller_of;
use crate::api::{DaemonSet, Kind, Node, Object, ObjectKey, Pod, selector};
use crate::apiserver::{Change, Status};
use crate::cluster::{Context, Recorder};
use crate::kernel::{Rng, SimTime};

use super::deployment::hash;
use super::work_queue::WorkQueue;
use super::{Controller, pods};

/// The event source.
pub const NAME: &str = "daemonset-controller";

/// The label by which a pod tells the template that it was made from.
const HASH_LABEL: &str = "controller-revision-hash";

/// The DaemonSet controller.
#[derive(Clone, Debug)]
pub struct DaemonSetController {
    queue: WorkQueue,
    recorder: Recorder,
    /// When a failed pod of a set was removed from a node last, and how long the next one stays at least.
    failures: BTreeMap<String, (SimTime, Duration)>,
}

/// The pods of a set by the node that they are on, or are meant for.
type PodsByNode = BTreeMap<String, Vec<Pod>>;

impl DaemonSetController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
            recorder: Recorder::new(NAME, ""),
            failures: BTreeMap::new(),
        }
    }

    /// A node came or changed: sets for which that makes a difference are concerned.
    fn observe_node(&mut self, node: &Node, previous: Option<&Node>, context: &mut Context) {
        let unchanged =
            |old: &Node| old.meta.labels == node.meta.labels && old.spec.taints == node.spec.taints;
        if previous.is_some_and(unchanged) {
            return;
        }
        let suits = |set: &&DaemonSet| {
            let (run, stay) = nodes::suits(set, node);
            run || !stay || previous.is_none_or(|old| nodes::suits(set, old) != (run, stay))
        };
        let sets = context.api.list::<DaemonSet>(None).filter(suits);
        let keys: Vec<ObjectKey> = sets.map(DaemonSet::key).collect();
        for key in keys {
            self.queue.add(key, context);
        }
    }

    fn observe_pod(&mut self, pod: &Pod, previous: Option<&Pod>, context: &mut Context) {
        let owner = controller_of(&pod.meta).filter(|owner| owner.kind == "DaemonSet");
        let Some(owner) = owner else {
            return;
        };
        let key = ObjectKey::new(Kind::DaemonSet, pod.namespace(), &owner.name);
        let set = context.api.get::<DaemonSet>(&key.namespace, &key.name);
        let seconds = set.and_then(|set| set.spec.min_ready_seconds).unwrap_or(0);
        let became_ready = pods::is_ready(pod) && previous.is_some_and(|old| !pods::is_ready(old));
        if became_ready && let Ok(seconds @ 1..) = u64::try_from(seconds) {
            // It counts as available only after that moment.
            let delay = Duration::from_secs(seconds + 1);
            self.queue.add_after(key.clone(), delay, context);
        }
        self.queue.add(key, context);
    }
}

impl Controller for DaemonSetController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        let previous = change.previous.as_ref();
        match &change.object {
            Object::DaemonSet(set) => self.queue.add(set.key(), context),
            Object::Pod(pod) => self.observe_pod(pod, previous.and_then(Object::typed), context),
            Object::Node(node) => {
                self.observe_node(node, previous.and_then(Object::typed), context);
            }
            _ => {}
        }
    }

    // Loaded with the first text that is not the opening one.
    #[inline(never)]
    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let Some(set) = context.api.get::<DaemonSet>(&key.namespace, &key.name) else {
            return Ok(());
        };
        let set = set.clone();
        let hash = hash::of_template(&set.spec.template, set.status.collision_count);
        if !set.is_deleting() {
            let plan = self.plan(&set, &hash, context);
            let writes = !plan.is_empty();
            self.carry_out(&set, &hash, &plan, context)?;
            // The next look sees what these writes have done; only then the update goes on.
            if !writes {
                let pods = pods_by_node(&set, context);
                let plan = rolling::plan(&set, &hash, &pods, context);
                self.carry_out(&set, &hash, &plan, context)?;
            }
        }
        let by_node = pods_by_node(&set, context);
        let new = status::calculate(&set, &hash, &by_node, context);
        status::write(&set, new, context)
    }
}

/// The pods of a set, those left out that have ended and are being deleted.
fn pods_by_node(set: &DaemonSet, context: &Context) -> PodsByNode {
    let mut by_node = PodsByNode::new();
    for pod in context.api.store().controlled_pods(set.uid()) {
        let selected = selector::matches(&set.spec.selector, pod.meta.labels.as_ref());
        let finished = pods::has_ended(pod) && pod.is_deleting();
        if let Some(node) = nodes::of_pod(pod).filter(|_| selected && !finished) {
            by_node.entry(node).or_default().push(pod.clone());
        }
    }
    for pods in by_node.values_mut() {
        // Those on their node first, then the oldest (controller/daemon: podByCreationTimestampAndPhase).
        pods.sort_by_key(|pod| {
            let created = pod.meta.creation_timestamp.as_ref();
            let created = created.map(|created| created.0.as_second());
            (pod.spec.node_name.is_none(), created, pod.name().to_owned())
        });
    }
    by_node
}

/// Whether a pod was made from the newest template.
fn is_updated(pod: &Pod, hash: &str) -> bool {
    pod.label(HASH_LABEL) == Some(hash)
}

/// Whether a pod is Ready for long enough.
fn is_available(set: &DaemonSet, pod: &Pod, context: &Context) -> bool {
    let seconds = set.spec.min_ready_seconds.unwrap_or(0);
    pods::is_available(pod, seconds, context.api.clock(), context.now)
}
