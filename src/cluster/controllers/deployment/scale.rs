//! Resizing ReplicaSets, and removing those that are remembered no longer.

use crate::kernel::OrderedMap;
use std::cmp::Reverse;

use crate::api::{ReplicaSet, Resource};
use crate::apiserver::{DeleteOptions, Reason, Status};
use crate::cluster::controllers::record;
use crate::cluster::{Actor, Step};

use super::replica_sets::{ReplicaSets, available, replicas, total_replicas};
use super::{NAME, Sync, fenceposts, recreate, revision};

/// The annotation with the Deployment's replicas when the set was sized last.
pub const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// The annotation with the most pods that the Deployment could have then.
pub const MAX: &str = "deployment.kubernetes.io/max-replicas";

/// For how many replicas of the Deployment a set was sized.
#[must_use]
pub fn desired_annotation(set: &ReplicaSet) -> Option<i32> {
    number(set, DESIRED)
}

fn number(set: &ReplicaSet, annotation: &str) -> Option<i32> {
    let number: i32 = set.annotation(annotation)?.parse().ok()?;
    Some(number).filter(|number| *number >= 0)
}

impl Sync<'_, '_> {
    /// Gives a set a new size, with an event; returns whether that was a change. `why` is the field
    /// of the Deployment that decided, and the reason in words.
    pub(super) fn resize(
        &mut self,
        set: &ReplicaSet,
        count: i32,
        why: (&str, &str),
    ) -> Result<bool, Status> {
        if replicas(set) == count {
            return Ok(false);
        }
        self.resize_always(set, count, why)
    }

    /// As `resize`, but brings the annotations up to date even if the size stays.
    fn resize_always(
        &mut self,
        set: &ReplicaSet,
        count: i32,
        why: (&str, &str),
    ) -> Result<bool, Status> {
        let before = replicas(set);
        let mut resized = set.clone();
        self.annotate_sizes(&mut resized);
        if count == before && resized.meta == set.meta {
            return Ok(false);
        }
        let direction = if before < count { "up" } else { "down" };
        if count != before {
            resized.spec_mut().replicas = Some(count);
            let (field, reason) = why;
            let text = format!(
                "{} is scaled {direction} from {before} to **{count}**: {reason}",
                set.name()
            );
            let step = Step::new(Actor::Controller(NAME), set.key(), "scaled", text)
                .reading_of(self.deployment.key(), field)
                .reading_of(self.deployment.key(), "spec.replicas");
            self.context.step(step);
        }
        self.context
            .api
            .update(resized.into_object(), self.context.moment())?;
        if count != before {
            let message = format!(
                "Scaled {direction} replica set {} from {before} to {count}",
                set.name()
            );
            let about = self.deployment.clone().into_object();
            record(
                self.recorder,
                &about,
                "ScalingReplicaSet",
                message,
                self.context,
            );
        }
        Ok(count != before)
    }

    /// Notes on a set for how many replicas it is sized.
    pub(super) fn annotate_sizes(&self, set: &mut ReplicaSet) {
        let desired = self.replicas().to_string();
        let max = (self.replicas() + fenceposts::of(&self.deployment).max_surge).to_string();
        if set.annotation(DESIRED) != Some(&desired) || set.annotation(MAX) != Some(&max) {
            let annotations = set.meta_mut().annotations.get_or_insert_default();
            annotations.insert(DESIRED.to_owned(), desired);
            annotations.insert(MAX.to_owned(), max);
        }
    }

    /// Brings the sets to a changed `spec.replicas` without taking a step of a rollout.
    pub(super) fn scale(&mut self, sets: &ReplicaSets) -> Result<(), Status> {
        const WHY: (&str, &str) = ("spec.replicas", "the Deployment was scaled");
        if let Some(only) = sets.active_or_latest() {
            self.resize(only, self.replicas(), WHY)?;
            return Ok(());
        }
        if sets.new.as_ref().is_some_and(|new| self.is_saturated(new)) {
            for old in sets.old.iter().filter(|set| replicas(set) > 0) {
                let why = ("spec.replicas", "the new ReplicaSet has all pods");
                self.resize(old, 0, why)?;
            }
            return Ok(());
        }
        if recreate::is_recreate(&self.deployment) {
            return Ok(());
        }
        for (set, count) in self.proportions(sets) {
            self.resize_always(&set, count, WHY)?;
        }
        Ok(())
    }

    /// Whether a set has all pods of the Deployment, available.
    fn is_saturated(&self, set: &ReplicaSet) -> bool {
        let wanted = self.replicas();
        replicas(set) == wanted
            && desired_annotation(set) == Some(wanted)
            && available(set) == wanted
    }

    /// The new sizes of sets amid a rollout: what is to be added or taken away is shared by size, the
    /// rest goes to the largest.
    fn proportions(&self, sets: &ReplicaSets) -> Vec<(ReplicaSet, i32)> {
        let mut active: Vec<ReplicaSet> = sets
            .all()
            .filter(|set| replicas(set) > 0)
            .cloned()
            .collect();
        let surge = fenceposts::of(&self.deployment).max_surge;
        let allowed = match self.replicas() {
            0 => 0,
            wanted => wanted + surge,
        };
        let to_add = allowed - total_replicas(&active);
        // The largest first; of equals the newer when growing, the older when shrinking.
        let age = |set: &ReplicaSet| set.meta.creation_timestamp.clone();
        if to_add > 0 {
            active.sort_by_key(|set| (Reverse(replicas(set)), Reverse(age(set))));
        } else if to_add < 0 {
            active.sort_by_key(|set| (Reverse(replicas(set)), age(set)));
        }
        let mut sizes: OrderedMap<String, i32> = OrderedMap::new();
        let mut added = 0;
        for set in &active {
            let share = self.share(set, to_add, to_add - added);
            added += share;
            sizes.insert(set.name().to_owned(), replicas(set) + share);
        }
        let mut left_over = to_add - added;
        active
            .into_iter()
            .map(|set| {
                let size = sizes.get(set.name()).copied().unwrap_or(0);
                let size = (size + std::mem::take(&mut left_over)).max(0);
                (set, size)
            })
            .collect()
    }

    /// The part of `to_add` (which may be negative) that a set gets, at most what is left of it.
    fn share(&self, set: &ReplicaSet, to_add: i32, left: i32) -> i32 {
        if to_add == 0 || left == 0 {
            return 0;
        }
        let fraction = self.fraction(set);
        if to_add > 0 {
            fraction.min(left)
        } else {
            fraction.max(left)
        }
    }

    /// By how much a set grows if its share of the Deployment stays the same.
    fn fraction(&self, set: &ReplicaSet) -> i32 {
        let size = replicas(set);
        if self.replicas() == 0 {
            return -size;
        }
        let max = i64::from(self.replicas() + fenceposts::of(&self.deployment).max_surge);
        let before = number(set, MAX)
            .filter(|max| *max > 0)
            .unwrap_or(self.deployment.status.replicas.unwrap_or(0));
        if before <= 0 {
            return 0;
        }
        // Rounded half away from zero; both are positive.
        let doubled = 2 * i64::from(size) * max + i64::from(before);
        let rounded = doubled / (2 * i64::from(before));
        i32::try_from(rounded).unwrap_or(i32::MAX) - size
    }

    /// Deletes the oldest sets beyond `spec.revisionHistoryLimit`.
    pub(super) fn clean_up(&mut self, sets: &ReplicaSets) -> Result<(), Status> {
        let Some(limit) = self.deployment.spec.revision_history_limit else {
            return Ok(());
        };
        let mut old: Vec<&ReplicaSet> = sets.old.iter().filter(|set| !set.is_deleting()).collect();
        let surplus = old
            .len()
            .saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        old.sort_by_key(|set| (revision::revision(set), set.meta.creation_timestamp.clone()));
        for set in old.into_iter().take(surplus) {
            let seen = set.status.observed_generation.unwrap_or(0);
            let busy = set.status.replicas != 0
                || replicas(set) != 0
                || set.meta.generation.unwrap_or(0) > seen;
            if busy {
                continue;
            }
            let text = format!(
                "{} is one of more than {limit} old ReplicaSets and is **deleted**",
                set.name()
            );
            let step = Step::new(Actor::Controller(NAME), set.key(), "history-cleaned", text)
                .reading_of(self.deployment.key(), "spec.revisionHistoryLimit");
            self.context.step(step);
            let options = DeleteOptions::default();
            let deleted = self
                .context
                .api
                .delete(&set.key(), &options, self.context.moment());
            match deleted {
                Err(status) if status.reason != Reason::NotFound => return Err(status),
                _ => {}
            }
        }
        Ok(())
    }
}
