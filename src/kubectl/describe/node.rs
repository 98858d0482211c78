//! `kubectl describe node`.

use std::collections::BTreeMap;

use crate::api::core::{Container, Taint};
use crate::api::{Kind, Node, Object, Pod, Quantity, quantity};
use crate::kubectl::age;
use crate::kubectl::get::{Objects, node_roles};

use super::sheet::Sheet;
use super::{date, or_none};

pub(super) fn describe(node: &Node, objects: &impl Objects, sheet: &mut Sheet) {
    sheet.line(0, format!("Name:\t{}", node.name()));
    sheet.line(0, format!("Roles:\t{}", or_none(&node_roles(node))));
    sheet.labels(0, "Labels", node.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", node.meta.annotations.as_ref());
    sheet.line(
        0,
        format!(
            "CreationTimestamp:\t{}",
            date(node.meta.creation_timestamp.as_ref())
        ),
    );
    let mut taints: Vec<String> = node.spec.taints.iter().flatten().map(taint).collect();
    taints.sort();
    sheet.beside(0, "Taints", &taints);
    sheet.line(
        0,
        format!(
            "Unschedulable:\t{}",
            node.spec.unschedulable.unwrap_or(false)
        ),
    );
    conditions(node, sheet);
    sheet.line(0, "Addresses:");
    for address in node.status.addresses.iter().flatten() {
        sheet.line(1, format!("{}:\t{}", address.type_, address.address));
    }
    for (title, list) in [
        ("Capacity", &node.status.capacity),
        ("Allocatable", &node.status.allocatable),
    ] {
        if let Some(list) = list {
            sheet.line(0, format!("{title}:"));
            list.iter()
                .for_each(|(name, amount)| sheet.line(1, format!("{name}:\t{}", amount.0)));
        }
    }
    system_info(node, sheet);
    if let Some(range) = &node.spec.pod_cidr {
        sheet.line(0, format!("PodCIDR:\t{range}"));
    }
    if let Some(ranges) = &node.spec.pod_cidrs {
        sheet.line(0, format!("PodCIDRs:\t{}", ranges.join(",")));
    }
    pods(node, objects, sheet);
}

fn taint(taint: &Taint) -> String {
    match taint.value.as_deref().unwrap_or_default() {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    }
}

fn conditions(node: &Node, sheet: &mut Sheet) {
    let all = node.status.conditions.as_deref().unwrap_or_default();
    if all.is_empty() {
        return;
    }
    sheet.lines(
        0,
        "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage",
    );
    sheet.line(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------",
    );
    for one in all {
        let (heartbeat, transition) = (
            date(one.last_heartbeat_time.as_ref()),
            date(one.last_transition_time.as_ref()),
        );
        let (reason, message) = (
            one.reason.as_deref().unwrap_or_default(),
            one.message.as_deref().unwrap_or_default(),
        );
        sheet.line(
            1,
            format!(
                "{} \t{} \t{heartbeat} \t{transition} \t{reason} \t{message}",
                one.type_, one.status
            ),
        );
    }
}

fn system_info(node: &Node, sheet: &mut Sheet) {
    let info = node.status.node_info.clone().unwrap_or_default();
    sheet.line(0, "System Info:");
    for (title, text) in [
        ("Machine ID", info.machine_id),
        ("System UUID", info.system_uuid),
        ("Boot ID", info.boot_id),
        ("Kernel Version", info.kernel_version),
        ("OS Image", info.os_image),
        ("Operating System", info.operating_system),
        ("Architecture", info.architecture),
        ("Container Runtime Version", info.container_runtime_version),
        ("Kubelet Version", info.kubelet_version),
    ] {
        sheet.line(1, format!("{title}:\t{text}"));
    }
}

/// Requests and limits of CPU (millicores) and memory (bytes).
#[derive(Clone, Copy, Default)]
struct Use {
    cpu: [i128; 2],
    memory: [i128; 2],
}

fn pods(node: &Node, objects: &impl Objects, sheet: &mut Sheet) {
    let all = objects.list(Kind::Pod, None);
    let here: Vec<&Pod> = all
        .iter()
        .filter_map(Object::typed::<Pod>)
        .filter(|pod| pod.spec.node_name.as_deref() == Some(node.name()))
        .filter(|pod| !matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed")))
        .collect();
    sheet.line(
        0,
        format!("Non-terminated Pods:\t({} in total)", here.len()),
    );
    sheet.line(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    );
    sheet.line(
        1,
        "---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
    );
    let allocatable = node
        .status
        .allocatable
        .as_ref()
        .or(node.status.capacity.as_ref());
    let of_node = |name: &str| allocatable.and_then(|list| list.get(name));
    let cpu_all = of_node("cpu")
        .and_then(|amount| quantity::milli_value(amount).ok())
        .unwrap_or(0);
    let memory_all = of_node("memory")
        .and_then(|amount| quantity::value(amount).ok())
        .unwrap_or(0);
    let cpu = |millis: i128| format!("{} ({}%)", millicores(millis), percent(millis, cpu_all));
    let memory = |bytes: i128| format!("{} ({}%)", mebibytes(bytes), percent(bytes, memory_all));
    let mut total = Use::default();
    for pod in &here {
        let used = used(pod);
        for index in 0..2 {
            total.cpu[index] += used.cpu[index];
            total.memory[index] += used.memory[index];
        }
        let age = age::since(
            pod.meta.creation_timestamp.as_ref(),
            objects.now_unix_micros(),
        );
        let [cpu_requests, cpu_limits] = used.cpu.map(cpu);
        let [requests, limits] = used.memory.map(memory);
        let (namespace, name) = (pod.namespace(), pod.name());
        sheet.line(
            1,
            format!(
                "{namespace}\t{name}\t\t{cpu_requests}\t{cpu_limits}\t{requests}\t{limits}\t{age}"
            ),
        );
    }
    sheet.line(0, "Allocated resources:");
    sheet.line(
        1,
        "(Total limits may be over 100 percent, i.e., overcommitted.)",
    );
    sheet.line(1, "Resource\tRequests\tLimits");
    sheet.line(1, "--------\t--------\t------");
    let ([cpu_requests, cpu_limits], [requests, limits]) =
        (total.cpu.map(cpu), total.memory.map(memory));
    sheet.line(1, format!("cpu\t{cpu_requests}\t{cpu_limits}"));
    sheet.line(1, format!("memory\t{requests}\t{limits}"));
    sheet.line(1, "ephemeral-storage\t0 (0%)\t0 (0%)");
    for name in allocatable
        .into_iter()
        .flat_map(BTreeMap::keys)
        .filter(|name| name.starts_with("hugepages-"))
    {
        sheet.line(1, format!("{name}\t0 (0%)\t0 (0%)"));
    }
}

/// What a pod may use: its containers and sidecars together, or its hungriest init container beside the
/// sidecars before it (resource helpers `PodRequests`).
fn used(pod: &Pod) -> Use {
    let mut sum = Use::default();
    let mut peak = Use::default();
    for container in pod.spec.init_containers.iter().flatten() {
        let one = of_container(container);
        let sidecar = container.restart_policy.as_deref() == Some("Always");
        for index in 0..2 {
            peak.cpu[index] = peak.cpu[index].max(sum.cpu[index] + one.cpu[index]);
            peak.memory[index] = peak.memory[index].max(sum.memory[index] + one.memory[index]);
            if sidecar {
                sum.cpu[index] += one.cpu[index];
                sum.memory[index] += one.memory[index];
            }
        }
    }
    for one in pod.spec.containers.iter().map(of_container) {
        for index in 0..2 {
            sum.cpu[index] += one.cpu[index];
            sum.memory[index] += one.memory[index];
        }
    }
    for index in 0..2 {
        sum.cpu[index] = sum.cpu[index].max(peak.cpu[index]);
        sum.memory[index] = sum.memory[index].max(peak.memory[index]);
    }
    sum
}

fn of_container(container: &Container) -> Use {
    let resources = container.resources.clone().unwrap_or_default();
    let lists = [resources.requests, resources.limits];
    let of = |name: &str, value: &dyn Fn(&Quantity) -> Option<i128>| {
        lists.each_ref().map(|list| {
            list.as_ref()
                .and_then(|list| value(list.get(name)?))
                .unwrap_or(0)
        })
    };
    Use {
        cpu: of("cpu", &|amount| quantity::milli_value(amount).ok()),
        memory: of("memory", &|amount| quantity::value(amount).ok()),
    }
}

fn percent(part: i128, whole: i128) -> i128 {
    if whole == 0 { 0 } else { part * 100 / whole }
}

fn millicores(millis: i128) -> String {
    if millis % 1_000 == 0 {
        (millis / 1_000).to_string()
    } else {
        format!("{millis}m")
    }
}

/// The largest binary unit that divides the amount.
fn mebibytes(bytes: i128) -> String {
    let units = [
        ("Ti", 1_i128 << 40),
        ("Gi", 1 << 30),
        ("Mi", 1 << 20),
        ("Ki", 1 << 10),
    ];
    let fits = units
        .iter()
        .find(|(_, size)| bytes != 0 && bytes % size == 0);
    fits.map_or(bytes.to_string(), |(unit, size)| {
        format!("{}{unit}", bytes / size)
    })
}
