//! InterPodAffinity: required affinity and anti-affinity between pods hold, also those that pods
//! that run already ask for.

use std::collections::BTreeSet;

use crate::api::core::PodAffinityTerm;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_affinity::{
    domain, required_affinity, required_anti_affinity, term_matches,
};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "InterPodAffinity",
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.labels",
};

const AFFINITY: &str = "node(s) didn't match pod affinity rules";
const ANTI_AFFINITY: &str = "node(s) didn't match pod anti-affinity rules";
const EXISTING: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

/// Domains, each the key and the value of a node label.
type Domains = BTreeSet<(String, String)>;

/// Where pods are that matter to the pod that is scheduled.
struct State<'a> {
    affinity: Vec<&'a PodAffinityTerm>,
    anti_affinity: Vec<&'a PodAffinityTerm>,
    /// Domains with pods that all affinity terms mean.
    friends: Domains,
    /// Domains with pods that an anti-affinity term means.
    foes: Domains,
    /// Domains with pods whose anti-affinity means this pod.
    hostile: Domains,
    /// Whether the pod is a friend of its own.
    own_friend: bool,
}

fn prepare<'a>(pod: &'a PodInfo, nodes: &'a Nodes) -> Preparation<'a> {
    let state = State::collect(pod, nodes);
    if state.affinity.is_empty() && state.anti_affinity.is_empty() && state.hostile.is_empty() {
        return Preparation::Skip;
    }
    Preparation::Filter(Box::new(move |node| state.judge(node)))
}

impl<'a> State<'a> {
    fn collect(pod: &'a PodInfo, nodes: &Nodes) -> Self {
        let affinity: Vec<&PodAffinityTerm> = required_affinity(pod).collect();
        let mut state = State {
            own_friend: affinity
                .iter()
                .all(|term| term_matches(term, pod, pod, nodes)),
            affinity,
            anti_affinity: required_anti_affinity(pod).collect(),
            friends: Domains::new(),
            foes: Domains::new(),
            hostile: Domains::new(),
        };
        let asks = !state.affinity.is_empty() || !state.anti_affinity.is_empty();
        for node in nodes.iter() {
            if asks {
                for other in node.pods.values() {
                    state.note_other(pod, other, node, nodes);
                }
            }
            for other in node.pods_with_affinity() {
                for term in required_anti_affinity(other) {
                    if term_matches(term, other, pod, nodes) {
                        state.hostile.extend(pair(term, node));
                    }
                }
            }
        }
        state
    }

    fn note_other(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, nodes: &Nodes) {
        let means = |term: &PodAffinityTerm| term_matches(term, pod, other, nodes);
        if !self.affinity.is_empty() && self.affinity.iter().all(|term| means(term)) {
            self.friends
                .extend(self.affinity.iter().filter_map(|term| pair(term, node)));
        }
        let foes = self.anti_affinity.iter().filter(|term| means(term));
        self.foes.extend(foes.filter_map(|term| pair(term, node)));
    }

    fn judge(&self, node: &NodeInfo) -> Verdict {
        if !self.affinity_holds(node) {
            return Verdict::never(AFFINITY);
        }
        let there = |domains: &Domains, term: &PodAffinityTerm| {
            pair(term, node).is_some_and(|pair| domains.contains(&pair))
        };
        let reason = if self
            .anti_affinity
            .iter()
            .any(|term| there(&self.foes, term))
        {
            ANTI_AFFINITY
        } else if self.is_hostile(node) {
            EXISTING
        } else {
            return Verdict::Pass;
        };
        Verdict::Reject {
            reasons: vec![reason.into()],
            resolvable: true,
        }
    }

    fn affinity_holds(&self, node: &NodeInfo) -> bool {
        let pairs: Option<Vec<_>> = self.affinity.iter().map(|term| pair(term, node)).collect();
        let Some(pairs) = pairs else { return false };
        // The first pod of a series that wants to be near its own kind has nowhere to go otherwise.
        pairs.iter().all(|pair| self.friends.contains(pair))
            || self.friends.is_empty() && self.own_friend
    }

    fn is_hostile(&self, node: &NodeInfo) -> bool {
        self.hostile.iter().any(|(key, value)| {
            let labels = node.labels();
            labels.and_then(|labels| labels.get(key)) == Some(value)
        })
    }
}

fn pair(term: &PodAffinityTerm, node: &NodeInfo) -> Option<(String, String)> {
    Some((term.topology_key.clone(), domain(term, node)?.to_owned()))
}

fn pod_fields(pod: &PodInfo) -> Vec<String> {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let mut fields = Vec::new();
    if required_affinity(pod).next().is_some() {
        fields.push(format!("spec.affinity.podAffinity.{required}"));
    }
    if required_anti_affinity(pod).next().is_some() {
        fields.push(format!("spec.affinity.podAntiAffinity.{required}"));
    }
    fields
}

/// Pods that come, go or change their labels may help, as may nodes with other labels.
fn wakes(_pod: &PodInfo, event: &ClusterEvent) -> bool {
    match event {
        ClusterEvent::NodeUpdated { old, new } => old.meta.labels != new.meta.labels,
        ClusterEvent::NodeAdded(_) | ClusterEvent::PodBound(_) | ClusterEvent::PodFreed(_) => true,
        ClusterEvent::PodUpdated { old, new } => old.pod.meta.labels != new.pod.meta.labels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::{nodes, pod};
    use serde_json::{Value, json};

    fn labelled(name: &str, app: &str, affinity: &Value) -> std::rc::Rc<PodInfo> {
        let mut pod = pod(json!({"containers": [], "affinity": affinity}));
        let meta = pod.meta_mut();
        meta.name = Some(name.to_owned());
        meta.labels = Some([("app".to_owned(), app.to_owned())].into());
        PodInfo::new(&pod)
    }

    fn required(kind: &str, app: &str) -> Value {
        let term = json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}});
        json!({kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
    }

    /// Zone a has a `db` pod that keeps `batch` away; says what each of a, b and a node without a zone
    /// answers to a pod.
    fn check(app: &str, affinity: Value, expect: [&str; 3]) {
        let mut nodes = nodes(&[
            json!({"metadata": {"name": "a", "labels": {"zone": "a"}}}),
            json!({"metadata": {"name": "b", "labels": {"zone": "b"}}}),
            json!({"metadata": {"name": "nowhere"}}),
        ]);
        nodes.put_pod(
            "a",
            &labelled("db", "db", &required("podAntiAffinity", "batch")),
        );
        let new = labelled("new", app, &affinity);
        let answers: Vec<String> = match prepare(&new, &nodes) {
            Preparation::Filter(filter) => nodes
                .iter()
                .map(|node| match filter(node) {
                    Verdict::Pass => "pass".to_owned(),
                    Verdict::Reject { reasons, .. } => reasons.join(""),
                })
                .collect(),
            _ => vec!["pass".to_owned(); 3],
        };
        assert_eq!(answers, expect, "{app} {affinity}");
    }

    #[test]
    fn pods_keep_together_or_apart() {
        check("web", json!({}), ["pass"; 3]);
        check(
            "web",
            required("podAffinity", "db"),
            ["pass", AFFINITY, AFFINITY],
        );
        check(
            "web",
            required("podAntiAffinity", "db"),
            [ANTI_AFFINITY, "pass", "pass"],
        );
        check("batch", json!({}), [EXISTING, "pass", "pass"]);
        let mut of_version = required("podAntiAffinity", "db");
        let term =
            &mut of_version["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
        term["matchLabelKeys"] = json!(["app"]);
        check("web", of_version, ["pass"; 3]);
        // Nobody is there yet, but the pod is of the kind that it asks for.
        check(
            "web",
            required("podAffinity", "web"),
            ["pass", "pass", AFFINITY],
        );
        check("web", required("podAffinity", "cache"), [AFFINITY; 3]);
    }
}
