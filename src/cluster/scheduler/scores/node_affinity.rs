//! NodeAffinity: the more preferred terms a node matches, by their weights, the better.

use std::rc::Rc;

use crate::api::core::PreferredSchedulingTerm;
use crate::api::node_selector::matches;
use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ScorePlugin, Scoring, normalize};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "NodeAffinity",
    weight: 2,
    prepare,
    normalize,
};

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    if preferred_terms(pod).next().is_none() {
        return Scoring::Skip;
    }
    Scoring::Score(|pod, node, _| {
        preferred_terms(pod)
            .filter(|term| matches(&term.preference, &node.name, node.labels()))
            .map(|term| i64::from(term.weight))
            .sum()
    })
}

/// What the pod prefers, and what its profile adds.
fn preferred_terms(pod: &PodInfo) -> impl Iterator<Item = &PreferredSchedulingTerm> {
    let own = pod.pod.spec.affinity.as_ref();
    let own = own.and_then(|affinity| affinity.node_affinity.as_ref());
    let profile = pod.profile.as_ref();
    let added = profile.and_then(|profile| profile.affinity.as_ref());
    own.into_iter().chain(added).flat_map(|affinity| {
        let preferred = &affinity.preferred_during_scheduling_ignored_during_execution;
        preferred.iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::scores::raw_scores;
    use crate::cluster::scheduler::tests::nodes;
    use serde_json::json;

    #[test]
    fn sums_the_weights_of_matching_terms() {
        let nodes = nodes(&[
            json!({"metadata": {"labels": {"disk": "ssd", "zone": "a"}}}),
            json!({"metadata": {"labels": {"disk": "ssd"}}}),
            json!({}),
        ]);
        let term = |key: &str, weight: i32| {
            let preference = json!({"matchExpressions": [{"key": key, "operator": "Exists"}]});
            json!({"weight": weight, "preference": preference})
        };
        let preferred = json!([term("disk", 10), term("zone", 7)]);
        let affinity =
            json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}});
        let pod = json!({"containers": [], "affinity": affinity});
        assert_eq!(raw_scores(&PLUGIN, pod, &nodes), Some(vec![17, 10, 0]));
        assert_eq!(raw_scores(&PLUGIN, json!({"containers": []}), &nodes), None);
    }
}
