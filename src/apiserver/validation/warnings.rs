//! Warnings: what the server says beside an object that it accepts.

use crate::api::apps::StatefulSetSpec;
use crate::api::batch::JobSpec;
use crate::api::core::{Container, PodSpec, PodTemplateSpec, VolumeProjection};
use crate::api::quantity::milli_value;
use crate::api::{Kind, Object, Quantity};
use crate::kernel::OrderedMap;
use std::collections::BTreeMap;

use super::field::FieldPath;
use super::{claim, names, persistent_volume, quota};

/// Node labels that have a newer name or no meaning any more.
const OLD_LABELS: [(&str, &str); 8] = [
    (
        "beta.kubernetes.io/arch",
        "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
    ),
    (
        "beta.kubernetes.io/os",
        "deprecated since v1.14; use \"kubernetes.io/os\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    (
        "node-role.kubernetes.io/master",
        "use \"node-role.kubernetes.io/control-plane\" instead",
    ),
];

/// Annotations that have had no effect for long.
const OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

/// The annotation of before `securityContext.seccompProfile`.
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";

/// An account's pods may mount only its own secrets.
const MOUNTABLE_SECRETS: &str = "kubernetes.io/enforce-mountable-secrets";

/// The warnings about an object that is created, in the server's order.
#[must_use]
pub fn warnings(object: &Object) -> Vec<String> {
    let mut warnings = Vec::new();
    match object {
        Object::PersistentVolumeClaim(own) => claim::warnings(&own.meta, &own.spec, &mut warnings),
        Object::PersistentVolume(own) => persistent_volume::warnings(own, &mut warnings),
        Object::ResourceQuota(own) => quota::warnings(&own.spec, &mut warnings),
        Object::ServiceAccount(own) if own.annotation(MOUNTABLE_SECRETS).is_some() => {
            warnings.push(format!(
                "metadata.annotations[{MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to \
                 isolate access to mounted secrets"
            ));
        }
        _ => {}
    }
    let (spec, of_pod) = (FieldPath::new("spec"), FieldPath::new("metadata"));
    let name = object.name();
    if let Object::Pod(pod) = object {
        host_name(name, "the Pod's hostname", &mut warnings);
        let annotations = pod.meta.annotations.as_ref();
        old_annotations(&pod.spec, annotations, &of_pod, &mut warnings);
        pod_spec(&pod.spec, &spec, &mut warnings);
    }
    if matches!(
        object.kind(),
        Kind::Deployment | Kind::ReplicaSet | Kind::Job | Kind::CronJob
    ) {
        host_name(name, "Pod names and hostnames", &mut warnings);
    }
    let in_cron_job = spec.child("jobTemplate");
    let in_cron_job = in_cron_job.child("spec");
    let path = match object {
        Object::CronJob(_) => in_cron_job,
        _ => spec,
    };
    if let Object::Job(job) = object {
        many_indexes(&job.spec, &path, &mut warnings);
    }
    if let Some(template) = template_of(object)
        && let Some(own) = &template.spec
    {
        let path = path.child("template");
        let meta = template.metadata.as_ref();
        let annotations = meta.and_then(|own| own.annotations.as_ref());
        old_annotations(own, annotations, &path.child("metadata"), &mut warnings);
        pod_spec(own, &path.child("spec"), &mut warnings);
    }
    if let Object::StatefulSet(set) = object {
        stateful_set(&set.spec, &path, &mut warnings);
    }
    warnings
}

/// The template of the pods that an object makes.
fn template_of(object: &Object) -> Option<&PodTemplateSpec> {
    match object {
        Object::Deployment(deployment) => Some(&deployment.spec.template),
        Object::ReplicaSet(set) => set.spec.template.as_ref(),
        Object::StatefulSet(set) => Some(&set.spec.template),
        Object::DaemonSet(set) => Some(&set.spec.template),
        Object::Job(job) => Some(&job.spec.template),
        Object::CronJob(cron_job) => {
            let spec = cron_job.spec.job_template.spec.as_ref();
            spec.map(|spec| &spec.template)
        }
        _ => None,
    }
}

fn many_indexes(spec: &JobSpec, path: &FieldPath, warnings: &mut Vec<String>) {
    let indexed = spec.completion_mode.as_deref() == Some("Indexed");
    let above = |value: Option<i32>, most| value.is_some_and(|value| value > most);
    if indexed && above(spec.completions, 100_000) && above(spec.parallelism, 10_000) {
        warnings.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than \
             10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
}

fn stateful_set(spec: &StatefulSetSpec, path: &FieldPath, warnings: &mut Vec<String>) {
    let list = path.child("volumeClaimTemplates");
    for (index, template) in spec.volume_claim_templates.iter().flatten().enumerate() {
        if let Some(spec) = &template.spec {
            claim::size_warnings(spec, &list.index(index), warnings);
        }
    }
    if spec.revision_history_limit.is_some_and(|limit| limit < 0) {
        warnings.push(format!(
            "{}: a negative value retains all historical revisions; a value >= 0 is recommended",
            path.child("revisionHistoryLimit")
        ));
    }
}

fn host_name(name: &str, used_in: &str, warnings: &mut Vec<String>) {
    let wrong = names::dns_label(name);
    if !wrong.is_empty() {
        warnings.push(format!(
            "metadata.name: this is used in {used_in}, which can result in surprising behavior; a DNS label is \
             recommended: [{}]",
            wrong.join(" ")
        ));
    }
}

fn old_annotations(
    spec: &PodSpec,
    annotations: Option<&BTreeMap<String, String>>,
    metadata: &FieldPath,
    warnings: &mut Vec<String>,
) {
    let Some(annotations) = annotations else {
        return;
    };
    let list = metadata.child("annotations");
    for (key, message) in OLD_ANNOTATIONS {
        if annotations.contains_key(key) {
            warnings.push(format!("{}: {message}", list.key(key)));
        }
    }
    let context = spec.security_context.as_ref();
    let profile = context.and_then(|context| context.seccomp_profile.as_ref());
    if profile.is_none() && annotations.contains_key(SECCOMP) {
        let message = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
        warnings.push(format!("{}: {message}", list.key(SECCOMP)));
    }
}

fn pod_spec(spec: &PodSpec, path: &FieldPath, warnings: &mut Vec<String>) {
    let selector = path.child("nodeSelector");
    for key in spec.node_selector.iter().flatten().map(|(key, _)| key) {
        if let Some((_, message)) = OLD_LABELS.iter().find(|(old, _)| old == key) {
            warnings.push(format!("{}: {message}", selector.key(key)));
        }
    }
    let list = path.child("topologySpreadConstraints");
    for (index, constraint) in spec
        .topology_spread_constraints
        .iter()
        .flatten()
        .enumerate()
    {
        if constraint.label_selector.is_none() {
            warnings.push(no_selector(&list.index(index)));
        }
    }
    for volume in spec.volumes.iter().flatten() {
        let projected = volume.projected.as_ref();
        let sources = projected
            .and_then(|own| own.sources.as_deref())
            .unwrap_or_default();
        // Certificates for pods are behind a feature gate, and are no source without it.
        let none = |source: &&VolumeProjection| {
            let mut source = (*source).clone();
            source.pod_certificate = None;
            source == VolumeProjection::default()
        };
        for _ in sources.iter().filter(none) {
            warnings.push(format!(
                "volume {:?} (Projected) has no sources provided",
                volume.name
            ));
        }
    }
    duplicates(spec, path, warnings);
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    let lists = [
        ("initContainers", init_containers),
        ("containers", spec.containers.as_slice()),
    ];
    for (field, containers) in lists {
        let list = path.child(field);
        for (index, container) in containers.iter().enumerate() {
            container_resources(container, &list.index(index), warnings);
            hidden_variables(container, &list.index(index), warnings);
        }
    }
    ports(&lists, path, warnings);
    port_names(&lists, path, warnings);
    if spec
        .termination_grace_period_seconds
        .is_some_and(|seconds| seconds < 0)
    {
        let path = path.child("terminationGracePeriodSeconds");
        warnings.push(format!(
            "{path}: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
}

fn no_selector(path: &FieldPath) -> String {
    let path = path.child("labelSelector");
    format!("{path}: a null labelSelector results in matching no pod")
}

/// Host aliases and pull secrets that are named twice.
fn duplicates(spec: &PodSpec, path: &FieldPath, warnings: &mut Vec<String>) {
    let aliases = spec
        .host_aliases
        .iter()
        .flatten()
        .map(|alias| alias.ip.as_str());
    let secrets = spec
        .image_pull_secrets
        .iter()
        .flatten()
        .map(|secret| secret.name.as_str());
    for (list, field, values) in [
        ("hostAliases", "ip", aliases.collect::<Vec<_>>()),
        ("imagePullSecrets", "name", secrets.collect()),
    ] {
        let list = path.child(list);
        for (index, value) in values.iter().enumerate() {
            if values[..index].contains(value) {
                let path = list.index(index);
                warnings.push(format!(
                    "{}: duplicate {field} {value:?}",
                    path.child(field)
                ));
            }
        }
    }
}

/// Bytes cannot be divided.
fn container_resources(container: &Container, path: &FieldPath, warnings: &mut Vec<String>) {
    let path = path.child("resources");
    let own = container.resources.as_ref();
    for name in ["memory", "ephemeral-storage"] {
        for (field, list) in [
            ("limits", own.and_then(|own| own.limits.as_ref())),
            ("requests", own.and_then(|own| own.requests.as_ref())),
        ] {
            let quantity = list.and_then(|list| list.get(name));
            fractional_bytes(quantity, &path.child(field).key(name), warnings);
        }
    }
}

/// An amount of bytes that is none.
pub(super) fn fractional_bytes(
    quantity: Option<&Quantity>,
    path: &FieldPath,
    warnings: &mut Vec<String>,
) {
    let Some(quantity) = quantity else { return };
    if milli_value(quantity).is_ok_and(|milli| milli % 1000 != 0) {
        let text = super::resources::text(quantity);
        warnings.push(format!(
            "{path}: fractional byte value {text:?} is invalid, must be an integer"
        ));
    }
}

/// A variable that is defined again without use of its first value.
fn hidden_variables(container: &Container, path: &FieldPath, warnings: &mut Vec<String>) {
    let list = path.child("env");
    let variables = container.env.as_deref().unwrap_or_default();
    for (index, variable) in variables.iter().enumerate() {
        let defined = variables[..index]
            .iter()
            .any(|other| other.name == variable.name);
        let value = variable.value.as_deref().unwrap_or_default();
        let reference = format!("$({})", variable.name);
        let builds_on =
            variable.value_from.is_none() && value != reference && value.contains(&reference);
        if defined && !builds_on {
            warnings.push(format!(
                "{}: hides previous definition of {:?}, which may be dropped when using apply",
                list.index(index),
                variable.name
            ));
        }
    }
}

/// The same container port twice.
fn ports(lists: &[(&str, &[Container]); 2], path: &FieldPath, warnings: &mut Vec<String>) {
    // By port and protocol: where it stands, and the address and port of the host.
    type Seen<'a> = Vec<(String, &'a str, i32)>;
    let mut known: OrderedMap<(i32, &str), Seen> = OrderedMap::new();
    for (field, containers) in lists {
        let list = path.child(field);
        for (index, container) in containers.iter().enumerate() {
            let path = list.index(index);
            let list = path.child("ports");
            for (index, port) in container.ports.iter().flatten().enumerate() {
                let here = list.index(index).to_string();
                let address = port.host_ip.as_deref().unwrap_or_default();
                let host = port.host_port.unwrap_or(0);
                let protocol = port.protocol.as_deref().unwrap_or_default();
                let others = known.entry((port.container_port, protocol)).or_default();
                for (there, other_address, other_host) in others.iter() {
                    let sort = if address == *other_address && host == *other_host {
                        "duplicate"
                    } else if host == 0 || *other_host == 0 {
                        "overlapping"
                    } else if host == *other_host
                        && (address.is_empty() != other_address.is_empty())
                    {
                        "dangerously ambiguous"
                    } else {
                        continue;
                    };
                    warnings.push(format!("{here}: {sort} port definition with {there}"));
                }
                others.push((here, address, host));
            }
        }
    }
}

/// The same name for ports of two containers.
fn port_names(lists: &[(&str, &[Container]); 2], path: &FieldPath, warnings: &mut Vec<String>) {
    let mut known: OrderedMap<&str, String> = OrderedMap::new();
    for (field, containers) in lists {
        let list = path.child(field);
        for (index, container) in containers.iter().enumerate() {
            let path = list.index(index);
            let list = path.child("ports");
            for (index, port) in container.ports.iter().flatten().enumerate() {
                let here = list.index(index).to_string();
                let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) else {
                    continue;
                };
                if let Some(there) = known.get(name) {
                    warnings.push(format!(
                        "{here}: duplicate port name {name:?} with {there}, services and probes that select \
                         ports by name will use {there}"
                    ));
                } else {
                    known.insert(name, here);
                }
            }
        }
    }
}
