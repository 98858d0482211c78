//! Conditions: the typed true/false/unknown facts in a status.

use super::core::{NamespaceCondition, NodeCondition, NodeStatus, PodCondition, PodStatus};
use super::meta::Time;

/// The condition of a pod of the given type.
#[must_use]
pub fn pod_condition<'a>(status: &'a PodStatus, type_: &str) -> Option<&'a PodCondition> {
    status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == type_)
}

/// Whether a pod's condition is `True`.
#[must_use]
pub fn pod_condition_is_true(status: &PodStatus, type_: &str) -> bool {
    pod_condition(status, type_).is_some_and(|condition| condition.status == "True")
}

/// Whether the pod is Ready.
#[must_use]
pub fn is_pod_ready(status: &PodStatus) -> bool {
    pod_condition_is_true(status, "Ready")
}

/// A condition of any kind of object.
pub trait Condition: PartialEq {
    /// What it is about, and `True`, `False` or `Unknown`.
    fn fact(&self) -> (&str, &str);
    /// When its status changed last.
    fn since(&mut self) -> &mut Option<Time>;
}

impl Condition for PodCondition {
    fn fact(&self) -> (&str, &str) {
        (&self.type_, &self.status)
    }

    fn since(&mut self) -> &mut Option<Time> {
        &mut self.last_transition_time
    }
}

impl Condition for NamespaceCondition {
    fn fact(&self) -> (&str, &str) {
        (&self.type_, &self.status)
    }

    fn since(&mut self) -> &mut Option<Time> {
        &mut self.last_transition_time
    }
}

/// Puts a condition in, replacing the one of the same type. The transition time of the old one is
/// kept if the status did not change. Returns whether anything changed.
pub fn set<C: Condition>(conditions: &mut Option<Vec<C>>, mut condition: C) -> bool {
    let conditions = conditions.get_or_insert_default();
    let mut all = conditions.iter_mut();
    let Some(old) = all.find(|old| old.fact().0 == condition.fact().0) else {
        conditions.push(condition);
        return true;
    };
    if old.fact() == condition.fact() {
        condition.since().clone_from(old.since());
    }
    let changed = *old != condition;
    *old = condition;
    changed
}

/// Puts a condition into a pod's status; see [`set`].
pub fn set_pod_condition(status: &mut PodStatus, condition: PodCondition) -> bool {
    set(&mut status.conditions, condition)
}

/// The condition that says that a pod is about to be deleted by a disruption, and by whose.
#[must_use]
pub fn disruption_target(
    reason: &str,
    message: String,
    observed_generation: Option<i64>,
    now: Time,
) -> PodCondition {
    PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message),
        observed_generation,
        last_transition_time: Some(now),
        ..Default::default()
    }
}

/// The condition of a node of the given type.
#[must_use]
pub fn node_condition<'a>(status: &'a NodeStatus, type_: &str) -> Option<&'a NodeCondition> {
    status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == type_)
}

/// Whether the node is Ready.
#[must_use]
pub fn is_node_ready(status: &NodeStatus) -> bool {
    node_condition(status, "Ready").is_some_and(|condition| condition.status == "True")
}
