//! Rules of a job's policies: which failures count, what is success, when failed pods are replaced.

use crate::api::json_text;
use serde_json::json;

use crate::api::batch::{
    JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern,
    PodFailurePolicyRule, SuccessPolicy, SuccessPolicyRule,
};

use super::field::{FieldPath, Problems, Raw, go_struct};
use super::names;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: [&str; 2] = ["In", "NotIn"];
const STATUSES: [&str; 3] = ["False", "True", "Unknown"];
const MOST_RULES: usize = 20;
const MOST_PATTERNS: usize = 20;
const MOST_EXIT_CODES: usize = 255;
const MOST_BYTES_OF_INDEXES: usize = 64 << 10;

/// All policies of the spec at `path`.
pub(super) fn all(spec: &JobSpec, indexed: bool, path: &FieldPath, problems: &mut Problems) {
    if let Some(policy) = &spec.pod_failure_policy {
        let path = path.child("podFailurePolicy");
        let rules = path.child("rules");
        at_most(policy.rules.len(), MOST_RULES, &rules, problems);
        for (index, rule) in policy.rules.iter().enumerate() {
            failure_rule(rule, spec, &rules.index(index), problems);
        }
    }
    if let Some(policy) = &spec.success_policy {
        let path = path.child("successPolicy");
        if indexed {
            success(policy, spec.completions, &path, problems);
        } else {
            let value = Raw(success_struct(policy));
            problems.invalid(&path, value, "requires indexed completion mode");
        }
    }
    // With a failure policy a pod is replaced when it has failed: only then is it known to count.
    let policies = ["Failed", "TerminatingOrFailed"];
    let supported = if spec.pod_failure_policy.is_some() {
        &policies[..1]
    } else {
        &policies
    };
    if let Some(policy) = spec.pod_replacement_policy.as_deref()
        && !supported.contains(&policy)
    {
        problems.not_supported(&path.child("podReplacementPolicy"), policy, supported);
    }
}

/// The number of indexes in a text such as `1,3-5`, each below `completions`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn count_indexes(text: &str, completions: i32) -> Result<i32, String> {
    let (mut total, mut last) = (0, None);
    if text.is_empty() {
        return Ok(0);
    }
    for interval in text.split(',') {
        let (first, end) = interval_of(interval, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!(
                "non-increasing order, previous: {last}, current: {first}"
            ));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// The first and the last index of `3` or `3-5`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn interval_of(text: &str, completions: i32) -> Result<(i32, i32), String> {
    let parts: Vec<&str> = text.split('-').collect();
    if parts.len() > 2 {
        return Err(format!(
            "the fragment {text:?} violates the requirement that an index interval can have at most two parts \
             separated by '-'"
        ));
    }
    let number = |part: &str| {
        let number: i32 = part
            .parse()
            .map_err(|_| format!("cannot convert string to integer for index: {part:?}"))?;
        if number >= completions {
            return Err(format!("too large index: {part:?}"));
        }
        Ok(number)
    };
    let first = number(parts[0])?;
    let Some(end) = parts.get(1) else {
        return Ok((first, first));
    };
    let end = number(end)?;
    if first >= end {
        return Err(format!(
            "non-increasing order, previous: {first}, current: {end}"
        ));
    }
    Ok((first, end))
}

fn failure_rule(
    rule: &PodFailurePolicyRule,
    spec: &JobSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let action = path.child("action");
    if rule.action == "FailIndex" {
        if spec.backoff_limit_per_index.is_none() {
            let detail = "requires the backoffLimitPerIndex to be set";
            problems.invalid(&action, &rule.action, detail);
        }
    } else {
        one_of(&rule.action, &ACTIONS, &action, problems);
    }
    let patterns = rule.on_pod_conditions.as_deref().unwrap_or_default();
    if let Some(codes) = &rule.on_exit_codes {
        exit_codes(codes, spec, &path.child("onExitCodes"), problems);
    }
    pod_conditions(patterns, &path.child("onPodConditions"), problems);
    match (rule.on_exit_codes.is_some(), !patterns.is_empty()) {
        (true, true) => {
            let detail = "specifying both OnExitCodes and OnPodConditions is not supported";
            problems.invalid_without_value(path, detail);
        }
        (false, false) => {
            let detail = "specifying one of OnExitCodes and OnPodConditions is required";
            problems.invalid_without_value(path, detail);
        }
        _ => {}
    }
}

fn pod_conditions(
    patterns: &[PodFailurePolicyOnPodConditionsPattern],
    path: &FieldPath,
    problems: &mut Problems,
) {
    at_most(patterns.len(), MOST_PATTERNS, path, problems);
    for (index, pattern) in patterns.iter().enumerate() {
        let path = path.index(index);
        let wrong = names::label_key(&pattern.type_);
        problems.invalid_each(&path.child("type"), &pattern.type_, wrong);
        let status = pattern.status.as_deref().unwrap_or_default();
        one_of(status, &STATUSES, &path.child("status"), problems);
    }
}

fn exit_codes(
    own: &PodFailurePolicyOnExitCodesRequirement,
    spec: &JobSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    one_of(&own.operator, &OPERATORS, &path.child("operator"), problems);
    if let Some(name) = &own.container_name
        && !has_container(spec, name)
    {
        let detail = "must be one of the container or initContainer names in the pod template";
        problems.invalid(&path.child("containerName"), name, detail);
    }
    let (path, values) = (path.child("values"), &own.values);
    if values.is_empty() {
        // A list that was left out is null in Go.
        problems.invalid(&path, json!(null), "at least one value is required");
    }
    at_most(values.len(), MOST_EXIT_CODES, &path, problems);
    for (index, value) in values.iter().enumerate() {
        let path = path.index(index);
        if own.operator == "In" && *value == 0 {
            problems.invalid(&path, *value, "must not be 0 for the In operator");
        }
        if values[..index].contains(value) {
            problems.duplicate(&path, *value);
        }
    }
    if !values.is_sorted() {
        problems.invalid(&path, json!(values), "must be ordered");
    }
}

fn has_container(spec: &JobSpec, name: &str) -> bool {
    let pod = spec.template.spec.as_ref();
    let init = pod.and_then(|pod| pod.init_containers.as_deref());
    let main = pod.map(|pod| pod.containers.as_slice());
    let all = main.into_iter().chain(init).flatten();
    all.into_iter().any(|container| container.name == name)
}

fn success(
    policy: &SuccessPolicy,
    completions: Option<i32>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let rules = path.child("rules");
    if policy.rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        problems.required(&rules, detail);
    }
    at_most(policy.rules.len(), MOST_RULES, &rules, problems);
    for (index, rule) in policy.rules.iter().enumerate() {
        // Without completions the real server's handler crashes here; that they are required is said already.
        if let Some(completions) = completions {
            success_rule(rule, completions, &rules.index(index), problems);
        }
    }
}

fn success_rule(
    rule: &SuccessPolicyRule,
    completions: i32,
    path: &FieldPath,
    problems: &mut Problems,
) {
    if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        problems.required(path, detail);
    }
    let mut total = None;
    if let Some(indexes) = &rule.succeeded_indexes {
        let path = path.child("succeededIndexes");
        if indexes.len() > MOST_BYTES_OF_INDEXES {
            problems.too_long(&path, MOST_BYTES_OF_INDEXES);
        }
        match count_indexes(indexes, completions) {
            Ok(count) => total = Some(count),
            Err(why) => {
                let detail = format!("error parsing succeededIndexes: {why}");
                problems.invalid(&path, indexes, &detail);
                total = Some(0);
            }
        }
    }
    let Some(count) = rule.succeeded_count else {
        return;
    };
    let path = path.child("succeededCount");
    problems.non_negative(&path, Some(count));
    let limits = [
        (Some(completions), "the number of specified completions"),
        (
            total,
            "the number of indexes in the specified succeededIndexes field",
        ),
    ];
    for (most, what) in limits {
        if let Some(most) = most.filter(|most| count > *most) {
            let detail = format!("must be less than or equal to {most} ({what})");
            problems.invalid(&path, count, &detail);
        }
    }
}

/// A success policy as the server shows its internal struct.
pub(super) fn success_struct(policy: &SuccessPolicy) -> String {
    let rules: Vec<String> = policy
        .rules
        .iter()
        .map(|rule| {
            go_struct(&[
                (
                    "SucceededIndexes",
                    json_text::text(&json!(rule.succeeded_indexes)),
                ),
                (
                    "SucceededCount",
                    json_text::text(&json!(rule.succeeded_count)),
                ),
            ])
        })
        .collect();
    go_struct(&[("Rules", format!("[{}]", rules.join(",")))])
}

fn at_most(count: usize, most: usize, path: &FieldPath, problems: &mut Problems) {
    if count > most {
        problems.too_many(path, count, most);
    }
}

/// One of the values, which are named where none is given.
fn one_of(value: &str, supported: &[&str], path: &FieldPath, problems: &mut Problems) {
    if value.is_empty() {
        let quoted: Vec<String> = supported.iter().map(|one| format!("\"{one}\"")).collect();
        problems.required(path, &format!("valid values: [{}]", quoted.join(" ")));
    } else if !supported.contains(&value) {
        problems.not_supported(path, value, supported);
    }
}
