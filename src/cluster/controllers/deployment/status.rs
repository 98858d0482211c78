//! The status of a Deployment, and whether its rollout makes progress.

use std::time::Duration;

use crate::api::apps::{DeploymentCondition, DeploymentStatus};
use crate::api::{Deployment, ReplicaSet};
use crate::apiserver::Status;
use crate::cluster::{Actor, Step};
use crate::kernel::SimTime;

use super::conditions::{
    self, AVAILABLE, NEW_SET_AVAILABLE, PROGRESSING, REPLICA_FAILURE, TIMED_OUT,
};
use super::replica_sets::{ReplicaSets, total_available, total_replicas};
use super::{NAME, Sync, fenceposts};

/// Whether progress is watched; the largest number means never.
#[must_use]
pub fn has_deadline(deployment: &Deployment) -> bool {
    deployment
        .spec
        .progress_deadline_seconds
        .is_some_and(|seconds| seconds != i32::MAX)
}

/// Whether all replicas are of the present template and available, and no old ones are left.
#[must_use]
pub fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let wanted = deployment.spec.replicas.unwrap_or(1);
    status.updated_replicas.unwrap_or(0) == wanted
        && status.replicas.unwrap_or(0) == wanted
        && status.available_replicas.unwrap_or(0) == wanted
        && status.observed_generation.unwrap_or(0) >= deployment.meta.generation.unwrap_or(0)
}

/// Whether `new` is closer to the end of the rollout than what was written last.
fn is_progress(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let number = |of: Option<i32>| of.unwrap_or(0);
    let left_over =
        |status: &DeploymentStatus| number(status.replicas) - number(status.updated_replicas);
    number(new.updated_replicas) > number(old.updated_replicas)
        || left_over(new) < left_over(old)
        || number(new.ready_replicas) > number(old.ready_replicas)
        || number(new.available_replicas) > number(old.available_replicas)
}

impl Sync<'_, '_> {
    /// Writes the status of a Deployment that takes no step of a rollout.
    pub(super) fn write_status(&mut self, sets: &ReplicaSets) -> Result<(), Status> {
        let status = self.calculate(sets);
        if status == *self.deployment.status {
            return Ok(());
        }
        *self.deployment.status_mut() = status;
        self.put_status()
    }

    /// Writes the status amid a rollout, with the condition Progressing.
    pub(super) fn write_rollout_status(&mut self, sets: &ReplicaSets) -> Result<(), Status> {
        let mut status = self.calculate(sets);
        if has_deadline(&self.deployment) {
            self.judge_progress(sets, &mut status);
        } else {
            conditions::remove(&mut status, PROGRESSING);
        }
        match replica_failure(sets) {
            Some(failure) => conditions::set(&mut status, failure),
            None => conditions::remove(&mut status, REPLICA_FAILURE),
        }
        if status == *self.deployment.status {
            self.requeue = self.next_progress_check(&status);
            return Ok(());
        }
        *self.deployment.status_mut() = status;
        self.put_status()
    }

    fn judge_progress(&mut self, sets: &ReplicaSets, status: &mut DeploymentStatus) {
        let current = conditions::find(&self.deployment.status, PROGRESSING).cloned();
        let complete_before = status.replicas == status.updated_replicas
            && current
                .as_ref()
                .is_some_and(|condition| condition.reason.as_deref() == Some(NEW_SET_AVAILABLE));
        if complete_before {
            return;
        }
        let subject = match &sets.new {
            Some(new) => format!("ReplicaSet {:?}", new.name()),
            None => format!("Deployment {:?}", self.deployment.name()),
        };
        let old = &self.deployment.status;
        if is_complete(&self.deployment, status) {
            let message = format!("{subject} has successfully progressed.");
            self.note("rollout-complete", "The rollout of {} is **complete**", &[]);
            let condition = self.condition(PROGRESSING, "True", NEW_SET_AVAILABLE, &message);
            conditions::set(status, condition);
        } else if is_progress(old, status) {
            let message = format!("{subject} is progressing.");
            let mut condition = self.condition(PROGRESSING, "True", "ReplicaSetUpdated", &message);
            // Progress renews the update time even if status and reason stay.
            if let Some(current) = current {
                if current.status == "True" {
                    condition.last_transition_time = current.last_transition_time;
                }
                conditions::remove(status, PROGRESSING);
            }
            conditions::set(status, condition);
        } else if self.has_timed_out(status) {
            let message = format!("{subject} has timed out progressing.");
            if current.is_none_or(|condition| condition.reason.as_deref() != Some(TIMED_OUT)) {
                let text = "The rollout of {} made **no progress** for too long";
                self.note(
                    "progress-deadline-exceeded",
                    text,
                    &["spec.progressDeadlineSeconds"],
                );
            }
            let condition = self.condition(PROGRESSING, "False", TIMED_OUT, &message);
            conditions::set(status, condition);
        }
    }

    /// Records a step about the Deployment; `{}` in the text is its name.
    fn note(&mut self, code: &'static str, text: &str, reads: &[&str]) {
        let text = text.replace("{}", self.deployment.name());
        let mut step = Step::new(Actor::Controller(NAME), self.deployment.key(), code, text);
        for path in reads {
            step = step.reading(*path);
        }
        self.context.step(step);
    }

    fn has_timed_out(&self, status: &DeploymentStatus) -> bool {
        let Some(condition) = conditions::find(status, PROGRESSING) else {
            return false;
        };
        match condition.reason.as_deref() {
            Some(NEW_SET_AVAILABLE) => false,
            Some(TIMED_OUT) => true,
            _ => self
                .deadline(condition)
                .is_some_and(|deadline| deadline < self.context.now),
        }
    }

    /// When the rollout is given up, unless there is progress before.
    fn deadline(&self, condition: &DeploymentCondition) -> Option<SimTime> {
        let seconds = self.deployment.spec.progress_deadline_seconds?;
        let seconds = Duration::from_secs(u64::try_from(seconds).ok()?);
        let updated = condition.last_update_time.as_ref()?;
        Some(self.context.api.clock().moment(updated) + seconds)
    }

    /// When to look again whether the deadline has passed.
    fn next_progress_check(&self, status: &DeploymentStatus) -> Option<Duration> {
        if !has_deadline(&self.deployment) || is_complete(&self.deployment, status) {
            return None;
        }
        let condition = conditions::find(&self.deployment.status, PROGRESSING)?;
        if condition.reason.as_deref() == Some(TIMED_OUT) {
            return None;
        }
        let after = self.deadline(condition)?.since(self.context.now);
        // The timestamps are cut to seconds: one second more is surely past the deadline.
        Some(after + Duration::from_secs(1))
    }

    fn calculate(&self, sets: &ReplicaSets) -> DeploymentStatus {
        let positive = |number: i32| Some(number).filter(|number| *number > 0);
        let sum = |of: fn(&ReplicaSet) -> i32| positive(sets.all().map(of).sum());
        let available = total_available(sets.all());
        let updated = sets.new.as_ref().map_or(0, |new| new.status.replicas);
        let mut status = DeploymentStatus {
            observed_generation: self.deployment.meta.generation,
            replicas: sum(|set| set.status.replicas),
            updated_replicas: positive(updated),
            ready_replicas: sum(|set| set.status.ready_replicas.unwrap_or(0)),
            available_replicas: positive(available),
            unavailable_replicas: positive(total_replicas(sets.all()) - available),
            terminating_replicas: terminating(sets),
            collision_count: self.deployment.status.collision_count,
            conditions: self.deployment.status.conditions.clone(),
        };
        let fenceposts = fenceposts::of(&self.deployment);
        let condition = if available >= self.replicas() - fenceposts.max_unavailable {
            let message = "Deployment has minimum availability.";
            self.condition(AVAILABLE, "True", "MinimumReplicasAvailable", message)
        } else {
            let message = "Deployment does not have minimum availability.";
            self.condition(AVAILABLE, "False", "MinimumReplicasUnavailable", message)
        };
        conditions::set(&mut status, condition);
        status
    }
}

/// The sum over the sets; unknown if one that was synced does not say.
fn terminating(sets: &ReplicaSets) -> Option<i32> {
    let mut sum = 0;
    for set in sets.all() {
        match set.status.terminating_replicas {
            Some(count) => sum += count,
            None if set.status.observed_generation.unwrap_or(0) == 0 => {}
            None => return None,
        }
    }
    Some(sum)
}

/// The failure of the new set, or else of another.
fn replica_failure(sets: &ReplicaSets) -> Option<DeploymentCondition> {
    let failure = |set: &ReplicaSet| {
        let conditions = set.status.conditions.iter().flatten();
        let failure = conditions
            .clone()
            .find(|condition| condition.type_ == REPLICA_FAILURE)?;
        Some(DeploymentCondition {
            type_: failure.type_.clone(),
            status: failure.status.clone(),
            reason: failure.reason.clone(),
            message: failure.message.clone(),
            last_update_time: failure.last_transition_time.clone(),
            last_transition_time: failure.last_transition_time.clone(),
        })
    };
    let new = sets.new.as_ref().and_then(failure);
    new.or_else(|| sets.old.iter().find_map(failure))
}
