//! The kubelet of one node, with the container runtime and the processes under it.

use std::rc::Rc;

use crate::api::ObjectKey;
use crate::apiserver::Change;
use crate::kernel::Rng;

use super::{Context, Fault, MachineConfig};

/// What wakes a kubelet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// The machine has booted: register the node.
    Boot,
    /// Look at a pod.
    Sync(ObjectKey),
}

/// One machine with its kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    #[allow(dead_code)]
    node: Rc<str>,
}

impl Kubelet {
    /// The kubelet of a machine that has not booted yet.
    #[must_use]
    pub fn new(machine: &MachineConfig, _pulled_images: &[String], _rng: Rng) -> Self {
        Self {
            node: machine.name.as_str().into(),
        }
    }

    /// Sees a change of a pod on this node, or of the node.
    pub fn observe(&mut self, _change: &Change, _context: &mut Context) {}

    /// Handles an event of its own.
    pub fn handle(&mut self, wake: &Wake, _context: &mut Context) {
        match wake {
            Wake::Boot | Wake::Sync(_) => {}
        }
    }

    /// Something on this machine breaks or heals.
    pub fn fault(&mut self, _fault: &Fault, _context: &mut Context) {}
}
