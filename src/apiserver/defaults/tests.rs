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

/// A workload with nothing but a selector and a template of pods.
fn workload(kind: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"app": "a"}}, "template": {
            "metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}})
}

#[test]
fn stateful_and_daemon_sets() {
    let mut set = workload("StatefulSet");
    set["spec"]["volumeClaimTemplates"] = json!([{"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1024Mi"}}}}]);
    let claims = json!([{"spec": {"resources": {"requests": {"storage": "1Gi"}}, "volumeMode": "Filesystem"},
        "status": {"phase": "Pending"}}]);
    check(
        &set,
        &json!({"spec": {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
            "serviceName": "", "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "volumeClaimTemplates": claims, "template": {"spec": template_defaults()}}}),
    );
    check(
        &workload("DaemonSet"),
        &json!({"spec": {"revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {"spec": template_defaults()}}}),
    );
}

#[test]
fn jobs_and_cron_jobs() {
    let template = json!({"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "nginx"}]}});
    let mut pods = template_defaults();
    pods["restartPolicy"] = "Never".into();
    let job = |spec: &Value| {
        let mut json = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": spec});
        json["spec"]["template"] = template.clone();
        json
    };
    let all = json!({"parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
        "manualSelector": false, "podReplacementPolicy": "TerminatingOrFailed", "template": {"spec": pods}});
    let check_job = |spec: Value, more: Value| {
        let mut added = json!({"spec": all});
        overlay(&mut added, &json!({"spec": more}));
        check(&job(&spec), &added);
    };
    check_job(json!({}), json!({"completions": 1}));
    // A job that works off a queue has no number of completions.
    check_job(json!({"parallelism": 3}), json!({"parallelism": 3}));
    check_job(
        json!({"completions": 2, "completionMode": "Indexed", "backoffLimitPerIndex": 1}),
        json!({"completionMode": "Indexed", "backoffLimit": i32::MAX}),
    );
    check_job(
        json!({"podFailurePolicy": {"rules": [{"action": "Count", "onPodConditions": [{"type": "A"}]}]}}),
        json!({"completions": 1, "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": [{"onPodConditions": [{"status": "True"}]}]}}),
    );
    check(
        &json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {
            "schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}}),
        &json!({"spec": {"concurrencyPolicy": "Allow", "suspend": false, "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1, "jobTemplate": {"metadata": {}, "spec": {"template": {"spec": pods}}}}}),
    );
}

#[test]
fn autoscalers() {
    let autoscaler = |spec: Value| {
        let mut json = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "a"}, "spec": {"maxReplicas": 5,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
        overlay(&mut json["spec"], &spec);
        json
    };
    let cpu = json!([{"type": "Resource", "resource": {
        "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
    check(
        &autoscaler(json!({})),
        &json!({"spec": {"minReplicas": 1, "metrics": cpu}}),
    );
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    check(
        &autoscaler(
            json!({"metrics": [{"type": "Pods", "pods": {"metric": {"name": "m"},
            "target": {"type": "AverageValue", "averageValue": 1000}}}],
            "behavior": {"scaleDown": {"policies": [pods], "tolerance": 0.05}}}),
        ),
        &json!({"spec": {"minReplicas": 1, "metrics": [{"pods": {"target": {"averageValue": "1k"}}}], "behavior": {
            "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [pods, percent]},
            "scaleDown": {"selectPolicy": "Max", "tolerance": "50m"}}}}),
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
