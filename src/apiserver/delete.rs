//! Deletion: grace periods, finalizers, propagation.

use crate::api::{Kind, Object, ObjectKey, Pod};

use super::{ApiServer, Moment, Status, uid_mismatch};

/// What a DELETE request may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeleteOptions {
    /// Seconds; `None` takes the pod's `terminationGracePeriodSeconds`. 0 removes at once.
    pub grace_period_seconds: Option<i64>,
    /// What becomes of dependents.
    pub propagation: Propagation,
    /// Only if the object has this uid.
    pub uid: Option<String>,
}

/// `propagationPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Propagation {
    /// The owner goes at once, the garbage collector deletes the dependents after it.
    #[default]
    Background,
    /// The owner waits for its dependents.
    Foreground,
    /// The dependents stay and lose their owner.
    Orphan,
}

/// The finalizer that makes an owner wait until its dependents are gone.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// The finalizer that makes an owner wait until its dependents have lost it.
pub const ORPHAN_FINALIZER: &str = "orphan";

impl ApiServer {
    /// Deletes an object, or begins to: a pod on a node gets its grace period, an object with
    /// finalizers waits for them. Returns the object as it is after the request.
    ///
    /// # Errors
    /// NotFound; Conflict if the uid precondition does not hold.
    pub fn delete(
        &mut self,
        key: &ObjectKey,
        options: &DeleteOptions,
        at: Moment,
    ) -> Result<Object, Status> {
        let old = self
            .store
            .get(key)
            .ok_or_else(|| Status::not_found(key.kind, &key.name))?
            .clone();
        if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != old.uid()) {
            return Err(Status::conflict(
                key.kind,
                &key.name,
                &uid_mismatch(uid, old.uid()),
            ));
        }
        let mut object = old.clone();
        add_finalizer(&mut object, options.propagation);
        let grace = grace_period_seconds(&object, options);
        let has_finalizers = !object.meta().finalizers.as_ref().is_none_or(Vec::is_empty);
        if grace == 0 && !has_finalizers && !object.meta().deletion_timestamp.is_some() {
            return Ok(self.store.remove(key, at).unwrap_or(old));
        }
        let shorter = object
            .meta()
            .deletion_grace_period_seconds
            .is_none_or(|already| grace < already);
        if shorter {
            let first = object.meta().deletion_timestamp.is_none();
            let deadline = at.now + std::time::Duration::from_secs(grace.unsigned_abs());
            let deadline = self.clock.time(deadline);
            let meta = object.meta_mut();
            meta.deletion_timestamp = Some(deadline);
            meta.deletion_grace_period_seconds = Some(grace);
            // registry: the first graceful deletion counts as a change of the spec.
            if let Some(generation) = meta.generation.as_mut().filter(|_| first) {
                *generation += 1;
            }
        }
        if object != old {
            object = self.store.insert(object, at);
        }
        if is_finished(&object) {
            return Ok(self.store.remove(key, at).unwrap_or(object));
        }
        Ok(object)
    }
}

/// Whether nothing holds a deleted object any more: no finalizer, and no grace period left.
pub(super) fn is_finished(object: &Object) -> bool {
    let meta = object.meta();
    meta.deletion_timestamp.is_some()
        && meta.deletion_grace_period_seconds.unwrap_or(0) == 0
        && meta.finalizers.as_ref().is_none_or(Vec::is_empty)
}

fn add_finalizer(object: &mut Object, propagation: Propagation) {
    let finalizer = match propagation {
        Propagation::Background => return,
        Propagation::Foreground => FOREGROUND_FINALIZER,
        Propagation::Orphan => ORPHAN_FINALIZER,
    };
    let finalizers = object.meta_mut().finalizers.get_or_insert_default();
    if !finalizers.iter().any(|one| one == finalizer) {
        finalizers.push(finalizer.to_owned());
    }
}

/// registry/core/pod/strategy: a pod that no kubelet has, or that has ended, needs no grace.
fn grace_period_seconds(object: &Object, options: &DeleteOptions) -> i64 {
    let Some(pod) = object.typed::<Pod>().filter(|_| object.kind() == Kind::Pod) else {
        return 0;
    };
    let ended = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
    if pod.spec.node_name.as_deref().unwrap_or_default().is_empty() || ended {
        return 0;
    }
    let asked = options
        .grace_period_seconds
        .or(pod.spec.termination_grace_period_seconds);
    asked.unwrap_or(30).max(0)
}
