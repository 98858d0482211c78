//! NodeAffinity: `spec.nodeSelector` and the required part of `spec.affinity.nodeAffinity`.

use crate::kernel::OrderedSet;
use std::rc::Rc;

use crate::api::Node;
use crate::api::core::NodeSelectorTerm;
use crate::api::node_selector::{NAME_FIELD, matches_any};
use crate::api::selector::{Labels, matches_map};
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "NodeAffinity",
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.labels",
};

const REASON: &str = "node(s) didn't match Pod's node affinity/selector";
const ENFORCED: &str = "node(s) didn't match scheduler-enforced node affinity";
const CONFLICT: &str = "pod affinity terms conflict";

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    let terms = required_terms(pod);
    if pod.pod.spec.node_selector.is_none() && terms.is_none() && enforced(pod).is_none() {
        return Preparation::Skip;
    }
    match named_nodes(terms.unwrap_or_default()) {
        None => Preparation::Filter(judge),
        Some(names) if names.is_empty() => Preparation::Reject(CONFLICT.into()),
        Some(names) => {
            let names = names.into_iter().map(str::to_owned).collect();
            Preparation::FilterAmong(names, judge)
        }
    }
}

fn judge(pod: &PodInfo, node: &NodeInfo) -> Verdict {
    let (name, labels) = (&*node.name, node.labels());
    if enforced(pod).is_some_and(|terms| !matches_any(terms, name, labels)) {
        Verdict::never(ENFORCED)
    } else if suits(pod, name, labels) {
        Verdict::Pass
    } else {
        Verdict::never(REASON)
    }
}

/// The nodes that the terms ask for by name; `None` if a term leaves the name open.
fn named_nodes(terms: &[NodeSelectorTerm]) -> Option<OrderedSet<&str>> {
    if terms.is_empty() {
        return None;
    }
    let mut all = OrderedSet::new();
    for term in terms {
        // The requirements of one term hold together, the terms are alternatives.
        let of_term = term
            .match_fields
            .iter()
            .flatten()
            .filter(|field| field.key == NAME_FIELD && field.operator == "In")
            .map(|field| {
                let values = field.values.iter().flatten();
                values.map(String::as_str).collect::<Vec<_>>()
            })
            .reduce(|a, b| a.into_iter().filter(|name| b.contains(name)).collect());
        all.extend(of_term?);
    }
    Some(all)
}

/// Whether a node with this name and these labels suits the selector and the required affinity of a pod.
#[must_use]
pub fn suits(pod: &PodInfo, name: &str, labels: Option<&Labels>) -> bool {
    matches_map(pod.pod.spec.node_selector.as_ref(), labels)
        && required_terms(pod).is_none_or(|terms| matches_any(terms, name, labels))
}

/// What the profile requires of every pod's node (`addedAffinity`).
fn enforced(pod: &PodInfo) -> Option<&[NodeSelectorTerm]> {
    let affinity = pod.profile.as_ref()?.affinity.as_ref()?;
    let required = affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    Some(&required.node_selector_terms)
}

fn required_terms(pod: &PodInfo) -> Option<&[NodeSelectorTerm]> {
    let affinity = pod.pod.spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    Some(&required.node_selector_terms)
}

fn pod_fields(pod: &PodInfo) -> Vec<String> {
    let mut fields = Vec::new();
    for label in pod.pod.spec.node_selector.iter().flatten() {
        fields.push(format!("spec.nodeSelector.{}", label.0));
    }
    if required_terms(pod).is_some() {
        let path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
        fields.push(path.to_owned());
    }
    fields
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    let suited = |node: &Node| suits(pod, node.name(), node.meta.labels.as_ref());
    match event {
        ClusterEvent::NodeAdded(node) => suited(node),
        ClusterEvent::NodeUpdated { old, new } => !suited(old) && suited(new),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::filters::verdict;
    use crate::cluster::scheduler::tests::node;
    use serde_json::{Value, json};

    const REFUSED: &str = "never: node(s) didn't match Pod's node affinity/selector";

    fn check(mut pod: Value, expect: &str) {
        pod["containers"] = json!([]);
        let node = node(json!({"metadata": {"labels": {"disk": "ssd"}}}));
        assert_eq!(verdict(&PLUGIN, pod.clone(), &node), expect, "{pod}");
    }

    fn required(terms: Value) -> Value {
        let required =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        json!({"affinity": {"nodeAffinity": required}})
    }

    fn named(names: &[&str]) -> Value {
        json!({"key": "metadata.name", "operator": "In", "values": names})
    }

    #[test]
    fn selectors_and_required_affinity_choose_nodes() {
        check(json!({}), "skip");
        check(json!({"nodeSelector": {"disk": "ssd"}}), "pass");
        check(json!({"nodeSelector": {"disk": "hdd"}}), REFUSED);
        let disk = |value: &str| json!({"matchExpressions": [{"key": "disk", "operator": "In", "values": [value]}]});
        check(required(json!([disk("ssd")])), "pass");
        check(required(json!([disk("hdd")])), REFUSED);
        check(required(json!([disk("hdd"), disk("ssd")])), "pass");
        check(
            required(json!([{"matchFields": [named(&["node-1"])]}])),
            "pass",
        );
        check(
            required(json!([{"matchFields": [named(&["node-2"])]}])),
            REFUSED,
        );
        check(
            required(json!([{"matchFields": [named(&["node-1"]), named(&["node-2"])]}])),
            "all: pod affinity terms conflict",
        );
    }
}
