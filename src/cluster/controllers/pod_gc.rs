//! The pod garbage collector: pods that no kubelet will ever finish are removed by force.

use crate::kernel::OrderedMap;
use std::rc::Rc;

use crate::api::core::PodCondition;
use crate::api::{Node, Object, Pod, Resource, conditions};
use crate::apiserver::{Change, DeleteOptions};
use crate::cluster::timing::{POD_GC_PERIOD, POD_GC_QUARANTINE};
use crate::cluster::{Actor, Context, Event, Step};
use crate::kernel::{Rng, SimTime};

use super::{Wake, pods};

/// The controller's name; it records no events.
pub const NAME: &str = "pod-garbage-collector-controller";

/// More ended pods than this are not kept (`--terminated-pod-gc-threshold`).
const MAX_ENDED_PODS: usize = 12_500;

/// The taint of a node that is known to be off for good.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The pod garbage collector.
#[derive(Clone, Debug)]
pub struct PodGarbageCollector {
    rng: Rng,
    next: Option<SimTime>,
    /// Nodes that pods name but that do not exist, with the end of their quarantine.
    missing: OrderedMap<Rc<str>, SimTime>,
}

impl PodGarbageCollector {
    /// A collector that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            rng: rng.fork(NAME),
            next: None,
            missing: OrderedMap::new(),
        }
    }

    /// Starts to tick with the first pod.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        if self.next.is_none() && matches!(change.object, Object::Pod(_)) {
            let phase = self.rng.between(POD_GC_PERIOD / 20, POD_GC_PERIOD);
            self.schedule(context.now + phase, context);
        }
    }

    /// Looks at every pod, and closely at those that may have to go.
    pub fn tick(&mut self, context: &mut Context) {
        if self.next != Some(context.now) {
            return;
        }
        if context.api.list::<Pod>(None).next().is_none() {
            // Nothing to look at: the next pod starts the tick again.
            self.next = None;
            return;
        }
        // In order of their names.
        let nodes: Vec<&str> = context.api.list(None).map(Node::name).collect();
        let is_orphan = |pod: &Pod| {
            let node = pod.spec.node_name.as_deref().unwrap_or_default();
            !node.is_empty() && nodes.binary_search(&node).is_err()
        };
        let pods = context.api.list::<Pod>(None);
        let suspects: Vec<Pod> = pods
            .filter(|pod| pod.is_deleting() || pods::has_ended(pod) || is_orphan(pod))
            .cloned()
            .collect();
        collect_ended(&suspects, context);
        for pod in &suspects {
            let node = pod.spec.node_name.as_deref().unwrap_or_default();
            if pod.is_deleting() && node.is_empty() {
                remove(pod, "it was never scheduled", None, context);
            } else if pod.is_deleting() && is_out_of_service(node, context) {
                remove(pod, "its node is out of service", None, context);
            }
        }
        self.collect_orphans(&suspects, context);
        self.schedule(context.now + POD_GC_PERIOD, context);
    }

    /// Pods on nodes that do not exist, if the node has not come for 40 s.
    fn collect_orphans(&mut self, pods: &[Pod], context: &mut Context) {
        let now = context.now;
        let mut missing = OrderedMap::new();
        for pod in pods {
            let node = pod.spec.node_name.as_deref().unwrap_or_default();
            if node.is_empty() || context.api.get::<Node>("", node).is_some() {
                continue;
            }
            let until = self.missing.get(node).copied();
            let until = until.unwrap_or(now + POD_GC_QUARANTINE);
            missing.insert(Rc::from(node), until);
            if until <= now {
                let why = "its node no longer exists";
                remove(pod, why, Some("PodGC: node no longer exists"), context);
            }
        }
        self.missing = missing;
    }

    fn schedule(&mut self, at: SimTime, context: &mut Context) {
        self.next = Some(at);
        context.at(at, Event::Controllers(Wake::CollectPods));
    }
}

/// Of too many ended pods the oldest go.
fn collect_ended(pods: &[Pod], context: &mut Context) {
    let mut ended: Vec<&Pod> = pods.iter().filter(|pod| pods::has_ended(pod)).collect();
    let Some(surplus) = ended.len().checked_sub(MAX_ENDED_PODS) else {
        return;
    };
    ended.sort_by_key(|pod| {
        let evicted = pod.status.reason.as_deref() == Some("Evicted");
        (
            !evicted,
            pod.meta.creation_timestamp.clone(),
            pod.name().to_owned(),
        )
    });
    for pod in ended.into_iter().take(surplus) {
        remove(pod, "too many pods have ended", None, context);
    }
}

fn is_out_of_service(node: &str, context: &Context) -> bool {
    context.api.get::<Node>("", node).is_some_and(|node| {
        let mut taints = node.spec.taints.iter().flatten();
        !conditions::is_node_ready(&node.status) && taints.any(|taint| taint.key == OUT_OF_SERVICE)
    })
}

/// Marks a pod as failed, for nobody else will, and removes it at once.
fn remove(pod: &Pod, why: &str, disruption: Option<&str>, context: &mut Context) {
    let text = format!("{} is **removed by force**: {why}", pod.name());
    let step = Step::new(Actor::Controller(NAME), pod.key(), "pod-collected", text);
    context.step(step.reading("spec.nodeName"));
    if !pods::has_ended(pod) {
        let mut pod = pod.clone();
        let generation = pod.meta.generation;
        let status = pod.status_mut();
        status.phase = Some("Failed".to_owned());
        status.observed_generation = generation;
        if let Some(message) = disruption {
            let condition = PodCondition {
                type_: "DisruptionTarget".to_owned(),
                status: "True".to_owned(),
                reason: Some("DeletionByPodGC".to_owned()),
                message: Some(message.to_owned()),
                observed_generation: generation,
                last_transition_time: Some(context.api.clock().time(context.now)),
                ..Default::default()
            };
            conditions::set_pod_condition(status, condition);
        }
        let written = context
            .api
            .update_status(&pod.into_object(), context.moment());
        if written.is_err() {
            // Somebody was faster; the next round sees it.
            return;
        }
    }
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        uid: Some(pod.uid().to_owned()),
        ..Default::default()
    };
    let deleted = context.api.delete(&pod.key(), &options, context.moment());
    debug_assert!(deleted.is_ok(), "{deleted:?}");
}

#[cfg(test)]
mod tests {
    use crate::api::{Kind, ObjectKey};
    use crate::apiserver::DeleteOptions;
    use crate::cluster::testbed::Testbed;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn pods_of_a_deleted_node_go_after_the_quarantine() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"containers": [{"name": "main", "image": "nginx"}]}}));
        testbed.run_for(Duration::from_secs(5));
        testbed.heartbeats.clear();
        let key = ObjectKey::new(Kind::Node, "", "node-1");
        testbed.delete(&key, &DeleteOptions::default());
        testbed.run_for(Duration::from_secs(40));
        assert_eq!(testbed.pods().len(), 1);
        testbed.run_for(Duration::from_secs(41));
        assert_eq!(testbed.pods().len(), 0);
    }
}
