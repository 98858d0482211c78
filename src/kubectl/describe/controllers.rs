//! Pages of stateful sets, daemon sets, jobs, cron jobs, autoscalers and disruption budgets.

use serde_json::Value;

use crate::api::batch::JobSpec;
use crate::api::core::PersistentVolumeClaim;
use crate::api::meta::ObjectMeta;
use crate::api::{CronJob, DaemonSet, IntOrString, Job, Object, PodDisruptionBudget, StatefulSet};
use crate::kubectl::age::human_duration;
use crate::kubectl::get::{Objects, label_pairs, selector_text};

use super::sheet::Sheet;
use super::{controlled_by, date, or_none, pod, workload};

/// From so many characters on, a list of indexes ends at the next comma.
const LONG_INDEXES: usize = 50;

/// Writes the page of an object; false for a kind of another file.
pub(super) fn describe(object: &Object, objects: &impl Objects, sheet: &mut Sheet) -> bool {
    match object {
        Object::StatefulSet(set) => stateful_set(set, objects, sheet),
        Object::DaemonSet(set) => daemon_set(set, objects, sheet),
        Object::Job(job) => self::job(job, sheet),
        Object::CronJob(cron_job) => self::cron_job(cron_job, sheet),
        Object::HorizontalPodAutoscaler(own) => autoscaler(object, &own.spec, &own.status, sheet),
        Object::PodDisruptionBudget(budget) => disruption_budget(budget, sheet),
        _ => return false,
    }
    true
}

/// `title:` and a value, one to a line.
fn facts(sheet: &mut Sheet, level: usize, facts: &[(&str, String)]) {
    for (title, value) in facts {
        sheet.line(level, [title, ":\t", value].concat());
    }
}

fn names(meta: &ObjectMeta) -> [(&'static str, String); 2] {
    [
        ("Name", meta.name.clone().unwrap_or_default()),
        ("Namespace", meta.namespace.clone().unwrap_or_default()),
    ]
}

fn number(number: Option<impl Into<i64>>) -> String {
    number.map_or("<unset>".to_owned(), |number| number.into().to_string())
}

fn stateful_set(set: &StatefulSet, objects: &impl Objects, sheet: &mut Sheet) {
    let (spec, status) = (&set.spec, &set.status);
    facts(sheet, 0, &names(&set.meta));
    let created = date(set.meta.creation_timestamp.as_ref());
    let selector = selector_text(&spec.selector);
    facts(
        sheet,
        0,
        &[("CreationTimestamp", created), ("Selector", selector)],
    );
    sheet.labels(0, "Labels", set.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", set.meta.annotations.as_ref());
    let replicas = format!(
        "{} desired | {} total",
        spec.replicas.unwrap_or(0),
        status.replicas
    );
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    let type_ = strategy.type_.unwrap_or_default();
    facts(
        sheet,
        0,
        &[("Replicas", replicas), ("Update Strategy", type_)],
    );
    let partition = strategy.rolling_update.and_then(|update| update.partition);
    if partition.is_some() {
        facts(sheet, 1, &[("Partition", number(partition))]);
    }
    workload::pods_status(&set.meta, objects, sheet);
    pod::template(Some(&spec.template), sheet);
    let claims = spec.volume_claim_templates.as_deref().unwrap_or_default();
    if claims.is_empty() {
        facts(sheet, 0, &[("Volume Claims", or_none("").to_owned())]);
        return;
    }
    sheet.line(0, "Volume Claims:");
    claims.iter().for_each(|own| claim(own, sheet));
}

fn claim(claim: &PersistentVolumeClaim, sheet: &mut Sheet) {
    let spec = claim.spec.clone().unwrap_or_default();
    let name = claim.metadata.name.clone().unwrap_or_default();
    let class = spec.storage_class_name.unwrap_or_default();
    facts(sheet, 1, &[("Name", name), ("StorageClass", class)]);
    sheet.labels(1, "Labels", claim.metadata.labels.as_ref());
    sheet.labels(1, "Annotations", claim.metadata.annotations.as_ref());
    let requests = spec.resources.and_then(|own| own.requests);
    let size = requests.as_ref().and_then(|list| list.get("storage"));
    let size = size.map_or("<default>".to_owned(), |size| size.0.clone());
    let modes = spec.access_modes.unwrap_or_default().join(" ");
    facts(
        sheet,
        1,
        &[("Capacity", size), ("Access Modes", format!("[{modes}]"))],
    );
}

fn daemon_set(set: &DaemonSet, objects: &impl Objects, sheet: &mut Sheet) {
    let (spec, status) = (&set.spec, &set.status);
    facts(sheet, 0, &names(&set.meta));
    let pod_spec = spec.template.spec.as_ref();
    let nodes = label_pairs(pod_spec.and_then(|pod| pod.node_selector.as_ref()));
    let selector = selector_text(&spec.selector);
    facts(
        sheet,
        0,
        &[("Selector", selector), ("Node-Selector", nodes)],
    );
    sheet.labels(0, "Labels", set.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", set.meta.annotations.as_ref());
    for (title, count) in [
        (
            "Desired Number of Nodes Scheduled",
            status.desired_number_scheduled,
        ),
        (
            "Current Number of Nodes Scheduled",
            status.current_number_scheduled,
        ),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            status.updated_number_scheduled.unwrap_or(0),
        ),
        (
            "Number of Nodes Scheduled with Available Pods",
            status.number_available.unwrap_or(0),
        ),
        ("Number of Nodes Misscheduled", status.number_misscheduled),
    ] {
        sheet.line(0, format!("{title}: {count}"));
    }
    workload::pods_status(&set.meta, objects, sheet);
    pod::template(Some(&spec.template), sheet);
}

fn job(job: &Job, sheet: &mut Sheet) {
    let (spec, status) = (&job.spec, &job.status);
    facts(sheet, 0, &names(&job.meta));
    let selector = spec
        .selector
        .as_ref()
        .map(selector_text)
        .unwrap_or_default();
    facts(sheet, 0, &[("Selector", selector)]);
    sheet.labels(0, "Labels", job.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", job.meta.annotations.as_ref());
    controlled_by(&job.meta, sheet);
    let mode = spec.completion_mode.clone();
    let (start, end) = (status.start_time.as_ref(), status.completion_time.as_ref());
    let seconds = start.zip(end).map(|(start, end)| {
        human_duration((end.0.as_microsecond() - start.0.as_microsecond()) / 1_000_000)
    });
    let given = [
        (
            "Parallelism",
            spec.parallelism.map(|count| count.to_string()),
        ),
        ("Completions", Some(number(spec.completions))),
        ("Completion Mode", mode.clone()),
        ("Suspend", spec.suspend.map(|truth| truth.to_string())),
        (
            "Backoff Limit",
            spec.backoff_limit.map(|count| count.to_string()),
        ),
        (
            "TTL Seconds After Finished",
            spec.ttl_seconds_after_finished
                .map(|count| count.to_string()),
        ),
        ("Start Time", start.map(|time| date(Some(time)))),
        ("Completed At", end.map(|time| date(Some(time)))),
        ("Duration", seconds),
        (
            "Active Deadline Seconds",
            spec.active_deadline_seconds
                .map(|count| format!("{count}s")),
        ),
    ];
    for (title, value) in given {
        if let Some(value) = value {
            facts(sheet, 0, &[(title, value)]);
        }
    }
    let ready = status
        .ready
        .map_or(String::new(), |ready| format!(" ({ready} Ready)"));
    let count = |count: Option<i32>| count.unwrap_or(0);
    let (active, succeeded, failed) = (
        count(status.active),
        count(status.succeeded),
        count(status.failed),
    );
    let pods = format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed");
    facts(sheet, 0, &[("Pods Statuses", pods)]);
    if mode.as_deref() == Some("Indexed") {
        let indexes = status.completed_indexes.as_deref().unwrap_or_default();
        facts(sheet, 0, &[("Completed Indexes", indexes_or_none(indexes))]);
    }
    pod::template(Some(&spec.template), sheet);
}

fn indexes_or_none(indexes: &str) -> String {
    let end = indexes.get(LONG_INDEXES..).and_then(|rest| rest.find(','));
    match end {
        Some(end) => format!("{},...", &indexes[..LONG_INDEXES + end]),
        None => or_none(indexes).to_owned(),
    }
}

fn cron_job(cron_job: &CronJob, sheet: &mut Sheet) {
    let (spec, status) = (&cron_job.spec, &cron_job.status);
    facts(sheet, 0, &names(&cron_job.meta));
    sheet.labels(0, "Labels", cron_job.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", cron_job.meta.annotations.as_ref());
    let suspended = if spec.suspend == Some(true) {
        "True"
    } else {
        "False"
    };
    let unset = || "<unset>".to_owned();
    let deadline = spec.starting_deadline_seconds;
    let none = JobSpec::default();
    let job = spec.job_template.spec.as_ref().unwrap_or(&none);
    facts(
        sheet,
        0,
        &[
            ("Schedule", spec.schedule.clone()),
            (
                "Concurrency Policy",
                spec.concurrency_policy.clone().unwrap_or_default(),
            ),
            ("Suspend", suspended.to_owned()),
            ("Time Zone", spec.time_zone.clone().unwrap_or_else(unset)),
            (
                "Successful Job History Limit",
                number(spec.successful_jobs_history_limit),
            ),
            (
                "Failed Job History Limit",
                number(spec.failed_jobs_history_limit),
            ),
            (
                "Starting Deadline Seconds",
                deadline.map_or_else(unset, |seconds| format!("{seconds}s")),
            ),
            (
                "Selector",
                job.selector.as_ref().map_or_else(unset, selector_text),
            ),
            ("Parallelism", number(job.parallelism)),
            ("Completions", number(job.completions)),
        ],
    );
    if let Some(seconds) = job.active_deadline_seconds {
        facts(
            sheet,
            0,
            &[("Active Deadline Seconds", format!("{seconds}s"))],
        );
    }
    pod::template(Some(&job.template), sheet);
    let last = status.last_schedule_time.as_ref();
    let active = status.active.as_deref().unwrap_or_default();
    let active: Vec<&str> = active
        .iter()
        .map(|job| job.name.as_deref().unwrap_or_default())
        .collect();
    facts(
        sheet,
        0,
        &[
            (
                "Last Schedule Time",
                last.map_or_else(unset, |time| date(Some(time))),
            ),
            ("Active Jobs", or_none(&active.join(", ")).to_owned()),
        ],
    );
}

fn disruption_budget(budget: &PodDisruptionBudget, sheet: &mut Sheet) {
    let (spec, status) = (&budget.spec, &budget.status);
    facts(sheet, 0, &names(&budget.meta));
    let amount = |amount: &IntOrString| match amount {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    };
    if let Some(least) = &spec.min_available {
        facts(sheet, 0, &[("Min available", amount(least))]);
    } else if let Some(most) = &spec.max_unavailable {
        facts(sheet, 0, &[("Max unavailable", amount(most))]);
    }
    let selector = spec.selector.as_ref();
    let selector = selector.map_or("<unset>".to_owned(), selector_text);
    facts(sheet, 0, &[("Selector", selector)]);
    sheet.line(0, "Status:");
    let count = |count: Option<i32>| count.unwrap_or(0).to_string();
    facts(
        sheet,
        2,
        &[
            ("Allowed disruptions", count(status.disruptions_allowed)),
            ("Current", count(status.current_healthy)),
            ("Desired", count(status.desired_healthy)),
            ("Total", count(status.expected_pods)),
        ],
    );
}

fn autoscaler(object: &Object, spec: &Value, status: &Value, sheet: &mut Sheet) {
    facts(sheet, 0, &names(object.meta()));
    sheet.labels(0, "Labels", object.meta().labels.as_ref());
    sheet.annotations(0, "Annotations", object.meta().annotations.as_ref());
    let created = date(object.meta().creation_timestamp.as_ref());
    let target = &spec["scaleTargetRef"];
    let kind = text(&target["kind"]);
    let reference = format!("{kind}/{}", text(&target["name"]));
    facts(
        sheet,
        0,
        &[
            ("CreationTimestamp", created),
            ("Reference", reference),
            ("Metrics", "( current / target )".to_owned()),
        ],
    );
    for (index, metric) in spec["metrics"].as_array().into_iter().flatten().enumerate() {
        sheet.line(1, self::metric(metric, &status["currentMetrics"][index]));
    }
    let count = |value: &Value| value.as_i64().unwrap_or(0).to_string();
    let replicas = [
        ("Min replicas", number(spec["minReplicas"].as_i64())),
        ("Max replicas", count(&spec["maxReplicas"])),
    ];
    facts(sheet, 0, &replicas);
    if spec.get("behavior").is_some() {
        sheet.line(0, "Behavior:");
        for (title, direction) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
            behavior(title, &spec["behavior"][direction], sheet);
        }
    }
    let (now, wanted) = (
        count(&status["currentReplicas"]),
        count(&status["desiredReplicas"]),
    );
    sheet.line(0, format!("{kind} pods:\t{now} current / {wanted} desired"));
    let conditions = status["conditions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !conditions.is_empty() {
        sheet.lines(
            0,
            "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------",
        );
    }
    for one in conditions {
        let cells = ["type", "status", "reason", "message"].map(|field| text(&one[field]));
        sheet.line(1, cells.join("\t"));
    }
}

/// A metric with what it is now and what it should be.
fn metric(metric: &Value, now: &Value) -> String {
    let type_ = text(&metric["type"]);
    let field = match type_ {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return format!("<unknown metric type {type_:?}>"),
    };
    let (own, current) = (&metric[field], &now[field]["current"]);
    let (target, name) = (&own["target"], text(&own["metric"]["name"]));
    let average = target.get("averageValue").is_some();
    let key = if average { "averageValue" } else { "value" };
    let is = current[key].as_str().unwrap_or("<unknown>");
    let amounts = format!("\t{is} / {}", text(&target[key]));
    let goal = if average {
        "(target average value)"
    } else {
        "(target value)"
    };
    let of_resource = match type_ {
        "External" => return format!("{name:?} {goal}:{amounts}"),
        "Pods" => return format!("{name:?} on pods:{amounts}"),
        "Object" => {
            let described = &own["describedObject"];
            let (kind, of) = (text(&described["kind"]), text(&described["name"]));
            return format!("\"{name}\" on {kind}/{of} {goal}:{amounts}");
        }
        "Resource" => format!("resource {} on pods", text(&own["name"])),
        _ => format!(
            "resource {} of container \"{}\" on pods",
            text(&own["name"]),
            text(&own["container"])
        ),
    };
    if average {
        return format!("{of_resource}:{amounts}");
    }
    let percent = |value: &Value| value.as_i64().map(|share| format!("{share}%"));
    let is = percent(&current["averageUtilization"]).map_or("<unknown>".to_owned(), |share| {
        format!("{share} ({})", text(&current["averageValue"]))
    });
    let wanted = percent(&target["averageUtilization"]).unwrap_or("<auto>".to_owned());
    format!("{of_resource}  (as a percentage of request):\t{is} / {wanted}")
}

fn behavior(title: &str, rules: &Value, sheet: &mut Sheet) {
    sheet.line(1, format!("{title}:"));
    if let Some(seconds) = rules["stabilizationWindowSeconds"].as_i64() {
        sheet.line(2, format!("Stabilization Window: {seconds} seconds"));
    }
    let select = rules["selectPolicy"].as_str().unwrap_or("Max");
    sheet.line(2, format!("Select Policy: {select}"));
    sheet.line(2, "Policies:");
    for policy in rules["policies"].as_array().into_iter().flatten() {
        sheet.line(
            3,
            format!(
                "- Type: {}\tValue: {}\tPeriod: {} seconds",
                text(&policy["type"]),
                number(policy["value"].as_i64()),
                number(policy["periodSeconds"].as_i64())
            ),
        );
    }
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
