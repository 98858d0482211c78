//! The Deployment controller: rolls ReplicaSets out, one per pod template.
//!
//! [`sync`](DeploymentController::sync) decides what kind of change is under way; then see [`rolling`],
//! [`recreate`] and [`scale`]. [`revision`] finds or makes the ReplicaSet of the present template,
//! [`status`] tells how far the rollout is.

mod adopt;
mod conditions;
pub mod fenceposts;
pub mod hash;
mod recreate;
mod replica_sets;
mod revision;
mod rolling;
mod scale;
mod status;
#[cfg(test)]
mod tests;

use crate::api::apps::DeploymentCondition;
use crate::api::owner::controller_of;
use crate::api::{Deployment, Kind, Object, ObjectKey, Pod, ReplicaSet, Resource, selector};
use crate::apiserver::{Change, ChangeKind, Status};
use crate::cluster::{Context, Recorder};
use crate::kernel::Rng;

use super::work_queue::WorkQueue;
use super::{Controller, warn};
use replica_sets::ReplicaSets;

/// The event source.
pub const NAME: &str = "deployment-controller";

/// The annotation with the number of a rollout.
pub const REVISION: &str = "deployment.kubernetes.io/revision";

/// The Deployment controller.
#[derive(Clone, Debug)]
pub struct DeploymentController {
    queue: WorkQueue,
    recorder: Recorder,
}

impl DeploymentController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
            recorder: Recorder::new(NAME, ""),
        }
    }

    /// A ReplicaSet changed: its Deployment is concerned, or those that may adopt it.
    fn observe_set(&mut self, change: &Change, set: &ReplicaSet, context: &mut Context) {
        let previous = change.previous.as_ref().and_then(Object::typed);
        let (old, new) = (previous.and_then(owner_of), owner_of(set));
        if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
            self.queue.add(old, context);
        }
        if let Some(owner) = new {
            self.queue.add(owner, context);
        } else if controller_of(&set.meta).is_none() && change.kind != ChangeKind::Deleted {
            let adopters: Vec<ObjectKey> = context
                .api
                .list::<Deployment>(Some(set.namespace()))
                .filter(|deployment| {
                    selector::matches(&deployment.spec.selector, set.meta.labels.as_ref())
                })
                .map(Deployment::key)
                .collect();
            for key in adopters {
                self.queue.add(key, context);
            }
        }
    }

    /// A Recreate rollout goes on when the last old pod is gone.
    fn observe_gone_pod(&mut self, pod: &Pod, context: &mut Context) {
        let Some(key) = deployment_of_pod(pod, context) else {
            return;
        };
        let deployment = context.api.get::<Deployment>(&key.namespace, &key.name);
        if deployment.is_some_and(recreate::is_recreate) {
            let sets = context.api.store().dependents(deployment_uid(deployment));
            let left = sets
                .map(|set| context.api.store().controlled_pods(set.uid()).count())
                .sum::<usize>();
            if left == 0 {
                self.queue.add(key, context);
            }
        }
    }
}

impl Controller for DeploymentController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::Deployment(deployment) => self.queue.add(deployment.key(), context),
            Object::ReplicaSet(set) => self.observe_set(change, set, context),
            Object::Pod(pod) if change.kind == ChangeKind::Deleted => {
                self.observe_gone_pod(pod, context);
            }
            _ => {}
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let Some(deployment) = context.api.get::<Deployment>(&key.namespace, &key.name) else {
            return Ok(());
        };
        let deployment = deployment.clone();
        if selects_everything(&deployment) {
            let message =
                "This deployment is selecting all pods. A non-empty selector is required.";
            let about = deployment.into_object();
            warn(
                &mut self.recorder,
                &about,
                "SelectingAll",
                message.to_owned(),
                context,
            );
            return Ok(());
        }
        let sets = adopt::sets_of(&deployment, context)?;
        let mut sync = Sync {
            new: ReplicaSets::find_new(&deployment, &sets),
            sets,
            deployment,
            recorder: &mut self.recorder,
            context,
            requeue: None,
        };
        let result = sync.run();
        let requeue = sync.requeue;
        if let Some(delay) = requeue {
            self.queue.add_after(key.clone(), delay, context);
        }
        result
    }
}

/// One sync of one Deployment.
struct Sync<'a, 'c> {
    /// The Deployment as this sync read and changed it. Its version stays the one that was read, so a
    /// second status write of one sync is refused and the sync repeated, as in the real controller.
    deployment: Deployment,
    /// Its ReplicaSets as this sync read them.
    sets: Vec<ReplicaSet>,
    /// The place among them of the one with the present template.
    new: Option<usize>,
    recorder: &'a mut Recorder,
    context: &'a mut Context<'c>,
    /// When to look again whether the rollout makes progress.
    requeue: Option<std::time::Duration>,
}

impl Sync<'_, '_> {
    fn run(&mut self) -> Result<(), Status> {
        if self.deployment.is_deleting() {
            let sets = self.replica_sets(false)?;
            return self.write_status(&sets);
        }
        self.note_pause()?;
        if self.deployment.spec.paused == Some(true) {
            return self.scale_only();
        }
        if self.is_scaling()? {
            return self.scale_only();
        }
        if recreate::is_recreate(&self.deployment) {
            self.recreate()
        } else {
            self.roll()
        }
    }

    /// The Deployment is paused, or was scaled: no rollout step is taken.
    fn scale_only(&mut self) -> Result<(), Status> {
        let sets = self.replica_sets(false)?;
        self.scale(&sets)?;
        if self.deployment.spec.paused == Some(true) {
            self.clean_up(&sets)?;
        }
        self.write_status(&sets)
    }

    /// Whether the number of replicas was changed since the active sets were sized.
    fn is_scaling(&mut self) -> Result<bool, Status> {
        let sets = self.replica_sets(false)?;
        let replicas = self.replicas();
        Ok(sets
            .all()
            .filter(|set| replica_sets::replicas(set) > 0)
            .filter_map(scale::desired_annotation)
            .any(|desired| desired != replicas))
    }

    /// Says in the condition Progressing that the rollout is paused, or goes on.
    fn note_pause(&mut self) -> Result<(), Status> {
        if !status::has_deadline(&self.deployment) {
            return Ok(());
        }
        let paused = self.deployment.spec.paused == Some(true);
        let reason = conditions::find(&self.deployment.status, conditions::PROGRESSING)
            .and_then(|condition| condition.reason.as_deref());
        let noted = reason == Some("DeploymentPaused");
        if reason == Some(conditions::TIMED_OUT) || paused == noted {
            return Ok(());
        }
        let (reason, message) = if paused {
            ("DeploymentPaused", "Deployment is paused")
        } else {
            ("DeploymentResumed", "Deployment is resumed")
        };
        let condition = self.condition(conditions::PROGRESSING, "Unknown", reason, message);
        conditions::set(self.deployment.status_mut(), condition);
        self.put_status()
    }

    /// Writes the Deployment's status, and its annotations with it.
    fn put_status(&mut self) -> Result<(), Status> {
        let object = self.deployment.clone().into_object();
        self.context
            .api
            .update_status(&object, self.context.moment())
            .map(|_| ())
    }

    fn replicas(&self) -> i32 {
        self.deployment.spec.replicas.unwrap_or(1)
    }

    fn condition(
        &self,
        type_: &str,
        status: &str,
        reason: &str,
        message: &str,
    ) -> DeploymentCondition {
        let now = self.context.api.clock().time(self.context.now);
        DeploymentCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_update_time: Some(now.clone()),
            last_transition_time: Some(now),
        }
    }

    /// The new ReplicaSet and the old ones, with revisions brought up to date; makes the new one if
    /// asked to.
    fn replica_sets(&mut self, create: bool) -> Result<ReplicaSets, Status> {
        let mut sets = ReplicaSets::sort_out(&self.sets, self.new);
        sets.new = self.new_replica_set(&sets, create)?;
        Ok(sets)
    }
}

fn owner_of(set: &ReplicaSet) -> Option<ObjectKey> {
    let owner = controller_of(&set.meta).filter(|owner| owner.kind == "Deployment")?;
    Some(ObjectKey::new(
        Kind::Deployment,
        set.namespace(),
        &owner.name,
    ))
}

fn deployment_of_pod(pod: &Pod, context: &Context) -> Option<ObjectKey> {
    let owner = controller_of(&pod.meta).filter(|owner| owner.kind == "ReplicaSet")?;
    let set = context
        .api
        .get::<ReplicaSet>(pod.namespace(), &owner.name)?;
    owner_of(set).filter(|_| set.uid() == owner.uid)
}

fn deployment_uid(deployment: Option<&Deployment>) -> &str {
    deployment.map_or("", Deployment::uid)
}

fn selects_everything(deployment: &Deployment) -> bool {
    deployment.spec.selector == Default::default()
}
