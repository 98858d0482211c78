//! What every new cluster holds before anybody asks for anything.

use serde_json::{Value, json};

use crate::api::Object;
use crate::apiserver::validation::SYSTEM_CLASSES;
use crate::apiserver::{ApiServer, Moment};

/// The namespaces that kube-apiserver makes for itself.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The account of pods that name none.
pub(in crate::cluster) const DEFAULT_ACCOUNT: &str = "default";

/// The config map that the service account volume of every pod shows as `ca.crt`.
pub(in crate::cluster) const ROOT_CA: &str = "kube-root-ca.crt";

/// Fills an empty store as a control plane does at its first start.
pub(super) fn fill(api: &mut ApiServer, at: Moment) {
    let namespaces = NAMESPACES.iter().map(|name| namespace(name));
    let contents = NAMESPACES.iter().flat_map(|name| contents(name));
    let classes = SYSTEM_CLASSES.iter().map(priority_class);
    for json in namespaces.chain(contents).chain(classes).chain([
        storage_class(),
        kubernetes_service(),
        kubernetes_slice(),
    ]) {
        let created = Object::from_json(json).map(|object| api.create(object, at));
        // These objects are constants of ours; a test below creates them all.
        debug_assert!(matches!(created, Ok(Ok(_))), "{created:?}");
    }
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// What controllers put into every namespace.
pub(in crate::cluster) fn contents(namespace: &str) -> [Value; 2] {
    [root_ca(namespace), default_account(namespace)]
}

/// serviceaccount-controller: the account of pods that name none.
fn default_account(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": DEFAULT_ACCOUNT, "namespace": namespace}})
}

fn priority_class((name, value, about): &(&str, i32, &str)) -> Value {
    json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
        "metadata": {"name": name}, "value": value, "description": about,
    })
}

/// The class of claims that name none, as clusters on one's own machine have it.
fn storage_class() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "rancher.io/local-path", "volumeBindingMode": "WaitForFirstConsumer",
    })
}

/// root-ca-cert-publisher: one in every namespace.
fn root_ca(namespace: &str) -> Value {
    let about = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
        such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions \
        of Kubernetes clusters.";
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": ROOT_CA, "namespace": namespace, "annotations": {"kubernetes.io/description": about}},
        "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n(a simulated authority)\n-----END CERTIFICATE-----\n"},
    })
}

/// controlplane/controller/kubernetesservice: the first address of the service range.
fn kubernetes_service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        },
    })
}

fn kubernetes_slice() -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "endpoints": [{"addresses": ["172.18.0.1"], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
    })
}

#[cfg(test)]
mod tests {
    use crate::api::{ConfigMap, Namespace, PriorityClass, Service, ServiceAccount, StorageClass};
    use crate::cluster::{ClusterConfig, World};

    #[test]
    fn a_new_cluster_has_what_a_real_one_has() {
        let world = World::new(&ClusterConfig::default());
        assert_eq!(
            world.api().list::<Namespace>(None).count(),
            super::NAMESPACES.len()
        );
        assert_eq!(
            world.api().list::<ConfigMap>(None).count(),
            super::NAMESPACES.len()
        );
        assert_eq!(
            world.api().list::<ServiceAccount>(None).count(),
            super::NAMESPACES.len()
        );
        assert_eq!(world.api().list::<PriorityClass>(None).count(), 2);
        assert_eq!(world.api().list::<StorageClass>(None).count(), 1);
        let service = world.api().get::<Service>("default", "kubernetes");
        assert_eq!(
            service.and_then(|service| service.spec.cluster_ip.as_deref()),
            Some("10.96.0.1")
        );
    }
}
