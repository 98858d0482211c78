//! Node leases: the kubelets' heartbeats. They are kept apart from the other objects because nothing
//! but the node controller reads them.

use std::rc::Rc;

use crate::kernel::SimTime;

use super::ApiServer;

impl ApiServer {
    /// The kubelet of a node is alive: it renews its lease in `kube-node-lease`.
    pub fn renew_lease(&mut self, node: &str, now: SimTime) {
        match self.leases.get_mut(node) {
            Some(renewed) => *renewed = now,
            None => {
                self.leases.insert(Rc::from(node), now);
            }
        }
    }

    /// When the lease of a node was renewed last; `None` if it never was.
    #[must_use]
    pub fn lease(&self, node: &str) -> Option<SimTime> {
        self.leases.get(node).copied()
    }
}
