//! Owner references: who made an object and goes before it.

use super::meta::{ObjectMeta, OwnerReference};
use super::{Resource, Typed};

/// The reference with `controller: true`; an object has at most one.
#[must_use]
pub fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references
        .as_ref()?
        .iter()
        .find(|owner| owner.controller == Some(true))
}

/// The reference that a controller puts on what it makes.
#[must_use]
pub fn controller_reference<S, T>(owner: &Typed<S, T>) -> OwnerReference
where
    Typed<S, T>: Resource,
{
    let kind = <Typed<S, T> as Resource>::KIND;
    OwnerReference {
        api_version: kind.api_version(),
        block_owner_deletion: Some(true),
        controller: Some(true),
        kind: kind.name().to_owned(),
        name: owner.name().to_owned(),
        uid: owner.uid().to_owned(),
    }
}

/// Whether the object whose metadata this is is controlled by the object with `uid`.
#[must_use]
pub fn is_controlled_by(meta: &ObjectMeta, uid: &str) -> bool {
    controller_of(meta).is_some_and(|owner| owner.uid == uid)
}
