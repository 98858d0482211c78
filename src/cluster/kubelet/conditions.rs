//! The conditions of a pod that the kubelet owns, and their transition times.

use crate::api::Pod;
use crate::api::conditions::pod_condition_is_true;
use crate::api::core::{ContainerStatus, PodCondition, PodStatus};
use crate::api::meta::Time;

use super::inspect::ContainerKind;
use super::plan::Plan;
use super::restart_all;
use super::runtime::Observed;
use super::status::{find, is_terminal};
use super::worker::Worker;

/// The conditions that only the kubelet writes.
pub(super) const OWNED: [&str; 8] = [
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    "PodResizePending",
    "PodResizeInProgress",
    restart_all::CONDITION,
];

/// Sets all conditions: others' as they stand in the pod, then the kubelet's in its order.
pub(super) fn set(
    worker: &Worker,
    plan: &Plan,
    status: &mut PodStatus,
    old: &PodStatus,
    observed: &Observed,
) {
    let pod = &worker.pod;
    let others = pod.status.conditions.iter().flatten();
    let others = others.filter(|condition| !OWNED.contains(&condition.type_.as_str()));
    let mut conditions: Vec<PodCondition> = others.cloned().collect();
    if !is_terminal(status.phase.as_deref()) {
        if let Some((why, generation)) = &worker.resize.pending {
            let mut pending = condition(pod, "PodResizePending", "True", "Deferred", why);
            pending.observed_generation = Some(*generation);
            conditions.push(pending);
        }
        if let Some((generation, error)) = &worker.resize.in_progress {
            let reason = if error.is_empty() { "" } else { "Error" };
            let mut in_progress = condition(pod, "PodResizeInProgress", "True", reason, error);
            in_progress.observed_generation = Some(*generation);
            conditions.push(in_progress);
        }
    }
    // kubelet: an eviction was noted once and is not computed again.
    let target = old.conditions.iter().flatten();
    for target in target.filter(|one| one.type_ == "DisruptionTarget") {
        match conditions.iter_mut().find(|one| one.type_ == target.type_) {
            Some(one) => *one = target.clone(),
            None => conditions.push(target.clone()),
        }
    }
    let sandbox = if observed.needs_sandbox() {
        "False"
    } else {
        "True"
    };
    conditions.push(condition(pod, "PodReadyToStartContainers", sandbox, "", ""));
    conditions.push(initialized(pod, plan, status, old));
    let containers_ready = containers_ready(pod, plan, status);
    conditions.push(ready(pod, &containers_ready, &conditions));
    conditions.push(containers_ready);
    conditions.push(condition(pod, "PodScheduled", "True", "", ""));
    if plan.may_restart_all {
        conditions.push(restart_all::condition(worker, observed, status, old));
    }
    status.conditions = Some(conditions);
}

/// Computes Ready and ContainersReady anew, after a container's readiness has changed.
pub(super) fn refresh_readiness(pod: &Pod, plan: &Plan, status: &mut PodStatus) {
    let conditions = status.conditions.take().unwrap_or_default();
    let containers_ready = containers_ready(pod, plan, status);
    let ready = ready(pod, &containers_ready, &conditions);
    status.conditions = Some(conditions);
    for new in [ready, containers_ready] {
        replace(status, new);
    }
}

/// Puts a condition in place of the one of its type.
pub(super) fn replace(status: &mut PodStatus, new: PodCondition) {
    let conditions = status.conditions.get_or_insert_default();
    match conditions.iter_mut().find(|old| old.type_ == new.type_) {
        Some(old) => *old = new,
        None => conditions.push(new),
    }
}

/// A condition of the pod's present generation, without a transition time.
pub(super) fn condition(
    pod: &Pod,
    type_: &str,
    status: &str,
    reason: &str,
    message: &str,
) -> PodCondition {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    PodCondition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason: filled(reason),
        message: filled(message),
        observed_generation: pod.meta.generation,
        ..Default::default()
    }
}

/// Gives the kubelet's conditions their transition times: the old one where the status is the same.
pub(super) fn stamp(status: &mut PodStatus, old: &PodStatus, now: &Time) {
    let before = old.conditions.as_deref().unwrap_or_default();
    for new in status.conditions.iter_mut().flatten() {
        if !OWNED.contains(&new.type_.as_str()) {
            continue;
        }
        let same = before
            .iter()
            .find(|old| old.type_ == new.type_ && old.status == new.status);
        new.last_transition_time = match same {
            Some(old) => old.last_transition_time.clone(),
            None => Some(now.clone()),
        };
    }
}

/// Ready is what ContainersReady is, unless a readiness gate is not passed.
fn ready(pod: &Pod, containers_ready: &PodCondition, conditions: &[PodCondition]) -> PodCondition {
    let mut ready = containers_ready.clone();
    "Ready".clone_into(&mut ready.type_);
    if ready.status != "True" {
        return ready;
    }
    let mut messages = Vec::new();
    for gate in pod.spec.readiness_gates.iter().flatten() {
        let type_ = &gate.condition_type;
        match conditions.iter().find(|one| one.type_ == *type_) {
            None => messages.push(format!(
                "corresponding condition of pod readiness gate {type_:?} does not exist."
            )),
            Some(one) if one.status != "True" => messages.push(format!(
                "the status of pod readiness gate {type_:?} is not \"True\", but {}",
                one.status
            )),
            Some(_) => {}
        }
    }
    if messages.is_empty() {
        return ready;
    }
    let message = messages.join(", ");
    condition(pod, "Ready", "False", "ReadinessGatesNotReady", &message)
}

fn containers_ready(pod: &Pod, plan: &Plan, status: &PodStatus) -> PodCondition {
    let make =
        |status, reason, message: &str| condition(pod, "ContainersReady", status, reason, message);
    let mut unknown = Vec::new();
    let mut unready = Vec::new();
    for container in &plan.containers {
        if matches!(
            container.kind,
            ContainerKind::Init | ContainerKind::Ephemeral
        ) {
            continue;
        }
        match find(status, &container.name) {
            None => unknown.push(&*container.name),
            Some(one) if !one.ready => unready.push(&*container.name),
            Some(_) => {}
        }
    }
    match status.phase.as_deref() {
        Some("Succeeded") if unknown.is_empty() => return make("False", "PodCompleted", ""),
        Some("Failed") => return make("False", "PodFailed", ""),
        _ => {}
    }
    let message = listed(&[
        ("containers with unknown status", &unknown),
        ("containers with unready status", &unready),
    ]);
    if message.is_empty() {
        make("True", "", "")
    } else {
        make("False", "ContainersNotReady", &message)
    }
}

fn initialized(pod: &Pod, plan: &Plan, status: &PodStatus, old: &PodStatus) -> PodCondition {
    let make =
        |status, reason, message: &str| condition(pod, "Initialized", status, reason, message);
    let mut unknown = Vec::new();
    let mut incomplete = Vec::new();
    for slot in plan.init_slots() {
        let container = &plan.containers[slot];
        match find(status, &container.name) {
            None => unknown.push(&*container.name),
            Some(one) if !is_initialized(container.kind, one) => incomplete.push(&*container.name),
            Some(_) => {}
        }
    }
    if status.phase.as_deref() == Some("Succeeded") && unknown.is_empty() {
        return make("True", "PodCompleted", "");
    }
    let app_started = |one: &&ContainerStatus| {
        let state = one.state.as_ref();
        state.is_some_and(|state| state.running.is_some() || state.terminated.is_some())
    };
    // kubelet: a pod whose app containers have started stays initialized while a sidecar restarts.
    if status
        .container_statuses
        .iter()
        .flatten()
        .any(|one| app_started(&one))
    {
        return make("True", "", "");
    }
    let message = listed(&[
        ("containers with unknown status", &unknown),
        ("containers with incomplete status", &incomplete),
    ]);
    // kubelet: a pod that was initialized once stays it while its containers start from the beginning.
    if message.is_empty() || pod_condition_is_true(old, "Initialized") {
        make("True", "", "")
    } else {
        make("False", "ContainersNotInitialized", &message)
    }
}

fn is_initialized(kind: ContainerKind, status: &ContainerStatus) -> bool {
    match kind {
        ContainerKind::Sidecar => status.started == Some(true),
        _ => status.ready,
    }
}

/// `containers with unready status: [a b]`, the parts that are not empty joined.
fn listed(parts: &[(&str, &Vec<&str>)]) -> String {
    let mut text = String::new();
    for (what, names) in parts.iter().filter(|(_, names)| !names.is_empty()) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(what);
        let mut before = ": [";
        for name in names.iter() {
            text.push_str(before);
            text.push_str(name);
            before = " ";
        }
        text.push(']');
    }
    text
}
