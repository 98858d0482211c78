//! InterPodAffinity: near the pods that it prefers, and that prefer it.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::{Namespaces, NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{Counted, MAX_NODE_SCORE, ScorePlugin, Scoring};
use crate::cluster::scheduler::pod_affinity::{
    has_terms, preferred, required_affinity, term_matches,
};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tally::Tallies;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "InterPodAffinity",
    weight: 2,
    prepare,
    normalize,
};

/// What another pod's required affinity to this one counts, if the profile does not say it
/// (`hardPodAffinityWeight`).
const REQUIRED_WEIGHT: i64 = 1;

/// The sum of weights in every domain.
struct State {
    pod: Rc<PodInfo>,
    namespaces: Namespaces,
    weights: Tallies,
}

fn prepare(pod: &Rc<PodInfo>, nodes: &Nodes) -> Scoring {
    if preferred(pod).next().is_none() && !nodes.has_affinity() {
        return Scoring::Skip;
    }
    Scoring::Count(Box::new(State {
        pod: Rc::clone(pod),
        namespaces: Rc::clone(nodes.namespaces()),
        weights: Tallies::default(),
    }))
}

impl Counted for State {
    fn count_node(&mut self, node: &NodeInfo, by: i64) {
        self.weights.count_node(node, by);
    }

    fn count_pod(&mut self, other: &PodInfo, node: &NodeInfo, by: i64) {
        let (pod, slot) = (&self.pod, node.slot);
        for (term, weight) in preferred(pod) {
            if term_matches(term, pod, other, &self.namespaces) {
                self.weights.add(&term.topology_key, slot, weight, by);
            }
        }
        if !has_terms(&other.pod) {
            return;
        }
        let profile = pod.profile.as_ref();
        let hard = profile.map_or(REQUIRED_WEIGHT, |profile| profile.hard_pod_affinity_weight);
        let required = required_affinity(other).map(|term| (term, hard));
        let required = required.filter(|_| hard > 0);
        for (term, weight) in required.chain(preferred(other)) {
            if term_matches(term, other, pod, &self.namespaces) {
                self.weights.add(&term.topology_key, slot, weight, by);
            }
        }
    }

    fn is_active(&self) -> bool {
        !self.weights.is_empty()
    }

    fn score(&self, node: &NodeInfo) -> i64 {
        self.weights.sum(node.slot)
    }
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
    use crate::cluster::scheduler::tests::{count_all, nodes, pod};
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
        let Scoring::Count(mut state) = prepare(&new, &nodes) else {
            panic!("there are preferences");
        };
        count_all(&mut *state, &nodes);
        let mut scores: Vec<i64> = nodes.iter().map(|node| state.score(node)).collect();
        assert_eq!(scores, [50, -30, 1]);
        normalize(&mut scores);
        assert_eq!(scores, [100, 0, 38]);
    }
}
