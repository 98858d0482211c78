//! The store: the newest version of every object, the indexes, and the changes since the last look.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::{Kind, Naming, Object, ObjectKey, Pod};
use crate::kernel::{SimTime, TraceId};

use super::Moment;
use super::objects::{Objects, Place};

/// What etcd and the watch cache are to a real cluster.
#[derive(Clone, Debug, Default)]
pub struct Store {
    objects: Objects,
    version: u64,
    changes: Vec<Change>,
    /// What was written last, but for events.
    newest: Option<ObjectKey>,
    /// Objects by the uid of each owner. The indexes hold the places of the objects: controllers walk over
    /// all pods of a workload at every look, and a search by key for each would cost more than the rest.
    dependents: BTreeMap<String, BTreeMap<ObjectKey, Place>>,
    /// Pods by `spec.nodeName`; unassigned ones under the empty name.
    pods_on: BTreeMap<Rc<str>, BTreeMap<ObjectKey, Place>>,
}

/// One write, as a watch delivers it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The resource version that the write got.
    pub version: u64,
    /// When it was written.
    pub at: SimTime,
    /// The trace entry that led to it.
    pub cause: TraceId,
    /// Added, modified or deleted.
    pub kind: ChangeKind,
    /// The object's key.
    pub key: ObjectKey,
    /// The object after the write; for a deletion, its last state.
    pub object: Object,
    /// The object before the write.
    pub previous: Option<Object>,
}

/// The type of a watch event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are Kubernetes' own")]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

impl ChangeKind {
    /// The text in a watch event's `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

impl Store {
    /// One object.
    #[must_use]
    pub fn get(&self, key: &ObjectKey) -> Option<&Object> {
        self.find(key)
    }

    /// One object, by whatever names it.
    #[must_use]
    pub fn find<'a>(&self, naming: &(dyn Naming + 'a)) -> Option<&Object> {
        self.objects.find(naming)
    }

    /// The resource version of the newest write.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// What was written, or deleted, last. Events are left out: they tell of the other writes.
    #[must_use]
    pub const fn newest(&self) -> Option<&ObjectKey> {
        self.newest.as_ref()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.len() == 0
    }

    /// How many of the changes since the last look somebody waited for: not the events, which are sent
    /// beside the work, nor the quotas, which are charged within the request that uses them.
    #[must_use]
    pub fn pending_writes(&self) -> usize {
        let is_waited_for = |change: &&Change| {
            !matches!(change.object, Object::Event(_) | Object::ResourceQuota(_))
        };
        self.changes.iter().filter(is_waited_for).count()
    }

    /// All objects of a kind, in one namespace or (with `None`) in all, sorted by namespace and name.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = &Object> {
        self.objects.list(kind, namespace)
    }

    /// All objects, sorted by kind, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter()
    }

    /// Objects that name the object with `uid` as an owner.
    pub fn dependents(&self, uid: &str) -> impl Iterator<Item = &Object> {
        let places = self.dependents.get(uid).into_iter();
        self.in_places(places.flat_map(BTreeMap::values))
    }

    /// Pods that the object with `uid` controls.
    pub fn controlled_pods(&self, uid: &str) -> impl Iterator<Item = &Pod> {
        self.dependents(uid)
            .filter_map(Object::typed::<Pod>)
            .filter(move |pod| pod.controller().is_some_and(|owner| owner.uid == uid))
    }

    /// Pods bound to a node; for the empty name, pods that are not bound.
    pub fn pods_on(&self, node: &str) -> impl Iterator<Item = &Pod> {
        let places = self.pods_on.get(node).into_iter();
        let pods = self.in_places(places.flat_map(BTreeMap::values));
        pods.filter_map(Object::typed)
    }

    fn in_places<'a>(
        &'a self,
        places: impl Iterator<Item = &'a Place>,
    ) -> impl Iterator<Item = &'a Object> {
        places.filter_map(|place| self.objects.at(*place))
    }

    /// Takes the changes since the last call, oldest first.
    pub(super) fn drain_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Writes an object under the next resource version and returns it as stored.
    pub(super) fn insert(&mut self, mut object: Object, at: Moment) -> Object {
        self.version += 1;
        object.set_version(self.version);
        let naming = (object.kind(), object.namespace(), object.name());
        let known = self.objects.place(&naming).and_then(|place| {
            let (key, previous) = self.objects.replace(place, object.clone())?;
            self.reindex(&key, place, &previous, &object);
            Some((key, previous))
        });
        match known {
            Some((key, previous)) => {
                let kind = ChangeKind::Modified;
                self.note(kind, key, object.clone(), Some(previous), at);
            }
            None => {
                let key = object.key();
                let place = self.objects.add(key.clone(), object.clone());
                self.index(&key, place, &object);
                self.note(ChangeKind::Added, key, object.clone(), None, at);
            }
        }
        object
    }

    /// Removes an object and returns its last state.
    pub(super) fn remove(&mut self, key: &ObjectKey, at: Moment) -> Option<Object> {
        let mut object = self.objects.remove(key)?;
        self.version += 1;
        for owner in owners(&object) {
            discard(&mut self.dependents, owner, key);
        }
        if let Some(node) = node_of(&object) {
            discard(&mut self.pods_on, node, key);
        }
        let previous = object.clone();
        object.set_version(self.version);
        let (kind, key) = (ChangeKind::Deleted, key.clone());
        self.note(kind, key, object.clone(), Some(previous), at);
        Some(object)
    }

    fn note(
        &mut self,
        kind: ChangeKind,
        key: ObjectKey,
        object: Object,
        previous: Option<Object>,
        at: Moment,
    ) {
        let version = self.version;
        if key.kind != Kind::Event {
            self.newest = Some(key.clone());
        }
        self.changes.push(Change {
            version,
            at: at.now,
            cause: at.cause,
            kind,
            key,
            object,
            previous,
        });
    }

    fn index(&mut self, key: &ObjectKey, place: Place, object: &Object) {
        for owner in owners(object) {
            put(&mut self.dependents, owner, key, place);
        }
        if let Some(node) = node_of(object) {
            put(&mut self.pods_on, node, key, place);
        }
    }

    /// Moves an object from where `old` belongs in the indexes to where `new` does.
    fn reindex(&mut self, key: &ObjectKey, place: Place, old: &Object, new: &Object) {
        if !Rc::ptr_eq(old.meta(), new.meta()) {
            for owner in owners(old).filter(|owner| owners(new).all(|kept| kept != *owner)) {
                discard(&mut self.dependents, owner, key);
            }
            for owner in owners(new).filter(|owner| owners(old).all(|known| known != *owner)) {
                put(&mut self.dependents, owner, key, place);
            }
        }
        let (before, now) = (node_of(old), node_of(new));
        if before == now {
            return;
        }
        if let Some(node) = before {
            discard(&mut self.pods_on, node, key);
        }
        if let Some(node) = now {
            put(&mut self.pods_on, node, key, place);
        }
    }
}

/// Puts an object into the index under a name.
fn put<K: Ord + Borrow<str> + for<'a> From<&'a str>>(
    index: &mut BTreeMap<K, BTreeMap<ObjectKey, Place>>,
    under: &str,
    key: &ObjectKey,
    place: Place,
) {
    if let Some(places) = index.get_mut(under) {
        places.insert(key.clone(), place);
    } else {
        index.insert(under.into(), BTreeMap::from([(key.clone(), place)]));
    }
}

fn discard<K: Ord + Borrow<str>>(
    index: &mut BTreeMap<K, BTreeMap<ObjectKey, Place>>,
    under: &str,
    key: &ObjectKey,
) {
    if let Some(places) = index.get_mut(under) {
        places.remove(key);
        if places.is_empty() {
            index.remove(under);
        }
    }
}

fn owners(object: &Object) -> impl Iterator<Item = &str> {
    object
        .meta()
        .owner_references
        .iter()
        .flatten()
        .map(|owner| owner.uid.as_str())
}

fn node_of(object: &Object) -> Option<&str> {
    Some(
        object
            .typed::<Pod>()?
            .spec
            .node_name
            .as_deref()
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Resource;
    use crate::api::core::{PodSpec, PodStatus};
    use crate::api::meta::{ObjectMeta, OwnerReference};

    const AT: Moment = Moment {
        now: SimTime::ZERO,
        cause: TraceId::ROOT,
    };

    fn pod(name: &str, node: Option<&str>, owner: Option<&str>) -> Object {
        let owner_references = owner.map(|uid| {
            vec![OwnerReference {
                uid: uid.to_owned(),
                controller: Some(true),
                ..Default::default()
            }]
        });
        let meta = ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some("default".to_owned()),
            owner_references,
            ..Default::default()
        };
        let spec = PodSpec {
            node_name: node.map(str::to_owned),
            ..Default::default()
        };
        Pod::new(meta, spec, PodStatus::default()).into_object()
    }

    #[test]
    fn indexes_follow_writes() {
        let mut store = Store::default();
        let names = |pods: &mut dyn Iterator<Item = &Pod>| {
            pods.map(|p| p.name().to_owned()).collect::<Vec<_>>()
        };
        store.insert(pod("a", None, Some("u1")), AT);
        store.insert(pod("b", Some("node-1"), Some("u1")), AT);
        assert_eq!(names(&mut store.pods_on("")), ["a"]);
        assert_eq!(names(&mut store.controlled_pods("u1")), ["a", "b"]);

        store.insert(pod("a", Some("node-1"), None), AT);
        assert_eq!(names(&mut store.pods_on("")), [""; 0]);
        assert_eq!(names(&mut store.pods_on("node-1")), ["a", "b"]);
        assert_eq!(names(&mut store.controlled_pods("u1")), ["b"]);

        store.remove(&ObjectKey::new(Kind::Pod, "default", "b"), AT);
        assert_eq!(names(&mut store.pods_on("node-1")), ["a"]);
        assert_eq!(names(&mut store.controlled_pods("u1")), [""; 0]);
    }

    #[test]
    fn versions_rise_and_changes_are_taken_once() {
        let mut store = Store::default();
        store.insert(pod("a", None, None), AT);
        store.insert(pod("a", Some("node-1"), None), AT);
        store.remove(&ObjectKey::new(Kind::Pod, "default", "a"), AT);
        let changes = store.drain_changes();
        assert_eq!(
            changes.iter().map(|c| c.version).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(
            changes.iter().map(|c| c.kind.as_str()).collect::<Vec<_>>(),
            ["ADDED", "MODIFIED", "DELETED"]
        );
        assert!(store.drain_changes().is_empty());
    }

    #[test]
    fn the_newest_write_is_no_event() {
        let mut store = Store::default();
        store.insert(pod("a", None, None), AT);
        let mut event = crate::api::Event::new(ObjectMeta::default(), Default::default(), ());
        event.meta_mut().name = Some("a.1".to_owned());
        store.insert(event.into_object(), AT);
        let key = ObjectKey::new(Kind::Pod, "default", "a");
        assert_eq!((store.newest(), store.len()), (Some(&key), 2));
        store.remove(&key, AT);
        assert_eq!((store.newest(), store.len()), (Some(&key), 1));
    }

    #[test]
    fn lists_one_namespace_or_all() {
        let mut store = Store::default();
        store.insert(pod("a", None, None), AT);
        let mut other = pod("b", None, None);
        other.meta_mut().namespace = Some("kube-system".to_owned());
        store.insert(other, AT);
        assert_eq!(store.list(Kind::Pod, Some("default")).count(), 1);
        assert_eq!(store.list(Kind::Pod, None).count(), 2);
        assert_eq!(store.list(Kind::Node, None).count(), 0);
    }
}
