//! PodTopologySpread: constraints with `whenUnsatisfiable: DoNotSchedule` hold.

use std::collections::BTreeMap;

use crate::api::Node;
use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;
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

/// The pods of every domain of one constraint.
struct Domains {
    constraint: Constraint,
    counts: BTreeMap<String, i64>,
    /// 1 if the pod itself counts.
    own: i64,
}

impl Domains {
    /// The pods of the smallest domain.
    fn smallest(&self) -> i64 {
        if self.counts.len() < self.constraint.min_domains {
            return 0;
        }
        self.counts.values().copied().min().unwrap_or(0)
    }
}

fn prepare<'a>(pod: &'a PodInfo, nodes: &'a Nodes) -> Preparation<'a> {
    let hard = constraints(pod, "DoNotSchedule");
    if hard.is_empty() {
        return Preparation::Skip;
    }
    let all: Vec<Domains> = hard
        .iter()
        .map(|constraint| count(constraint, &hard, pod, nodes))
        .collect();
    Preparation::Filter(Box::new(move |node| {
        for domains in &all {
            let Some(domain) = domains.constraint.domain(node) else {
                return Verdict::never(MISSING);
            };
            let here = domains.counts.get(domain).copied().unwrap_or(0);
            let skew = here + domains.own - domains.smallest();
            if skew > i64::from(domains.constraint.max_skew) {
                return Verdict::Reject {
                    reasons: vec![REASON.into()],
                    resolvable: true,
                };
            }
        }
        Verdict::Pass
    }))
}

fn count(constraint: &Constraint, all: &[Constraint], pod: &PodInfo, nodes: &Nodes) -> Domains {
    let mut counts = BTreeMap::new();
    for node in nodes.iter() {
        if let Some(domain) = constraint.domain(node)
            && has_all_domains(node, all)
            && constraint.includes(node, pod)
        {
            *counts.entry(domain.to_owned()).or_insert(0) += constraint.count(node, pod);
        }
    }
    Domains {
        own: i64::from(constraint.selects(&pod.pod)),
        constraint: constraint.clone(),
        counts,
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
            && hard.iter().any(|constraint| constraint.selects(&other.pod))
    };
    let domains = |node: &Node| -> Vec<Option<String>> {
        let labels = hard.iter().map(|constraint| node.label(&constraint.key));
        labels.map(|value| value.map(str::to_owned)).collect()
    };
    match event {
        ClusterEvent::PodBound(other) | ClusterEvent::PodFreed(other) => counts(other),
        ClusterEvent::PodUpdated { new, .. } => counts(new),
        ClusterEvent::NodeAdded(node) => domains(node).iter().all(Option::is_some),
        ClusterEvent::NodeUpdated { old, new } => domains(old) != domains(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::{nodes, pod};
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
        let Preparation::Filter(filter) = prepare(&new, &nodes) else {
            panic!("there is a constraint to check");
        };
        let passed: Vec<&str> = nodes
            .iter()
            .filter(|node| filter(node) == Verdict::Pass)
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
