//! Recreate: all old pods go before the first new one comes.

use crate::api::{Deployment, ReplicaSet};
use crate::apiserver::Status;
use crate::cluster::controllers::pods;

use super::replica_sets::{ReplicaSets, replicas};
use super::{Sync, status};

/// Whether the strategy is Recreate.
#[must_use]
pub fn is_recreate(deployment: &Deployment) -> bool {
    let strategy = deployment.spec.strategy.as_ref();
    strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("Recreate")
}

impl Sync<'_, '_> {
    /// One step: scale the old sets down, or else wait for their pods, or else scale the new one up.
    pub(super) fn recreate(&mut self) -> Result<(), Status> {
        let mut sets = self.replica_sets(false)?;
        let mut scaled = false;
        for set in sets.old.iter().filter(|set| replicas(set) > 0) {
            let why = ("spec.strategy.type", "Recreate stops all old pods first");
            scaled |= self.resize(set, 0, why)?;
        }
        if scaled || self.old_pods_run(&sets) {
            return self.write_rollout_status(&sets);
        }
        if sets.new.is_none() {
            sets = self.replica_sets(true)?;
        }
        if let Some(new) = &sets.new {
            let why = ("spec.strategy.type", "no old pod is left");
            self.resize(new, self.replicas(), why)?;
        }
        if status::is_complete(&self.deployment, &self.deployment.status) {
            self.clean_up(&sets)?;
        }
        self.write_rollout_status(&sets)
    }

    fn old_pods_run(&self, sets: &ReplicaSets) -> bool {
        let store = self.context.api.store();
        sets.old.iter().any(|set: &ReplicaSet| {
            let mut own = store.controlled_pods(set.uid());
            set.status.replicas > 0 || own.any(|pod| !pods::has_ended(pod))
        })
    }
}
