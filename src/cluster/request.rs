//! What a user asks of the cluster, as data: the log of a run consists of these and of faults.

use serde_json::Value;

use crate::api::{Object, ObjectKey};
use crate::apiserver::{DeleteOptions, PatchType, Status};

use super::{Actor, Context, Fault, Step, World};

/// A request to the API server from outside. JSON, because that is what users write.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// POST: fails if the object exists.
    Create(Value),
    /// What `kubectl apply` does: create, or patch by what changed since it was last applied.
    Apply(Value),
    /// PUT.
    Replace(Value),
    /// PATCH.
    Patch {
        /// The object.
        key: ObjectKey,
        /// `status`, `scale` …; empty for the object itself.
        subresource: String,
        /// How `patch` is meant.
        patch_type: PatchType,
        /// The patch.
        patch: Value,
    },
    /// POST …/exec: runs a command in a container of a pod. What it writes stands in the session that
    /// the pod's kubelet keeps.
    Exec {
        /// The pod.
        pod: ObjectKey,
        /// The container.
        container: String,
        /// The command with its arguments.
        command: Vec<String>,
    },
    /// POST …/eviction: deletes a pod if its disruption budget allows that.
    Evict {
        /// The pod.
        pod: ObjectKey,
        /// Grace, preconditions.
        options: DeleteOptions,
    },
    /// DELETE.
    Delete {
        /// The object.
        key: ObjectKey,
        /// Grace, propagation, preconditions.
        options: DeleteOptions,
    },
}

impl Request {
    /// Makes the request; the step that records it is the cause of all that follows.
    pub(super) fn carry_out(self, context: &mut Context) -> Result<Object, Status> {
        match self {
            Self::Create(json) => {
                let object = decode(json)?;
                note(context, &object.key(), "created", "Created");
                context.api.create(object, context.moment())
            }
            Self::Apply(json) => {
                let object = decode(json.clone())?;
                note(context, &object.key(), "applied", "Applied");
                context.api.apply(json, context.moment())
            }
            Self::Replace(json) => {
                let object = decode(json)?;
                note(context, &object.key(), "replaced", "Replaced");
                context.api.update(object, context.moment())
            }
            Self::Patch {
                key,
                subresource,
                patch_type,
                patch,
            } => {
                note(context, &key, "patched", "Patched");
                context
                    .api
                    .patch(&key, &subresource, patch_type, &patch, context.moment())
            }
            Self::Exec { pod, .. } => {
                note(context, &pod, "exec", "Runs a command in");
                let found = context.api.store().get(&pod).cloned();
                found.ok_or_else(|| Status::not_found(pod.kind, &pod.name))
            }
            Self::Evict { pod, options } => {
                note(context, &pod, "evicted", "Evicts");
                context.api.evict(&pod, &options, context.moment())
            }
            Self::Delete { key, options } => {
                note(context, &key, "deleted", "Deleted");
                context.api.delete(&key, &options, context.moment())
            }
        }
    }
}

fn decode(json: Value) -> Result<Object, Status> {
    let mut object = Object::from_json(json).map_err(Status::bad_request)?;
    if object.kind().namespaced() && object.namespace().is_empty() {
        object.meta_mut().namespace = Some("default".to_owned());
    }
    Ok(object)
}

/// Records that the user did something to an object.
fn note(context: &mut Context, key: &ObjectKey, code: &'static str, did: &str) {
    context.step(Step::new(
        Actor::User,
        key.clone(),
        code,
        format!("{did} {key}"),
    ));
}

/// Something that takes a user's requests: a world, or a history that also logs them.
pub trait Client {
    /// The cluster as it is now.
    fn world(&self) -> &World;

    /// Makes a request. The object is as it is after the request.
    ///
    /// # Errors
    /// The API server's answer if it refuses.
    fn request(&mut self, request: Request) -> Result<Object, Status>;

    /// What `request` would answer, without doing it: `dryRun=All`.
    ///
    /// # Errors
    /// As [`Client::request`].
    fn dry_run(&self, request: Request) -> Result<Object, Status>;

    /// Breaks something, or heals it.
    fn fault(&mut self, fault: Fault);

    /// Lets simulated time pass while a command waits; false if time is not the client's to move.
    fn advance(&mut self, _by: std::time::Duration) -> bool {
        false
    }
}
