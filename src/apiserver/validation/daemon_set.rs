//! Rules of daemon sets.

use crate::api::json_text;
use serde_json::json;

use crate::api::apps::{DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy};

use super::apps::rolling_struct;
use super::field::{FieldPath, Problems, Raw, go_struct};
use super::selector;
use super::stateful_set::collisions;
use super::template::{self, amount, at_most_all, number_or_percent};

/// A new daemon set, or with `old` a changed one.
pub(super) fn daemon_set(
    spec: &DaemonSetSpec,
    old: Option<&DaemonSetSpec>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    if let Some(old) = old {
        template::immutable_selector(&spec.selector, &old.selector, &path, problems);
    }
    let path_of_selector = path.child("selector");
    let before = problems.0.len();
    selector::label_selector(Some(&spec.selector), &path_of_selector, problems);
    if problems.0.len() == before {
        // Nothing is said of a selector that is not there, but that it selects nothing.
        template::labels_match(&spec.selector, &spec.template, &path, problems);
    }
    if template::is_empty(&spec.selector) {
        let detail = "empty selector is invalid for daemonset";
        problems.invalid(&path_of_selector, selector::as_json(&spec.selector), detail);
    }
    template::pod_template(&spec.template, &path.child("template"), problems);
    template::runs_for_ever(&spec.template, "DaemonSet", &path, problems);
    problems.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds);
    if let Some(own) = &spec.update_strategy {
        update_strategy(own, &path.child("updateStrategy"), problems);
    }
    let limit = spec.revision_history_limit;
    problems.non_negative(&path.child("revisionHistoryLimit"), limit);
}

/// Numbers that are not negative.
pub(super) fn status(new: &DaemonSetStatus, old: &DaemonSetStatus, problems: &mut Problems) {
    let path = FieldPath::new("status");
    let count = |count: i32| Some(i64::from(count));
    let numbers = [
        (
            "currentNumberScheduled",
            count(new.current_number_scheduled),
        ),
        ("numberMisscheduled", count(new.number_misscheduled)),
        (
            "desiredNumberScheduled",
            count(new.desired_number_scheduled),
        ),
        ("numberReady", count(new.number_ready)),
        ("observedGeneration", new.observed_generation),
        (
            "updatedNumberScheduled",
            new.updated_number_scheduled.map(i64::from),
        ),
        ("numberAvailable", new.number_available.map(i64::from)),
        ("numberUnavailable", new.number_unavailable.map(i64::from)),
        ("collisionCount", new.collision_count.map(i64::from)),
    ];
    problems.all_non_negative(&path, &numbers);
    collisions(new.collision_count, old.collision_count, &path, problems);
}

fn update_strategy(own: &DaemonSetUpdateStrategy, path: &FieldPath, problems: &mut Problems) {
    let rolling = own.rolling_update.as_ref();
    let unavailable = rolling.and_then(|update| update.max_unavailable.as_ref());
    let surge = rolling.and_then(|update| update.max_surge.as_ref());
    let type_ = own.type_.as_deref().unwrap_or_default();
    if !matches!(type_, "RollingUpdate" | "OnDelete") {
        let rolling = rolling.map(|_| rolling_struct(unavailable, surge));
        let value = go_struct(&[
            ("Type", json_text::text(&json!(type_))),
            ("RollingUpdate", rolling.unwrap_or("null".to_owned())),
        ]);
        problems.not_supported(path, Raw(value), &["RollingUpdate", "OnDelete"]);
    }
    if type_ != "RollingUpdate" {
        return;
    }
    let path = path.child("rollingUpdate");
    let (of_unavailable, of_surge) = (path.child("maxUnavailable"), path.child("maxSurge"));
    number_or_percent(unavailable, &of_unavailable, problems);
    number_or_percent(surge, &of_surge, problems);
    at_most_all(unavailable, &of_unavailable, problems);
    at_most_all(surge, &of_surge, problems);
    match (amount(unavailable) != 0, amount(surge) != 0) {
        (true, true) => {
            let detail = "may not be set when maxUnavailable is non-zero";
            problems.invalid(&of_surge, json!(surge), detail);
        }
        (false, false) => problems.required(&of_unavailable, "cannot be 0 when maxSurge is 0"),
        _ => {}
    }
}
