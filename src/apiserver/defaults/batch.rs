//! Defaults of the batch group.

use crate::api::batch::{CronJobSpec, JobSpec};

use super::{absent, or, pod_spec};

/// Pods that may fail before the job does.
const BACKOFF_LIMIT: i32 = 6;
/// Finished jobs that a cron job keeps.
const SUCCEEDED_JOBS: i32 = 3;
const FAILED_JOBS: i32 = 1;

pub(super) fn job(spec: &mut JobSpec) {
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    let per_index = spec.backoff_limit_per_index.is_some();
    let limit = if per_index { i32::MAX } else { BACKOFF_LIMIT };
    spec.backoff_limit.get_or_insert(limit);
    let mode = &mut spec.completion_mode;
    mode.get_or_insert_with(|| "NonIndexed".to_owned());
    spec.suspend.get_or_insert(false);
    spec.manual_selector.get_or_insert(false);
    let replacement = if spec.pod_failure_policy.is_some() {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    let policy = &mut spec.pod_replacement_policy;
    policy.get_or_insert_with(|| replacement.to_owned());
    template(spec);
}

pub(super) fn cron_job(spec: &mut CronJobSpec) {
    or(&mut spec.concurrency_policy, "Allow");
    spec.suspend.get_or_insert(false);
    spec.successful_jobs_history_limit
        .get_or_insert(SUCCEEDED_JOBS);
    spec.failed_jobs_history_limit.get_or_insert(FAILED_JOBS);
    spec.job_template.metadata.get_or_insert_default();
    // What jobs get by default they get when they are made.
    template(spec.job_template.spec.get_or_insert_default());
}

fn template(spec: &mut JobSpec) {
    let rules = spec
        .pod_failure_policy
        .iter_mut()
        .flat_map(|policy| &mut policy.rules);
    for rule in rules {
        for pattern in rule.on_pod_conditions.iter_mut().flatten() {
            or(&mut pattern.status, "True");
        }
        absent::drop_zero(&mut rule.on_pod_conditions);
    }
    pod_spec::template(&mut spec.template);
}
