//! Affinity between pods: what the filter and the score of InterPodAffinity share.

use crate::api::Pod;
use crate::api::core::{PodAffinityTerm, WeightedPodAffinityTerm};
use crate::api::selector::matches;

use super::nodes::Namespaces;
use super::pod_info::PodInfo;

/// The required terms of a pod's `podAffinity`.
pub fn required_affinity(pod: &PodInfo) -> impl Iterator<Item = &PodAffinityTerm> {
    let affinity = pod.pod.spec.affinity.as_ref();
    let affinity = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
    affinity.into_iter().flat_map(|affinity| {
        let required = affinity
            .required_during_scheduling_ignored_during_execution
            .iter();
        required.flatten()
    })
}

/// The required terms of a pod's `podAntiAffinity`.
pub fn required_anti_affinity(pod: &PodInfo) -> impl Iterator<Item = &PodAffinityTerm> {
    let affinity = pod.pod.spec.affinity.as_ref();
    let affinity = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    affinity.into_iter().flat_map(|affinity| {
        let required = affinity
            .required_during_scheduling_ignored_during_execution
            .iter();
        required.flatten()
    })
}

/// The preferred terms of both, those of `podAntiAffinity` with negative weights.
pub fn preferred(pod: &PodInfo) -> impl Iterator<Item = (&PodAffinityTerm, i64)> {
    let affinity = pod.pod.spec.affinity.as_ref();
    let towards = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
    let away = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let weighted =
        |sign: i64| move |term: &'_ WeightedPodAffinityTerm| sign * i64::from(term.weight);
    let (plus, minus) = (weighted(1), weighted(-1));
    let towards = towards.into_iter().flat_map(|affinity| {
        affinity
            .preferred_during_scheduling_ignored_during_execution
            .iter()
            .flatten()
    });
    let away = away.into_iter().flat_map(|affinity| {
        affinity
            .preferred_during_scheduling_ignored_during_execution
            .iter()
            .flatten()
    });
    towards
        .map(move |term| (&term.pod_affinity_term, plus(term)))
        .chain(away.map(move |term| (&term.pod_affinity_term, minus(term))))
}

/// Whether a pod has any of these terms.
#[must_use]
pub fn has_terms(pod: &Pod) -> bool {
    pod.spec.affinity.as_ref().is_some_and(|affinity| {
        affinity.pod_affinity.is_some() || affinity.pod_anti_affinity.is_some()
    })
}

/// Whether a term of `owner` means `other`: by namespace and labels.
#[must_use]
pub fn term_matches(
    term: &PodAffinityTerm,
    owner: &PodInfo,
    other: &PodInfo,
    namespaces: &Namespaces,
) -> bool {
    let namespace = &*other.key.namespace;
    let listed = term.namespaces.as_deref().unwrap_or_default();
    let in_namespace = match &term.namespace_selector {
        // Without either, the pod's own namespace is meant.
        None if listed.is_empty() => *namespace == *owner.key.namespace,
        None => listed.iter().any(|one| one == namespace),
        Some(selector) => {
            listed.iter().any(|one| one == namespace)
                || matches(selector, namespaces.get(namespace))
        }
    };
    // Without a selector a term means no pod at all.
    in_namespace
        && term
            .label_selector
            .as_ref()
            .is_some_and(|selector| matches(selector, other.pod.meta.labels.as_ref()))
        && label_keys_match(term, owner, other)
}

/// `matchLabelKeys` ask for the owner's own values of these labels, `mismatchLabelKeys` for others; keys
/// that the owner does not have ask for nothing.
fn label_keys_match(term: &PodAffinityTerm, owner: &PodInfo, other: &PodInfo) -> bool {
    let equal = |key: &String| {
        let own = owner.pod.label(key)?;
        Some(other.pod.label(key) == Some(own))
    };
    let mut alike = term.match_label_keys.iter().flatten();
    let mut unlike = term.mismatch_label_keys.iter().flatten();
    alike.all(|key| equal(key) != Some(false)) && unlike.all(|key| equal(key) != Some(true))
}
