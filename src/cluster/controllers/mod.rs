//! kube-controller-manager: the controllers, each level-triggered by keys of the objects it minds.

pub mod daemonset;
pub mod deployment;
pub mod disruption;
pub mod endpointslice;
pub mod garbage_collector;
pub mod namespace;
pub mod namespace_contents;
pub mod node_lifecycle;
pub mod persistent_volume;
pub mod pod_gc;
pub mod pods;
pub mod replicaset;
pub mod resource_quota;
pub mod storage_protection;
pub mod taint_eviction;
pub mod work_queue;

use crate::api::{Object, ObjectKey};
use crate::apiserver::{Change, Status};
use crate::kernel::Rng;

use super::recorder::Occurrence;
use super::{Context, Recorder};
use work_queue::WorkQueue;

/// What wakes a controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Look at one object and bring the world in line with it.
    Sync {
        /// The controller, by its event source name: `deployment-controller`.
        controller: &'static str,
        /// The object.
        key: ObjectKey,
    },
    /// A delay is over: let a sync follow.
    Delayed {
        /// The controller.
        controller: &'static str,
        /// The object.
        key: ObjectKey,
    },
    /// The node controller looks at the heartbeats.
    MonitorNodes,
    /// The node controller gives NoExecute taints to nodes that wait for them.
    TaintNodes,
    /// The pod garbage collector looks at all pods.
    CollectPods,
}

/// A controller: it notes which objects a change concerns, and syncs one of them at a time.
pub trait Controller {
    /// Its work queue.
    fn queue(&mut self) -> &mut WorkQueue;

    /// Adds the keys that a change concerns to the queue.
    fn observe(&mut self, change: &Change, context: &mut Context);

    /// Brings the world in line with one object.
    ///
    /// # Errors
    /// The API server's answer to a write that failed; the sync is tried again.
    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status>;
}

/// All controllers.
#[derive(Clone, Debug)]
pub struct Controllers {
    daemon_set: daemonset::DaemonSetController,
    deployment: deployment::DeploymentController,
    disruption: disruption::DisruptionController,
    replica_set: replicaset::ReplicaSetController,
    node_lifecycle: node_lifecycle::NodeLifecycleController,
    taint_eviction: taint_eviction::TaintEvictionController,
    endpoint_slice: endpointslice::EndpointSliceController,
    garbage_collector: garbage_collector::GarbageCollector,
    namespace: namespace::NamespaceController,
    resource_quota: resource_quota::ResourceQuotaController,
    namespace_contents: namespace_contents::NamespaceContentsController,
    storage_protection: storage_protection::StorageProtectionController,
    persistent_volume: persistent_volume::PersistentVolumeController,
    pod_gc: pod_gc::PodGarbageCollector,
}

impl Controllers {
    /// Controllers that have seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            daemon_set: daemonset::DaemonSetController::new(rng),
            deployment: deployment::DeploymentController::new(rng),
            disruption: disruption::DisruptionController::new(rng),
            replica_set: replicaset::ReplicaSetController::new(rng),
            node_lifecycle: node_lifecycle::NodeLifecycleController::new(rng),
            taint_eviction: taint_eviction::TaintEvictionController::new(rng),
            endpoint_slice: endpointslice::EndpointSliceController::new(rng),
            garbage_collector: garbage_collector::GarbageCollector::new(rng),
            namespace: namespace::NamespaceController::new(rng),
            resource_quota: resource_quota::ResourceQuotaController::new(rng),
            namespace_contents: namespace_contents::NamespaceContentsController::new(rng),
            storage_protection: storage_protection::StorageProtectionController::new(rng),
            persistent_volume: persistent_volume::PersistentVolumeController::new(rng),
            pod_gc: pod_gc::PodGarbageCollector::new(rng),
        }
    }

    /// Sees a change in the store.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        // Nothing here minds events, and they are the most frequent writes.
        if matches!(change.object, Object::Event(_)) {
            return;
        }
        for controller in self.all() {
            controller.observe(change, context);
        }
        self.pod_gc.observe(change, context);
    }

    /// Handles an event of a controller's own.
    pub fn handle(&mut self, wake: &Wake, context: &mut Context) {
        match wake {
            Wake::Sync { controller, key } => {
                if let Some(controller) = self.by_name(controller) {
                    run(controller, key, context);
                }
            }
            Wake::Delayed { controller, key } => {
                if let Some(controller) = self.by_name(controller) {
                    controller.queue().delay_is_over(key, context);
                }
            }
            Wake::MonitorNodes => self.node_lifecycle.tick(context),
            Wake::TaintNodes => self.node_lifecycle.taint_tick(context),
            Wake::CollectPods => self.pod_gc.tick(context),
        }
    }

    fn all(&mut self) -> [&mut dyn Controller; 13] {
        [
            &mut self.daemon_set,
            &mut self.deployment,
            &mut self.disruption,
            &mut self.replica_set,
            &mut self.node_lifecycle,
            &mut self.taint_eviction,
            &mut self.endpoint_slice,
            &mut self.garbage_collector,
            &mut self.namespace,
            &mut self.resource_quota,
            &mut self.namespace_contents,
            &mut self.storage_protection,
            &mut self.persistent_volume,
        ]
    }

    fn by_name(&mut self, name: &str) -> Option<&mut dyn Controller> {
        self.all()
            .into_iter()
            .find_map(|controller| (controller.queue().controller() == name).then_some(controller))
    }
}

/// Syncs one object, if it is still to be synced.
fn run(controller: &mut dyn Controller, key: &ObjectKey, context: &mut Context) {
    if !controller.queue().take(key, context.now) {
        return;
    }
    let before = context.api.store().pending_writes();
    let failed = controller.sync(key, context).is_err();
    // Events are sent beside the sync, which does not wait for them.
    let writes = context.api.store().pending_writes() - before;
    let writes = u64::try_from(writes).unwrap_or(u64::MAX);
    controller.queue().done(key, failed, writes, context);
}

/// Records a `Normal` event about an object.
fn record(
    recorder: &mut Recorder,
    about: &Object,
    reason: &'static str,
    message: String,
    context: &mut Context,
) {
    let occurrence = Occurrence {
        about,
        field_path: None,
        warning: false,
        reason,
        message: message.into(),
    };
    recorder.record(occurrence, context);
}

/// Records a `Warning` event about an object.
fn warn(
    recorder: &mut Recorder,
    about: &Object,
    reason: &'static str,
    message: String,
    context: &mut Context,
) {
    let occurrence = Occurrence {
        about,
        field_path: None,
        warning: true,
        reason,
        message: message.into(),
    };
    recorder.record(occurrence, context);
}
