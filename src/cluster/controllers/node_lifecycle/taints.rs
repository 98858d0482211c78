//! The taints that tell what is wrong with a node.

use crate::api::core::Taint;
use crate::api::{Node, Resource, conditions};
use crate::apiserver::Status;
use crate::cluster::timing::NODE_TAINT_INTERVAL;
use crate::cluster::{Actor, Context, Step};

use super::health::Disruption;
use super::{NAME, NodeLifecycleController, key_of};

/// The node's kubelet says that it is not ready.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The node's kubelet says nothing.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const NO_SCHEDULE: &str = "NoSchedule";
const NO_EXECUTE: &str = "NoExecute";

/// (condition, its status, the taint that follows).
const OF_CONDITIONS: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    (
        "MemoryPressure",
        "True",
        "node.kubernetes.io/memory-pressure",
    ),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    (
        "NetworkUnavailable",
        "True",
        "node.kubernetes.io/network-unavailable",
    ),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// Gives a node the NoSchedule taints that its conditions call for, and takes away the others of
/// that kind.
pub fn follow_conditions(node: &Node, context: &mut Context) -> Result<(), Status> {
    let mut wanted: Vec<&str> = node
        .status
        .conditions
        .iter()
        .flatten()
        .filter_map(|condition| {
            let row = OF_CONDITIONS.iter().find(|(type_, status, _)| {
                condition.type_ == *type_ && condition.status == *status
            })?;
            Some(row.2)
        })
        .collect();
    if node.spec.unschedulable == Some(true) {
        wanted.push(UNSCHEDULABLE);
    }
    let ours =
        |key: &str| key == UNSCHEDULABLE || OF_CONDITIONS.iter().any(|(.., taint)| *taint == key);
    let present: Vec<&str> = node
        .spec
        .taints
        .iter()
        .flatten()
        .filter(|taint| taint.effect == NO_SCHEDULE && ours(&taint.key))
        .map(|taint| taint.key.as_str())
        .collect();
    let add: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|key| !present.contains(key))
        .collect();
    let remove: Vec<&str> = present
        .into_iter()
        .filter(|key| !wanted.contains(key))
        .collect();
    swap(node, &add, &remove, NO_SCHEDULE, context)
}

impl NodeLifecycleController {
    /// What the state of the node's kubelet means for the pods on it.
    pub(super) fn follow_ready(&mut self, node: &Node, context: &mut Context) {
        let (wanted, opposite) = match ready_status(node) {
            Some("True") => {
                self.to_taint.retain(|waiting| **waiting != *node.name());
                let both = [NOT_READY, UNREACHABLE];
                let present: Vec<&str> = both
                    .into_iter()
                    .filter(|key| has(node, key, NO_EXECUTE))
                    .collect();
                self.swap_no_execute(node, &[], &present, context);
                return;
            }
            Some("False") => (NOT_READY, UNREACHABLE),
            Some(_) => (UNREACHABLE, NOT_READY),
            None => return,
        };
        if has(node, opposite, NO_EXECUTE) {
            self.swap_no_execute(node, &[wanted], &[opposite], context);
        } else if !has(node, wanted, NO_EXECUTE)
            && !self
                .to_taint
                .iter()
                .any(|waiting| **waiting == *node.name())
        {
            self.to_taint.push(node.name().into());
        }
    }

    /// Gives NoExecute taints to nodes that wait for one, one node in ten seconds: if many nodes fail
    /// at once, the fault may be elsewhere.
    pub(super) fn taint_pass(&mut self, context: &mut Context) {
        if self.disruption != Disruption::None || self.to_taint.is_empty() {
            return;
        }
        let name = self.to_taint.remove(0);
        if let Some(node) = context.api.get::<Node>("", &name).cloned() {
            let wanted = match ready_status(&node) {
                Some("False") => Some((NOT_READY, UNREACHABLE)),
                Some("Unknown") => Some((UNREACHABLE, NOT_READY)),
                // Ready again: there is nothing to do.
                _ => None,
            };
            if let Some((wanted, opposite)) = wanted {
                self.next_taint = context.now + NODE_TAINT_INTERVAL;
                let opposite: &[&str] = if has(&node, opposite, NO_EXECUTE) {
                    &[opposite]
                } else {
                    &[]
                };
                self.swap_no_execute(&node, &[wanted], opposite, context);
            }
        }
        self.ask_for_taint_pass(context);
    }

    /// Takes every NoExecute taint of this controller away.
    pub(super) fn mark_reachable(&mut self, node: &Node, context: &mut Context) {
        let both = [NOT_READY, UNREACHABLE];
        let present: Vec<&str> = both
            .into_iter()
            .filter(|key| has(node, key, NO_EXECUTE))
            .collect();
        self.swap_no_execute(node, &[], &present, context);
    }

    fn swap_no_execute(&self, node: &Node, add: &[&str], remove: &[&str], context: &mut Context) {
        let swapped = swap(node, add, remove, NO_EXECUTE, context);
        // The node was read in this very moment; only its deletion can be in the way.
        debug_assert!(swapped.is_ok(), "{swapped:?}");
    }
}

fn ready_status(node: &Node) -> Option<&str> {
    conditions::node_condition(&node.status, "Ready").map(|ready| ready.status.as_str())
}

fn has(node: &Node, key: &str, effect: &str) -> bool {
    let mut taints = node.spec.taints.iter().flatten();
    taints.any(|taint| taint.key == key && taint.effect == effect)
}

/// Writes taints with one effect, those to add first.
fn swap(
    node: &Node,
    add: &[&str],
    remove: &[&str],
    effect: &str,
    context: &mut Context,
) -> Result<(), Status> {
    if add.is_empty() && remove.is_empty() {
        return Ok(());
    }
    let Some(stored) = context.api.get::<Node>("", node.name()) else {
        return Ok(());
    };
    let mut node = stored.clone();
    let text = match (add, remove) {
        (add, _) if !add.is_empty() => {
            format!("{} is tainted **{}:{effect}**", node.name(), add.join(", "))
        }
        (_, gone) => format!(
            "{} loses the taint **{}:{effect}**",
            node.name(),
            gone.join(", ")
        ),
    };
    let key = key_of(node.name());
    let step = Step::new(Actor::Controller(NAME), key, "node-tainted", text);
    context.step(
        step.reading("status.conditions")
            .reading("spec.unschedulable"),
    );
    let now = context.api.clock().time(context.now);
    let taints = node.spec_mut().taints.get_or_insert_default();
    for key in add {
        taints.push(Taint {
            key: (*key).to_owned(),
            effect: effect.to_owned(),
            time_added: Some(now.clone()),
            value: None,
        });
    }
    taints.retain(|taint| taint.effect != effect || !remove.contains(&taint.key.as_str()));
    if taints.is_empty() {
        node.spec_mut().taints = None;
    }
    context
        .api
        .update(node.into_object(), context.moment())
        .map(|_| ())
}
