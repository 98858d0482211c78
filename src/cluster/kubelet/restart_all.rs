//! `RestartAllContainers`: a container exits with a code for which its rules restart the whole pod in place. All
//! containers are stopped at once and removed, then everything starts from the beginning in the same sandbox.

use crate::api::Pod;
use crate::api::conditions::pod_condition_is_true;
use crate::api::core::{
    Container, ContainerState, ContainerStateTerminated, ContainerStatus, PodCondition, PodStatus,
};
use crate::cluster::Context;

use super::actions::{Kill, KillReason};
use super::host::Host;
use super::plan::{Plan, Slot, matching_rule};
use super::runtime::Observed;
use super::status::{find, terminated, waiting_state};
use super::sync::{Flow, Task};
use super::worker::Worker;

/// The condition that says whether it is under way; pods without such a rule do not have it.
pub(super) const CONDITION: &str = "AllContainersRestarting";

/// The reason of a container that was removed for it.
pub(super) const REASON: &str = "RestartingAllContainers";

const REMOVED: &str = "The container is removed because RestartAllContainers in place";

/// The rule of a container, by its place, that restarts all containers after this exit code.
pub(super) fn rule(container: &Container, exit_code: i32) -> Option<usize> {
    let (index, rule) = matching_rule(container, exit_code)?;
    (rule.action == "RestartAllContainers").then_some(index)
}

/// Whether a container of the pod has such a rule.
pub(super) fn is_possible<'a>(mut containers: impl Iterator<Item = &'a Container>) -> bool {
    containers.any(|container| {
        let mut rules = container.restart_policy_rules.iter().flatten();
        rules.any(|rule| rule.action == "RestartAllContainers")
    })
}

/// Whether all containers are to be restarted. kubelet: `ShouldAllContainersRestart`.
pub(super) fn is_due(pod: &Pod, plan: &Plan, observed: &Observed, old: &PodStatus) -> bool {
    plan.may_restart_all && (is_marked(old) || cause(pod, plan, observed, old).is_some())
}

/// Whether the status says that it is under way.
pub(super) fn is_marked(status: &PodStatus) -> bool {
    pod_condition_is_true(status, CONDITION)
}

/// The container whose exit is the cause, and its rule's place.
fn cause(pod: &Pod, plan: &Plan, observed: &Observed, old: &PodStatus) -> Option<(Slot, usize)> {
    (0..plan.ephemeral_slots().start).find_map(|slot| {
        let container = plan.spec(&pod.spec, slot);
        let code = observed.newest(slot)?.state.exit_code()?;
        let found = rule(container, code).or_else(|| reported_rule(container, old));
        Some((slot, found?))
    })
}

/// The rule that holds for the exit that the status reports of a container.
fn reported_rule(container: &Container, status: &PodStatus) -> Option<usize> {
    let status = find(status, &container.name)?;
    rule(container, terminated(status.state.as_ref())?.exit_code)
}

/// What a container shows that was removed; nothing for one that was waiting anyway.
pub(super) fn removed(old: &ContainerStatus, blank: ContainerStatus) -> Option<ContainerStatus> {
    let state = old.state.as_ref();
    if state.is_some_and(|state| state.waiting.is_some()) {
        return None;
    }
    // kubelet: what had ended by itself keeps the rest of its status.
    let shown = match terminated(state) {
        Some(_) => old.clone(),
        None => blank,
    };
    Some(ContainerStatus {
        state: Some(waiting_state(REASON, REMOVED)),
        last_state: Some(ContainerState {
            terminated: Some(ContainerStateTerminated {
                reason: Some(REASON.to_owned()),
                message: Some(REMOVED.to_owned()),
                exit_code: 137,
                ..Default::default()
            }),
            ..Default::default()
        }),
        restart_count: old.restart_count + 1,
        ..shown
    })
}

/// The condition. kubelet: without the generation that other conditions name.
pub(super) fn condition(
    worker: &Worker,
    observed: &Observed,
    status: &PodStatus,
    old: &PodStatus,
) -> PodCondition {
    let (pod, plan) = (&worker.pod, &worker.plan);
    let is_gone = |slot| observed.newest(slot).is_none();
    let all_gone = (0..plan.ephemeral_slots().start).all(is_gone);
    let (yes, reason, message) = match status.phase.as_deref() {
        Some("Succeeded") => (false, "PodCompleted", ""),
        Some("Failed") => (false, "PodFailed", ""),
        _ if !is_due(pod, plan, observed, old) || all_gone => (false, "", ""),
        _ => {
            let message = "container exited with restart policy rule";
            (true, "RestartAllContainersStarted", message)
        }
    };
    PodCondition {
        observed_generation: None,
        ..super::conditions::condition(
            pod,
            CONDITION,
            if yes { "True" } else { "False" },
            reason,
            message,
        )
    }
}

/// The instances to stop and remove, in order. kubelet: those whose exit is the cause go last.
pub(super) fn resets(pod: &Pod, plan: &Plan, observed: &Observed) -> Vec<Reset> {
    let of = |slots: std::ops::Range<Slot>| {
        let instances = slots.flat_map(|slot| {
            let container = plan.spec(&pod.spec, slot);
            let newest_first = observed.records.iter().rev();
            let own = newest_first.filter(move |record| record.slot == slot);
            own.map(move |record| {
                let code = record.state.exit_code();
                let reset = Reset {
                    number: record.number,
                    stop: code.is_none(),
                };
                (
                    code.is_some_and(|code| rule(container, code).is_some()),
                    reset,
                )
            })
        });
        let (causes, others): (Vec<_>, Vec<_>) = instances.partition(|(is_cause, _)| *is_cause);
        [others, causes].map(|list| list.into_iter().map(|(_, reset)| reset))
    };
    let [others, causes] = of(plan.app_slots());
    let [other_inits, init_causes] = of(plan.init_slots());
    let all = others.chain(other_inits).chain(causes).chain(init_causes);
    all.collect()
}

/// An instance that goes for a restart of all containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reset {
    /// Which.
    pub number: u32,
    /// Whether it has to be stopped first.
    pub stop: bool,
}

impl Reset {
    /// What a sync does for it.
    pub fn tasks(self) -> impl Iterator<Item = Task> {
        let kill = Kill {
            number: self.number,
            message: "killing".to_owned(),
            why: KillReason::RestartAll,
        };
        let stop = [Task::Kill(kill), Task::AwaitStops];
        let stop = stop.into_iter().filter(move |_| self.stop);
        stop.chain([Task::Remove(self.number)])
    }
}

impl Worker {
    /// Whether the newest status says that all containers are being restarted.
    pub fn restarts_all(&self) -> bool {
        self.plan.may_restart_all && self.status.as_deref().is_some_and(is_marked)
    }

    /// Says which container is the cause.
    pub fn explain_restart_of_all(&mut self, host: &mut Host, context: &mut Context) {
        let (observed, old) = (self.observed.clone(), self.old_status());
        let Some((slot, index)) = cause(&self.pod, &self.plan, &observed, &old) else {
            return;
        };
        let name = &self.plan.containers[slot].name;
        let code = observed.newest(slot).and_then(|one| one.state.exit_code());
        let text = format!(
            "{name} exited with code {}: its rule **restarts all containers** of the pod in place",
            code.unwrap_or_default()
        );
        let reads = [self.path(slot, &format!("restartPolicyRules[{index}]"))];
        self.step(Some(slot), "restart-all", text, &reads, host, context);
    }

    /// Removes an instance. kubelet: its logs stay, and by them the next one is numbered.
    pub fn remove_instance(&mut self, number: u32, host: &mut Host, context: &mut Context) -> Flow {
        let Some(instance) = self.runtime.instance(number) else {
            return Flow::Next;
        };
        let (slot, logs) = (instance.record.slot, instance.record.restarts + 1);
        let before = self.removed_logs.get(&slot).copied().unwrap_or(0);
        self.removed_logs.insert(slot, before.max(logs));
        self.runtime
            .instances
            .retain(|one| one.record.number != number);
        self.runtime.version += 1;
        host.mark_dirty(&self.uid, context);
        if let Some(activity) = &mut self.activity {
            activity.removed = true;
        }
        Flow::Next
    }

    /// Whether a container that has ended may still come back, if only with all others.
    pub fn may_come_back(&self, slot: Slot, ended: &ContainerStateTerminated) -> bool {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let by_itself = super::plan::should_restart(spec, &self.pod.spec, ended.exit_code);
        by_itself
            || self
                .status
                .as_deref()
                .is_some_and(|status| self.goes_with(status))
    }

    /// kubelet: `ShouldAllContainersRestart` of a status alone.
    fn goes_with(&self, status: &PodStatus) -> bool {
        let is_cause = |slot: Slot| {
            let container = self.plan.spec(&self.pod.spec, slot);
            reported_rule(container, status).is_some()
        };
        is_marked(status) || (0..self.plan.ephemeral_slots().start).any(is_cause)
    }
}
