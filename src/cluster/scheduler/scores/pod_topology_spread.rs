//! PodTopologySpread: the fewer pods of its kind are in a node's domains, the better.

use std::collections::BTreeMap;

use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, NodeScore, ScorePlugin};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::topology_spread::{
    Constraint, HOSTNAME, constraints, has_all_domains, system_defaults,
};

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "PodTopologySpread",
    weight: 2,
    prepare,
    normalize,
};

/// The raw score of a node that lacks the label of a constraint; it is normalised to 0.
const IGNORED: i64 = -1;

/// One constraint with the pods of its domains.
struct Domains {
    constraint: Constraint,
    /// Empty for the host name, whose domains are counted one by one.
    counts: BTreeMap<String, i64>,
    weight: f64,
}

fn prepare<'a>(pod: &'a PodInfo, nodes: &'a Nodes, passed: &[&NodeInfo]) -> Option<NodeScore<'a>> {
    let stated = constraints(pod, "ScheduleAnyway");
    // Only stated constraints need their labels: clusters without zones still spread over nodes.
    let strict = !stated.is_empty();
    let soft = if strict { stated } else { system_defaults(pod) };
    if soft.is_empty() {
        return None;
    }
    let scored: Vec<&NodeInfo> = passed
        .iter()
        .copied()
        .filter(|node| !strict || has_all_domains(node, &soft))
        .collect();
    let all: Vec<Domains> = soft
        .iter()
        .map(|constraint| count(constraint, &soft, strict, &scored, pod, nodes))
        .collect();
    Some(Box::new(move |node| {
        if strict
            && all
                .iter()
                .any(|domains| domains.constraint.domain(node).is_none())
        {
            return IGNORED;
        }
        let score: f64 = all
            .iter()
            .filter_map(|domains| domains.score(node, pod))
            .sum();
        score.round() as i64
    }))
}

impl Domains {
    fn score(&self, node: &NodeInfo, pod: &PodInfo) -> Option<f64> {
        let domain = self.constraint.domain(node)?;
        let count = if self.constraint.key == HOSTNAME {
            self.constraint.count(node, pod)
        } else {
            self.counts.get(domain).copied().unwrap_or(0)
        };
        Some(count as f64 * self.weight + f64::from(self.constraint.max_skew - 1))
    }
}

fn count(
    constraint: &Constraint,
    all: &[Constraint],
    strict: bool,
    scored: &[&NodeInfo],
    pod: &PodInfo,
    nodes: &Nodes,
) -> Domains {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let size = if constraint.key == HOSTNAME {
        scored.len()
    } else {
        for node in scored {
            let domain = constraint.domain(node).unwrap_or_default();
            counts.insert(domain.to_owned(), 0);
        }
        for node in nodes.iter() {
            if strict && !has_all_domains(node, all) || !constraint.includes(node, pod) {
                continue;
            }
            let domain = constraint.domain(node).unwrap_or_default();
            if let Some(count) = counts.get_mut(domain) {
                *count += constraint.count(node, pod);
            }
        }
        counts.len()
    };
    Domains {
        constraint: constraint.clone(),
        counts,
        // The more domains there are, the more a difference of one pod counts.
        weight: natural_logarithm(size as f64 + 2.0),
    }
}

/// The fullest domain's nodes get the least, the emptiest's 100.
fn normalize(scores: &mut [i64]) {
    let valid = || scores.iter().copied().filter(|score| *score != IGNORED);
    let (min, max) = (valid().min().unwrap_or(0), valid().max().unwrap_or(0));
    for score in scores.iter_mut() {
        *score = match *score {
            IGNORED => 0,
            _ if max == 0 => MAX_NODE_SCORE,
            score => MAX_NODE_SCORE * (max + min - score) / max,
        };
    }
}

/// ln(x) for x ≥ 1, by arithmetic that is the same on every target: halved until it is at most 4/3, then
/// the series of 2·artanh((x − 1)/(x + 1)).
fn natural_logarithm(x: f64) -> f64 {
    let (mut mantissa, mut halvings) = (x, 0.0);
    while mantissa > 4.0 / 3.0 {
        mantissa /= 2.0;
        halvings += 1.0;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (ratio, 0.0);
    for index in 0..20 {
        sum += power / f64::from(2 * index + 1);
        power *= ratio * ratio;
    }
    halvings * std::f64::consts::LN_2 + 2.0 * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::meta::LabelSelector;
    use crate::cluster::scheduler::tests::{nodes, pod};
    use serde_json::{Value, json};

    #[test]
    fn the_logarithm_is_right() {
        for (x, expect) in [
            (1.0, 0.0),
            (3.0, 1.098_612_288_668_11),
            (5.0, 1.609_437_912_434_1),
            (102.0, 4.624_972_813_284_27),
        ] {
            assert!((natural_logarithm(x) - expect).abs() < 1e-12, "ln {x}");
        }
    }

    #[test]
    fn nodes_without_pods_of_the_kind_are_best() {
        let manifests: Vec<Value> = ["node-1", "node-2", "node-3"]
            .iter()
            .map(|name| json!({"metadata": {"name": name, "labels": {HOSTNAME: name}}}))
            .collect();
        let mut nodes = nodes(&manifests);
        let web: LabelSelector =
            serde_json::from_value(json!({"matchLabels": {"app": "web"}})).unwrap();
        let labelled = |name: &str| {
            let mut pod = pod(json!({"containers": []}));
            pod.meta_mut().name = Some(name.to_owned());
            pod.meta_mut().labels = Some([("app".to_owned(), "web".to_owned())].into());
            PodInfo::new(&pod).with_kin(vec![web.clone()])
        };
        for (name, node) in [("a", "node-1"), ("b", "node-1"), ("c", "node-2")] {
            nodes.put_pod(node, &labelled(name));
        }
        let new = labelled("new");
        let passed: Vec<&NodeInfo> = nodes.iter().collect();
        let score = prepare(&new, &nodes, &passed).unwrap();
        let mut scores: Vec<i64> = nodes.iter().map(score).collect();
        // Two pods weigh 2 · ln 5, and 2 comes from the maxSkew of 3.
        assert_eq!(scores, [5, 4, 2]);
        normalize(&mut scores);
        assert_eq!(scores, [40, 60, 100]);
        let alone = PodInfo::new(&pod(json!({"containers": []})));
        assert!(prepare(&alone, &nodes, &passed).is_none());
    }
}
