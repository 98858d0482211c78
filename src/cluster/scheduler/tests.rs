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
    NodeInfo::clone(nodes.get("node-1").unwrap())
}

/// Tells a counting plugin of all nodes and their pods.
pub fn count_all(counted: &mut dyn super::plugin::Counted, nodes: &Nodes) {
    for node in nodes.iter() {
        counted.count_node(node, 1);
        for pod in &node.pods {
            counted.count_pod(pod, node, 1);
        }
    }
}

/// Several nodes: `node-1`, `node-2` …
pub fn nodes(manifests: &[Value]) -> Nodes {
    let mut nodes = Nodes::default();
    for (index, manifest) in manifests.iter().enumerate() {
        nodes.put_node(&node_object(manifest, index));
    }
    nodes
}

mod properties {
    //! What holds for every cluster, tried on random small ones. A failure names its seed.

    use std::collections::BTreeMap;
    use std::time::Duration;

    use serde_json::{Value, json};

    use crate::api::{Kind, Node, Object, ObjectKey, Pod};
    use crate::apiserver::DeleteOptions;
    use crate::cluster::scheduler::cycle::Algorithm;
    use crate::cluster::scheduler::pod_info::PodInfo;
    use crate::cluster::scheduler::resources::Resources;
    use crate::cluster::testbed::Testbed;
    use crate::kernel::Rng;

    fn random_node(rng: &mut Rng, index: usize) -> Value {
        let mut node = Testbed::node(&format!("node-{index}"));
        node["status"]["allocatable"] = json!({
            "cpu": (1 + rng.below(4)).to_string(), "memory": format!("{}Gi", 1 + rng.below(4)),
            "pods": (2 + rng.below(8)).to_string()});
        node["metadata"]["labels"]["disk"] = disk(rng).into();
        node
    }

    fn disk(rng: &mut Rng) -> &'static str {
        if rng.below(2) == 0 { "ssd" } else { "hdd" }
    }

    fn random_pod(rng: &mut Rng, index: u64) -> Value {
        let requests = json!({"cpu": format!("{}m", rng.below(1_500)), "memory": format!("{}Mi", rng.below(1_500))});
        let mut container =
            json!({"name": "main", "image": "nginx", "resources": {"requests": requests}});
        if rng.below(3) == 0 {
            container["ports"] = json!([{"containerPort": 80, "hostPort": 8_000 + rng.below(3)}]);
        }
        let mut spec = json!({"containers": [container]});
        if rng.below(3) == 0 {
            spec["nodeSelector"] = json!({"disk": disk(rng)});
        }
        if rng.below(10) == 0 {
            spec["schedulingGates"] = json!([{"name": "example.com/wait"}]);
        }
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("pod-{index}"), "namespace": "default"}, "spec": spec})
    }

    /// One random life of a cluster: pods come, go and lose their gates; nodes are cordoned.
    fn live(seed: u64) -> Testbed {
        let mut rng = Rng::new(seed);
        let nodes: Vec<Value> = (1..=1 + rng.below(4) as usize)
            .map(|index| random_node(&mut rng, index))
            .collect();
        let mut testbed = Testbed::new(seed, &nodes);
        for index in 0..40 {
            testbed.create(random_pod(&mut rng, index));
            if rng.below(4) == 0 {
                let victim = format!("pod-{}", rng.below(index + 1));
                let key = ObjectKey::new(Kind::Pod, "default", &victim);
                if testbed.api.get::<Pod>("default", &victim).is_some() {
                    testbed.delete(&key, &DeleteOptions::default());
                }
            }
            if rng.below(8) == 0 {
                let node =
                    nodes[rng.below(nodes.len() as u64) as usize]["metadata"]["name"].clone();
                let key = ObjectKey::new(Kind::Node, "", node.as_str().unwrap_or_default());
                let cordoned = rng.below(2) == 0;
                testbed.patch(&key, &json!({"spec": {"unschedulable": cordoned}}));
            }
            testbed.run_for(Duration::from_millis(rng.below(400)));
        }
        testbed.run_for(Duration::from_secs(20));
        testbed
    }

    /// After every write: what the pods of a node request is there, and no port is given twice.
    fn check_nodes(testbed: &Testbed, seed: u64) {
        let mut nodes: BTreeMap<String, Resources> = BTreeMap::new();
        let mut pods: BTreeMap<ObjectKey, Pod> = BTreeMap::new();
        for change in &testbed.changes {
            match &change.object {
                Object::Node(node) => {
                    let offered = Resources::from_list(node.status.allocatable.as_ref());
                    nodes.insert(Node::name(node).to_owned(), offered);
                }
                Object::Pod(pod) => {
                    let key = pod.key();
                    let was = pods.remove(&key).and_then(|pod| pod.spec.node_name.clone());
                    if was.is_some() {
                        assert_eq!(was, pod.spec.node_name, "{key} moved, seed {seed}");
                    }
                    if change.kind != crate::apiserver::ChangeKind::Deleted {
                        pods.insert(key, pod.clone());
                    }
                }
                _ => continue,
            }
            for (name, offered) in &nodes {
                let on_node = pods
                    .values()
                    .filter(|pod| pod.spec.node_name.as_deref() == Some(name));
                let infos: Vec<_> = on_node.map(PodInfo::new).collect();
                let (cpu, memory) = infos.iter().fold((0, 0), |(cpu, memory), info| {
                    (
                        cpu + info.requests.cpu_millis,
                        memory + info.requests.memory_bytes,
                    )
                });
                assert!(
                    cpu <= offered.cpu_millis,
                    "{name} is over-committed, seed {seed}"
                );
                assert!(
                    memory <= offered.memory_bytes,
                    "{name} is over-committed, seed {seed}"
                );
                for (index, info) in infos.iter().enumerate() {
                    let others = infos[..index].iter().flat_map(|other| &other.host_ports);
                    let mut others = others.clone();
                    let clash = others.any(|taken| {
                        info.host_ports
                            .iter()
                            .any(|port| port.conflicts_with(taken))
                    });
                    assert!(!clash, "{name} gave a port twice, seed {seed}");
                }
            }
        }
    }

    /// In the end nobody waits who could run.
    fn check_nobody_is_forgotten(testbed: &Testbed, seed: u64) {
        for queued in testbed.scheduler.queue().iter() {
            let mut algorithm = Algorithm::new(Rng::new(1));
            let mut nodes = testbed.scheduler.nodes().clone();
            let explanation = algorithm.attempt(&queued.info, &mut nodes, testbed.now);
            let gated = queued.place == crate::cluster::scheduler::queue::Place::Gated;
            let fits = explanation
                .nodes
                .iter()
                .any(|node| node.rejection.is_none());
            assert!(
                gated || !fits,
                "{} was forgotten, seed {seed}",
                queued.info.key
            );
        }
    }

    #[test]
    fn no_node_is_over_committed_and_nobody_forgotten() {
        for seed in 0..40 {
            let testbed = live(seed);
            check_nodes(&testbed, seed);
            check_nobody_is_forgotten(&testbed, seed);
        }
    }

    #[test]
    fn equal_seeds_make_equal_lives() {
        let bindings = |seed: u64| -> Vec<(String, Option<String>)> {
            let pods = live(seed).pods();
            pods.iter()
                .map(|pod| (pod.name().to_owned(), pod.spec.node_name.clone()))
                .collect()
        };
        assert_eq!(bindings(3), bindings(3));
    }
}
