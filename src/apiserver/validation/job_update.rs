//! What may change of a job, and how its status may go on.

use serde_json::{Value, json};

use crate::api::Job;
use crate::api::batch::{JobSpec, JobStatus};
use crate::api::codec::to_json;
use crate::api::core::{PodSpec, PodTemplateSpec};

use super::field::{FieldPath, Problems, Raw};
use super::job_policies::{count_indexes, interval_of, success_struct};
use super::template::IMMUTABLE;
use super::{job, selector};

/// A changed job. The server checks the new one twice.
pub(super) fn on_update(new: &Job, old: &Job, problems: &mut Problems) {
    job::job(new, problems);
    let path = FieldPath::new("spec");
    job::with_selector(&new.spec, &path, problems);
    completions(&new.spec, &old.spec, &path, problems);
    if new.spec.selector != old.spec.selector {
        let value = new
            .spec
            .selector
            .as_ref()
            .map_or(Raw("null".to_owned()), selector::as_json);
        problems.invalid(&path.child("selector"), value, IMMUTABLE);
    }
    template(new, old, &path, problems);
    let policy = |spec: &JobSpec| {
        spec.success_policy
            .as_ref()
            .map_or("null".to_owned(), success_struct)
    };
    let (after, before) = (&new.spec, &old.spec);
    let fields = [
        (
            "completionMode",
            after.completion_mode != before.completion_mode,
            json!(after.completion_mode),
        ),
        (
            "podFailurePolicy",
            after.pod_failure_policy != before.pod_failure_policy,
            after
                .pod_failure_policy
                .as_ref()
                .map_or(Value::Null, |own| to_json(own)),
        ),
        (
            "backoffLimitPerIndex",
            after.backoff_limit_per_index != before.backoff_limit_per_index,
            json!(after.backoff_limit_per_index),
        ),
        (
            "managedBy",
            after.managed_by != before.managed_by,
            json!(after.managed_by),
        ),
    ];
    for (field, changed, value) in fields {
        if changed {
            problems.invalid(&path.child(field), value, IMMUTABLE);
        }
    }
    if after.success_policy != before.success_policy {
        problems.invalid(&path.child("successPolicy"), Raw(policy(after)), IMMUTABLE);
    }
}

/// An indexed job may change its completions together with its parallelism.
fn completions(new: &JobSpec, old: &JobSpec, path: &FieldPath, problems: &mut Problems) {
    if new.completions == old.completions {
        return;
    }
    let path = path.child("completions");
    if new.completion_mode.as_deref() != Some("Indexed") {
        problems.invalid(&path, json!(new.completions), IMMUTABLE);
    } else if let Some(count) = new
        .completions
        .filter(|_| new.completions != new.parallelism)
    {
        let detail = "can only be modified in tandem with spec.parallelism";
        problems.invalid(&path, count, detail);
    }
}

/// The template stays, but for a suspended job without pods: that may be sent to other nodes, and ask for
/// other resources.
fn template(new: &Job, old: &Job, path: &FieldPath, problems: &mut Problems) {
    let suspended = old.spec.suspend == Some(true);
    let not_started = old.status.start_time.is_none() || is_true(&old.status, "Suspended");
    let changeable = suspended && not_started && old.status.active.unwrap_or(0) == 0;
    let after = &new.spec.template;
    let mut before = old.spec.template.clone();
    if changeable {
        take_scheduling(&mut before, after);
    }
    if !changeable {
        if *after != before {
            problems.invalid(&path.child("template"), to_json(after), IMMUTABLE);
        }
        return;
    }
    let (Some(after), Some(before)) = (&after.spec, &mut before.spec) else {
        return;
    };
    take_resources(before, after);
    if after != before {
        let path = path.child("template");
        problems.invalid(&path.child("spec"), to_json(after), IMMUTABLE);
    }
}

/// Makes what decides where pods run the same as in the new template.
fn take_scheduling(before: &mut PodTemplateSpec, after: &PodTemplateSpec) {
    if let (Some(old), Some(new)) = (&mut before.metadata, &after.metadata) {
        old.labels.clone_from(&new.labels);
        old.annotations.clone_from(&new.annotations);
    }
    let (Some(old), Some(new)) = (&mut before.spec, &after.spec) else {
        return;
    };
    let node_affinity = new
        .affinity
        .as_ref()
        .and_then(|own| own.node_affinity.clone());
    if new.affinity.is_some() || old.affinity.is_some() {
        let affinity = old.affinity.get_or_insert_default();
        affinity.node_affinity = node_affinity;
    }
    if new.affinity.is_none() && old.affinity == Some(Default::default()) {
        old.affinity = None;
    }
    old.node_selector.clone_from(&new.node_selector);
    old.tolerations.clone_from(&new.tolerations);
    old.scheduling_gates.clone_from(&new.scheduling_gates);
}

fn take_resources(before: &mut PodSpec, after: &PodSpec) {
    let init = before.init_containers.iter_mut().flatten();
    let of_init = init.zip(after.init_containers.iter().flatten());
    for (old, new) in before
        .containers
        .iter_mut()
        .zip(&after.containers)
        .chain(of_init)
    {
        if old.name == new.name {
            old.resources.clone_from(&new.resources);
        }
    }
}

fn is_true(status: &JobStatus, condition: &str) -> bool {
    let all = status.conditions.as_deref().unwrap_or_default();
    all.iter()
        .any(|one| one.type_ == condition && one.status == "True")
}

/// A job's new status, after its old one.
pub(super) fn on_status_update(new: &Job, old: &Job, problems: &mut Problems) {
    let path = FieldPath::new("status");
    counts(&new.status, &path, problems);
    conditions(new, old, &path, problems);
    times(new, old, &path, problems);
    indexes(new, old, &path, problems);
    steps(new, old, &path, problems);
}

fn counts(status: &JobStatus, path: &FieldPath, problems: &mut Problems) {
    let numbers = [
        ("active", status.active),
        ("succeeded", status.succeeded),
        ("failed", status.failed),
        ("ready", status.ready),
        ("terminating", status.terminating),
    ];
    problems.all_non_negative(
        path,
        &numbers.map(|(field, count)| (field, count.map(i64::from))),
    );
    if let Some(ready) = status
        .ready
        .filter(|ready| *ready > status.active.unwrap_or(0))
    {
        problems.invalid(
            &path.child("ready"),
            ready,
            "cannot set more ready pods than active",
        );
    }
}

/// Conditions that exclude one another, and those that need another: (if this, then that, what is said).
fn conditions(new: &Job, old: &Job, path: &FieldPath, problems: &mut Problems) {
    let path = path.child("conditions");
    let now = |condition| is_true(&new.status, condition);
    let before = |condition| is_true(&old.status, condition);
    let with_policy = new.spec.success_policy.is_some();
    let wrong = [
        (
            now("Complete") && now("Failed"),
            "cannot set Complete=True and Failed=true conditions",
        ),
        (
            now("Complete") && now("FailureTarget"),
            "cannot set Complete=True and FailureTarget=true conditions",
        ),
        (
            now("Failed") && !now("FailureTarget") && !before("Failed"),
            "cannot set Failed=True condition without the FailureTarget=true condition",
        ),
        (
            now("Complete") && !now("SuccessCriteriaMet") && !before("Complete"),
            "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
        ),
        (
            now("SuccessCriteriaMet") && now("Failed"),
            "cannot set SuccessCriteriaMet=True and Failed=true conditions",
        ),
        (
            now("SuccessCriteriaMet") && now("FailureTarget"),
            "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
        ),
        (
            with_policy && now("Complete") && !now("SuccessCriteriaMet"),
            "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
        ),
        (
            before("Failed") && !now("Failed"),
            "cannot disable the terminal Failed=True condition",
        ),
        (
            before("Complete") && !now("Complete"),
            "cannot disable the terminal Complete=True condition",
        ),
        (
            before("FailureTarget") && !now("FailureTarget"),
            "cannot disable the terminal FailureTarget=True condition",
        ),
        (
            before("SuccessCriteriaMet") && !now("SuccessCriteriaMet"),
            "cannot disable the SuccessCriteriaMet=True condition",
        ),
        (
            before("Complete") && !before("SuccessCriteriaMet") && now("SuccessCriteriaMet"),
            "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions",
        ),
    ];
    for (_, detail) in wrong.iter().filter(|(is_wrong, _)| *is_wrong) {
        problems.invalid_without_value(&path, detail);
    }
}

fn times(new: &Job, old: &Job, path: &FieldPath, problems: &mut Problems) {
    let (status, was) = (&new.status, &old.status);
    let complete = is_true(status, "Complete");
    let finished = complete || is_true(status, "Failed");
    let (started, completed) = (&status.start_time, &status.completion_time);
    let (of_start, of_completion) = (path.child("startTime"), path.child("completionTime"));
    if complete && completed.is_none() {
        problems.required(
            &of_completion,
            "completionTime is required for Complete jobs",
        );
    }
    // A job that is suspended for good and wants nothing is complete without a start.
    let wants_nothing = new.spec.suspend == Some(true) && new.spec.completions == Some(0);
    if finished && started.is_none() && !wants_nothing {
        problems.required(&of_start, "startTime is required for finished job");
    }
    let resumes = is_true(was, "Suspended") && !is_true(status, "Suspended");
    let restarted = was.start_time.is_some() && was.start_time != *started;
    let too_early = matches!((started, completed), (Some(start), Some(end)) if end < start);
    let wrong = [
        (
            completed.is_some() && !complete,
            &of_completion,
            completed,
            "cannot set completionTime when there is no Complete=True condition",
        ),
        (
            too_early,
            &of_completion,
            completed,
            "must be equal to or after `startTime`",
        ),
        (
            completed.is_some()
                && was.completion_time.is_some()
                && *completed != was.completion_time,
            &of_completion,
            completed,
            IMMUTABLE,
        ),
        (
            restarted && new.spec.suspend != Some(true) && !resumes,
            &of_start,
            started,
            "field is immutable for unsuspended job once set",
        ),
    ];
    for (_, path, time, detail) in wrong.iter().filter(|(is_wrong, ..)| *is_wrong) {
        let value = time.as_ref().map_or(Value::Null, |time| to_json(time));
        problems.invalid(path, value, detail);
    }
}

fn indexes(new: &Job, old: &Job, path: &FieldPath, problems: &mut Problems) {
    let (status, was) = (&new.status, &old.status);
    let completed = status.completed_indexes.as_deref().unwrap_or_default();
    let failed = status.failed_indexes.as_deref();
    let (of_completed, of_failed) = (path.child("completedIndexes"), path.child("failedIndexes"));
    let completions = new.spec.completions;
    let format = |field: &str, text: &str| {
        let wrong = completions.and_then(|most| count_indexes(text, most).err());
        wrong.map(|why| format!("error parsing {field}: {why}"))
    };
    if status.completed_indexes != was.completed_indexes {
        if let Some(detail) = format("completedIndexes", completed) {
            problems.invalid(&of_completed, completed, &detail);
        }
        if !completed.is_empty() && new.spec.completion_mode.as_deref() != Some("Indexed") {
            let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
            problems.invalid(&of_completed, completed, detail);
        }
    }
    let Some(failed) = failed.filter(|_| {
        status.failed_indexes != was.failed_indexes
            || status.completed_indexes != was.completed_indexes
    }) else {
        return;
    };
    if new.spec.backoff_limit_per_index.is_none() {
        let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
        problems.invalid(&of_failed, failed, detail);
    } else if let Some(detail) = format("failedIndexes", failed) {
        problems.invalid(&of_failed, failed, &detail);
    }
    if let Some(index) = completions.and_then(|most| overlap(completed, failed, most)) {
        let detail = format!("failedIndexes and completedIndexes overlap at index: {index}");
        problems.invalid(&of_failed, failed, &detail);
    }
}

/// The first index that is in both texts.
fn overlap(completed: &str, failed: &str, completions: i32) -> Option<i32> {
    let intervals = |text: &str| -> Vec<(i32, i32)> {
        let parts = text.split(',');
        parts
            .filter_map(|part| interval_of(part, completions).ok())
            .collect()
    };
    let failed = intervals(failed);
    intervals(completed).into_iter().find_map(|(first, end)| {
        let shared = failed
            .iter()
            .find(|other| first <= other.1 && other.0 <= end);
        shared.map(|other| first.max(other.0))
    })
}

/// What a finished job has no more of, and counters that never fall.
fn steps(new: &Job, old: &Job, path: &FieldPath, problems: &mut Problems) {
    let (status, was) = (&new.status, &old.status);
    let finished = is_true(status, "Complete") || is_true(status, "Failed");
    let left = [
        (
            "active",
            status.active,
            "active>0 is invalid for finished job",
        ),
        (
            "terminating",
            status.terminating,
            "terminating>0 is invalid for finished job",
        ),
    ];
    for (field, count, detail) in left {
        if let Some(count) = count.filter(|count| finished && *count > 0) {
            problems.invalid(&path.child(field), count, detail);
        }
    }
    // An indexed job that is scaled down forgets the indexes that it no longer has.
    let scales = new.spec.completion_mode.as_deref() == Some("Indexed")
        && new.spec.completions == new.spec.parallelism;
    let counters = [
        (
            "failed",
            status.failed,
            was.failed,
            false,
            "cannot decrease the failed counter",
        ),
        (
            "succeeded",
            status.succeeded,
            was.succeeded,
            scales,
            "cannot decrease the succeeded counter",
        ),
    ];
    for (field, now, before, may_fall, detail) in counters {
        let now = now.unwrap_or(0);
        if !may_fall && now < before.unwrap_or(0) {
            problems.invalid(&path.child(field), now, detail);
        }
    }
}
