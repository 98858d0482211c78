//! The process itself: a family of tasks on virtual time, scheduled by who is due first.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::command::{self, Start};
use super::network::{GrpcHealth, HttpAnswer, HttpOutcome, HttpRequest, NetworkReply, RequestId};
use super::{Effect, Exit, ProgramSpec, Setting, Signal, StartFailure, Surroundings};
use crate::kernel::{Rng, SimTime};

mod context;
mod open_files;
mod task;

pub(super) use context::{ChildState, Context, NewTask, ReadOutcome, Want, WriteFailure};
pub(super) use open_files::{CLOSED, Descriptors, FOREVER, LOG_STDOUT, NULL, OpenFile};
pub(super) use task::{Program, Reaction, Step, Task, Waits};

use open_files::OpenFiles;

/// A container's program with its children, or a command beside it. See the
/// [module](super) for how to drive it.
#[derive(Clone, Debug)]
pub struct Process {
    setting: Rc<Setting>,
    /// In order of their process ids; the one that ended stays until its parent asks for it.
    tasks: Vec<Task>,
    open: OpenFiles,
    /// What is to be told, in order of time.
    outbox: VecDeque<(SimTime, Effect)>,
    root: u32,
    /// Whether it runs beside a container's program: its background children survive it.
    is_exec: bool,
    exit: Option<Exit>,
    next_pid: u32,
    next_request: u64,
    reported_memory_bytes: u64,
    budget: Budget,
    /// What the output of the present step costs: a log takes so many lines a second.
    output_cost: Duration,
}

/// How far a task may run ahead of the present while it only computes, and how long a line of
/// output may wait for others: it saves the owner an event per command. Effects are never told
/// before their time.
const AHEAD: Duration = Duration::from_millis(10);
/// The most steps of one call of [`Process::advance`].
const STEPS_PER_CALL: u32 = 2_000;
/// What a process waits when a call used up its steps.
const PAUSE_WHEN_BUSY: Duration = Duration::from_millis(5);
/// The most tasks at once, as a `pids.max` would hold a fork bomb.
const MOST_TASKS: usize = 128;
/// Process ids of `exec` begin here, above those of a container's own children.
const FIRST_EXEC_PID: u32 = 1_000;

impl Process {
    /// Starts the program that `spec` asks for.
    ///
    /// # Errors
    /// A missing executable or working directory, in the runtime's words and with exit code 128:
    /// the container ends with reason StartError.
    pub fn start(
        spec: ProgramSpec,
        surroundings: &mut Surroundings<'_>,
        now: SimTime,
        rng: Rng,
    ) -> Result<Self, StartFailure> {
        let setting = Setting::new(spec, rng);
        let argv = command::argv_of(&setting.spec);
        let pid = setting.spec.pid;
        Self::launch(setting, argv, pid, surroundings, now).map_err(|message| StartFailure {
            message,
            exit_code: 128,
        })
    }

    /// Starts a command beside this process, in the same container: a probe, a hook, or
    /// `kubectl exec`. It has the container's environment and files. Whatever it writes is its
    /// output; killing it is [`Process::signal`] with [`Signal::KILL`].
    ///
    /// # Errors
    /// A missing executable, with the exit code that the runtime reports: 127 where nothing is
    /// found, 126 where it cannot be executed.
    pub fn exec(
        &mut self,
        argv: &[String],
        surroundings: &mut Surroundings<'_>,
        now: SimTime,
    ) -> Result<Self, StartFailure> {
        self.next_pid += 1;
        let pid = FIRST_EXEC_PID + self.next_pid;
        let start = Start::from_argv(argv.to_vec());
        Self::launch(Rc::clone(&self.setting), start, pid, surroundings, now).map_err(|message| {
            let exit_code = if message.contains("permission denied") {
                126
            } else {
                127
            };
            StartFailure { message, exit_code }
        })
    }

    /// Process id and command line of everything that runs in it.
    pub fn command_lines(&self) -> impl Iterator<Item = (u32, Rc<str>)> {
        let alive = self.tasks.iter().filter(|task| !task.is_zombie());
        alive.map(|task| (task.pid, Rc::clone(&task.title)))
    }

    fn launch(
        setting: Rc<Setting>,
        start: Start,
        pid: u32,
        surroundings: &mut Surroundings<'_>,
        now: SimTime,
    ) -> Result<Self, String> {
        let title = start.title();
        let program = start.program(&setting, surroundings, now)?;
        let stdin = if setting.spec.stdin { FOREVER } else { NULL };
        let task = Task::first(&setting.spec, pid, program, title, stdin, now);
        Ok(Self {
            setting,
            tasks: vec![task],
            open: OpenFiles::default(),
            outbox: VecDeque::new(),
            root: pid,
            is_exec: pid >= FIRST_EXEC_PID,
            exit: None,
            next_pid: pid,
            next_request: 0,
            reported_memory_bytes: 0,
            budget: Budget::new(now),
            output_cost: Duration::ZERO,
        })
    }

    /// When [`Process::advance`] is to be called next; `None` while nothing will happen by
    /// itself. Later than the last call's `now`.
    #[must_use]
    pub fn next_wake(&self) -> Option<SimTime> {
        let tasks = self.tasks.iter().filter_map(Task::wake_at);
        // Lines of output may wait for one another; their own time stays on them.
        let told = self.outbox.front().map(|(at, _)| *at + AHEAD);
        let is_urgent = |effect: &Effect| !matches!(effect, Effect::Output { .. });
        let urgent = self.outbox.iter().find(|(_, effect)| is_urgent(effect));
        tasks.chain(told).chain(urgent.map(|(at, _)| *at)).min()
    }

    /// Lets the process go on until `now` and returns what it did, in order.
    ///
    /// The work of one call is bounded: a script that never pauses is charged for what it does,
    /// runs at full speed for a while, and is then slowed down to some 2,000 steps a second.
    pub fn advance(&mut self, now: SimTime, surroundings: &mut Surroundings<'_>) -> Vec<Effect> {
        self.budget.refill(now);
        let mut steps = 0;
        while let Some(index) = self.next_runnable(now) {
            steps += self.run_slice(index, now, surroundings);
            if steps >= STEPS_PER_CALL {
                for task in &mut self.tasks {
                    task.postpone(now + PAUSE_WHEN_BUSY);
                }
                break;
            }
        }
        self.report_memory(now);
        let due = self.outbox.iter().take_while(|(at, _)| *at <= now).count();
        self.outbox.drain(..due).map(|(_, effect)| effect).collect()
    }

    /// Sends a signal from outside of the container, as the kubelet's stopping does. It reaches
    /// the first process only, like `kill` by a runtime.
    pub fn signal(&mut self, signal: Signal, now: SimTime) {
        if self.exit.is_none() {
            self.deliver(self.root, signal, now, true);
        }
    }

    /// Sends a signal from inside of the container ([`Effect::SignalPidOne`]): pid 1 survives
    /// even KILL.
    pub fn signal_from_inside(&mut self, signal: Signal, now: SimTime) {
        if self.exit.is_none() {
            self.deliver(self.root, signal, now, false);
        }
    }

    /// Gives the answer to an [`Effect::Request`]. An answer that nobody waits for any more is
    /// dropped.
    pub fn reply(&mut self, id: RequestId, reply: NetworkReply, now: SimTime) {
        let waiting = self.tasks.iter_mut().find(|task| task.request == Some(id));
        if let Some(task) = waiting {
            task.reply = Some(reply);
            task.wake(now);
        }
    }

    /// Whether the first process still runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.exit.is_none()
    }

    /// Whether nothing of it is left and nothing is still to be told: the owner may drop it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.exit.is_some() && self.tasks.is_empty() && self.outbox.is_empty()
    }

    /// How the first process ended.
    #[must_use]
    pub const fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Bytes of memory of the process and its children.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.tasks.iter().map(|task| task.memory_bytes).sum()
    }

    /// Whether something listens on a TCP port at `now`: what a TCP probe asks.
    #[must_use]
    pub fn listens(&self, port: u16, now: SimTime) -> bool {
        self.servers().any(|server| server.listens(port, now))
    }

    /// Asks a server of the process over HTTP.
    pub fn http(
        &mut self,
        port: u16,
        request: &HttpRequest,
        surroundings: &Surroundings<'_>,
        now: SimTime,
    ) -> HttpAnswer {
        let server = self.servers().find(|server| server.listens(port, now));
        let Some(server) = server else {
            return HttpAnswer {
                outcome: HttpOutcome::Refused,
                effects: Vec::new(),
            };
        };
        let (answer, exit_code) = server.http(port, request, &self.setting.spec, surroundings, now);
        if let Some(code) = exit_code {
            // `/exit?code=N` of agnhost: it answers and ends.
            for task in &mut self.tasks {
                if let Program::Server(server) = &mut task.program {
                    server.end(code);
                    task.wake(now);
                }
            }
        }
        answer
    }

    /// Asks a server of the process for its gRPC health.
    #[must_use]
    pub fn grpc_health(&self, port: u16, service: &str, now: SimTime) -> GrpcHealth {
        let server = self.servers().find(|server| server.listens(port, now));
        server.map_or(GrpcHealth::Refused, |server| {
            server.grpc_health(service, now)
        })
    }

    fn servers(&self) -> impl Iterator<Item = &super::server::Server> {
        self.tasks.iter().filter_map(|task| match &task.program {
            Program::Server(server) => Some(server.as_ref()),
            _ => None,
        })
    }

    fn next_runnable(&self, now: SimTime) -> Option<usize> {
        let due = self.tasks.iter().enumerate().filter_map(|(index, task)| {
            let limit = if task.is_computing() {
                now + AHEAD
            } else {
                now
            };
            let at = task.wake_at().filter(|at| *at <= limit)?;
            Some((at, task.pid, index))
        });
        due.min().map(|(_, _, index)| index)
    }

    /// Steps one task until it waits, ends, or has run far enough ahead. Returns the steps done.
    fn run_slice(
        &mut self,
        index: usize,
        now: SimTime,
        surroundings: &mut Surroundings<'_>,
    ) -> u32 {
        const MOST_STEPS: u32 = 500;
        let pid = self.tasks[index].pid;
        let mut at = self.tasks[index].wake_at().unwrap_or(now);
        for steps in 1..=MOST_STEPS {
            let Some(index) = self.index_of(pid) else {
                return steps;
            };
            self.tasks[index].set_running(at);
            let mut program = std::mem::replace(&mut self.tasks[index].program, Program::Gone);
            let mut context = Context::new(self, surroundings, pid, at);
            let step = program.step(&mut context);
            let cost = self.budget.charge();
            at += std::mem::take(&mut self.output_cost);
            // Nothing removes another task's entry but its own end and that of the root.
            let Some(index) = self.index_of(pid) else {
                return steps;
            };
            let task = &mut self.tasks[index];
            task.program = program;
            match step {
                Step::Continue(charged) => {
                    at += charged.max(cost);
                    task.compute_at(at);
                    if at > now + AHEAD {
                        return steps;
                    }
                }
                Step::Become(program, title) => {
                    task.program = *program;
                    task.title = title;
                    at += EXEC_COST;
                    task.compute_at(at);
                }
                Step::Sleep(until) => {
                    task.sleep_until(until.max(at + cost));
                    return steps;
                }
                Step::Wait(waits, deadline) => {
                    task.wait(waits, deadline);
                    return steps;
                }
                Step::Exit(exit) => {
                    self.end_task(pid, exit, at);
                    return steps;
                }
            }
        }
        MOST_STEPS
    }

    fn index_of(&self, pid: u32) -> Option<usize> {
        self.tasks.iter().position(|task| task.pid == pid)
    }

    /// Ends a task: its parent hears of it; with the root of a pid namespace all end.
    fn end_task(&mut self, pid: u32, exit: Exit, at: SimTime) {
        let Some(index) = self.index_of(pid) else {
            return;
        };
        if pid == self.root {
            self.exit = Some(exit);
            if self.is_exec {
                self.tasks.remove(index);
            } else {
                // The init of a namespace takes all with it; elsewhere the runtime does.
                self.tasks.clear();
            }
            self.tell(at, Effect::Exited { at, exit });
        } else {
            let parent = self.tasks[index].parent;
            match self
                .index_of(parent)
                .filter(|parent| !self.tasks[*parent].is_zombie())
            {
                Some(parent) => {
                    self.tasks[index].bury(exit);
                    self.tasks[parent].child_ended(at);
                }
                // Orphans are reaped by the init of the namespace.
                None => {
                    self.tasks.remove(index);
                }
            }
        }
        // Zombies whose parent is gone have nobody to ask for them.
        let alive: Vec<u32> = self
            .tasks
            .iter()
            .filter(|t| !t.is_zombie())
            .map(|t| t.pid)
            .collect();
        self.tasks
            .retain(|task| !task.is_zombie() || alive.contains(&task.parent));
        self.sweep(at);
    }

    /// Closes what nobody holds open any more and wakes those who wait at a pipe.
    fn sweep(&mut self, at: SimTime) {
        self.open
            .sweep(self.tasks.iter().flat_map(Task::held_files));
        for task in &mut self.tasks {
            task.pipes_changed(at);
        }
    }

    fn deliver(&mut self, pid: u32, signal: Signal, at: SimTime, from_outside: bool) {
        let Some(index) = self.index_of(pid) else {
            return;
        };
        let task = &mut self.tasks[index];
        if task.is_zombie() {
            return;
        }
        let kill = Exit {
            code: signal.exit_code(),
            signal: Some(signal),
        };
        if signal == Signal::KILL {
            // Linux pid_namespaces(7): only an ancestor namespace can kill the init.
            if pid != 1 || from_outside {
                self.end_task(pid, kill, at);
            }
            return;
        }
        match task.program.signal(signal, at, &self.setting.spec) {
            Reaction::Handled => task.wake(at),
            Reaction::Ignored => {}
            Reaction::Default if pid == 1 || signal.is_ignored_by_default() => {}
            Reaction::Default if task.ignores(signal) => {}
            Reaction::Default => self.end_task(pid, kill, at),
        }
    }

    fn report_memory(&mut self, now: SimTime) {
        let bytes = self.memory_bytes();
        if bytes != self.reported_memory_bytes && self.exit.is_none() {
            self.reported_memory_bytes = bytes;
            self.tell(now, Effect::Memory { bytes });
        }
    }

    fn tell(&mut self, at: SimTime, effect: Effect) {
        let behind = self
            .outbox
            .iter()
            .rev()
            .take_while(|(other, _)| *other > at)
            .count();
        self.outbox.insert(self.outbox.len() - behind, (at, effect));
    }
}

/// Time to load and start an executable.
const EXEC_COST: Duration = Duration::from_micros(500);

/// What a process may still compute at full speed, in steps.
#[derive(Clone, Debug)]
struct Budget {
    steps: u32,
    refilled_at: SimTime,
}

impl Budget {
    const MOST_STEPS: u32 = 20_000;
    /// 2,000 steps a second.
    const REFILL: Duration = Duration::from_micros(500);

    const fn new(now: SimTime) -> Self {
        Self {
            steps: Self::MOST_STEPS,
            refilled_at: now,
        }
    }

    fn refill(&mut self, now: SimTime) {
        let earned = now.since(self.refilled_at).as_micros() / Self::REFILL.as_micros();
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.steps = self.steps.saturating_add(earned).min(Self::MOST_STEPS);
            self.refilled_at = now;
        }
    }

    /// The least time that the next step takes.
    fn charge(&mut self) -> Duration {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                Duration::from_micros(1)
            }
            None => Self::REFILL,
        }
    }
}
