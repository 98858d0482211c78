//! Tests of pods with claims, from the claim to the binding, and of every message on the way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Kind, ObjectKey, PersistentVolumeClaim, Pod};
use crate::apiserver::DeleteOptions;
use crate::cluster::testbed::Testbed;

/// Nodes `a` and `b` in zones of their own, and three classes: bound at once, made by hand for the first consumer,
/// and made by a provisioner in zone b alone.
fn cluster() -> Testbed {
    let node = |name: &str| {
        let mut node = Testbed::node(name);
        node["metadata"]["labels"]["topology.kubernetes.io/zone"] = format!("zone-{name}").into();
        node
    };
    let mut testbed = Testbed::new(1, &[node("a"), node("b")]);
    let mut class = |name: &str, provisioner: &str, mode: &str, zones: &[&str]| {
        let mut class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode});
        if !zones.is_empty() {
            let zone = json!({"key": "topology.kubernetes.io/zone", "values": zones});
            class["allowedTopologies"] = json!([{"matchLabelExpressions": [zone]}]);
        }
        testbed.create(class);
    };
    let (by_hand, wait) = ("kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    class("at-once", by_hand, "Immediate", &[]);
    class("local", by_hand, wait, &[]);
    class("made", "example.com/disk", wait, &["zone-b"]);
    testbed
}

fn volume(name: &str, class: &str, node: &str, size: &str) -> Value {
    let hostname = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [node]});
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
        "accessModes": [ONCE], "capacity": {"storage": size},
        "storageClassName": class, "hostPath": {"path": "/data"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [hostname]}]}}}})
}

fn claim(name: &str, class: &str, mode: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": [mode], "storageClassName": class,
            "resources": {"requests": {"storage": "1Gi"}}}})
}

fn pod(name: &str, claims: &[&str]) -> Value {
    let volumes = claims
        .iter()
        .map(|claim| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}}));
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "nginx"}], "volumes": volumes.collect::<Vec<_>>()}})
}

/// Where a pod is, or the first sentence of why it is nowhere.
fn place(testbed: &Testbed, name: &str) -> String {
    let pod = testbed.api.get::<Pod>("default", name).unwrap();
    if let Some(node) = &pod.spec.node_name {
        return node.clone();
    }
    let conditions = pod.status.conditions.iter().flatten();
    let mut messages = conditions.filter_map(|condition| condition.message.clone());
    let message = messages.next().unwrap_or_default();
    let sentence = message.split(". ").next().unwrap_or_default();
    sentence.to_owned()
}

fn check(objects: &[Value], pods: &[Value], expect: &[&str]) {
    let mut testbed = cluster();
    for object in objects {
        testbed.create(object.clone());
    }
    testbed.run_for(Duration::from_secs(5));
    for pod in pods {
        testbed.create(pod.clone());
        testbed.run_for(Duration::from_secs(5));
    }
    let places: Vec<String> = pods
        .iter()
        .map(|pod| place(&testbed, pod["metadata"]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(places, expect);
}

const ONCE: &str = "ReadWriteOnce";

#[test]
fn pods_wait_for_their_claims() {
    let web = pod("web", &["data"]);
    check(
        &[],
        std::slice::from_ref(&web),
        &["0/2 nodes are available: persistentvolumeclaim \"data\" not found"],
    );
    check(
        &[claim("data", "at-once", ONCE)],
        std::slice::from_ref(&web),
        &["0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims"],
    );
    check(
        &[
            claim("data", "at-once", ONCE),
            volume("disk", "at-once", "b", "2Gi"),
        ],
        &[web],
        &["b"],
    );
}

#[test]
fn bound_volumes_draw_pods_to_their_nodes() {
    let mut web = pod("web", &["data"]);
    web["spec"]["nodeSelector"] = json!({"kubernetes.io/hostname": "a"});
    check(
        &[
            claim("data", "at-once", ONCE),
            volume("disk", "at-once", "b", "2Gi"),
        ],
        &[web],
        &[
            "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, \
             1 node(s) didn't match Pod's node affinity/selector",
        ],
    );
    let mut zoned = volume("disk", "at-once", "a", "2Gi");
    zoned["spec"]["nodeAffinity"] = Value::Null;
    zoned["metadata"]["labels"] = json!({"topology.kubernetes.io/zone": "zone-b__zone-c"});
    check(
        &[claim("data", "at-once", ONCE), zoned.clone()],
        &[pod("web", &["data"])],
        &["b"],
    );
    zoned["metadata"]["labels"] = json!({"topology.kubernetes.io/zone": "zone-c"});
    check(
        &[claim("data", "at-once", ONCE), zoned],
        &[pod("web", &["data"])],
        &["0/2 nodes are available: 2 node(s) had no available volume zone"],
    );
}

#[test]
fn the_first_consumer_decides_which_volume() {
    let none =
        "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind";
    let web = || pod("web", &["data"]);
    check(&[claim("data", "local", ONCE)], &[web()], &[none]);
    let disks = [
        volume("on-a", "local", "a", "1Gi"),
        volume("on-b", "local", "b", "1Gi"),
    ];
    // Two claims need two volumes of one node.
    let mut objects = vec![claim("data", "local", ONCE), claim("more", "local", ONCE)];
    objects.extend(disks);
    check(&objects, &[pod("web", &["data", "more"])], &[none]);
    objects.push(volume("on-b-too", "local", "b", "1Gi"));
    check(&objects, &[pod("web", &["data", "more"])], &["b"]);
    // Each volume is there for one claim.
    check(
        &objects[..4],
        &[pod("one", &["data"]), pod("two", &["more"])],
        &["a", "b"],
    );
}

#[test]
fn volumes_are_made_where_the_class_can() {
    check(
        &[claim("data", "made", ONCE)],
        &[pod("web", &["data"])],
        &["b"],
    );
    let mut testbed = cluster();
    testbed.create(claim("data", "made", ONCE));
    testbed.create(pod("web", &["data"]));
    testbed.run_for(Duration::from_millis(900));
    let claim = testbed.api.get::<PersistentVolumeClaim>("default", "data");
    let selected = claim.unwrap().annotation(super::SELECTED_NODE);
    assert_eq!(selected, Some("b"));
    // The claim is bound by now, but the scheduler looks once a second; where the pod is going is told.
    assert_eq!(place(&testbed, "web"), "");
    let nominated = |testbed: &Testbed| testbed.pods()[0].status.nominated_node_name.clone();
    assert_eq!(nominated(&testbed).as_deref(), Some("b"));
    testbed.run_for(Duration::from_secs(1));
    assert_eq!(place(&testbed, "web"), "b");
    assert_eq!(nominated(&testbed), None);
}

#[test]
fn a_binding_that_fails_is_told_and_tried_again() {
    let mut testbed = cluster();
    testbed.create(claim("data", "made", ONCE));
    let mut held = pod("web", &["data"]);
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    testbed.create(held);
    testbed.run_for(Duration::from_millis(500));
    let key = ObjectKey::new(Kind::Pod, "default", "web");
    testbed.delete(&key, &DeleteOptions::default());
    testbed.run_for(Duration::from_secs(1));
    let web = &testbed.pods()[0];
    assert_eq!(web.status.nominated_node_name, None);
    let conditions = web.status.conditions.iter().flatten();
    let told = conditions.map(|one| (one.reason.as_deref(), one.message.as_deref()));
    let why = "running Bind plugin \"DefaultBinder\": Operation cannot be fulfilled on pods/binding \"web\": \
               pod web is being deleted, cannot be assigned to a host";
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Some("SchedulerError"), Some(why))]
    );
    testbed.run_for(Duration::from_secs(5));
    let again = "FailedScheduling: skip schedule deleting pod: default/web".to_owned();
    assert!(testbed.events(Kind::Pod).contains(&again));
}

#[test]
fn one_pod_at_a_time_may_use_a_claim_of_its_own() {
    let mut testbed = cluster();
    let mut disk = volume("disk", "at-once", "b", "2Gi");
    disk["spec"]["accessModes"] = json!(["ReadWriteOncePod"]);
    testbed.create(disk);
    testbed.create(claim("data", "at-once", "ReadWriteOncePod"));
    testbed.create(pod("one", &["data"]));
    testbed.run_for(Duration::from_secs(5));
    testbed.create(pod("two", &["data"]));
    testbed.run_for(Duration::from_secs(5));
    let in_use = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
    // VolumeBinding, which would refuse node a, is asked after VolumeRestrictions.
    assert_eq!(
        place(&testbed, "two"),
        format!("0/2 nodes are available: 2 {in_use}")
    );
    let first = ObjectKey::new(Kind::Pod, "default", "one");
    testbed.delete(&first, &DeleteOptions::default());
    testbed.run_for(Duration::from_secs(15));
    assert_eq!(place(&testbed, "two"), "b");
}

#[test]
fn a_claim_that_comes_wakes_the_pod() {
    let mut testbed = cluster();
    testbed.create(pod("web", &["data"]));
    testbed.run_for(Duration::from_secs(5));
    testbed.create(claim("data", "made", ONCE));
    testbed.run_for(Duration::from_secs(5));
    assert_eq!(place(&testbed, "web"), "b");
}
