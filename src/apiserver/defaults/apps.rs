//! Defaults of the apps group.

use crate::api::IntOrString;
use crate::api::apps::{DeploymentSpec, ReplicaSetSpec};

use super::{absent, or, pod_spec};

/// Replica sets that a deployment keeps for `kubectl rollout undo`.
const REVISION_HISTORY_LIMIT: i32 = 10;
/// How long a rollout may stand still before it counts as failed.
const PROGRESS_DEADLINE_SECONDS: i32 = 600;
/// How far a rolling update may go above and below the wanted number of pods.
const ROLLING_SHARE: &str = "25%";

pub(super) fn deployment(spec: &mut DeploymentSpec) {
    spec.replicas.get_or_insert(1);
    let strategy = spec.strategy.get_or_insert_default();
    or(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let share = || IntOrString::String(ROLLING_SHARE.to_owned());
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert_with(share);
        rolling.max_surge.get_or_insert_with(share);
    }
    spec.revision_history_limit
        .get_or_insert(REVISION_HISTORY_LIMIT);
    spec.progress_deadline_seconds
        .get_or_insert(PROGRESS_DEADLINE_SECONDS);
    absent::drop_zero(&mut spec.min_ready_seconds);
    absent::drop_zero(&mut spec.paused);
    pod_spec::template(&mut spec.template);
}

pub(super) fn replica_set(spec: &mut ReplicaSetSpec) {
    spec.replicas.get_or_insert(1);
    absent::drop_zero(&mut spec.min_ready_seconds);
    pod_spec::template(spec.template.get_or_insert_default());
}
