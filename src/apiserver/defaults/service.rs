//! Defaults of services. Addresses and node ports are given by [`super::super::addresses`].

use crate::api::IntOrString;
use crate::api::core::{ClientIPConfig, ServiceSpec, SessionAffinityConfig};

use super::{absent, or};

/// How long a client sticks to its pod.
const AFFINITY_SECONDS: i32 = 10_800;

pub(super) fn apply(spec: &mut ServiceSpec) {
    absent::drop_zero(&mut spec.cluster_ip);
    absent::drop_zero(&mut spec.external_name);
    absent::drop_zero(&mut spec.load_balancer_ip);
    absent::drop_zero(&mut spec.publish_not_ready_addresses);
    absent::drop_zero(&mut spec.health_check_node_port);
    or(&mut spec.session_affinity, "None");
    session_affinity(spec);
    or(&mut spec.type_, "ClusterIP");
    for port in spec.ports.iter_mut().flatten() {
        absent::drop_zero(&mut port.name);
        absent::drop_zero(&mut port.node_port);
        or(&mut port.protocol, "TCP");
        let named = match &port.target_port {
            Some(IntOrString::Int(number)) => *number != 0,
            Some(IntOrString::String(name)) => !name.is_empty(),
            None => false,
        };
        if !named {
            port.target_port = Some(IntOrString::Int(port.port));
        }
    }
    let type_ = spec.type_.as_deref().unwrap_or_default();
    let external_ips = spec
        .external_ips
        .as_ref()
        .is_some_and(|ips| !ips.is_empty());
    if matches!(type_, "NodePort" | "LoadBalancer") || type_ == "ClusterIP" && external_ips {
        or(&mut spec.external_traffic_policy, "Cluster");
    }
    if matches!(type_, "NodePort" | "LoadBalancer" | "ClusterIP") {
        spec.internal_traffic_policy
            .get_or_insert_with(|| "Cluster".to_owned());
    }
    if type_ == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
}

fn session_affinity(spec: &mut ServiceSpec) {
    match spec.session_affinity.as_deref() {
        Some("None") => spec.session_affinity_config = None,
        Some("ClientIP") => {
            let seconds = spec
                .session_affinity_config
                .as_ref()
                .and_then(|config| config.client_ip.as_ref()?.timeout_seconds);
            spec.session_affinity_config = Some(SessionAffinityConfig {
                client_ip: Some(ClientIPConfig {
                    timeout_seconds: seconds.or(Some(AFFINITY_SECONDS)),
                }),
            });
        }
        _ => {}
    }
}
