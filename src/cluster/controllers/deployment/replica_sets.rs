//! The ReplicaSets of a Deployment: the new one, of the present template, and the old ones.

use crate::api::core::PodTemplateSpec;
use crate::api::meta::ObjectMeta;
use crate::api::{Deployment, ReplicaSet};

/// The label that tells the pods of one ReplicaSet from those of its siblings.
pub const HASH_LABEL: &str = "pod-template-hash";

/// The sets of a Deployment as one sync sees them.
#[derive(Clone, Debug)]
pub struct ReplicaSets {
    /// The set of the present template, if there is one.
    pub new: Option<ReplicaSet>,
    /// The others, sorted by creation.
    pub old: Vec<ReplicaSet>,
}

impl ReplicaSets {
    /// Which set has the Deployment's present template; of several the oldest.
    #[must_use]
    pub fn find_new(deployment: &Deployment, sets: &[ReplicaSet]) -> Option<usize> {
        sets.iter()
            .position(|set| has_template(set, &deployment.spec.template))
    }

    /// Tells the new set, which is [in this place](Self::find_new), from the old ones.
    #[must_use]
    pub fn sort_out(sets: &[ReplicaSet], new: Option<usize>) -> Self {
        let new = new.and_then(|new| sets.get(new));
        let old = sets
            .iter()
            .filter(|set| new.is_none_or(|new| new.uid() != set.uid()));
        Self {
            new: new.cloned(),
            old: old.cloned().collect(),
        }
    }

    /// Old sets, then the new one.
    pub fn all(&self) -> impl Iterator<Item = &ReplicaSet> {
        self.old.iter().chain(&self.new)
    }

    /// The only set that is meant to have pods; the newest if none is; `None` if several are.
    #[must_use]
    pub fn active_or_latest(&self) -> Option<&ReplicaSet> {
        let mut active = self.all().filter(|set| replicas(set) > 0);
        match (active.next(), active.next()) {
            (None, _) => self.new.as_ref().or_else(|| self.old.last()),
            (Some(only), None) => Some(only),
            (Some(_), Some(_)) => None,
        }
    }
}

/// `spec.replicas`.
#[must_use]
pub fn replicas(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// How many pods the sets are meant to have.
pub fn total_replicas<'a>(sets: impl IntoIterator<Item = &'a ReplicaSet>) -> i32 {
    sets.into_iter().map(replicas).sum()
}

/// How many pods of the sets are available.
pub fn total_available<'a>(sets: impl IntoIterator<Item = &'a ReplicaSet>) -> i32 {
    sets.into_iter().map(available).sum()
}

/// How many pods of a set are available.
#[must_use]
pub fn available(set: &ReplicaSet) -> i32 {
    set.status.available_replicas.unwrap_or(0)
}

/// Whether the set's template is this one, its hash label apart.
fn has_template(set: &ReplicaSet, template: &PodTemplateSpec) -> bool {
    let Some(own) = &set.spec.template else {
        return false;
    };
    if own.spec != template.spec {
        return false;
    }
    let nothing = ObjectMeta::default();
    let own = own.metadata.as_ref().unwrap_or(&nothing);
    let wanted = template.metadata.as_ref().unwrap_or(&nothing);
    let apart = |(key, _): &(&String, &String)| key.as_str() != HASH_LABEL;
    let labels = wanted.labels.iter().flatten().filter(apart);
    own.labels.iter().flatten().filter(apart).eq(labels)
        && own
            .annotations
            .iter()
            .flatten()
            .eq(wanted.annotations.iter().flatten())
        && own
            .finalizers
            .iter()
            .flatten()
            .eq(wanted.finalizers.iter().flatten())
}
