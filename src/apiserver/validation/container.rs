//! Rules of containers, init containers and what they share.

use crate::api::core::{Container, ContainerPort, EphemeralContainer, PodSpec};
use crate::kernel::OrderedSet;

use super::field::{FieldPath, Problems};
use super::{env, mounts, names, probe, resources, security};

/// What the rules of a container need to know of its pod.
pub(super) struct Scope<'a> {
    /// Names of the volumes that may be mounted.
    pub volumes: OrderedSet<&'a str>,
    /// The pod's grace period.
    pub grace_seconds: Option<i64>,
    /// The pod's restart policy.
    pub restart_policy: &'a str,
}

/// `containers`
pub(super) fn containers(spec: &PodSpec, scope: &Scope, path: &FieldPath, problems: &mut Problems) {
    if spec.containers.is_empty() {
        problems.required(path, "");
        return;
    }
    let mut known = OrderedSet::new();
    for (index, container) in spec.containers.iter().enumerate() {
        let path = path.index(index);
        common(container, scope, &path, problems);
        if !known.insert(container.name.as_str()) {
            problems.duplicate(&path.child("name"), &container.name);
        }
        probe::hooks_and_probes(container, scope.grace_seconds, &path, problems);
        restart_policy(container, &path, problems);
    }
    host_port_conflicts(&spec.containers, path, problems);
}

/// `initContainers`; those with `restartPolicy: Always` are sidecars and may have probes.
pub(super) fn init_containers(
    spec: &PodSpec,
    scope: &Scope,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let mut known: OrderedSet<&str> = spec
        .containers
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        let list = path;
        let path = path.index(index);
        common(container, scope, &path, problems);
        restart_policy(container, &path, problems);
        if known.contains(container.name.as_str()) {
            problems.duplicate(&path.child("name"), &container.name);
        } else if !container.name.is_empty() {
            known.insert(&container.name);
        }
        host_port_conflicts(std::slice::from_ref(container), list, problems);
        if container.restart_policy.as_deref() == Some("Always") {
            probe::hooks_and_probes(container, scope.grace_seconds, &path, problems);
            continue;
        }
        for (field, given) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if given {
                let detail = "may not be set for init containers without restartPolicy=Always";
                problems.forbidden(&path.child(field), detail);
            }
        }
    }
}

/// `ephemeralContainers`, which only their own endpoint may add.
pub(super) fn ephemeral_containers(
    containers: &[EphemeralContainer],
    path: &FieldPath,
    problems: &mut Problems,
) {
    for (index, container) in containers.iter().enumerate() {
        let name = path.index(index);
        let name = name.child("name");
        if container.name.is_empty() {
            problems.required(&name, "");
        } else {
            problems.invalid_each(&name, &container.name, names::dns_label(&container.name));
        }
    }
}

fn common(container: &Container, scope: &Scope, path: &FieldPath, problems: &mut Problems) {
    let name = path.child("name");
    if container.name.is_empty() {
        problems.required(&name, "");
    } else {
        problems.invalid_each(&name, &container.name, names::dns_label(&container.name));
    }
    if container.image.as_deref().unwrap_or_default().is_empty() {
        problems.required(&path.child("image"), "");
    }
    problems.one_of(
        &path.child("terminationMessagePolicy"),
        container
            .termination_message_policy
            .as_deref()
            .unwrap_or_default(),
        &["File", "FallbackToLogsOnError"],
    );
    ports(
        container.ports.as_deref().unwrap_or_default(),
        &path.child("ports"),
        problems,
    );
    env::environment(container, path, problems);
    mounts::mounts(container, scope, path, problems);
    problems.one_of(
        &path.child("imagePullPolicy"),
        container.image_pull_policy.as_deref().unwrap_or_default(),
        &["Always", "IfNotPresent", "Never"],
    );
    if let Some(own) = &container.resources {
        let path = path.child("resources");
        resources::requirements(own, resources::Level::Container, &path, problems);
    }
    resize_policy(container, scope, &path.child("resizePolicy"), problems);
    if let Some(context) = &container.security_context {
        security::container(context, &path.child("securityContext"), problems);
    }
}

fn ports(ports: &[ContainerPort], path: &FieldPath, problems: &mut Problems) {
    let mut known = OrderedSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = path.index(index);
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let wrong = names::port_name(name);
            if !wrong.is_empty() {
                problems.invalid_each(&path.child("name"), name, wrong);
            } else if !known.insert(name) {
                problems.duplicate(&path.child("name"), name);
            }
        }
        let number = path.child("containerPort");
        if port.container_port == 0 {
            problems.required(&number, "");
        } else if let Some(detail) = names::port_number(port.container_port) {
            problems.invalid(&number, port.container_port, &detail);
        }
        if let Some(host) = port.host_port.filter(|host| *host != 0)
            && let Some(detail) = names::port_number(host)
        {
            problems.invalid(&path.child("hostPort"), host, &detail);
        }
        problems.one_of(
            &path.child("protocol"),
            port.protocol.as_deref().unwrap_or_default(),
            &["SCTP", "TCP", "UDP"],
        );
    }
}

/// Two ports of the host with the same number, address and protocol.
fn host_port_conflicts(containers: &[Container], path: &FieldPath, problems: &mut Problems) {
    let mut known = OrderedSet::new();
    for (index, container) in containers.iter().enumerate() {
        let path = path.index(index);
        let path = path.child("ports");
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let Some(host) = port.host_port.filter(|host| *host != 0) else {
                continue;
            };
            let protocol = port.protocol.as_deref().unwrap_or_default();
            let address = port.host_ip.as_deref().unwrap_or_default();
            let taken = format!("{protocol}/{address}/{host}");
            if known.contains(&taken) {
                problems.duplicate(&path.index(index).child("hostPort"), &taken);
            }
            known.insert(taken);
        }
    }
}

fn restart_policy(container: &Container, path: &FieldPath, problems: &mut Problems) {
    let rules = container
        .restart_policy_rules
        .as_deref()
        .unwrap_or_default();
    let field = path.child("restartPolicy");
    match container.restart_policy.as_deref() {
        None if !rules.is_empty() => {
            problems.required(
                &field,
                "must specify restartPolicy when restart rules are used",
            );
        }
        Some(policy) if !matches!(policy, "Always" | "Never" | "OnFailure") => {
            problems.not_supported(&field, policy, &["Always", "Never", "OnFailure"]);
        }
        _ => {}
    }
    let list = path.child("restartPolicyRules");
    if rules.len() > 20 {
        problems.too_many(&list, rules.len(), 20);
    }
    for (index, rule) in rules.iter().enumerate() {
        let path = list.index(index);
        if !matches!(rule.action.as_str(), "Restart" | "RestartAllContainers") {
            let supported = ["Restart", "RestartAllContainers"];
            problems.not_supported(&path.child("action"), &rule.action, &supported);
        }
        let codes = path.child("exitCodes");
        let Some(exit_codes) = &rule.exit_codes else {
            problems.required(&codes, "must be specified");
            continue;
        };
        if !matches!(exit_codes.operator.as_str(), "In" | "NotIn") {
            problems.not_supported(
                &codes.child("operator"),
                &exit_codes.operator,
                &["In", "NotIn"],
            );
        }
        let values = exit_codes.values.as_ref().map_or(0, Vec::len);
        if values > 255 {
            problems.too_many(&codes.child("values"), values, 255);
        }
    }
}

fn resize_policy(container: &Container, scope: &Scope, path: &FieldPath, problems: &mut Problems) {
    let mut known = OrderedSet::new();
    for (index, policy) in container.resize_policy.iter().flatten().enumerate() {
        if !known.insert(policy.resource_name.as_str()) {
            problems.duplicate(&path.index(index), &policy.resource_name);
        }
        problems.one_of(path, &policy.resource_name, &["cpu", "memory"]);
        problems.one_of(
            path,
            &policy.restart_policy,
            &["NotRequired", "RestartContainer"],
        );
        if scope.restart_policy == "Never" && policy.restart_policy != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            problems.invalid(path, &policy.restart_policy, detail);
        }
    }
}
