//! The conditions of a Deployment.

use crate::api::apps::{DeploymentCondition, DeploymentStatus};

/// Whether the rollout moves.
pub const PROGRESSING: &str = "Progressing";
/// Whether enough replicas are available.
pub const AVAILABLE: &str = "Available";
/// A ReplicaSet cannot create or delete pods.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Progressing: the rollout is complete.
pub const NEW_SET_AVAILABLE: &str = "NewReplicaSetAvailable";
/// Progressing: there was no progress for too long.
pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";

/// The condition of a type.
pub fn find<'a>(status: &'a DeploymentStatus, type_: &str) -> Option<&'a DeploymentCondition> {
    status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == type_)
}

/// Puts a condition at the end, replacing the one of its type; but a condition with the same status
/// and reason stays as it is.
pub fn set(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    if let Some(old) = find(status, &condition.type_) {
        if old.status == condition.status && old.reason == condition.reason {
            return;
        }
        if old.status == condition.status {
            condition
                .last_transition_time
                .clone_from(&old.last_transition_time);
        }
    }
    remove(status, &condition.type_);
    status.conditions.get_or_insert_default().push(condition);
}

/// Takes the condition of a type out.
pub fn remove(status: &mut DeploymentStatus, type_: &str) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != type_);
        if conditions.is_empty() {
            status.conditions = None;
        }
    }
}
