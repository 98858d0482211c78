//! Driving the processes of a pod: what they write, ask of the network, and how they end.

use std::rc::Rc;
use std::time::Duration;

use crate::api::core::ResourceRequirements;
use crate::api::quantity::value;
use crate::cluster::Context;
use crate::cluster::process::{
    Effect, Exit, ImageName, NetworkReply, RequestId, Signal, Stream, Surroundings,
};
use crate::cluster::timing::{EXIT_NOTICE_MAX, EXIT_NOTICE_MIN};
use crate::kernel::SimTime;

use super::containers::termination_path;
use super::host::Host;
use super::plan::Slot;
use super::runtime::{Ended, RecordState};
use super::sync::Task;
use super::worker::Worker;
use super::{ProcessId, Timer};

impl Worker {
    /// What runs in the process namespace of an instance beside it; with `own` also what runs in it. The
    /// containers of a pod share a namespace if its spec says so, and an ephemeral container shares its target's.
    pub fn neighbours(&self, number: u32, own: bool) -> Vec<(u32, Rc<str>)> {
        let shares = self.pod.spec.share_process_namespace == Some(true);
        let slot = self.runtime.instance(number).map(|one| one.record.slot);
        let target = slot.and_then(|slot| self.plan.target(&self.pod.spec, slot));
        if !shares && !own && target.is_none() {
            return Vec::new();
        }
        let mut all = Vec::new();
        if shares {
            all.push((1, "/pause".into()));
        }
        for one in &self.runtime.instances {
            let is_own = one.record.number == number;
            let is_seen = shares || Some(one.record.slot) == target;
            if if is_own { own } else { is_seen } {
                let process = one.process.iter();
                all.extend(process.flat_map(|process| process.command_lines()));
            }
        }
        all
    }

    /// Lets pid 1 of an instance go on until now.
    pub fn pump(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        self.see_host_folders(host);
        let epoch = context.api.clock().unix_micros(SimTime::ZERO);
        let others = self.neighbours(number, false);
        let volumes = &mut self.volumes;
        let Some(instance) = self
            .runtime
            .instances
            .iter_mut()
            .find(|one| one.record.number == number)
        else {
            return;
        };
        if let Some(ended) = instance
            .ended
            .filter(|_| context.now >= instance.noticed_at)
        {
            self.exited(number, ended, host, context);
            return;
        }
        let Some(process) = &mut instance.process else {
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
        for effect in effects {
            self.effect(number, effect, host, context);
        }
        let ending = self
            .runtime
            .instance(number)
            .is_some_and(|one| one.ended.is_some());
        if let Some(next) = next.filter(|_| !ending) {
            self.arm(Timer::Process(number), next, host, context);
        } else if !ending {
            self.timers.remove(&Timer::Process(number));
        }
    }

    fn effect(&mut self, number: u32, effect: Effect, host: &mut Host, context: &mut Context) {
        match effect {
            Effect::Output { stream, at, text } => {
                if let Some(instance) = self.runtime.instance_mut(number) {
                    let log = Rc::make_mut(&mut instance.log);
                    log.write(at, stream == Stream::Stderr, &text);
                }
            }
            Effect::Request(request) => {
                self.network_request(ProcessId::Main(number), &request, host, context);
            }
            Effect::Memory { bytes } => {
                let slot = self.runtime.instance(number).map(|one| one.record.slot);
                if slot.is_some_and(|slot| !self.memory_is_scripted(slot)) {
                    self.memory_changed(number, bytes, host, context);
                }
            }
            // Only commands beside pid 1 can do that; it does not signal itself from outside.
            Effect::SignalPidOne(_) => {}
            Effect::Exited { at, exit } => {
                let ended = Ended {
                    at,
                    exit,
                    reason: None,
                };
                self.ended(number, ended, host, context);
            }
        }
    }

    /// The memory of an instance against its limit: beyond it the kernel kills it.
    pub fn memory_changed(
        &mut self,
        number: u32,
        bytes: u64,
        host: &mut Host,
        context: &mut Context,
    ) {
        let Some(instance) = self.runtime.instance_mut(number) else {
            return;
        };
        let before = std::mem::replace(&mut instance.memory_bytes, bytes);
        host.memory_changed(before, bytes, context);
        let slot = instance.record.slot;
        let own = limit_of(Some(&instance.record.resources));
        let beyond_own = own.is_some_and(|limit| i128::from(bytes) > limit);
        // The limit of the pod as a whole is that of the control group around its containers.
        let whole = limit_of(self.pod.spec.resources.as_ref());
        let total = i128::from(self.runtime.memory_bytes());
        let beyond_whole = whole.is_some_and(|limit| total > limit);
        let (limit, field) = match (beyond_own, beyond_whole) {
            (true, _) => (own, self.path(slot, "resources.limits.memory")),
            (false, true) => (whole, "spec.resources.limits.memory".to_owned()),
            (false, false) => return,
        };
        let text = format!(
            "Needs more memory than its limit ({}): the kernel **kills** it",
            limit.unwrap_or(0)
        );
        let reads = [field];
        self.step(Some(slot), "oom-killed", text, &reads, host, context);
        let ended = Ended {
            at: context.now,
            exit: Exit {
                code: 137,
                signal: Some(Signal::KILL),
            },
            reason: Some("OOMKilled"),
        };
        self.ended(number, ended, host, context);
    }

    /// Pid 1 of an instance has ended; the runtime notices a little later.
    pub fn ended(&mut self, number: u32, ended: Ended, host: &mut Host, context: &mut Context) {
        let noticed = context.now + host.between(EXIT_NOTICE_MIN, EXIT_NOTICE_MAX);
        if let Some(instance) = self.runtime.instance_mut(number) {
            instance.process = None;
            instance.ended = Some(ended);
            instance.noticed_at = noticed;
            self.arm(Timer::Process(number), noticed, host, context);
        }
    }

    /// The runtime has noticed that pid 1 of an instance has ended.
    fn exited(&mut self, number: u32, ended: Ended, host: &mut Host, context: &mut Context) {
        let Some(instance) = self.runtime.instance(number) else {
            return;
        };
        let RecordState::Running { started } = instance.record.state else {
            return;
        };
        let Ended { at, exit, reason } = ended;
        let slot = instance.record.slot;
        let message = self.termination_message(number, exit.code);
        if let Ok(image) = ImageName::parse(&instance.record.image) {
            host.images.used(&image, context.now);
        }
        let usual = if exit.code == 0 { "Completed" } else { "Error" };
        let reason = reason.unwrap_or(usual);
        if let Some(instance) = self.runtime.instance_mut(number) {
            instance.ended = None;
            let before = std::mem::take(&mut instance.memory_bytes);
            host.memory_changed(before, 0, context);
            instance.record.state = RecordState::Exited {
                started: Some(started),
                finished: at,
                exit_code: exit.code,
                reason,
                message,
            };
        }
        self.timers.remove(&Timer::Process(number));
        self.runtime.version += 1;
        host.mark_dirty(&self.uid, context);
        self.exit_step(slot, exit, at.since(started), host, context);
        self.execs_end_with(number, host, context);
        self.stop_finished(number, host, context);
    }

    fn exit_step(
        &mut self,
        slot: Slot,
        exit: Exit,
        ran: Duration,
        host: &mut Host,
        context: &mut Context,
    ) {
        let name = &self.plan.containers[slot].name;
        let by = match exit.signal {
            Some(signal) => format!(", killed by {}", signal.name()),
            None => String::new(),
        };
        let ran = super::images::go_duration(ran);
        let text = format!(
            "**{name} ended** with exit code **{}**{by}, after {ran}",
            exit.code
        );
        let reads = [self.path(slot, "command")];
        self.step(Some(slot), "container-exited", text, &reads, host, context);
    }

    /// What the container left at its termination message path, or the end of its log.
    fn termination_message(&self, number: u32, exit_code: i32) -> Option<Rc<str>> {
        let instance = self.runtime.instance(number)?;
        let spec = self.plan.spec(&self.pod.spec, instance.record.slot);
        let path = termination_path(spec);
        let text = instance.files.read(&self.volumes, path).ok();
        let text = text
            .filter(|text| !text.is_empty())
            .map(|text| text.to_string());
        let fallback = spec.termination_message_policy.as_deref() == Some("FallbackToLogsOnError");
        let text = match text {
            None if fallback && exit_code != 0 => Some(instance.log.tail()),
            text => text,
        };
        let text = text.filter(|text| !text.is_empty())?;
        let cut = text
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= 4_096)
            .last();
        let end = if text.len() > 4_096 {
            cut.unwrap_or(0)
        } else {
            text.len()
        };
        Some(text[..end].into())
    }

    /// If the sync waits for stops and there are none left, it goes on.
    pub fn stops_may_be_over(&mut self, host: &mut Host, context: &mut Context) {
        let front = self.activity.as_ref().and_then(|one| one.tasks.front());
        if self.stops.is_empty() && matches!(front, Some(Task::AwaitStops)) {
            self.arm(Timer::Activity, context.now, host, context);
        }
    }

    /// An answer of the network for one of the pod's processes.
    pub fn reply(
        &mut self,
        process: ProcessId,
        id: RequestId,
        reply: NetworkReply,
        host: &mut Host,
        context: &mut Context,
    ) {
        match process {
            ProcessId::Main(number) => {
                let instance = self.runtime.instance_mut(number);
                if let Some(process) = instance.and_then(|one| one.process.as_mut()) {
                    process.reply(id, reply, context.now);
                    self.pump(number, host, context);
                }
            }
            ProcessId::Exec(number) => {
                let exec = self.execs.get_mut(&number);
                if let Some(process) = exec.and_then(|one| one.process.as_mut()) {
                    process.reply(id, reply, context.now);
                    self.pump_exec(number, host, context);
                }
            }
        }
    }

    /// A fault: the process of a container gets SIGKILL.
    pub fn kill_process(&mut self, container: &str, host: &mut Host, context: &mut Context) {
        let slot = self.plan.slot(container);
        let newest = slot.and_then(|slot| self.runtime.newest(slot));
        let Some(number) = newest.map(|one| one.record.number) else {
            return;
        };
        self.signal(number, Signal::KILL, host, context);
    }

    /// Sends a signal to pid 1 of an instance.
    pub fn signal(&mut self, number: u32, signal: Signal, host: &mut Host, context: &mut Context) {
        let instance = self.runtime.instance_mut(number);
        if let Some(process) = instance.and_then(|one| one.process.as_mut()) {
            process.signal(signal, context.now);
            self.pump(number, host, context);
        }
    }
}

/// The memory limit of a container or pod, in bytes.
fn limit_of(resources: Option<&ResourceRequirements>) -> Option<i128> {
    value(resources?.limits.as_ref()?.get("memory")?).ok()
}
