//! Preemption: what a pod that fits nowhere may hope for.
//!
//! Pods without a lower priority than the pod that waits are never evicted for it, so among equals
//! there is only the search and its message.

use super::explanation::{NodeExplanation, fit_error};
use super::nodes::Nodes;
use super::pod_info::PodInfo;

/// Says what the search for victims found: `preemption: 0/3 nodes are available: …`.
#[must_use]
pub fn message(pod: &PodInfo, nodes: &Nodes, verdicts: &[NodeExplanation]) -> String {
    if pod.pod.spec.preemption_policy.as_deref() == Some("Never") {
        return "preemption: not eligible due to preemptionPolicy=Never.".to_owned();
    }
    let node_count = nodes.len();
    let searched = verdicts.iter().map(|verdict| {
        // A node that rejects the pod whatever runs there is not searched.
        let hopeful = verdict
            .rejection
            .as_ref()
            .is_some_and(|rejection| rejection.resolvable);
        if hopeful {
            "No preemption victims found for incoming pod"
        } else {
            NOT_HELPFUL
        }
    });
    let unseen = node_count.saturating_sub(verdicts.len());
    let all = searched.chain(std::iter::repeat_n(NOT_HELPFUL, unseen));
    format!("preemption: {}", fit_error(node_count, all))
}

const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
