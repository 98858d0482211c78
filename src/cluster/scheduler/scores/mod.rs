//! The plugins that say which of the nodes that can take a pod suit it best.

pub mod balanced_allocation;
pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_resources_fit;
pub mod pod_topology_spread;
pub mod taint_toleration;

use super::plugin::ScorePlugin;

/// Kubernetes' default plugins in their default order.
pub const SCORES: &[ScorePlugin] = &[
    taint_toleration::PLUGIN,
    node_affinity::PLUGIN,
    node_resources_fit::PLUGIN,
    pod_topology_spread::PLUGIN,
    inter_pod_affinity::PLUGIN,
    balanced_allocation::PLUGIN,
    image_locality::PLUGIN,
];

/// The raw scores that one plugin gives to nodes, for the plugins' tests.
#[cfg(test)]
pub(super) fn raw_scores(
    plugin: &ScorePlugin,
    pod: serde_json::Value,
    nodes: &super::nodes::Nodes,
) -> Option<Vec<i64>> {
    let pod = super::pod_info::PodInfo::new(&super::tests::pod(pod));
    match (plugin.prepare)(&pod, nodes) {
        super::plugin::Scoring::Score(score) => {
            let scores = nodes.iter().map(|node| score(&pod, node, nodes));
            Some(scores.collect())
        }
        _ => None,
    }
}
