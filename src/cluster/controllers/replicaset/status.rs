//! The status of a ReplicaSet.

use crate::api::apps::{ReplicaSetCondition, ReplicaSetStatus};
use crate::api::selector::matches_map;
use crate::api::{ReplicaSet, Resource};
use crate::apiserver::Status;
use crate::cluster::Context;
use crate::cluster::controllers::pods;

use super::claim::Claimed;
use super::manage::Failure;

const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Counts the pods as they were before this sync changed their number.
pub fn calculate(
    set: &ReplicaSet,
    claimed: &Claimed,
    failure: Option<&Failure>,
    context: &Context,
) -> ReplicaSetStatus {
    let min_ready_seconds = set.spec.min_ready_seconds.unwrap_or(0);
    let clock = context.api.clock();
    let count = |of: &dyn Fn(&crate::api::Pod) -> bool| {
        claimed.active.iter().filter(|pod| of(pod)).count() as i32
    };
    let template = set.spec.template.as_ref();
    let template_labels = template.and_then(|template| template.metadata.as_ref()?.labels.as_ref());
    let available = count(&|pod| pods::is_available(pod, min_ready_seconds, clock, context.now));
    let counts = [
        claimed.active.len() as i32,
        count(&|pod| matches_map(template_labels, pod.meta.labels.as_ref())),
        count(&pods::is_ready),
        claimed.terminating as i32,
    ];
    ReplicaSetStatus {
        available_replicas: some(available),
        ..of_counts(set, counts, failure, context)
    }
}

/// The status with these counts: active pods, those with all labels, ready ones, terminating ones. Ready
/// pods are available.
pub fn of_counts(
    set: &ReplicaSet,
    [active, labeled, ready, terminating]: [i32; 4],
    failure: Option<&Failure>,
    context: &Context,
) -> ReplicaSetStatus {
    ReplicaSetStatus {
        replicas: active,
        fully_labeled_replicas: some(labeled),
        ready_replicas: some(ready),
        available_replicas: some(ready),
        terminating_replicas: Some(terminating),
        observed_generation: set.status.observed_generation,
        conditions: conditions(set, failure, context),
    }
}

fn some(count: i32) -> Option<i32> {
    Some(count).filter(|count| *count > 0)
}

fn conditions(
    set: &ReplicaSet,
    failure: Option<&Failure>,
    context: &Context,
) -> Option<Vec<ReplicaSetCondition>> {
    let old = set.status.conditions.clone().unwrap_or_default();
    let had = old
        .iter()
        .any(|condition| condition.type_ == REPLICA_FAILURE);
    let mut conditions = old;
    match failure {
        // A failure that is already told is told no better by telling it again.
        Some(failure) if !had => conditions.push(ReplicaSetCondition {
            type_: REPLICA_FAILURE.to_owned(),
            status: "True".to_owned(),
            reason: Some(failure.reason.to_owned()),
            message: Some(failure.message.clone()),
            last_transition_time: Some(context.api.clock().time(context.now)),
        }),
        None if had => conditions.retain(|condition| condition.type_ != REPLICA_FAILURE),
        _ => {}
    }
    Some(conditions).filter(|conditions| !conditions.is_empty())
}

/// Writes the status if anything in it changed, or a new generation was seen.
pub fn write(
    set: &ReplicaSet,
    mut new: ReplicaSetStatus,
    context: &mut Context,
) -> Result<ReplicaSet, Status> {
    if *set.status == new && set.meta.generation == set.status.observed_generation {
        return Ok(set.clone());
    }
    new.observed_generation = set.meta.generation;
    let mut written = set.clone();
    *written.status_mut() = new;
    // Adopting and releasing do not touch the set, so its version is the stored one; a retry would
    // read it anew.
    let object = context
        .api
        .update_status(&written.clone().into_object(), context.moment())?;
    Ok(object.typed::<ReplicaSet>().cloned().unwrap_or(written))
}
