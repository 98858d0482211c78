//! The object model: kinds, typed objects shared by `Rc`, keys, selectors, quantities, owners.
//!
//! Inside the simulator objects are typed (`k8s-openapi`'s types for 1.36); JSON exists only at the
//! edges, by [`Object::to_json`] and [`Object::from_json`].

pub mod conditions;
pub mod key;
pub mod kind;
pub mod object;
pub mod owner;
pub mod quantity;
pub mod selector;
pub mod toleration;
pub mod typed;

pub use k8s_openapi::ByteString;
pub use k8s_openapi::api::{apps::v1 as apps, core::v1 as core, discovery::v1 as discovery};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
pub use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
pub use key::ObjectKey;
pub use kind::Kind;
pub use object::{
    ConfigMap, Deployment, EndpointSlice, Event, Namespace, Node, Object, Pod, ReplicaSet, Secret,
    Service,
};
pub use quantity::Quantity;
pub use typed::{Resource, Typed};
