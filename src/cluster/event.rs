//! Everything that can be pending: the closed set of events.

use std::rc::Rc;

use super::{controllers, kubelet, scheduler};

/// What happens at a moment of the simulation. Plain data, so that a world can be cloned and replayed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Something for the scheduler.
    Scheduler(scheduler::Wake),
    /// Something for the controller manager.
    Controllers(controllers::Wake),
    /// Something for the machine called `node`: its kubelet or what runs on it.
    Kubelet {
        /// The node's name.
        node: Rc<str>,
        /// What.
        wake: kubelet::Wake,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_small_since_many_are_pending() {
        let size = size_of::<Event>();
        assert!(size <= 80, "{size} bytes");
    }
}
