//! `kubectl describe pod`, and the pod template inside workloads.

use crate::api::core::PodTemplateSpec;
use crate::api::{Pod, conditions, ephemeral};
use crate::kubectl::age;
use crate::kubectl::get::Objects;

use super::sheet::Sheet;
use super::{container, controlled_by, date, or_none, volume};

pub(super) fn describe(pod: &Pod, objects: &impl Objects, sheet: &mut Sheet) {
    let (spec, status) = (&pod.spec, &pod.status);
    sheet.line(0, format!("Name:\t{}", pod.name()));
    sheet.line(0, format!("Namespace:\t{}", pod.namespace()));
    if let Some(priority) = spec.priority {
        sheet.line(0, format!("Priority:\t{priority}"));
    }
    optional(
        sheet,
        "Priority Class Name",
        spec.priority_class_name.as_deref(),
    );
    optional(
        sheet,
        "Runtime Class Name",
        spec.runtime_class_name.as_deref(),
    );
    optional(
        sheet,
        "Service Account",
        spec.service_account_name.as_deref(),
    );
    match spec.node_name.as_deref().unwrap_or_default() {
        "" => sheet.line(0, "Node:\t<none>"),
        node => sheet.line(
            0,
            format!(
                "Node:\t{node}/{}",
                status.host_ip.as_deref().unwrap_or_default()
            ),
        ),
    }
    if let Some(start) = &status.start_time {
        sheet.line(0, format!("Start Time:\t{}", date(Some(start))));
    }
    sheet.labels(0, "Labels", pod.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", pod.meta.annotations.as_ref());
    self::status(pod, objects, sheet);
    sheet.line(
        0,
        format!("IP:\t{}", status.pod_ip.as_deref().unwrap_or_default()),
    );
    match status.pod_ips.as_deref().unwrap_or_default() {
        [] => sheet.line(0, "IPs:\t<none>"),
        addresses => {
            sheet.line(0, "IPs:");
            addresses
                .iter()
                .for_each(|address| sheet.line(1, format!("IP:\t{}", address.ip)));
        }
    }
    controlled_by(&pod.meta, sheet);
    optional(
        sheet,
        "NominatedNodeName",
        status.nominated_node_name.as_deref(),
    );
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        let statuses = status.init_container_statuses.as_deref();
        container::describe("Init Containers", init, statuses, Some(pod), 0, sheet);
    }
    container::describe(
        "Containers",
        &spec.containers,
        status.container_statuses.as_deref(),
        Some(pod),
        0,
        sheet,
    );
    let joined = spec.ephemeral_containers.iter().flatten();
    let joined: Vec<_> = joined.map(ephemeral::as_container).collect();
    if !joined.is_empty() {
        let statuses = status.ephemeral_container_statuses.as_deref();
        container::describe(
            "Ephemeral Containers",
            &joined,
            statuses,
            Some(pod),
            0,
            sheet,
        );
    }
    conditions(pod, sheet);
    volume::describe(spec.volumes.as_deref().unwrap_or_default(), 0, sheet);
    sheet.line(
        0,
        format!(
            "QoS Class:\t{}",
            status.qos_class.as_deref().unwrap_or_default()
        ),
    );
    sheet.labels(0, "Node-Selectors", spec.node_selector.as_ref());
    sheet.tolerations(0, spec.tolerations.as_deref().unwrap_or_default());
}

fn status(pod: &Pod, objects: &impl Objects, sheet: &mut Sheet) {
    let status = &pod.status;
    let phase = status.phase.as_deref().unwrap_or_default();
    match &pod.meta.deletion_timestamp {
        Some(deadline) if !matches!(phase, "Failed" | "Succeeded") => {
            let since = age::since(Some(deadline), objects.now_unix_micros());
            sheet.line(0, format!("Status:\tTerminating (lasts {since})"));
            let grace = pod.meta.deletion_grace_period_seconds.unwrap_or(0);
            sheet.line(0, format!("Termination Grace Period:\t{grace}s"));
        }
        _ => sheet.line(0, format!("Status:\t{phase}")),
    }
    optional(sheet, "Reason", status.reason.as_deref());
    optional(sheet, "Message", status.message.as_deref());
}

fn conditions(pod: &Pod, sheet: &mut Sheet) {
    let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
    if !gates.is_empty() {
        sheet.lines(0, "Readiness Gates:\n  Type\tStatus");
        for gate in gates {
            let condition = conditions::pod_condition(&pod.status, &gate.condition_type);
            let status = condition.map_or("<none>", |condition| condition.status.as_str());
            sheet.line(1, format!("{} \t{status} ", gate.condition_type));
        }
    }
    let all = pod.status.conditions.as_deref().unwrap_or_default();
    if !all.is_empty() {
        sheet.lines(0, "Conditions:\n  Type\tStatus");
        all.iter()
            .for_each(|one| sheet.line(1, format!("{} \t{} ", one.type_, one.status)));
    }
}

/// `Pod Template:` of a workload.
pub(super) fn template(template: Option<&PodTemplateSpec>, sheet: &mut Sheet) {
    sheet.line(0, "Pod Template:");
    let Some(template) = template else {
        sheet.line(1, "<unset>");
        return;
    };
    let meta = template.metadata.as_ref();
    sheet.labels(1, "Labels", meta.and_then(|meta| meta.labels.as_ref()));
    if let Some(annotations) = meta
        .and_then(|meta| meta.annotations.as_ref())
        .filter(|all| !all.is_empty())
    {
        sheet.annotations(1, "Annotations", Some(annotations));
    }
    let Some(spec) = &template.spec else {
        return;
    };
    if let Some(account) = spec
        .service_account_name
        .as_deref()
        .filter(|account| !account.is_empty())
    {
        sheet.line(1, format!("Service Account:\t{account}"));
    }
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        container::describe("Init Containers", init, None, None, 1, sheet);
    }
    container::describe("Containers", &spec.containers, None, None, 1, sheet);
    volume::describe(spec.volumes.as_deref().unwrap_or_default(), 1, sheet);
    sheet.labels(1, "Node-Selectors", spec.node_selector.as_ref());
    sheet.tolerations(1, spec.tolerations.as_deref().unwrap_or_default());
}

fn optional(sheet: &mut Sheet, title: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        sheet.line(0, format!("{title}:\t{}", or_none(text)));
    }
}
