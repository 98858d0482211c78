//! Rules of a pod spec, in the server's order, wherever it stands: in a pod or in a template.

use crate::api::core::{PodDNSConfig, PodSpec};

use super::container::{self, Scope};
use super::field::{FieldPath, Problems};
use super::{metadata, names, resources, scheduling, security, volumes};

const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// Where the spec stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Pod,
    Template,
}

/// All rules of the spec at `path`.
pub(super) fn pod_spec(spec: &PodSpec, place: Place, path: &FieldPath, problems: &mut Problems) {
    let all = spec.volumes.as_deref().unwrap_or_default();
    let scope = Scope {
        volumes: volumes::volumes(all, &path.child("volumes"), problems),
        grace_seconds: spec.termination_grace_period_seconds,
        restart_policy: spec.restart_policy.as_deref().unwrap_or_default(),
    };
    container::containers(spec, &scope, &path.child("containers"), problems);
    container::init_containers(spec, &scope, &path.child("initContainers"), problems);
    let ephemeral = spec.ephemeral_containers.as_deref().unwrap_or_default();
    container::ephemeral_containers(ephemeral, &path.child("ephemeralContainers"), problems);
    if let Some(own) = &spec.resources {
        let path = path.child("resources");
        resources::requirements(own, resources::Level::Pod, &path, problems);
        resources::consistency(spec, &path, problems);
    }
    host_network_ports(spec, place, path, problems);
    let policies = ["Always", "OnFailure", "Never"];
    problems.one_of(
        &path.child("restartPolicy"),
        scope.restart_policy,
        &policies,
    );
    let dns_policy = spec.dns_policy.as_deref().unwrap_or_default();
    problems.one_of(&path.child("dnsPolicy"), dns_policy, &DNS_POLICIES);
    metadata::labels(
        spec.node_selector.as_ref(),
        &path.child("nodeSelector"),
        problems,
    );
    security::pod(spec, path, problems);
    if let Some(affinity) = &spec.affinity {
        scheduling::affinity(affinity, &path.child("affinity"), problems);
    }
    dns_config(
        spec.dns_config.as_ref(),
        dns_policy,
        &path.child("dnsConfig"),
        problems,
    );
    let gates = path.child("readinessGates");
    for (index, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let wrong = names::label_key(&gate.condition_type);
        problems.invalid_each(
            &gates.index(index).child("conditionType"),
            &gate.condition_type,
            wrong,
        );
    }
    let gates = spec.scheduling_gates.as_deref().unwrap_or_default();
    scheduling::gates(gates, &path.child("schedulingGates"), problems);
    let constraints = spec
        .topology_spread_constraints
        .as_deref()
        .unwrap_or_default();
    scheduling::spread(
        constraints,
        &path.child("topologySpreadConstraints"),
        problems,
    );
    names_and_numbers(spec, path, problems);
}

/// The rules of the single fields at the end.
fn names_and_numbers(spec: &PodSpec, path: &FieldPath, problems: &mut Problems) {
    let mut name = |field: &str, value: &Option<String>, rule: fn(&str) -> Vec<String>| {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            problems.invalid_each(&path.child(field), value, rule(value));
        }
    };
    name(
        "serviceAccountName",
        &spec.service_account_name,
        names::dns_subdomain,
    );
    name("nodeName", &spec.node_name, names::dns_subdomain);
    if let Some(seconds) = spec.active_deadline_seconds
        && let Some(detail) = names::in_range(seconds, 1, i64::from(i32::MAX))
    {
        problems.invalid(&path.child("activeDeadlineSeconds"), seconds, &detail);
    }
    let mut name = |field: &str, value: &Option<String>, rule: fn(&str) -> Vec<String>| {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            problems.invalid_each(&path.child(field), value, rule(value));
        }
    };
    name("hostname", &spec.hostname, names::dns_label);
    name("subdomain", &spec.subdomain, names::dns_label);
    let tolerations = spec.tolerations.as_deref().unwrap_or_default();
    scheduling::tolerations(tolerations, &path.child("tolerations"), problems);
    let aliases = path.child("hostAliases");
    for (index, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let path = aliases.index(index);
        if let Some(detail) = names::ip_address(&alias.ip) {
            problems.invalid(&path.child("ip"), &alias.ip, detail);
        }
        let list = path.child("hostnames");
        for (index, host) in alias.hostnames.iter().flatten().enumerate() {
            problems.invalid_each(&list.index(index), host, names::dns_subdomain(host));
        }
    }
    for (field, value) in [
        ("priorityClassName", &spec.priority_class_name),
        ("runtimeClassName", &spec.runtime_class_name),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            problems.invalid_each(&path.child(field), value, names::dns_subdomain(value));
        }
    }
    if let Some(policy) = spec.preemption_policy.as_deref() {
        let policies = ["PreemptLowerPriority", "Never"];
        problems.one_of(&path.child("preemptionPolicy"), policy, &policies);
    }
}

/// On the host's network a container port is a port of the host, and no other.
fn host_network_ports(spec: &PodSpec, place: Place, path: &FieldPath, problems: &mut Problems) {
    if spec.host_network != Some(true) {
        return;
    }
    let list = path.child("containers");
    for (index, container) in spec.containers.iter().enumerate() {
        let path = list.index(index);
        let ports = path.child("ports");
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let host = port.host_port.unwrap_or(0);
            if (place == Place::Pod || host != 0) && host != port.container_port {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                problems.invalid(&ports.index(index).child("hostPort"), host, detail);
            }
        }
    }
}

fn dns_config(
    config: Option<&PodDNSConfig>,
    policy: &str,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let servers = config
        .and_then(|config| config.nameservers.as_deref())
        .unwrap_or_default();
    if policy == "None" {
        if config.is_none() {
            problems.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            problems.required(&path.child("nameservers"), detail);
            return;
        }
    }
    let Some(config) = config else { return };
    let list = path.child("nameservers");
    if servers.len() > 3 {
        problems.invalid(
            &list,
            serde_json::json!(servers),
            "must not have more than 3 nameservers",
        );
    }
    for (index, server) in servers.iter().enumerate() {
        if let Some(detail) = names::ip_address(server) {
            problems.invalid(&list.index(index), server, detail);
        }
    }
    let searches = config.searches.as_deref().unwrap_or_default();
    let list = path.child("searches");
    if searches.len() > 32 {
        problems.invalid(
            &list,
            serde_json::json!(searches),
            "must not have more than 32 search paths",
        );
    }
    if searches.join(" ").len() > 2048 {
        let detail =
            "must not have more than 2048 characters (including spaces) in the search list";
        problems.invalid(&list, serde_json::json!(searches), detail);
    }
    for (index, search) in searches
        .iter()
        .enumerate()
        .filter(|(_, search)| *search != ".")
    {
        let search = search.strip_suffix('.').unwrap_or(search);
        problems.invalid_each(&list.index(index), search, names::dns_search(search));
    }
    let list = path.child("options");
    for (index, option) in config.options.iter().flatten().enumerate() {
        if option.name.as_deref().unwrap_or_default().is_empty() {
            problems.required(&list.index(index), "must not be empty");
        }
    }
}
