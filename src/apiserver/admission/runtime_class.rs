//! RuntimeClass: a cluster of ours has no runtime classes, so that naming one is refused as in any cluster without it.

use crate::api::{Object, Pod};
use crate::apiserver::Status;

/// Looks up the class that the pod names.
pub(super) fn admit(pod: &Pod) -> Result<(), Status> {
    let Some(class) = &pod.spec.runtime_class_name else {
        return Ok(());
    };
    let why = format!("pod rejected: RuntimeClass {class:?} not found");
    Err(super::forbidden(&Object::Pod(pod.clone()), &why))
}

/// What the runtime itself takes is said by its class only.
pub(super) fn validate(pod: &Pod) -> Result<(), Status> {
    if pod.spec.overhead.is_none() {
        return Ok(());
    }
    let why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
    Err(super::forbidden(&Object::Pod(pod.clone()), why))
}
