//! The worker of one pod: everything that a kubelet knows and does about it.

use crate::kernel::OrderedMap;
use std::rc::Rc;

use crate::api::core::PodStatus;
use crate::api::{Object, ObjectKey, Pod, Resource};
use crate::cluster::fault::ProbeType;
use crate::cluster::process::Volumes;
use crate::cluster::recorder::Occurrence;
use crate::cluster::{Context, Step};
use crate::kernel::{SimTime, TraceId};

use super::Timer;
use super::backoff::BackOff;
use super::exec::{Exec, HookOutcome};
use super::host::Host;
use super::images::PullFailure;
use super::inspect::{CreationKind, StepProgress, WorkState};
use super::plan::{Plan, Slot, grace_seconds};
use super::probe_worker::ProbeWorker;
use super::runtime::{Observed, Runtime};
use super::settled::Settled;
use super::status::{StartError, is_terminal};
use super::sync::Activity;
use super::termination::Stop;
use super::volumes::Mounting;

/// The worker of one pod.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    /// The pod's key.
    pub key: ObjectKey,
    /// The pod's uid.
    pub uid: Rc<str>,
    /// The pod as the API server last told.
    pub pod: Pod,
    /// Its containers.
    pub plan: Rc<Plan>,
    /// The container runtime's part.
    pub runtime: Runtime,
    /// The content of its volumes.
    pub volumes: Volumes,
    /// How far the volume manager is with it.
    pub mounting: Mounting,
    /// What the PLEG last saw.
    pub observed: Rc<Observed>,
    /// When the PLEG last looked at this pod alone.
    pub observed_at: Option<SimTime>,
    /// The runtime's version then.
    listed_version: u64,
    /// Syncing, terminating …
    pub work: WorkState,
    /// Since when it is terminating.
    pub terminating_since: Option<SimTime>,
    /// The grace period in seconds, once it is terminating. It can only shrink.
    pub grace: Option<i64>,
    /// A change of its resources.
    pub resize: super::resize::Resize,
    /// Why the kubelet ends the pod of its own accord: reason, message, and since when it is the target of a
    /// disruption, if it is one.
    pub evicted: Option<(&'static str, String, Option<SimTime>)>,
    /// Bytes that it held on the disk when that was last looked at.
    pub written_bytes: u64,
    /// Whether the kubelet watches the ConfigMaps and Secrets of the pod: from its first sync with a network.
    pub registered: bool,
    /// Whether the pod is gone from the API server.
    pub gone: bool,
    /// Whether the kubelet refused the pod: nothing of it is ever started.
    pub rejected: bool,
    /// Whether something has happened since the last sync was taken on.
    pub pending: bool,
    /// A sync that was taken on and waits for the PLEG's next look.
    pub awaiting: Option<WorkState>,
    /// The sync that is under way.
    pub activity: Option<Activity>,
    /// When the last sync ended.
    pub last_sync: Option<SimTime>,
    /// The timers that are set.
    pub timers: OrderedMap<Timer, SimTime>,
    /// Why containers could not be started: the reason cache.
    pub errors: OrderedMap<Slot, StartError>,
    /// How many logs there are of containers whose instances were removed.
    pub removed_logs: OrderedMap<Slot, u32>,
    /// Back-off of restarts.
    pub back_offs: OrderedMap<Slot, BackOff>,
    /// Back-off of pulls, by image.
    pub pulls: OrderedMap<Rc<str>, PullFailure>,
    /// The probe workers.
    pub probes: OrderedMap<(Slot, ProbeType), ProbeWorker>,
    /// What probes answer by order of a fault.
    pub forced: OrderedMap<(Slot, ProbeType), bool>,
    /// Instances that are being stopped.
    pub stops: OrderedMap<u32, Stop>,
    /// Commands that run beside processes.
    pub execs: OrderedMap<u32, Exec>,
    /// How postStart hooks ended, by instance, until the sync has taken note.
    pub hook_outcomes: OrderedMap<u32, HookOutcome>,
    /// What the last command of a user has written.
    pub session: Option<super::inspect::Session>,
    /// Numbers the commands.
    pub last_exec: u32,
    /// The status manager's newest status.
    pub status: Option<Rc<PodStatus>>,
    /// What the status was computed from last, if that changed nothing.
    pub settled: Option<Rc<Settled>>,
    /// Rises with each new status.
    pub status_version: u64,
    /// The version that the API server has.
    pub written_version: u64,
    /// Whether the status is the last one: the pod has ended on this node.
    pub status_is_final: bool,
    /// How far the creation is, for those who look.
    pub progress: OrderedMap<(Option<Slot>, CreationKind), StepProgress>,
    /// The newest step about this pod: what its next steps follow from.
    pub cause: TraceId,
}

impl Worker {
    /// The worker of a pod that the kubelet has just heard of.
    pub fn new(key: ObjectKey, pod: Pod) -> Self {
        let plan = Rc::new(Plan::new(&pod.spec));
        Self {
            key,
            uid: pod.uid().into(),
            pod,
            plan,
            runtime: Runtime::default(),
            volumes: Volumes::default(),
            mounting: Mounting::default(),
            observed: Rc::default(),
            observed_at: None,
            listed_version: 0,
            work: WorkState::Syncing,
            terminating_since: None,
            grace: None,
            resize: super::resize::Resize::default(),
            evicted: None,
            written_bytes: 0,
            registered: false,
            gone: false,
            rejected: false,
            pending: false,
            awaiting: None,
            activity: None,
            last_sync: None,
            timers: OrderedMap::new(),
            errors: OrderedMap::new(),
            removed_logs: OrderedMap::new(),
            back_offs: OrderedMap::new(),
            pulls: OrderedMap::new(),
            probes: OrderedMap::new(),
            forced: OrderedMap::new(),
            stops: OrderedMap::new(),
            execs: OrderedMap::new(),
            hook_outcomes: OrderedMap::new(),
            session: None,
            last_exec: 0,
            status: None,
            settled: None,
            status_version: 0,
            written_version: 0,
            status_is_final: false,
            progress: OrderedMap::new(),
            cause: TraceId::ROOT,
        }
    }

    /// The kubelet has heard of the pod.
    pub fn added(&mut self, host: &mut Host, context: &mut Context) {
        if !self.rejected {
            self.become_terminating_if_asked(context);
            self.notify(host, context);
        }
    }

    /// The pod has changed in the API server; a sync is to follow.
    pub fn update(&mut self, pod: Pod, host: &mut Host, context: &mut Context) {
        let before = Rc::clone(&self.pod.spec);
        self.take_pod(pod);
        if !Rc::ptr_eq(&before, &self.pod.spec) {
            self.plan = Rc::new(Plan::new(&self.pod.spec));
        }
        if self.work == WorkState::Finished {
            if self.pod.is_deleting() {
                self.resend_status(host, context);
            }
            return;
        }
        self.become_terminating_if_asked(context);
    }

    /// The pod is gone from the API server.
    pub fn removed(&mut self, host: &mut Host, context: &mut Context) {
        self.gone = true;
        match self.work {
            WorkState::Finished => {}
            _ if self.rejected => self.work = WorkState::Finished,
            WorkState::Syncing => {
                self.become_terminating(context);
                self.notify(host, context);
            }
            _ => self.notify(host, context),
        }
    }

    /// Whether nothing is left of the pod, neither here nor in the API server.
    pub fn is_over(&self) -> bool {
        self.gone && self.work == WorkState::Finished
    }

    fn become_terminating_if_asked(&mut self, context: &mut Context) {
        let asked = self.pod.is_deleting() || is_terminal(self.pod.status.phase.as_deref());
        if asked && self.work == WorkState::Syncing {
            self.become_terminating(context);
        } else if self.work == WorkState::Terminating {
            self.set_grace();
        }
    }

    /// From here on the pod is only stopped, never set up.
    pub fn become_terminating(&mut self, context: &mut Context) {
        self.work = WorkState::Terminating;
        self.terminating_since = Some(context.now);
        self.set_grace();
        self.cancel_wait_for_volumes();
    }

    /// kubelet: the grace period can only decrease, and is at least one second.
    fn set_grace(&mut self) {
        let asked = grace_seconds(&self.pod);
        let grace = self.grace.map_or(asked, |grace| grace.min(asked));
        self.grace = Some(grace.max(1));
    }

    /// Something happened that a sync has to look at.
    pub fn notify(&mut self, host: &mut Host, context: &mut Context) {
        if self.work == WorkState::Finished || self.rejected {
            return;
        }
        self.pending = true;
        self.try_sync(host, context);
    }

    /// Whether the PLEG has looked since the last sync.
    pub fn is_fresh(&self, host: &Host, now: SimTime) -> bool {
        let Some(last) = self.last_sync else {
            return true;
        };
        host.last_listing(now).is_some_and(|listed| listed > last)
            || self.observed_at.is_some_and(|observed| observed > last)
    }

    /// The PLEG looks; true if it sees a change.
    pub fn list(&mut self, now: SimTime) -> bool {
        self.observed_at = Some(now);
        if self.listed_version == self.runtime.version {
            return false;
        }
        self.listed_version = self.runtime.version;
        self.observed = Rc::new(self.runtime.observe(&self.observed));
        true
    }

    /// One of the worker's timers has gone off.
    pub fn timer(&mut self, timer: Timer, host: &mut Host, context: &mut Context) {
        match timer {
            Timer::Activity => self.go_on(host, context),
            Timer::Due => self.notify(host, context),
            Timer::Relist => {
                if self.list(context.now) {
                    self.notify(host, context);
                } else {
                    self.try_sync(host, context);
                }
            }
            Timer::Process(number) => self.pump(number, host, context),
            Timer::Exec(number) => self.pump_exec(number, host, context),
            Timer::ExecTimeout(number) => self.exec_timed_out(number, host, context),
            Timer::Stop(number) => self.stop_goes_on(number, host, context),
            Timer::Probe(slot, probe) => self.probe_tick(slot as Slot, probe, host, context),
            Timer::ProbeAnswer(slot, probe) => {
                self.probe_answered(slot as Slot, probe, host, context);
            }
            Timer::Mount => self.try_mount(host, context),
            Timer::Deadline => self.deadline_over(host, context),
            Timer::Behaviour(number) => self.behave(number, host, context),
        }
    }

    /// Sets a timer, in place of the one of its kind.
    pub fn arm(&mut self, timer: Timer, at: SimTime, host: &Host, context: &mut Context) {
        let at = at.max(context.now);
        if self.timers.insert(timer, at) != Some(at) {
            host.timer_at(&self.uid, timer, at, context);
        }
    }

    /// Writes an event about the pod or one of its containers.
    pub fn event(
        &self,
        slot: Option<Slot>,
        warning: bool,
        reason: &'static str,
        message: String,
        host: &mut Host,
        context: &mut Context,
    ) {
        let about: Object = self.pod.clone().into_object();
        let occurrence = Occurrence {
            about: &about,
            field_path: slot.map(|slot| Rc::clone(&self.plan.containers[slot].field_path)),
            warning,
            reason,
            message: message.into(),
        };
        host.recorder.record(occurrence, context);
    }

    /// Records a step about the pod; what the worker does next follows from it.
    pub fn step(
        &mut self,
        slot: Option<Slot>,
        code: &'static str,
        text: String,
        reads: &[String],
        host: &Host,
        context: &mut Context,
    ) {
        let mut step = Step::new(host.actor(), self.key.clone(), code, text);
        if let Some(slot) = slot {
            step = step.of_container(&self.plan.containers[slot].name);
        }
        for path in reads {
            step = step.reading(path.as_str());
        }
        self.cause = context.step(step);
    }

    /// The path of a field of a container: `spec.containers[0].image`.
    pub fn path(&self, slot: Slot, field: &str) -> String {
        format!("{}.{field}", self.plan.containers[slot].path)
    }

    /// Notes how far a step of the creation is.
    pub fn note(&mut self, slot: Option<Slot>, kind: CreationKind, progress: StepProgress) {
        self.progress.insert((slot, kind), progress);
    }
}
