//! InterPodAffinity: required affinity and anti-affinity between pods hold, also those that pods
//! that run already ask for.

use std::rc::Rc;

use crate::api::core::PodAffinityTerm;
use crate::cluster::scheduler::nodes::{Namespaces, NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{
    ClusterEvent, Counted, FilterPlugin, Preparation, Refusal,
};
use crate::cluster::scheduler::pod_affinity::{
    required_affinity, required_anti_affinity, term_matches,
};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tally::{Tallies, Tally};

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

/// Where pods are that matter to the pod that is scheduled.
struct State {
    pod: Rc<PodInfo>,
    namespaces: Namespaces,
    /// For every affinity term, the pods that all of them mean.
    friends: Vec<Tally>,
    /// For every anti-affinity term, the pods that it means.
    foes: Vec<Tally>,
    /// The terms of other pods that keep this one away.
    hostile: Tallies,
    /// Whether the pod is a friend of its own.
    own_friend: bool,
}

fn prepare(pod: &Rc<PodInfo>, nodes: &Nodes) -> Preparation {
    let tallies = |terms: &mut dyn Iterator<Item = &PodAffinityTerm>| -> Vec<Tally> {
        terms.map(|term| Tally::new(&term.topology_key)).collect()
    };
    let friends = tallies(&mut required_affinity(pod));
    let foes = tallies(&mut required_anti_affinity(pod));
    if friends.is_empty() && foes.is_empty() && !nodes.has_affinity() {
        return Preparation::Skip;
    }
    let namespaces = Rc::clone(nodes.namespaces());
    Preparation::Count(Box::new(State {
        own_friend: required_affinity(pod).all(|term| term_matches(term, pod, pod, &namespaces)),
        pod: Rc::clone(pod),
        namespaces,
        friends,
        foes,
        hostile: Tallies::default(),
    }))
}

impl Counted for State {
    fn count_node(&mut self, node: &NodeInfo, by: i64) {
        for tally in self.friends.iter_mut().chain(&mut self.foes) {
            if by > 0 {
                tally.join(node.slot, node.labels(), true);
            } else {
                tally.leave(node.slot, true);
            }
        }
        self.hostile.count_node(node, by);
    }

    fn count_pod(&mut self, other: &PodInfo, node: &NodeInfo, by: i64) {
        let (pod, namespaces) = (&self.pod, &self.namespaces);
        let means = |term: &PodAffinityTerm| term_matches(term, pod, other, namespaces);
        if !self.friends.is_empty() && required_affinity(pod).all(means) {
            for tally in &mut self.friends {
                tally.add(node.slot, by);
            }
        }
        for (term, tally) in required_anti_affinity(pod).zip(&mut self.foes) {
            if means(term) {
                tally.add(node.slot, by);
            }
        }
        for term in required_anti_affinity(other) {
            if term_matches(term, other, pod, namespaces) {
                self.hostile.add(&term.topology_key, node.slot, 1, by);
            }
        }
    }

    fn is_active(&self) -> bool {
        !self.friends.is_empty() || !self.foes.is_empty() || !self.hostile.is_empty()
    }

    fn judge(&self, node: &NodeInfo) -> Option<Refusal> {
        let mut foes = self.foes.iter();
        let (reason, resolvable) = if !self.affinity_holds(node) {
            (AFFINITY, false)
        } else if foes.any(|tally| tally.count(node.slot).unwrap_or(0) > 0) {
            (ANTI_AFFINITY, true)
        } else if self.hostile.sum(node.slot) > 0 {
            (EXISTING, true)
        } else {
            return None;
        };
        Some(Refusal { reason, resolvable })
    }
}

impl State {
    fn affinity_holds(&self, node: &NodeInfo) -> bool {
        let mut counts = self.friends.iter().map(|tally| tally.count(node.slot));
        let (mut labelled, mut all) = (true, true);
        for count in &mut counts {
            labelled &= count.is_some();
            all &= count.unwrap_or(0) > 0;
        }
        // The first pod of a series that wants to be near its own kind has nowhere to go otherwise.
        labelled && (all || self.own_friend && self.friends.iter().all(Tally::is_empty))
    }
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

/// Pods that come, go or change their labels may help if the terms mean them, as may nodes in other domains.
fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    // The labels of namespaces are not at hand here, as in the real plugin.
    let nowhere = Namespaces::default();
    let all = |owner: &PodInfo, other: &PodInfo, terms: &[&PodAffinityTerm]| {
        let means = |term: &&PodAffinityTerm| term_matches(term, owner, other, &nowhere);
        !terms.is_empty() && terms.iter().all(means)
    };
    let affinity: Vec<_> = required_affinity(pod).collect();
    let anti: Vec<_> = required_anti_affinity(pod).collect();
    match event {
        ClusterEvent::NodeGone | ClusterEvent::StorageChanged(_) => false,
        ClusterEvent::PodBound(other) => all(pod, other, &affinity),
        ClusterEvent::PodFreed(other) => {
            let theirs: Vec<_> = required_anti_affinity(other).collect();
            all(pod, other, &anti) || all(other, pod, &theirs)
        }
        ClusterEvent::PodUpdated { old, new } => {
            old.pod.meta.labels != new.pod.meta.labels
                && (new.key == pod.key
                    || !all(pod, old, &affinity) && all(pod, new, &affinity)
                    || all(pod, old, &anti) && !all(pod, new, &anti))
        }
        ClusterEvent::NodeAdded(node) => {
            let labelled = |term: &&PodAffinityTerm| node.label(&term.topology_key).is_some();
            !anti.is_empty() || affinity.iter().any(labelled)
        }
        ClusterEvent::NodeUpdated { old, new } => {
            let values = |term: &PodAffinityTerm| {
                let key = &term.topology_key;
                (old.label(key), new.label(key))
            };
            let changed = |term: &&PodAffinityTerm| {
                let (old, new) = values(term);
                new.is_some() && old != new
            };
            let left = |term: &&PodAffinityTerm| {
                let (old, new) = values(term);
                old.is_some() && old != new
            };
            affinity.iter().any(changed) || anti.iter().any(left)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::{count_all, nodes, pod};
    use serde_json::{Value, json};

    fn labelled(name: &str, app: &str, affinity: &Value) -> Rc<PodInfo> {
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
            Preparation::Count(mut state) => {
                count_all(&mut *state, &nodes);
                nodes
                    .iter()
                    .map(|node| match state.judge(node) {
                        None => "pass".to_owned(),
                        Some(refusal) => refusal.reason.to_owned(),
                    })
                    .collect()
            }
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
