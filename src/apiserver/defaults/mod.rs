//! Defaulting: the values that the API server fills in. One file per group of kinds.

mod absent;
mod apps;
mod autoscaling;
mod batch;
mod container;
mod namespace;
mod pod;
mod pod_spec;
mod policy;
mod resources;
mod service;
mod storage;
mod volume;

use crate::api::core::Secret;
use crate::api::{ByteString, Object};

pub use pod::qos_class;

/// Fills in what the manifest left out, and takes out what means the same when left out.
///
/// The result depends on the object alone and is the same when applied twice.
pub(super) fn apply(object: &mut Object) {
    if object.kind().namespaced() && object.namespace().is_empty() {
        object.meta_mut().namespace = Some("default".to_owned());
    }
    match object {
        Object::Namespace(namespace) => namespace::apply(namespace),
        Object::Pod(pod) => pod::apply(pod.spec_mut()),
        Object::Deployment(deployment) => apps::deployment(deployment.spec_mut()),
        Object::ReplicaSet(replica_set) => apps::replica_set(replica_set.spec_mut()),
        Object::StatefulSet(set) => apps::stateful_set(set.spec_mut()),
        Object::Job(job) => batch::job(job.spec_mut()),
        Object::CronJob(cron_job) => batch::cron_job(cron_job.spec_mut()),
        Object::HorizontalPodAutoscaler(autoscaler) => {
            autoscaling::horizontal_pod_autoscaler(autoscaler.spec_mut());
        }
        Object::DaemonSet(set) => apps::daemon_set(set.spec_mut()),
        Object::Service(service) => service::apply(service.spec_mut()),
        Object::Secret(secret) => secret_data(secret.spec_mut()),
        Object::EndpointSlice(slice) => {
            for port in slice.spec_mut().ports.iter_mut().flatten() {
                port.name.get_or_insert_default();
                or(&mut port.protocol, "TCP");
            }
        }
        Object::Node(node) => node_status(node),
        Object::PriorityClass(class) => policy::priority_class(class.spec_mut()),
        Object::LimitRange(limits) => policy::limit_range(limits.spec_mut()),
        Object::ResourceQuota(quota) => policy::resource_quota(quota.spec_mut()),
        Object::PersistentVolumeClaim(claim) => storage::claim(claim.spec_mut()),
        Object::PersistentVolume(volume) => storage::persistent_volume(volume.spec_mut()),
        Object::StorageClass(class) => storage::storage_class(class.spec_mut()),
        _ => {}
    }
}

/// `stringData` is only a way to write: it goes into `data`.
fn secret_data(secret: &mut Secret) {
    or(&mut secret.type_, "Opaque");
    for (key, text) in secret.string_data.take().into_iter().flatten() {
        let data = secret.data.get_or_insert_default();
        data.insert(key, ByteString(text.into_bytes()));
    }
}

/// A node that reports no allocatable resources has all that it has.
fn node_status(node: &mut crate::api::Node) {
    if node.status.allocatable.is_none() && node.status.capacity.is_some() {
        let status = node.status_mut();
        status.allocatable = status.capacity.clone();
    }
}

/// Sets a text that is absent or empty.
fn or(field: &mut Option<String>, default: &str) {
    if field.as_deref().is_none_or(str::is_empty) {
        *field = Some(default.to_owned());
    }
}

#[cfg(test)]
mod tests;
