//! The status manager: keeps each pod's newest status, and writes changed ones to the API server one after
//! another. What changes while a write is under way goes with the next one.

use std::rc::Rc;
use std::time::Duration;

use crate::api::core::{ContainerState, ContainerStateTerminated, ContainerStatus, PodStatus};
use crate::api::{Pod, Resource};
use crate::apiserver::DeleteOptions;
use crate::cluster::Context;
use crate::cluster::timing::{STATUS_WRITE_MAX, STATUS_WRITE_MIN};

use super::conditions;
use super::host::{Host, StatusWrite};
use super::inspect::WorkState;
use super::restart_all;
use super::runtime::Observed;
use super::status::{self, Source, find, is_terminal};
use super::worker::Worker;
use super::{Kubelet, Wake};

impl Worker {
    /// Computes the status from a listing and hands it over; true if its phase is a last one.
    pub fn generate(
        &mut self,
        observed: &Observed,
        nothing_restarts: bool,
        host: &mut Host,
        context: &mut Context,
    ) -> bool {
        let old = self.old_status();
        let source = Source {
            pod: &self.pod,
            plan: &self.plan,
            observed,
            old: &old,
            restarts_all: restart_all::is_due(&self.pod, &self.plan, observed, &old),
            errors: &self.errors,
            host_ip: &host.ip,
            clock: context.api.clock(),
        };
        let mut new = source.status();
        let phase = status::phase(&self.pod.spec, &self.plan, &new, nothing_restarts, observed);
        self.settle_phase(&mut new, phase, &old, host, context);
        self.set_readiness(&mut new, host, context);
        let plan = Rc::clone(&self.plan);
        conditions::set(self, &plan, &mut new, &old, observed);
        if !nothing_restarts && self.work == WorkState::Terminating {
            self.apply_eviction(&mut new, context);
        }
        let terminal = is_terminal(new.phase.as_deref());
        self.set_status(new, self.pod.is_deleting(), host, context);
        terminal
    }

    /// The status before: the kubelet's own, else the API server's.
    pub fn old_status(&self) -> Rc<PodStatus> {
        let own = self.status.as_ref().unwrap_or(&self.pod.status);
        Rc::clone(own)
    }

    /// A last phase is never left, and reason and message belong to their phase.
    fn settle_phase(
        &mut self,
        new: &mut PodStatus,
        phase: &'static str,
        old: &PodStatus,
        host: &mut Host,
        context: &mut Context,
    ) {
        let mut phase = phase.to_owned();
        if !is_terminal(Some(&phase)) {
            let last = [old, &self.pod.status].into_iter().find_map(|one| {
                let phase = one.phase.clone();
                phase.filter(|phase| is_terminal(Some(phase)))
            });
            phase = last.unwrap_or(phase);
        }
        if old.phase.as_ref() == Some(&phase) {
            let or_stored = |own: &Option<String>, stored: &Option<String>| {
                own.clone().or_else(|| stored.clone())
            };
            new.reason = or_stored(&old.reason, &self.pod.status.reason);
            new.message = or_stored(&old.message, &self.pod.status.message);
        }
        new.phase = Some(phase);
        if self.is_past_deadline(context) {
            // kubelet: `activeDeadlineSeconds` counts from the pod's start time.
            let message = "Pod was active on the node longer than the specified deadline";
            self.event(
                None,
                false,
                "DeadlineExceeded",
                message.to_owned(),
                host,
                context,
            );
            new.phase = Some("Failed".to_owned());
            new.reason = Some("DeadlineExceeded".to_owned());
            new.message = Some(message.to_owned());
        }
        if is_terminal(self.pod.status.phase.as_deref()) {
            // What the API server shows as the last phase stays.
            new.phase.clone_from(&self.pod.status.phase);
        }
    }

    /// Takes a status as the newest one, unless nothing changed.
    pub fn set_status(
        &mut self,
        mut new: PodStatus,
        force: bool,
        host: &mut Host,
        context: &mut Context,
    ) {
        let old = self.old_status();
        if self.leaves_terminated(&old, &new) {
            return;
        }
        let now = context.api.clock().time(context.now);
        conditions::stamp(&mut new, &old, &now);
        if new.start_time.is_none() {
            new.start_time = Some(now);
            self.arm_deadline(host, context);
        }
        let same = self.status.as_deref() == Some(&new);
        if same && !force {
            return;
        }
        if !same {
            self.status = Some(Rc::new(new));
            self.wake_probes(host, context);
        }
        self.resend_status(host, context);
    }

    /// Lets the newest status be written (again).
    pub fn resend_status(&mut self, host: &mut Host, context: &mut Context) {
        self.status_version += 1;
        if !host.statuses.dirty.contains(&self.uid) {
            host.statuses.dirty.push_back(Rc::clone(&self.uid));
        }
        if !host.statuses.busy {
            host.statuses.busy = true;
            // The batch is made from what is there when all of this moment's work is done.
            host.wake_at(context.now, Wake::Statuses, context);
        }
    }

    /// kubelet: without a restart policy that allows it, no container leaves its terminated state.
    fn leaves_terminated(&self, old: &PodStatus, new: &PodStatus) -> bool {
        let ended = |one: &&ContainerStatus| {
            one.state
                .as_ref()
                .and_then(|state| state.terminated.as_ref())
                .is_some()
        };
        if self.plan.may_restart_all {
            return false;
        }
        status::all(old).filter(ended).any(|one| {
            let Some(slot) = self.plan.slot(&one.name) else {
                return false;
            };
            let is_sidecar =
                self.plan.containers[slot].kind == super::inspect::ContainerKind::Sidecar;
            let code = status::terminated(one.state.as_ref()).map_or(0, |ended| ended.exit_code);
            let spec = self.plan.spec(&self.pod.spec, slot);
            let may_restart = super::plan::should_restart(spec, &self.pod.spec, code);
            let stays = find(new, &one.name).is_none_or(|new| ended(&new));
            !may_restart && !is_sidecar && !stays
        })
    }

    /// The last status of a pod: what is not known by now has failed.
    pub fn terminate_status(&mut self, host: &mut Host, context: &mut Context) {
        let mut new = (*self.old_status()).clone();
        let any_ended = |list: &[ContainerStatus]| {
            list.iter().any(|one| {
                one.state
                    .as_ref()
                    .is_some_and(|s| s.running.is_some() || s.terminated.is_some())
                    || status::terminated(one.last_state.as_ref()).is_some()
            })
        };
        let apps = new.container_statuses.as_deref().unwrap_or_default();
        let initialized = self.plan.init_count == 0 || any_ended(apps);
        if initialized {
            lost(new.container_statuses.iter_mut().flatten());
        }
        let init = new.init_container_statuses.get_or_insert_default();
        let begun = init
            .iter()
            .rposition(|one| any_ended(std::slice::from_ref(one)));
        lost(init.iter_mut().take(begun.map_or(0, |last| last + 1)));
        if init.is_empty() {
            new.init_container_statuses = None;
        }
        if !is_terminal(new.phase.as_deref()) {
            new.phase = Some("Failed".to_owned());
        }
        self.status_is_final = true;
        self.set_status(new, true, host, context);
    }

    /// Whether a container of the pod may still run.
    fn may_run(&self) -> bool {
        !self.rejected && matches!(self.work, WorkState::Syncing | WorkState::Terminating)
    }
}

/// Containers of which nothing is known are reported as failed.
fn lost<'a>(statuses: impl Iterator<Item = &'a mut ContainerStatus>) {
    for status in statuses {
        if status::terminated(status.state.as_ref()).is_none() {
            status.state = Some(ContainerState {
                terminated: Some(ContainerStateTerminated {
                    reason: Some("ContainerStatusUnknown".to_owned()),
                    message: Some(
                        "The container could not be located when the pod was terminated".to_owned(),
                    ),
                    exit_code: 137,
                    ..Default::default()
                }),
                ..Default::default()
            });
        }
    }
}

impl Kubelet {
    /// Writes the next status of the batch, or makes a batch of those that have changed.
    pub(super) fn write_status(&mut self, context: &mut Context) {
        if !self.host.up {
            self.host.statuses = super::host::StatusQueue::default();
            return;
        }
        if let Some(write) = self.host.statuses.batch.pop_front() {
            self.write(&write, context);
        }
        if self.host.statuses.batch.is_empty() {
            let dirty = std::mem::take(&mut self.host.statuses.dirty);
            let batch = dirty.iter().filter_map(|uid| {
                let worker = self.workers.get(uid)?;
                Some(StatusWrite {
                    uid: Rc::clone(uid),
                    status: Rc::clone(worker.status.as_ref()?),
                    version: worker.status_version,
                    cause: worker.cause,
                })
            });
            self.host.statuses.batch = batch.collect();
        }
        self.host.statuses.busy = !self.host.statuses.batch.is_empty();
        if self.host.statuses.busy {
            let takes = write_time(&mut self.host);
            let at = context.now + takes;
            self.host.wake_at(at, Wake::Statuses, context);
        }
    }

    fn write(&mut self, write: &StatusWrite, context: &mut Context) {
        let Some(worker) = self.workers.get_mut(&write.uid) else {
            return;
        };
        let worker = Rc::make_mut(worker);
        let key = &worker.key;
        let stored = context.api.get::<Pod>(&key.namespace, &key.name);
        let Some(mut pod) = stored.filter(|pod| pod.uid() == &*write.uid).cloned() else {
            return;
        };
        if write.cause.0 != 0 {
            context.cause = write.cause;
        }
        let merged = if goes_as_it_is(&pod.status, &write.status) {
            Rc::clone(&write.status)
        } else {
            Rc::new(merge(&pod, &write.status, worker.may_run()))
        };
        if merged != pod.status {
            pod.status = merged;
            pod.version = 0;
            if let Ok(new) = context
                .api
                .update_status(&pod.into_object(), context.moment())
                && let Some(new) = new.typed::<Pod>()
            {
                worker.take_pod(new.clone());
            }
        }
        worker.written_version = write.version;
        let ended = is_terminal(worker.pod.status.phase.as_deref());
        if worker.pod.is_deleting() && ended && worker.status_is_final && !worker.may_run() {
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                uid: Some(write.uid.to_string()),
                ..Default::default()
            };
            // The pod was there a moment ago; if it is not, nothing is left to do.
            let _gone = context.api.delete(&worker.key, &options, context.moment());
        }
    }
}

fn write_time(host: &mut Host) -> Duration {
    host.between(STATUS_WRITE_MIN, STATUS_WRITE_MAX)
}

/// Whether there is nothing to [`merge`]: nobody else's conditions, and no last phase. So are nearly all.
fn goes_as_it_is(old: &PodStatus, new: &PodStatus) -> bool {
    let own = |status: &PodStatus| {
        let mut conditions = status.conditions.iter().flatten();
        conditions.all(|one| conditions::OWNED.contains(&one.type_.as_str()))
    };
    new.conditions.is_some()
        && own(old)
        && own(new)
        && old.nominated_node_name == new.nominated_node_name
        && old.resource_claim_statuses == new.resource_claim_statuses
        && old.qos_class == new.qos_class
        && !is_terminal(old.phase.as_deref())
        && !is_terminal(new.phase.as_deref())
}

/// The status to write: others' conditions as the API server has them, and no last phase while a container
/// may still run.
fn merge(pod: &Pod, new: &PodStatus, may_run: bool) -> PodStatus {
    let old = &pod.status;
    let mut merged = new.clone();
    let owned = |type_: &str| conditions::OWNED.contains(&type_);
    let theirs = old
        .conditions
        .iter()
        .flatten()
        .filter(|one| !owned(&one.type_));
    let own = new
        .conditions
        .iter()
        .flatten()
        .filter(|one| owned(&one.type_));
    merged.conditions = Some(theirs.chain(own).cloned().collect());
    merged
        .nominated_node_name
        .clone_from(&old.nominated_node_name);
    merged
        .resource_claim_statuses
        .clone_from(&old.resource_claim_statuses);
    merged.qos_class.clone_from(&old.qos_class);
    let ends = is_terminal(new.phase.as_deref()) && !is_terminal(old.phase.as_deref());
    if ends && !may_run {
        // kubelet: the sign of an eviction comes with the last phase.
        let target = new.conditions.iter().flatten();
        if let Some(target) = target.clone().find(|one| one.type_ == "DisruptionTarget") {
            conditions::replace(&mut merged, target.clone());
        }
    }
    // A status that was on its way when the pod ended must not take it out of its last phase.
    let left = is_terminal(old.phase.as_deref()) && new.phase != old.phase;
    if left || (ends && may_run) {
        merged.phase.clone_from(&old.phase);
        merged.reason.clone_from(&old.reason);
        merged.message.clone_from(&old.message);
    }
    if is_terminal(merged.phase.as_deref()) {
        let reason = match merged.phase.as_deref() {
            Some("Failed") => "PodFailed",
            _ => "PodCompleted",
        };
        for condition in merged.conditions.iter_mut().flatten() {
            let says_ready = matches!(condition.type_.as_str(), "Ready" | "ContainersReady");
            if says_ready && condition.status == "True" {
                "False".clone_into(&mut condition.status);
                condition.reason = Some(reason.to_owned());
            }
        }
    }
    merged
}
