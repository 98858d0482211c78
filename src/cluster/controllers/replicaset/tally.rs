//! Running counts of the pods of a ReplicaSet: a status is told from them without a look at every pod.

use std::rc::Rc;

use crate::api::apps::ReplicaSetSpec;
use crate::api::selector::matches_map;
use crate::api::{ObjectKey, Pod, ReplicaSet, selector};
use crate::cluster::controllers::pods;
use crate::kernel::OrderedMap;

/// The counts of one set, for one version of its spec.
#[derive(Clone, Debug)]
pub struct Tally {
    spec: Rc<ReplicaSetSpec>,
    pods: OrderedMap<ObjectKey, Share>,
    /// The sums of the shares.
    pub counts: [i32; COUNTS],
}

/// Active pods, those with all labels of the template, ready ones, and terminating ones.
const COUNTS: usize = 4;
/// What one pod adds to each count.
type Share = [bool; COUNTS];

impl Tally {
    /// Counts the pods that a set owns; `None` if it does not select all of them.
    pub fn new<'a>(set: &ReplicaSet, owned: impl Iterator<Item = &'a Pod>) -> Option<Self> {
        let mut tally = Self {
            spec: Rc::clone(&set.spec),
            pods: OrderedMap::new(),
            counts: [0; COUNTS],
        };
        for pod in owned {
            if !tally.put(pod) {
                return None;
            }
        }
        Some(tally)
    }

    /// Whether the counts are for this version of a set.
    pub fn is_of(&self, set: &ReplicaSet) -> bool {
        Rc::ptr_eq(&self.spec, &set.spec)
    }

    /// Whether the counts say all that there is to say of `set`: it has as many pods as it wants, and
    /// ready pods are available at once.
    pub fn settles(&self, set: &ReplicaSet) -> bool {
        self.is_of(set)
            && !set.is_deleting()
            && set.spec.min_ready_seconds.unwrap_or(0) <= 0
            && self.counts[0] == set.spec.replicas.unwrap_or(1)
    }

    /// Counts a pod as it is now; false if the set does not select it.
    pub fn put(&mut self, pod: &Pod) -> bool {
        let labels = pod.meta.labels.as_ref();
        if !selector::matches(&self.spec.selector, labels) {
            return false;
        }
        let template = self.spec.template.as_ref();
        let wanted = template.and_then(|template| template.metadata.as_ref()?.labels.as_ref());
        let active = pods::is_active(pod);
        let share = [
            active,
            active && matches_map(wanted, labels),
            active && pods::is_ready(pod),
            pods::is_terminating(pod),
        ];
        let old = self.pods.insert(pod.key(), share).unwrap_or_default();
        self.add(share, 1);
        self.add(old, -1);
        true
    }

    /// Forgets a pod.
    pub fn take(&mut self, key: &ObjectKey) {
        let old = self.pods.remove(key).unwrap_or_default();
        self.add(old, -1);
    }

    fn add(&mut self, share: Share, sign: i32) {
        for (count, counts) in self.counts.iter_mut().zip(share) {
            *count += sign * i32::from(counts);
        }
    }
}

/// Whether a change of a pod is none to its ReplicaSet: labels, owners, deletion, end and readiness are
/// as before.
pub fn is_the_same(old: &Pod, new: &Pod) -> bool {
    Rc::ptr_eq(&old.meta, &new.meta)
        && pods::has_ended(old) == pods::has_ended(new)
        && pods::is_ready(old) == pods::is_ready(new)
}
