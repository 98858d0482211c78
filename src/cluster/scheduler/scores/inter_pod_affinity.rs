//! InterPodAffinity: near the pods that it prefers, and that prefer it.

use std::collections::BTreeMap;

use crate::api::core::PodAffinityTerm;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, NodeScore, ScorePlugin};
use crate::cluster::scheduler::pod_affinity::{domain, preferred, required_affinity, term_matches};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "InterPodAffinity",
    weight: 2,
    prepare,
    normalize,
};

/// What another pod's required affinity to this one counts (`hardPodAffinityWeight`).
const REQUIRED_WEIGHT: i64 = 1;

/// The sum of weights in every domain: by label key, then by value.
type Weights = BTreeMap<String, BTreeMap<String, i64>>;

fn prepare<'a>(pod: &'a PodInfo, nodes: &'a Nodes, _passed: &[&NodeInfo]) -> Option<NodeScore<'a>> {
    let asks = preferred(pod).next().is_some();
    let mut weights = Weights::new();
    for node in nodes.iter() {
        let mut add = |term: &PodAffinityTerm, weight: i64| {
            if let Some(domain) = domain(term, node) {
                let of_key = weights.entry(term.topology_key.clone()).or_default();
                *of_key.entry(domain.to_owned()).or_insert(0) += weight;
            }
        };
        if asks {
            for other in node.pods.values() {
                for (term, weight) in preferred(pod) {
                    if term_matches(term, pod, other, nodes) {
                        add(term, weight);
                    }
                }
            }
        }
        for other in node.pods_with_affinity() {
            let required = required_affinity(other).map(|term| (term, REQUIRED_WEIGHT));
            for (term, weight) in required.chain(preferred(other)) {
                if term_matches(term, other, pod, nodes) {
                    add(term, weight);
                }
            }
        }
    }
    if weights.is_empty() {
        return None;
    }
    Some(Box::new(move |node| {
        let of_label = |(key, value): (&String, &String)| weights.get(key)?.get(value).copied();
        node.labels()
            .into_iter()
            .flatten()
            .filter_map(of_label)
            .sum()
    }))
}

/// The least becomes 0 and the most 100.
fn normalize(scores: &mut [i64]) {
    let (min, max) = (
        scores.iter().copied().min().unwrap_or(0),
        scores.iter().copied().max().unwrap_or(0),
    );
    for score in scores.iter_mut() {
        *score = if max > min {
            // As Kubernetes computes it; these operations round alike on every target.
            (MAX_NODE_SCORE as f64 * ((*score - min) as f64 / (max - min) as f64)) as i64
        } else {
            0
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::{nodes, pod};
    use serde_json::json;

    #[test]
    fn preferences_count_from_both_sides() {
        let mut nodes = nodes(&[
            json!({"metadata": {"name": "a", "labels": {"zone": "a"}}}),
            json!({"metadata": {"name": "b", "labels": {"zone": "b"}}}),
            json!({"metadata": {"name": "c", "labels": {"zone": "c"}}}),
        ]);
        let labelled = |name: &str, app: &str, affinity: serde_json::Value| {
            let mut pod = pod(json!({"containers": [], "affinity": affinity}));
            pod.meta_mut().name = Some(name.to_owned());
            pod.meta_mut().labels = Some([("app".to_owned(), app.to_owned())].into());
            PodInfo::new(&pod)
        };
        let term = |app: &str| json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}});
        let preferred = |kind: &str, app: &str, weight: i32| {
            json!({kind: {"preferredDuringSchedulingIgnoredDuringExecution":
                [{"weight": weight, "podAffinityTerm": term(app)}]}})
        };
        let required = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term("web")]}});
        nodes.put_pod("a", &labelled("db", "db", json!({})));
        nodes.put_pod(
            "b",
            &labelled("shy", "shy", preferred("podAntiAffinity", "web", 30)),
        );
        nodes.put_pod("c", &labelled("friend", "friend", required));
        let new = labelled("new", "web", preferred("podAffinity", "db", 50));
        let passed: Vec<&NodeInfo> = nodes.iter().collect();
        let score = prepare(&new, &nodes, &passed).unwrap();
        let mut scores: Vec<i64> = nodes.iter().map(score).collect();
        assert_eq!(scores, [50, -30, 1]);
        normalize(&mut scores);
        assert_eq!(scores, [100, 0, 38]);
    }
}
