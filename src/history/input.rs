//! What a user does to a cluster, as the log keeps it.

use crate::cluster::{Client, Fault, Request, World};
use crate::kernel::SimTime;

/// One of the two ways in.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request to the API server, granted or refused.
    Request(Box<Request>),
    /// Something broke, or healed.
    Fault(Fault),
}

/// An input with its moment: it comes after all events of that moment.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedInput {
    /// When.
    pub at: SimTime,
    /// What.
    pub input: Input,
}

impl Input {
    /// Gives it to a world again. The answer is known from the first time.
    pub(super) fn replay(&self, world: &mut World) {
        match self {
            Self::Request(request) => drop(world.request(Request::clone(request))),
            Self::Fault(fault) => world.fault(fault.clone()),
        }
    }
}
