//! Probe workers: one per container and probe. Each ticks with the probe's period, looks whether there is
//! anything to ask, and turns answers into verdicts by the thresholds.

use std::rc::Rc;
use std::time::Duration;

use crate::api::core::{ContainerStatus, PodStatus, Probe};
use crate::cluster::Context;
use crate::cluster::fault::ProbeType;
use crate::kernel::SimTime;

use super::Timer;
use super::conditions;
use super::host::Host;
use super::inspect::{ContainerKind, PROBE_HISTORY, ProbeResult};
use super::plan::{Slot, probe_field, probe_of};
use super::probes::Verdict;
use super::status;
use super::worker::Worker;

/// A probe worker.
#[derive(Clone, Debug, Default)]
pub(super) struct ProbeWorker {
    /// The instance that it last looked at.
    pub instance: Option<u32>,
    /// Its verdict on that instance; the outer `None` before there is any, the inner one is "unknown".
    pub verdict: Option<Option<bool>>,
    /// The last answer, and how often it came in a row.
    last: Option<bool>,
    run: u32,
    /// Nothing is asked until there is a new instance.
    on_hold: bool,
    /// A question is under way.
    pub asking: bool,
    /// A tick came while a question was under way.
    again: bool,
    /// An answer that is on its way.
    pub answer: Option<Verdict>,
    /// When it ticks next.
    pub next_at: Option<SimTime>,
    /// Since when its container does not run, once a tick has shown it.
    idle_since: Option<SimTime>,
    /// The last results of the instance.
    pub results: Vec<ProbeResult>,
    /// All results of the instance.
    pub count: u64,
}

/// What comes of a tick.
enum Tick {
    /// The next one.
    Goes,
    /// None until the container runs again.
    Idles,
    /// None ever.
    Ends,
}

impl ProbeWorker {
    /// Consecutive failures and successes.
    pub fn streak(&self) -> (u32, u32) {
        match self.last {
            Some(true) => (0, self.run),
            Some(false) => (self.run, 0),
            None => (0, 0),
        }
    }

    fn note(&mut self, at: SimTime, verdict: &Verdict) {
        let (ok, text) = match verdict {
            Verdict::Passed(text) => (true, &**text),
            Verdict::Warning(text) => (true, text.as_str()),
            Verdict::Failed(text) | Verdict::Errored(text) => (false, text.as_str()),
        };
        if self.results.len() == PROBE_HISTORY {
            self.results.remove(0);
        }
        self.count += 1;
        // Most answers are like the one before, and a page may be long.
        let same = self.results.last().map(|last| &last.message);
        let message = match (same.filter(|same| ***same == *text), verdict) {
            (Some(same), _) => Rc::clone(same),
            (None, Verdict::Passed(text)) => Rc::clone(text),
            (None, _) => text.into(),
        };
        self.results.push(ProbeResult { at, ok, message });
    }
}

const TYPES: [ProbeType; 3] = [
    ProbeType::Startup,
    ProbeType::Readiness,
    ProbeType::Liveness,
];

impl Worker {
    /// Starts the probe workers that are missing.
    pub fn add_probes(&mut self, host: &mut Host, context: &mut Context) {
        let plan = Rc::clone(&self.plan);
        for (slot, container) in plan.containers.iter().enumerate() {
            if container.kind == ContainerKind::Init {
                continue;
            }
            for probe in TYPES {
                let spec = plan.spec(&self.pod.spec, slot);
                let Some(spec) = probe_of(spec, probe) else {
                    continue;
                };
                if self.probes.contains_key(&(slot, probe)) {
                    continue;
                }
                let period = period(spec);
                // kubelet: after a restart of the kubelet the workers spread over their period.
                let delay = if context.now.since(host.started) < period {
                    host.between(Duration::ZERO, period)
                } else {
                    Duration::ZERO
                };
                self.probes.insert((slot, probe), ProbeWorker::default());
                self.tick_at(slot, probe, context.now + delay, host, context);
            }
        }
    }

    /// Lets a worker tick at a moment.
    pub fn tick_at(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        at: SimTime,
        host: &Host,
        context: &mut Context,
    ) {
        if let Some(worker) = self.probes.get_mut(&(slot, probe)) {
            worker.next_at = Some(at);
            worker.idle_since = None;
            self.arm(probe_timer(slot, probe), at, host, context);
        }
    }

    fn remove_probe(&mut self, slot: Slot, probe: ProbeType) {
        self.probes.remove(&(slot, probe));
        self.timers.remove(&probe_timer(slot, probe));
        self.timers.remove(&answer_timer(slot, probe));
    }

    /// The pod is going: only readiness is still asked.
    pub fn stop_liveness_and_startup_probes(&mut self) {
        for slot in self.plan.app_slots() {
            self.remove_probe(slot, ProbeType::Liveness);
            self.remove_probe(slot, ProbeType::Startup);
        }
    }

    /// No probe is needed any more.
    pub fn remove_probes(&mut self) {
        let all: Vec<(Slot, ProbeType)> = self.probes.keys().copied().collect();
        for (slot, probe) in all {
            self.remove_probe(slot, probe);
        }
    }

    /// A tick of a probe worker.
    pub fn probe_tick(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        host: &mut Host,
        context: &mut Context,
    ) {
        let pod = Rc::clone(&self.pod.spec);
        let plan = Rc::clone(&self.plan);
        let spec = probe_of(plan.spec(&pod, slot), probe);
        let (Some(spec), Some(worker)) = (spec, self.probes.get_mut(&(slot, probe))) else {
            return;
        };
        if worker.asking {
            worker.again = true;
            return;
        }
        let next = context.now + period(spec);
        match self.probe_once(slot, probe, spec, host, context) {
            Tick::Goes => self.tick_at(slot, probe, next, host, context),
            Tick::Idles => {
                if let Some(worker) = self.probes.get_mut(&(slot, probe)) {
                    worker.next_at = None;
                    worker.idle_since = Some(context.now);
                }
            }
            Tick::Ends => self.remove_probe(slot, probe),
        }
    }

    /// Lets the workers of containers that run tick again. While a container does not run, the ticks of
    /// its workers would show nothing and are no events.
    pub fn wake_probes(&mut self, host: &Host, context: &mut Context) {
        let idle = self
            .probes
            .iter()
            .filter(|(_, one)| one.idle_since.is_some());
        let idle: Vec<(Slot, ProbeType)> = idle.map(|(key, _)| *key).collect();
        for (slot, probe) in idle {
            let name = &self.plan.containers[slot].name;
            let status = self.status.as_ref().and_then(|all| status::find(all, name));
            let state = status.and_then(|status| status.state.as_ref());
            if state.is_none_or(|state| state.running.is_none()) {
                continue;
            }
            let pod = Rc::clone(&self.pod.spec);
            let plan = Rc::clone(&self.plan);
            let spec = probe_of(plan.spec(&pod, slot), probe);
            let Some((spec, worker)) = spec.zip(self.probes.get_mut(&(slot, probe))) else {
                continue;
            };
            if let Some(since) = worker.idle_since.take() {
                let next = super::host::next_of(since, period(spec), context.now);
                self.tick_at(slot, probe, next, host, context);
            }
        }
    }

    /// Asks the container if there is reason to.
    fn probe_once(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        spec: &Probe,
        host: &mut Host,
        context: &mut Context,
    ) -> Tick {
        let Some(status) = self.status.clone() else {
            return Tick::Goes;
        };
        if status::is_terminal(status.phase.as_deref()) {
            return Tick::Ends;
        }
        let name = Rc::clone(&self.plan.containers[slot].name);
        let Some(container) = status::find(&status, &name).filter(|c| c.container_id.is_some())
        else {
            return Tick::Goes;
        };
        let Some(number) = self.number_of(container) else {
            return Tick::Goes;
        };
        self.look_at_instance(slot, probe, number, host, context);
        if self
            .probes
            .get(&(slot, probe))
            .is_none_or(|worker| worker.on_hold)
        {
            return Tick::Goes;
        }
        let state = container.state.as_ref();
        let running = state.and_then(|state| state.running.as_ref());
        let Some(running) = running else {
            self.set_verdict(slot, probe, Some(false), host, context);
            return match self.probe_stays(slot, container) {
                true => Tick::Idles,
                false => Tick::Ends,
            };
        };
        if self.pod.is_deleting() && probe != ProbeType::Readiness {
            self.set_verdict(slot, probe, Some(true), host, context);
            return Tick::Ends;
        }
        let started = running
            .started_at
            .as_ref()
            .map(|at| context.api.clock().moment(at));
        let delay = u64::try_from(spec.initial_delay_seconds.unwrap_or(0)).unwrap_or(0);
        if context.now.since(started.unwrap_or(context.now)).as_secs() < delay {
            return Tick::Goes;
        }
        // kubelet: the startup probe alone until it has passed, the others alone after that.
        if (container.started == Some(true)) == (probe == ProbeType::Startup) {
            return Tick::Goes;
        }
        if let Some(worker) = self.probes.get_mut(&(slot, probe)) {
            worker.asking = true;
        }
        self.ask(slot, probe, spec, number, host, context);
        Tick::Goes
    }

    /// A new instance begins with the probe's first verdict.
    fn look_at_instance(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        number: u32,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(worker) = self.probes.get_mut(&(slot, probe)) else {
            return;
        };
        if worker.instance == Some(number) {
            return;
        }
        worker.instance = Some(number);
        worker.verdict = None;
        worker.on_hold = false;
        worker.results.clear();
        worker.count = 0;
        if self.ran_before_kubelet(number, host) {
            return;
        }
        let first = match probe {
            ProbeType::Readiness => Some(false),
            ProbeType::Liveness => Some(true),
            ProbeType::Startup => None,
        };
        self.set_verdict(slot, probe, first, host, context);
    }

    /// kubelet: an instance that ran 10 s before the kubelet started keeps its readiness until it is asked.
    pub fn ran_before_kubelet(&self, number: u32, host: &Host) -> bool {
        let instance = self.runtime.instance(number);
        match instance.map(|one| &one.record.state) {
            Some(super::runtime::RecordState::Running { started }) => {
                *started + Duration::from_secs(10) < host.started
            }
            _ => false,
        }
    }

    /// The instance that a container status is about.
    pub fn number_of(&self, status: &ContainerStatus) -> Option<u32> {
        let id = status
            .container_id
            .as_deref()?
            .strip_prefix("containerd://")?;
        let mut instances = self.runtime.instances.iter();
        instances
            .find(|one| &*one.record.id == id)
            .map(|one| one.record.number)
    }

    fn probe_stays(&self, slot: Slot, container: &ContainerStatus) -> bool {
        let ended = status::terminated(container.state.as_ref());
        ended.is_none_or(|ended| self.may_come_back(slot, ended))
    }

    /// The answer to a probe is there.
    pub fn probe_answered(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        host: &mut Host,
        context: &mut Context,
    ) {
        let worker = self.probes.get_mut(&(slot, probe));
        if let Some(answer) = worker.and_then(|worker| worker.answer.take()) {
            self.probe_verdict(slot, probe, &answer, host, context);
        }
    }

    /// An answer counts: events, thresholds, and what follows.
    pub fn probe_verdict(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        answer: &Verdict,
        host: &mut Host,
        context: &mut Context,
    ) {
        let pod = Rc::clone(&self.pod.spec);
        let plan = Rc::clone(&self.plan);
        let spec = probe_of(plan.spec(&pod, slot), probe);
        let (Some(spec), Some(worker)) = (spec, self.probes.get_mut(&(slot, probe))) else {
            return;
        };
        if !worker.asking {
            return;
        }
        worker.asking = false;
        worker.note(context.now, answer);
        let again = std::mem::take(&mut worker.again);
        self.probe_event(slot, probe, answer, host, context);
        let ok = match answer {
            Verdict::Passed(_) | Verdict::Warning(_) => Some(true),
            Verdict::Failed(_) => Some(false),
            // kubelet: an error of the prober itself is thrown away.
            Verdict::Errored(_) => None,
        };
        if let Some(ok) = ok {
            self.count_answer(slot, probe, ok, spec, host, context);
        }
        if again {
            self.tick_at(slot, probe, context.now, host, context);
        }
    }

    fn probe_event(
        &self,
        slot: Slot,
        probe: ProbeType,
        answer: &Verdict,
        host: &mut Host,
        context: &mut Context,
    ) {
        let (reason, message) = match answer {
            Verdict::Passed(_) => return,
            Verdict::Warning(text) => ("ProbeWarning", format!("{probe:?} probe warning: {text}")),
            Verdict::Failed(text) => ("Unhealthy", format!("{probe:?} probe failed: {text}")),
            Verdict::Errored(text) => (
                "Unhealthy",
                format!("{probe:?} probe errored and resulted in unknown state: {text}"),
            ),
        };
        self.event(Some(slot), true, reason, message, host, context);
    }

    fn count_answer(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        ok: bool,
        spec: &Probe,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(worker) = self.probes.get_mut(&(slot, probe)) else {
            return;
        };
        let changed = worker.last != Some(ok);
        worker.run = if changed { 1 } else { worker.run + 1 };
        worker.last = Some(ok);
        let run = worker.run;
        let (threshold, field) = if ok {
            (spec.success_threshold.unwrap_or(1), "successThreshold")
        } else {
            (spec.failure_threshold.unwrap_or(3), "failureThreshold")
        };
        let threshold = u32::try_from(threshold).unwrap_or(1).max(1);
        let is_news = !ok && run <= threshold || changed;
        if is_news {
            let reads = [self.path(slot, &format!("{}.{field}", probe_field(probe)))];
            let text = match ok {
                true => format!("**{probe:?} probe passed** ({run} of {threshold})"),
                false => format!("**{probe:?} probe failed** ({run} of {threshold})"),
            };
            let code = if ok { "probe-passed" } else { "probe-failed" };
            self.step(Some(slot), code, text, &reads, host, context);
        }
        if run < threshold {
            return;
        }
        if ((probe == ProbeType::Liveness && !ok) || probe == ProbeType::Startup)
            && let Some(worker) = self.probes.get_mut(&(slot, probe))
        {
            worker.on_hold = true;
            worker.run = 0;
        }
        self.set_verdict(slot, probe, Some(ok), host, context);
    }

    /// Keeps a verdict; a new one reaches the status and starts a sync.
    fn set_verdict(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        verdict: Option<bool>,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(worker) = self.probes.get_mut(&(slot, probe)) else {
            return;
        };
        if worker.verdict == Some(verdict) {
            return;
        }
        worker.verdict = Some(verdict);
        let number = worker.instance;
        match probe {
            ProbeType::Liveness if verdict != Some(false) => return,
            ProbeType::Liveness => {}
            ProbeType::Readiness | ProbeType::Startup => {
                let yes = verdict == Some(true);
                self.report_verdict(probe, number, yes, host, context);
            }
        }
        self.notify(host, context);
    }

    /// Readiness and start are written to the status at once, before the sync that follows.
    fn report_verdict(
        &mut self,
        probe: ProbeType,
        number: Option<u32>,
        yes: bool,
        host: &mut Host,
        context: &mut Context,
    ) {
        let record = number
            .and_then(|number| self.runtime.instance(number))
            .map(|one| &one.record);
        let Some(id) = record.map(|record| format!("containerd://{}", record.id)) else {
            return;
        };
        let Some(old) = self.status.clone() else {
            return;
        };
        let is_startup = probe == ProbeType::Startup;
        let known = status::all(&old).find(|one| one.container_id.as_ref() == Some(&id));
        let says_so = |one: &ContainerStatus| match is_startup {
            true => one.started == Some(yes),
            false => one.ready == yes,
        };
        if known.is_none_or(says_so) {
            return;
        }
        let mut new = (*old).clone();
        let plan = Rc::clone(&self.plan);
        let Some(status) = by_id(&mut new, &id) else {
            return;
        };
        if is_startup {
            status.started = Some(yes);
        } else {
            status.ready = yes;
            conditions::refresh_readiness(&self.pod, &plan, &mut new);
        }
        self.set_status(new, false, host, context);
    }

    /// A fault sets what a probe answers, or lets it ask again.
    pub fn force_probe(&mut self, container: &str, probe: ProbeType, outcome: Option<bool>) {
        let Some(slot) = self.plan.slot(container) else {
            return;
        };
        match outcome {
            Some(outcome) => self.forced.insert((slot, probe), outcome),
            None => self.forced.remove(&(slot, probe)),
        };
    }
}

/// The timer of a worker's ticks.
pub(super) fn probe_timer(slot: Slot, probe: ProbeType) -> Timer {
    Timer::Probe(u32::try_from(slot).unwrap_or(u32::MAX), probe)
}

/// The timer of an answer.
pub(super) fn answer_timer(slot: Slot, probe: ProbeType) -> Timer {
    Timer::ProbeAnswer(u32::try_from(slot).unwrap_or(u32::MAX), probe)
}

fn period(spec: &Probe) -> Duration {
    let seconds = u64::try_from(spec.period_seconds.unwrap_or(10)).unwrap_or(10);
    Duration::from_secs(seconds.max(1))
}

fn by_id<'a>(status: &'a mut PodStatus, id: &str) -> Option<&'a mut ContainerStatus> {
    let init = status.init_container_statuses.iter_mut().flatten();
    let mut all = init.chain(status.container_statuses.iter_mut().flatten());
    all.find(|one| one.container_id.as_deref() == Some(id))
}
