//! NodeResourcesBalancedAllocation: nodes whose CPU and memory would be used alike are better.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, ScorePlugin, Scoring, keep};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "NodeResourcesBalancedAllocation",
    weight: 1,
    prepare,
    normalize: keep,
};

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    // A pod that requests neither changes no balance.
    if pod.requests.cpu_millis == 0 && pod.requests.memory_bytes == 0 {
        return Scoring::Skip;
    }
    Scoring::Score(|pod, node, _| score(pod, node))
}

/// By how much the pod makes the node more balanced: 75 for no change, up to 100, down to 50.
fn score(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let without = &node.requested;
    let mut with = without.clone();
    with.add(&pod.requests);
    let balance_with = balance(node, with.cpu_millis, with.memory_bytes);
    let balance_without = balance(node, without.cpu_millis, without.memory_bytes);
    MAX_NODE_SCORE / 2 + (MAX_NODE_SCORE / 2 + balance_with - balance_without) / 2
}

/// 100 if CPU and memory are used alike, down to 50 if one is full and the other empty.
fn balance(node: &NodeInfo, cpu_millis: i64, memory_bytes: i64) -> i64 {
    let fraction = |used: i64, offered: i64| {
        // Multiplication, division and rounding are exact by IEEE 754 on every target.
        (offered != 0).then(|| (used as f64 / offered as f64).min(1.0))
    };
    let cpu = fraction(cpu_millis, node.allocatable.cpu_millis);
    let memory = fraction(memory_bytes, node.allocatable.memory_bytes);
    let deviation = match (cpu, memory) {
        (Some(cpu), Some(memory)) => ((cpu - memory) / 2.0).abs(),
        _ => 0.0,
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::scores::raw_scores;
    use crate::cluster::scheduler::tests::nodes;
    use serde_json::{Value, json};

    fn check(requests: Value, expect: Option<i64>) {
        let nodes = nodes(&[json!({"status": {"allocatable": {"cpu": "4", "memory": "1000Mi"}}})]);
        let pod = json!({"containers": [{"name": "c", "resources": {"requests": requests}}]});
        assert_eq!(
            raw_scores(&PLUGIN, pod, &nodes),
            expect.map(|score| vec![score])
        );
    }

    #[test]
    fn balance_is_what_counts() {
        check(json!({}), None);
        check(json!({"cpu": "2", "memory": "500Mi"}), Some(75));
        // From 100 to 50: the deviation of a full and an empty resource is one half.
        check(json!({"cpu": "4"}), Some(50));
        check(json!({"cpu": "2"}), Some(62));
    }
}
