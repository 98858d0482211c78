//! Rules of what steers scheduling: tolerations, affinity, spread constraints, gates.

use crate::api::core::{
    Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm,
    PodSchedulingGate, Taint, Toleration, TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use crate::kernel::OrderedSet;

use super::field::{FieldPath, Problems};
use super::names;
use super::selector::{label_selector, operator};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `tolerations`
pub(super) fn tolerations(tolerations: &[Toleration], path: &FieldPath, problems: &mut Problems) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let path = path.index(index);
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (key, value) = (text(&toleration.key), text(&toleration.value));
        let (operator, effect) = (text(&toleration.operator), text(&toleration.effect));
        let path_of_operator = path.child("operator");
        if !key.is_empty() {
            problems.invalid_each(&path.child("key"), &key, names::label_key(&key));
        } else if operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            problems.invalid(&path_of_operator, &operator, detail);
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            problems.invalid(&path.child("effect"), &effect, detail);
        }
        match operator.as_str() {
            "Equal" | "" => {
                let wrong = names::label_value(&value);
                if !wrong.is_empty() {
                    problems.invalid(&path_of_operator, &value, &wrong.join(";"));
                }
            }
            "Exists" if !value.is_empty() => {
                let detail = "value must be empty when `operator` is 'Exists'";
                problems.invalid(&path_of_operator, &value, detail);
            }
            "Exists" => {}
            // Comparisons are known, but behind a feature gate that is off.
            "Lt" | "Gt" => {
                let all = ["Equal", "Exists", "Lt", "Gt"];
                problems.not_supported(&path_of_operator, &operator, &all);
            }
            _ => problems.not_supported(&path_of_operator, &operator, &["Equal", "Exists"]),
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect.as_str()) {
            problems.not_supported(&path.child("effect"), &effect, &EFFECTS);
        }
    }
}

/// A node's taints.
pub(super) fn taints(taints: &[Taint], path: &FieldPath, problems: &mut Problems) {
    let mut known = OrderedSet::new();
    for (index, taint) in taints.iter().enumerate() {
        let path = path.index(index);
        problems.invalid_each(&path.child("key"), &taint.key, names::label_key(&taint.key));
        let value = taint.value.as_deref().unwrap_or_default();
        let wrong = names::label_value(value);
        if !wrong.is_empty() {
            problems.invalid(&path.child("value"), value, &wrong.join(";"));
        }
        problems.one_of(&path.child("effect"), &taint.effect, &EFFECTS);
        if !known.insert((taint.key.as_str(), taint.effect.as_str())) {
            let json =
                serde_json::json!({"key": taint.key, "value": value, "effect": taint.effect});
            problems.duplicate(&path, json);
        }
    }
}

/// `affinity`
pub(super) fn affinity(affinity: &Affinity, path: &FieldPath, problems: &mut Problems) {
    if let Some(node) = &affinity.node_affinity {
        let path = path.child("nodeAffinity");
        if let Some(required) = &node.required_during_scheduling_ignored_during_execution {
            node_selector(required, &path.child(REQUIRED), problems);
        }
        let list = path.child(PREFERRED);
        let preferred = node
            .preferred_during_scheduling_ignored_during_execution
            .iter();
        for (index, term) in preferred.flatten().enumerate() {
            let path = list.index(index);
            weight(term.weight, &path, problems);
            node_term(&term.preference, false, &path.child("preference"), problems);
        }
    }
    if let Some(pods) = &affinity.pod_affinity {
        pod_terms(
            pods.required_during_scheduling_ignored_during_execution
                .as_deref(),
            pods.preferred_during_scheduling_ignored_during_execution
                .as_deref(),
            &path.child("podAffinity"),
            problems,
        );
    }
    if let Some(pods) = &affinity.pod_anti_affinity {
        pod_terms(
            pods.required_during_scheduling_ignored_during_execution
                .as_deref(),
            pods.preferred_during_scheduling_ignored_during_execution
                .as_deref(),
            &path.child("podAntiAffinity"),
            problems,
        );
    }
}

/// `topologySpreadConstraints`
pub(super) fn spread(
    constraints: &[TopologySpreadConstraint],
    path: &FieldPath,
    problems: &mut Problems,
) {
    for (index, constraint) in constraints.iter().enumerate() {
        let path = path.index(index);
        if constraint.max_skew <= 0 {
            problems.invalid(
                &path.child("maxSkew"),
                constraint.max_skew,
                "must be greater than zero",
            );
        }
        if constraint.topology_key.is_empty() {
            problems.required(&path.child("topologyKey"), "can not be empty");
        }
        let action = constraint.when_unsatisfiable.as_str();
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&action) {
            problems.not_supported(&path.child("whenUnsatisfiable"), action, &actions);
        }
        let same = |other: &TopologySpreadConstraint| {
            other.topology_key == constraint.topology_key && other.when_unsatisfiable == action
        };
        if constraints.iter().skip(index + 1).any(same) {
            let pair = format!("{{{}, {action}}}", constraint.topology_key);
            problems.duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), &pair);
        }
        if let Some(domains) = constraint.min_domains {
            let path = path.child("minDomains");
            if domains <= 0 {
                problems.invalid(&path, domains, "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let detail = format!(
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                );
                problems.invalid(&path, domains, &detail);
            }
        }
        for (field, policy) in [
            ("nodeAffinityPolicy", &constraint.node_affinity_policy),
            ("nodeTaintsPolicy", &constraint.node_taints_policy),
        ] {
            if let Some(policy) = policy
                .as_deref()
                .filter(|one| !matches!(*one, "Honor" | "Ignore"))
            {
                problems.not_supported(&path.child(field), policy, &["Honor", "Ignore"]);
            }
        }
        label_selector(
            constraint.label_selector.as_ref(),
            &path.child("labelSelector"),
            problems,
        );
    }
}

/// `schedulingGates`
pub(super) fn gates(gates: &[PodSchedulingGate], path: &FieldPath, problems: &mut Problems) {
    let mut known = OrderedSet::new();
    for (index, gate) in gates.iter().enumerate() {
        let path = path.index(index);
        problems.invalid_each(&path, &gate.name, names::label_key(&gate.name));
        if !known.insert(gate.name.as_str()) {
            problems.duplicate(&path, &gate.name);
        }
    }
}

/// Terms of which a node must fulfil one.
pub(super) fn node_selector(selector: &NodeSelector, path: &FieldPath, problems: &mut Problems) {
    let terms = path.child("nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        problems.required(&terms, "must have at least one node selector term");
    }
    for (index, term) in selector.node_selector_terms.iter().enumerate() {
        node_term(term, true, &terms.index(index), problems);
    }
}

fn node_term(
    term: &NodeSelectorTerm,
    check_values: bool,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let list = path.child("matchExpressions");
    for (index, requirement) in term.match_expressions.iter().flatten().enumerate() {
        node_requirement(requirement, check_values, &list.index(index), problems);
    }
    let list = path.child("matchFields");
    for (index, requirement) in term.match_fields.iter().flatten().enumerate() {
        let path = list.index(index);
        let values = requirement.values.as_ref().map_or(0, Vec::len);
        match requirement.operator.as_str() {
            "In" | "NotIn" if values != 1 => {
                let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                problems.required(&path.child("values"), detail);
            }
            "In" | "NotIn" => {}
            other => problems.invalid(
                &path.child("operator"),
                other,
                "not a valid selector operator",
            ),
        }
        if requirement.key != "metadata.name" {
            let detail = "not a valid field selector key";
            problems.invalid(&path.child("key"), &requirement.key, detail);
        }
    }
}

fn node_requirement(
    requirement: &NodeSelectorRequirement,
    check_values: bool,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let values = requirement.values.as_deref().unwrap_or_default();
    match requirement.operator.as_str() {
        "Gt" | "Lt" if values.len() != 1 => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            problems.required(&path.child("values"), detail);
        }
        "Gt" | "Lt" => {}
        other => operator(other, values, path, problems),
    }
    let key = &requirement.key;
    problems.invalid_each(&path.child("key"), key, names::label_key(key));
    let list = path.child("values");
    for (index, value) in values.iter().enumerate().filter(|_| check_values) {
        problems.invalid_each(&list.index(index), value, names::label_value(value));
    }
}

fn pod_terms(
    required: Option<&[PodAffinityTerm]>,
    preferred: Option<&[WeightedPodAffinityTerm]>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let list = path.child(REQUIRED);
    for (index, term) in required.into_iter().flatten().enumerate() {
        pod_term(term, &list.index(index), problems);
    }
    let list = path.child(PREFERRED);
    for (index, term) in preferred.into_iter().flatten().enumerate() {
        let path = list.index(index);
        weight(term.weight, &path, problems);
        pod_term(
            &term.pod_affinity_term,
            &path.child("podAffinityTerm"),
            problems,
        );
    }
}

fn pod_term(term: &PodAffinityTerm, path: &FieldPath, problems: &mut Problems) {
    label_selector(
        term.label_selector.as_ref(),
        &path.child("labelSelector"),
        problems,
    );
    label_selector(
        term.namespace_selector.as_ref(),
        &path.child("namespaceSelector"),
        problems,
    );
    for namespace in term.namespaces.iter().flatten() {
        let wrong = names::dns_label(namespace);
        problems.invalid_each(&path.child("namespace"), namespace, wrong);
    }
    let key = path.child("topologyKey");
    if term.topology_key.is_empty() {
        problems.required(&key, "can not be empty");
    }
    problems.invalid_each(
        &key,
        &term.topology_key,
        names::label_key(&term.topology_key),
    );
}

fn weight(weight: i32, path: &FieldPath, problems: &mut Problems) {
    if !(1..=100).contains(&weight) {
        problems.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}
