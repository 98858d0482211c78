//! RollingUpdate: the new ReplicaSet grows and the old ones shrink, step by step.

use crate::api::ReplicaSet;
use crate::apiserver::Status;

use super::replica_sets::{ReplicaSets, available, replicas, total_available, total_replicas};
use super::{Sync, fenceposts, status};

impl Sync<'_, '_> {
    /// One step of a rolling update: grow, or else shrink, or else clean up.
    pub(super) fn roll(&mut self) -> Result<(), Status> {
        let sets = self.replica_sets(true)?;
        let Some(new) = sets.new.clone() else {
            return Ok(());
        };
        if self.grow_new(&sets, &new)? || self.shrink_old(&sets, &new)? {
            return self.write_rollout_status(&sets);
        }
        if status::is_complete(&self.deployment, &self.deployment.status) {
            self.clean_up(&sets)?;
        }
        self.write_rollout_status(&sets)
    }

    /// Brings the new set towards its size; returns whether it changed.
    fn grow_new(&mut self, sets: &ReplicaSets, new: &ReplicaSet) -> Result<bool, Status> {
        let wanted = self.replicas();
        if replicas(new) == wanted {
            return Ok(false);
        }
        if replicas(new) > wanted {
            let why = ("spec.replicas", "there are more than wanted");
            return self.resize(new, wanted, why);
        }
        let count = self.new_set_replicas(sets, new);
        let why = (
            "spec.strategy.rollingUpdate.maxSurge",
            "the surge allows it",
        );
        self.resize(new, count, why)
    }

    /// Shrinks the old sets as far as enough pods stay available; returns whether any changed.
    fn shrink_old(&mut self, sets: &ReplicaSets, new: &ReplicaSet) -> Result<bool, Status> {
        let mut old: Vec<ReplicaSet> = sets
            .old
            .iter()
            .filter(|set| replicas(set) > 0)
            .cloned()
            .collect();
        if old.is_empty() {
            return Ok(false);
        }
        let min_available = self.replicas() - fenceposts::of(&self.deployment).max_unavailable;
        let new_unavailable = replicas(new) - available(new);
        let most = total_replicas(sets.all()) - min_available - new_unavailable;
        if most <= 0 {
            return Ok(false);
        }
        let unhealthy = self.shrink_unhealthy(&mut old, most)?;
        let spare = total_available(old.iter().chain([new])) - min_available;
        let healthy = self.shrink_available(&old, spare)?;
        Ok(unhealthy + healthy > 0)
    }

    /// Pods of old sets that are not available go first: they help nobody.
    fn shrink_unhealthy(&mut self, old: &mut [ReplicaSet], most: i32) -> Result<i32, Status> {
        let mut gone = 0;
        for set in old {
            let unhealthy = replicas(set) - available(set);
            let count = unhealthy.min(most - gone);
            if count <= 0 {
                continue;
            }
            let why = ("spec.strategy", "its unavailable pods help nobody");
            let smaller = replicas(set) - count;
            self.resize(set, smaller, why)?;
            self.reread(set);
            gone += count;
        }
        Ok(gone)
    }

    /// As many pods of old sets go as are available beyond the minimum.
    fn shrink_available(&mut self, old: &[ReplicaSet], spare: i32) -> Result<i32, Status> {
        let mut gone = 0;
        for set in old {
            let count = replicas(set).min(spare - gone);
            if count <= 0 {
                continue;
            }
            let why = (
                "spec.strategy.rollingUpdate.maxUnavailable",
                "enough pods stay available",
            );
            self.resize(set, replicas(set) - count, why)?;
            gone += count;
        }
        Ok(gone)
    }

    fn reread(&self, set: &mut ReplicaSet) {
        let stored = self
            .context
            .api
            .get::<ReplicaSet>(set.namespace(), set.name());
        if let Some(stored) = stored {
            *set = stored.clone();
        }
    }
}
