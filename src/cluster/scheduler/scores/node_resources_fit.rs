//! NodeResourcesFit with the LeastAllocated strategy: the more is left on a node, the better.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, ScorePlugin, Scoring, keep};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "NodeResourcesFit",
    weight: 1,
    prepare,
    normalize: keep,
};

fn prepare(_pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    Scoring::Score(|pod, node, _| score(pod, node))
}

/// The mean of what is left of CPU and of memory, in percent, once the pod is there. Containers
/// that request nothing count with a tenth of a core and 200 MiB.
fn score(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let (wanted, offered, taken) = (
        &pod.requests_or_default,
        &node.allocatable,
        &node.requested_or_default,
    );
    let parts = [
        left(
            taken.cpu_millis.saturating_add(wanted.cpu_millis),
            offered.cpu_millis,
        ),
        left(
            taken.memory_bytes.saturating_add(wanted.memory_bytes),
            offered.memory_bytes,
        ),
    ];
    let counted: Vec<i64> = parts.into_iter().flatten().collect();
    if counted.is_empty() {
        return 0;
    }
    counted.iter().sum::<i64>() / counted.len() as i64
}

/// The percentage of `capacity` that is left; `None` if the node has none of the resource.
fn left(requested: i64, capacity: i64) -> Option<i64> {
    if capacity == 0 {
        return None;
    }
    let left = i128::from(capacity.saturating_sub(requested).max(0));
    i64::try_from(left * i128::from(MAX_NODE_SCORE) / i128::from(capacity)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::scores::raw_scores;
    use crate::cluster::scheduler::tests::nodes;
    use serde_json::{Value, json};

    fn check(requests: Value, expect: i64) {
        let nodes = nodes(&[json!({"status": {"allocatable": {"cpu": "4", "memory": "1000Mi"}}})]);
        let pod = json!({"containers": [{"name": "c", "resources": {"requests": requests}}]});
        assert_eq!(raw_scores(&PLUGIN, pod, &nodes), Some(vec![expect]));
    }

    #[test]
    fn the_emptier_the_better() {
        check(json!({"cpu": "2", "memory": "500Mi"}), 50);
        check(json!({"cpu": "4", "memory": "0"}), 50);
        // 97.5 % of the CPU and 80 % of the memory.
        check(json!({}), (97 + 80) / 2);
        check(json!({"cpu": "9", "memory": "9Gi"}), 0);
    }
}
