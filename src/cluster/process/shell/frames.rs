//! What a shell is in the middle of: its call stack as data.

use std::rc::Rc;

use super::Variable;
use super::ast::{Command, List};
use crate::cluster::process::machine::Descriptors;

/// Variables with the values that they get back.
pub(super) type SavedVariables = Vec<(String, Option<Variable>)>;

/// One level of the call stack.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    /// Runs the items of a list from `next` on.
    List { list: Rc<List>, next: usize },
    /// Runs the pipelines of one item; `next` is the one that comes after the running one.
    Item {
        list: Rc<List>,
        index: usize,
        next: usize,
    },
    /// Turns the status of what runs above it round.
    Negate,
    /// Expands and starts a command. `captured` are the outputs of its substitutions so far.
    Command {
        command: Rc<Command>,
        captured: Vec<String>,
    },
    /// An `if` whose condition (`checking`) or body runs.
    If {
        command: Rc<Command>,
        branch: usize,
        checking: bool,
    },
    /// A `while` or `until`, and the status of its last round.
    Loop {
        command: Rc<Command>,
        phase: Phase,
        last: i32,
    },
    /// A `for` that has come to its `next` value.
    For {
        command: Rc<Command>,
        values: Rc<[String]>,
        next: usize,
    },
    /// Puts descriptors back.
    Restore(Descriptors),
    /// Puts variables back.
    RestoreVariables(SavedVariables),
    /// A function that runs: what it hides.
    Call {
        positional: Rc<[String]>,
        locals: SavedVariables,
    },
    /// A trap's action that runs: `$?` from before it.
    Trap { status: i32 },
    /// The EXIT trap's action that runs, and the status to exit with.
    ExitTrap { code: i32 },
    /// Waits for children in the foreground.
    Await {
        children: Rc<[u32]>,
        statuses: Vec<Option<i32>>,
    },
    /// Collects the output of a command substitution.
    Substitution {
        child: u32,
        reader: u32,
        output: String,
    },
    /// A builtin that runs, or waits to go on.
    Builtin(Rc<[String]>),
    /// Reads its script from standard input: the text so far.
    Input(String),
    /// Complains and ends.
    Complaint(Rc<str>, i32),
}

/// What of a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing yet.
    Fresh,
    Condition,
    Body,
}

impl Frame {
    pub fn list(list: Rc<List>) -> Self {
        Self::List { list, next: 0 }
    }

    pub fn command(command: &Rc<Command>) -> Self {
        Self::Command {
            command: Rc::clone(command),
            captured: Vec::new(),
        }
    }

    /// Whether nothing is left to do in it once what runs above it has ended.
    pub fn is_at_end(&self) -> bool {
        match self {
            Self::List { list, next } => *next >= list.items.len(),
            Self::Item { list, index, next } => list
                .items
                .get(*index)
                .is_none_or(|item| *next > item.rest.len()),
            Self::If { checking, .. } => !checking,
            Self::Restore(_) => true,
            _ => false,
        }
    }

    /// Whether a failure of what runs above it is being asked about, so that `set -e` does not
    /// end the shell (POSIX, `set`).
    pub fn asks_for_status(&self) -> bool {
        match self {
            Self::Negate => true,
            Self::If { checking, .. } => *checking,
            Self::Loop { phase, .. } => *phase == Phase::Condition,
            Self::Item { .. } => !self.is_at_end(),
            _ => false,
        }
    }

    pub fn is_loop(&self) -> bool {
        matches!(self, Self::For { .. } | Self::Loop { .. })
    }
}
