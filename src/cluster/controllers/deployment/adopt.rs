//! Which ReplicaSets are a Deployment's: those it owns and selects; it adopts and releases others.

use crate::api::owner::{controller_of, controller_reference};
use crate::api::{Deployment, ReplicaSet, Resource, selector};
use crate::apiserver::{Reason, Status};
use crate::cluster::{Actor, Context, Step};

use super::NAME;

/// Collects the ReplicaSets of a Deployment, adopting and releasing on the way. Sorted by creation,
/// then name.
pub fn sets_of(deployment: &Deployment, context: &mut Context) -> Result<Vec<ReplicaSet>, Status> {
    let all: Vec<ReplicaSet> = context
        .api
        .list::<ReplicaSet>(Some(deployment.namespace()))
        .cloned()
        .collect();
    let mut sets = Vec::new();
    for set in all {
        let selected = selector::matches(&deployment.spec.selector, set.meta.labels.as_ref());
        match controller_of(&set.meta) {
            Some(owner) if owner.uid != deployment.uid() => {}
            Some(_) if selected => sets.push(set),
            Some(_) if !deployment.is_deleting() => {
                change_owner(deployment, set, false, context).map(|_| ())?;
            }
            None if selected && !deployment.is_deleting() && !set.is_deleting() => {
                sets.extend(change_owner(deployment, set, true, context)?);
            }
            _ => {}
        }
    }
    sets.sort_by(|one, other| {
        let created = |set: &ReplicaSet| set.meta.creation_timestamp.clone();
        (created(one), one.name()).cmp(&(created(other), other.name()))
    });
    Ok(sets)
}

/// Adopts or releases a set; `None` if it is gone.
fn change_owner(
    deployment: &Deployment,
    mut set: ReplicaSet,
    adopt: bool,
    context: &mut Context,
) -> Result<Option<ReplicaSet>, Status> {
    let (code, does, why) = if adopt {
        ("adopted", "adopts", "matches")
    } else {
        ("released", "releases", "no longer matches")
    };
    let name = deployment.name();
    let text = format!("{name} **{does}** {}: its selector {why}", set.name());
    let step = Step::new(Actor::Controller(NAME), set.key(), code, text)
        .reading("metadata.labels")
        .reading_of(deployment.key(), "spec.selector");
    context.step(step);
    let meta = set.meta_mut();
    let owners = meta.owner_references.get_or_insert_default();
    if adopt {
        owners.push(controller_reference(deployment));
    } else {
        owners.retain(|owner| owner.uid != deployment.uid());
    }
    meta.owner_references = meta.owner_references.take().filter(|left| !left.is_empty());
    match context.api.update(set.into_object(), context.moment()) {
        Ok(object) => Ok(object.typed::<ReplicaSet>().cloned()),
        Err(status) if status.reason == Reason::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}
