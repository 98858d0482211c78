//! Rules of deployments and replica sets.

use crate::api::apps::{
    DeploymentSpec, DeploymentStrategy, ReplicaSetSpec, RollingUpdateDeployment,
};
use crate::api::core::PodTemplateSpec;
use crate::api::meta::LabelSelector;
use crate::api::{IntOrString, selector as labels};
use serde_json::json;

use super::field::{FieldPath, Problems, Raw};
use super::pod_spec::{Place, pod_spec};
use super::{metadata, names, selector};

/// A new deployment, or with `old` a changed one.
pub(super) fn deployment(
    spec: &DeploymentSpec,
    old: Option<&DeploymentSpec>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    problems.non_negative(&path.child("replicas"), spec.replicas);
    selector_and_template(&spec.selector, &spec.template, &path, problems);
    if let Some(own) = &spec.strategy {
        strategy(own, &path.child("strategy"), problems);
    }
    problems.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds);
    problems.non_negative(
        &path.child("revisionHistoryLimit"),
        spec.revision_history_limit,
    );
    let deadline = path.child("progressDeadlineSeconds");
    problems.non_negative(&deadline, spec.progress_deadline_seconds);
    if let Some(seconds) = spec.progress_deadline_seconds
        && seconds <= spec.min_ready_seconds.unwrap_or(0)
    {
        problems.invalid(&deadline, seconds, "must be greater than minReadySeconds");
    }
    if let Some(old) = old {
        immutable_selector(&spec.selector, &old.selector, &path, problems);
    }
}

/// A new replica set, or with `old` a changed one.
pub(super) fn replica_set(
    spec: &ReplicaSetSpec,
    old: Option<&ReplicaSetSpec>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    problems.non_negative(&path.child("replicas"), spec.replicas);
    problems.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds);
    let none = PodTemplateSpec::default();
    let template = spec.template.as_ref().unwrap_or(&none);
    selector_and_template(&spec.selector, template, &path, problems);
    if let Some(old) = old {
        immutable_selector(&spec.selector, &old.selector, &path, problems);
    }
}

/// The selector must be there, select something, and select the pods of the template.
fn selector_and_template(
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let path_of_selector = path.child("selector");
    selector::label_selector(Some(selector), &path_of_selector, problems);
    let labels_given = selector
        .match_labels
        .as_ref()
        .is_some_and(|all| !all.is_empty());
    let given = labels_given
        || selector
            .match_expressions
            .as_ref()
            .is_some_and(|all| !all.is_empty());
    let absent = selector.match_labels.is_none() && selector.match_expressions.is_none();
    if absent {
        problems.required(&path_of_selector, "");
    } else if !given {
        let detail = "empty selector is invalid for deployment";
        problems.invalid(&path_of_selector, selector::as_json(selector), detail);
    }
    let path = path.child("template");
    let meta = template.metadata.as_ref();
    let own = meta.and_then(|meta| meta.labels.as_ref());
    // No selector at all selects nothing, an empty one everything.
    if absent || given && !labels::matches(selector, own) {
        let at = path.child("metadata");
        problems.invalid(
            &at.child("labels"),
            json!(own),
            "`selector` does not match template `labels`",
        );
    }
    metadata::labels(own, &path.child("labels"), problems);
    let annotations = meta.and_then(|meta| meta.annotations.as_ref());
    metadata::annotations(annotations, &path.child("annotations"), problems);
    let Some(spec) = &template.spec else { return };
    let path = path.child("spec");
    pod_spec(spec, Place::Template, &path, problems);
    let policy = spec.restart_policy.as_deref().unwrap_or_default();
    if policy != "Always" {
        problems.not_supported(&path.child("restartPolicy"), policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let detail = "activeDeadlineSeconds in ReplicaSet is not Supported";
        problems.forbidden(&path.child("activeDeadlineSeconds"), detail);
    }
}

fn immutable_selector(
    new: &LabelSelector,
    old: &LabelSelector,
    path: &FieldPath,
    problems: &mut Problems,
) {
    if new != old {
        problems.invalid(
            &path.child("selector"),
            selector::as_json(new),
            "field is immutable",
        );
    }
}

fn strategy(strategy: &DeploymentStrategy, path: &FieldPath, problems: &mut Problems) {
    let rolling = path.child("rollingUpdate");
    match (
        strategy.type_.as_deref().unwrap_or_default(),
        &strategy.rolling_update,
    ) {
        ("Recreate", Some(_)) => {
            problems.forbidden(
                &rolling,
                "may not be specified when strategy `type` is 'Recreate'",
            );
        }
        ("RollingUpdate", Some(update)) => rolling_update(update, &rolling, problems),
        ("Recreate" | "RollingUpdate", None) => {}
        (other, update) => {
            // The server shows its internal struct here, with the names that it has in Go.
            let number =
                |value: &Option<IntOrString>| value.as_ref().map_or(json!(0), |value| json!(value));
            let update = update.as_ref().map_or("null".to_owned(), |update| {
                format!(
                    "{{\"MaxUnavailable\":{},\"MaxSurge\":{}}}",
                    number(&update.max_unavailable),
                    number(&update.max_surge)
                )
            });
            let value = format!("{{\"Type\":{},\"RollingUpdate\":{update}}}", json!(other));
            problems.not_supported(path, Raw(value), &["Recreate", "RollingUpdate"]);
        }
    }
}

fn rolling_update(update: &RollingUpdateDeployment, path: &FieldPath, problems: &mut Problems) {
    let (unavailable, surge) = (&update.max_unavailable, &update.max_surge);
    let path_of_unavailable = path.child("maxUnavailable");
    number_or_percent(unavailable.as_ref(), &path_of_unavailable, problems);
    number_or_percent(surge.as_ref(), &path.child("maxSurge"), problems);
    if amount(unavailable.as_ref()) == 0 && amount(surge.as_ref()) == 0 {
        let detail = "may not be 0 when `maxSurge` is 0";
        problems.invalid(&path_of_unavailable, json!(unavailable), detail);
    }
    if let Some(IntOrString::String(text)) = unavailable
        && names::percent(text).is_empty()
        && amount(unavailable.as_ref()) > 100
    {
        problems.invalid(&path_of_unavailable, text, "must not be greater than 100%");
    }
}

fn number_or_percent(value: Option<&IntOrString>, path: &FieldPath, problems: &mut Problems) {
    match value {
        Some(IntOrString::Int(number)) => problems.non_negative(path, Some(*number)),
        Some(IntOrString::String(text)) => problems.invalid_each(path, text, names::percent(text)),
        None => {}
    }
}

/// The number, or the number of percent; 0 for what is neither.
fn amount(value: Option<&IntOrString>) -> i64 {
    match value {
        Some(IntOrString::Int(number)) => (*number).into(),
        Some(IntOrString::String(text)) => text.trim_end_matches('%').parse().unwrap_or(0),
        None => 0,
    }
}
