//! Patches by their result, and what apply makes of a series of manifests.

use serde_json::{Value, json};

use crate::api::{Kind, ObjectKey};
use crate::apiserver::PatchType;
use crate::apiserver::test_server::{AT, server};

fn check(patch_type: PatchType, before: Value, patch: Value, after: Value) {
    let mut target = before.clone();
    super::apply_patch(&mut target, patch_type, &patch).unwrap();
    assert_eq!(target, after, "{before} with {patch}");
}

fn refused(patch_type: PatchType, before: &Value, patch: Value) -> (u16, String) {
    let mut target = before.clone();
    let status = super::apply_patch(&mut target, patch_type, &patch).unwrap_err();
    let cause = status
        .causes
        .first()
        .map_or(status.message, |cause| cause.message.clone());
    (status.code, cause)
}

#[test]
fn json_merge() {
    check(
        PatchType::Merge,
        json!({"a": {"b": 1, "c": 2}, "l": [1, 2]}),
        json!({"a": {"b": null, "d": {"e": null}}, "l": [3]}),
        json!({"a": {"c": 2, "d": {}}, "l": [3]}),
    );
}

#[test]
fn json_patches() {
    let before = json!({"a": {"x/y": 1}, "l": [1, 2]});
    check(
        PatchType::Json,
        before.clone(),
        json!([
            {"op": "test", "path": "/l/1", "value": 2}, {"op": "add", "path": "/l/-", "value": 3},
            {"op": "add", "path": "/l/0", "value": 0}, {"op": "remove", "path": "/a/x~1y"},
            {"op": "copy", "from": "/l/0", "path": "/a/first"}, {"op": "move", "from": "/a", "path": "/b"},
            {"op": "replace", "path": "/l/3", "value": 9},
        ]),
        json!({"b": {"first": 0}, "l": [0, 1, 2, 9]}),
    );
    for (operation, why) in [
        (
            json!({"op": "test", "path": "/l/0", "value": 5}),
            "testing value /l/0 failed: test failed",
        ),
        (
            json!({"op": "replace", "path": "/none", "value": 5}),
            "replace operation does not apply: doc is missing key: /none: missing value",
        ),
    ] {
        let first = json!({"op": "add", "path": "/a", "value": 1});
        assert_eq!(
            refused(PatchType::Json, &before, json!([first, operation])),
            (422, why.to_owned())
        );
    }
}

#[test]
fn strategic_merge_lists_by_key() {
    let before = json!({"spec": {"tolerations": [{"key": "a"}], "containers": [
        {"name": "a", "image": "1", "ports": [{"containerPort": 80, "name": "web"}]}, {"name": "b", "image": "1"}]}});
    check(
        PatchType::Strategic,
        before.clone(),
        json!({"spec": {"tolerations": [{"key": "b"}], "containers": [
            {"name": "c", "image": "3"}, {"name": "a", "image": "2", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}}),
        json!({"spec": {"tolerations": [{"key": "b"}], "containers": [
            {"name": "c", "image": "3"},
            {"name": "a", "image": "2", "ports": [{"containerPort": 80, "name": "web", "protocol": "TCP"}]},
            {"name": "b", "image": "1"}]}}),
    );
    check(
        PatchType::Strategic,
        before.clone(),
        json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [{"name": "a", "ports": null}]}}),
        json!({"spec": {"tolerations": [{"key": "a"}], "containers": [
            {"name": "b", "image": "1"}, {"name": "a", "image": "1"}]}}),
    );
    check(
        PatchType::Strategic,
        before.clone(),
        json!({"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}),
        json!({"spec": {"tolerations": [{"key": "a"}], "containers": [{"name": "b", "image": "1"}]}}),
    );
    check(
        PatchType::Strategic,
        before.clone(),
        json!({"spec": {"containers": [{"$patch": "replace"}, {"name": "z"}]}}),
        json!({"spec": {"tolerations": [{"key": "a"}], "containers": [{"name": "z"}]}}),
    );
    assert_eq!(
        refused(
            PatchType::Strategic,
            &before,
            json!({"spec": {"containers": [{"image": "2"}]}})
        ),
        (
            400,
            r#"map: {"image":"2"} does not contain declared merge key: name"#.to_owned()
        )
    );
}

#[test]
fn strategic_merge_directives() {
    check(
        PatchType::Strategic,
        json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}}}),
        json!({"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]},
            "spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
        json!({"metadata": {"finalizers": ["c", "b"]}, "spec": {"strategy": {"type": "Recreate"}}}),
    );
    check(
        PatchType::Strategic,
        json!({"a": {"b": 1}, "c": {"d": 1}}),
        json!({"a": {"$patch": "replace", "x": 1}, "c": {"$patch": "delete"}}),
        json!({"a": {"x": 1}, "c": {}}),
    );
}

fn deployment(extra: &Value) -> Value {
    let mut json = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx:1 & <2>"}]}}}});
    super::merge(&mut json, extra);
    json
}

#[test]
fn apply_keeps_what_others_set_and_takes_out_what_it_set_before() {
    let mut server = server();
    let manifest = deployment(&json!({"spec": {"replicas": 2, "minReadySeconds": 5}}));
    assert!(server.apply_sends(&manifest));
    let created = server.apply(manifest, AT).unwrap();
    assert_eq!(
        created.meta().annotations.as_ref().unwrap()[super::LAST_APPLIED],
        concat!(
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"name":"web","namespace":"default"},"#,
            r#""spec":{"minReadySeconds":5,"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":"#,
            r#"{"labels":{"app":"web"}},"spec":{"containers":[{"image":"nginx:1 \u0026 \u003c2\u003e","name":"c"}]}}}}"#,
            "\n"
        )
    );
    let key = ObjectKey::new(Kind::Deployment, "default", "web");
    let again = deployment(&json!({"spec": {"replicas": 2, "minReadySeconds": 5}}));
    assert!(!server.apply_sends(&again));
    assert_eq!(server.apply(again, AT).unwrap(), created);
    // The same amount in another writing is sent each time.
    let half = json!([{"name": "c", "image": "nginx", "resources": {"limits": {"cpu": 0.5}}}]);
    let half = deployment(
        &json!({"metadata": {"name": "half"}, "spec": {"template": {"spec": {"containers": half}}}}),
    );
    let stored = server.apply(half.clone(), AT).unwrap();
    assert!(server.apply_sends(&half));
    assert_eq!(server.apply(half, AT).unwrap(), stored);

    let annotations =
        json!({"metadata": {"annotations": {"note": "x"}}, "spec": {"revisionHistoryLimit": 3}});
    server
        .patch(&key, "", PatchType::Merge, &annotations, AT)
        .unwrap();
    let object = server
        .apply(deployment(&json!({"spec": {"replicas": 4}})), AT)
        .unwrap();
    let json = object.to_json();
    assert_eq!(json["spec"]["replicas"], 4);
    assert_eq!(json["spec"].get("minReadySeconds"), None);
    assert_eq!(json["spec"]["revisionHistoryLimit"], 3);
    assert_eq!(json["metadata"]["annotations"]["note"], "x");
    assert_eq!(json["metadata"]["generation"], 3);
}

#[test]
fn scaling_and_status_have_their_own_endpoints() {
    let mut server = server();
    server.apply(deployment(&json!({})), AT).unwrap();
    let key = ObjectKey::new(Kind::Deployment, "default", "web");
    let patch = json!({"spec": {"replicas": 7}});
    let object = server
        .patch(&key, "scale", PatchType::Merge, &patch, AT)
        .unwrap();
    assert_eq!(object.to_json()["spec"]["replicas"], 7);
    let status = json!({"status": {"replicas": 3}, "spec": {"replicas": 1}});
    let object = server
        .patch(&key, "status", PatchType::Strategic, &status, AT)
        .unwrap();
    assert_eq!(object.to_json()["status"]["replicas"], 3);
    assert_eq!(object.to_json()["spec"]["replicas"], 7);
    let refused = server.patch(
        &key,
        "scale",
        PatchType::Merge,
        &json!({"spec": {"replicas": -1}}),
        AT,
    );
    assert_eq!(
        refused.unwrap_err().message,
        "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    );
    let missing = server
        .patch(&key, "resize", PatchType::Merge, &json!({}), AT)
        .unwrap_err();
    assert_eq!(
        missing.message,
        "the server could not find the requested resource"
    );
}
