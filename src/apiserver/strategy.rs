//! What the registries' strategies do to an object of their own accord: the status that it starts
//! with, fields that a request may not set, the generation.

use crate::api::codec::to_json;
use std::collections::BTreeMap;

use crate::api::core::{
    LoadBalancerStatus, NamespaceStatus, ObjectReference, PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus, PodCondition, PodStatus, ServiceAccount, ServiceStatus,
    TypedLocalObjectReference, TypedObjectReference,
};
use crate::api::meta::{ObjectMeta, Time};
use crate::api::policy::PodDisruptionBudgetStatus;
use crate::api::{DaemonSet, Job, Kind, Object};

use serde_json::json;

use super::validation::{NAME_LABELS, UID_LABELS};
use super::{defaults, label_keys};

/// The finalizer in a namespace's spec: the namespace controller takes it when the contents are gone.
pub const NAMESPACE_FINALIZER: &str = "kubernetes";

/// The annotation that counts the generations of a DaemonSet's template.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Gives a new object the status and generation that it starts with.
pub(super) fn prepare_for_create(object: &mut Object, now: &Time) {
    match object {
        Object::Pod(pod) => {
            let gated = pod
                .spec
                .scheduling_gates
                .as_ref()
                .is_some_and(|gates| !gates.is_empty());
            let status = PodStatus {
                phase: Some("Pending".to_owned()),
                qos_class: Some(defaults::qos_class(&pod.spec).to_owned()),
                conditions: gated.then(|| vec![scheduling_gated(now)]),
                ..Default::default()
            };
            *pod.status_mut() = status;
            label_keys::apply(pod);
        }
        Object::Deployment(deployment) => deployment.status = Default::default(),
        Object::ReplicaSet(replica_set) => replica_set.status = Default::default(),
        Object::Service(service) => {
            *service.status_mut() = ServiceStatus {
                load_balancer: Some(LoadBalancerStatus::default()),
                ..Default::default()
            };
        }
        Object::Namespace(namespace) => {
            *namespace.status_mut() = NamespaceStatus {
                phase: Some("Active".to_owned()),
                ..Default::default()
            };
            let finalizers = namespace.spec_mut().finalizers.get_or_insert_default();
            if !finalizers.iter().any(|one| one == NAMESPACE_FINALIZER) {
                finalizers.push(NAMESPACE_FINALIZER.to_owned());
            }
        }
        Object::StatefulSet(set) => {
            set.status = Default::default();
            set.status_mut().available_replicas = Some(0);
        }
        Object::DaemonSet(set) => {
            set.status = Default::default();
            let generation = set
                .annotation(TEMPLATE_GENERATION)
                .and_then(|text| text.parse().ok());
            count_templates(set, generation.unwrap_or(0).max(1));
        }
        Object::Job(job) => {
            job.status = Default::default();
            // Where the pods have labels the job shares them, with those that it is about to add.
            let pods = job.spec.template.metadata.as_ref();
            let shares = pods.is_some_and(|meta| meta.labels.is_some());
            generate_selector(job);
            if shares {
                take_labels(job);
            }
        }
        Object::CronJob(cron_job) => cron_job.status = Default::default(),
        Object::HorizontalPodAutoscaler(autoscaler) => {
            *autoscaler.status_mut() = json!({"currentMetrics": null, "desiredReplicas": 0});
        }
        Object::PodDisruptionBudget(budget) => {
            *budget.status_mut() = PodDisruptionBudgetStatus {
                current_healthy: Some(0),
                desired_healthy: Some(0),
                disruptions_allowed: Some(0),
                expected_pods: Some(0),
                ..Default::default()
            };
        }
        Object::ResourceQuota(quota) => quota.status = Default::default(),
        Object::PersistentVolumeClaim(claim) => {
            *claim.status_mut() = PersistentVolumeClaimStatus {
                phase: Some("Pending".to_owned()),
                ..Default::default()
            };
            data_sources(claim.spec_mut(), None);
        }
        Object::ServiceAccount(account) => only_names_of_secrets(account.spec_mut()),
        Object::PersistentVolume(volume) => {
            *volume.status_mut() =
                json!({"phase": "Pending", "lastPhaseTransitionTime": to_json(now)});
        }
        // A kubelet registers its node with a status; the others have none.
        _ => {}
    }
    let generation = has_generation(object.kind()).then_some(1);
    object.meta_mut().generation = generation;
}

/// What an object gets when it has been found good.
pub(super) fn complete(object: &mut Object) {
    if let Object::Job(job) = object {
        take_labels(job);
    }
}

/// Keeps what only the server or another endpoint changes, and raises the generation if the spec changed.
pub(super) fn prepare_for_update(object: &mut Object, old: &Object) {
    object.copy_status(old);
    match (&mut *object, old) {
        // The finalizers of a namespace change by its finalize endpoint only.
        (Object::Namespace(namespace), Object::Namespace(old))
            if namespace.spec.finalizers != old.spec.finalizers =>
        {
            namespace
                .spec_mut()
                .finalizers
                .clone_from(&old.spec.finalizers);
        }
        (Object::Service(service), Object::Service(old)) => {
            super::addresses::keep(service, old);
        }
        (Object::Job(job), _) => take_labels(job),
        (Object::DaemonSet(set), Object::DaemonSet(old)) => {
            let generation = old
                .annotation(TEMPLATE_GENERATION)
                .and_then(|text| text.parse().ok());
            let changed = set.spec.template != old.spec.template;
            count_templates(set, generation.unwrap_or(1) + i64::from(changed));
        }
        (Object::PersistentVolumeClaim(claim), Object::PersistentVolumeClaim(old))
            if claim.spec != old.spec =>
        {
            data_sources(claim.spec_mut(), Some(&old.spec));
        }
        (Object::ServiceAccount(account), _) => only_names_of_secrets(account.spec_mut()),
        _ => {}
    }
    if has_generation(object.kind()) && !object.same_spec(old) {
        let generation = old.meta().generation.unwrap_or(0) + 1;
        object.meta_mut().generation = Some(generation);
    }
}

/// A job selects its pods by its uid, unless its manifest says otherwise; the pods get labels for it. Labels
/// of those names that the manifest has stay, and are refused by validation.
fn generate_selector(job: &mut Job) {
    if job.spec.manual_selector == Some(true) {
        return;
    }
    let (uid, name) = (job.uid().to_owned(), job.name().to_owned());
    let spec = job.spec_mut();
    let metadata = spec.template.metadata.get_or_insert_default();
    let labels = metadata.labels.get_or_insert_default();
    for (keys, value) in [(NAME_LABELS, &name), (UID_LABELS, &uid)] {
        for key in keys {
            labels
                .entry(key.to_owned())
                .or_insert_with(|| value.clone());
        }
    }
    let selector = spec.selector.get_or_insert_default();
    let wanted = selector.match_labels.get_or_insert_default();
    wanted.entry(UID_LABELS[1].to_owned()).or_insert(uid);
}

/// A job without labels has those of its pods.
fn take_labels(job: &mut Job) {
    let none = job.meta.labels.as_ref().is_none_or(BTreeMap::is_empty);
    let of_pods = job.spec.template.metadata.as_ref();
    let labels = of_pods.and_then(|meta| meta.labels.clone());
    if none && labels.is_some() {
        job.meta_mut().labels = labels;
    }
}

fn count_templates(set: &mut DaemonSet, generation: i64) {
    if set
        .annotation(TEMPLATE_GENERATION)
        .and_then(|text| text.parse().ok())
        != Some(generation)
    {
        let annotations = set.meta_mut().annotations.get_or_insert_default();
        annotations.insert(TEMPLATE_GENERATION.to_owned(), generation.to_string());
    }
}

/// The start of a deletion counts as a change of the spec, where there is a generation.
pub(super) fn raise_generation(meta: &mut ObjectMeta) {
    if let Some(generation) = &mut meta.generation {
        *generation += 1;
    }
}

/// Keeps what a status write may not clear: a pod's class of service. Notes when a volume's phase changed.
pub(super) fn prepare_for_status_update(object: &mut Object, old: &Object, now: &Time) {
    if let (Object::PersistentVolume(volume), Object::PersistentVolume(old)) = (&mut *object, old) {
        const CHANGED: &str = "lastPhaseTransitionTime";
        let (before, after) = (&old.status[CHANGED], &volume.status[CHANGED]);
        if volume.status["phase"] == old.status["phase"] {
            if after.is_null() {
                volume.status_mut()[CHANGED] = before.clone();
            }
        } else if after.is_null() || after == before {
            volume.status_mut()[CHANGED] = to_json(now);
        }
        return;
    }
    if let (Object::Pod(pod), Object::Pod(old)) = (object, old)
        && pod.status.qos_class.is_none()
        && old.status.qos_class.is_some()
    {
        pod.status_mut().qos_class.clone_from(&old.status.qos_class);
    }
}

/// A claim's two fields for the source of its data say the same. Of the older one, kinds that it does not know
/// are forgotten, as they always were (KEP 1495).
fn data_sources(spec: &mut PersistentVolumeClaimSpec, old: Option<&PersistentVolumeClaimSpec>) {
    let has_source = |spec: &PersistentVolumeClaimSpec| {
        spec.data_source.is_some() || spec.data_source_ref.is_some()
    };
    if spec.data_source_ref.is_none() && !old.is_some_and(has_source) {
        spec.data_source = spec.data_source.take().filter(|source| {
            matches!(
                (
                    source.kind.as_str(),
                    source.api_group.as_deref().unwrap_or_default()
                ),
                ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io")
            )
        });
    }
    match (&spec.data_source, &spec.data_source_ref) {
        (Some(local), None) => {
            spec.data_source_ref = Some(TypedObjectReference {
                api_group: local.api_group.clone(),
                kind: local.kind.clone(),
                name: local.name.clone(),
                namespace: None,
            });
        }
        (None, Some(any)) if any.namespace.as_deref().unwrap_or_default().is_empty() => {
            spec.data_source = Some(TypedLocalObjectReference {
                api_group: any.api_group.clone(),
                kind: any.kind.clone(),
                name: any.name.clone(),
            });
        }
        _ => {}
    }
}

fn only_names_of_secrets(account: &mut ServiceAccount) {
    for secret in account.secrets.iter_mut().flatten() {
        *secret = ObjectReference {
            name: secret.name.take(),
            ..Default::default()
        };
    }
}

fn scheduling_gated(now: &Time) -> PodCondition {
    PodCondition {
        type_: "PodScheduled".to_owned(),
        status: "False".to_owned(),
        last_transition_time: Some(now.clone()),
        reason: Some("SchedulingGated".to_owned()),
        message: Some("Scheduling is blocked due to non-empty scheduling gates".to_owned()),
        ..Default::default()
    }
}

/// Kinds without a spec have no generation (but for priority classes), and many of the others have none.
const fn has_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::EndpointSlice
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget
            | Kind::PriorityClass
    )
}

#[cfg(test)]
mod tests;
