//! Rules by manifest: what the whole server says of it.

mod apps;
mod autoscaling;
mod batch;
mod policy;
mod storage;

use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey};
use crate::apiserver::test_server::{AT, server};
use crate::apiserver::{PatchType, Status};

fn problems(status: &Status) -> Vec<String> {
    let texts = status.causes.iter();
    texts
        .map(|cause| format!("{}: {}", cause.field, cause.message))
        .collect()
}

/// The problems of a manifest; none if it is good.
fn check(manifest: Value, expect: &[&str]) {
    let object = Object::from_json(manifest.clone()).unwrap();
    let found = match server().prepare(object, AT) {
        Ok(_) => Vec::new(),
        Err(status) => problems(&status),
    };
    assert_eq!(found, expect, "{manifest}");
}

fn pod(extra: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "nginx"}]});
    spec.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec})
}

fn container(extra: &Value) -> Value {
    let mut container = json!({"name": "c", "image": "nginx"});
    container
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    pod(&json!({"containers": [container]}))
}

/// A workload with a selector and a template that fit, and what is merged over its spec.
fn workload(kind: &str, spec: &Value) -> Value {
    let mut json = deployment(spec);
    json["kind"] = kind.into();
    json
}

fn deployment(spec: &Value) -> Value {
    let mut json = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}});
    json["spec"]
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    json
}

#[test]
fn containers() {
    check(pod(&json!({})), &[]);
    check(
        pod(&json!({"containers": []})),
        &["spec.containers: Required value"],
    );
    check(
        pod(
            &json!({"containers": [{"name": "", "image": "i"}, {"name": "b"}, {"name": "b", "image": " i"}]}),
        ),
        &[
            "spec.containers[0].name: Required value",
            "spec.containers[1].image: Required value",
            r#"spec.containers[2].name: Duplicate value: "b""#,
            r#"spec.containers[2].image: Invalid value: " i": must not have leading or trailing whitespace"#,
        ],
    );
    check(
        container(&json!({"imagePullPolicy": "Maybe", "ports": [
            {"containerPort": 0}, {"containerPort": 70000, "name": "http"},
            {"containerPort": 80, "name": "http", "protocol": "FTP"}]})),
        &[
            "spec.containers[0].ports[0].containerPort: Required value",
            "spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            r#"spec.containers[0].ports[2].name: Duplicate value: "http""#,
            r#"spec.containers[0].ports[2].protocol: Unsupported value: "FTP": supported values: "SCTP", "TCP", "UDP""#,
            r#"spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never""#,
        ],
    );
    check(
        pod(&json!({"initContainers": [
            {"name": "c", "image": "i"}, {"name": "d", "image": "i", "livenessProbe": {"exec": {"command": ["true"]}}},
            {"name": "e", "image": "i", "restartPolicy": "Always", "livenessProbe": {"exec": {"command": ["true"]}}}]})),
        &[
            r#"spec.initContainers[0].name: Duplicate value: "c""#,
            "spec.initContainers[1].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
        ],
    );
}

#[test]
fn environment_and_mounts() {
    check(
        container(&json!({"env": [
            {"name": ""}, {"name": "A=B"}, {"name": "OK", "value": "1"}, {"name": "C", "valueFrom": {}},
            {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "spec.containers"}}},
            {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}},
            {"name": "F", "valueFrom": {"secretKeyRef": {"name": "s", "key": ""}}}]})),
        &[
            "spec.containers[0].env[0].name: Required value",
            r#"spec.containers[0].env[1].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='"#,
            r#"spec.containers[0].env[3].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"#,
            r#"spec.containers[0].env[4].valueFrom.fieldRef.fieldPath: Invalid value: "spec.containers": error converting fieldPath: field label not supported: spec.containers"#,
            r#"spec.containers[0].env[5].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs""#,
            "spec.containers[0].env[6].valueFrom.secretKeyRef.key: Required value",
        ],
    );
    check(
        pod(
            &json!({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}, "hostPath": {"path": "/x"}}],
            "containers": [{"name": "c", "image": "i", "volumeMounts": [
                {"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/a", "subPath": "../x"}]}]}),
        ),
        &[
            "spec.volumes[1].hostPath: Forbidden: may not specify more than 1 volume type",
            r#"spec.volumes[1].name: Duplicate value: "v""#,
            r#"spec.containers[0].volumeMounts[1].name: Not found: "w""#,
            r#"spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique"#,
            r#"spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain '..'"#,
        ],
    );
}

#[test]
fn probes_and_hooks() {
    check(
        container(&json!({
            "livenessProbe": {"periodSeconds": -1, "successThreshold": 2},
            "readinessProbe": {"httpGet": {"port": "No", "scheme": "FTP"}, "tcpSocket": {"port": 1}},
            "lifecycle": {"preStop": {"sleep": {"seconds": 99}}}})),
        &[
            "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 99: must be non-negative and less than terminationGracePeriodSeconds (30)",
            "spec.containers[0].livenessProbe: Required value: must specify a handler type",
            "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            r#"spec.containers[0].readinessProbe.httpGet.port: Invalid value: "No": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"#,
            r#"spec.containers[0].readinessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS""#,
            "spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ],
    );
}

#[test]
fn resources() {
    check(
        container(&json!({"resources": {"limits": {"cpu": "1"}, "requests": {
            "cpu": "2000m", "nonsense": "1", "example.com/gpu": "1500m"}}})),
        &[
            r#"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#,
            r#"spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "1500m": must be an integer"#,
            "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
            r#"spec.containers[0].resources.requests[nonsense]: Invalid value: "nonsense": must be a standard resource type or fully qualified"#,
            r#"spec.containers[0].resources.requests[nonsense]: Invalid value: "nonsense": must be a standard resource for containers"#,
        ],
    );
}

#[test]
fn pod_fields() {
    check(
        pod(
            &json!({"restartPolicy": "Sometimes", "dnsPolicy": "None", "hostname": "a.b", "activeDeadlineSeconds": 0,
            "tolerations": [{"key": "a", "operator": "Gt"}, {"operator": "Equal"}],
            "hostAliases": [{"ip": "10.0.0.300", "hostnames": ["ok"]}],
            "schedulingGates": [{"name": "g"}, {"name": "g"}]}),
        ),
        &[
            r#"spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#,
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
            r#"spec.schedulingGates[1]: Duplicate value: "g""#,
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
            r#"spec.hostname: Invalid value: "a.b": must not contain dots"#,
            r#"spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt""#,
            "spec.tolerations[1].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            r#"spec.hostAliases[0].ip: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
        ],
    );
}

#[test]
fn deployments() {
    check(deployment(&json!({})), &[]);
    check(
        deployment(
            &json!({"replicas": -1, "selector": {"matchLabels": {"app": "b"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}}),
        ),
        &[
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`",
            r#"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0"#,
        ],
    );
    check(
        deployment(&json!({"selector": {"matchLabels": {}}, "strategy": {"type": "Wrong"}})),
        &[
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
            r#"spec.strategy: Unsupported value: {"Type":"Wrong","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate""#,
        ],
    );
}

#[test]
fn services_and_data() {
    let service = |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "1a"}, "spec": spec});
    check(service(json!({"ports": [{"port": 80}]})), &[]);
    check(
        service(json!({"ports": [{"port": 80}, {"port": 80, "name": "b"}]})),
        &[
            "spec.ports[0].name: Required value",
            r#"spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}"#,
        ],
    );
    check(
        service(json!({"clusterIP": "1.2.3", "ports": [{"port": 80}]})),
        &[
            r#"spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
        ],
    );
    check(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ""}, "data": {"a b": "1"}}),
        &[
            "metadata.name: Required value: name or generateName is required",
            r#"data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"#,
        ],
    );
    check(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "type": "kubernetes.io/tls"}),
        &[
            "data[tls.crt]: Required value",
            "data[tls.key]: Required value",
        ],
    );
}

/// The problems of a merge patch to a stored object; none if it is accepted.
fn check_patch(manifest: Value, patch: Value, expect: &[&str]) {
    check_patch_of(manifest, "", patch, expect);
}

/// As [`check_patch`], of a subresource: `status`.
fn check_patch_of(manifest: Value, subresource: &str, patch: Value, expect: &[&str]) {
    let mut server = server();
    let object = server
        .create(Object::from_json(manifest).unwrap(), AT)
        .unwrap();
    let found = match server.patch(&object.key(), subresource, PatchType::Merge, &patch, AT) {
        Ok(_) => Vec::new(),
        Err(status) => problems(&status),
    };
    assert_eq!(found, expect, "{patch}");
}

#[test]
fn updates() {
    check_patch(
        deployment(&json!({})),
        json!({"spec": {"selector": {"matchLabels": {"app": "b"}}, "template": {"metadata": {"labels": {"app": "b"}}}}}),
        &[r#"spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable"#],
    );
    let image = json!([{"name": "c", "image": "nginx:2", "imagePullPolicy": "Always",
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": {},
        "volumeMounts": []}]);
    check_patch(
        pod(
            &json!({"automountServiceAccountToken": false, "tolerations": [{"key": "dedicated", "operator": "Exists"}]}),
        ),
        json!({"spec": {"containers": image, "activeDeadlineSeconds": 60, "tolerations": null}}),
        &[
            "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
        ],
    );
    check_patch(
        pod(&json!({"automountServiceAccountToken": false})),
        json!({"spec": {"containers": []}}),
        &[
            "spec.containers: Required value",
            "spec.containers: Forbidden: pod updates may not add or remove containers",
        ],
    );
    let mut server = server();
    server
        .create(Object::from_json(pod(&json!({}))).unwrap(), AT)
        .unwrap();
    let key = ObjectKey::new(Kind::Pod, "default", "a");
    let patch = json!({"spec": {"dnsPolicy": "Default"}});
    let refused = server
        .patch(&key, "", PatchType::Strategic, &patch, AT)
        .unwrap_err();
    assert!(refused.message.starts_with("Pod \"a\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"), "{}", refused.message);
}

/// What the server says of a manifest that it accepts.
fn check_warnings(manifest: Value, expect: &[&str]) {
    let object = Object::from_json(manifest.clone()).unwrap();
    let object = server().prepare(object, AT).unwrap();
    assert_eq!(server().warnings(&object), expect, "{manifest}");
}

#[test]
fn warnings() {
    let check = check_warnings;
    check(pod(&json!({})), &[]);
    check(
        container(
            &json!({"ports": [{"containerPort": 80}, {"containerPort": 80}],
            "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "A", "value": "$(A)3"}],
            "resources": {"limits": {"memory": "500m"}}}),
        ),
        &[
            r#"spec.containers[0].resources.limits[memory]: fractional byte value "500m" is invalid, must be an integer"#,
            r#"spec.containers[0].resources.requests[memory]: fractional byte value "500m" is invalid, must be an integer"#,
            r#"spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply"#,
            "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
        ],
    );
    let mut dotted = deployment(&json!({}));
    dotted["metadata"]["name"] = "a.b".into();
    dotted["spec"]["template"]["spec"]["nodeSelector"] = json!({"beta.kubernetes.io/os": "linux"});
    check(
        dotted,
        &[
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
            r#"spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead"#,
        ],
    );
}
