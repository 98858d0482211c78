//! TaintToleration: the fewer untolerated PreferNoSchedule taints a node has, the better.

use std::rc::Rc;

use crate::api::core::Toleration;
use crate::api::toleration::tolerates;
use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ScorePlugin, Scoring, normalize_reversed};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "TaintToleration",
    weight: 3,
    prepare,
    normalize: normalize_reversed,
};

const EFFECT: &str = "PreferNoSchedule";

fn prepare(_pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    Scoring::Score(|pod, node, _| {
        let counts = |toleration: &&Toleration| {
            let effect = toleration.effect.as_deref().unwrap_or_default();
            effect.is_empty() || effect == EFFECT
        };
        let tolerations = || pod.pod.spec.tolerations.iter().flatten().filter(counts);
        let untolerated = node
            .taints()
            .filter(|taint| taint.effect == EFFECT)
            .filter(|taint| !tolerates(tolerations(), taint));
        untolerated.count() as i64
    })
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
