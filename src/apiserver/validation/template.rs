//! Rules that workloads share: the selector, the template of their pods, and how many may be away at once.

use serde_json::json;

use crate::api::core::PodTemplateSpec;
use crate::api::meta::LabelSelector;
use crate::api::{IntOrString, selector as labels};

use super::field::{FieldPath, Problems};
use super::pod_spec::{Place, pod_spec};
use super::{metadata, names, selector};

/// Whether the selector was left out. An empty one that was written has its empty map.
pub(super) const fn is_absent(selector: &LabelSelector) -> bool {
    selector.match_labels.is_none() && selector.match_expressions.is_none()
}

/// Whether the selector is there, and says nothing.
pub(super) fn is_empty(selector: &LabelSelector) -> bool {
    let labels = selector.match_labels.as_ref().map_or(0, |all| all.len());
    let expressions = selector.match_expressions.as_ref().map_or(0, Vec::len);
    !is_absent(selector) && labels + expressions == 0
}

/// The selector of the workload that `noun` names. False if it cannot be used to select.
pub(super) fn required_selector(
    own: &LabelSelector,
    noun: &str,
    path: &FieldPath,
    problems: &mut Problems,
) -> bool {
    let path = path.child("selector");
    let before = problems.0.len();
    selector::label_selector(Some(own), &path, problems);
    let usable = problems.0.len() == before;
    if is_absent(own) {
        problems.required(&path, "");
    } else if is_empty(own) {
        let detail = format!("empty selector is invalid for {noun}");
        problems.invalid(&path, selector::as_json(own), &detail);
    }
    usable
}

/// The selector must select the pods of the template; no selector selects none.
pub(super) fn labels_match(
    own: &LabelSelector,
    template: &PodTemplateSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let given = label_map(template);
    if is_absent(own) || !labels::matches(own, given) {
        let path = path.child("template");
        let path = path.child("metadata");
        let detail = "`selector` does not match template `labels`";
        problems.invalid(&path.child("labels"), json!(given), detail);
    }
}

/// The labels of the template's pods.
pub(super) fn label_map(
    template: &PodTemplateSpec,
) -> Option<&std::collections::BTreeMap<String, String>> {
    template.metadata.as_ref()?.labels.as_ref()
}

/// The template of pods at `path`.
pub(super) fn pod_template(template: &PodTemplateSpec, path: &FieldPath, problems: &mut Problems) {
    labels_and_annotations(template, path, problems);
    let Some(spec) = &template.spec else { return };
    let path = path.child("spec");
    pod_spec(spec, Place::Template, &path, problems);
    if spec
        .ephemeral_containers
        .as_ref()
        .is_some_and(|all| !all.is_empty())
    {
        let detail = "ephemeral containers not allowed in pod template";
        problems.forbidden(&path.child("ephemeralContainers"), detail);
    }
}

/// Labels and annotations of the template's pods; the server leaves `metadata` out of their paths.
pub(super) fn labels_and_annotations(
    template: &PodTemplateSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let meta = template.metadata.as_ref();
    metadata::labels(label_map(template), &path.child("labels"), problems);
    let annotations = meta.and_then(|meta| meta.annotations.as_ref());
    metadata::annotations(annotations, &path.child("annotations"), problems);
}

/// Pods of a workload of this kind run for ever: they are always restarted, and have no deadline.
pub(super) fn runs_for_ever(
    template: &PodTemplateSpec,
    kind: &str,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let Some(spec) = &template.spec else { return };
    let path = path.child("template");
    let path = path.child("spec");
    let policy = spec.restart_policy.as_deref().unwrap_or_default();
    if policy != "Always" {
        problems.not_supported(&path.child("restartPolicy"), policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        problems.forbidden(&path.child("activeDeadlineSeconds"), &detail);
    }
}

/// `field is immutable`, if it changed.
pub(super) fn immutable_selector(
    new: &LabelSelector,
    old: &LabelSelector,
    path: &FieldPath,
    problems: &mut Problems,
) {
    if new != old {
        problems.invalid(&path.child("selector"), selector::as_json(new), IMMUTABLE);
    }
}

/// What the server says of a field that never changes.
pub(super) const IMMUTABLE: &str = "field is immutable";

/// A number that is not negative, or a percentage.
pub(super) fn number_or_percent(
    value: Option<&IntOrString>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    match value {
        Some(IntOrString::Int(number)) => problems.non_negative(path, Some(*number)),
        Some(IntOrString::String(text)) => problems.invalid_each(path, text, names::percent(text)),
        None => {}
    }
}

/// The number, or the number of percent; 0 for what is neither.
pub(super) fn amount(value: Option<&IntOrString>) -> i64 {
    match value {
        Some(IntOrString::Int(number)) => (*number).into(),
        Some(IntOrString::String(text)) => text.trim_end_matches('%').parse().unwrap_or(0),
        None => 0,
    }
}

/// At most 100 %.
pub(super) fn at_most_all(value: Option<&IntOrString>, path: &FieldPath, problems: &mut Problems) {
    if let Some(IntOrString::String(text)) = value
        && names::percent(text).is_empty()
        && amount(value) > 100
    {
        problems.invalid(path, text, "must not be greater than 100%");
    }
}
