//! Rules of cron jobs.

use serde_json::json;

use crate::api::CronJob;
use crate::api::batch::CronJobSpec;
use crate::api::cron::{self, Schedule};

use super::field::{FieldPath, Problems};
use super::{job, selector};

const POLICIES: [&str; 3] = ["Allow", "Forbid", "Replace"];

/// The names of jobs are eleven characters longer, and those have at most 63.
const LONGEST_NAME: usize = 52;

/// A new cron job, or with `old` a changed one.
pub(super) fn cron_job(new: &CronJob, old: Option<&CronJobSpec>, problems: &mut Problems) {
    let (spec, path) = (&*new.spec, FieldPath::new("spec"));
    schedule(spec, old, &path.child("schedule"), problems);
    let deadline = path.child("startingDeadlineSeconds");
    problems.non_negative(&deadline, spec.starting_deadline_seconds);
    if let Some(zone) = &spec.time_zone
        && old.is_none_or(|old| old.time_zone != spec.time_zone)
    {
        time_zone(zone, &path.child("timeZone"), problems);
    }
    let policy = spec.concurrency_policy.as_deref().unwrap_or_default();
    problems.one_of(&path.child("concurrencyPolicy"), policy, &POLICIES);
    template(spec, &path, problems);
    let limits = [
        (
            "successfulJobsHistoryLimit",
            spec.successful_jobs_history_limit.map(i64::from),
        ),
        (
            "failedJobsHistoryLimit",
            spec.failed_jobs_history_limit.map(i64::from),
        ),
    ];
    problems.all_non_negative(&path, &limits);
    if old.is_none() && new.name().len() > LONGEST_NAME {
        let path = FieldPath::new("metadata");
        let detail = "must be no more than 52 characters";
        problems.invalid(&path.child("name"), new.name(), detail);
    }
}

fn schedule(
    spec: &CronJobSpec,
    old: Option<&CronJobSpec>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let text = &spec.schedule;
    if text.is_empty() {
        problems.required(path, "");
        return;
    }
    if let Err(why) = Schedule::parse(text) {
        problems.invalid(path, text, &why);
    }
    if !text.contains("TZ") {
        return;
    }
    // A cron job from before `timeZone` may keep the zone in its schedule.
    if !old.is_some_and(|old| old.schedule.contains("TZ")) {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        problems.invalid(path, text, detail);
    } else if spec.time_zone.is_some() {
        let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
        problems.invalid(path, text, detail);
    }
}

fn time_zone(zone: &str, path: &FieldPath, problems: &mut Problems) {
    if zone.is_empty() {
        problems.invalid(path, zone, "timeZone must be nil or non-empty string");
        return;
    }
    if zone.eq_ignore_ascii_case("Local") {
        let detail =
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        problems.invalid(path, zone, detail);
    }
    // Go knows the zone `Local`, in this spelling.
    if zone != "Local" && !cron::is_time_zone(zone) {
        problems.invalid(path, zone, &format!("unknown time zone {zone}"));
    }
}

/// The jobs get their selector when they are made.
fn template(spec: &CronJobSpec, path: &FieldPath, problems: &mut Problems) {
    let Some(own) = &spec.job_template.spec else {
        return;
    };
    let path = path.child("jobTemplate");
    let path = path.child("spec");
    job::job_spec(own, &path, problems);
    if let Some(own) = &own.selector {
        let detail = "`selector` will be auto-generated";
        problems.invalid(&path.child("selector"), selector::as_json(own), detail);
    }
    if own.manual_selector == Some(true) {
        let path = path.child("manualSelector");
        problems.not_supported(&path, json!(true), &["nil", "false"]);
    }
}
