//! Deletion: grace periods, finalizers, propagation.

use std::time::Duration;

use crate::api::meta::Time;
use crate::api::{Namespace, Object, ObjectKey, Pod, Resource};

use super::admission::IMMORTAL_NAMESPACES;
use super::{ApiServer, Moment, Status, strategy};

/// What a DELETE request may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeleteOptions {
    /// Seconds; `None` takes the pod's `terminationGracePeriodSeconds`. 0 removes at once, less than 0
    /// counts as 1.
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
    /// Deletes an object, or begins to: a pod on a node gets its grace period, an object with finalizers
    /// waits for them, a namespace for its contents. Returns the object as it is after the request.
    ///
    /// A pod is written with its deletion timestamp even if it goes at once; other kinds just go.
    ///
    /// # Errors
    /// NotFound; Conflict if the uid precondition does not hold; Forbidden for the system's namespaces.
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
        check_uid(&old, options)?;
        if let Object::Namespace(namespace) = &old {
            return self.delete_namespace(namespace, options, at);
        }
        let mut object = old.clone();
        let outcome = match &old {
            Object::Pod(pod) => self.delete_gracefully(&mut object, pod, options, at),
            _ => Outcome::Now,
        };
        if outcome == Outcome::Pending {
            return Ok(old);
        }
        set_collector_finalizers(&mut object, options.propagation);
        let waits = has_finalizers(&object);
        if outcome == Outcome::Now && waits {
            self.mark_as_deleting(&mut object, at);
        }
        if object.meta() != old.meta() && (waits || outcome == Outcome::Graceful) {
            object = self.store.insert(object, at);
        }
        if !waits && object.meta().deletion_grace_period_seconds.unwrap_or(0) == 0 {
            return Ok(self.store.remove(key, at).unwrap_or(object));
        }
        Ok(object)
    }

    /// Takes finalizers out of a namespace's spec (PUT …/finalize); the last one lets a deleted namespace
    /// go. Only the namespace controller does this.
    ///
    /// # Errors
    /// NotFound.
    pub fn finalize_namespace(
        &mut self,
        name: &str,
        finalizer: &str,
        at: Moment,
    ) -> Result<Object, Status> {
        let old = self
            .get::<Namespace>("", name)
            .ok_or_else(|| Status::not_found(Namespace::KIND, name))?
            .clone();
        let mut namespace = old.clone();
        if let Some(finalizers) = &mut namespace.spec_mut().finalizers {
            finalizers.retain(|one| one != finalizer);
        }
        Ok(self.write(namespace.into_object(), &old.into_object(), at))
    }

    /// rest.BeforeDelete for the one kind that is deleted gracefully.
    fn delete_gracefully(
        &self,
        object: &mut Object,
        pod: &Pod,
        options: &DeleteOptions,
        at: Moment,
    ) -> Outcome {
        let asked = options.grace_period_seconds.map(at_least_a_second);
        let Some(deadline) = &pod.meta.deletion_timestamp else {
            let grace = first_grace_seconds(pod, asked);
            let meta = object.meta_mut();
            meta.deletion_timestamp = Some(self.clock.time(at.now + seconds(grace)));
            meta.deletion_grace_period_seconds = Some(grace);
            strategy::raise_generation(meta);
            return Outcome::Graceful;
        };
        let current = pod.meta.deletion_grace_period_seconds.unwrap_or(0);
        if current == 0 {
            return Outcome::Now;
        }
        // A grace period that runs can only be shortened.
        let Some(grace) = asked.filter(|grace| *grace < current) else {
            return Outcome::Pending;
        };
        let (now, deadline) = (self.clock.time(at.now), deadline.0.as_second());
        let shorter = jiff::Timestamp::from_second(deadline - current + grace).map(Time);
        let meta = object.meta_mut();
        (meta.deletion_timestamp, meta.deletion_grace_period_seconds) = match shorter {
            Ok(moment) if moment.0 >= now.0 => (Some(moment), Some(grace)),
            // All of it has passed: still a graceful deletion, of the shortest kind.
            _ => (Some(now), Some(grace.min(1))),
        };
        Outcome::Graceful
    }

    /// An object of another kind that waits for its finalizers, or a pod whose grace period is over.
    fn mark_as_deleting(&self, object: &mut Object, at: Moment) {
        let now = self.clock.time(at.now);
        let meta = object.meta_mut();
        if meta.deletion_timestamp.is_none() {
            strategy::raise_generation(meta);
        }
        if meta
            .deletion_timestamp
            .as_ref()
            .is_none_or(|deadline| deadline.0 > now.0)
        {
            meta.deletion_timestamp = Some(now);
        }
        meta.deletion_grace_period_seconds = Some(0);
    }

    /// A namespace stays, Terminating, until its controller has taken the finalizer from its spec.
    fn delete_namespace(
        &mut self,
        namespace: &Namespace,
        options: &DeleteOptions,
        at: Moment,
    ) -> Result<Object, Status> {
        if IMMORTAL_NAMESPACES.contains(&namespace.name()) {
            let why = "this namespace may not be deleted";
            return Err(Status::forbidden(Namespace::KIND, namespace.name(), why));
        }
        let (key, mut object) = (namespace.key(), namespace.clone().into_object());
        if namespace.is_deleting() {
            if is_finished(&object) {
                object = self.store.remove(&key, at).unwrap_or(object);
            }
            return Ok(object);
        }
        set_collector_finalizers(&mut object, options.propagation);
        if let Object::Namespace(namespace) = &mut object {
            namespace.meta_mut().deletion_timestamp = Some(self.clock.time(at.now));
            namespace.status_mut().phase = Some("Terminating".to_owned());
        }
        Ok(self.store.insert(object, at))
    }
}

/// What a delete request does to a pod.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It got, or shortened, its grace period (which may be 0).
    Graceful,
    /// Its deletion is under way already, and stays as it is.
    Pending,
    /// It goes, unless finalizers hold it.
    Now,
}

/// Whether nothing holds a deleted object any more: no finalizer, and no grace period left.
pub(super) fn is_finished(object: &Object) -> bool {
    let meta = object.meta();
    let held = match object {
        Object::Namespace(namespace) => namespace
            .spec
            .finalizers
            .as_ref()
            .is_some_and(|all| !all.is_empty()),
        _ => false,
    };
    meta.deletion_timestamp.is_some()
        && meta.deletion_grace_period_seconds.unwrap_or(0) == 0
        && !held
        && !has_finalizers(object)
}

fn check_uid(object: &Object, options: &DeleteOptions) -> Result<(), Status> {
    let found = object.uid();
    let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != found) else {
        return Ok(());
    };
    let why = format!(
        "the UID in the precondition ({wanted}) does not match the UID in record ({found}). The object \
         might have been deleted and then recreated"
    );
    Err(Status::conflict(object.kind(), object.name(), &why))
}

fn has_finalizers(object: &Object) -> bool {
    object
        .meta()
        .finalizers
        .as_ref()
        .is_some_and(|all| !all.is_empty())
}

/// Replaces the finalizers by which the garbage collector is told what to do.
fn set_collector_finalizers(object: &mut Object, propagation: Propagation) {
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND_FINALIZER),
        Propagation::Orphan => Some(ORPHAN_FINALIZER),
    };
    let current = object.meta().finalizers.iter().flatten();
    let collectors: Vec<&str> = current
        .map(String::as_str)
        .filter(|one| [FOREGROUND_FINALIZER, ORPHAN_FINALIZER].contains(one))
        .collect();
    if collectors == wanted.into_iter().collect::<Vec<_>>() {
        return;
    }
    let finalizers = object.meta_mut().finalizers.get_or_insert_default();
    finalizers.retain(|one| one != FOREGROUND_FINALIZER && one != ORPHAN_FINALIZER);
    finalizers.extend(wanted.map(str::to_owned));
}

/// registry/core/pod/strategy: a pod that no kubelet has, or that has ended, needs no grace.
fn first_grace_seconds(pod: &Pod, asked: Option<i64>) -> i64 {
    let ended = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
    if pod.spec.node_name.as_deref().unwrap_or_default().is_empty() || ended {
        return 0;
    }
    let own = pod.spec.termination_grace_period_seconds.unwrap_or(0);
    asked.unwrap_or_else(|| at_least_a_second(own))
}

/// Negative grace periods count as one second.
const fn at_least_a_second(seconds: i64) -> i64 {
    if seconds < 0 { 1 } else { seconds }
}

const fn seconds(grace: i64) -> Duration {
    Duration::from_secs(grace.unsigned_abs())
}

#[cfg(test)]
mod tests;
