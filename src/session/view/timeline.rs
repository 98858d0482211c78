//! The time line: one track per pod over a common axis.

use std::rc::Rc;

use super::common::{ObjectKey, State, Text};
use crate::kernel::SimTime;

/// All tracks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Left end of the axis.
    pub from: SimTime,
    /// Right end of the axis, later than `head` so that deadlines have room.
    pub to: SimTime,
    /// The moment shown.
    pub now: SimTime,
    /// The newest moment that was simulated; `now` is earlier while one looks back. Tracks always reach up to here.
    pub head: SimTime,
    /// Selected first, then pods with problems, then by creation: those that can be seen, see [`Timeline::first`].
    /// Where there are many, those of one owner stand together under a heading.
    pub tracks: Vec<Rc<Track>>,
    /// How many tracks are above those.
    pub first: usize,
    /// How many tracks there are in all, headings among them.
    pub total: usize,
    /// How many pods.
    pub pods: usize,
    /// What the user did.
    pub pins: Vec<Pin>,
    /// The selected pod.
    pub selected: Option<ObjectKey>,
}

/// The life of one pod, or a heading, which has a name and a state only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Whether it is the heading over the pods of one owner.
    pub is_heading: bool,
    /// The pod, or the owner.
    pub key: ObjectKey,
    /// Its short name; of a heading with how many of its pods are ready.
    pub name: Text,
    /// Its state now; of a heading the one that needs attention most.
    pub state: State,
    /// In time order, without overlaps.
    pub bars: Vec<Bar>,
    /// Probe results, in time order.
    pub probes: Vec<ProbeTick>,
    /// Moments at which a container was started again.
    pub restarts: Vec<SimTime>,
    /// When its deletion was asked.
    pub deletion: Option<SimTime>,
    /// When it was gone.
    pub gone: Option<SimTime>,
    /// Deadlines that are certain already.
    pub due: Vec<Due>,
    /// For screen readers: what happened, in one sentence.
    pub label: Text,
}

/// A stretch in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its begin.
    pub from: SimTime,
    /// Its end; `None` if it lasts up to [`Timeline::head`].
    pub to: Option<SimTime>,
    /// The state.
    pub state: State,
}

/// One probe result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeTick {
    /// When it came.
    pub at: SimTime,
    /// Whether it passed.
    pub passed: bool,
}

/// A deadline that is certain already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: SimTime,
    /// `restart 5`, `SIGKILL`.
    pub text: Text,
}

/// Something the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// When.
    pub at: SimTime,
    /// `applied`, `deleted deployment/web`, `stopped node-2`.
    pub text: Text,
    /// The place of its first input in the log, which actions name it by.
    pub input: usize,
    /// Whether it broke or healed something.
    pub is_fault: bool,
}
