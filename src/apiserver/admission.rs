//! The admission plugins that are on by default and touch the simulated kinds.

use crate::api::{Kind, Namespace, Object};

use super::{ApiServer, Status};

/// Changes a new object, or refuses it.
pub(super) fn on_create(object: &mut Object, server: &ApiServer) -> Result<(), Status> {
    namespace_lifecycle(object, server)
}

/// NamespaceLifecycle: nothing is created in a namespace that does not exist or is going away.
fn namespace_lifecycle(object: &Object, server: &ApiServer) -> Result<(), Status> {
    if !object.kind().namespaced() {
        return Ok(());
    }
    let namespace = object.namespace();
    let Some(found) = server.get::<Namespace>("", namespace) else {
        return Err(Status::not_found(Kind::Namespace, namespace));
    };
    if found.is_deleting() {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        return Err(Status::forbidden(object.kind(), object.name(), &why));
    }
    Ok(())
}
