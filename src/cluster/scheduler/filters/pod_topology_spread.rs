//! PodTopologySpread: constraints with `whenUnsatisfiable: DoNotSchedule` hold.

use std::rc::Rc;

use crate::api::Node;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{
    ClusterEvent, Counted, FilterPlugin, Preparation, Refusal,
};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tally::Tally;
use crate::cluster::scheduler::topology_spread::{Constraint, constraints, has_all_domains};

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "PodTopologySpread",
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.labels",
};

const REASON: &str = "node(s) didn't match pod topology spread constraints";
const MISSING: &str =
    "node(s) didn't match pod topology spread constraints (missing required label)";

/// The pods of every domain of every constraint.
struct State {
    pod: Rc<PodInfo>,
    constraints: Vec<Constraint>,
    /// For every constraint, 1 if the pod itself counts.
    own: Vec<i64>,
    tallies: Vec<Tally>,
    /// For every slot, whether its pods count: it has the labels of all constraints, and the policies of the
    /// constraint include it.
    included: Vec<Vec<bool>>,
}

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    let hard = constraints(pod, "DoNotSchedule");
    if hard.is_empty() {
        return Preparation::Skip;
    }
    Preparation::Count(Box::new(State {
        pod: Rc::clone(pod),
        tallies: hard.iter().map(|hard| Tally::new(&hard.key)).collect(),
        included: vec![Vec::new(); hard.len()],
        own: hard
            .iter()
            .map(|hard| i64::from(hard.selects(&pod.pod)))
            .collect(),
        constraints: hard,
    }))
}

impl Counted for State {
    fn count_node(&mut self, node: &NodeInfo, by: i64) {
        let labelled = has_all_domains(node, &self.constraints);
        for (index, tally) in self.tallies.iter_mut().enumerate() {
            let counts = labelled && self.constraints[index].includes(node, &self.pod);
            let included = &mut self.included[index];
            if included.len() <= node.slot {
                included.resize(node.slot + 1, false);
            }
            if by > 0 {
                tally.join(node.slot, node.labels(), counts);
            } else {
                tally.leave(node.slot, included[node.slot]);
            }
            included[node.slot] = counts && by > 0;
        }
    }

    fn count_pod(&mut self, other: &PodInfo, node: &NodeInfo, by: i64) {
        for (index, tally) in self.tallies.iter_mut().enumerate() {
            if self.included[index][node.slot] && self.constraints[index].counts(other, &self.pod) {
                tally.add(node.slot, by);
            }
        }
    }

    fn judge(&self, node: &NodeInfo) -> Option<Refusal> {
        for (index, tally) in self.tallies.iter().enumerate() {
            let constraint = &self.constraints[index];
            let Some(here) = tally.count(node.slot) else {
                return Some(Refusal {
                    reason: MISSING,
                    resolvable: false,
                });
            };
            let enough = tally.len() >= constraint.min_domains;
            let smallest = if enough { tally.smallest() } else { 0 };
            if here + self.own[index] - smallest > i64::from(constraint.max_skew) {
                return Some(Refusal {
                    reason: REASON,
                    resolvable: true,
                });
            }
        }
        None
    }
}

fn pod_fields(pod: &PodInfo) -> Vec<String> {
    let listed = pod.pod.spec.topology_spread_constraints.iter().flatten();
    listed
        .enumerate()
        .filter(|(_, constraint)| constraint.when_unsatisfiable == "DoNotSchedule")
        .map(|(index, _)| format!("spec.topologySpreadConstraints[{index}].maxSkew"))
        .collect()
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    let hard = constraints(pod, "DoNotSchedule");
    let counts = |other: &PodInfo| {
        other.key.namespace == pod.key.namespace
            && hard.iter().all(|constraint| constraint.selects(&other.pod))
    };
    let labels = |node: &Node| -> Vec<Option<String>> {
        let labels = hard.iter().map(|constraint| node.label(&constraint.key));
        labels.map(|value| value.map(str::to_owned)).collect()
    };
    let matching = |node: &Node| labels(node).iter().all(Option::is_some);
    match event {
        ClusterEvent::StorageChanged(_) => false,
        ClusterEvent::NodeGone => true,
        ClusterEvent::PodBound(other) | ClusterEvent::PodFreed(other) => counts(other),
        ClusterEvent::PodUpdated { old, new } => {
            let relevant = new.key == pod.key || new.key.namespace == pod.key.namespace;
            let (old, new) = (&old.pod, &new.pod);
            relevant
                && (hard.iter().any(|one| one.selects(old) != one.selects(new))
                    || new.key() == pod.key && old.spec.tolerations != new.spec.tolerations)
        }
        ClusterEvent::NodeAdded(node) => matching(node),
        ClusterEvent::NodeUpdated { old, new } => {
            matching(old) != matching(new)
                || matching(new)
                    && (labels(old) != labels(new) || old.spec.taints != new.spec.taints)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::{count_all, nodes, pod};
    use serde_json::{Value, json};

    /// Zones a, b and c hold 2, 1 and 0 pods; says which a new pod may go to.
    fn check(constraint: Value, expect: &str) {
        let zones = ["a", "b", "c"];
        let manifests: Vec<Value> = zones
            .iter()
            .map(|zone| json!({"metadata": {"name": zone, "labels": {"zone": zone}}}))
            .chain([json!({"metadata": {"name": "nowhere"}})])
            .collect();
        let mut nodes = nodes(&manifests);
        let mut spread = json!({"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}}});
        for (key, value) in constraint.as_object().into_iter().flatten() {
            spread[key] = value.clone();
        }
        let labelled = |name: &str| {
            let mut pod = pod(json!({"containers": [], "topologySpreadConstraints": [spread]}));
            let meta = pod.meta_mut();
            meta.name = Some(name.to_owned());
            meta.labels = Some([("app".to_owned(), "web".to_owned())].into());
            PodInfo::new(&pod)
        };
        for (name, zone) in [("one", "a"), ("two", "a"), ("three", "b")] {
            nodes.put_pod(zone, &labelled(name));
        }
        let new = labelled("new");
        let Preparation::Count(mut state) = prepare(&new, &nodes) else {
            panic!("there is a constraint to check");
        };
        count_all(&mut *state, &nodes);
        let passed: Vec<&str> = nodes
            .iter()
            .filter(|node| state.judge(node).is_none())
            .map(|node| &*node.name)
            .collect();
        assert_eq!(passed.join(" "), expect, "{constraint}");
    }

    #[test]
    fn domains_may_differ_by_max_skew() {
        check(json!({}), "c");
        check(json!({"maxSkew": 2}), "b c");
        check(json!({"maxSkew": 3}), "a b c");
        check(
            json!({"labelSelector": {"matchLabels": {"app": "db"}}}),
            "a b c",
        );
        check(json!({"maxSkew": 2, "minDomains": 4}), "b c");
    }
}
