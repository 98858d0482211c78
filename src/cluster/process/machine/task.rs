//! One operating system process: a program, what it waits for, and what it holds open.

use std::rc::Rc;
use std::time::Duration;

use super::context::Context;
use super::open_files::{CLOSED, Descriptors, LOG_STDERR, LOG_STDOUT};
use crate::cluster::process::network::{NetworkReply, RequestId};
use crate::cluster::process::server::Server;
use crate::cluster::process::shell::Shell;
use crate::cluster::process::utilities::Utility;
use crate::cluster::process::{Exit, ProgramSpec, Signal};
use crate::kernel::SimTime;

/// What a task runs.
#[derive(Clone, Debug)]
pub(in crate::cluster::process) enum Program {
    /// A shell script.
    Shell(Box<Shell>),
    /// A server or anything else that only waits to be asked or stopped.
    Server(Box<Server>),
    /// A small tool such as `sleep` or `cat`.
    Utility(Box<Utility>),
    /// Stands in while the program is being stepped, and in the place of one that ended.
    Gone,
}

/// What a program does next.
pub(in crate::cluster::process) enum Step {
    /// It has more to do after this long.
    Continue(Duration),
    /// It does nothing until then.
    Sleep(SimTime),
    /// It waits for something, perhaps with a time limit.
    Wait(Waits, Option<SimTime>),
    /// It replaces itself by another program (`execve`), with that command line.
    Become(Box<Program>, Rc<str>),
    /// It ends.
    Exit(Exit),
}

/// What a task can wait for. It is woken when that may have happened, and looks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum Waits {
    /// The clock, or a signal, alone.
    Nothing,
    /// The end of a child.
    Child,
    /// A pipe to be filled, drained or closed.
    Pipe,
    /// The network.
    Reply,
}

/// How a program takes a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum Reaction {
    /// It has a handler; it is to be stepped.
    Handled,
    /// It ignores it.
    Ignored,
    /// It has no handler: the default action applies.
    Default,
}

/// One operating system process.
#[derive(Clone, Debug)]
pub(in crate::cluster::process) struct Task {
    pub pid: u32,
    pub parent: u32,
    pub program: Program,
    /// The command line, for `ps`.
    pub title: Rc<str>,
    pub descriptors: Descriptors,
    /// Open files that a shell keeps beside its descriptors, to put back after a redirection.
    pub set_aside: Vec<u32>,
    pub memory_bytes: u64,
    /// The request whose answer it waits for.
    pub request: Option<RequestId>,
    /// That answer, once it is there.
    pub reply: Option<NetworkReply>,
    /// Bit N: signal N was ignored when it was started, which a program inherits.
    pub ignored_signals: u64,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Wants to go on computing then.
    Computing(SimTime),
    /// Waits, at most until then.
    Waiting(Waits, Option<SimTime>),
    /// Ended; its parent has not asked yet.
    Zombie(Exit),
}

impl Task {
    pub fn first(
        spec: &ProgramSpec,
        pid: u32,
        program: Program,
        title: Rc<str>,
        stdin: u32,
        now: SimTime,
    ) -> Self {
        let mut descriptors = [CLOSED; 10];
        descriptors[..3].copy_from_slice(&[stdin, LOG_STDOUT, LOG_STDERR]);
        let memory_bytes = program.memory_bytes(spec);
        Self {
            pid,
            parent: 0,
            program,
            title,
            descriptors,
            set_aside: Vec::new(),
            memory_bytes,
            request: None,
            reply: None,
            ignored_signals: 0,
            state: State::Computing(now),
        }
    }

    pub fn wake_at(&self) -> Option<SimTime> {
        match self.state {
            State::Computing(at) => Some(at),
            State::Waiting(_, deadline) => deadline,
            State::Zombie(_) => None,
        }
    }

    pub fn is_computing(&self) -> bool {
        matches!(self.state, State::Computing(_))
    }

    pub fn is_zombie(&self) -> bool {
        matches!(self.state, State::Zombie(_))
    }

    /// How it ended, if it did.
    pub fn exit(&self) -> Option<Exit> {
        match self.state {
            State::Zombie(exit) => Some(exit),
            _ => None,
        }
    }

    pub fn set_running(&mut self, at: SimTime) {
        self.state = State::Computing(at);
    }

    pub fn compute_at(&mut self, at: SimTime) {
        self.state = State::Computing(at);
    }

    pub fn sleep_until(&mut self, until: SimTime) {
        self.state = State::Waiting(Waits::Nothing, Some(until));
    }

    pub fn wait(&mut self, waits: Waits, deadline: Option<SimTime>) {
        self.state = State::Waiting(waits, deadline);
    }

    pub fn bury(&mut self, exit: Exit) {
        self.state = State::Zombie(exit);
        self.program = Program::Gone;
        self.descriptors = [CLOSED; 10];
        self.set_aside = Vec::new();
        self.memory_bytes = 0;
    }

    /// Moves whatever is due before `at` to `at`.
    pub fn postpone(&mut self, at: SimTime) {
        match &mut self.state {
            State::Computing(due) | State::Waiting(_, Some(due)) => *due = at.max(*due),
            _ => {}
        }
    }

    /// Lets it look again, now or as soon as it has done what it is at.
    pub fn wake(&mut self, at: SimTime) {
        if let State::Waiting(..) = self.state {
            self.state = State::Computing(at);
        }
    }

    pub fn child_ended(&mut self, at: SimTime) {
        if let State::Waiting(Waits::Child, _) = self.state {
            self.state = State::Computing(at);
        }
    }

    pub fn pipes_changed(&mut self, at: SimTime) {
        if let State::Waiting(Waits::Pipe, _) = self.state {
            self.state = State::Computing(at);
        }
    }

    pub fn ignores(&self, signal: Signal) -> bool {
        self.ignored_signals & (1 << (signal.number() % 64)) != 0
    }

    /// Every open file that it holds, also those that a shell set aside.
    pub fn held_files(&self) -> impl Iterator<Item = u32> {
        self.descriptors
            .into_iter()
            .chain(self.set_aside.iter().copied())
    }
}

/// A shell's next step. Like that of a utility it is loaded with the first text that is not the opening one.
#[inline(never)]
fn step_shell(shell: &mut Shell, context: &mut Context<'_, '_>) -> Step {
    shell.step(context)
}

#[inline(never)]
fn step_utility(utility: &mut Utility, context: &mut Context<'_, '_>) -> Step {
    utility.step(context)
}

impl Program {
    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        match self {
            Self::Shell(shell) => step_shell(shell, context),
            Self::Server(server) => server.step(context),
            Self::Utility(utility) => step_utility(utility, context),
            Self::Gone => Step::Wait(Waits::Nothing, None),
        }
    }

    pub fn signal(&mut self, signal: Signal, now: SimTime, spec: &ProgramSpec) -> Reaction {
        match self {
            Self::Shell(shell) => shell.signal(signal),
            Self::Server(server) => server.signal(signal, now, spec),
            Self::Utility(utility) => utility.signal(signal),
            Self::Gone => Reaction::Default,
        }
    }

    /// What it takes at its start.
    pub fn memory_bytes(&self, spec: &ProgramSpec) -> u64 {
        match self {
            Self::Shell(_) => 800 << 10,
            Self::Utility(_) => 400 << 10,
            Self::Server(server) => server.memory_bytes(spec),
            Self::Gone => 0,
        }
    }
}
