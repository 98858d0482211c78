//! Starting a container: back-off, image, configuration, creation, start, postStart hook.

use std::rc::Rc;

use crate::cluster::Context;
use crate::cluster::process::{Files, ImageName, Process, ProgramSpec, Surroundings};
use crate::cluster::timing::{
    CREATE_MAX, CREATE_MIN, LAUNCH_MAX, LAUNCH_MIN, START_MAX, START_MIN,
};
use crate::kernel::SimTime;

use super::Timer;
use super::actions::KillReason;
use super::backoff::BackOff;
use super::environment;
use super::exec::{HookOutcome, Purpose};
use super::host::Host;
use super::inspect::{CreationKind, StepProgress};
use super::plan::{Image, Slot};
use super::runtime::{Instance, Log, Record, RecordState};
use super::sync::{Flow, Task};
use super::worker::Worker;

impl Worker {
    /// Starts a container, unless its back-off still runs.
    pub fn start(&mut self, slot: Slot, host: &mut Host, context: &mut Context) -> Flow {
        // kubelet: the newest instance that has ended counts, even if a newer one was just stopped.
        let ended = self.observed.last_end(slot);
        if let Some(ended) = ended {
            let entry = self.back_offs.get(&slot).copied();
            if let Some(entry) = entry.filter(|entry| entry.holds_since(ended, context.now)) {
                return self.hold_back(slot, entry, ended, host, context);
            }
            let raised = BackOff::next(entry, ended, context.now);
            self.back_offs.insert(slot, raised);
            let name = &self.plan.containers[slot].name;
            let next = raised.length.as_secs();
            let text =
                format!("Starts {name} again; if it ends soon, the next wait is **{next} s**");
            let reads = [self.restart_policy_path(slot)];
            self.step(Some(slot), "container-restart", text, &reads, host, context);
        }
        self.next_task(Task::Pull(slot));
        Flow::Next
    }

    fn hold_back(
        &mut self,
        slot: Slot,
        entry: BackOff,
        ended: SimTime,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let name = Rc::clone(&self.plan.containers[slot].name);
        let pod = self.format_pod();
        let message = format!("Back-off restarting failed container {name} in pod {pod}");
        self.event(Some(slot), true, "BackOff", message, host, context);
        let length = entry.length;
        let until = ended + length;
        let text = format!(
            "Waits before {name} is started again: back-off **{} s** after its end",
            length.as_secs()
        );
        let reads = [self.restart_policy_path(slot)];
        self.step(Some(slot), "back-off", text, &reads, host, context);
        let length = super::images::go_duration(length);
        let message = format!("back-off {length} restarting failed container={name} pod={pod}");
        self.fail_start(slot, "CrashLoopBackOff", message, Some(until));
        Flow::Next
    }

    /// `web_default(uid)`: how the kubelet names pods in messages.
    pub fn format_pod(&self) -> String {
        format!("{}_{}({})", self.key.name, self.key.namespace, self.uid)
    }

    /// The field that decides about restarts of a container.
    pub fn restart_policy_path(&self, slot: Slot) -> String {
        let own = self
            .plan
            .spec(&self.pod.spec, slot)
            .restart_policy
            .is_some();
        if own {
            self.path(slot, "restartPolicy")
        } else {
            "spec.restartPolicy".to_owned()
        }
    }

    /// Computes the configuration of a container and lets the runtime create it.
    pub fn create(&mut self, slot: Slot, host: &mut Host, context: &mut Context) -> Flow {
        match environment::program(self, slot, host, context) {
            Ok(spec) => {
                let takes = host.between(CREATE_MIN, CREATE_MAX);
                let progress = StepProgress::Active {
                    since: context.now,
                    until: Some(context.now + takes),
                };
                self.note(Some(slot), CreationKind::Create, progress);
                self.next_task(Task::Created(slot, Box::new(spec)));
                Flow::After(takes)
            }
            Err(problem) => {
                let message = format!("Error: {}", problem.message);
                self.event(Some(slot), true, "Failed", message, host, context);
                let text = format!("Cannot create the container: **{}**", problem.message);
                let reads = [problem.path];
                self.step(
                    Some(slot),
                    "container-config-error",
                    text,
                    &reads,
                    host,
                    context,
                );
                let why = problem.message.as_str().into();
                self.note(
                    Some(slot),
                    CreationKind::Create,
                    StepProgress::Failed { why },
                );
                self.fail_start(slot, "CreateContainerConfigError", problem.message, None);
                Flow::Next
            }
        }
    }

    /// The runtime has created the container.
    pub fn created(
        &mut self,
        slot: Slot,
        spec: Box<ProgramSpec>,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let after_removed = self.removed_logs.get(&slot).copied().unwrap_or(0);
        let newest = self.observed.newest(slot);
        let restarts = newest.map_or(after_removed, |old| old.restarts + 1);
        let number = self.runtime.next_number();
        let files = self.files(slot, &spec.image, host);
        // The pod may name another one by now.
        let planned = self.plan.containers[slot].image.clone().ok();
        let image = planned
            .filter(|image| image.name == spec.image)
            .unwrap_or_else(|| Rc::new(Image::new(spec.image.clone())));
        host.images.used(&spec.image, context.now);
        self.runtime.instances.push(Instance {
            record: Record {
                number,
                slot,
                id: container_id(host),
                restarts,
                image: Rc::clone(&image.text),
                image_id: Rc::clone(&image.id),
                user_id: i64::from(spec.user_id),
                resources: Rc::new(self.resources(slot).clone()),
                state: RecordState::Created,
            },
            process: None,
            ended: None,
            noticed_at: SimTime::ZERO,
            files,
            log: Rc::new(Log::default()),
            memory_bytes: 0,
        });
        self.runtime.collect_garbage(slot);
        self.event(
            Some(slot),
            false,
            "Created",
            "Container created".to_owned(),
            host,
            context,
        );
        self.next_task(Task::Run(slot, number, spec));
        Flow::After(host.between(START_MIN, START_MAX))
    }

    fn files(&self, slot: Slot, image: &ImageName, host: &mut Host) -> Files {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let mut files = host.files_of(image);
        let sandbox = self.runtime.sandbox.iter();
        for (path, text) in sandbox.flat_map(|sandbox| sandbox.files.iter()) {
            files.provide(path, Rc::clone(text));
        }
        files.provide(termination_path(spec), Rc::default());
        let security = spec.security_context.as_ref();
        let read_only = security.and_then(|one| one.read_only_root_filesystem);
        files.set_read_only_root(read_only == Some(true));
        for (path, mount) in self.mounts(slot) {
            files.mount(&path, mount);
        }
        files
    }

    /// The runtime starts the container's program.
    pub fn run(
        &mut self,
        slot: Slot,
        number: u32,
        spec: ProgramSpec,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let rng = host.rng.fork(&format!("{}/{number}", self.uid));
        let epoch = context.api.clock().unix_micros(SimTime::ZERO);
        let begins = context.now + host.between(LAUNCH_MIN, LAUNCH_MAX);
        let Some(instance) = self
            .runtime
            .instances
            .iter_mut()
            .find(|one| one.record.number == number)
        else {
            return Flow::Next;
        };
        let mut surroundings = Surroundings {
            files: &mut instance.files,
            volumes: &mut self.volumes,
            epoch_unix_micros: epoch,
            others: &[],
        };
        match Process::start(spec, &mut surroundings, begins, rng) {
            Ok(process) => {
                instance.process = Some(process);
                instance.record.state = RecordState::Running {
                    started: context.now,
                };
            }
            Err(failure) => {
                let message = format!("{CANNOT_START}{}", failure.message);
                instance.record.state = RecordState::Exited {
                    started: None,
                    finished: context.now,
                    exit_code: failure.exit_code,
                    reason: "StartError",
                    message: Some(message.as_str().into()),
                };
                self.runtime.version += 1;
                host.mark_dirty(&self.uid, context);
                return self.cannot_run(slot, message, host, context);
            }
        }
        self.runtime.version += 1;
        host.mark_dirty(&self.uid, context);
        self.event(
            Some(slot),
            false,
            "Started",
            "Container started".to_owned(),
            host,
            context,
        );
        self.errors.remove(&slot);
        self.note(
            Some(slot),
            CreationKind::Create,
            StepProgress::Done { at: context.now },
        );
        let name = Rc::clone(&self.plan.containers[slot].name);
        let text = format!("The process of **{name}** runs");
        let reads = [self.path(slot, "command")];
        self.step(Some(slot), "container-started", text, &reads, host, context);
        self.arm(Timer::Process(number), begins, host, context);
        self.behave(number, host, context);
        self.post_start(slot, number, host, context)
    }

    fn cannot_run(
        &mut self,
        slot: Slot,
        message: String,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let event = format!("Error: {message}");
        self.event(Some(slot), true, "Failed", event, host, context);
        let text = "The program **cannot be started**".to_owned();
        let reads = [self.path(slot, "command")];
        self.step(
            Some(slot),
            "container-start-error",
            text,
            &reads,
            host,
            context,
        );
        self.fail_start(slot, "RunContainerError", message, None);
        Flow::Next
    }

    fn post_start(
        &mut self,
        slot: Slot,
        number: u32,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let hook = spec
            .lifecycle
            .as_ref()
            .and_then(|one| one.post_start.clone());
        let Some(hook) = hook else { return Flow::Next };
        let since = context.now;
        let progress = StepProgress::Active { since, until: None };
        self.note(Some(slot), CreationKind::PostStart, progress);
        let text = "The **postStart** hook starts".to_owned();
        let reads = [self.path(slot, "lifecycle.postStart")];
        self.step(Some(slot), "hook-started", text, &reads, host, context);
        self.next_task(Task::PostStarted(slot, number));
        self.run_hook(Purpose::PostStart(number), slot, &hook, host, context);
        match self.execs_for(Purpose::PostStart(number)) {
            true => Flow::Blocked,
            false => Flow::Next,
        }
    }

    /// The postStart hook is over: if it failed, the container is stopped.
    pub fn post_started(
        &mut self,
        slot: Slot,
        number: u32,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        match self.hook_outcomes.remove(&number) {
            None | Some(HookOutcome::Done) => {
                let done = StepProgress::Done { at: context.now };
                self.note(Some(slot), CreationKind::PostStart, done);
            }
            Some(HookOutcome::Failed(why)) => {
                let failed = StepProgress::Failed {
                    why: why.as_str().into(),
                };
                self.note(Some(slot), CreationKind::PostStart, failed);
                let message = "PostStartHook failed".to_owned();
                self.event(
                    Some(slot),
                    true,
                    "FailedPostStartHook",
                    message,
                    host,
                    context,
                );
                let text = format!("The postStart hook **failed**: {why}");
                let reads = [self.path(slot, "lifecycle.postStart")];
                self.step(Some(slot), "hook-failed", text, &reads, host, context);
                self.next_task(Task::PostStartFailed(slot, why));
                self.next_task(Task::AwaitStops);
                let message = "FailedPostStartHook".to_owned();
                self.stop(number, message, KillReason::PostStart, None, host, context);
            }
        }
        Flow::Next
    }
}

/// containerd's words before those of the failure itself.
const CANNOT_START: &str = "failed to create containerd task: failed to create shim task: OCI runtime \
                            create failed: runc create failed: unable to start container process: \
                            error during container init: ";

/// Where a container leaves its termination message.
pub(super) fn termination_path(spec: &crate::api::core::Container) -> &str {
    let path = spec.termination_message_path.as_deref();
    path.filter(|path| !path.is_empty())
        .unwrap_or("/dev/termination-log")
}

fn container_id(host: &mut Host) -> Rc<str> {
    let [a, b, c, d]: [u64; 4] = std::array::from_fn(|_| host.rng.next_u64());
    format!("{a:016x}{b:016x}{c:016x}{d:016x}").into()
}
