//! The ephemeralcontainers subresource of pods: containers that join a pod to look at it.

use crate::api::{Kind, Object};

use super::{ApiServer, Moment, Status, defaults, validation};

impl ApiServer {
    /// Adds ephemeral containers to a pod: PUT …/ephemeralcontainers. Whatever else differs is dropped.
    ///
    /// # Errors
    /// NotFound and Conflict as for [`ApiServer::update`]; Invalid, also where one is changed or taken away.
    pub(super) fn add_ephemeral(
        &mut self,
        mut object: Object,
        at: Moment,
    ) -> Result<Object, Status> {
        let old = self.current(&object)?;
        defaults::apply(&mut object);
        let (Object::Pod(new), Object::Pod(before)) = (&mut object, &old) else {
            return Err(Status::not_found(object.kind(), object.name()));
        };
        let asked = new.spec.ephemeral_containers.clone();
        *new = before.clone();
        if asked == before.spec.ephemeral_containers {
            return Ok(old);
        }
        new.spec_mut().ephemeral_containers = asked;
        let problems = validation::on_ephemeral(new, before);
        if !problems.is_empty() {
            return Err(Status::invalid(Kind::Pod, object.name(), problems));
        }
        let generation = before.meta.generation.unwrap_or(0) + 1;
        object.meta_mut().generation = Some(generation);
        Ok(self.write(object, &old, at))
    }
}
