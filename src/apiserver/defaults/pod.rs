//! Defaults that a pod has over a template, and its quality-of-service class.

use crate::api::Quantity;
use crate::api::core::{Container, PodSpec};
use crate::api::quantity::milli_value;
use crate::kernel::OrderedMap;
use std::collections::BTreeMap;

use crate::api::amounts::{self, Half};

use super::{pod_spec, resources};

pub(super) fn apply(spec: &mut PodSpec) {
    let host_network = spec.host_network == Some(true);
    let init_containers = spec.init_containers.iter_mut().flatten();
    for container in init_containers.chain(&mut spec.containers) {
        resources::requests_from_limits(&mut container.resources);
        if host_network {
            host_ports(container);
        }
    }
    pod_level_requests(spec);
    spec.enable_service_links.get_or_insert(true);
    pod_spec::apply(spec);
}

/// On the host's network every container port is a port of the host.
fn host_ports(container: &mut Container) {
    for port in container.ports.iter_mut().flatten() {
        if port.host_port.unwrap_or(0) == 0 {
            port.host_port = Some(port.container_port);
        }
    }
}

/// Pod-level requests where only pod-level limits are given: what the containers ask for together, or
/// else the limit.
fn pod_level_requests(spec: &mut PodSpec) {
    if spec.resources.is_none() {
        return;
    }
    let sums = amounts::of_containers(spec, Half::Requests);
    let Some(resources) = spec.resources.as_mut() else {
        return;
    };
    let Some(limits) = resources
        .limits
        .as_ref()
        .filter(|limits| !limits.is_empty())
    else {
        return;
    };
    let mut requests = resources.requests.take().unwrap_or_default();
    for (name, sum) in sums {
        if matches!(name.as_str(), "cpu" | "memory") {
            requests.entry(name).or_insert(sum);
        }
    }
    for (name, limit) in limits {
        if amounts::is_pod_level(name) {
            requests
                .entry(name.clone())
                .or_insert_with(|| limit.clone());
        }
    }
    resources.requests = Some(requests).filter(|requests| !requests.is_empty());
}

/// `Guaranteed`, `Burstable` or `BestEffort`, by CPU and memory of all containers or, where the pod has
/// them, by its own resources.
#[must_use]
pub fn qos_class(spec: &PodSpec) -> &'static str {
    let (mut requests, mut limits) = (OrderedMap::new(), OrderedMap::new());
    let mut all_limited = true;
    let init_containers = spec.init_containers.iter().flatten();
    let of_containers = init_containers
        .chain(&spec.containers)
        .map(|container| container.resources.as_ref());
    let of_pod = spec.resources.iter().map(Some);
    let sources: Vec<_> = if spec.resources.is_some() {
        of_pod.collect()
    } else {
        of_containers.collect()
    };
    for resources in sources {
        add_compute(
            &mut requests,
            resources.and_then(|own| own.requests.as_ref()),
        );
        let limited = add_compute(&mut limits, resources.and_then(|own| own.limits.as_ref()));
        all_limited &= limited;
    }
    if requests.is_empty() && limits.is_empty() {
        "BestEffort"
    } else if all_limited && requests == limits {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// Adds the positive amounts of CPU and memory; true if there were both.
fn add_compute(
    sums: &mut OrderedMap<&'static str, i128>,
    list: Option<&BTreeMap<String, Quantity>>,
) -> bool {
    let mut found = 0;
    for name in ["cpu", "memory"] {
        let milli = list.and_then(|list| milli_value(list.get(name)?).ok());
        if let Some(milli) = milli.filter(|milli| *milli > 0) {
            *sums.entry(name).or_default() += milli;
            found += 1;
        }
    }
    found == 2
}
