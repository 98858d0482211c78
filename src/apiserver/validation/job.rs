//! Rules of jobs, wherever their spec stands: in a job or in the template of one.

use serde_json::json;

use crate::api::batch::JobSpec;
use crate::api::{Job, selector as labels};

use super::field::{FieldPath, Problems};
use super::{job_policies, names, selector, template};

/// The most pods of an indexed job that may run at once, and the most indexes that may fail.
const MOST_OF_INDEXED: i32 = 100_000;
/// With a back-off limit per index, above so many completions …
const MANY_COMPLETIONS: i32 = 100_000;
/// … at most so many may run at once or fail.
const MOST_OF_MANY: i32 = 10_000;

/// The labels of a job's pods: the ones of before they had a prefix, and those of today.
pub(in crate::apiserver) const UID_LABELS: [&str; 2] =
    ["controller-uid", "batch.kubernetes.io/controller-uid"];
/// As [`UID_LABELS`], for the name of the job.
pub(in crate::apiserver) const NAME_LABELS: [&str; 2] =
    ["job-name", "batch.kubernetes.io/job-name"];

/// A new job, or one as it is after a change.
pub(super) fn job(job: &Job, problems: &mut Problems) {
    generated_selector(job, problems);
    with_selector(&job.spec, &FieldPath::new("spec"), problems);
    host_names(job, problems);
}

/// The spec of a job, which has a selector.
pub(super) fn with_selector(spec: &JobSpec, path: &FieldPath, problems: &mut Problems) {
    job_spec(spec, path, problems);
    let Some(own) = &spec.selector else {
        problems.required(&path.child("selector"), "");
        let given = template::label_map(&spec.template);
        mismatch(given, path, problems);
        return;
    };
    let before = problems.0.len();
    selector::label_selector(Some(own), &path.child("selector"), problems);
    let given = template::label_map(&spec.template);
    if problems.0.len() == before && !labels::matches(own, given) {
        mismatch(given, path, problems);
    }
}

/// The spec of a job, or of a cron job's jobs, which have no selector yet.
pub(super) fn job_spec(spec: &JobSpec, path: &FieldPath, problems: &mut Problems) {
    let numbers = [
        ("parallelism", spec.parallelism.map(i64::from)),
        ("completions", spec.completions.map(i64::from)),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit.map(i64::from)),
        (
            "ttlSecondsAfterFinished",
            spec.ttl_seconds_after_finished.map(i64::from),
        ),
        (
            "backoffLimitPerIndex",
            spec.backoff_limit_per_index.map(i64::from),
        ),
        ("maxFailedIndexes", spec.max_failed_indexes.map(i64::from)),
    ];
    problems.all_non_negative(path, &numbers);
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        let path = path.child("backoffLimitPerIndex");
        problems.required(&path, "when maxFailedIndexes is specified");
    }
    if let Some(manager) = &spec.managed_by {
        managed_by(manager, &path.child("managedBy"), problems);
    }
    let mode = spec.completion_mode.as_deref().unwrap_or("NonIndexed");
    match mode {
        "Indexed" => indexed(spec, path, problems),
        "NonIndexed" => non_indexed(spec, path, problems),
        other => {
            let modes = ["NonIndexed", "Indexed"];
            problems.not_supported(&path.child("completionMode"), other, &modes);
        }
    }
    job_policies::all(spec, mode == "Indexed", path, problems);
    template::pod_template(&spec.template, &path.child("template"), problems);
    restart_policy(spec, path, problems);
}

fn indexed(spec: &JobSpec, path: &FieldPath, problems: &mut Problems) {
    let (parallelism, failed) = (path.child("parallelism"), path.child("maxFailedIndexes"));
    if spec.completions.is_none() {
        let path = path.child("completions");
        problems.required(&path, "when completion mode is Indexed");
    }
    let when = "must be less than or equal to 100000 when completion mode is Indexed";
    at_most(
        spec.parallelism,
        MOST_OF_INDEXED,
        when,
        &parallelism,
        problems,
    );
    if let Some(completions) = spec.completions {
        let detail = "must be less than or equal to completions";
        at_most(
            spec.max_failed_indexes,
            completions,
            detail,
            &failed,
            problems,
        );
    }
    let detail = "must be less than or equal to 100000";
    at_most(
        spec.max_failed_indexes,
        MOST_OF_INDEXED,
        detail,
        &failed,
        problems,
    );
    let many = spec
        .completions
        .is_some_and(|completions| completions > MANY_COMPLETIONS);
    if many && spec.backoff_limit_per_index.is_some() {
        if spec.max_failed_indexes.is_none() {
            problems.required(
                &failed,
                "must be specified when completions is above 100000",
            );
        }
        let detail = "must be less than or equal to 10000 when completions are above 100000 and used with \
                      backoff limit per index";
        at_most(
            spec.parallelism,
            MOST_OF_MANY,
            detail,
            &parallelism,
            problems,
        );
        at_most(
            spec.max_failed_indexes,
            MOST_OF_MANY,
            detail,
            &failed,
            problems,
        );
    }
}

fn at_most(value: Option<i32>, most: i32, detail: &str, path: &FieldPath, problems: &mut Problems) {
    if let Some(value) = value.filter(|value| *value > most) {
        problems.invalid(path, value, detail);
    }
}

fn non_indexed(spec: &JobSpec, path: &FieldPath, problems: &mut Problems) {
    for (field, value) in [
        ("backoffLimitPerIndex", spec.backoff_limit_per_index),
        ("maxFailedIndexes", spec.max_failed_indexes),
    ] {
        if let Some(value) = value {
            problems.invalid(
                &path.child(field),
                value,
                "requires indexed completion mode",
            );
        }
    }
}

/// A path with a domain before it: `acme.io/foo`.
fn managed_by(manager: &str, path: &FieldPath, problems: &mut Problems) {
    let parts = manager.split_once('/');
    let parts = parts.filter(|(host, rest)| !host.is_empty() && !rest.is_empty());
    match parts {
        None if manager.is_empty() => problems.required(path, ""),
        None => {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            problems.invalid(path, manager, detail);
        }
        Some((host, rest)) => {
            problems.invalid_each(path, host, names::dns_subdomain(host));
            let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c);
            if !rest.chars().all(allowed) {
                let detail = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                problems.invalid(path, rest, detail);
            }
        }
    }
    if manager.len() > 63 {
        problems.too_long(path, 63);
    }
}

/// A job's pods end, so they are not restarted always, which is the default.
fn restart_policy(spec: &JobSpec, path: &FieldPath, problems: &mut Problems) {
    let Some(pod) = &spec.template.spec else {
        return;
    };
    let path = path.child("template");
    let path = path.child("spec");
    let path = path.child("restartPolicy");
    match pod.restart_policy.as_deref().unwrap_or_default() {
        "" | "Always" => problems.required(&path, "valid values: \"OnFailure\", \"Never\""),
        "Never" => {}
        policy @ "OnFailure" => {
            if spec.pod_failure_policy.is_some() {
                let detail = "only \"Never\" is supported when podFailurePolicy is specified";
                problems.invalid(&path, policy, detail);
            }
        }
        other => problems.not_supported(&path, other, &["OnFailure", "Never"]),
    }
}

/// Unless the selector is the user's own, the pods have the labels that the server gives them.
fn generated_selector(job: &Job, problems: &mut Problems) {
    let Some(own) = &job.spec.selector else {
        return;
    };
    if job.spec.manual_selector == Some(true) {
        return;
    }
    let given = template::label_map(&job.spec.template);
    let path = FieldPath::new("spec");
    let in_template = path.child("template");
    let metadata = in_template.child("metadata");
    let labels_path = metadata.child("labels");
    let mut expected = std::collections::BTreeMap::new();
    for (uid, name) in UID_LABELS.into_iter().zip(NAME_LABELS) {
        for (key, value) in [(uid, job.uid()), (name, job.name())] {
            expected.insert(key.to_owned(), value.to_owned());
            let found = given.and_then(|given| given.get(key));
            let (path, detail) = (labels_path.key(key), format!("must be '{value}'"));
            match found {
                None => problems.required(&path, &detail),
                Some(found) if found != value => problems.invalid(&path, json!(given), &detail),
                Some(_) => {}
            }
        }
    }
    if selector::is_valid(own) && !labels::matches(own, Some(&expected)) {
        let detail = "`selector` not auto-generated";
        problems.invalid(&path.child("selector"), selector::as_json(own), detail);
    }
}

fn mismatch(
    given: Option<&std::collections::BTreeMap<String, String>>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let path = path.child("template");
    let path = path.child("metadata");
    let detail = "`selector` does not match template `labels`";
    problems.invalid(&path.child("labels"), json!(given), detail);
}

/// The pods of an indexed job have host names that end in their index.
fn host_names(job: &Job, problems: &mut Problems) {
    let completions = job.spec.completions.unwrap_or(0);
    if job.spec.completion_mode.as_deref() != Some("Indexed") || completions <= 0 {
        return;
    }
    let longest = format!("{}-{}", job.name(), completions - 1);
    if !names::dns_label(&longest).is_empty() {
        let detail = format!("will not able to create pod with invalid DNS label: {longest}");
        let path = FieldPath::new("metadata");
        problems.invalid(&path.child("name"), job.name(), &detail);
    }
}
