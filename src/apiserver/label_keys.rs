//! `matchLabelKeys` and `mismatchLabelKeys`: when a pod is created, the values of its own labels go into the
//! selectors that name their keys, so that a rollout's pods are counted apart.

use std::collections::BTreeMap;

use crate::api::Pod;
use crate::api::core::{PodAffinityTerm, PodSpec};
use crate::api::meta::{LabelSelector, LabelSelectorRequirement};

/// Completes the selectors of a new pod.
pub(super) fn apply(pod: &mut Pod) {
    let Some(labels) = pod.meta.labels.clone().filter(|_| names_keys(&pod.spec)) else {
        return;
    };
    let spec = pod.spec_mut();
    for constraint in spec.topology_spread_constraints.iter_mut().flatten() {
        let keys = constraint.match_label_keys.as_deref();
        add(&mut constraint.label_selector, keys, "In", &labels);
    }
    for term in terms(spec) {
        let keys = term.match_label_keys.as_deref();
        add(&mut term.label_selector, keys, "In", &labels);
        let keys = term.mismatch_label_keys.as_deref();
        add(&mut term.label_selector, keys, "NotIn", &labels);
    }
}

/// Whether there is anything to do: most pods have neither affinity nor spread constraints.
fn names_keys(spec: &PodSpec) -> bool {
    spec.topology_spread_constraints.is_some() || spec.affinity.is_some()
}

fn terms(spec: &mut PodSpec) -> Vec<&mut PodAffinityTerm> {
    let mut terms = Vec::new();
    let Some(affinity) = &mut spec.affinity else {
        return terms;
    };
    if let Some(pods) = &mut affinity.pod_affinity {
        let required = &mut pods.required_during_scheduling_ignored_during_execution;
        terms.extend(required.iter_mut().flatten());
        let preferred = &mut pods.preferred_during_scheduling_ignored_during_execution;
        let preferred = preferred.iter_mut().flatten();
        terms.extend(preferred.map(|weighted| &mut weighted.pod_affinity_term));
    }
    if let Some(pods) = &mut affinity.pod_anti_affinity {
        let required = &mut pods.required_during_scheduling_ignored_during_execution;
        terms.extend(required.iter_mut().flatten());
        let preferred = &mut pods.preferred_during_scheduling_ignored_during_execution;
        let preferred = preferred.iter_mut().flatten();
        terms.extend(preferred.map(|weighted| &mut weighted.pod_affinity_term));
    }
    terms
}

/// No selector selects nothing, and stays so.
fn add(
    selector: &mut Option<LabelSelector>,
    keys: Option<&[String]>,
    operator: &str,
    labels: &BTreeMap<String, String>,
) {
    let Some(selector) = selector else { return };
    for key in keys.into_iter().flatten() {
        let Some(value) = labels.get(key) else {
            continue;
        };
        let requirement = LabelSelectorRequirement {
            key: key.clone(),
            operator: operator.to_owned(),
            values: Some(vec![value.clone()]),
        };
        selector
            .match_expressions
            .get_or_insert_default()
            .push(requirement);
    }
}
