//! Tests of the DaemonSet controller.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{DaemonSet, Kind, ObjectKey};
use crate::apiserver::DeleteOptions;
use crate::cluster::testbed::Testbed;

fn agent() -> ObjectKey {
    ObjectKey::new(Kind::DaemonSet, "default", "agent")
}

/// A DaemonSet called `agent` on three nodes, after five seconds.
fn run(spec: &Value) -> Testbed {
    let nodes = ["node-1", "node-2", "node-3"].map(Testbed::node);
    let mut testbed = Testbed::new(1, &nodes);
    let template = json!({"metadata": {"labels": {"app": "agent"}},
        "spec": {"containers": [{"name": "main", "image": "nginx:1"}]}});
    let mut manifest = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template}});
    for (field, value) in spec.as_object().into_iter().flatten() {
        manifest["spec"][field] = value.clone();
    }
    testbed.create(manifest);
    testbed.run_for(Duration::from_secs(5));
    testbed
}

/// `node: image` of every pod that stays, sorted.
fn pods(testbed: &Testbed) -> String {
    let pods = testbed.pods();
    let staying = pods.iter().filter(|pod| !pod.is_deleting());
    let mut texts: Vec<String> = staying
        .map(|pod| {
            let node = pod.spec.node_name.as_deref().unwrap_or("nowhere");
            let image = pod.spec.containers[0].image.as_deref();
            format!("{node} {}", image.unwrap_or_default())
        })
        .collect();
    texts.sort();
    texts.join(", ")
}

const ONE_EACH: &str = "node-1 nginx:1, node-2 nginx:1, node-3 nginx:1";

#[test]
fn every_suitable_node_has_a_pod() {
    let mut testbed = run(&json!({}));
    assert_eq!(pods(&testbed), ONE_EACH);
    let set = testbed.api.get::<DaemonSet>("default", "agent").unwrap();
    let status = set.status.clone();
    assert_eq!(
        (status.desired_number_scheduled, status.number_ready),
        (3, 3)
    );
    // A taint that is not tolerated keeps new pods away, but lets the running one stay.
    let node = ObjectKey::new(Kind::Node, "", "node-2");
    let taint = |effect: &str| json!({"spec": {"taints": [{"key": "a", "effect": effect}]}});
    testbed.patch(&node, &taint("NoSchedule"));
    testbed.run_for(Duration::from_secs(5));
    assert_eq!(pods(&testbed), ONE_EACH);
    testbed.patch(&node, &taint("NoExecute"));
    testbed.run_for(Duration::from_secs(5));
    assert_eq!(pods(&testbed), "node-1 nginx:1, node-3 nginx:1");
    testbed.patch(&node, &json!({"spec": {"taints": null}}));
    testbed.run_for(Duration::from_secs(5));
    assert_eq!(pods(&testbed), ONE_EACH);
    // Cordoned nodes get their pod all the same.
    let victim = testbed.pods()[0].key();
    testbed.patch(&node, &json!({"spec": {"unschedulable": true}}));
    testbed.delete(&victim, &DeleteOptions::default());
    testbed.run_for(Duration::from_secs(5));
    assert_eq!(pods(&testbed), ONE_EACH);
}

#[test]
fn labels_choose_the_nodes() {
    let mut testbed = run(
        &json!({"template": {"metadata": {"labels": {"app": "agent"}},
        "spec": {"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "main", "image": "nginx:1"}]}}}),
    );
    assert_eq!(pods(&testbed), "");
    let node = ObjectKey::new(Kind::Node, "", "node-3");
    testbed.patch(&node, &json!({"metadata": {"labels": {"disk": "ssd"}}}));
    testbed.run_for(Duration::from_secs(3));
    assert_eq!(pods(&testbed), "node-3 nginx:1");
    testbed.patch(&node, &json!({"metadata": {"labels": {"disk": null}}}));
    testbed.run_for(Duration::from_secs(3));
    assert_eq!(pods(&testbed), "");
}

/// How many pods stay at the same time, at least and at most, while the image changes.
fn check_update(strategy: Value, expect: (usize, usize), end: &str) {
    let mut testbed = run(&json!({"updateStrategy": strategy}));
    let image = json!([{"name": "main", "image": "nginx:2"}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": image}}}});
    testbed.patch(&agent(), &patch);
    let (mut least, mut most) = (usize::MAX, 0);
    for _ in 0..200 {
        testbed.run_for(Duration::from_millis(100));
        let all = testbed.pods();
        let staying = all.iter().filter(|pod| !pod.is_deleting()).count();
        (least, most) = (least.min(staying), most.max(staying));
    }
    assert_eq!((least, most), expect, "{strategy}");
    assert_eq!(pods(&testbed).replace("nginx:", ""), end, "{strategy}");
}

#[test]
fn updates_keep_to_their_limits() {
    let rolling = |limits: Value| json!({"type": "RollingUpdate", "rollingUpdate": limits});
    let new = "node-1 2, node-2 2, node-3 2";
    check_update(rolling(json!({"maxUnavailable": 1})), (2, 3), new);
    check_update(rolling(json!({"maxUnavailable": "100%"})), (0, 3), new);
    let surge = json!({"maxSurge": 1, "maxUnavailable": 0});
    check_update(rolling(surge), (3, 4), new);
    let old = "node-1 1, node-2 1, node-3 1";
    check_update(json!({"type": "OnDelete"}), (3, 3), old);
}
