//! The shell.

use super::command::Origin;
use super::machine::{Context, Reaction, Step};
use super::{Exit, Signal, Surroundings};

/// A shell and its script.
#[derive(Clone, Debug)]
pub(super) struct Shell {}

impl Shell {
    pub fn from_script(_text: &str, _argv: &[String], _origin: &Origin<'_>) -> Self {
        Self {}
    }

    pub fn from_argv(
        _argv: &[String],
        _origin: &Origin<'_>,
        _surroundings: &mut Surroundings<'_>,
    ) -> Self {
        Self {}
    }

    pub fn step(&mut self, _context: &mut Context<'_, '_>) -> Step {
        Step::Exit(Exit {
            code: 0,
            signal: None,
        })
    }

    pub fn signal(&mut self, _signal: Signal) -> Reaction {
        Reaction::Default
    }
}
