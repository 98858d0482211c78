//! NodeResourcesFit: the more is left on a node, the better, unless the profile has another strategy.

use std::rc::Rc;

use crate::api::scheduler_configuration::FitKind;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, ScorePlugin, Scoring, keep};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::resources::Resources;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "NodeResourcesFit",
    weight: 1,
    prepare,
    normalize: keep,
};

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    match pod.profile {
        None => Scoring::Score(|pod, node, _| least_allocated(pod, node)),
        Some(_) => Scoring::Score(|pod, node, _| by_strategy(pod, node)),
    }
}

/// The mean of what is left of CPU and of memory, in percent, once the pod is there. Containers
/// that request nothing count with a tenth of a core and 200 MiB.
fn least_allocated(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let (wanted, offered, taken) = (
        &pod.requests_or_default,
        &node.allocatable,
        &node.requested_or_default,
    );
    let parts = [
        (wanted.cpu_millis, taken.cpu_millis, offered.cpu_millis),
        (
            wanted.memory_bytes,
            taken.memory_bytes,
            offered.memory_bytes,
        ),
    ];
    let least = |(wanted, taken, offered): (i64, i64, i64)| {
        points(
            &FitKind::LeastAllocated,
            taken.saturating_add(wanted),
            offered,
        )
    };
    let counted: Vec<i64> = parts.into_iter().filter_map(least).collect();
    match counted.len() {
        0 => 0,
        count => counted.iter().sum::<i64>() / count as i64,
    }
}

/// The mean of the points for the resources that the profile names, by their weights.
fn by_strategy(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let Some(strategy) = pod.profile.as_ref().map(|profile| &profile.fit) else {
        return 0;
    };
    let is_ratio = matches!(strategy.kind, FitKind::RequestedToCapacityRatio(_));
    let (mut sum, mut weights) = (0, 0);
    for (name, weight) in &strategy.resources {
        let amount = |resources: &Resources| match name.as_str() {
            "cpu" => resources.cpu_millis,
            "memory" => resources.memory_bytes,
            "ephemeral-storage" => resources.ephemeral_bytes,
            other => resources.other(other),
        };
        let wanted = amount(&pod.requests_or_default);
        // An extended resource that the pod does not ask for has no say.
        if wanted == 0 && !matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            continue;
        }
        let taken = amount(&node.requested_or_default).saturating_add(wanted);
        let points = points(&strategy.kind, taken, amount(&node.allocatable));
        // A ratio leaves out resources without points.
        if let Some(points) = points.filter(|points| !is_ratio || *points > 0) {
            sum += points * weight;
            weights += weight;
        }
    }
    match (weights, is_ratio) {
        (0, _) => 0,
        (weights, false) => sum / weights,
        // Rounded half away from zero; nothing is negative here.
        (weights, true) => (2 * sum + weights) / (2 * weights),
    }
}

/// 0 to 100 for a resource of which so much would be requested; `None` if the node has none of it.
fn points(kind: &FitKind, requested: i64, capacity: i64) -> Option<i64> {
    if capacity == 0 {
        return None;
    }
    let percent = |part: i64| {
        let part = i128::from(part.clamp(0, capacity)) * i128::from(MAX_NODE_SCORE);
        i64::try_from(part / i128::from(capacity)).ok()
    };
    match kind {
        FitKind::LeastAllocated => percent(capacity.saturating_sub(requested)),
        FitKind::MostAllocated => percent(requested),
        FitKind::RequestedToCapacityRatio(shape) => Some(on_shape(shape, percent(requested)?)),
    }
}

/// The height of a broken line at `place`; level before its first point and after its last.
fn on_shape(shape: &[(i64, i64)], place: i64) -> i64 {
    let next = shape.partition_point(|point| point.0 < place);
    match (
        next.checked_sub(1).and_then(|before| shape.get(before)),
        shape.get(next),
    ) {
        (None, Some(only)) | (Some(only), None) => only.1,
        (Some(from), Some(to)) => from.1 + (to.1 - from.1) * (place - from.0) / (to.0 - from.0),
        (None, None) => 0,
    }
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

    /// A node of 4 cores that has 1 GPU of 2 taken, and a pod of a core and a GPU.
    fn check_strategy(strategy: Value, expect: i64) {
        let json = json!({"profiles": [{"pluginConfig": [{"name": "NodeResourcesFit",
            "args": {"scoringStrategy": strategy}}]}]});
        let (profiles, problems) = crate::api::scheduler_configuration::read(&json);
        assert_eq!(problems, []);
        let amounts = |cpu: &str, gpus: &str| json!({"cpu": cpu, "memory": "1000Mi", "example.com/gpu": gpus});
        let node =
            json!({"metadata": {"name": "node-1"}, "status": {"allocatable": amounts("4", "2")}});
        let spec = |cpu: &str| json!({"containers": [{"name": "c", "resources": {"requests": amounts(cpu, "1")}}]});
        let profile = profiles.into_iter().next().map(Rc::new);
        let pod = |cpu: &str| PodInfo::new(&crate::cluster::scheduler::tests::pod(spec(cpu)));
        let mut nodes = nodes(&[node]);
        nodes.put_pod("node-1", &pod("0"));
        let pod = pod("1").with(Vec::new(), Default::default(), profile.as_ref());
        assert_eq!(
            by_strategy(&pod, nodes.get("node-1").unwrap()),
            expect,
            "{strategy}"
        );
    }

    #[test]
    fn other_strategies_fill_nodes_up() {
        let of = |kind: &str, resources: Value| json!({"type": kind, "resources": resources});
        let resource = |name: &str, weight: i64| json!({"name": name, "weight": weight});
        let cpu = || json!([resource("cpu", 1)]);
        // A quarter of the cores is requested.
        check_strategy(of("LeastAllocated", cpu()), 75);
        check_strategy(of("MostAllocated", cpu()), 25);
        let both = json!([resource("cpu", 1), resource("example.com/gpu", 3)]);
        check_strategy(of("MostAllocated", both.clone()), (25 + 3 * 100) / 4);
        check_strategy(
            of("MostAllocated", json!([resource("example.com/none", 1)])),
            0,
        );
        let mut ratio = of("RequestedToCapacityRatio", both);
        ratio["requestedToCapacityRatio"] =
            json!({"shape": [{"utilization": 0, "score": 0}, {"utilization": 50, "score": 10}]});
        check_strategy(ratio, (50 + 3 * 100 + 2) / 4);
    }

    #[test]
    fn lines_bend_at_their_points() {
        let shape = [(20, 0), (80, 100)];
        for (place, expect) in [(0, 0), (20, 0), (50, 50), (79, 98), (80, 100), (100, 100)] {
            assert_eq!(on_shape(&shape, place), expect, "{place}");
        }
    }
}
