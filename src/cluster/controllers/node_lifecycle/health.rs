//! Whether nodes are alive: the monitor that looks at leases and conditions every 5 s.

use std::rc::Rc;

use crate::api::core::NodeCondition;
use crate::api::{Node, Pod, Resource, conditions};
use crate::cluster::controllers::{record, warn};
use crate::cluster::timing::{NODE_MONITOR_GRACE, NODE_STARTUP_GRACE};
use crate::cluster::{Actor, Context, Step};
use crate::kernel::SimTime;

use super::{NAME, NodeLifecycleController, key_of};

/// What the monitor remembers of a node.
#[derive(Clone, Debug)]
pub struct Health {
    /// When it last saw a sign of life.
    seen_alive: SimTime,
    /// The last renewal of the lease that it saw.
    lease: Option<SimTime>,
    /// The heartbeat of the condition Ready that it saw.
    heartbeat: Option<crate::api::meta::Time>,
}

/// How much of the cluster is down. Where too much is, the fault may well be this side of the
/// network, so nobody is evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disruption {
    /// Most nodes are ready.
    None,
    /// At least 55 % of the nodes are not, and more than two. (Clusters of more than 50 nodes would
    /// go on evicting slowly; this one stops.)
    Partial,
    /// None is ready.
    Full,
}

/// The conditions that become Unknown when a kubelet falls silent.
const KUBELET_CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

impl NodeLifecycleController {
    /// Looks at every node.
    pub(super) fn monitor(&mut self, context: &mut Context) {
        let nodes: Vec<Node> = context.api.list::<Node>(None).cloned().collect();
        self.note_arrivals(&nodes, context);
        let (mut ready, mut all) = (0, 0);
        for node in &nodes {
            let was_ready = conditions::is_node_ready(&node.status);
            let node = self.check(node, context);
            let is_ready = conditions::is_node_ready(&node.status);
            (ready, all) = (ready + usize::from(is_ready), all + 1);
            self.follow_ready(&node, context);
            if was_ready && !is_ready {
                let message = format!("Node {} status is now: NodeNotReady", node.name());
                let about = node.clone().into_object();
                record(&mut self.recorder, &about, "NodeNotReady", message, context);
                self.mark_pods_not_ready(&node, context);
            }
        }
        self.judge_disruption(ready, all, &nodes, context);
        self.ask_for_taint_pass(context);
    }

    fn note_arrivals(&mut self, nodes: &[Node], context: &mut Context) {
        self.health
            .retain(|name, _| nodes.iter().any(|node| *node.name() == **name));
        for node in nodes {
            if !self.health.contains_key(node.name()) {
                let name = node.name();
                let message = format!("Node {name} event: Registered Node {name} in Controller");
                let about = node.clone().into_object();
                record(
                    &mut self.recorder,
                    &about,
                    "RegisteredNode",
                    message,
                    context,
                );
                let health = Health {
                    seen_alive: context.now,
                    lease: None,
                    heartbeat: None,
                };
                self.health.insert(Rc::from(name), health);
            }
        }
    }

    /// Takes note of signs of life; without one for too long the node's conditions become Unknown.
    fn check(&mut self, node: &Node, context: &mut Context) -> Node {
        let ready = conditions::node_condition(&node.status, "Ready");
        let lease = context.api.lease(node.name());
        let Some(health) = self.health.get_mut(node.name()) else {
            return node.clone();
        };
        let heartbeat = ready.and_then(|ready| ready.last_heartbeat_time.clone());
        if heartbeat != health.heartbeat || lease > health.lease {
            health.seen_alive = context.now;
            health.heartbeat = heartbeat;
            health.lease = lease;
        }
        let grace = if ready.is_some() {
            NODE_MONITOR_GRACE
        } else {
            NODE_STARTUP_GRACE
        };
        // The real monitor's ticks drift by a few milliseconds, so that the tick exactly one grace
        // period after the last sign of life is already too late.
        let silent = context.now >= health.seen_alive + grace;
        let unknown = ready.is_some_and(|ready| ready.status == "Unknown");
        if !silent || unknown {
            return node.clone();
        }
        let text = format!(
            "{} has shown **no sign of life for {} s**: its state is Unknown",
            node.name(),
            grace.as_secs()
        );
        let key = key_of(node.name());
        let step = Step::new(Actor::Controller(NAME), key, "node-unknown", text);
        context.step(step.reading("status.conditions"));
        let mut silent = node.clone();
        for type_ in KUBELET_CONDITIONS {
            make_unknown(&mut silent, type_, context);
        }
        let written = context
            .api
            .update_status(&silent.clone().into_object(), context.moment());
        match written {
            Ok(object) => object.typed::<Node>().cloned().unwrap_or(silent),
            // Somebody was faster; the next round sees it.
            Err(_) => node.clone(),
        }
    }

    /// Pods on a silent node cannot be counted on: they are not ready.
    fn mark_pods_not_ready(&mut self, node: &Node, context: &mut Context) {
        let pods: Vec<Pod> = context.api.store().pods_on(node.name()).cloned().collect();
        for mut pod in pods {
            let ready = conditions::pod_condition(&pod.status, "Ready");
            let Some(mut ready) = ready.filter(|ready| ready.status != "False").cloned() else {
                continue;
            };
            ready.status = "False".to_owned();
            ready.last_transition_time = Some(context.api.clock().time(context.now));
            conditions::set_pod_condition(pod.status_mut(), ready);
            let text = format!(
                "{} is **not ready**, because {} is not",
                pod.name(),
                node.name()
            );
            let step = Step::new(Actor::Controller(NAME), pod.key(), "pod-not-ready", text)
                .reading_of(key_of(node.name()), "status.conditions");
            context.step(step);
            let about = pod.into_object();
            if context.api.update_status(&about, context.moment()).is_ok() {
                let message = "Node is not ready".to_owned();
                warn(&mut self.recorder, &about, "NodeNotReady", message, context);
            }
        }
    }

    /// Stops and resumes the evictions as nodes fail and return.
    fn judge_disruption(
        &mut self,
        ready: usize,
        all: usize,
        nodes: &[Node],
        context: &mut Context,
    ) {
        let before = self.disruption;
        let down = all - ready;
        self.disruption = if ready == 0 && all > 0 {
            Disruption::Full
        } else if down > 2 && down * 100 >= all * 55 {
            Disruption::Partial
        } else {
            Disruption::None
        };
        if self.disruption == Disruption::Full && before != Disruption::Full {
            for node in nodes {
                if let Some(node) = context.api.get::<Node>("", node.name()).cloned() {
                    self.mark_reachable(&node, context);
                }
            }
        }
        if self.disruption != Disruption::Full && before == Disruption::Full {
            // Who could not be heard may not have been silent.
            for health in self.health.values_mut() {
                health.seen_alive = context.now;
            }
        }
    }
}

fn make_unknown(node: &mut Node, type_: &str, context: &Context) {
    let now = context.api.clock().time(context.now);
    let created = node.meta.creation_timestamp.clone();
    let conditions = node.status_mut().conditions.get_or_insert_default();
    let found = conditions
        .iter_mut()
        .find(|condition| condition.type_ == type_);
    match found {
        Some(condition) if condition.status == "Unknown" => {}
        Some(condition) => {
            condition.status = "Unknown".to_owned();
            condition.reason = Some("NodeStatusUnknown".to_owned());
            condition.message = Some("Kubelet stopped posting node status.".to_owned());
            condition.last_transition_time = Some(now);
        }
        None => conditions.push(NodeCondition {
            type_: type_.to_owned(),
            status: "Unknown".to_owned(),
            reason: Some("NodeStatusNeverUpdated".to_owned()),
            message: Some("Kubelet never posted node status.".to_owned()),
            last_heartbeat_time: created,
            last_transition_time: Some(now),
        }),
    }
}
