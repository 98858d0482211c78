//! The newest version of every object: found by name at once, walked in the order of the names.

use std::collections::BTreeMap;
use std::ops::Bound;

use hashbrown::HashTable;
use slab::Slab;

use crate::api::{Kind, Naming, Object, ObjectKey};
use crate::kernel::trace::digest;

/// Where an object stands, for as long as it exists.
pub(super) type Place = usize;

/// All objects. An update, which is what nearly every write is, touches one place and moves nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    places: Slab<Stored>,
    /// The places by the hash of the name. Nothing walks over it: its order is nobody's business.
    by_hash: HashTable<Place>,
    in_order: BTreeMap<ObjectKey, Place>,
}

#[derive(Clone, Debug)]
struct Stored {
    key: ObjectKey,
    object: Object,
}

impl Objects {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Where the object with a name stands.
    pub fn place(&self, naming: &dyn Naming) -> Option<Place> {
        let found = self.by_hash.find(hash(naming), |place| {
            let stored = self.places.get(*place);
            stored.is_some_and(|stored| same_name(&stored.key, naming))
        });
        found.copied()
    }

    /// The object in a place.
    pub fn at(&self, place: Place) -> Option<&Object> {
        self.places.get(place).map(|stored| &stored.object)
    }

    /// The object with a name.
    pub fn find(&self, naming: &dyn Naming) -> Option<&Object> {
        self.at(self.place(naming)?)
    }

    /// Puts a new version in place of the earlier one, and returns that with the key.
    pub fn replace(&mut self, place: Place, object: Object) -> Option<(ObjectKey, Object)> {
        let stored = self.places.get_mut(place)?;
        let earlier = std::mem::replace(&mut stored.object, object);
        Some((stored.key.clone(), earlier))
    }

    /// Takes in an object whose name nobody has.
    pub fn add(&mut self, key: ObjectKey, object: Object) -> Place {
        let hash_of_key = hash(&key);
        let place = self.places.insert(Stored {
            key: key.clone(),
            object,
        });
        let rehash = |place: &Place| hash(&self.places[*place].key);
        self.by_hash.insert_unique(hash_of_key, place, rehash);
        self.in_order.insert(key, place);
        place
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Object> {
        let place = self.in_order.remove(key)?;
        if let Ok(entry) = self.by_hash.find_entry(hash(key), |other| *other == place) {
            entry.remove();
        }
        let stored = self.places.try_remove(place);
        stored.map(|stored| stored.object)
    }

    /// All objects, sorted by kind, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.in_order.values().filter_map(|place| self.at(*place))
    }

    /// The objects of a kind, in one namespace or (with `None`) in all, sorted by namespace and name.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = &Object> {
        let namespace = namespace.filter(|_| kind.namespaced());
        let first: &dyn Naming = &(kind, namespace.unwrap_or_default(), "");
        let bounds = (Bound::Included(first), Bound::Unbounded);
        let listed = self.in_order.range::<dyn Naming, _>(bounds);
        let listed = listed.take_while(move |(key, _)| {
            key.kind == kind && namespace.is_none_or(|namespace| *key.namespace == *namespace)
        });
        listed.filter_map(|(_, place)| self.at(*place))
    }
}

fn same_name(key: &ObjectKey, naming: &dyn Naming) -> bool {
    let (kind, namespace, name) = naming.parts();
    key.kind == kind && *key.name == *name && *key.namespace == *namespace
}

fn hash(naming: &dyn Naming) -> u64 {
    // The table counts on the lowest bits, which only the lowest of each word reach: the mixed ones go there.
    digest(&naming.parts()).rotate_left(26)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::meta::ObjectMeta;
    use crate::api::{ConfigMap, Resource};
    use crate::kernel::Rng;

    fn object(namespace: &str, name: &str, version: u64) -> Object {
        let meta = ObjectMeta {
            namespace: Some(namespace.to_owned()),
            name: Some(name.to_owned()),
            ..Default::default()
        };
        let mut object = ConfigMap::new(meta, Default::default(), ()).into_object();
        object.set_version(version);
        object
    }

    /// Five thousand random writes, with a sorted map for comparison.
    #[test]
    fn holds_what_a_sorted_map_does() {
        let mut rng = Rng::new(1);
        let (mut objects, mut sorted) = (Objects::default(), BTreeMap::new());
        let versions = |objects: &mut dyn Iterator<Item = &Object>| -> Vec<u64> {
            objects.map(Object::version).collect()
        };
        for version in 1..5_000 {
            let namespace = ["a", "ab", "b"][rng.below(3) as usize];
            let object = object(namespace, &format!("web-{}", rng.below(200)), version);
            let key = object.key();
            let place = objects.place(&key);
            assert_eq!(place.is_some(), sorted.contains_key(&key), "{key}");
            if rng.below(3) == 0 {
                let removed = objects.remove(&key).map(|old| old.version());
                assert_eq!(removed, sorted.remove(&key));
                assert!(objects.find(&key).is_none());
                continue;
            }
            let known = match place {
                Some(place) => objects.replace(place, object).map(|(_, old)| old.version()),
                None => {
                    objects.add(key.clone(), object);
                    None
                }
            };
            assert_eq!(known, sorted.insert(key.clone(), version));
            assert_eq!(objects.find(&key).map(Object::version), Some(version));
        }
        assert_eq!(objects.len(), sorted.len());
        let expect: Vec<u64> = sorted.values().copied().collect();
        assert_eq!(versions(&mut objects.iter()), expect);
        assert_eq!(versions(&mut objects.list(Kind::ConfigMap, None)), expect);
        for namespace in ["a", "ab", "b", "c"] {
            let of_it = sorted
                .iter()
                .filter(|(key, _)| *key.namespace == *namespace);
            let expect: Vec<u64> = of_it.map(|(_, version)| *version).collect();
            let listed = versions(&mut objects.list(Kind::ConfigMap, Some(namespace)));
            assert_eq!(listed, expect, "{namespace}");
        }
        assert_eq!(objects.list(Kind::Pod, None).count(), 0);
    }
}
