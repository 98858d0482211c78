//! The ReplicaSet of the present template: finding it, making it, numbering it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::apps::ReplicaSetSpec;
use crate::api::meta::ObjectMeta;
use crate::api::owner::{controller_reference, is_controlled_by};
use crate::api::{ReplicaSet, Resource};
use crate::apiserver::{Reason, Status};
use crate::cluster::controllers::{record, warn};
use crate::cluster::{Actor, Step};

use super::replica_sets::{HASH_LABEL, ReplicaSets, replicas};
use super::{NAME, REVISION, Sync, conditions, hash, scale, status};

/// The annotation with the earlier numbers of a set that was rolled back to.
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";

/// The history is cut to this many characters.
const MAX_HISTORY_LENGTH: usize = 2_000;

/// Annotations of the Deployment that its sets do not get.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    scale::DESIRED,
    scale::MAX,
    "deprecated.deployment.rollback.to",
];

impl Sync<'_, '_> {
    /// The set of the present template with its revision brought up to date; made if there is none
    /// and `create` is set.
    pub(super) fn new_replica_set(
        &mut self,
        sets: &ReplicaSets,
        create: bool,
    ) -> Result<Option<ReplicaSet>, Status> {
        let newest_old = sets.old.iter().map(revision).max().unwrap_or(0);
        match &sets.new {
            Some(existing) => self.update_new_set(existing, newest_old + 1).map(Some),
            None if create => self.create_new_set(sets, newest_old + 1).map(Some),
            None => Ok(None),
        }
    }

    fn update_new_set(
        &mut self,
        existing: &ReplicaSet,
        revision: i64,
    ) -> Result<ReplicaSet, Status> {
        let min_ready_seconds = self.deployment.spec.min_ready_seconds;
        let mut set = existing.clone();
        self.annotate(&mut set, revision);
        let same_min_ready =
            set.spec.min_ready_seconds.unwrap_or(0) == min_ready_seconds.unwrap_or(0);
        let same_meta = Rc::ptr_eq(&set.meta, &existing.meta) || set.meta == existing.meta;
        if !same_meta || !same_min_ready {
            set.spec_mut().min_ready_seconds = min_ready_seconds;
            let written = self
                .context
                .api
                .update(set.clone().into_object(), self.context.moment())?;
            return Ok(written.typed::<ReplicaSet>().cloned().unwrap_or(set));
        }
        let own = set.annotation(REVISION).unwrap_or_default().to_owned();
        let mut changed = self.set_revision(&own);
        let progressing = conditions::find(&self.deployment.status, conditions::PROGRESSING);
        if status::has_deadline(&self.deployment) && progressing.is_none() {
            let message = format!("Found new replica set {:?}", set.name());
            let reason = "FoundNewReplicaSet";
            let condition = self.condition(conditions::PROGRESSING, "True", reason, &message);
            conditions::set(self.deployment.status_mut(), condition);
            changed = true;
        }
        if changed {
            self.put_status()?;
        }
        Ok(set)
    }

    fn create_new_set(&mut self, sets: &ReplicaSets, revision: i64) -> Result<ReplicaSet, Status> {
        let mut set = self.build_new_set();
        let count = self.new_set_replicas(sets, &set);
        set.spec_mut().replicas = Some(count);
        self.annotate(&mut set, revision);
        self.annotate_sizes(&mut set);
        let name = set.name().to_owned();
        let text = match sets.old.is_empty() {
            true => format!(
                "{} makes its first ReplicaSet **{name}**",
                self.deployment.name()
            ),
            false => format!(
                "The template of {} changed, so it makes the ReplicaSet **{name}**",
                self.deployment.name()
            ),
        };
        let key = self.deployment.key();
        let step = Step::new(Actor::Controller(NAME), key, "replica-set-created", text);
        self.context
            .step(step.reading("spec.template").reading("spec.replicas"));
        let created = self
            .context
            .api
            .create(set.clone().into_object(), self.context.moment());
        let (set, is_new) = match created {
            Ok(object) => (object.typed::<ReplicaSet>().cloned().unwrap_or(set), true),
            Err(status) if status.reason == Reason::AlreadyExists => {
                (self.resolve_collision(&set, status)?, false)
            }
            Err(status) => return Err(self.report_failed_create(&name, status)),
        };
        if is_new && count > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {count}");
            let about = self.deployment.clone().into_object();
            record(
                self.recorder,
                &about,
                "ScalingReplicaSet",
                message,
                self.context,
            );
        }
        let mut changed = self.set_revision(&revision.to_string());
        if is_new && status::has_deadline(&self.deployment) {
            let message = format!("Created new replica set {name:?}");
            let reason = "NewReplicaSetCreated";
            let condition = self.condition(conditions::PROGRESSING, "True", reason, &message);
            conditions::set(self.deployment.status_mut(), condition);
            changed = true;
        }
        if changed {
            self.put_status()?;
        }
        Ok(set)
    }

    fn build_new_set(&self) -> ReplicaSet {
        let deployment = &self.deployment;
        let spec = &deployment.spec;
        let mut template = spec.template.clone();
        let hash = hash::of_template(&template, deployment.status.collision_count);
        let labels = template
            .metadata
            .get_or_insert_default()
            .labels
            .get_or_insert_default();
        labels.insert(HASH_LABEL.to_owned(), hash.clone());
        let labels = labels.clone();
        let mut selector = spec.selector.clone();
        selector
            .match_labels
            .get_or_insert_default()
            .insert(HASH_LABEL.to_owned(), hash.clone());
        let meta = ObjectMeta {
            name: Some(set_name(deployment.name(), &hash)),
            namespace: Some(deployment.namespace().to_owned()),
            owner_references: Some(vec![controller_reference(deployment)]),
            labels: Some(labels),
            ..Default::default()
        };
        let spec = ReplicaSetSpec {
            replicas: Some(0),
            min_ready_seconds: spec.min_ready_seconds,
            selector,
            template: Some(template),
        };
        ReplicaSet::new(meta, spec, Default::default())
    }

    /// The name is taken: by this Deployment's own set of this template, or by another with the same
    /// hash. Then the collision is counted, which changes the hash, and the sync is repeated.
    fn resolve_collision(
        &mut self,
        set: &ReplicaSet,
        status: Status,
    ) -> Result<ReplicaSet, Status> {
        let found = self
            .context
            .api
            .get::<ReplicaSet>(set.namespace(), set.name())
            .cloned();
        let ours = found.filter(|found| {
            is_controlled_by(&found.meta, self.deployment.uid())
                && found.spec.template == set.spec.template
        });
        if let Some(ours) = ours {
            return Ok(ours);
        }
        let collisions = self.deployment.status.collision_count.unwrap_or(0) + 1;
        self.deployment.status_mut().collision_count = Some(collisions);
        self.put_status()?;
        Err(status)
    }

    fn report_failed_create(&mut self, name: &str, failure: Status) -> Status {
        let message = format!(
            "Failed to create new replica set {name:?}: {}",
            failure.message
        );
        let reason = "ReplicaSetCreateError";
        if status::has_deadline(&self.deployment) {
            let condition = self.condition(conditions::PROGRESSING, "False", reason, &message);
            conditions::set(self.deployment.status_mut(), condition);
            if let Err(conflict) = self.put_status() {
                return conflict;
            }
        }
        let about = self.deployment.clone().into_object();
        warn(self.recorder, &about, reason, message, self.context);
        failure
    }

    /// Numbers the Deployment; returns whether that is a change.
    fn set_revision(&mut self, revision: &str) -> bool {
        if self.deployment.annotation(REVISION) == Some(revision) {
            return false;
        }
        let annotations = &mut self.deployment.meta_mut().annotations;
        annotations
            .get_or_insert_default()
            .insert(REVISION.to_owned(), revision.to_owned());
        true
    }

    /// Copies the Deployment's annotations to a set and numbers it, if `revision` is higher than what
    /// it has.
    fn annotate(&self, set: &mut ReplicaSet, new_revision: i64) {
        let own = self.deployment.meta.annotations.iter().flatten();
        let copied = own.filter(|(key, _)| !NOT_COPIED.contains(&key.as_str()));
        let old_revision = revision(set);
        let mut all = copied.clone();
        if all.all(|(key, value)| set.annotation(key) == Some(value))
            && old_revision >= new_revision
        {
            return;
        }
        let before = set.meta.annotations.clone().unwrap_or_default();
        let mut annotations = before.clone();
        for (key, value) in copied {
            annotations.insert(key.clone(), value.clone());
        }
        if old_revision < new_revision {
            // An older number means that this set is rolled back to: it is kept in the history.
            if let Some(old) = annotations.insert(REVISION.to_owned(), new_revision.to_string()) {
                remember(&mut annotations, &old);
            }
        }
        if annotations != before {
            set.meta_mut().annotations = Some(annotations);
        }
    }
}

/// The number of a set; 0 without one.
pub(super) fn revision(set: &ReplicaSet) -> i64 {
    set.annotation(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

fn remember(annotations: &mut BTreeMap<String, String>, old: &str) {
    let history = annotations.remove(REVISION_HISTORY).unwrap_or_default();
    let mut numbers: Vec<&str> = history.split(',').filter(|text| !text.is_empty()).collect();
    numbers.push(old);
    while numbers.join(",").len() > MAX_HISTORY_LENGTH {
        numbers.remove(0);
    }
    annotations.insert(REVISION_HISTORY.to_owned(), numbers.join(","));
}

/// The name of a set: the Deployment's, cut so that hash and pod suffix fit, and the hash.
fn set_name(deployment: &str, hash: &str) -> String {
    const MAX_LENGTH: usize = 253;
    let room = MAX_LENGTH - hash.len() - 1;
    let prefix: String = deployment.chars().take(room).collect();
    format!("{prefix}-{hash}")
}

impl Sync<'_, '_> {
    /// How many replicas the new set is to have now: as many as the surge allows, at most all.
    pub(super) fn new_set_replicas(&self, sets: &ReplicaSets, new: &ReplicaSet) -> i32 {
        let wanted = self.replicas();
        if super::recreate::is_recreate(&self.deployment) {
            return wanted;
        }
        let (own, old): (i32, i32) = (replicas(new), sets.old.iter().map(replicas).sum());
        let most = wanted + super::fenceposts::of(&self.deployment).max_surge;
        if own + old >= most {
            return own;
        }
        own + (most - own - old).min(wanted - own)
    }
}
