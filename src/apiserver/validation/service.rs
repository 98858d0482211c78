//! Rules of services.

use crate::api::core::{ServicePort, ServiceSpec};
use crate::api::{Service, json_text};
use crate::kernel::OrderedSet;
use serde_json::json;

use super::field::{FieldPath, Problems, Raw};
use super::{metadata, names, probe};

/// A new service, or with `old` a changed one.
pub(super) fn service(service: &Service, old: Option<&Service>, problems: &mut Problems) {
    let (spec, path) = (&*service.spec, FieldPath::new("spec"));
    let type_ = spec.type_.as_deref().unwrap_or_default();
    let headless = spec.cluster_ip.as_deref() == Some("None");
    if let Some(old) = old {
        unchanged_address(spec, &old.spec, &path, problems);
    }
    let list = path.child("ports");
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !headless && type_ != "ExternalName" {
        problems.required(&list, "");
    }
    if headless && matches!(type_, "LoadBalancer" | "NodePort") {
        let detail = format!("may not be set to 'None' for {type_} services");
        problems.invalid(&path.child("clusterIPs").index(0), "None", &detail);
    }
    if type_ == "ExternalName" {
        external_name(spec, &path, problems);
    }
    let mut known = OrderedSet::new();
    for (index, port) in ports.iter().enumerate() {
        one_port(
            port,
            ports.len() > 1,
            &mut known,
            &list.index(index),
            problems,
        );
    }
    metadata::labels(spec.selector.as_ref(), &path.child("selector"), problems);
    affinity(spec, &path, problems);
    if type_ != "ExternalName" {
        addresses(spec, &path, problems);
    }
    let addresses = path.child("externalIPs");
    for (index, address) in spec.external_ips.iter().flatten().enumerate() {
        if let Some(detail) = names::ip_address(address) {
            problems.invalid(&addresses.index(index), address, detail);
        }
    }
    let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    problems.one_of(&path.child("type"), type_, &types);
    duplicate_ports(ports, type_, &list, problems);
    load_balancer(spec, type_, &path, problems);
    traffic_policies(spec, type_, &path, problems);
}

/// The primary address stays for the life of a service.
fn unchanged_address(
    new: &ServiceSpec,
    old: &ServiceSpec,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let external = |spec: &ServiceSpec| spec.type_.as_deref() == Some("ExternalName");
    if external(new) || external(old) || new.cluster_ip == old.cluster_ip {
        return;
    }
    if old
        .cluster_ip
        .as_deref()
        .is_some_and(|address| !address.is_empty())
    {
        let detail = "may not change once set";
        problems.invalid(
            &path.child("clusterIPs").index(0),
            json!(new.cluster_ips),
            detail,
        );
    }
}

fn external_name(spec: &ServiceSpec, path: &FieldPath, problems: &mut Problems) {
    for (field, given) in [
        ("clusterIPs", spec.cluster_ip.is_some()),
        (
            "ipFamilies",
            spec.ip_families.as_ref().is_some_and(|all| !all.is_empty()),
        ),
        ("ipFamilyPolicy", spec.ip_family_policy.is_some()),
    ] {
        if given {
            problems.forbidden(
                &path.child(field),
                "may not be set for ExternalName services",
            );
        }
    }
    let name = spec.external_name.as_deref().unwrap_or_default();
    let name = name.strip_suffix('.').unwrap_or(name);
    let path = path.child("externalName");
    if name.is_empty() {
        problems.required(&path, "");
    } else {
        problems.invalid_each(&path, name, names::dns_subdomain(name));
    }
}

fn one_port<'a>(
    port: &'a ServicePort,
    needs_name: bool,
    known: &mut OrderedSet<&'a str>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let name = port.name.as_deref().unwrap_or_default();
    if !name.is_empty() {
        problems.invalid_each(&path.child("name"), name, names::dns_label(name));
        if !known.insert(name) {
            problems.duplicate(&path.child("name"), name);
        }
    } else if needs_name {
        problems.required(&path.child("name"), "");
    }
    if let Some(detail) = names::port_number(port.port) {
        problems.invalid(&path.child("port"), port.port, &detail);
    }
    let protocol = port.protocol.as_deref().unwrap_or_default();
    problems.one_of(&path.child("protocol"), protocol, &["SCTP", "TCP", "UDP"]);
    if let Some(target) = &port.target_port {
        probe::port_number_or_name(target, &path.child("targetPort"), problems);
    }
    if let Some(protocol) = port.app_protocol.as_deref() {
        problems.invalid_each(
            &path.child("appProtocol"),
            protocol,
            names::label_key(protocol),
        );
    }
}

fn affinity(spec: &ServiceSpec, path: &FieldPath, problems: &mut Problems) {
    let affinity = spec.session_affinity.as_deref().unwrap_or_default();
    problems.one_of(
        &path.child("sessionAffinity"),
        affinity,
        &["ClientIP", "None"],
    );
    let seconds = spec
        .session_affinity_config
        .as_ref()
        .and_then(|config| config.client_ip.as_ref()?.timeout_seconds);
    if let Some(seconds) = seconds.filter(|seconds| !(1..=86_400).contains(seconds)) {
        let path = path.child("sessionAffinityConfig");
        let path = path.child("clientIP");
        let detail = "must be greater than 0 and less than 86400";
        problems.invalid(&path.child("timeoutSeconds"), seconds, detail);
    }
}

fn addresses(spec: &ServiceSpec, path: &FieldPath, problems: &mut Problems) {
    let families = path.child("ipFamilies");
    let mut known = OrderedSet::new();
    for (index, family) in spec.ip_families.iter().flatten().enumerate() {
        let path = families.index(index);
        if !matches!(family.as_str(), "IPv4" | "IPv6") {
            problems.not_supported(&path, family, &["IPv4", "IPv6"]);
        }
        if !known.insert(family) {
            problems.duplicate(&path, family);
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = spec
        .ip_family_policy
        .as_deref()
        .filter(|one| !policies.contains(one))
    {
        problems.not_supported(&path.child("ipFamilyPolicy"), policy, &policies);
    }
    if let Some(detail) = cluster_ip_problem(spec) {
        let address = spec.cluster_ip.as_deref().unwrap_or_default();
        problems.invalid(&path.child("clusterIPs").index(0), address, detail);
    }
}

/// What is wrong with the text of the address that a service asks for.
pub(in crate::apiserver) fn cluster_ip_problem(spec: &ServiceSpec) -> Option<&'static str> {
    let address = spec.cluster_ip.as_deref().unwrap_or_default();
    if matches!(address, "" | "None") {
        return None;
    }
    names::ip_address(address)
}

fn duplicate_ports(ports: &[ServicePort], type_: &str, list: &FieldPath, problems: &mut Problems) {
    for (index, port) in ports.iter().enumerate() {
        if type_ == "ClusterIP" && port.node_port.unwrap_or(0) != 0 {
            let path = list.index(index);
            problems.forbidden(
                &path.child("nodePort"),
                "may not be used when `type` is 'ClusterIP'",
            );
        }
    }
    let (mut node_ports, mut numbers) = (OrderedSet::new(), OrderedSet::new());
    for (index, port) in ports.iter().enumerate() {
        let Some(number) = port.node_port.filter(|number| *number != 0) else {
            continue;
        };
        if !node_ports.insert((&port.protocol, number)) {
            problems.duplicate(&list.index(index).child("nodePort"), number);
        }
    }
    for (index, port) in ports.iter().enumerate() {
        if !numbers.insert((&port.protocol, port.port)) {
            // The server shows its internal struct here, with the names that it has in Go.
            let value = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                json_text::text(&json!(port.protocol)),
                port.port
            );
            problems.duplicate(&list.index(index), Raw(value));
        }
    }
}

fn load_balancer(spec: &ServiceSpec, type_: &str, path: &FieldPath, problems: &mut Problems) {
    let only = "may only be used when `type` is 'LoadBalancer'";
    let balances = type_ == "LoadBalancer";
    let ranges = spec
        .load_balancer_source_ranges
        .as_deref()
        .unwrap_or_default();
    if !ranges.is_empty() && !balances {
        problems.forbidden(&path.child("LoadBalancerSourceRanges"), only);
    }
    if spec.allocate_load_balancer_node_ports.is_some() && !balances {
        problems.forbidden(&path.child("allocateLoadBalancerNodePorts"), only);
    }
    if spec.load_balancer_class.is_some() && !balances {
        let detail = "may only be used when `type` is 'LoadBalancer'";
        problems.forbidden(&path.child("loadBalancerClass"), detail);
    }
}

fn traffic_policies(spec: &ServiceSpec, type_: &str, path: &FieldPath, problems: &mut Problems) {
    let external_ips = spec
        .external_ips
        .as_ref()
        .is_some_and(|all| !all.is_empty());
    let accessible =
        matches!(type_, "NodePort" | "LoadBalancer") || type_ == "ClusterIP" && external_ips;
    let external = spec.external_traffic_policy.as_deref().unwrap_or_default();
    let at = path.child("externalTrafficPolicy");
    if accessible {
        problems.one_of(&at, external, &["Cluster", "Local"]);
    } else if !external.is_empty() {
        problems.invalid(
            &at,
            external,
            "may only be set for externally-accessible services",
        );
    }
    let health_port = spec.health_check_node_port.unwrap_or(0);
    if health_port != 0 && !(type_ == "LoadBalancer" && external == "Local") {
        let detail =
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        problems.invalid(&path.child("healthCheckNodePort"), health_port, detail);
    }
    if let Some(policy) = spec.internal_traffic_policy.as_deref()
        && !matches!(policy, "Cluster" | "Local")
    {
        let at = path.child("internalTrafficPolicy");
        problems.not_supported(&at, policy, &["Cluster", "Local"]);
    }
    let distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(policy) = spec.traffic_distribution.as_deref()
        && !distributions.contains(&policy)
    {
        problems.not_supported(&path.child("trafficDistribution"), policy, &distributions);
    }
}
