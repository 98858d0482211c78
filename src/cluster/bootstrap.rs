//! What every new cluster holds before anybody asks for anything.

use serde_json::{Value, json};

use crate::api::Object;
use crate::apiserver::{ApiServer, Moment};

/// The namespaces that kube-apiserver makes for itself.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The config map that the service account volume of every pod shows as `ca.crt`.
pub(super) const ROOT_CA: &str = "kube-root-ca.crt";

/// Fills an empty store as a control plane does at its first start.
pub(super) fn fill(api: &mut ApiServer, at: Moment) {
    let namespaces = NAMESPACES.iter().map(|name| namespace(name));
    let authorities = NAMESPACES.iter().map(|name| root_ca(name));
    for json in namespaces
        .chain(authorities)
        .chain([kubernetes_service(), kubernetes_slice()])
    {
        let created = Object::from_json(json).map(|object| api.create(object, at));
        // These objects are constants of ours; a test below creates them all.
        debug_assert!(matches!(created, Ok(Ok(_))), "{created:?}");
    }
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// root-ca-cert-publisher: one in every namespace.
pub(super) fn root_ca(namespace: &str) -> Value {
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
    use crate::api::{ConfigMap, Namespace, Service};
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
        let service = world.api().get::<Service>("default", "kubernetes");
        assert_eq!(
            service.and_then(|service| service.spec.cluster_ip.as_deref()),
            Some("10.96.0.1")
        );
    }
}
