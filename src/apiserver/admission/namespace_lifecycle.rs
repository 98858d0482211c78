//! NamespaceLifecycle: nothing is created in a namespace that does not exist or is going away.

use crate::api::{Kind, Namespace, Object};
use crate::apiserver::{ApiServer, Cause, Status};

/// The namespaces that may not be deleted.
pub(in crate::apiserver) const IMMORTAL_NAMESPACES: [&str; 3] =
    ["default", "kube-system", "kube-public"];

pub(super) fn admit(object: &Object, server: &ApiServer) -> Result<(), Status> {
    if !object.kind().namespaced() {
        return Ok(());
    }
    let namespace = object.namespace();
    let Some(found) = server.get::<Namespace>("", namespace) else {
        return Err(Status::not_found(Kind::Namespace, namespace));
    };
    if !found.is_deleting() && found.status.phase.as_deref() != Some("Terminating") {
        return Ok(());
    }
    let why = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let mut status = Status::forbidden(object.kind(), object.name(), &why);
    status.causes.push(Cause {
        reason: "NamespaceTerminating",
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    });
    Err(status)
}
