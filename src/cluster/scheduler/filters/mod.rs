//! The plugins that say which nodes cannot take a pod, in the order in which they are asked.
//!
//! The first rejection of a node settles it. SchedulingGates comes before all of these: it keeps a
//! pod out of the queue. NodeVolumeLimits is left out: it counts volumes against what CSINode objects allow, and
//! without such objects it passes every node.

pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod pod_topology_spread;
pub mod scheduling_gates;
pub mod taint_toleration;
pub mod volume_binding;
pub mod volume_restrictions;
pub mod volume_zone;

use super::plugin::FilterPlugin;

/// Kubernetes' default plugins in their default order.
pub const FILTERS: &[FilterPlugin] = &[
    node_unschedulable::PLUGIN,
    node_name::PLUGIN,
    taint_toleration::PLUGIN,
    node_affinity::PLUGIN,
    node_ports::PLUGIN,
    node_resources_fit::PLUGIN,
    volume_restrictions::PLUGIN,
    volume_binding::PLUGIN,
    volume_zone::PLUGIN,
    pod_topology_spread::PLUGIN,
    inter_pod_affinity::PLUGIN,
];

/// A filter plugin by name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static FilterPlugin> {
    FILTERS.iter().find(|plugin| plugin.name == name)
}

/// The verdict of one plugin on one node, for the plugins' tests.
#[cfg(test)]
pub(super) fn verdict(
    plugin: &FilterPlugin,
    pod: serde_json::Value,
    node: &super::nodes::NodeInfo,
) -> String {
    use super::plugin::{Preparation, Verdict};
    let pod = super::pod_info::PodInfo::new(&super::tests::pod(pod));
    let nodes = super::nodes::Nodes::default();
    let verdict = match (plugin.prepare)(&pod, &nodes) {
        Preparation::Skip => return "skip".to_owned(),
        Preparation::Reject(reason) => return format!("all: {reason}"),
        Preparation::Filter(judge) | Preparation::FilterAmong(_, judge) => judge(&pod, node),
        Preparation::Count(_) => panic!("{} counts the pods of all nodes", plugin.name),
    };
    match verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Reject {
            reasons,
            resolvable: true,
        } => reasons.join(", "),
        Verdict::Reject { reasons, .. } => format!("never: {}", reasons.join(", ")),
    }
}
