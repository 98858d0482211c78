//! The shape that all typed objects share: metadata, spec and status, each behind its own `Rc`.

use std::rc::Rc;

use super::meta::{ObjectMeta, OwnerReference};
use super::{Kind, Object, ObjectKey};

/// A typed object. A status write shares the spec with the version before it.
///
/// Kinds without a spec (`ConfigMap`, `Event` …) keep their whole body in `spec`, with empty
/// metadata inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed<S, T = ()> {
    /// Metadata; `resource_version` inside is always `None`, see [`Typed::version`].
    pub meta: Rc<ObjectMeta>,
    /// The desired state, or the whole body.
    pub spec: Rc<S>,
    /// The observed state.
    pub status: Rc<T>,
    /// The resource version; 0 before the object is stored.
    pub version: u64,
}

/// A typed object of one kind.
pub trait Resource: Clone + Sized + 'static {
    /// Its kind.
    const KIND: Kind;

    /// The typed object inside, if it is of this kind.
    fn from_object(object: &Object) -> Option<&Self>;

    /// Wraps it.
    fn into_object(self) -> Object;
}

impl<S, T> Typed<S, T> {
    /// An object that is not stored yet.
    pub fn new(meta: ObjectMeta, spec: S, status: T) -> Self {
        Self {
            meta: Rc::new(meta),
            spec: Rc::new(spec),
            status: Rc::new(status),
            version: 0,
        }
    }

    /// The name; empty while the object waits for a generated one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta.name.as_deref().unwrap_or_default()
    }

    /// The namespace; empty for cluster-scoped kinds.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.meta.namespace.as_deref().unwrap_or_default()
    }

    /// The uid; empty before the object is stored.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.meta.uid.as_deref().unwrap_or_default()
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.meta.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.meta.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Whether deletion was asked for.
    #[must_use]
    pub fn is_deleting(&self) -> bool {
        self.meta.deletion_timestamp.is_some()
    }

    /// The owner reference with `controller: true`.
    #[must_use]
    pub fn controller(&self) -> Option<&OwnerReference> {
        super::owner::controller_of(&self.meta)
    }
}

impl<S, T> Typed<S, T>
where
    Self: Resource,
{
    /// Where it lives.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(Self::KIND, self.namespace(), self.name())
    }
}

impl<S: Clone, T: Clone> Typed<S, T> {
    /// The metadata to change; copied first if shared.
    pub fn meta_mut(&mut self) -> &mut ObjectMeta {
        Rc::make_mut(&mut self.meta)
    }

    /// The spec to change; copied first if shared.
    pub fn spec_mut(&mut self) -> &mut S {
        Rc::make_mut(&mut self.spec)
    }

    /// The status to change; copied first if shared.
    pub fn status_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.status)
    }
}
