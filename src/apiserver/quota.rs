//! What objects count for in resource quotas. Admission and the quota controller count alike.

use crate::api::core::{
    PersistentVolumeClaimSpec, PodAffinityTerm, PodSpec, ScopedResourceSelectorRequirement,
};
use crate::api::meta::Time;
use crate::api::{Kind, Object, PersistentVolumeClaim, Pod, Quantity, ResourceQuota, Service};

use super::defaults::qos_class;
use crate::api::amounts::{Amounts, Half, add_amount, of_pod};

/// What a quota may hold of pods.
const OF_PODS: [&str; 11] = [
    "count/pods",
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
];
const OF_SERVICES: [&str; 4] = [
    "count/services",
    "services",
    "services.nodeports",
    "services.loadbalancers",
];
const OF_CLAIMS: [&str; 2] = ["persistentvolumeclaims", "requests.storage"];
const CLASS_SUFFIX: &str = ".storageclass.storage.k8s.io/";
const HUGE_PAGES: &str = "hugepages-";
const REQUESTS: &str = "requests.";

/// Kinds that are also counted by their plain name.
const PLAINLY_COUNTED: [Kind; 3] = [Kind::ConfigMap, Kind::ResourceQuota, Kind::Secret];

/// Whether objects of the kind are counted by this name in a quota.
#[must_use]
pub fn counts(kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Pod => {
            OF_PODS.contains(&name)
                || name.starts_with(HUGE_PAGES)
                || name.strip_prefix(REQUESTS).is_some_and(|resource| {
                    resource.starts_with(HUGE_PAGES) || is_extended(resource)
                })
        }
        Kind::Service => OF_SERVICES.contains(&name),
        Kind::PersistentVolumeClaim => {
            let plain = name
                .split_once(CLASS_SUFFIX)
                .map_or(name, |(_, resource)| resource);
            name == object_count(kind) || OF_CLAIMS.contains(&plain)
        }
        // The quota plugin ignores events.
        Kind::Event => false,
        _ => {
            kind.namespaced()
                && (name == object_count(kind)
                    || PLAINLY_COUNTED.contains(&kind) && name == kind.info().plural)
        }
    }
}

/// The names of a quota's hard limits by which objects of the kind are counted, in order.
pub fn counted(quota: &ResourceQuota, kind: Kind) -> impl Iterator<Item = &str> {
    let hard = quota.status.hard.iter().flatten();
    hard.map(|(name, _)| name.as_str())
        .filter(move |name| counts(kind, name))
}

/// Whether the quota minds objects like this one: by its scopes.
#[must_use]
pub fn in_scope(quota: &ResourceQuota, object: &Object) -> bool {
    let scopes = quota.spec.scopes.iter().flatten();
    let plain = scopes.map(|scope| ScopedResourceSelectorRequirement {
        scope_name: scope.clone(),
        operator: "Exists".to_owned(),
        values: None,
    });
    let selector = quota.spec.scope_selector.as_ref();
    let selected = selector.and_then(|selector| selector.match_expressions.as_deref());
    plain
        .chain(selected.unwrap_or_default().iter().cloned())
        .all(|requirement| match object {
            Object::Pod(pod) => pod_in_scope(&pod.spec, &requirement),
            Object::PersistentVolumeClaim(claim) => claim_in_scope(claim, &requirement),
            // No other kind has scopes.
            _ => false,
        })
}

/// What the object counts for at `now`.
#[must_use]
pub fn usage(object: &Object, now: &Time) -> Amounts {
    let mut amounts = Amounts::new();
    let kind = object.kind();
    count(&mut amounts, &object_count(kind), 1);
    match object {
        Object::Pod(pod) if is_charged(pod, now) => {
            count(&mut amounts, "pods", 1);
            pod_amounts(&pod.spec, &mut amounts);
        }
        Object::Pod(_) => {}
        Object::Service(service) => service_amounts(service, &mut amounts),
        Object::PersistentVolumeClaim(claim) => claim_amounts(claim, &mut amounts),
        _ => {
            if PLAINLY_COUNTED.contains(&kind) {
                count(&mut amounts, kind.info().plural, 1);
            }
        }
    }
    amounts
}

/// Whether a pod still counts for what it asks: not when it has ended, nor when its deletion is overdue.
#[must_use]
pub fn is_charged(pod: &Pod, now: &Time) -> bool {
    if matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return false;
    }
    match (
        &pod.meta.deletion_timestamp,
        pod.meta.deletion_grace_period_seconds,
    ) {
        (Some(deadline), Some(grace)) => deadline.0.as_second() + grace >= now.0.as_second(),
        _ => true,
    }
}

/// Whether a pod has a deadline, which quotas call terminating.
#[must_use]
pub fn has_deadline(pod: &PodSpec) -> bool {
    pod.active_deadline_seconds
        .is_some_and(|seconds| seconds >= 0)
}

/// By what every kind may be counted: `count/deployments.apps`.
fn object_count(kind: Kind) -> String {
    let info = kind.info();
    let dot = if info.group.is_empty() { "" } else { "." };
    format!("count/{}{dot}{}", info.plural, info.group)
}

fn count(amounts: &mut Amounts, name: &str, number: usize) {
    add_amount(amounts, name, &Quantity(number.to_string()));
}

fn pod_amounts(spec: &PodSpec, amounts: &mut Amounts) {
    for (half, prefix) in [(Half::Requests, REQUESTS), (Half::Limits, "limits.")] {
        for (name, amount) in &of_pod(spec, half) {
            let compute = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage");
            let requested = half == Half::Requests;
            if requested && (compute || name.starts_with(HUGE_PAGES)) {
                add_amount(amounts, name, amount);
            }
            if compute || requested && (name.starts_with(HUGE_PAGES) || is_extended(name)) {
                add_amount(amounts, &format!("{prefix}{name}"), amount);
            }
        }
    }
}

fn service_amounts(service: &Service, amounts: &mut Amounts) {
    let ports = service.spec.ports.as_deref().unwrap_or_default();
    let type_ = service.spec.type_.as_deref().unwrap_or_default();
    let balanced = type_ == "LoadBalancer";
    let node_ports = if balanced && service.spec.allocate_load_balancer_node_ports == Some(false) {
        ports
            .iter()
            .filter(|port| port.node_port.unwrap_or(0) != 0)
            .count()
    } else if balanced || type_ == "NodePort" {
        ports.len()
    } else {
        0
    };
    count(amounts, "services", 1);
    count(amounts, "services.loadbalancers", usize::from(balanced));
    count(amounts, "services.nodeports", node_ports);
}

fn claim_amounts(claim: &PersistentVolumeClaim, amounts: &mut Amounts) {
    let one = Quantity("1".to_owned());
    let requests = claim
        .spec
        .resources
        .as_ref()
        .and_then(|own| own.requests.as_ref());
    let storage = requests.and_then(|all| all.get("storage"));
    let class = claim_class(claim).filter(|class| !class.is_empty());
    for (name, amount) in [
        ("persistentvolumeclaims", Some(&one)),
        ("requests.storage", storage),
    ] {
        let Some(amount) = amount else { continue };
        add_amount(amounts, name, amount);
        if let Some(class) = class {
            add_amount(amounts, &format!("{class}{CLASS_SUFFIX}{name}"), amount);
        }
    }
}

/// The class that a claim names, in its spec or by the older annotation.
#[must_use]
pub fn claim_class(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim
        .annotation("volume.beta.kubernetes.io/storage-class")
        .or(claim.spec.storage_class_name.as_deref())
}

fn pod_in_scope(spec: &PodSpec, requirement: &ScopedResourceSelectorRequirement) -> bool {
    match requirement.scope_name.as_str() {
        "Terminating" => has_deadline(spec),
        "NotTerminating" => !has_deadline(spec),
        "BestEffort" => qos_class(spec) == "BestEffort",
        "NotBestEffort" => qos_class(spec) != "BestEffort",
        "PriorityClass" => {
            let class = spec.priority_class_name.as_deref();
            selects(
                requirement,
                class.filter(|class| !class.is_empty()).as_slice(),
            )
        }
        "CrossNamespacePodAffinity" => looks_into_other_namespaces(spec),
        _ => false,
    }
}

fn claim_in_scope(
    claim: &PersistentVolumeClaim,
    requirement: &ScopedResourceSelectorRequirement,
) -> bool {
    let PersistentVolumeClaimSpec {
        volume_attributes_class_name,
        ..
    } = &*claim.spec;
    let current = claim.status.current_volume_attributes_class_name.as_deref();
    let classes: Vec<&str> = volume_attributes_class_name
        .as_deref()
        .into_iter()
        .chain(current)
        .collect();
    requirement.scope_name == "VolumeAttributesClass" && selects(requirement, &classes)
}

/// A label selector on one key, which may have several values.
fn selects(requirement: &ScopedResourceSelectorRequirement, found: &[&str]) -> bool {
    let wanted = requirement.values.as_deref().unwrap_or_default();
    let listed = |class: &&str| wanted.iter().any(|one| one == class);
    match requirement.operator.as_str() {
        "Exists" => !found.is_empty(),
        "DoesNotExist" => found.is_empty(),
        "In" => found.iter().any(listed),
        "NotIn" => found.is_empty() || !found.iter().all(listed),
        _ => false,
    }
}

fn looks_into_other_namespaces(spec: &PodSpec) -> bool {
    let Some(affinity) = &spec.affinity else {
        return false;
    };
    let crosses = |term: &PodAffinityTerm| {
        term.namespaces.as_ref().is_some_and(|all| !all.is_empty())
            || term.namespace_selector.is_some()
    };
    let (pods, anti) = (
        affinity.pod_affinity.as_ref(),
        affinity.pod_anti_affinity.as_ref(),
    );
    let required = [
        pods.and_then(|own| {
            own.required_during_scheduling_ignored_during_execution
                .as_ref()
        }),
        anti.and_then(|own| {
            own.required_during_scheduling_ignored_during_execution
                .as_ref()
        }),
    ];
    let preferred = [
        pods.and_then(|own| {
            own.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }),
        anti.and_then(|own| {
            own.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }),
    ];
    required.into_iter().flatten().flatten().any(crosses)
        || preferred
            .into_iter()
            .flatten()
            .flatten()
            .any(|term| crosses(&term.pod_affinity_term))
}

/// A resource of a device plugin: `example.com/gpu`.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    fn check(manifest: Value, expect: &Expect) {
        let object = Object::from_json(manifest).unwrap();
        let now = crate::apiserver::Clock::default().time(crate::kernel::SimTime::ZERO);
        let usage = usage(&object, &now);
        let counted = usage
            .keys()
            .filter(|name| counts(object.kind(), name))
            .count();
        assert_eq!(counted, usage.len(), "{usage:?}");
        let shown: Vec<String> = usage
            .iter()
            .map(|(name, amount)| format!("{name}={}", amount.0))
            .collect();
        expect.assert_eq(&shown.join(","));
    }

    #[test]
    fn objects_count_for_what_they_use() {
        let pod = |phase: &str| {
            json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": phase}, "spec": {
            "initContainers": [{"name": "i", "resources": {"requests": {"memory": "1Gi"}}}],
            "containers": [
                {"name": "a", "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1"}}},
                {"name": "b", "resources": {"requests": {"cpu": "1", "example.com/gpu": "2", "hugepages-2Mi": "4Mi"}}},
            ]}})
        };
        check(
            pod("Running"),
            &expect![
                "count/pods=1,cpu=1100m,hugepages-2Mi=4Mi,limits.cpu=1,memory=1Gi,pods=1,requests.cpu=1100m,requests.example.com/gpu=2,requests.hugepages-2Mi=4Mi,requests.memory=1Gi"
            ],
        );
        check(pod("Succeeded"), &expect!["count/pods=1"]);
        check(
            json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "NodePort", "ports": [{"port": 1}, {"port": 2}]}}),
            &expect!["count/services=1,services=1,services.loadbalancers=0,services.nodeports=2"],
        );
        check(
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "2Gi"}}}}),
            &expect![
                "count/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/requests.storage=2Gi,persistentvolumeclaims=1,requests.storage=2Gi"
            ],
        );
        check(
            json!({"apiVersion": "v1", "kind": "ConfigMap"}),
            &expect!["configmaps=1,count/configmaps=1"],
        );
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "spec": {"selector": {}, "template": {}}});
        check(deployment, &expect!["count/deployments.apps=1"]);
    }

    #[test]
    fn scopes_choose_pods() {
        let quota = |spec: Value| {
            let json = json!({"apiVersion": "v1", "kind": "ResourceQuota", "spec": spec});
            Object::from_json(json).unwrap()
        };
        let pod = |spec: Value| {
            let mut json =
                json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c"}]}});
            json["spec"]
                .as_object_mut()
                .unwrap()
                .extend(spec.as_object().unwrap().clone());
            Object::from_json(json).unwrap()
        };
        let selector = |operator: &str, values: Value| {
            json!({"scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": operator, "values": values}]}})
        };
        let (plain, high) = (json!({}), json!({"priorityClassName": "high"}));
        for (scopes, spec, expect) in [
            (json!({}), &plain, true),
            (json!({"scopes": ["BestEffort"]}), &plain, true),
            (json!({"scopes": ["NotBestEffort"]}), &plain, false),
            (
                json!({"scopes": ["BestEffort", "Terminating"]}),
                &plain,
                false,
            ),
            (
                json!({"scopes": ["Terminating"]}),
                &json!({"activeDeadlineSeconds": 5}),
                true,
            ),
            (json!({"scopes": ["PriorityClass"]}), &plain, false),
            (json!({"scopes": ["PriorityClass"]}), &high, true),
            (selector("In", json!(["high"])), &high, true),
            (selector("In", json!(["low"])), &high, false),
            (selector("NotIn", json!(["low"])), &plain, true),
            (selector("DoesNotExist", Value::Null), &plain, true),
        ] {
            let Object::ResourceQuota(quota) = quota(scopes.clone()) else {
                unreachable!()
            };
            assert_eq!(
                in_scope(&quota, &pod(spec.clone())),
                expect,
                "{scopes} {spec}"
            );
        }
    }
}
