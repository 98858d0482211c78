//! Which objects of the picture changed, so that only their part is drawn again.

use crate::api::{Kind, Object, ObjectKey};
use crate::cluster::Change;
use crate::cluster::{Step, World};
use crate::kernel::OrderedSet;
use crate::kernel::trace::Entry;

/// What changed since someone last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Another moment is shown: nothing may be as it was.
    pub everything: bool,
    /// The objects that were written, or that a step or an Event is about.
    pub keys: OrderedSet<ObjectKey>,
}

impl Touched {
    pub(super) fn everything() -> Self {
        Self {
            everything: true,
            keys: OrderedSet::new(),
        }
    }

    /// Whether this object may have changed.
    #[must_use]
    pub fn has(&self, key: &ObjectKey) -> bool {
        self.everything || self.keys.contains(key)
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything && self.keys.is_empty()
    }

    /// Takes what a world did and forgets it but for the keys.
    pub(super) fn drain(&mut self, world: &mut World) {
        let (changes, steps) = (world.drain_changes(), world.drain_steps());
        self.note(&changes, &steps);
    }

    pub(super) fn note(&mut self, changes: &[Change], steps: &[Entry<Step>]) {
        if self.everything {
            return;
        }
        self.keys.extend(changes.iter().filter_map(about));
        self.keys
            .extend(steps.iter().filter_map(|entry| entry.what.about.clone()));
    }
}

/// The object whose picture a write changes: for an Event, the one that it is about.
fn about(change: &Change) -> Option<ObjectKey> {
    let Object::Event(event) = &change.object else {
        return Some(change.key.clone());
    };
    let about = &event.spec.involved_object;
    let kind = Kind::from_manifest(about.api_version.as_deref()?, about.kind.as_deref()?)?;
    let namespace = about.namespace.as_deref().unwrap_or_default();
    Some(ObjectKey::new(kind, namespace, about.name.as_deref()?))
}
