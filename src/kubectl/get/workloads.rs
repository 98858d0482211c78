//! Columns of the workloads besides Deployments and ReplicaSets, as pkg/printers/internalversion has them.

use serde_json::Value;

use crate::api::core::PodTemplateSpec;
use crate::api::{CronJob, DaemonSet, IntOrString, Job, Kind, Object, PodDisruptionBudget};
use crate::kubectl::age;

use super::columns::{names_and_images, or_none, pairs, selector};

/// The headers of a kind, always and with `-o wide`; `None` for a kind of another file.
pub(super) fn header(kind: Kind) -> Option<(&'static [&'static str], &'static [&'static str])> {
    const CONTAINERS: &[&str] = &["CONTAINERS", "IMAGES", "SELECTOR"];
    Some(match kind {
        Kind::StatefulSet => (&["NAME", "READY", "AGE"], &["CONTAINERS", "IMAGES"]),
        Kind::DaemonSet => (
            &[
                "NAME",
                "DESIRED",
                "CURRENT",
                "READY",
                "UP-TO-DATE",
                "AVAILABLE",
                "NODE SELECTOR",
                "AGE",
            ],
            CONTAINERS,
        ),
        Kind::Job => (
            &["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"],
            CONTAINERS,
        ),
        Kind::CronJob => (
            &[
                "NAME",
                "SCHEDULE",
                "TIMEZONE",
                "SUSPEND",
                "ACTIVE",
                "LAST SCHEDULE",
                "AGE",
            ],
            CONTAINERS,
        ),
        Kind::HorizontalPodAutoscaler => (
            &[
                "NAME",
                "REFERENCE",
                "TARGETS",
                "MINPODS",
                "MAXPODS",
                "REPLICAS",
                "AGE",
            ],
            &[],
        ),
        Kind::PodDisruptionBudget => (
            &[
                "NAME",
                "MIN AVAILABLE",
                "MAX UNAVAILABLE",
                "ALLOWED DISRUPTIONS",
                "AGE",
            ],
            &[],
        ),
        _ => return None,
    })
}

/// The cells between NAME and AGE, and those of `-o wide`; `None` for a kind of another file.
pub(super) fn cells(object: &Object, now_unix_micros: i64) -> Option<(Vec<String>, Vec<String>)> {
    Some(match object {
        Object::StatefulSet(set) => {
            let ready = set.status.ready_replicas.unwrap_or(0);
            let ready = format!("{ready}/{}", set.spec.replicas.unwrap_or(0));
            (vec![ready], containers(&set.spec.template))
        }
        Object::DaemonSet(set) => {
            let mut wide = containers(&set.spec.template);
            wide.push(selector(&set.spec.selector));
            (daemon_set(set), wide)
        }
        Object::Job(job) => {
            let mut wide = containers(&job.spec.template);
            wide.push(
                job.spec
                    .selector
                    .as_ref()
                    .map_or_else(|| or_none(String::new()), selector),
            );
            (self::job(job, now_unix_micros), wide)
        }
        Object::CronJob(cron_job) => {
            let spec = cron_job.spec.job_template.spec.as_ref();
            let mut wide = spec
                .map(|spec| containers(&spec.template))
                .unwrap_or_default();
            let own = spec.and_then(|spec| spec.selector.as_ref());
            wide.push(own.map_or_else(|| or_none(String::new()), selector));
            (self::cron_job(cron_job, now_unix_micros), wide)
        }
        Object::HorizontalPodAutoscaler(own) => (autoscaler(&own.spec, &own.status), Vec::new()),
        Object::PodDisruptionBudget(budget) => (disruption_budget(budget), Vec::new()),
        _ => return None,
    })
}

fn containers(template: &PodTemplateSpec) -> Vec<String> {
    let spec = template.spec.as_ref();
    let containers = spec.map(|spec| spec.containers.as_slice());
    names_and_images(containers.unwrap_or_default()).to_vec()
}

fn daemon_set(set: &DaemonSet) -> Vec<String> {
    let status = &set.status;
    let counts = [
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled.unwrap_or(0),
        status.number_available.unwrap_or(0),
    ];
    let spec = set.spec.template.spec.as_ref();
    let mut cells: Vec<String> = counts.iter().map(ToString::to_string).collect();
    cells.push(pairs(spec.and_then(|spec| spec.node_selector.as_ref())));
    cells
}

fn job(job: &Job, now_unix_micros: i64) -> Vec<String> {
    let (spec, status) = (&job.spec, &job.status);
    let succeeded = status.succeeded.unwrap_or(0);
    let completions = match (spec.completions, spec.parallelism.unwrap_or(0)) {
        (Some(completions), _) => format!("{succeeded}/{completions}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let end = status.completion_time.as_ref();
    let end = end.map_or(now_unix_micros, |time| time.0.as_microsecond());
    let duration = status.start_time.as_ref();
    let duration = duration.map_or_else(String::new, |start| age::since(Some(start), end));
    let all = status.conditions.as_deref().unwrap_or_default();
    let is_true = |type_: &str| {
        all.iter()
            .any(|one| one.type_ == type_ && one.status == "True")
    };
    let states = [
        ("Complete", is_true("Complete")),
        ("Failed", is_true("Failed")),
        ("Terminating", job.is_deleting()),
        ("Suspended", is_true("Suspended")),
        ("FailureTarget", is_true("FailureTarget")),
        ("SuccessCriteriaMet", is_true("SuccessCriteriaMet")),
        ("Running", true),
    ];
    let state = states
        .iter()
        .find(|(_, holds)| *holds)
        .map_or("", |(state, _)| *state);
    vec![state.to_owned(), completions, duration]
}

fn cron_job(cron_job: &CronJob, now_unix_micros: i64) -> Vec<String> {
    let (spec, status) = (&cron_job.spec, &cron_job.status);
    let suspended = if spec.suspend == Some(true) {
        "True"
    } else {
        "False"
    };
    let last = status.last_schedule_time.as_ref();
    let last = last.map_or_else(String::new, |last| age::since(Some(last), now_unix_micros));
    vec![
        spec.schedule.clone(),
        or_none(spec.time_zone.clone().unwrap_or_default()),
        suspended.to_owned(),
        status.active.as_ref().map_or(0, Vec::len).to_string(),
        or_none(last),
    ]
}

fn disruption_budget(budget: &PodDisruptionBudget) -> Vec<String> {
    let amount = |amount: &Option<IntOrString>| match amount {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text.clone(),
        None => "N/A".to_owned(),
    };
    let allowed = budget.status.disruptions_allowed.unwrap_or(0);
    vec![
        amount(&budget.spec.min_available),
        amount(&budget.spec.max_unavailable),
        allowed.to_string(),
    ]
}

fn autoscaler(spec: &Value, status: &Value) -> Vec<String> {
    let number = |value: &Value| value.as_i64().unwrap_or(0).to_string();
    let target = &spec["scaleTargetRef"];
    let least = spec["minReplicas"].as_i64();
    vec![
        format!("{}/{}", text(&target["kind"]), text(&target["name"])),
        targets(spec, status),
        least.map_or("<unset>".to_owned(), |least| least.to_string()),
        number(&spec["maxReplicas"]),
        number(&status["currentReplicas"]),
    ]
}

/// `cpu: 12%/80%`: at most two metrics, with what they are now.
fn targets(spec: &Value, status: &Value) -> String {
    const MOST: usize = 2;
    let metrics = spec["metrics"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let shown = metrics.iter().take(MOST).enumerate();
    let shown: Vec<String> = shown
        .map(|(index, metric)| metric_target(metric, &status["currentMetrics"][index]))
        .collect();
    let more = metrics.len().saturating_sub(MOST);
    match more {
        _ if metrics.is_empty() => or_none(String::new()),
        0 => shown.join(", "),
        more => format!("{} + {more} more...", shown.join(", ")),
    }
}

fn metric_target(metric: &Value, now: &Value) -> String {
    let fields = [
        ("External", "external"),
        ("Pods", "pods"),
        ("Object", "object"),
        ("Resource", "resource"),
        ("ContainerResource", "containerResource"),
    ];
    let type_ = text(&metric["type"]);
    let Some((_, field)) = fields.iter().find(|(name, _)| *name == type_) else {
        return "<unknown type>".to_owned();
    };
    let (target, current) = (&metric[field]["target"], &now[field]["current"]);
    let of_resource = type_.ends_with("Resource");
    let average = target.get("averageValue").is_some();
    let (wanted, is) = match (average, of_resource) {
        (true, _) => (
            text(&target["averageValue"]).to_owned(),
            text(&current["averageValue"]).to_owned(),
        ),
        (false, false) => (
            text(&target["value"]).to_owned(),
            text(&current["value"]).to_owned(),
        ),
        (false, true) => {
            let percent = |json: &Value| {
                json.as_i64()
                    .map_or(String::new(), |share| format!("{share}%"))
            };
            let wanted = percent(&target["averageUtilization"]);
            let wanted = if wanted.is_empty() {
                "<auto>".to_owned()
            } else {
                wanted
            };
            (wanted, percent(&current["averageUtilization"]))
        }
    };
    let is = if is.is_empty() {
        "<unknown>".to_owned()
    } else {
        is
    };
    if of_resource {
        format!("{}: {is}/{wanted}", text(&metric[field]["name"]))
    } else if average && type_ != "Pods" {
        format!("{is}/{wanted} (avg)")
    } else {
        format!("{is}/{wanted}")
    }
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}
