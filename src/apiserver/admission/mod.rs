//! The admission plugins that are on by default and touch the simulated kinds, one file each.

mod default_toleration_seconds;
mod namespace_lifecycle;
mod node_taint;
mod priority;
mod service_account;

use crate::api::{Object, Pod};

use super::{ApiServer, Status};

pub(super) use namespace_lifecycle::IMMORTAL_NAMESPACES;

/// Changes a new object, or refuses it. The plugins run in kube-apiserver's order.
pub(super) fn on_create(object: &mut Object, server: &mut ApiServer) -> Result<(), Status> {
    namespace_lifecycle::admit(object, server)?;
    match object {
        Object::Pod(pod) => {
            service_account::admit(pod, &mut server.rng)?;
            priority::admit(pod)?;
            default_toleration_seconds::admit(pod);
        }
        Object::Node(node) => node_taint::admit(node),
        _ => {}
    }
    Ok(())
}

/// Keeps what admission set on creation where an update leaves it out.
pub(super) fn on_update(object: &mut Object, old: &Object) {
    if let (Object::Pod(pod), Object::Pod(old)) = (object, old) {
        keep_priority(pod, old);
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

/// A pod that a plugin refuses.
fn forbidden(pod: &Pod, why: &str) -> Status {
    // admission.NewForbidden: an object without a name is called Unknown.
    let name = Some(pod.name()).filter(|name| !name.is_empty());
    Status::forbidden(crate::api::Kind::Pod, name.unwrap_or("Unknown"), why)
}

#[cfg(test)]
mod tests;
