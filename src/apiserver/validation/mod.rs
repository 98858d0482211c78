//! Validation: one file per group of rules. The order of the problems is the server's.

mod apps;
mod autoscaler;
mod claim;
mod container;
mod cron_job;
mod daemon_set;
mod data;
mod diff;
mod disruption_budget;
mod env;
mod field;
mod job;
mod job_policies;
mod job_update;
mod limit_range;
mod metadata;
mod mounts;
mod names;
mod persistent_volume;
mod pod;
mod pod_spec;
mod priority_class;
mod probe;
mod quota;
mod resources;
mod scheduling;
mod security;
mod selector;
mod service;
mod stateful_set;
mod storage_class;
mod template;
mod volumes;
mod warnings;

use crate::api::{Object, Pod};

use super::Cause;
use field::{FieldPath, Problems};

pub(super) use job::{NAME_LABELS, UID_LABELS};
pub use priority_class::SYSTEM_CLASSES;
pub(super) use service::cluster_ip_problem;
pub(super) use warnings::warnings;

/// The problems of a new object, in the server's order.
pub(super) fn on_create(object: &Object) -> Vec<Cause> {
    let mut problems = Problems::default();
    match object {
        // A budget's own rules leave its metadata out; it is looked at when they find nothing.
        Object::PodDisruptionBudget(_) => {
            body(object, None, &mut problems);
            if problems.0.is_empty() {
                metadata::on_create(object, &mut problems);
            }
            return problems.0;
        }
        _ => metadata::on_create(object, &mut problems),
    }
    match object {
        Object::Pod(pod) => pod::on_create(pod, &mut problems),
        _ => body(object, None, &mut problems),
    }
    problems.0
}

/// The problems of a changed object. A write that touches the metadata only is judged by that.
pub(super) fn on_update(object: &Object, old: &Object) -> Vec<Cause> {
    let mut problems = Problems::default();
    if !std::rc::Rc::ptr_eq(object.meta(), old.meta()) {
        metadata::on_update(object.meta(), old.meta(), &mut problems);
    }
    if !object.same_spec(old) {
        match (object, old) {
            (Object::Pod(pod), Object::Pod(old)) => pod::on_update(pod, old, &mut problems),
            _ => body(object, Some(old), &mut problems),
        }
    }
    problems.0
}

/// The problems of a pod with other resources.
pub(super) fn on_resize(new: &Pod, old: &Pod) -> Vec<Cause> {
    let mut problems = Problems::default();
    pod::on_resize(new, old, &mut problems);
    problems.0
}

/// The problems of ephemeral containers that are added to a pod.
pub(super) fn on_ephemeral(new: &Pod, old: &Pod) -> Vec<Cause> {
    let mut problems = Problems::default();
    pod::on_ephemeral(new, old, &mut problems);
    problems.0
}

/// The problems of the status that a status write brings.
pub(super) fn on_status_update(object: &Object, old: &Object) -> Vec<Cause> {
    let mut problems = Problems::default();
    match (object, old) {
        (Object::StatefulSet(new), Object::StatefulSet(old)) => {
            stateful_set::status(&new.status, &old.status, &mut problems);
        }
        (Object::Job(new), Object::Job(old)) => {
            job_update::on_status_update(new, old, &mut problems);
        }
        (Object::HorizontalPodAutoscaler(new), _) => {
            autoscaler::status(&new.status, &mut problems);
        }
        (Object::PodDisruptionBudget(new), _) => {
            disruption_budget::status(&new.status, &mut problems);
        }
        (Object::DaemonSet(new), Object::DaemonSet(old)) => {
            daemon_set::status(&new.status, &old.status, &mut problems);
        }
        (Object::ResourceQuota(quota), _) => quota::status(&quota.status, &mut problems),
        (Object::PersistentVolumeClaim(claim), _) => claim::status(&claim.status, &mut problems),
        _ => {}
    }
    problems.0
}

/// The rules of every kind but pods.
fn body(object: &Object, old: Option<&Object>, problems: &mut Problems) {
    match object {
        Object::Deployment(new) => {
            let old = old.and_then(Object::typed::<crate::api::Deployment>);
            apps::deployment(&new.spec, old.map(|old| &*old.spec), problems);
        }
        Object::ReplicaSet(new) => {
            let old = old.and_then(Object::typed::<crate::api::ReplicaSet>);
            apps::replica_set(&new.spec, old.map(|old| &*old.spec), problems);
        }
        Object::StatefulSet(new) => {
            let old = old.and_then(Object::typed::<crate::api::StatefulSet>);
            stateful_set::stateful_set(&new.spec, old.map(|old| &*old.spec), problems);
        }
        Object::Job(new) => match old.and_then(Object::typed) {
            Some(old) => job_update::on_update(new, old, problems),
            None => job::job(new, problems),
        },
        Object::HorizontalPodAutoscaler(new) => {
            let old = old.and_then(|old| match old {
                Object::HorizontalPodAutoscaler(old) => Some(&*old.spec),
                _ => None,
            });
            autoscaler::horizontal_pod_autoscaler(&new.spec, old, problems);
        }
        Object::PodDisruptionBudget(new) => {
            disruption_budget::pod_disruption_budget(&new.spec, problems);
        }
        Object::CronJob(new) => {
            let old = old.and_then(Object::typed::<crate::api::CronJob>);
            cron_job::cron_job(new, old.map(|old| &*old.spec), problems);
        }
        Object::DaemonSet(new) => {
            let old = old.and_then(Object::typed::<crate::api::DaemonSet>);
            daemon_set::daemon_set(&new.spec, old.map(|old| &*old.spec), problems);
        }
        Object::Service(new) => {
            service::service(new, old.and_then(Object::typed), problems);
        }
        Object::ConfigMap(new) => {
            let old = old.and_then(Object::typed::<crate::api::ConfigMap>);
            data::config_map(&new.spec, old.map(|old| &*old.spec), problems);
        }
        Object::Secret(new) => {
            let old = old.and_then(Object::typed::<crate::api::Secret>);
            let annotations = new.meta.annotations.as_ref();
            data::secret(&new.spec, annotations, old.map(|old| &*old.spec), problems);
        }
        Object::Node(node) => {
            let taints = node.spec.taints.as_deref().unwrap_or_default();
            let path = FieldPath::new("metadata");
            // The server puts the taints under metadata.
            scheduling::taints(taints, &path.child("taints"), problems);
        }
        Object::PriorityClass(new) => {
            priority_class::priority_class(new, old.and_then(Object::typed), problems);
        }
        Object::LimitRange(new) => limit_range::limit_range(&new.spec, problems),
        Object::ResourceQuota(new) => {
            let old = old.and_then(Object::typed::<crate::api::ResourceQuota>);
            quota::resource_quota(&new.spec, old.map(|old| &*old.spec), problems);
        }
        Object::PersistentVolumeClaim(new) => match old.and_then(Object::typed) {
            Some(old) => claim::on_update(new, old, problems),
            None => claim::spec(&new.spec, &FieldPath::new("spec"), problems),
        },
        Object::PersistentVolume(new) => {
            let old = old.and_then(|old| match old {
                Object::PersistentVolume(old) => Some(old),
                _ => None,
            });
            persistent_volume::persistent_volume(new, old, problems);
        }
        Object::StorageClass(new) => {
            let old = old.and_then(Object::typed::<crate::api::StorageClass>);
            storage_class::storage_class(&new.spec, old.map(|old| &*old.spec), problems);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
