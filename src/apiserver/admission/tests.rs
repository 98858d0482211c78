//! What admission makes of pods, through the whole server.

use serde_json::{Value, json};

use crate::api::Object;
use crate::apiserver::Status;
use crate::apiserver::test_server::{AT, server};

fn create(kind: &str, spec: Value, namespace: &str) -> Result<Value, Status> {
    let json = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": namespace}, "spec": spec});
    let object = server().create(Object::from_json(json).unwrap(), AT)?;
    Ok(object.to_json())
}

fn pod(extra: &Value) -> Result<Value, Status> {
    let mut spec = json!({"containers": [{"name": "c", "image": "nginx"}]});
    spec.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    create("Pod", spec, "default")
}

#[test]
fn a_pod_gets_its_token_tolerations_and_priority() {
    let pod = pod(&json!({})).unwrap();
    let volume = pod["spec"]["volumes"][0]["name"].as_str().unwrap();
    assert!(
        volume.starts_with("kube-api-access-") && volume.len() == 21,
        "{volume}"
    );
    let expect = expect_test::expect![[r#"
        {
          "mount": {
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "name": "VOLUME",
            "readOnly": true
          },
          "preemptionPolicy": "PreemptLowerPriority",
          "priority": 0,
          "serviceAccountName": "default",
          "status": {
            "phase": "Pending",
            "qosClass": "BestEffort"
          },
          "tolerations": [
            "node.kubernetes.io/not-ready:NoExecute op=Exists for 300s",
            "node.kubernetes.io/unreachable:NoExecute op=Exists for 300s"
          ]
        }"#]];
    let tolerations: Vec<String> = pod["spec"]["tolerations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            let text = |field: &str| t[field].as_str().unwrap().to_owned();
            let seconds = t["tolerationSeconds"].as_i64().unwrap();
            format!(
                "{}:{} op={} for {seconds}s",
                text("key"),
                text("effect"),
                text("operator")
            )
        })
        .collect();
    let mut mount = pod["spec"]["containers"][0]["volumeMounts"][0].clone();
    assert_eq!(mount["name"], volume);
    mount["name"] = "VOLUME".into();
    let shown = json!({
        "mount": mount, "tolerations": tolerations, "status": pod["status"],
        "priority": pod["spec"]["priority"], "preemptionPolicy": pod["spec"]["preemptionPolicy"],
        "serviceAccountName": pod["spec"]["serviceAccountName"],
    });
    expect.assert_eq(&serde_json::to_string_pretty(&shown).unwrap());
}

#[test]
fn what_the_pod_says_wins() {
    let opted_out = pod(&json!({"automountServiceAccountToken": false})).unwrap();
    assert_eq!(opted_out["spec"].get("volumes"), None);
    let critical = pod(&json!({"priorityClassName": "system-node-critical"})).unwrap();
    assert_eq!(critical["spec"]["priority"], 2_000_001_000);
    let tolerant = pod(&json!({"tolerations": [{"operator": "Exists"}]})).unwrap();
    assert_eq!(tolerant["spec"]["tolerations"].as_array().unwrap().len(), 1);
}

#[test]
fn refusals() {
    let message = |answer: Result<Value, Status>| answer.unwrap_err().message;
    assert_eq!(
        message(pod(&json!({"priorityClassName": "high"}))),
        r#"pods "a" is forbidden: no PriorityClass with name high was found"#
    );
    assert_eq!(
        message(pod(&json!({"serviceAccountName": "robot"}))),
        "pods \"a\" is forbidden: error looking up service account default/robot: \
         serviceaccount \"robot\" not found"
    );
    assert_eq!(
        message(create("Pod", json!({}), "nowhere")),
        r#"namespaces "nowhere" not found"#
    );
    assert_eq!(
        message(create(
            "Service",
            json!({"clusterIP": "10.0.0.1", "ports": [{"port": 80}]}),
            "default"
        )),
        "Service \"a\" is invalid: spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: failed to allocate IP \
         10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16"
    );
}

#[test]
fn a_service_gets_an_address_and_a_node_port() {
    let service = create(
        "Service",
        json!({"type": "NodePort", "ports": [{"port": 80}]}),
        "default",
    )
    .unwrap();
    let address = service["spec"]["clusterIP"].as_str().unwrap();
    assert!(address.starts_with("10.96."), "{address}");
    assert_eq!(service["spec"]["clusterIPs"], json!([address]));
    assert_eq!(service["spec"]["ipFamilies"], json!(["IPv4"]));
    let port = service["spec"]["ports"][0]["nodePort"].as_i64().unwrap();
    assert!((30_086..32_768).contains(&port), "{port}");
    let headless = create(
        "Service",
        json!({"clusterIP": "None", "ports": [{"port": 80}]}),
        "default",
    )
    .unwrap();
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
    assert_eq!(headless["spec"]["ipFamilies"], json!(["IPv4", "IPv6"]));
}

#[test]
fn a_new_node_is_not_ready() {
    let node = create("Node", json!({}), "").unwrap();
    assert_eq!(
        node["spec"]["taints"],
        json!([{"effect": "NoSchedule", "key": "node.kubernetes.io/not-ready"}])
    );
}
