//! Defaults of the apps group.

use crate::api::IntOrString;
use crate::api::apps::{DaemonSetSpec, DeploymentSpec, ReplicaSetSpec, StatefulSetSpec};

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

pub(super) fn stateful_set(spec: &mut StatefulSetSpec) {
    or(&mut spec.pod_management_policy, "OrderedReady");
    let strategy = spec.update_strategy.get_or_insert_default();
    if strategy.type_.as_deref().is_none_or(str::is_empty) {
        strategy.type_ = Some("RollingUpdate".to_owned());
        strategy.rolling_update.get_or_insert_default();
    }
    if let Some(rolling) = &mut strategy.rolling_update {
        // `maxUnavailable` is for clusters with the feature MaxUnavailableStatefulSet, which is off by default.
        rolling.max_unavailable = None;
        rolling.partition.get_or_insert(0);
    }
    let claims = &mut spec.persistent_volume_claim_retention_policy;
    let claims = claims.get_or_insert_default();
    or(&mut claims.when_deleted, "Retain");
    or(&mut claims.when_scaled, "Retain");
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit
        .get_or_insert(REVISION_HISTORY_LIMIT);
    // It was required once, and is always written.
    spec.service_name.get_or_insert_default();
    absent::drop_zero(&mut spec.min_ready_seconds);
    absent::drop_zero(&mut spec.volume_claim_templates);
    for claim in spec.volume_claim_templates.iter_mut().flatten() {
        super::storage::claim(claim.spec.get_or_insert_default());
        absent::meta(&mut claim.metadata);
        let status = claim.status.get_or_insert_default();
        or(&mut status.phase, "Pending");
    }
    pod_spec::template(&mut spec.template);
}

pub(super) fn daemon_set(spec: &mut DaemonSetSpec) {
    let strategy = spec.update_strategy.get_or_insert_default();
    or(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
    spec.revision_history_limit
        .get_or_insert(REVISION_HISTORY_LIMIT);
    absent::drop_zero(&mut spec.min_ready_seconds);
    pod_spec::template(&mut spec.template);
}
