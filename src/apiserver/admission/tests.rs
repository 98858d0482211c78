//! What admission makes of pods, through the whole server.

use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey, Resource, ResourceQuota};
use crate::apiserver::test_server::{AT, server};
use crate::apiserver::{ApiServer, PatchType, Status};

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
fn an_update_may_leave_out_what_admission_added() {
    let tolerations = json!([{"key": "dedicated", "operator": "Exists"}]);
    let spec = json!({"containers": [{"name": "c", "image": "nginx"}], "tolerations": tolerations});
    let json = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "default"}, "spec": spec});
    let mut server = server();
    let created = server.create(Object::from_json(json).unwrap(), AT).unwrap();
    let mut again = created.to_json();
    assert_eq!(again["spec"]["tolerations"].as_array().unwrap().len(), 3);
    again["spec"]["tolerations"] = tolerations;
    again["spec"]["priority"] = Value::Null;
    let updated = server
        .update(Object::from_json(again).unwrap(), AT)
        .unwrap();
    assert_eq!(updated.to_json(), created.to_json());
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

/// A server on which these objects were created.
fn server_with(objects: &[Value]) -> ApiServer {
    let mut server = server();
    for json in objects {
        server
            .create(Object::from_json(json.clone()).unwrap(), AT)
            .unwrap();
    }
    server
}

fn with_spec(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// A pod of one container with these resources, on a server with these objects: its container as it is stored, or why
/// it is refused.
fn check_pod(objects: &[Value], resources: Value, expect: Result<Value, &str>) {
    let pod = with_spec(
        "Pod",
        "a",
        json!({"containers": [{"name": "c", "image": "nginx", "resources": resources}]}),
    );
    let answer = server_with(objects).create(Object::from_json(pod).unwrap(), AT);
    let found = answer.map(|pod| pod.to_json()["spec"]["containers"][0]["resources"].clone());
    let expect = expect.map_err(|why| format!("pods \"a\" is forbidden: {why}"));
    assert_eq!(
        found.map_err(|status| status.message),
        expect,
        "{objects:?}"
    );
}

#[test]
fn limit_ranges_give_defaults_and_bound() {
    let range = |limits: Value| with_spec("LimitRange", "l", json!({"limits": limits}));
    let container = range(
        json!([{"type": "Container", "defaultRequest": {"cpu": "100m"}, "default": {"cpu": "200m"},
        "max": {"cpu": "1"}, "min": {"cpu": "50m"}}]),
    );
    let container = &[container];
    check_pod(
        container,
        json!({}),
        Ok(json!({"limits": {"cpu": "200m"}, "requests": {"cpu": "100m"}})),
    );
    check_pod(
        container,
        json!({"limits": {"cpu": "500m"}}),
        Ok(json!({"limits": {"cpu": "500m"}, "requests": {"cpu": "500m"}})),
    );
    check_pod(
        container,
        json!({"limits": {"cpu": "2"}}),
        Err("maximum cpu usage per Container is 1, but limit is 2"),
    );
    check_pod(
        container,
        json!({"requests": {"cpu": "10m"}, "limits": {"cpu": "20m"}}),
        Err("minimum cpu usage per Container is 50m, but request is 10m"),
    );
    let of_pods = &[range(
        json!([{"type": "Pod", "max": {"memory": "1Gi"}, "maxLimitRequestRatio": {"cpu": "2"}}]),
    )];
    check_pod(
        of_pods,
        json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "300m"}}),
        Err(
            "[maximum memory usage per Pod is 1Gi.  No limit is specified, cpu max limit to request ratio per Pod is 2, \
             but provided ratio is 3.000000]",
        ),
    );
    let mut server = server_with(container);
    let pod = with_spec(
        "Pod",
        "a",
        json!({"containers": [{"name": "c", "image": "nginx"}]}),
    );
    let pod = server
        .create(Object::from_json(pod).unwrap(), AT)
        .unwrap()
        .to_json();
    assert_eq!(
        pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: cpu request for container c; cpu limit for container c"
    );
}

#[test]
fn quotas_are_charged_and_kept() {
    let quota = |hard: Value, used: Value| {
        let mut quota = with_spec("ResourceQuota", "q", json!({"hard": hard}));
        quota["metadata"]["namespace"] = "default".into();
        quota["status"] = json!({"hard": hard, "used": used});
        quota
    };
    let check = |hard: Value, used: Value, resources: Value, expect: Result<Value, &str>| {
        let mut server = server();
        let quota = Object::from_json(quota(hard.clone(), used)).unwrap();
        server.create(quota.clone(), AT).unwrap();
        server.update_status(&quota, AT).unwrap();
        let container = json!({"name": "c", "image": "nginx", "resources": resources});
        let pod = with_spec("Pod", "a", json!({"containers": [container]}));
        let answer = server.create(Object::from_json(pod).unwrap(), AT);
        let charged = server.get::<ResourceQuota>("default", "q").unwrap().clone();
        let found = answer.map(|_| charged.into_object().to_json()["status"]["used"].clone());
        let expect = expect.map_err(|why| format!("pods \"a\" is forbidden: {why}"));
        assert_eq!(found.map_err(|status| status.message), expect, "{hard}");
    };
    check(
        json!({"pods": "2", "requests.memory": "1Gi"}),
        json!({"pods": "1", "requests.memory": "512Mi"}),
        json!({"requests": {"memory": "512Mi"}}),
        Ok(json!({"pods": "2", "requests.memory": "1Gi"})),
    );
    check(
        json!({"pods": "1", "requests.memory": "1Gi"}),
        json!({"pods": "1", "requests.memory": "512Mi"}),
        json!({"requests": {"memory": "600Mi"}}),
        Err(
            "exceeded quota: q, requested: pods=1,requests.memory=600Mi, used: pods=1,requests.memory=512Mi, limited: \
             pods=1,requests.memory=1Gi",
        ),
    );
    check(
        json!({"cpu": "1", "limits.memory": "1Gi"}),
        json!({"cpu": "0", "limits.memory": "0"}),
        json!({}),
        Err("failed quota: q: must specify cpu for: c; limits.memory for: c"),
    );
    check(
        json!({"pods": "1"}),
        json!({}),
        json!({}),
        Err("status unknown for quota: q, resources: pods"),
    );
    check(
        json!({"count/secrets": "1"}),
        json!({"count/secrets": "1"}),
        json!({}),
        Ok(json!({"count/secrets": "1"})),
    );
}

#[test]
fn priority_comes_from_the_class() {
    let class = |name: &str, value: i32, default: bool| {
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value,
            "globalDefault": default, "preemptionPolicy": "Never"})
    };
    let classes = [class("plain", 7, true), class("high", 1000, false)];
    let check = |spec: Value, expect: Result<(i64, &str), &str>| {
        let mut pod = with_spec(
            "Pod",
            "",
            json!({"containers": [{"name": "c", "image": "nginx"}]}),
        );
        pod["spec"]
            .as_object_mut()
            .unwrap()
            .extend(spec.as_object().unwrap().clone());
        pod["metadata"] = json!({"generateName": "web-"});
        let answer = server_with(&classes).create(Object::from_json(pod).unwrap(), AT);
        let found = answer.map(|pod| pod.to_json()["spec"].clone());
        let found = found.map_err(|status| status.message);
        let found = found.map(|spec| (spec["priority"].clone(), spec["priorityClassName"].clone()));
        let expect = expect.map(|(priority, name)| (json!(priority), json!(name)));
        // The name is not generated yet.
        let expect = expect.map_err(|why| format!("pods \"web-\" is forbidden: {why}"));
        assert_eq!(found, expect, "{spec}");
    };
    check(json!({}), Ok((7, "plain")));
    check(json!({"priorityClassName": "high"}), Ok((1000, "high")));
    check(
        json!({"priorityClassName": "none"}),
        Err("no PriorityClass with name none was found"),
    );
    check(
        json!({"priorityClassName": "high", "priority": 5}),
        Err(
            "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed \
             1000 from the given PriorityClass name",
        ),
    );
    let second = Object::from_json(class("other", 8, true)).unwrap();
    let refused = server_with(&classes).create(second, AT).unwrap_err();
    assert_eq!(
        refused.message,
        "priorityclasses.scheduling.k8s.io \"other\" is forbidden: PriorityClass plain is already marked as default. \
         Only one default can exist"
    );
}

#[test]
fn claims_get_the_default_class_and_protection() {
    let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/disk",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}});
    let claim = |spec: Value| {
        let mut all = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        all.as_object_mut()
            .unwrap()
            .extend(spec.as_object().unwrap().clone());
        with_spec("PersistentVolumeClaim", "a", all)
    };
    for (spec, expect) in [
        (json!({}), json!("standard")),
        (json!({"storageClassName": "fast"}), json!("fast")),
        (json!({"storageClassName": ""}), json!("")),
    ] {
        let mut server = server_with(std::slice::from_ref(&class));
        let stored = server
            .create(Object::from_json(claim(spec)).unwrap(), AT)
            .unwrap()
            .to_json();
        assert_eq!(stored["spec"]["storageClassName"], expect);
        assert_eq!(
            stored["metadata"]["finalizers"],
            json!(["kubernetes.io/pvc-protection"])
        );
        let patch = json!({"spec": {"resources": {"requests": {"storage": "2Gi"}}}});
        let key = ObjectKey::new(Kind::PersistentVolumeClaim, "default", "a");
        let refused = server
            .patch(&key, "", PatchType::Merge, &patch, AT)
            .unwrap_err();
        assert!(
            refused.message.contains("spec is immutable after creation"),
            "{}",
            refused.message
        );
    }
}

#[test]
fn the_account_says_what_its_pods_get() {
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"},
        "automountServiceAccountToken": false, "imagePullSecrets": [{"name": "registry"}]});
    let mut server = server_with(&[account]);
    let spec =
        json!({"serviceAccountName": "robot", "containers": [{"name": "c", "image": "nginx"}]});
    let pod = server
        .create(Object::from_json(with_spec("Pod", "a", spec)).unwrap(), AT)
        .unwrap()
        .to_json();
    assert_eq!(
        pod["spec"]["imagePullSecrets"],
        json!([{"name": "registry"}])
    );
    assert_eq!(pod["spec"].get("volumes"), None);
    let odd =
        json!({"runtimeClassName": "gvisor", "containers": [{"name": "c", "image": "nginx"}]});
    let refused = server
        .create(Object::from_json(with_spec("Pod", "b", odd)).unwrap(), AT)
        .unwrap_err();
    assert_eq!(
        refused.message,
        "pods \"b\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found"
    );
}
