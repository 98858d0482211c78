//! Nodes that fall silent and return, in a small cluster with made-up machines.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Kind, Node, Pod};
use crate::cluster::testbed::Testbed;

fn pod(name: &str, node: &str, toleration_seconds: Value) -> Value {
    let toleration = json!({"key": "node.kubernetes.io/unreachable", "operator": "Exists",
        "effect": "NoExecute", "tolerationSeconds": toleration_seconds});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"nodeName": node, "tolerations": [toleration],
            "containers": [{"name": "main", "image": "nginx"}]}})
}

fn taints(testbed: &Testbed, node: &str) -> Vec<String> {
    let node = testbed.api.get::<Node>("", node).unwrap();
    let taints = node.spec.taints.iter().flatten();
    taints
        .map(|taint| {
            format!(
                "{}:{}",
                taint.key.replace("node.kubernetes.io/", ""),
                taint.effect
            )
        })
        .collect()
}

fn ready(testbed: &Testbed, node: &str) -> String {
    let node = testbed.api.get::<Node>("", node).unwrap();
    let ready = crate::api::conditions::node_condition(&node.status, "Ready").unwrap();
    format!(
        "{}:{}",
        ready.status,
        ready.reason.as_deref().unwrap_or_default()
    )
}

fn cluster() -> Testbed {
    let mut testbed = Testbed::new(1, &["node-1", "node-2", "node-3"].map(Testbed::node));
    testbed.heartbeats = ["node-1", "node-2", "node-3"].map(Into::into).into();
    testbed.run_for(Duration::from_secs(20));
    testbed
}

#[test]
fn a_silent_node_is_tainted_and_its_pods_leave() {
    let mut testbed = cluster();
    testbed.create(pod("brief", "node-2", json!(20)));
    testbed.create(pod("faithful", "node-2", json!(null)));
    testbed.run_for(Duration::from_secs(5));
    testbed.heartbeats.remove("node-2");
    testbed.run_for(Duration::from_secs(40));
    assert_eq!(taints(&testbed, "node-2"), [""; 0]);
    testbed.run_for(Duration::from_secs(21));
    assert_eq!(ready(&testbed, "node-2"), "Unknown:NodeStatusUnknown");
    assert_eq!(
        taints(&testbed, "node-2"),
        ["unreachable:NoSchedule", "unreachable:NoExecute"]
    );
    let pod_ready = |name: &str| {
        let pod = testbed.api.get::<Pod>("default", name).unwrap();
        crate::api::conditions::is_pod_ready(&pod.status)
    };
    assert!(!pod_ready("brief") && !pod_ready("faithful"));

    testbed.run_for(Duration::from_secs(30));
    assert!(testbed.api.get::<Pod>("default", "brief").is_none());
    assert!(testbed.api.get::<Pod>("default", "faithful").is_some());
    let events = testbed.events(Kind::Pod);
    let marked = "TaintManagerEviction: Marking for deletion Pod default/brief";
    assert!(events.iter().any(|event| event == marked), "{events:?}");
    assert!(
        events
            .iter()
            .any(|event| event == "NodeNotReady: Node is not ready")
    );
    let events = testbed.events(Kind::Node);
    let silent = "NodeNotReady: Node node-2 status is now: NodeNotReady";
    assert!(events.iter().any(|event| event == silent), "{events:?}");
}

#[test]
fn a_returning_node_loses_its_taints_and_keeps_its_pods() {
    let mut testbed = cluster();
    testbed.create(pod("patient", "node-2", json!(300)));
    testbed.heartbeats.remove("node-2");
    testbed.run_for(Duration::from_secs(70));
    assert_eq!(taints(&testbed, "node-2").len(), 2);
    testbed.heartbeats.insert("node-2".into());
    testbed.post_ready("node-2");
    testbed.run_for(Duration::from_secs(10));
    assert_eq!(taints(&testbed, "node-2"), [""; 0]);
    let events = testbed.events(Kind::Pod);
    let cancelled = "TaintManagerEviction: Cancelling deletion of Pod default/patient";
    assert!(events.iter().any(|event| event == cancelled), "{events:?}");
    testbed.run_for(Duration::from_secs(400));
    assert!(testbed.api.get::<Pod>("default", "patient").is_some());
}

#[test]
fn nobody_is_evicted_when_no_node_can_be_heard() {
    let mut testbed = cluster();
    testbed.create(pod("brief", "node-2", json!(20)));
    testbed.heartbeats.clear();
    testbed.run_for(Duration::from_secs(300));
    for node in ["node-1", "node-2", "node-3"] {
        assert_eq!(taints(&testbed, node), ["unreachable:NoSchedule"]);
    }
    assert!(testbed.api.get::<Pod>("default", "brief").is_some());
}

#[test]
fn a_cordoned_node_is_tainted() {
    let mut testbed = cluster();
    let key = super::key_of("node-1");
    testbed.patch(&key, &json!({"spec": {"unschedulable": true}}));
    testbed.run_for(Duration::from_secs(1));
    assert_eq!(taints(&testbed, "node-1"), ["unschedulable:NoSchedule"]);
    testbed.patch(&key, &json!({"spec": {"unschedulable": null}}));
    testbed.run_for(Duration::from_secs(1));
    assert_eq!(taints(&testbed, "node-1"), [""; 0]);
}
