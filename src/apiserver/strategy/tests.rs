//! What the server does to workloads of its own accord.

use serde_json::{Value, json};

use crate::api::{Object, ObjectKey};
use crate::apiserver::PatchType;
use crate::apiserver::test_server::{AT, server};

fn workload(kind: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "status": {"replicas": 3, "numberReady": 3},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}})
}

/// The values at the pointers, of the new object and after each merge patch.
fn check(manifest: Value, pointers: &[&str], steps: &[(&str, Value, Value)], at_first: Value) {
    let mut server = server();
    let object = Object::from_json(manifest).unwrap();
    let object = server.create(object, AT).unwrap();
    let shown = |object: &Object| {
        let json = object.to_json();
        let values = pointers.iter().map(|at| json.pointer(at).cloned());
        Value::from_iter(values.map(Option::unwrap_or_default))
    };
    assert_eq!(shown(&object), at_first);
    let key = ObjectKey::new(object.kind(), "default", "a");
    for (subresource, patch, expect) in steps {
        let object = server.patch(&key, subresource, PatchType::Merge, patch, AT);
        assert_eq!(&shown(&object.unwrap()), expect, "{patch}");
    }
}

#[test]
fn generations_count_changes_of_the_spec() {
    check(
        workload("StatefulSet"),
        &["/metadata/generation", "/status/replicas", "/spec/replicas"],
        &[
            (
                "",
                json!({"metadata": {"labels": {"a": "b"}}}),
                json!([1, 0, 1]),
            ),
            (
                "",
                json!({"spec": {"replicas": 2}, "status": {"replicas": 9}}),
                json!([2, 0, 2]),
            ),
            (
                "status",
                json!({"spec": {"replicas": 5}, "status": {"replicas": 2}}),
                json!([2, 2, 2]),
            ),
            ("scale", json!({"spec": {"replicas": 4}}), json!([3, 2, 4])),
        ],
        json!([1, 0, 1]),
    );
}

#[test]
fn templates_of_daemon_sets_are_counted() {
    let image = json!({"spec": {"template": {"metadata": {"labels": {"b": "c"}}}}});
    check(
        workload("DaemonSet"),
        &[
            "/metadata/annotations/deprecated.daemonset.template.generation",
            "/metadata/generation",
            "/status/numberReady",
        ],
        &[
            (
                "",
                json!({"spec": {"minReadySeconds": 2}, "metadata": {"annotations": null}}),
                json!(["1", 2, 0]),
            ),
            ("", image, json!(["2", 3, 0])),
        ],
        json!(["1", 1, 0]),
    );
}

#[test]
fn jobs_without_labels_have_those_of_their_pods() {
    let job = |labels: Value, of_pods: Value| {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "labels": labels}, "spec": {
            "template": {"metadata": {"labels": of_pods}, "spec": {"restartPolicy": "Never",
                "containers": [{"name": "c", "image": "busybox"}]}}}})
    };
    let pointers = ["/metadata/labels/app", "/metadata/labels/job-name"];
    check(
        job(json!({}), json!({"app": "a"})),
        &pointers,
        &[],
        json!(["a", "a"]),
    );
    check(
        job(json!({}), json!({})),
        &pointers,
        &[],
        json!([null, "a"]),
    );
    check(
        job(json!({"app": "b"}), json!({"app": "a"})),
        &pointers,
        &[],
        json!(["b", null]),
    );
}

#[test]
fn new_objects_start_with_an_empty_status() {
    let status = json!({"currentHealthy": 5, "currentReplicas": 5});
    check(
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"}, "spec": {},
            "status": status}),
        &["/metadata/generation", "/status"],
        &[],
        json!([1, {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}]),
    );
    check(
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
            "spec": {"maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "b"}},
            "status": status}),
        &["/metadata/generation", "/status"],
        &[],
        json!([null, {"currentMetrics": null, "desiredReplicas": 0}]),
    );
}
