//! What the tests of the scheduler share, and the properties that hold for every cluster.

use serde_json::{Value, json};

use crate::api::{Node, Object, Pod};

use super::nodes::{NodeInfo, Nodes};
use super::pod_info::PodInfo;

/// A pod called `web` with this spec.
pub fn pod(spec: Value) -> Pod {
    let mut manifest = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default"}, "spec": spec});
    for container in manifest["spec"]["containers"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if let Some(ports) = container["ports"].as_array() {
            assert!(!ports.is_empty());
        } else {
            container.as_object_mut().unwrap().remove("ports");
        }
    }
    Object::from_json(manifest)
        .unwrap()
        .typed::<Pod>()
        .unwrap()
        .clone()
}

/// A node called `node-1`, unless the manifest says otherwise.
fn node_object(manifest: &Value, index: usize) -> Node {
    let mut manifest = manifest.clone();
    manifest["apiVersion"] = "v1".into();
    manifest["kind"] = "Node".into();
    if manifest["metadata"]["name"].is_null() {
        manifest["metadata"]["name"] = format!("node-{}", index + 1).into();
    }
    Object::from_json(manifest)
        .unwrap()
        .typed::<Node>()
        .unwrap()
        .clone()
}

/// A node without pods.
pub fn node(manifest: Value) -> NodeInfo {
    node_with(manifest, &[])
}

/// A node with pods on it.
pub fn node_with(manifest: Value, pods: &[Pod]) -> NodeInfo {
    let mut nodes = nodes(&[manifest]);
    for (index, pod) in pods.iter().enumerate() {
        let mut pod = pod.clone();
        pod.meta_mut().name = Some(format!("holder-{index}"));
        nodes.put_pod("node-1", &PodInfo::new(&pod));
    }
    nodes.get("node-1").unwrap().clone()
}

/// Several nodes: `node-1`, `node-2` …
pub fn nodes(manifests: &[Value]) -> Nodes {
    let mut nodes = Nodes::default();
    for (index, manifest) in manifests.iter().enumerate() {
        nodes.put_node(&node_object(manifest, index));
    }
    nodes
}
