//! The object model: kinds, typed objects shared by `Rc`, keys, selectors, quantities, owners.
//!
//! Inside the simulator objects are typed (`k8s-openapi`'s types for 1.36); JSON exists only at the
//! edges, by [`Object::to_json`] and [`Object::from_json`].

pub mod amounts;
pub mod behaviour;
pub mod codec;
pub mod conditions;
pub mod cron;
pub mod ephemeral;
pub mod json_text;
pub mod key;
pub mod kind;
pub mod node_selector;
pub mod object;
pub mod owner;
pub mod quantity;
pub mod scheduler_configuration;
pub mod selector;
pub mod timestamp;
pub mod toleration;
pub mod typed;

pub use k8s_openapi::ByteString;
pub use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch, core::v1 as core,
    discovery::v1 as discovery, policy::v1 as policy, scheduling::v1 as scheduling,
    storage::v1 as storage,
};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
pub use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
pub use key::{Naming, ObjectKey};
pub use kind::Kind;
pub use object::{
    ConfigMap, CronJob, DaemonSet, Deployment, EndpointSlice, Event, HorizontalPodAutoscaler, Job,
    LimitRange, Namespace, Node, Object, PersistentVolume, PersistentVolumeClaim, Pod,
    PodDisruptionBudget, PriorityClass, ReplicaSet, ResourceQuota, Secret, Service, ServiceAccount,
    StatefulSet, StorageClass,
};
pub use quantity::Quantity;
pub use typed::{Resource, Typed};
