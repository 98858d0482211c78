//! The API server: typed requests in, the stored object or a Kubernetes [`Status`] out.
//!
//! Every write goes through here: defaulting, admission, validation, then the store, which numbers the
//! write and remembers the [`Change`] for the watchers. Nothing else changes an object.

use crate::kernel::OrderedMap;
mod addresses;
pub mod admission;
pub mod binding;
pub mod clock;
pub mod defaults;
pub mod delete;
mod ephemeral;
pub mod eviction;
mod label_keys;
pub mod lease;
pub mod names;
mod objects;
pub mod patch;
pub mod quota;
mod resize;
pub mod status;
pub mod store;
pub mod strategy;
#[cfg(test)]
mod test_server;
pub mod validation;

use std::rc::Rc;

use crate::api::{Kind, Object, ObjectKey, Resource, ResourceQuota};
use crate::kernel::{Rng, SimTime, TraceId};

pub use clock::Clock;
pub use delete::{DeleteOptions, Propagation};
pub use patch::PatchType;
pub use status::{Cause, Reason, Status};
pub use store::{Change, ChangeKind, Store};

/// When a request arrives, and what led to it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The simulated time.
    pub now: SimTime,
    /// The trace entry that caused the request.
    pub cause: TraceId,
}

/// The API server with its storage.
#[derive(Clone, Debug)]
pub struct ApiServer {
    store: Store,
    clock: Clock,
    rng: Rng,
    /// When each node's lease was renewed last.
    leases: OrderedMap<Rc<str>, SimTime>,
}

impl ApiServer {
    /// An API server with an empty store. `rng` makes uids, generated names and cluster addresses.
    #[must_use]
    pub fn new(clock: Clock, rng: Rng) -> Self {
        Self {
            store: Store::default(),
            clock,
            rng,
            leases: OrderedMap::new(),
        }
    }

    /// Relates simulated time to the timestamps in objects.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What is stored, to read.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// One object, or `None`.
    #[must_use]
    pub fn get<R: Resource>(&self, namespace: &str, name: &str) -> Option<&R> {
        self.store.find(&(R::KIND, namespace, name))?.typed()
    }

    /// All objects of a kind, in one namespace or (with `None`) in all, sorted by namespace and name.
    pub fn list<R: Resource>(&self, namespace: Option<&str>) -> impl Iterator<Item = &R> {
        self.store
            .list(R::KIND, namespace)
            .filter_map(Object::typed)
    }

    /// Takes the changes made since the last call, oldest first.
    pub fn drain_changes(&mut self) -> Vec<Change> {
        self.store.drain_changes()
    }

    /// Creates an object: POST.
    ///
    /// # Errors
    /// `Status` as the real server answers: Invalid, AlreadyExists, NotFound (namespace), Forbidden …
    pub fn create(&mut self, object: Object, at: Moment) -> Result<Object, Status> {
        let (object, charged) = self.admit(object, at)?;
        self.charge(charged, at);
        Ok(self.store.insert(object, at))
    }

    /// What `create` would store, without storing it: `dryRun=All`.
    ///
    /// # Errors
    /// As [`ApiServer::create`].
    pub fn prepare(&mut self, object: Object, at: Moment) -> Result<Object, Status> {
        self.admit(object, at).map(|(object, _)| object)
    }

    /// The object as it is to be stored, and the quotas that it uses something of, as they are to be stored then.
    fn admit(
        &mut self,
        mut object: Object,
        at: Moment,
    ) -> Result<(Object, Vec<ResourceQuota>), Status> {
        defaults::apply(&mut object);
        admission::on_create(&mut object, self)?;
        names::generate(object.meta_mut(), &mut self.rng);
        if object.kind() == Kind::LimitRange && object.name().is_empty() {
            // registry/core/limitrange/strategy: the one kind that needs no name.
            object.meta_mut().name = Some(names::uid(&mut self.rng));
        }
        let now = self.clock.time(at.now);
        // A job's selector holds its uid, so a job has its uid earlier than other objects.
        let job_uid = (object.kind() == Kind::Job).then(|| names::uid(&mut self.rng));
        if job_uid.is_some() {
            object.meta_mut().uid.clone_from(&job_uid);
        }
        strategy::prepare_for_create(&mut object, &now);
        if let Object::Service(service) = &mut object {
            addresses::allocate_address(service, self)?;
        }
        let errors = validation::on_create(&object);
        if !errors.is_empty() {
            return Err(Status::invalid(object.kind(), object.name(), errors));
        }
        if let Object::Service(service) = &mut object {
            addresses::allocate_ports(service, self)?;
        }
        let charged = admission::validate(&object, None, self, &now)?;
        if self.store.get(&object.key()).is_some() {
            return Err(Status::already_exists(object.kind(), object.name()));
        }
        strategy::complete(&mut object);
        let uid = job_uid.unwrap_or_else(|| names::uid(&mut self.rng));
        let meta = object.meta_mut();
        meta.uid = Some(uid);
        meta.creation_timestamp = Some(now);
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        Ok((object, charged))
    }

    /// Stores what is used of quotas.
    fn charge(&mut self, quotas: Vec<ResourceQuota>, at: Moment) {
        for quota in quotas {
            self.store.insert(quota.into_object(), at);
        }
    }

    /// What the server says beside an object that it has accepted: the `Warning` headers of its answer.
    #[must_use]
    pub fn warnings(&self, object: &Object) -> Vec<String> {
        validation::warnings(object)
    }

    /// Replaces metadata and spec: PUT. The status, uid and timestamps of the stored object stay; its
    /// generation rises if the spec changed. A write that changes nothing is not a write.
    ///
    /// # Errors
    /// NotFound; Conflict if `object` carries a resource version that is not the stored one; Invalid.
    pub fn update(&mut self, mut object: Object, at: Moment) -> Result<Object, Status> {
        let old = self.current(&object)?;
        // What shares the stored spec has its defaults already.
        if !object.shares_spec(&old) {
            defaults::apply(&mut object);
            admission::on_update(&mut object, &old);
        }
        self.keep_system_fields(&mut object, &old);
        strategy::prepare_for_update(&mut object, &old);
        if let Object::Service(service) = &mut object {
            addresses::allocate_address(service, self)?;
        }
        let errors = validation::on_update(&object, &old);
        if !errors.is_empty() {
            return Err(Status::invalid(object.kind(), object.name(), errors));
        }
        if let Object::Service(service) = &mut object {
            addresses::allocate_ports(service, self)?;
        }
        if !object.shares_spec(&old) || object.kind() == Kind::PriorityClass {
            let now = self.clock.time(at.now);
            let charged = admission::validate(&object, Some(&old), self, &now)?;
            self.charge(charged, at);
        }
        Ok(self.write(object, &old, at))
    }

    /// Replaces the status only: PUT …/status. The spec is neither looked at nor copied. A
    /// Deployment's annotations are taken too: its controller numbers the rollout in one write with it.
    ///
    /// # Errors
    /// NotFound, or Conflict as for [`ApiServer::update`].
    pub fn update_status(&mut self, object: &Object, at: Moment) -> Result<Object, Status> {
        let old = self.current(object)?;
        let annotated = object.kind() == Kind::Deployment
            && object.meta().annotations != old.meta().annotations;
        if object.same_status(&old) && !annotated {
            return Ok(old);
        }
        let mut new = old.clone();
        new.copy_status(object);
        if annotated {
            let annotations = object.meta().annotations.clone();
            new.meta_mut().annotations = annotations;
        }
        let now = self.clock.time(at.now);
        strategy::prepare_for_status_update(&mut new, &old, &now);
        let errors = validation::on_status_update(&new, &old);
        if !errors.is_empty() {
            return Err(Status::invalid(new.kind(), new.name(), errors));
        }
        Ok(self.store.insert(new, at))
    }

    /// Changes the body of a stored event, as its recorder does that repeats it: a patch of the count and of what
    /// goes with it, which nobody could refuse. False if the event is gone.
    pub fn patch_event(
        &mut self,
        key: &ObjectKey,
        change: impl FnOnce(&mut crate::api::core::Event),
        at: Moment,
    ) -> bool {
        let Some(Object::Event(old)) = self.store.get(key).cloned() else {
            return false;
        };
        let mut new = old.clone();
        change(new.spec_mut());
        self.write(new.into_object(), &old.into_object(), at);
        true
    }

    /// The stored version of `object`, after the optimistic-concurrency check.
    fn current(&self, object: &Object) -> Result<Object, Status> {
        let (kind, name) = (object.kind(), object.name());
        let old = self
            .store
            .find(&(kind, object.namespace(), name))
            .ok_or_else(|| Status::not_found(kind, name))?;
        if object.version() != 0 && object.version() != old.version() {
            return Err(Status::conflict(kind, name, OBJECT_MODIFIED));
        }
        let uid = object.uid();
        if !uid.is_empty() && uid != old.uid() {
            return Err(Status::conflict(kind, name, &uid_mismatch(uid, old.uid())));
        }
        Ok(old.clone())
    }

    fn keep_system_fields(&self, object: &mut Object, old: &Object) {
        let from = old.meta();
        if Rc::ptr_eq(object.meta(), from) {
            return;
        }
        let (uid, created) = (from.uid.clone(), from.creation_timestamp.clone());
        let (deleted, grace) = (
            from.deletion_timestamp.clone(),
            from.deletion_grace_period_seconds,
        );
        let (generation, generate_name) = (from.generation, from.generate_name.clone());
        let meta = object.meta_mut();
        meta.uid = uid;
        meta.creation_timestamp = created;
        meta.deletion_timestamp = deleted;
        meta.deletion_grace_period_seconds = grace;
        meta.generation = generation;
        meta.generate_name = generate_name;
    }

    /// Stores `new` over `old`, or removes it if the last finalizer of a deleted object went.
    fn write(&mut self, mut new: Object, old: &Object, at: Moment) -> Object {
        new.set_version(old.version());
        if delete::is_finished(&new) {
            return self.store.remove(&new.key(), at).unwrap_or(new);
        }
        let same_meta = Rc::ptr_eq(new.meta(), old.meta()) || new.meta() == old.meta();
        if same_meta && new.same_spec(old) && new.same_status(old) {
            return new;
        }
        self.store.insert(new, at)
    }
}

/// The reason text of an optimistic-concurrency conflict.
const OBJECT_MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

fn uid_mismatch(wanted: &str, found: &str) -> String {
    format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}")
}
