//! Rules of deployments and replica sets.

use crate::api::IntOrString;
use crate::api::apps::{
    DeploymentSpec, DeploymentStrategy, ReplicaSetSpec, RollingUpdateDeployment,
};
use crate::api::core::PodTemplateSpec;
use crate::api::json_text;
use crate::api::meta::LabelSelector;
use serde_json::json;

use super::field::{FieldPath, Problems, Raw, go_struct};
use super::selector::as_json;
use super::template::{self, amount, at_most_all, immutable_selector, number_or_percent};

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

/// The selector must be there, select something, and select the pods of the template. ReplicaSets are told
/// the same as Deployments, which made them once.
fn selector_and_template(
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    if !template::required_selector(selector, "deployment", path, problems) {
        let detail = "invalid label selector";
        problems.invalid(&path.child("selector"), as_json(selector), detail);
        return;
    }
    if !template::is_empty(selector) {
        template::labels_match(selector, template, path, problems);
    }
    template::pod_template(template, &path.child("template"), problems);
    template::runs_for_ever(template, "ReplicaSet", path, problems);
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
            let update = update.as_ref().map_or("null".to_owned(), |update| {
                rolling_struct(update.max_unavailable.as_ref(), update.max_surge.as_ref())
            });
            let value = go_struct(&[
                ("Type", json_text::text(&json!(other))),
                ("RollingUpdate", update),
            ]);
            problems.not_supported(path, Raw(value), &["Recreate", "RollingUpdate"]);
        }
    }
}

fn rolling_update(update: &RollingUpdateDeployment, path: &FieldPath, problems: &mut Problems) {
    let unavailable = update.max_unavailable.as_ref();
    let surge = update.max_surge.as_ref();
    let path_of_unavailable = path.child("maxUnavailable");
    number_or_percent(unavailable, &path_of_unavailable, problems);
    number_or_percent(surge, &path.child("maxSurge"), problems);
    if amount(unavailable) == 0 && amount(surge) == 0 {
        let detail = "may not be 0 when `maxSurge` is 0";
        problems.invalid(&path_of_unavailable, json!(unavailable), detail);
    }
    at_most_all(unavailable, &path_of_unavailable, problems);
}

/// `rollingUpdate` as the server shows its internal struct.
pub(super) fn rolling_struct(
    unavailable: Option<&IntOrString>,
    surge: Option<&IntOrString>,
) -> String {
    let number = |value: Option<&IntOrString>| {
        value.map_or("0".to_owned(), |value| json_text::text(&json!(value)))
    };
    go_struct(&[
        ("MaxUnavailable", number(unavailable)),
        ("MaxSurge", number(surge)),
    ])
}
