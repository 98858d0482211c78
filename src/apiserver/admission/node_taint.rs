//! TaintNodesByCondition: a new node takes no pods before the node controller has seen it ready.

use crate::api::Node;
use crate::api::core::Taint;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const NO_SCHEDULE: &str = "NoSchedule";

pub(super) fn admit(node: &mut Node) {
    let taints = node.spec_mut().taints.get_or_insert_default();
    let there = taints
        .iter()
        .any(|taint| taint.key == NOT_READY && taint.effect == NO_SCHEDULE);
    if !there {
        taints.push(Taint {
            key: NOT_READY.to_owned(),
            effect: NO_SCHEDULE.to_owned(),
            ..Default::default()
        });
    }
}
