//! What the scheduler knows of a pod: the pod, with its requests and host ports worked out once.

use std::rc::Rc;

use crate::api::core::{Container, PodSpec};
use crate::api::meta::LabelSelector;
use crate::api::scheduler_configuration::Profile;
use crate::api::{ObjectKey, Pod};

use super::resources::{Resources, pod_requests, pod_requests_or_default};
use super::volumes::PodVolumes;

/// A pod with what plugins ask about it again and again.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// Its key.
    pub key: ObjectKey,
    /// The pod as last seen.
    pub pod: Pod,
    /// What it requests.
    pub requests: Resources,
    /// The same, with something for containers that request nothing.
    pub requests_or_default: Resources,
    /// The ports of the node that it wants.
    pub host_ports: Vec<HostPort>,
    /// The names of the images that it needs, those of its volumes included.
    pub images: Vec<String>,
    /// How many containers it has, init containers included.
    pub container_count: i64,
    /// What selects the pods that it is one of a kind with: the selectors of its Services and of its
    /// controller. Looked up when it is scheduled.
    pub kin: Vec<LabelSelector>,
    /// What is known of its claims. Looked up likewise.
    pub volumes: Rc<PodVolumes>,
    /// The scheduler's profile that it asks for; `None` for Kubernetes' own rules.
    pub profile: Option<Rc<Profile>>,
}

/// A port of a node, taken or wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// The port.
    pub port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The address of the node; `0.0.0.0` stands for every one.
    pub ip: String,
}

impl PodInfo {
    /// Works out a pod.
    #[must_use]
    pub fn new(pod: &Pod) -> Rc<Self> {
        Rc::new(Self {
            key: pod.key(),
            requests: pod_requests(&pod.spec),
            requests_or_default: pod_requests_or_default(&pod.spec),
            host_ports: host_ports(&pod.spec),
            images: images(&pod.spec),
            container_count: containers(&pod.spec).count() as i64,
            kin: Vec::new(),
            volumes: Rc::default(),
            profile: None,
            pod: pod.clone(),
        })
    }

    /// The same pod in a newer version; works out again only what can have changed.
    #[must_use]
    pub fn renewed(&self, pod: &Pod) -> Rc<Self> {
        if !Rc::ptr_eq(&self.pod.spec, &pod.spec) && self.pod.spec != pod.spec {
            return Self::new(pod);
        }
        Rc::new(Self {
            pod: pod.clone(),
            ..self.clone()
        })
    }

    /// The same pod with the selectors of its kind, with its volumes, and with its profile.
    #[must_use]
    pub fn with(
        self: &Rc<Self>,
        kin: Vec<LabelSelector>,
        volumes: PodVolumes,
        profile: Option<&Rc<Profile>>,
    ) -> Rc<Self> {
        if self.kin == kin && *self.volumes == volumes && self.profile.as_ref() == profile {
            return Rc::clone(self);
        }
        Rc::new(Self {
            kin,
            volumes: Rc::new(volumes),
            profile: profile.cloned(),
            ..Self::clone(self)
        })
    }

    /// Whether every plugin sees the same in both pods: they differ in their names and in what no plugin
    /// reads, at most.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        let (one, two) = (&self.pod.spec, &other.pod.spec);
        let same_spec = || {
            self.requests == other.requests
                && self.requests_or_default == other.requests_or_default
                && self.host_ports == other.host_ports
                && self.images == other.images
                && self.container_count == other.container_count
                && one.node_name == two.node_name
                && one.node_selector == two.node_selector
                && one.affinity == two.affinity
                && one.tolerations == two.tolerations
                && one.topology_spread_constraints == two.topology_spread_constraints
        };
        self.key.namespace == other.key.namespace
            && self.pod.meta.labels == other.pod.meta.labels
            && self.kin == other.kin
            && self.volumes == other.volumes
            && self.profile == other.profile
            && (Rc::ptr_eq(one, two) || same_spec())
    }

    /// The priority; 0 without one.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.pod.spec.priority.unwrap_or(0)
    }

    /// The name of the node that it is bound to; empty before that.
    #[must_use]
    pub fn node_name(&self) -> &str {
        self.pod.spec.node_name.as_deref().unwrap_or_default()
    }

    /// Whether it has ended, so that it needs nothing of its node any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(
            self.pod.status.phase.as_deref(),
            Some("Succeeded" | "Failed")
        )
    }
}

impl HostPort {
    /// Whether both cannot be had on one node.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let anywhere = |port: &Self| port.ip == ANY_ADDRESS;
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || anywhere(self) || anywhere(other))
    }
}

const ANY_ADDRESS: &str = "0.0.0.0";

fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    let init = spec.init_containers.iter().flatten();
    init.chain(&spec.containers)
}

fn images(spec: &PodSpec) -> Vec<String> {
    let volumes = spec.volumes.iter().flatten();
    let of_volumes = volumes.filter_map(|volume| volume.image.as_ref()?.reference.as_deref());
    containers(spec)
        .filter_map(|container| container.image.as_deref())
        .chain(of_volumes)
        .map(normalized_image_name)
        .collect()
}

/// A name without a tag means `latest`.
fn normalized_image_name(name: &str) -> String {
    let tagged = match (name.rfind(':'), name.rfind('/')) {
        (Some(colon), Some(slash)) => colon > slash,
        (colon, None) => colon.is_some(),
        (None, Some(_)) => false,
    };
    if tagged {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

/// Only containers and sidecars hold ports while the pod runs (util: `GetHostPorts`).
fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.containers
        .iter()
        .chain(sidecars)
        .flat_map(|container| container.ports.iter().flatten())
        .filter_map(|port| {
            let filled = |text: &Option<String>, default: &str| {
                text.as_deref()
                    .filter(|text| !text.is_empty())
                    .unwrap_or(default)
                    .to_owned()
            };
            Some(HostPort {
                port: port.host_port.filter(|port| *port > 0)?,
                protocol: filled(&port.protocol, "TCP"),
                ip: filled(&port.host_ip, ANY_ADDRESS),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: (i32, &str, &str), b: (i32, &str, &str), conflict: bool) {
        let port = |(port, protocol, ip): (i32, &str, &str)| HostPort {
            port,
            protocol: protocol.to_owned(),
            ip: ip.to_owned(),
        };
        assert_eq!(port(a).conflicts_with(&port(b)), conflict, "{a:?} {b:?}");
        assert_eq!(port(b).conflicts_with(&port(a)), conflict, "{b:?} {a:?}");
    }

    #[test]
    fn image_names_are_completed() {
        assert_eq!(normalized_image_name("nginx"), "nginx:latest");
        assert_eq!(normalized_image_name("nginx:1"), "nginx:1");
        assert_eq!(
            normalized_image_name("host:5000/app"),
            "host:5000/app:latest"
        );
    }

    #[test]
    fn ports_conflict_by_number_protocol_and_address() {
        let any = "0.0.0.0";
        check((80, "TCP", any), (80, "TCP", any), true);
        check((80, "TCP", any), (81, "TCP", any), false);
        check((80, "TCP", any), (80, "UDP", any), false);
        check((80, "TCP", "127.0.0.1"), (80, "TCP", any), true);
        check((80, "TCP", "127.0.0.1"), (80, "TCP", "10.0.0.1"), false);
    }
}
