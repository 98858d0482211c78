//! PATCH: strategic merge, JSON merge and JSON patches, the scale subresource, and what `kubectl apply`
//! makes of them.

mod apply;
mod json_patch;
mod order;
mod schema;
mod strategic;

use serde_json::{Map, Value, json};

use crate::api::{Kind, Object, ObjectKey};

use super::{ApiServer, Moment, Reason, Status};

pub use apply::LAST_APPLIED;

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
    /// Patches an object or one of its subresources: `""`, `status`, `scale` or, of pods, `resize`.
    ///
    /// # Errors
    /// NotFound, also for a subresource that the kind does not have; BadRequest for a patch that cannot
    /// be read, UnprocessableEntity for one that does not fit, Invalid for its result.
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
        if subresource == "scale" {
            let mut scale = scale_of(old).ok_or_else(no_such_resource)?;
            apply_patch(&mut scale, patch_type, patch)?;
            let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
            return self.scale(key, replicas, at);
        }
        let mut json = old.to_json();
        apply_patch(&mut json, patch_type, patch)?;
        let object = Object::from_json(json).map_err(Status::bad_request)?;
        if object.name() != &*key.name {
            return Err(Status::bad_request(format!(
                "the name of the object ({}) does not match the name on the URL ({})",
                object.name(),
                key.name
            )));
        }
        match subresource {
            "" => self.update(object, at),
            "status" => self.update_status(&object, at),
            "resize" if key.kind == Kind::Pod => self.resize(object, at),
            "ephemeralcontainers" if key.kind == Kind::Pod => self.add_ephemeral(object, at),
            _ => Err(no_such_resource()),
        }
    }

    /// Sets the number of replicas: PUT …/scale.
    ///
    /// # Errors
    /// NotFound, also for kinds that have no replicas; Invalid for a negative number.
    pub fn scale(&mut self, key: &ObjectKey, replicas: i64, at: Moment) -> Result<Object, Status> {
        let mut object = self
            .store()
            .get(key)
            .ok_or_else(|| Status::not_found(key.kind, &key.name))?
            .clone();
        let wanted = i32::try_from(replicas).ok().filter(|wanted| *wanted >= 0);
        let Some(wanted) = wanted else {
            let cause = super::Cause {
                reason: "FieldValueInvalid",
                message: format!("Invalid value: {replicas}: must be greater than or equal to 0"),
                field: "spec.replicas".to_owned(),
            };
            let mut status = Status::invalid(key.kind, &key.name, vec![cause]);
            status.message = status.message.replacen(
                &format!("{} ", super::status::qualified_kind(key.kind)),
                "Scale.autoscaling ",
                1,
            );
            status.kind = "Scale".to_owned();
            status.group = "autoscaling";
            return Err(status);
        };
        match &mut object {
            Object::Deployment(deployment) => deployment.spec_mut().replicas = Some(wanted),
            Object::ReplicaSet(replica_set) => replica_set.spec_mut().replicas = Some(wanted),
            Object::StatefulSet(set) => set.spec_mut().replicas = Some(wanted),
            _ => return Err(no_such_resource()),
        }
        self.update(object, at)
    }
}

/// Changes `json` as the patch says.
fn apply_patch(json: &mut Value, patch_type: PatchType, patch: &Value) -> Result<(), Status> {
    match patch_type {
        PatchType::Merge => merge(json, patch),
        PatchType::Strategic => strategic::merge(json, patch).map_err(Status::bad_request)?,
        PatchType::Json => json_patch::apply(json, patch)?,
    }
    Ok(())
}

/// The `autoscaling/v1 Scale` of a kind that has one.
fn scale_of(object: &Object) -> Option<Value> {
    let json = object.to_json();
    let scales = matches!(
        object.kind(),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet
    );
    scales.then(|| {
        json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": json["metadata"],
            "spec": {"replicas": json["spec"]["replicas"]}, "status": {"replicas": json["status"]["replicas"]}})
    })
}

fn no_such_resource() -> Status {
    Status {
        code: 404,
        reason: Reason::NotFound,
        ..Status::bad_request("the server could not find the requested resource".to_owned())
    }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else {
        return;
    };
    for (key, value) in fields {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests;
