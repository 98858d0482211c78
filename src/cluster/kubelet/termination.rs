//! Stopping containers: preStop hook, stop signal, SIGKILL, all within one grace period; sidecars after
//! the app containers, in reverse order.

use crate::cluster::Context;
use crate::cluster::process::Signal;
use crate::cluster::timing::MINIMUM_GRACE_SECONDS;
use crate::kernel::SimTime;
use std::time::Duration;

use super::Timer;
use super::actions::KillReason;
use super::exec::{HookOutcome, Purpose};
use super::host::Host;
use super::inspect::{ContainerKind, WorkState};
use super::plan::{Slot, grace_seconds};
use super::worker::Worker;

/// An instance that is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// Which container.
    pub slot: Slot,
    /// Why it is stopped.
    pub why: KillReason,
    /// Since when; the grace period runs from here.
    pub since: SimTime,
    /// What is left of the grace period, in whole seconds, as of the present stage.
    pub grace: i64,
    /// How far it is.
    pub stage: Stage,
    /// Since when it is in this stage.
    pub stage_since: SimTime,
    /// When its preStop hook ended.
    pub pre_stop_done_at: Option<SimTime>,
    /// Whether it waits for other containers first.
    pub ordered: bool,
}

/// The stages of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The preStop hook runs.
    PreStop,
    /// It waits for the containers that go before it.
    Turn,
    /// It got its stop signal.
    Signalled,
    /// It got SIGKILL.
    Killed,
}

impl Worker {
    /// Begins to stop an instance. `grace` overrides what the pod and the probe say.
    pub fn stop(
        &mut self,
        number: u32,
        message: String,
        why: KillReason,
        grace: Option<i64>,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(instance) = self.runtime.instance(number) else {
            return;
        };
        let slot = instance.record.slot;
        if !instance.record.state.is_running() || self.stops.contains_key(&number) {
            return;
        }
        let name = &self.plan.containers[slot].name;
        let message = if message.is_empty() {
            format!("Stopping container {name}")
        } else {
            message
        };
        let grace = grace.unwrap_or_else(|| self.grace_for(slot, why).0);
        let text = match why {
            KillReason::RestartAll => {
                format!("Stopping container {name} **without a grace period**, to start over")
            }
            _ => format!("{message}; grace period **{grace} s**"),
        };
        let reads = self.grace_reads(slot, why);
        self.event(Some(slot), false, "Killing", message, host, context);
        self.step(Some(slot), "stop-container", text, &reads, host, context);
        let stop = Stop {
            slot,
            why,
            since: context.now,
            grace,
            stage: Stage::PreStop,
            stage_since: context.now,
            pre_stop_done_at: None,
            ordered: why == KillReason::Pod && self.plan.has_sidecars,
        };
        self.stops.insert(number, stop);
        let spec = self.plan.spec(&self.pod.spec, slot);
        let hook = spec.lifecycle.as_ref().and_then(|one| one.pre_stop.clone());
        match hook.filter(|_| grace > 0) {
            Some(hook) => {
                let text = "The **preStop** hook starts; it uses up the grace period".to_owned();
                let reads = [self.path(slot, "lifecycle.preStop")];
                self.step(Some(slot), "hook-started", text, &reads, host, context);
                let end = context.now + seconds(grace);
                self.arm(Timer::Stop(number), end, host, context);
                self.run_hook(Purpose::PreStop(number), slot, &hook, host, context);
            }
            None => self.wait_for_turn(number, host, context),
        }
    }

    /// The field that sets the grace period of a stop, if one does.
    fn grace_reads(&self, slot: Slot, why: KillReason) -> Vec<String> {
        let field = (why != KillReason::RestartAll).then(|| self.grace_for(slot, why).1);
        field.into_iter().collect()
    }

    /// The grace period of a container, and the field that sets it. kubelet: a probe may bring its own,
    /// unless the pod is being deleted.
    fn grace_for(&self, slot: Slot, why: KillReason) -> (i64, String) {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let (probe, field) = match why {
            KillReason::Startup => (spec.startup_probe.as_ref(), "startupProbe"),
            KillReason::Liveness => (spec.liveness_probe.as_ref(), "livenessProbe"),
            _ => (None, ""),
        };
        let own = probe.and_then(|probe| probe.termination_grace_period_seconds);
        match own.filter(|_| !self.pod.is_deleting()) {
            Some(own) => {
                let field = format!("{field}.terminationGracePeriodSeconds");
                (own, self.path(slot, &field))
            }
            None => (
                grace_seconds(&self.pod),
                "spec.terminationGracePeriodSeconds".to_owned(),
            ),
        }
    }

    /// The preStop hook of an instance has ended.
    pub fn pre_stop_ended(
        &mut self,
        number: u32,
        outcome: &HookOutcome,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(stop) = self.stops.get(&number).copied() else {
            return;
        };
        if stop.stage != Stage::PreStop {
            return;
        }
        if let HookOutcome::Failed(why) = outcome {
            let message = "PreStopHook failed".to_owned();
            self.event(
                Some(stop.slot),
                true,
                "FailedPreStopHook",
                message,
                host,
                context,
            );
            let text = format!("The preStop hook **failed**: {why}");
            let reads = [self.path(stop.slot, "lifecycle.preStop")];
            self.step(Some(stop.slot), "hook-failed", text, &reads, host, context);
        }
        if let Some(stop) = self.stops.get_mut(&number) {
            stop.pre_stop_done_at = Some(context.now);
        }
        self.wait_for_turn(number, host, context);
    }

    /// A stop has come to the end of its stage's time.
    pub fn stop_goes_on(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        let Some(stop) = self.stops.get(&number).copied() else {
            return;
        };
        match stop.stage {
            Stage::PreStop => self.wait_for_turn(number, host, context),
            Stage::Turn => self.send_stop_signal(number, host, context),
            Stage::Signalled => self.send_kill(number, host, context),
            Stage::Killed => {}
        }
    }

    fn wait_for_turn(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        let Some(stop) = self.stops.get_mut(&number) else {
            return;
        };
        // kubelet: what a stage took is cut down to whole seconds before it is taken off.
        stop.grace -= whole_seconds(context.now.since(stop.stage_since));
        stop.stage = Stage::Turn;
        stop.stage_since = context.now;
        let (grace, ordered) = (stop.grace, stop.ordered);
        if ordered && grace > 0 && !self.has_turn(number) {
            self.arm(
                Timer::Stop(number),
                context.now + seconds(grace),
                host,
                context,
            );
        } else {
            self.send_stop_signal(number, host, context);
        }
    }

    /// Whether the containers that go before this one have stopped: for a sidecar all app containers and
    /// the sidecars after it.
    fn has_turn(&self, number: u32) -> bool {
        let Some(own) = self.stops.get(&number) else {
            return true;
        };
        if self.plan.containers[own.slot].kind != ContainerKind::Sidecar {
            return true;
        }
        let later = |slot: Slot| match self.plan.containers[slot].kind {
            ContainerKind::App | ContainerKind::Ephemeral => true,
            ContainerKind::Sidecar => slot > own.slot,
            ContainerKind::Init => false,
        };
        !self.stops.values().any(|stop| later(stop.slot))
    }

    fn send_stop_signal(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        let Some(stop) = self.stops.get_mut(&number) else {
            return;
        };
        if stop.stage == Stage::Turn {
            stop.grace -= whole_seconds(context.now.since(stop.stage_since));
        }
        stop.grace = stop.grace.max(MINIMUM_GRACE_SECONDS);
        stop.stage = Stage::Signalled;
        stop.stage_since = context.now;
        let (slot, why, grace) = (stop.slot, stop.why, stop.grace);
        let signal = self.stop_signal(slot);
        let text = format!("Gets **{}**; SIGKILL follows in {grace} s", signal.name());
        let reads = self.grace_reads(slot, why);
        self.step(Some(slot), "stop-signal", text, &reads, host, context);
        self.arm(
            Timer::Stop(number),
            context.now + seconds(grace),
            host,
            context,
        );
        self.signal(number, signal, host, context);
    }

    fn stop_signal(&self, slot: Slot) -> Signal {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let own = spec
            .lifecycle
            .as_ref()
            .and_then(|one| one.stop_signal.as_deref());
        let image = self.plan.containers[slot].image.as_ref();
        own.and_then(Signal::parse)
            .or_else(|| image.ok().map(|image| image.name.stop_signal()))
            .unwrap_or(Signal::TERM)
    }

    fn send_kill(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        let Some(stop) = self.stops.get_mut(&number) else {
            return;
        };
        stop.stage = Stage::Killed;
        stop.stage_since = context.now;
        let (slot, why) = (stop.slot, stop.why);
        let text = "The grace period is over: **SIGKILL**".to_owned();
        let reads = self.grace_reads(slot, why);
        self.step(Some(slot), "sigkill", text, &reads, host, context);
        self.signal(number, Signal::KILL, host, context);
    }

    /// An instance has ended: if it was being stopped, its stop is over and others may have their turn.
    pub fn stop_finished(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        if self.stops.remove(&number).is_none() {
            return;
        }
        self.timers.remove(&Timer::Stop(number));
        let waiting: Vec<u32> = self
            .stops
            .iter()
            .filter(|(_, stop)| stop.stage == Stage::Turn)
            .map(|(number, _)| *number)
            .collect();
        for number in waiting {
            if self.has_turn(number) {
                self.send_stop_signal(number, host, context);
            }
        }
        self.stops_may_be_over(host, context);
    }

    /// Whether the pod's `activeDeadlineSeconds` are over.
    pub fn is_past_deadline(&self, context: &Context) -> bool {
        let start = self
            .status
            .as_ref()
            .unwrap_or(&self.pod.status)
            .start_time
            .as_ref();
        let limit = self.pod.spec.active_deadline_seconds;
        let (Some(start), Some(limit)) = (start, limit) else {
            return false;
        };
        context.now >= context.api.clock().moment(start) + seconds(limit)
    }
}

impl Worker {
    /// kubelet: the sync loop's tick finds that the deadline is over.
    pub fn arm_deadline(&mut self, host: &Host, context: &mut Context) {
        if let Some(limit) = self.pod.spec.active_deadline_seconds {
            let start = context.api.clock().time(context.now);
            let start = context.api.clock().moment(&start);
            let tick = host.tick_at(start + seconds(limit));
            self.arm(Timer::Deadline, tick, host, context);
        }
    }

    /// The deadline is over.
    pub fn deadline_over(&mut self, host: &mut Host, context: &mut Context) {
        if self.work == WorkState::Syncing && !self.has_terminal_status() {
            let text = "The pod has been active for **longer than its deadline**".to_owned();
            let reads = ["spec.activeDeadlineSeconds".to_owned()];
            self.step(None, "deadline-exceeded", text, &reads, host, context);
            self.notify(host, context);
        }
    }
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0))
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
