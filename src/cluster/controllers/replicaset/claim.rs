//! Which pods are a ReplicaSet's: those it owns and selects; orphans that it selects are adopted,
//! pods that it no longer selects are released.

use crate::api::owner::{controller_of, controller_reference};
use crate::api::{Pod, ReplicaSet, Resource, selector};
use crate::apiserver::{Reason, Status};
use crate::cluster::controllers::pods;
use crate::cluster::{Actor, Context, Step};

use super::NAME;

/// The pods of a ReplicaSet.
#[derive(Debug, Default)]
pub struct Claimed {
    /// Those that count as replicas.
    pub active: Vec<Pod>,
    /// How many are being deleted but have not ended.
    pub terminating: usize,
    /// Whether a pod was adopted in this sync.
    pub adopted: bool,
}

/// Collects the pods of a set, adopting and releasing on the way.
pub fn claim(set: &ReplicaSet, context: &mut Context) -> Result<Claimed, Status> {
    let mut claimed = Claimed::default();
    for pod in candidates(set, context) {
        let selected = selector::matches(&set.spec.selector, pod.meta.labels.as_ref());
        let owned = controller_of(&pod.meta).is_some();
        if pods::is_terminating(&pod) {
            claimed.terminating += usize::from(selected && owned);
        } else if pods::is_active(&pod) {
            match (owned, selected) {
                (true, true) => claimed.active.push(pod),
                (true, false) if !set.is_deleting() => release(set, pod, context)?,
                (false, true) if !set.is_deleting() => {
                    let adopted = adopt(set, pod, context)?;
                    claimed.adopted |= adopted.is_some();
                    claimed.active.extend(adopted);
                }
                _ => {}
            }
        }
    }
    Ok(claimed)
}

/// Pods that the set controls, and pods of its namespace that nobody controls.
fn candidates(set: &ReplicaSet, context: &Context) -> Vec<Pod> {
    let store = context.api.store();
    let mut candidates: Vec<Pod> = store.controlled_pods(set.uid()).cloned().collect();
    let orphans = context
        .api
        .list::<Pod>(Some(set.namespace()))
        .filter(|pod| controller_of(&pod.meta).is_none());
    candidates.extend(orphans.cloned());
    candidates
}

fn adopt(set: &ReplicaSet, mut pod: Pod, context: &mut Context) -> Result<Option<Pod>, Status> {
    let text = format!(
        "{} **adopts** {}: its selector matches",
        set.name(),
        pod.name()
    );
    let step = Step::new(Actor::Controller(NAME), pod.key(), "adopted", text)
        .reading("metadata.labels")
        .reading_of(set.key(), "spec.selector");
    context.step(step);
    let owners = pod.meta_mut().owner_references.get_or_insert_default();
    owners.push(controller_reference(set));
    update(&pod, context)
}

fn release(set: &ReplicaSet, mut pod: Pod, context: &mut Context) -> Result<(), Status> {
    let text = format!(
        "{} **releases** {}: its selector no longer matches",
        set.name(),
        pod.name()
    );
    let step = Step::new(Actor::Controller(NAME), pod.key(), "released", text)
        .reading("metadata.labels")
        .reading_of(set.key(), "spec.selector");
    context.step(step);
    let meta = pod.meta_mut();
    if let Some(owners) = &mut meta.owner_references {
        owners.retain(|owner| owner.uid != set.uid());
        if owners.is_empty() {
            meta.owner_references = None;
        }
    }
    update(&pod, context).map(|_| ())
}

/// Writes a pod; `None` if it is gone.
fn update(pod: &Pod, context: &mut Context) -> Result<Option<Pod>, Status> {
    match context
        .api
        .update(pod.clone().into_object(), context.moment())
    {
        Ok(object) => Ok(object.typed::<Pod>().cloned()),
        Err(status) if status.reason == Reason::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}
