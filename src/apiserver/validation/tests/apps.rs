//! Stateful sets and daemon sets, by their manifests.

use serde_json::{Value, json};

use super::{check, check_patch, check_patch_of, check_warnings, workload};

fn stateful(spec: &Value) -> Value {
    workload("StatefulSet", spec)
}

fn daemon(spec: &Value) -> Value {
    workload("DaemonSet", spec)
}

fn claim(name: &str, spec: &Value) -> Value {
    json!({"metadata": {"name": name}, "spec": spec})
}

#[test]
fn stateful_sets() {
    check(stateful(&json!({})), &[]);
    // The claims of the set are volumes of its pods, before those of the template.
    let mounted = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"hostname": "Not A Name", "containers": [
        {"name": "c", "image": "i", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}});
    let good =
        json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": 1024}}});
    check(
        stateful(&json!({"template": mounted, "volumeClaimTemplates": [claim("data", &good)]})),
        &[],
    );
    check(
        stateful(
            &json!({"template": mounted, "volumeClaimTemplates": [claim("other", &json!({}))]}),
        ),
        &[
            "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
            "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value",
            r#"spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data""#,
        ],
    );
    check(
        stateful(
            &json!({"replicas": -1, "minReadySeconds": -2, "ordinals": {"start": -3}, "serviceName": "A",
            "podManagementPolicy": "Random", "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": -4}},
            "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Keep"}}),
        ),
        &[
            r#"spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'"#,
            "spec.updateStrategy.rollingUpdate.partition: Invalid value: -4: must be greater than or equal to 0",
            r#"spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete""#,
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0",
            "spec.ordinals.start: Invalid value: -3: must be greater than or equal to 0",
            "spec.serviceName: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ],
    );
    check(
        stateful(
            &json!({"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 2}}}),
        ),
        &[
            r#"spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":2,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'"#,
        ],
    );
    check(
        stateful(&json!({"updateStrategy": {"type": "<none>"}})),
        &[
            "spec.updateStrategy: Invalid value: {\"Type\":\"\\u003cnone\\u003e\",\"RollingUpdate\":null}: must be 'RollingUpdate' or 'OnDelete'",
        ],
    );
}

#[test]
fn selectors_and_templates() {
    let fits = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"restartPolicy": "Never",
        "activeDeadlineSeconds": 5, "containers": [{"name": "c", "image": "i"}]}});
    for kind in ["StatefulSet", "DaemonSet"] {
        let deadline = format!(
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in {kind} is not Supported"
        );
        check(
            workload(kind, &json!({"template": fits})),
            &[
                r#"spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#,
                &deadline,
            ],
        );
    }
    let other = json!({"matchLabels": {"app": "b"}});
    let mismatch = r#"spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`"#;
    check(stateful(&json!({"selector": other})), &[mismatch]);
    check(daemon(&json!({"selector": other})), &[mismatch]);
    let required = "spec.selector: Required value";
    check(stateful(&json!({"selector": null})), &[required, mismatch]);
    check(daemon(&json!({"selector": null})), &[mismatch]);
    check(
        stateful(&json!({"selector": {}})),
        &["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"],
    );
    check(
        daemon(&json!({"selector": {}})),
        &["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
    );
    let unknown = json!({"matchExpressions": [{"key": "app", "operator": "Is"}]});
    let operator = r#"spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator"#;
    check(
        stateful(&json!({"selector": unknown})),
        &[
            operator,
            r#"spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Is"}]}"#,
        ],
    );
    check(daemon(&json!({"selector": unknown})), &[operator]);
}

#[test]
fn daemon_sets() {
    check(
        daemon(&json!({"updateStrategy": {"type": "OnDelete"}})),
        &[],
    );
    check(
        daemon(
            &json!({"minReadySeconds": -1, "revisionHistoryLimit": -2, "updateStrategy": {"type": "Never"}}),
        ),
        &[
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
            r#"spec.updateStrategy: Unsupported value: {"Type":"Never","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete""#,
            "spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0",
        ],
    );
    for (rolling, expect) in [
        (
            json!({"maxUnavailable": 0}),
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
        ),
        (
            json!({"maxSurge": "10%"}),
            r#"spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero"#,
        ),
        (
            json!({"maxUnavailable": "200%"}),
            r#"spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "200%": must not be greater than 100%"#,
        ),
    ] {
        let strategy = json!({"updateStrategy": {"rollingUpdate": rolling}});
        check(daemon(&strategy), &[expect]);
    }
}

#[test]
fn changes() {
    check_patch(
        stateful(&json!({})),
        json!({"spec": {"replicas": 5, "minReadySeconds": 3}}),
        &[],
    );
    check_patch(
        stateful(&json!({})),
        json!({"spec": {"serviceName": "other"}}),
        &[
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ],
    );
    let labels = json!({"app": "b"});
    check_patch(
        daemon(&json!({})),
        json!({"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}}),
        &[r#"spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable"#],
    );
}

#[test]
fn statuses() {
    check_patch_of(
        stateful(&json!({})),
        "status",
        json!({"status": {"replicas": 2, "readyReplicas": 1, "availableReplicas": 3}}),
        &[
            "status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas",
            "status.availableReplicas: Invalid value: 3: cannot be greater than status.readyReplicas",
        ],
    );
    check_patch_of(
        daemon(&json!({})),
        "status",
        json!({"status": {"numberReady": -1, "numberUnavailable": -2}}),
        &[
            "status.numberReady: Invalid value: -1: must be greater than or equal to 0",
            "status.numberUnavailable: Invalid value: -2: must be greater than or equal to 0",
        ],
    );
}

#[test]
fn said_besides() {
    let fraction =
        json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1500m"}}});
    check_warnings(
        stateful(
            &json!({"revisionHistoryLimit": -1, "volumeClaimTemplates": [claim("data", &fraction)]}),
        ),
        &[
            r#"spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer"#,
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
        ],
    );
    let mut old = daemon(&json!({}));
    old["spec"]["template"]["metadata"]["annotations"] =
        json!({"scheduler.alpha.kubernetes.io/critical-pod": ""});
    check_warnings(
        old,
        &[
            r#"spec.template.metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead"#,
        ],
    );
}
