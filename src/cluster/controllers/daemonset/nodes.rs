//! On which nodes a DaemonSet's pods belong, and how their pods are bound to them.

use crate::api::core::{
    NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint,
    Toleration,
};
use crate::api::node_selector::{NAME_FIELD, matches_any};
use crate::api::selector::matches_map;
use crate::api::toleration::tolerates;
use crate::api::{DaemonSet, Node, Pod};

/// What every daemon pod tolerates: it stays on nodes in trouble, and comes to cordoned ones.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// … and on the network of the node also this.
const TOLERATED_ON_HOST_NETWORK: (&str, &str) =
    ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// Whether a set's pods should run on a node, and whether one that is there should stay.
#[must_use]
pub fn suits(set: &DaemonSet, node: &Node) -> (bool, bool) {
    let empty = PodSpec::default();
    let spec = set.spec.template.spec.as_ref().unwrap_or(&empty);
    let named = spec.node_name.as_deref().filter(|name| !name.is_empty());
    let labels = node.meta.labels.as_ref();
    let affinity = spec.affinity.as_ref();
    let required = affinity
        .and_then(|affinity| affinity.node_affinity.as_ref())
        .and_then(|affinity| {
            affinity
                .required_during_scheduling_ignored_during_execution
                .as_ref()
        });
    let fits = named.is_none_or(|name| name == node.name())
        && matches_map(spec.node_selector.as_ref(), labels)
        && required
            .is_none_or(|required| matches_any(&required.node_selector_terms, node.name(), labels));
    if !fits {
        return (false, false);
    }
    let tolerations = tolerations(spec);
    let kept_out = |effects: &[&str]| {
        let mut taints = node.spec.taints.iter().flatten();
        taints.any(|taint: &Taint| {
            effects.contains(&taint.effect.as_str()) && !tolerates(tolerations.iter(), taint)
        })
    };
    (
        !kept_out(&["NoExecute", "NoSchedule"]),
        !kept_out(&["NoExecute"]),
    )
}

/// The tolerations of a daemon pod: those of the template with those that all have.
fn tolerations(spec: &PodSpec) -> Vec<Toleration> {
    let mut tolerations = spec.tolerations.clone().unwrap_or_default();
    let on_host = (spec.host_network == Some(true)).then_some(TOLERATED_ON_HOST_NETWORK);
    for (key, effect) in TOLERATED.into_iter().chain(on_host) {
        let toleration = Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some(effect.to_owned()),
            ..Default::default()
        };
        let same = |other: &&mut Toleration| {
            other.key == toleration.key
                && other.effect == toleration.effect
                && other.operator == toleration.operator
                && other.value.as_deref().unwrap_or_default().is_empty()
        };
        match tolerations.iter_mut().find(same) {
            Some(other) => *other = toleration,
            None => tolerations.push(toleration),
        }
    }
    tolerations
}

/// Makes a pod of the template one for this node. The scheduler binds it, by the affinity to the node's name
/// that replaces what the template requires of nodes; the controller has seen to that.
pub fn aim(spec: &mut PodSpec, node: &str) {
    spec.tolerations = Some(tolerations(spec));
    let term = NodeSelectorTerm {
        match_fields: Some(vec![NodeSelectorRequirement {
            key: NAME_FIELD.to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![node.to_owned()]),
        }]),
        ..Default::default()
    };
    let affinity = spec.affinity.get_or_insert_default();
    let affinity: &mut NodeAffinity = affinity.node_affinity.get_or_insert_default();
    affinity.required_during_scheduling_ignored_during_execution = Some(NodeSelector {
        node_selector_terms: vec![term],
    });
}

/// The node that a daemon pod is on, or is meant for.
#[must_use]
pub fn of_pod(pod: &Pod) -> Option<String> {
    if let Some(node) = pod.spec.node_name.as_ref().filter(|node| !node.is_empty()) {
        return Some(node.clone());
    }
    let affinity = pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    let fields = required
        .node_selector_terms
        .iter()
        .flat_map(|term| term.match_fields.iter().flatten());
    let mut named = fields.filter(|field| field.key == NAME_FIELD && field.operator == "In");
    named.next()?.values.as_ref()?.first().cloned()
}
