//! The container runtime of a node, as far as one pod goes: the sandbox and the instances of its containers.

use std::rc::Rc;

use crate::api::core::ResourceRequirements;
use crate::cluster::process::{Exit, Files, Process};
use crate::kernel::SimTime;

use super::inspect::LogLine;
use super::network_files::NetworkFiles;
use super::plan::Slot;

/// The runtime's truth about a pod. The kubelet looks at it through the PLEG's cache ([`Observed`]).
#[derive(Clone, Debug, Default)]
pub(super) struct Runtime {
    /// The newest sandbox.
    pub sandbox: Option<Sandbox>,
    /// The resources of the pod as a whole that are in force.
    pub resources: ResourceRequirements,
    /// All instances of containers that have not been removed, oldest first.
    pub instances: Vec<Instance>,
    /// Rises with every change that a listing would show.
    pub version: u64,
    /// Numbers instances.
    last_number: u32,
}

/// A pod sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sandbox {
    /// Which sandbox of the pod it is, from 0.
    pub attempt: u32,
    /// Whether it runs.
    pub ready: bool,
    /// Its address; the node's with `hostNetwork`.
    pub ip: Rc<str>,
    /// The files that every container in it gets.
    pub files: NetworkFiles,
}

/// One instance of a container.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// What a listing shows.
    pub record: Record,
    /// Its processes, while there are any.
    pub process: Option<Process>,
    /// How pid 1 ended, until the runtime has noticed.
    pub ended: Option<Ended>,
    /// When it notices.
    pub noticed_at: SimTime,
    /// Its files.
    pub files: Files,
    /// Its log.
    pub log: Rc<Log>,
    /// Memory of its processes, in bytes.
    pub memory_bytes: u64,
}

/// How pid 1 of an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// When.
    pub at: SimTime,
    /// How.
    pub exit: Exit,
    /// The reason, if it is not the exit code's.
    pub reason: Option<&'static str>,
}

/// What the runtime tells about an instance.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// Names the instance within the pod; rises with every instance.
    pub number: u32,
    /// Which container.
    pub slot: Slot,
    /// 64 hexadecimal digits.
    pub id: Rc<str>,
    /// How many instances of the container there were before.
    pub restarts: u32,
    /// The image in full form.
    pub image: Rc<str>,
    /// The image with its digest.
    pub image_id: Rc<str>,
    /// The user that it runs as.
    pub user_id: i64,
    /// The resources that are in force.
    pub resources: Rc<ResourceRequirements>,
    /// Its state.
    pub state: RecordState,
}

/// The state of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RecordState {
    /// Not started yet.
    Created,
    /// Its process runs.
    Running {
        /// Since when.
        started: SimTime,
    },
    /// Its process has ended.
    Exited {
        /// When it was started; `None` if it could not be.
        started: Option<SimTime>,
        /// When it ended.
        finished: SimTime,
        /// The exit code.
        exit_code: i32,
        /// `Completed`, `Error`, `OOMKilled`, `StartError` …
        reason: &'static str,
        /// The termination message.
        message: Option<Rc<str>>,
    },
}

impl RecordState {
    /// Whether the process runs.
    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// The exit code of an instance that has ended.
    pub const fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Exited { exit_code, .. } => Some(*exit_code),
            _ => None,
        }
    }
}

/// What a listing of the runtime showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Observed {
    /// The newest sandbox.
    pub sandbox: Option<Sandbox>,
    /// The address, kept after the sandbox has stopped.
    pub ip: Option<Rc<str>>,
    /// The instances, oldest first.
    pub records: Vec<Record>,
}

impl Observed {
    /// The newest instance of a container.
    pub fn newest(&self, slot: Slot) -> Option<&Record> {
        self.records.iter().rev().find(|record| record.slot == slot)
    }

    /// When the newest instance of a container that has ended did so.
    pub fn last_end(&self, slot: Slot) -> Option<SimTime> {
        let mut records = self.records.iter().rev();
        records.find_map(|record| match record.state {
            RecordState::Exited { finished, .. } if record.slot == slot => Some(finished),
            _ => None,
        })
    }

    /// Whether the pod needs a new sandbox.
    pub fn needs_sandbox(&self) -> bool {
        !self.sandbox.as_ref().is_some_and(|sandbox| sandbox.ready)
    }
}

impl Runtime {
    /// A listing as of now. `previous` gives the address of a sandbox that is gone.
    pub fn observe(&self, previous: &Observed) -> Observed {
        let ready = self.sandbox.as_ref().filter(|sandbox| sandbox.ready);
        Observed {
            sandbox: self.sandbox.clone(),
            ip: ready
                .map(|sandbox| Rc::clone(&sandbox.ip))
                .or_else(|| previous.ip.clone()),
            records: self
                .instances
                .iter()
                .map(|one| one.record.clone())
                .collect(),
        }
    }

    /// A number for a new instance.
    pub fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    /// The instance with a number.
    pub fn instance(&self, number: u32) -> Option<&Instance> {
        self.instances
            .iter()
            .find(|one| one.record.number == number)
    }

    /// The instance with a number, to change.
    pub fn instance_mut(&mut self, number: u32) -> Option<&mut Instance> {
        self.instances
            .iter_mut()
            .find(|one| one.record.number == number)
    }

    /// Memory of all instances, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.instances.iter().map(|one| one.memory_bytes).sum()
    }

    /// The newest instance of a container.
    pub fn newest(&self, slot: Slot) -> Option<&Instance> {
        self.instances
            .iter()
            .rev()
            .find(|one| one.record.slot == slot)
    }

    /// The numbers of the instances that run, in the order of the containers.
    pub fn running(&self) -> Vec<u32> {
        let running = self
            .instances
            .iter()
            .filter(|one| one.record.state.is_running());
        let mut running: Vec<(Slot, u32)> = running
            .map(|one| (one.record.slot, one.record.number))
            .collect();
        running.sort_unstable();
        running.into_iter().map(|(_, number)| number).collect()
    }

    /// kubelet: of each container one dead instance is kept beside the newest.
    pub fn collect_garbage(&mut self, slot: Slot) {
        let of_slot = self.instances.iter().filter(|one| one.record.slot == slot);
        let mut excess = of_slot.count().saturating_sub(2);
        self.instances.retain(|one| {
            let goes = one.record.slot == slot && excess > 0;
            excess -= usize::from(goes);
            !goes
        });
    }
}

/// The log of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    /// The lines, oldest first; the newest [`LOG_LINES`] of them.
    pub lines: Vec<LogLine>,
    /// Pieces that wait for their line feed: of standard output and standard error.
    open: [String; 2],
}

/// How many lines of a log are kept.
const LOG_LINES: usize = 2_000;

impl Log {
    /// Adds a piece of output.
    pub fn write(&mut self, at: SimTime, is_stderr: bool, text: &str) {
        let open = &mut self.open[usize::from(is_stderr)];
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\n') {
            let text = if open.is_empty() {
                line.into()
            } else {
                open.push_str(line);
                open.as_str().into()
            };
            open.clear();
            self.lines.push(LogLine {
                at,
                is_stderr,
                text,
            });
            rest = after;
        }
        open.push_str(rest);
        if self.lines.len() > 2 * LOG_LINES {
            self.lines.drain(..LOG_LINES);
        }
    }

    /// The end of the log, as a termination message falls back to: at most 80 lines and 2048 bytes.
    pub fn tail(&self) -> String {
        let from = self.lines.len().saturating_sub(80);
        let mut text: String = self.lines[from..]
            .iter()
            .map(|line| format!("{}\n", line.text))
            .collect();
        while text.len() > 2_048 {
            let first = text.find('\n').map_or(text.len(), |end| end + 1);
            text.drain(..first.max(1).min(text.len()));
        }
        text
    }
}
