//! kube-scheduler: finds a node for every pod that has none.

use crate::apiserver::Change;

use super::Context;

/// What wakes the scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Take the next pod from the active queue.
    Cycle,
}

/// The scheduler.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {}

impl Scheduler {
    /// Sees a change in the store.
    pub fn observe(&mut self, _change: &Change, _context: &mut Context) {}

    /// Handles an event of its own.
    pub fn handle(&mut self, wake: &Wake, _context: &mut Context) {
        match wake {
            Wake::Cycle => {}
        }
    }
}
