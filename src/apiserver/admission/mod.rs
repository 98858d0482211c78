//! The admission plugins that are on by default and touch the simulated kinds, one file each.
//!
//! As in kube-apiserver there are two rounds: the plugins that change an object run before it is named and validated,
//! those that only judge it after that. The quotas come last.

mod default_toleration_seconds;
mod limit_ranger;
mod namespace_lifecycle;
mod node_taint;
mod priority;
mod resource_quota;
mod runtime_class;
mod service_account;
pub mod storage;

use crate::api::meta::Time;
use crate::api::{Object, Pod, ResourceQuota};

use super::{ApiServer, Status};

pub(super) use namespace_lifecycle::IMMORTAL_NAMESPACES;

/// Changes a new object, or refuses it. The plugins run in kube-apiserver's order.
pub(super) fn on_create(object: &mut Object, server: &mut ApiServer) -> Result<(), Status> {
    namespace_lifecycle::admit(object, server)?;
    match object {
        Object::Pod(pod) => {
            limit_ranger::set_defaults(pod, server);
            service_account::admit(pod, server)?;
            priority::admit(pod, server)?;
            default_toleration_seconds::admit(pod);
            runtime_class::admit(pod)?;
        }
        Object::Node(node) => node_taint::admit(node),
        Object::PersistentVolumeClaim(claim) => {
            storage::set_class(claim, server);
            storage::protect(claim.meta_mut(), storage::CLAIM_PROTECTION);
        }
        Object::PersistentVolume(volume) => {
            storage::protect(volume.meta_mut(), storage::VOLUME_PROTECTION);
        }
        _ => {}
    }
    Ok(())
}

/// Judges a valid object, new or with `old` changed. Returns the quotas that it uses something of, as they are to be
/// written when the object is.
pub(super) fn validate(
    object: &Object,
    old: Option<&Object>,
    server: &ApiServer,
    now: &Time,
) -> Result<Vec<ResourceQuota>, Status> {
    // Containers of a pod do not change, and what goes away may stay as it is.
    let limited = match old {
        None => true,
        Some(old) => !matches!(object, Object::Pod(_)) && old.meta().deletion_timestamp.is_none(),
    };
    if limited {
        limit_ranger::validate(object, server)?;
    }
    match (object, old) {
        (Object::Pod(pod), None) => runtime_class::validate(pod)?,
        (Object::PriorityClass(class), _) => priority::validate(class, old.is_some(), server)?,
        (Object::PersistentVolumeClaim(new), Some(Object::PersistentVolumeClaim(old))) => {
            storage::validate_resize(new, old, server)?;
        }
        _ => {}
    }
    resource_quota::validate(object, old, server, now)
}

/// Judges the new resources of a pod, as [`validate`] judges a new pod.
pub(super) fn validate_resize(
    object: &Object,
    old: &Object,
    server: &ApiServer,
    now: &Time,
) -> Result<Vec<ResourceQuota>, Status> {
    limit_ranger::validate(object, server)?;
    resource_quota::charge(object, Some(old), server, now)
}

/// Keeps what admission set on creation where an update leaves it out: `kubectl apply` of the same text does, because
/// tolerations are a list that a patch replaces.
pub(super) fn on_update(object: &mut Object, old: &Object) {
    if let (Object::Pod(pod), Object::Pod(old)) = (object, old) {
        keep_priority(pod, old);
        default_toleration_seconds::admit(pod);
    }
}

fn keep_priority(pod: &mut Pod, old: &Pod) {
    if pod.spec.priority.is_none() && old.spec.priority.is_some() {
        pod.spec_mut().priority = old.spec.priority;
    }
    if pod.spec.preemption_policy.is_none() && old.spec.preemption_policy.is_some() {
        pod.spec_mut()
            .preemption_policy
            .clone_from(&old.spec.preemption_policy);
    }
}

/// An object that a plugin refuses.
fn forbidden(object: &Object, why: &str) -> Status {
    // admission.NewForbidden: a name that is to be generated is called by its beginning.
    let meta = object.meta();
    let names = [meta.name.as_deref(), meta.generate_name.as_deref()];
    let name = names.into_iter().flatten().find(|name| !name.is_empty());
    Status::forbidden(object.kind(), name.unwrap_or("Unknown"), why)
}

#[cfg(test)]
mod tests;
