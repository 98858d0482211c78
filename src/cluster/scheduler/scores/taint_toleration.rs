//! TaintToleration: the fewer untolerated PreferNoSchedule taints a node has, the better.

use crate::api::core::Toleration;
use crate::api::toleration::tolerates;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{NodeScore, ScorePlugin, normalize_reversed};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "TaintToleration",
    weight: 3,
    prepare,
    normalize: normalize_reversed,
};

const EFFECT: &str = "PreferNoSchedule";

fn prepare<'a>(
    pod: &'a PodInfo,
    _nodes: &'a Nodes,
    _passed: &[&NodeInfo],
) -> Option<NodeScore<'a>> {
    let tolerations: Vec<&Toleration> = pod
        .pod
        .spec
        .tolerations
        .iter()
        .flatten()
        .filter(|toleration| {
            let effect = toleration.effect.as_deref().unwrap_or_default();
            effect.is_empty() || effect == EFFECT
        })
        .collect();
    Some(Box::new(move |node| {
        let untolerated = node
            .taints()
            .filter(|taint| taint.effect == EFFECT)
            .filter(|taint| !tolerates(tolerations.iter().copied(), taint));
        untolerated.count() as i64
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::scores::raw_scores;
    use crate::cluster::scheduler::tests::nodes;
    use serde_json::json;

    #[test]
    fn counts_untolerated_preferences() {
        let taint = |key: &str| json!({"key": key, "effect": EFFECT});
        let nodes = nodes(&[
            json!({}),
            json!({"spec": {"taints": [taint("a"), taint("b")]}}),
        ]);
        let tolerations = json!([{"key": "a", "operator": "Exists", "effect": EFFECT}]);
        for (tolerations, expect) in [(json!([]), [0, 2]), (tolerations, [0, 1])] {
            let pod = json!({"containers": [], "tolerations": tolerations});
            assert_eq!(raw_scores(&PLUGIN, pod, &nodes), Some(expect.to_vec()));
        }
    }
}
