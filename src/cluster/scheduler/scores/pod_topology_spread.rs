//! PodTopologySpread: the fewer pods of its kind are in a node's domains, the better.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{Counted, MAX_NODE_SCORE, ScorePlugin, Scoring};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tally::Tally;
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

/// The pods of every domain of every constraint.
struct State {
    pod: Rc<PodInfo>,
    constraints: Vec<Constraint>,
    tallies: Vec<Tally>,
    /// For every slot, whether its pods count.
    included: Vec<Vec<bool>>,
    /// For every slot, how many of its pods count: the host name's domains are counted one by one, whatever
    /// the policies of the constraint say.
    on_node: Vec<Vec<i64>>,
    /// Only stated constraints need their labels: clusters without zones still spread over nodes.
    strict: bool,
    /// The more domains there are among the nodes that are scored, the more a difference of one pod counts.
    weights: Vec<f64>,
}

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    let stated = constraints(pod, "ScheduleAnyway");
    let strict = !stated.is_empty();
    let soft = if strict { stated } else { system_defaults(pod) };
    if soft.is_empty() {
        return Scoring::Skip;
    }
    Scoring::Count(Box::new(State {
        pod: Rc::clone(pod),
        tallies: soft.iter().map(|soft| Tally::new(&soft.key)).collect(),
        included: vec![Vec::new(); soft.len()],
        on_node: vec![Vec::new(); soft.len()],
        weights: vec![0.0; soft.len()],
        constraints: soft,
        strict,
    }))
}

impl Counted for State {
    fn count_node(&mut self, node: &NodeInfo, by: i64) {
        let slot = node.slot;
        let labelled = !self.strict || has_all_domains(node, &self.constraints);
        for (index, constraint) in self.constraints.iter().enumerate() {
            if self.included[index].len() <= slot {
                self.included[index].resize(slot + 1, false);
                self.on_node[index].resize(slot + 1, 0);
            }
            let counts = by > 0 && labelled && constraint.includes(node, &self.pod);
            if by > 0 {
                self.tallies[index].join(slot, node.labels(), counts);
            } else {
                self.tallies[index].leave(slot, self.included[index][slot]);
            }
            self.included[index][slot] = counts;
        }
    }

    fn count_pod(&mut self, other: &PodInfo, node: &NodeInfo, by: i64) {
        for (index, constraint) in self.constraints.iter().enumerate() {
            if constraint.counts(other, &self.pod) {
                self.on_node[index][node.slot] += by;
                if self.included[index][node.slot] {
                    self.tallies[index].add(node.slot, by);
                }
            }
        }
    }

    fn begin(&mut self, passed: &[&NodeInfo]) {
        let in_all = |node: &NodeInfo| {
            let mut tallies = self.tallies.iter();
            tallies.all(|tally| tally.domain(node.slot).is_some())
        };
        let scored = |node: &&&NodeInfo| !self.strict || in_all(node);
        for (index, constraint) in self.constraints.iter().enumerate() {
            let size = if constraint.key == HOSTNAME {
                passed.iter().filter(scored).count()
            } else {
                let tally = &self.tallies[index];
                // A node without the label makes a domain of its own kind, as in the real plugin.
                let domains = passed
                    .iter()
                    .filter(scored)
                    .map(|node| tally.domain(node.slot));
                tally.distinct(&mut domains.into_iter())
            };
            self.weights[index] = natural_logarithm(size as f64 + 2.0);
        }
    }

    fn score(&self, node: &NodeInfo) -> i64 {
        let slot = node.slot;
        let mut sum = 0.0;
        for (index, constraint) in self.constraints.iter().enumerate() {
            let tally = &self.tallies[index];
            let count = match tally.count(slot) {
                Some(_) if constraint.key == HOSTNAME => self.on_node[index][slot],
                Some(count) => count,
                None if self.strict => return IGNORED,
                None => continue,
            };
            sum += count as f64 * self.weights[index] + f64::from(constraint.max_skew - 1);
        }
        sum.round() as i64
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
    use crate::cluster::scheduler::tests::{count_all, nodes, pod};
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
            PodInfo::new(&pod).with(vec![web.clone()], Default::default(), None)
        };
        for (name, node) in [("a", "node-1"), ("b", "node-1"), ("c", "node-2")] {
            nodes.put_pod(node, &labelled(name));
        }
        let new = labelled("new");
        let passed: Vec<&NodeInfo> = nodes.iter().map(Rc::as_ref).collect();
        let Scoring::Count(mut state) = prepare(&new, &nodes) else {
            panic!("there are constraints");
        };
        count_all(&mut *state, &nodes);
        state.begin(&passed);
        let mut scores: Vec<i64> = nodes.iter().map(|node| state.score(node)).collect();
        // Two pods weigh 2 · ln 5, and 2 comes from the maxSkew of 3.
        assert_eq!(scores, [5, 4, 2]);
        normalize(&mut scores);
        assert_eq!(scores, [40, 60, 100]);
        let alone = PodInfo::new(&pod(json!({"containers": []})));
        assert!(matches!(prepare(&alone, &nodes), Scoring::Skip));
    }
}
