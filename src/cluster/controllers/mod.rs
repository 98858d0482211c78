//! kube-controller-manager: the controllers, each level-triggered by keys of the objects it minds.

use crate::api::ObjectKey;
use crate::apiserver::Change;

use super::Context;

/// What wakes a controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Look at one object and bring the world in line with it.
    Sync {
        /// The controller, by its event source name: `deployment-controller`.
        controller: &'static str,
        /// The object.
        key: ObjectKey,
    },
}

/// All controllers.
#[derive(Clone, Debug, Default)]
pub struct Controllers {}

impl Controllers {
    /// Sees a change in the store.
    pub fn observe(&mut self, _change: &Change, _context: &mut Context) {}

    /// Handles an event of a controller's own.
    pub fn handle(&mut self, wake: &Wake, _context: &mut Context) {
        match wake {
            Wake::Sync { .. } => {}
        }
    }
}
