//! Commands beside a container's process, for hooks and probes, and the other forms of hooks.

use std::time::Duration;

use crate::api::IntOrString;
use crate::api::core::{HTTPGetAction, LifecycleHandler};
use crate::cluster::Context;
use crate::cluster::fault::ProbeType;
use crate::cluster::process::{Effect, Process, Signal, Stream, Surroundings};
use crate::kernel::SimTime;

use super::host::Host;
use super::images::go_duration;
use super::inspect::Session;
use super::plan::Slot;
use super::probes::{Asked, Verdict};
use super::sync::Task;
use super::worker::Worker;
use super::{ProcessId, Timer};

/// A command that runs, or a hook of another form that takes its time.
#[derive(Clone, Debug)]
pub(super) struct Exec {
    /// The command's process; none for hooks that run no command.
    pub process: Option<Process>,
    /// The instance in which it runs.
    pub instance: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// The command.
    pub command: Vec<String>,
    /// What it has written, both streams.
    pub output: String,
    /// How a hook without command ends.
    outcome: HookOutcome,
    /// Since when.
    pub since: SimTime,
    /// When it ends or is ended, as far as known.
    pub until: Option<SimTime>,
}

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The postStart hook of an instance.
    PostStart(u32),
    /// The preStop hook of an instance.
    PreStop(u32),
    /// A probe.
    Probe(Slot, ProbeType),
    /// A user's command.
    User,
}

/// How a hook ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HookOutcome {
    /// It succeeded.
    Done,
    /// It failed, with the kubelet's message.
    Failed(String),
}

impl Worker {
    /// Runs a lifecycle hook. Its end is told to whom it is for.
    pub fn run_hook(
        &mut self,
        purpose: Purpose,
        slot: Slot,
        hook: &LifecycleHandler,
        host: &mut Host,
        context: &mut Context,
    ) {
        let (Purpose::PostStart(number) | Purpose::PreStop(number)) = purpose else {
            return;
        };
        if let Some(exec) = &hook.exec {
            let command = exec.command.clone().unwrap_or_default();
            self.start_exec(purpose, number, &command, None, host, context);
            return;
        }
        let (takes, outcome) = if let Some(sleep) = &hook.sleep {
            let seconds = u64::try_from(sleep.seconds).unwrap_or(0);
            (Duration::from_secs(seconds), HookOutcome::Done)
        } else if let Some(http) = &hook.http_get {
            self.http_hook(slot, http, context)
        } else {
            let message = "Cannot run handler: invalid handler".to_owned();
            (Duration::ZERO, HookOutcome::Failed(message))
        };
        self.last_exec += 1;
        let until = context.now + takes;
        let exec = Exec {
            process: None,
            instance: number,
            purpose,
            command: Vec::new(),
            output: String::new(),
            outcome,
            since: context.now,
            until: Some(until),
        };
        self.execs.insert(self.last_exec, exec);
        self.arm(Timer::ExecTimeout(self.last_exec), until, host, context);
    }

    fn http_hook(
        &mut self,
        slot: Slot,
        http: &HTTPGetAction,
        context: &mut Context,
    ) -> (Duration, HookOutcome) {
        let Asked { verdict, takes } =
            self.ask_http(slot, http, Duration::from_secs(30), "lifecycle", context);
        let outcome = match verdict {
            Verdict::Passed(_) | Verdict::Warning(_) => HookOutcome::Done,
            // kubelet: the hook does not look at the status code, only at whether there is an answer.
            Verdict::Failed(message) if message.starts_with("HTTP probe failed") => {
                HookOutcome::Done
            }
            Verdict::Failed(message) | Verdict::Errored(message) => {
                let path = http.path.as_deref().unwrap_or("/");
                HookOutcome::Failed(format!(
                    "HTTP lifecycle hook ({path}) for Container {:?} in Pod {:?} failed - error: {message}",
                    &*self.plan.containers[slot].name,
                    self.format_pod(),
                ))
            }
        };
        (takes, outcome)
    }

    /// Starts a command in an instance.
    pub fn start_exec(
        &mut self,
        purpose: Purpose,
        number: u32,
        command: &[String],
        timeout: Option<Duration>,
        host: &mut Host,
        context: &mut Context,
    ) {
        let epoch = context.api.clock().unix_micros(SimTime::ZERO);
        let begins = context.now + host.exec_start(context.now);
        let volumes = &mut self.volumes;
        let instances = &mut self.runtime.instances;
        let instance = instances.iter_mut().find(|one| one.record.number == number);
        let started = instance.and_then(|instance| {
            let mut surroundings = Surroundings {
                files: &mut instance.files,
                volumes,
                epoch_unix_micros: epoch,
                others: &[],
            };
            let process = instance.process.as_mut()?;
            Some(process.exec(command, &mut surroundings, begins))
        });
        self.last_exec += 1;
        let id = self.last_exec;
        let mut exec = Exec {
            process: None,
            instance: number,
            purpose,
            command: command.to_vec(),
            output: String::new(),
            outcome: HookOutcome::Done,
            since: context.now,
            until: timeout.map(|timeout| context.now + timeout),
        };
        match started {
            Some(Ok(process)) => {
                exec.process = Some(process);
                self.execs.insert(id, exec);
                if let Some(timeout) = timeout {
                    self.arm(Timer::ExecTimeout(id), context.now + timeout, host, context);
                }
                self.arm(Timer::Exec(id), begins, host, context);
            }
            Some(Err(failure)) => {
                exec.output = failure.message;
                self.execs.insert(id, exec);
                self.exec_ended(id, failure.exit_code, host, context);
            }
            None => {
                "container not running".clone_into(&mut exec.output);
                self.execs.insert(id, exec);
                self.exec_ended(id, 137, host, context);
            }
        }
    }

    /// Runs a user's command in a container that runs. A command before it is forgotten.
    pub fn exec_by_user(
        &mut self,
        container: &str,
        command: &[String],
        host: &mut Host,
        context: &mut Context,
    ) {
        self.session = None;
        self.execs.retain(|_, exec| exec.purpose != Purpose::User);
        let newest = self.plan.slot(container);
        let newest = newest.and_then(|slot| self.runtime.newest(slot));
        let Some(instance) = newest.filter(|one| one.record.state.is_running()) else {
            return;
        };
        let number = instance.record.number;
        self.session = Some(Session::default());
        self.start_exec(Purpose::User, number, command, None, host, context);
    }

    /// Whether a command for this purpose still runs.
    pub fn execs_for(&self, purpose: Purpose) -> bool {
        self.execs.values().any(|exec| exec.purpose == purpose)
    }

    /// Lets a command go on until now.
    pub fn pump_exec(&mut self, id: u32, host: &mut Host, context: &mut Context) {
        self.see_host_folders(host);
        let epoch = context.api.clock().unix_micros(SimTime::ZERO);
        let beside = self.execs.get(&id).map(|exec| exec.instance);
        let others = beside.map_or_else(Vec::new, |number| self.neighbours(number, true));
        let volumes = &mut self.volumes;
        let instances = &mut self.runtime.instances;
        let Some(exec) = self.execs.get_mut(&id) else {
            return;
        };
        let instance = instances
            .iter_mut()
            .find(|one| one.record.number == exec.instance);
        let (Some(process), Some(instance)) = (&mut exec.process, instance) else {
            return;
        };
        let mut surroundings = Surroundings {
            files: &mut instance.files,
            volumes,
            epoch_unix_micros: epoch,
            others: &others,
        };
        let effects = process.advance(context.now, &mut surroundings);
        let next = process.next_wake();
        self.keep_host_folders(host, context);
        let mut code = None;
        for effect in effects {
            match effect {
                Effect::Output { stream, text, .. } => {
                    let Some(exec) = self.execs.get_mut(&id) else {
                        continue;
                    };
                    match &mut self.session {
                        Some(session) if exec.purpose == Purpose::User => {
                            session.write(stream == Stream::Stderr, &text);
                        }
                        _ => exec.output.push_str(&text),
                    }
                }
                Effect::Request(request) => {
                    self.network_request(ProcessId::Exec(id), &request, host, context);
                }
                Effect::Memory { .. } => {}
                Effect::SignalPidOne(signal) => self.signal_from_exec(id, signal, host, context),
                Effect::Exited { exit, .. } => code = Some(exit.code),
            }
        }
        if let Some(code) = code {
            self.exec_ended(id, code, host, context);
        } else if let Some(next) = next {
            self.arm(Timer::Exec(id), next, host, context);
        }
    }

    fn signal_from_exec(
        &mut self,
        id: u32,
        signal: Signal,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(number) = self.execs.get(&id).map(|exec| exec.instance) else {
            return;
        };
        let instance = self.runtime.instance_mut(number);
        if let Some(process) = instance.and_then(|one| one.process.as_mut()) {
            process.signal_from_inside(signal, context.now);
            self.pump(number, host, context);
        }
    }

    /// The time of a command or hook is up.
    pub fn exec_timed_out(&mut self, id: u32, host: &mut Host, context: &mut Context) {
        let Some(exec) = self.execs.get(&id) else {
            return;
        };
        if exec.process.is_none() {
            self.exec_ended(id, 0, host, context);
            return;
        }
        let Purpose::Probe(slot, probe) = exec.purpose else {
            return;
        };
        let waited = go_duration(context.now.since(exec.since));
        let command = exec.command.join(" ");
        let message = format!("command timed out: {command:?} timed out after {waited}");
        self.execs.remove(&id);
        self.probe_verdict(slot, probe, &Verdict::Failed(message), host, context);
    }

    /// A command or hook has ended.
    fn exec_ended(&mut self, id: u32, code: i32, host: &mut Host, context: &mut Context) {
        let Some(exec) = self.execs.remove(&id) else {
            return;
        };
        self.timers.remove(&Timer::Exec(id));
        self.timers.remove(&Timer::ExecTimeout(id));
        match exec.purpose {
            Purpose::Probe(slot, probe) => {
                let verdict = match code {
                    0 => Verdict::Passed(exec.output.into()),
                    _ => Verdict::Failed(exec.output),
                };
                self.probe_verdict(slot, probe, &verdict, host, context);
            }
            Purpose::PostStart(number) => {
                let outcome = self.hook_outcome(&exec, code);
                self.hook_outcomes.insert(number, outcome);
                let front = self.activity.as_ref().and_then(|one| one.tasks.front());
                if matches!(front, Some(Task::PostStarted(_, of)) if *of == number) {
                    self.arm(Timer::Activity, context.now, host, context);
                }
            }
            Purpose::User => {
                if let Some(session) = &mut self.session {
                    session.write(true, &exec.output);
                    session.refused = exec.process.is_none();
                    session.code = Some(code);
                }
            }
            Purpose::PreStop(number) => {
                let outcome = self.hook_outcome(&exec, code);
                self.pre_stop_ended(number, &outcome, host, context);
            }
        }
    }

    fn hook_outcome(&self, exec: &Exec, code: i32) -> HookOutcome {
        if exec.command.is_empty() && exec.process.is_none() {
            return exec.outcome.clone();
        }
        if code == 0 {
            return HookOutcome::Done;
        }
        let instance = self.runtime.instance(exec.instance);
        let name = instance.map_or("", |one| &self.plan.containers[one.record.slot].name);
        let command = exec.command.join(" ");
        HookOutcome::Failed(format!(
            "Exec lifecycle hook ([{command}]) for Container {name:?} in Pod {:?} failed - error: command \
             '{command}' exited with {code}: {output}, message: {output:?}",
            self.format_pod(),
            output = exec.output,
        ))
    }

    /// With pid 1 all commands in its container end.
    pub fn execs_end_with(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        let of_instance = self
            .execs
            .iter()
            .filter(|(_, exec)| exec.instance == number);
        let ids: Vec<u32> = of_instance
            .filter(|(_, exec)| exec.process.is_some())
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.exec_ended(id, 137, host, context);
        }
    }
}

/// The number of a port that may be given by name.
pub(super) fn port_number(
    port: &IntOrString,
    container: &crate::api::core::Container,
) -> Result<u16, String> {
    let found = match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => {
            let ports = container.ports.iter().flatten();
            let named = ports.filter(|one| one.name.as_deref() == Some(name));
            named.map(|one| one.container_port).next()
        }
    };
    match (found.and_then(|number| u16::try_from(number).ok()), port) {
        (Some(number), _) => Ok(number),
        (None, IntOrString::String(name)) => Err(format!("couldn't find port: {name:?}")),
        (None, IntOrString::Int(number)) => Err(format!("invalid port number: {number}")),
    }
}
