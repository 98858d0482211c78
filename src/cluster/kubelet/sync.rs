//! Syncs: what a worker does from looking at the pod to having brought the runtime in line with it. A sync
//! is a list of tasks; some take time, some wait for a process.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::cluster::Context;
use crate::cluster::process::ProgramSpec;
use crate::cluster::timing::{
    NETWORK_RETRY, RELIST_ONE, RESYNC, SANDBOX_STOP_MAX, SANDBOX_STOP_MIN, SYNC_RETRY,
    VOLUME_UNMOUNT,
};
use crate::kernel::SimTime;

use super::Timer;
use super::actions::{self, Kill, KillReason};
use super::host::Host;
use super::inspect::WorkState;
use super::plan::Slot;
use super::restart_all::Reset;
use super::runtime::Observed;
use super::status::{StartError, is_terminal};
use super::worker::Worker;

/// The runtime's words before its network plugin has started.
pub(super) const NETWORK_NOT_READY: &str = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
     message:Network plugin returns error: cni plugin not initialized";

/// A sync that is under way.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    /// What kind of sync it is.
    pub work: WorkState,
    /// What is still to be done, in order.
    pub tasks: VecDeque<Task>,
    /// Whether it has done or tried anything in the runtime.
    pub acted: bool,
    /// Whether it has removed containers, so that all of them start from the beginning.
    pub removed: bool,
    /// Whether something failed, and from when on it may be tried again where that is known.
    pub failure: Option<Option<SimTime>>,
    /// Whether it found the pod at its end.
    pub terminal: bool,
    /// Whether a deletion called it off.
    pub cancelled: bool,
    /// Whether it failed because the pod network is not ready.
    pub no_network: bool,
}

/// One task of a sync.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Compute the status and hand it to the status writer.
    Report,
    /// Wait until all volumes are mounted.
    WaitForVolumes {
        /// Since when it waits.
        since: Option<SimTime>,
    },
    /// Start the probe workers and compare the pod with the runtime.
    Act,
    /// Stop every running container.
    KillAll,
    /// Stop one instance.
    Kill(Kill),
    /// Remove one instance.
    Remove(u32),
    /// Wait until every instance that is being stopped has stopped.
    AwaitStops,
    /// Stop the sandbox.
    StopSandbox,
    /// Make a sandbox.
    CreateSandbox,
    /// The sandbox is there.
    SandboxReady,
    /// Start a container, unless it is in back-off.
    Start(Slot),
    /// See to the image.
    Pull(Slot),
    /// The pull is over.
    Pulled(Slot),
    /// Compute the environment and create the container.
    Create(Slot),
    /// The container is created.
    Created(Slot, Box<ProgramSpec>),
    /// The container is started.
    Run(Slot, u32, Box<ProgramSpec>),
    /// The postStart hook is over.
    PostStarted(Slot, u32),
    /// The container was stopped because its postStart hook failed.
    PostStartFailed(Slot, String),
    /// All containers are stopped: report how they ended.
    Stopped,
    /// Report once more, at the end of the pod.
    FinalReport,
    /// The volumes are gone: the last status.
    Terminate,
}

/// How a task leaves the sync.
pub(super) enum Flow {
    /// Go on with the next task.
    Next,
    /// Go on after so long.
    After(Duration),
    /// Something else lets it go on.
    Blocked,
}

impl Worker {
    /// Takes on a sync if there is reason to and none is under way; it begins once the PLEG has looked
    /// since the last. kubelet: what happens while it waits asks for one more sync after it.
    pub fn try_sync(&mut self, host: &mut Host, context: &mut Context) {
        if self.activity.is_some() || !host.up {
            return;
        }
        if self.awaiting.is_none() {
            if !std::mem::take(&mut self.pending) {
                return;
            }
            self.awaiting = Some(self.work);
        }
        if !self.is_fresh(host, context.now) {
            host.wait_for_listing(&self.uid, context);
            return;
        }
        let Some(work) = self.awaiting.take() else {
            return;
        };
        let tasks: &[Task] = match work {
            // The pod began to end while the sync waited: nothing is set up any more.
            WorkState::Syncing if self.work != WorkState::Syncing => &[Task::Report],
            WorkState::Syncing => &[
                Task::Report,
                Task::WaitForVolumes { since: None },
                Task::Act,
            ],
            WorkState::Terminating => &[
                Task::Report,
                Task::KillAll,
                Task::AwaitStops,
                Task::StopSandbox,
                Task::Stopped,
            ],
            WorkState::Terminated => &[Task::FinalReport, Task::Terminate],
            WorkState::Finished => return,
        };
        self.activity = Some(Activity {
            work,
            tasks: tasks.iter().cloned().collect(),
            acted: false,
            removed: false,
            failure: None,
            terminal: false,
            cancelled: false,
            no_network: false,
        });
        self.go_on(host, context);
    }

    /// Does the tasks of the sync until one has to wait.
    pub fn go_on(&mut self, host: &mut Host, context: &mut Context) {
        if self.cause.0 != 0 {
            context.cause = self.cause;
        }
        while let Some(activity) = &mut self.activity {
            let Some(task) = activity.tasks.pop_front() else {
                self.finish(host, context);
                return;
            };
            match self.perform(task, host, context) {
                Flow::Next => {}
                Flow::After(delay) => {
                    self.arm(Timer::Activity, context.now + delay, host, context);
                    return;
                }
                Flow::Blocked => return,
            }
        }
    }

    fn perform(&mut self, task: Task, host: &mut Host, context: &mut Context) -> Flow {
        match task {
            Task::Report => self.report(host, context),
            Task::WaitForVolumes { since } => self.wait_for_volumes(since, host, context),
            Task::Act => self.act(host, context),
            Task::KillAll => self.kill_all(host, context),
            Task::Kill(kill) => {
                // kubelet: containers that are restarted with all others have no grace period.
                let grace = (kill.why == KillReason::RestartAll).then_some(0);
                self.stop(kill.number, kill.message, kill.why, grace, host, context);
                Flow::Next
            }
            Task::Remove(number) => self.remove_instance(number, host, context),
            Task::AwaitStops => self.await_stops(),
            Task::StopSandbox => self.stop_sandbox(host, context),
            Task::CreateSandbox => self.create_sandbox(host, context),
            Task::SandboxReady => self.sandbox_ready(host, context),
            Task::Start(slot) => self.start(slot, host, context),
            Task::Pull(slot) => self.pull(slot, host, context),
            Task::Pulled(slot) => self.pulled(slot, host, context),
            Task::Create(slot) => self.create(slot, host, context),
            Task::Created(slot, spec) => self.created(slot, spec, host, context),
            Task::Run(slot, number, spec) => self.run(slot, number, *spec, host, context),
            Task::PostStarted(slot, number) => self.post_started(slot, number, host, context),
            Task::PostStartFailed(slot, message) => {
                self.fail_start(slot, "PostStartHookError", message, None);
                Flow::Next
            }
            Task::Stopped => self.stopped(host, context),
            Task::FinalReport => {
                let observed = Rc::clone(&self.observed);
                self.report_terminal(&observed, host, context);
                Flow::After(VOLUME_UNMOUNT)
            }
            Task::Terminate => {
                self.volumes_unmounted();
                self.terminate_status(host, context);
                Flow::Next
            }
        }
    }

    /// Puts a task before all others of the sync.
    pub fn next_task(&mut self, task: Task) {
        if let Some(activity) = &mut self.activity {
            activity.tasks.push_front(task);
        }
    }

    /// Notes that a container could not be started. An init container that could not be started ends
    /// the sync.
    pub fn fail_start(
        &mut self,
        slot: Slot,
        reason: &'static str,
        message: String,
        until: Option<SimTime>,
    ) {
        self.errors.insert(slot, StartError { reason, message });
        let is_init = self.plan.containers[slot].kind == super::inspect::ContainerKind::Init;
        if let Some(activity) = &mut self.activity {
            activity.fail(until);
            if is_init {
                activity.tasks.clear();
            }
        }
    }

    /// Notes that a sync has failed; it is tried again.
    pub fn fail_sync(&mut self) {
        if let Some(activity) = &mut self.activity {
            activity.fail(None);
        }
    }

    fn report(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        if self.work == WorkState::Syncing {
            self.look_at_resize(host, context);
        }
        let terminal = !self.is_settled(host, context) && self.generate_anew(host, context);
        if self.work != WorkState::Syncing {
            return Flow::Next;
        }
        let network_ready = context.now >= host.network_ready_at || self.plan.host_network;
        if terminal {
            if let Some(activity) = &mut self.activity {
                activity.terminal = true;
                activity.tasks.clear();
            }
        } else if network_ready {
            self.registered = true;
        } else {
            self.wait_for_network(host, context);
        }
        Flow::Next
    }

    /// kubelet: without a pod network only pods on the node's own network are set up.
    fn wait_for_network(&mut self, host: &mut Host, context: &mut Context) {
        let message = format!("network is not ready: {NETWORK_NOT_READY}");
        self.event(None, true, "NetworkNotReady", message, host, context);
        let text = "The node's pod network is **not ready** yet".to_owned();
        self.step(None, "network-not-ready", text, &[], host, context);
        self.begin_mounting(host, context);
        if let Some(activity) = &mut self.activity {
            activity.no_network = true;
            activity.failure = Some(None);
            activity.tasks.clear();
        }
    }

    fn report_terminal(&mut self, observed: &Observed, host: &mut Host, context: &mut Context) {
        self.generate(observed, true, host, context);
    }

    fn act(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        self.add_probes(host, context);
        let (pod, plan, observed) = (
            self.pod.clone(),
            Rc::clone(&self.plan),
            Rc::clone(&self.observed),
        );
        let restarts_all = self.restarts_all();
        if restarts_all {
            self.explain_restart_of_all(host, context);
        }
        let actions = actions::compute(&pod, &plan, &observed, &*self, restarts_all);
        let mut tasks = VecDeque::new();
        let mut acted = false;
        if actions.kill_pod {
            tasks.extend([Task::KillAll, Task::AwaitStops, Task::StopSandbox]);
        }
        for kill in actions.kill.into_iter().filter(|_| !actions.kill_pod) {
            tasks.extend([Task::Kill(kill), Task::AwaitStops]);
        }
        let resets = actions.reset.into_iter().filter(|_| !actions.kill_pod);
        tasks.extend(resets.flat_map(Reset::tasks));
        if actions.create_sandbox {
            tasks.push_back(Task::CreateSandbox);
        }
        if !actions.kill_pod && !actions.create_sandbox && self.apply_resources(host, context) {
            host.mark_dirty(&self.uid, context);
            acted = true;
        }
        // kubelet: ephemeral containers start even if the init containers cannot.
        let joining = actions.join.into_iter();
        let starts = joining.chain(actions.start_init).chain(actions.start);
        tasks.extend(starts.map(Task::Start));
        // kubelet: stopping what does not run yet is no result that a new look could show.
        acted |= !tasks.is_empty();
        if let Some(activity) = &mut self.activity {
            activity.acted |= acted;
            activity.tasks.extend(tasks);
        }
        Flow::Next
    }

    fn kill_all(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        if self.work != WorkState::Syncing {
            self.stop_liveness_and_startup_probes();
        }
        let grace = if self.activity.as_ref().map(|one| one.work) == Some(WorkState::Terminating) {
            self.grace
        } else {
            None
        };
        for number in self.runtime.running() {
            self.stop(number, String::new(), KillReason::Pod, grace, host, context);
        }
        Flow::Next
    }

    fn await_stops(&mut self) -> Flow {
        if self.stops.is_empty() {
            return Flow::Next;
        }
        self.next_task(Task::AwaitStops);
        Flow::Blocked
    }

    fn stop_sandbox(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        let Some(sandbox) = self
            .runtime
            .sandbox
            .as_mut()
            .filter(|sandbox| sandbox.ready)
        else {
            return Flow::Next;
        };
        sandbox.ready = false;
        if !self.plan.host_network {
            host.by_ip.remove(&sandbox.ip);
        }
        self.runtime.version += 1;
        host.mark_dirty(&self.uid, context);
        Flow::After(host.between(SANDBOX_STOP_MIN, SANDBOX_STOP_MAX))
    }

    fn stopped(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        self.remove_probes();
        let observed = self.runtime.observe(&self.observed);
        self.report_terminal(&observed, host, context);
        Flow::Next
    }

    /// The end of a sync: what comes next, and when.
    fn finish(&mut self, host: &mut Host, context: &mut Context) {
        let Some(activity) = self.activity.take() else {
            return;
        };
        self.last_sync = Some(context.now);
        match activity.work {
            _ if activity.cancelled => {}
            WorkState::Terminating => {
                self.work = WorkState::Terminated;
                self.pending = true;
            }
            WorkState::Terminated | WorkState::Finished => {
                self.work = WorkState::Finished;
                self.timers.remove(&Timer::Due);
                return;
            }
            WorkState::Syncing if activity.terminal => {
                if self.work == WorkState::Syncing {
                    self.become_terminating(context);
                }
                self.pending = true;
            }
            WorkState::Syncing => {
                // kubelet: what was removed for a restart of all containers starts in a sync of its own.
                self.pending |= activity.removed;
                self.plan_next_sync(&activity, host, context);
            }
        }
        self.try_sync(host, context);
    }

    fn plan_next_sync(&mut self, activity: &Activity, host: &mut Host, context: &mut Context) {
        let delay = match activity.failure {
            None => {
                if activity.acted {
                    self.arm(Timer::Relist, context.now + RELIST_ONE, host, context);
                }
                host.jitter(RESYNC)
            }
            Some(_) if activity.no_network => host.jitter(NETWORK_RETRY),
            Some(until) => {
                // kubelet: until the back-off ends, but not longer than the resync interval.
                let wait = until.map_or(SYNC_RETRY, |until| until.since(context.now));
                host.jitter(wait.min(RESYNC))
            }
        };
        let tick = host.tick_at(context.now + delay);
        self.arm(Timer::Due, tick, host, context);
    }

    /// kubelet: a deletion calls off the wait for volumes; nothing else of a sync can be called off.
    pub fn cancel_wait_for_volumes(&mut self) {
        let Some(activity) = &mut self.activity else {
            return;
        };
        if matches!(activity.tasks.front(), Some(Task::WaitForVolumes { .. })) {
            activity.tasks.clear();
            activity.cancelled = true;
        }
    }

    /// Whether the phase of the newest status is a last one.
    pub fn has_terminal_status(&self) -> bool {
        let phase = self
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        is_terminal(phase)
    }
}

impl Activity {
    /// Notes a failure. The earliest end of a back-off counts; kubelet: with a failure of another kind
    /// the wait is that of any failed sync only if no back-off is among them.
    fn fail(&mut self, until: Option<SimTime>) {
        self.acted = true;
        self.failure = match (self.failure, until) {
            (None | Some(None), until) => Some(until),
            (Some(Some(old)), Some(new)) => Some(Some(old.min(new))),
            (Some(Some(old)), None) => Some(Some(old)),
        };
    }
}
