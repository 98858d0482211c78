//! History: the log of inputs, checkpoints, and every moment of a run within reach.
//!
//! A run follows from its [`ClusterConfig`] and the log of its inputs alone. So the past is not stored but
//! found again: take the checkpoint before it and run from there. What was seen on the way (steps, the lanes
//! of the time line) is recorded once, when the head first passes.

mod causes;
mod checkpoints;
mod client;
pub mod cluster;
mod cursor;
mod input;
mod lane;
mod pod_state;
mod record;
#[cfg(test)]
mod tests;
mod touched;

use std::time::Duration;

use crate::cluster::{ClusterConfig, World};
use crate::kernel::SimTime;

use checkpoints::Checkpoints;
use cursor::Cursor;

pub use causes::{Cause, causes};
pub use input::{Input, LoggedInput};
pub use lane::{Lane, ProbeTick, Span};
pub use pod_state::PodState;
pub use record::Record;
pub use touched::Touched;

/// The longest jump to the next event, in simulated seconds.
const LONGEST_STEP_SECS: u64 = 600;

/// How often probe results are noted; a probe runs at most once a second.
const PROBE_LOOK: Duration = Duration::from_millis(500);

/// The head stops at least this often to be looked at: a kubelet keeps eight results of a probe.
const LONGEST_SLICE: Duration = Duration::from_secs(4);

/// A run with its past: the newest moment (the head), and the moment shown, which may be earlier.
#[derive(Clone, Debug)]
pub struct History {
    config: ClusterConfig,
    inputs: Vec<LoggedInput>,
    checkpoints: Checkpoints,
    head: Cursor,
    /// The moment shown, while that is not the head.
    past: Option<Cursor>,
    /// A journey to another moment that did not fit one budget.
    journey: Option<Journey>,
    record: Record,
    /// When the probe results were last noted.
    probes_noted: SimTime,
    touched: Touched,
}

/// A seek that is under way.
#[derive(Clone, Debug)]
struct Journey {
    cursor: Cursor,
    target: SimTime,
}

impl History {
    /// The history of a cluster that is about to boot.
    #[must_use]
    pub fn new(config: ClusterConfig) -> Self {
        let head = Cursor::new(World::new(&config));
        let mut history = Self {
            checkpoints: Checkpoints::new(head.clone()),
            config,
            inputs: Vec::new(),
            head,
            past: None,
            journey: None,
            record: Record::default(),
            probes_noted: SimTime::ZERO,
            touched: Touched::everything(),
        };
        history.note();
        history
    }

    /// A run that was made before, at its start: it goes on by itself as [`History::seek`] goes beyond its head.
    /// The inputs are in order.
    #[must_use]
    pub fn replaying(config: ClusterConfig, inputs: Vec<LoggedInput>) -> Self {
        Self {
            inputs,
            ..Self::new(config)
        }
    }

    /// What the run started from.
    #[must_use]
    pub const fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Everything that the user did, oldest first.
    #[must_use]
    pub fn inputs(&self) -> &[LoggedInput] {
        &self.inputs
    }

    /// What was seen on the way up to the head.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The cluster at the moment shown.
    #[must_use]
    pub fn shown(&self) -> &World {
        &self.past.as_ref().unwrap_or(&self.head).world
    }

    /// The moment shown.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.shown().now()
    }

    /// The newest moment that was simulated.
    #[must_use]
    pub const fn head_time(&self) -> SimTime {
        self.head.world.now()
    }

    /// Whether the moment shown is the head.
    #[must_use]
    pub const fn at_head(&self) -> bool {
        self.past.is_none()
    }

    /// The moment that a seek is on its way to; `None` if it has arrived.
    #[must_use]
    pub fn seeking(&self) -> Option<SimTime> {
        self.journey.as_ref().map(|journey| journey.target)
    }

    /// Takes what changed in the picture since the last call.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }

    /// Lets time pass up to `until`, within `budget` events: through the past up to the head, and on.
    /// Returns whether it got there.
    pub fn run_until(&mut self, until: SimTime, budget: usize) -> bool {
        let mut left = budget;
        if let Some(past) = &mut self.past {
            let goal = until.min(self.head.world.now());
            let arrived = past.run(&self.inputs, goal, &mut left);
            self.touched.drain(&mut past.world);
            if !arrived {
                return false;
            }
            self.leave_past_if_at_head();
        }
        until <= self.head_time() || self.run_head(until, &mut left)
    }

    /// Goes to the moment `target`, within `budget` events; [`History::travel`] goes on if that was not
    /// enough. The moment shown stays until the other is reached. Returns whether it is.
    ///
    /// Beyond the head the run itself goes on, in sight.
    pub fn seek(&mut self, target: SimTime, budget: usize) -> bool {
        self.journey = None;
        if target >= self.head_time() {
            self.show_head();
            let arrived = self.run_head(target, &mut budget.clone());
            if !arrived {
                let cursor = self.head.clone();
                self.journey = Some(Journey { cursor, target });
            }
            return arrived;
        }
        let near = self.past.as_ref().filter(|past| past.world.now() <= target);
        let checkpoint = self.checkpoints.before(target);
        let cursor = match near {
            Some(past) if past.events >= checkpoint.events => past,
            _ => checkpoint,
        };
        self.journey = Some(Journey {
            cursor: cursor.clone(),
            target,
        });
        self.travel(budget)
    }

    /// Goes on with a seek. Returns whether there is none under way any more.
    pub fn travel(&mut self, budget: usize) -> bool {
        let Some(mut journey) = self.journey.take() else {
            return true;
        };
        let mut left = budget;
        if journey.target >= self.head_time() {
            let arrived = self.run_head(journey.target, &mut left);
            self.journey = Some(journey).filter(|_| !arrived);
            return arrived;
        }
        let arrived = journey.cursor.run(&self.inputs, journey.target, &mut left);
        // What happens on the way was recorded when the head passed there.
        journey.cursor.world.drain_changes();
        journey.cursor.world.drain_steps();
        if arrived {
            self.past = Some(journey.cursor);
            self.touched = Touched::everything();
            self.leave_past_if_at_head();
        } else {
            self.journey = Some(journey);
        }
        arrived
    }

    /// Goes on to the next moment at which something worth seeing happens, within `budget` events.
    /// Returns whether one was found; if not, time has passed all the same.
    pub fn step(&mut self, budget: usize) -> bool {
        if !self.at_head() {
            let next = self.record.moment_after(self.now());
            let goal = next.unwrap_or(self.head_time());
            return self.run_until(goal, budget) && next.is_some();
        }
        let (begin, mut left) = (self.head_time(), budget);
        let limit = begin + Duration::from_secs(LONGEST_STEP_SECS);
        while left > 0 {
            let Some(next) = self.head.world.next_time().filter(|next| *next <= limit) else {
                self.run_head(limit, &mut left);
                return false;
            };
            self.run_head(next, &mut left);
            if self.record.moment_after(begin).is_some() {
                return true;
            }
        }
        false
    }

    /// Goes back to the moment before the one shown at which something happened, but not before
    /// `earliest`. [`History::travel`] goes on if `budget` is not enough.
    pub fn step_back(&mut self, earliest: SimTime, budget: usize) -> bool {
        let before = self.record.moment_before(self.now());
        match before.filter(|moment| *moment >= earliest) {
            Some(moment) => self.seek(moment, budget),
            None => self.now() <= earliest || self.seek(earliest, budget),
        }
    }

    /// Shows the newest moment.
    pub fn show_head(&mut self) {
        self.journey = None;
        if self.past.take().is_some() {
            self.touched = Touched::everything();
        }
    }

    /// Forgets what came after the moment shown: it becomes the head.
    pub fn fork(&mut self) {
        self.journey = None;
        let Some(mut past) = self.past.take() else {
            return;
        };
        past.finish_instant(&self.inputs);
        past.world.drain_changes();
        past.world.drain_steps();
        self.inputs.truncate(past.next_input);
        self.checkpoints.cut(&past);
        self.record.cut(past.world.now());
        self.head = past;
        self.probes_noted = self.head_time();
        self.touched = Touched::everything();
    }

    /// Replaces the log: both lists say the same of all that was before `from`. The head goes back to just before
    /// it; [`History::seek`] makes the run again.
    pub fn rewrite(&mut self, inputs: Vec<LoggedInput>, from: SimTime) {
        let kept = from - Duration::from_micros(1);
        let mut cursor = self.checkpoints.before(kept).clone();
        // At most the events between two checkpoints.
        cursor.run(&self.inputs, kept, &mut usize::MAX.clone());
        cursor.world.drain_changes();
        cursor.world.drain_steps();
        self.checkpoints.cut(&cursor);
        self.record.cut(kept);
        self.inputs = inputs;
        self.past = None;
        self.journey = None;
        self.probes_noted = kept;
        self.head = cursor;
        self.touched = Touched::everything();
    }

    fn leave_past_if_at_head(&mut self) {
        if self
            .past
            .as_ref()
            .is_some_and(|past| past.position() >= self.head.position())
        {
            self.past = None;
            self.touched = Touched::everything();
        }
    }

    /// Runs the head, recording and setting checkpoints as it goes.
    fn run_head(&mut self, until: SimTime, left: &mut usize) -> bool {
        loop {
            let mut slice = self.checkpoints.slice(&self.head).min(*left);
            let given = slice;
            let stop = until.min(self.head_time() + LONGEST_SLICE);
            let arrived = self.head.run(&self.inputs, stop, &mut slice) && stop == until;
            *left -= given - slice;
            self.note();
            if self.head_time().since(self.probes_noted) >= PROBE_LOOK {
                self.record.note_probes(&self.head.world);
                self.probes_noted = self.head_time();
            }
            self.checkpoints.offer(&self.head);
            if arrived || *left == 0 {
                return arrived;
            }
        }
    }

    /// Records what the head did since the last call.
    fn note(&mut self) {
        let changes = self.head.world.drain_changes();
        let steps = self.head.world.drain_steps();
        if self.past.is_none() {
            self.touched.note(&changes, &steps);
        }
        self.record.note(&changes, steps);
    }
}
