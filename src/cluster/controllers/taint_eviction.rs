//! The taint eviction controller: pods leave nodes with NoExecute taints that they do not tolerate,
//! at once or when their toleration ends.

use crate::kernel::OrderedMap;
use std::time::Duration;

use crate::api::core::{Taint, Toleration};
use crate::api::toleration::tolerates_taint;
use crate::api::{Kind, Node, Object, ObjectKey, Pod, Resource, conditions};
use crate::apiserver::{Change, DeleteOptions, Reason, Status};
use crate::cluster::{Actor, Context, Recorder, Step};
use crate::kernel::{Rng, SimTime};

use super::work_queue::WorkQueue;
use super::{Controller, record};

/// The event source.
pub const NAME: &str = "taint-eviction-controller";

const NO_EXECUTE: &str = "NoExecute";
const EVICTED: &str = "Taint manager: deleting due to NoExecute taint";

/// The taint eviction controller.
#[derive(Clone, Debug)]
pub struct TaintEvictionController {
    queue: WorkQueue,
    recorder: Recorder,
    planned: OrderedMap<ObjectKey, Plan>,
}

/// An eviction to come.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// When the taint was seen.
    from: SimTime,
    /// When the pod goes.
    at: SimTime,
}

impl TaintEvictionController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
            recorder: Recorder::new(NAME, ""),
            planned: OrderedMap::new(),
        }
    }

    /// When a pod is to be evicted, if it is.
    #[must_use]
    pub fn planned_eviction(&self, pod: &ObjectKey) -> Option<SimTime> {
        self.planned.get(pod).map(|plan| plan.at)
    }

    /// A node's NoExecute taints changed: every pod on it is looked at.
    fn sync_node(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let pods: Vec<Pod> = context.api.store().pods_on(&key.name).cloned().collect();
        pods.iter().try_for_each(|pod| self.consider(pod, context))
    }

    fn sync_pod(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        match context.api.get::<Pod>(&key.namespace, &key.name).cloned() {
            Some(pod) => self.consider(&pod, context),
            None => {
                self.cancel(key, context);
                Ok(())
            }
        }
    }

    /// Plans, cancels or carries out the eviction of a pod.
    fn consider(&mut self, pod: &Pod, context: &mut Context) -> Result<(), Status> {
        let key = pod.key();
        if self
            .planned
            .get(&key)
            .is_some_and(|plan| plan.at <= context.now)
        {
            self.planned.remove(&key);
            return self.evict(pod, "its toleration ended", context);
        }
        let node = pod.spec.node_name.as_deref().unwrap_or_default();
        let node = context.api.get::<Node>("", node);
        let taints: Vec<Taint> = node
            .iter()
            .flat_map(|node| node.spec.taints.iter().flatten())
            .filter(|taint| taint.effect == NO_EXECUTE)
            .cloned()
            .collect();
        let tolerations = pod.spec.tolerations.as_deref().unwrap_or_default();
        match stay(tolerations, &taints) {
            Stay::ForEver => self.cancel(&key, context),
            Stay::NotAtAll => {
                self.cancel(&key, context);
                if !pod.is_deleting() {
                    return self.evict(pod, "it does not tolerate the taint", context);
                }
            }
            Stay::For(duration) => self.plan(pod, duration, context),
        }
        Ok(())
    }

    fn plan(&mut self, pod: &Pod, duration: Duration, context: &mut Context) {
        let key = pod.key();
        let mut from = context.now;
        if let Some(plan) = self.planned.get(&key) {
            // Counted from the first taint; an eviction that is planned is not put off.
            from = plan.from;
            if from + duration < context.now + duration {
                return;
            }
            self.cancel(&key, context);
        }
        let plan = Plan {
            from,
            at: from + duration,
        };
        let text = format!(
            "{} tolerates the taint of {} for **{} s**",
            pod.name(),
            pod.spec.node_name.as_deref().unwrap_or_default(),
            duration.as_secs()
        );
        let step = Step::new(
            Actor::Controller(NAME),
            key.clone(),
            "eviction-planned",
            text,
        );
        context.step(step.reading("spec.tolerations"));
        self.planned.insert(key.clone(), plan);
        let delay = plan.at.since(context.now);
        self.queue.add_after(key, delay, context);
    }

    fn cancel(&mut self, key: &ObjectKey, context: &mut Context) {
        if self.planned.remove(key).is_none() {
            return;
        }
        let message = format!("Cancelling deletion of Pod {}/{}", key.namespace, key.name);
        self.report(key, message, context);
    }

    fn evict(&mut self, pod: &Pod, why: &str, context: &mut Context) -> Result<(), Status> {
        let key = pod.key();
        let text = format!("{} is **evicted**: {why}", pod.name());
        let node = pod.spec.node_name.as_deref().unwrap_or_default();
        let step = Step::new(Actor::Controller(NAME), key.clone(), "evicted", text)
            .reading("spec.tolerations")
            .reading_of(ObjectKey::new(Kind::Node, "", node), "spec.taints");
        context.step(step);
        let message = format!("Marking for deletion Pod {}/{}", key.namespace, key.name);
        self.report(&key, message, context);
        let now = context.api.clock().time(context.now);
        let (reason, message) = ("DeletionByTaintManager", EVICTED.to_owned());
        let condition = conditions::disruption_target(reason, message, pod.meta.generation, now);
        let (options, at) = (DeleteOptions::default(), context.moment());
        match context
            .api
            .mark_and_delete(pod.clone(), condition, &options, at)
        {
            Err(status) if status.reason != Reason::NotFound => Err(status),
            _ => Ok(()),
        }
    }

    /// The real controller refers to the pod by name alone.
    fn report(&mut self, key: &ObjectKey, message: String, context: &mut Context) {
        let mut about = Pod::default();
        let meta = about.meta_mut();
        meta.name = Some(key.name.to_string());
        meta.namespace = Some(key.namespace.to_string());
        let about = about.into_object();
        record(
            &mut self.recorder,
            &about,
            "TaintManagerEviction",
            message,
            context,
        );
    }
}

impl Controller for TaintEvictionController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match (&change.object, change.previous.as_ref()) {
            (Object::Node(node), previous) => {
                let taints = |node: &Node| -> Vec<Taint> {
                    let all = node.spec.taints.iter().flatten();
                    all.filter(|taint| taint.effect == NO_EXECUTE)
                        .cloned()
                        .collect()
                };
                let before = previous
                    .and_then(Object::typed)
                    .map(taints)
                    .unwrap_or_default();
                if taints(node) != before {
                    self.queue.add(node.key(), context);
                }
            }
            (Object::Pod(pod), previous) => {
                let before = previous.and_then(Object::typed::<Pod>);
                let bound = before.is_none_or(|before| {
                    before.spec.node_name != pod.spec.node_name
                        || before.spec.tolerations != pod.spec.tolerations
                });
                let gone = change.kind == crate::apiserver::ChangeKind::Deleted;
                if pod.spec.node_name.is_some() && (bound || gone) {
                    self.queue.add(pod.key(), context);
                }
            }
            _ => {}
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        match key.kind {
            Kind::Node => self.sync_node(key, context),
            _ => self.sync_pod(key, context),
        }
    }
}

/// How long a pod may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    ForEver,
    For(Duration),
    NotAtAll,
}

/// Every taint must be tolerated; the shortest `tolerationSeconds` of the tolerations that are needed
/// counts, and none means for ever.
fn stay(tolerations: &[Toleration], taints: &[Taint]) -> Stay {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let used = tolerations
            .iter()
            .find(|toleration| tolerates_taint(toleration, taint));
        let Some(used) = used else {
            return Stay::NotAtAll;
        };
        if let Some(seconds) = used.toleration_seconds {
            let seconds = seconds.max(0);
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
        }
    }
    match shortest {
        None => Stay::ForEver,
        Some(seconds) => Stay::For(Duration::from_secs(seconds.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(tolerations: Value, taints: &[&str], expect: Stay) {
        let taints: Vec<Taint> = taints
            .iter()
            .map(|key| serde_json::from_value(json!({"key": key, "effect": NO_EXECUTE})).unwrap())
            .collect();
        let parsed: Vec<Toleration> = serde_json::from_value(tolerations.clone()).unwrap();
        assert_eq!(stay(&parsed, &taints), expect, "{tolerations} {taints:?}");
    }

    #[test]
    fn the_shortest_toleration_counts() {
        let exists = |key: &str, seconds: Value| json!({"key": key, "operator": "Exists", "tolerationSeconds": seconds});
        let (a, b) = (exists("a", json!(300)), exists("b", json!(20)));
        check(json!([]), &[], Stay::ForEver);
        check(json!([]), &["a"], Stay::NotAtAll);
        check(json!([a]), &["a"], Stay::For(Duration::from_secs(300)));
        check(json!([a]), &["a", "b"], Stay::NotAtAll);
        check(
            json!([a, b]),
            &["a", "b"],
            Stay::For(Duration::from_secs(20)),
        );
        check(json!([exists("a", json!(null))]), &["a"], Stay::ForEver);
        check(
            json!([exists("a", json!(-5))]),
            &["a"],
            Stay::For(Duration::ZERO),
        );
    }
}
