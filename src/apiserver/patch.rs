//! PATCH: strategic merge, JSON merge and JSON patches, and what `kubectl apply` makes of them.

use serde_json::Value;

use crate::api::{Object, ObjectKey};

use super::{ApiServer, Moment, Status};

/// How a patch is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatchType {
    /// `application/strategic-merge-patch+json`: lists are merged by key.
    Strategic,
    /// `application/merge-patch+json` (RFC 7386).
    Merge,
    /// `application/json-patch+json` (RFC 6902).
    Json,
}

impl ApiServer {
    /// Creates the object, or patches it by what the manifest says.
    ///
    /// # Errors
    /// As for create and patch.
    pub fn apply(&mut self, manifest: Value, at: Moment) -> Result<Object, Status> {
        let object = Object::from_json(manifest.clone()).map_err(Status::bad_request)?;
        let mut key = object.key();
        if key.kind.namespaced() && key.namespace.is_empty() {
            key.namespace = "default".into();
        }
        if self.store().get(&key).is_none() {
            return self.create(object, at);
        }
        self.patch(&key, "", PatchType::Merge, &manifest, at)
    }

    /// Patches an object or one of its subresources.
    ///
    /// # Errors
    /// NotFound, BadRequest for a patch that does not fit, Invalid for its result.
    pub fn patch(
        &mut self,
        key: &ObjectKey,
        subresource: &str,
        patch_type: PatchType,
        patch: &Value,
        at: Moment,
    ) -> Result<Object, Status> {
        let old = self
            .store()
            .get(key)
            .ok_or_else(|| Status::not_found(key.kind, &key.name))?;
        let mut json = old.to_json();
        match patch_type {
            PatchType::Strategic | PatchType::Merge => merge(&mut json, patch),
            PatchType::Json => {
                return Err(Status::bad_request(
                    "JSON patch is not understood".to_owned(),
                ));
            }
        }
        let object = Object::from_json(json).map_err(Status::bad_request)?;
        if subresource == "status" {
            self.update_status(&object, at)
        } else {
            self.update(object, at)
        }
    }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Default::default());
    }
    for (key, value) in fields {
        if value.is_null() {
            if let Some(map) = target.as_object_mut() {
                map.remove(key);
            }
        } else {
            merge(&mut target[key.as_str()], value);
        }
    }
}
