//! Defaults, by the manifest and what the server makes of it.

use serde_json::{Value, json};

use crate::api::Object;

/// Applies the defaults to `given`; `added` merged over it must be the result. Twice, since defaulting
/// what is defaulted must change nothing.
fn check(given: &Value, added: &Value) {
    let mut object = Object::from_json(given.clone()).unwrap();
    super::apply(&mut object);
    let once = object.to_json();
    super::apply(&mut object);
    assert_eq!(object.to_json(), once, "defaulted twice");
    let mut expected = given.clone();
    overlay(&mut expected, added);
    assert_eq!(
        serde_json::to_string_pretty(&once["spec"]).unwrap(),
        serde_json::to_string_pretty(&expected["spec"]).unwrap()
    );
}

/// Sets the fields of `over` in `target`; lists element by element.
fn overlay(target: &mut Value, over: &Value) {
    match (target, over) {
        (Value::Object(target), Value::Object(over)) => {
            for (key, value) in over {
                overlay(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(over)) => {
            for (index, value) in over.iter().enumerate() {
                if index == target.len() {
                    target.push(Value::Null);
                }
                overlay(&mut target[index], value);
            }
        }
        (target, over) => *target = over.clone(),
    }
}

fn pod(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec})
}

/// What every pod spec gets, in a template and in a pod.
fn template_defaults() -> Value {
    json!({
        "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
        "securityContext": {}, "terminationGracePeriodSeconds": 30,
        "containers": [{"resources": {}, "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File", "imagePullPolicy": "Always"}],
    })
}

fn check_pod(spec: &Value, added: &Value) {
    let mut all = template_defaults();
    all["enableServiceLinks"] = true.into();
    overlay(&mut all, added);
    check(&pod(spec), &json!({"spec": all}));
}

#[test]
fn pods() {
    check_pod(
        &json!({"containers": [{"name": "c", "image": "nginx"}]}),
        &json!({}),
    );
    check_pod(
        &json!({"serviceAccount": "robot", "hostNetwork": true, "containers": [
            {"name": "c", "image": "nginx:1", "ports": [{"containerPort": 80}],
             "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": "0.5"}}}]}),
        &json!({"serviceAccountName": "robot", "containers": [
            {"imagePullPolicy": "IfNotPresent", "ports": [{"protocol": "TCP", "hostPort": 80}],
             "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}}}]}),
    );
    let probe = json!({"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3});
    check_pod(
        &json!({"containers": [{"name": "c", "image": "nginx",
            "livenessProbe": {"httpGet": {"port": 80}}, "readinessProbe": {"grpc": {"port": 9}},
            "startupProbe": {"exec": {"command": ["true"]}, "periodSeconds": 5},
            "lifecycle": {"preStop": {"httpGet": {"port": "web", "path": "/bye"}}},
            "env": [{"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}]}),
        &json!({"containers": [{
            "livenessProbe": probe, "readinessProbe": probe,
            "startupProbe": {"timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3},
            "lifecycle": {"preStop": {"httpGet": {"scheme": "HTTP"}}},
            "env": [{"valueFrom": {"fieldRef": {"apiVersion": "v1"}}}]}]})
        .tap(|added| {
            added["containers"][0]["livenessProbe"]["httpGet"] =
                json!({"path": "/", "scheme": "HTTP"});
            added["containers"][0]["readinessProbe"]["grpc"] = json!({"service": ""});
        }),
    );
}

#[test]
fn volumes() {
    check_pod(
        &json!({"containers": [{"name": "c", "image": "nginx"}], "volumes": [
            {"name": "none"}, {"name": "host", "hostPath": {"path": "/x"}}, {"name": "map", "configMap": {"name": "m"}},
            {"name": "secret", "secret": {"secretName": "s", "defaultMode": 256}},
            {"name": "mixed", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]}),
        &json!({"volumes": [
            {"emptyDir": {}}, {"hostPath": {"type": ""}}, {"configMap": {"defaultMode": 420}}, {},
            {"projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"expirationSeconds": 3600}}]}}]}),
    );
}

#[test]
fn deployments_and_services() {
    check(
        &json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {
            "selector": {"matchLabels": {"app": "a"}}, "template": {
                "metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}}),
        &json!({"spec": {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {"spec": template_defaults()}}}),
    );
    check(
        &json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {
            "type": "LoadBalancer", "sessionAffinity": "ClientIP", "ports": [{"port": 80}]}}),
        &json!({"spec": {"allocateLoadBalancerNodePorts": true, "externalTrafficPolicy": "Cluster",
            "internalTrafficPolicy": "Cluster", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
            "ports": [{"protocol": "TCP", "targetPort": 80}]}}),
    );
}

#[test]
fn qos_classes() {
    let check = |containers: Value, class: &str| {
        let mut object = Object::from_json(pod(&json!({"containers": containers}))).unwrap();
        super::apply(&mut object);
        let Object::Pod(pod) = object else {
            panic!("a pod")
        };
        assert_eq!(super::qos_class(&pod.spec), class, "{containers}");
    };
    let with = |resources: Value| json!({"name": "c", "image": "i", "resources": resources});
    let full = with(json!({"limits": {"cpu": "1", "memory": "1Gi"}}));
    check(json!([with(json!({}))]), "BestEffort");
    check(json!([full]), "Guaranteed");
    check(json!([full, with(json!({}))]), "Burstable");
    check(json!([with(json!({"limits": {"cpu": "1"}}))]), "Burstable");
    check(
        json!([with(json!({"requests": {"cpu": "0"}}))]),
        "BestEffort",
    );
    check(
        json!([with(
            json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}})
        )]),
        "Burstable",
    );
}

/// Changes a value in passing.
trait Tap: Sized {
    fn tap(self, change: impl FnOnce(&mut Self)) -> Self;
}

impl Tap for Value {
    fn tap(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}
