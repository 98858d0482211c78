//! Autoscalers and disruption budgets, by their manifests.

use serde_json::{Value, json};

use super::{check, check_patch, check_patch_of};

fn autoscaler(spec: &Value) -> Value {
    let mut json = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 5}});
    let own = json["spec"].as_object_mut().unwrap();
    own.extend(spec.as_object().unwrap().clone());
    json
}

fn metric(metric: Value) -> Value {
    autoscaler(&json!({"metrics": [metric]}))
}

fn budget(spec: Value) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"}, "spec": spec})
}

#[test]
fn replicas_and_target() {
    check(autoscaler(&json!({})), &[]);
    check(
        autoscaler(
            &json!({"minReplicas": 0, "maxReplicas": null, "scaleTargetRef": {"name": "a/b"}}),
        ),
        &[
            "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
            "spec.maxReplicas: Required value: must be set and greater than 0",
            "spec.scaleTargetRef.kind: Required value",
            r#"spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'"#,
            r#"spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group"#,
            "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
        ],
    );
    check(
        autoscaler(
            &json!({"minReplicas": 7, "scaleTargetRef": {"apiVersion": "a/b/c", "kind": "X", "name": ".."}}),
        ),
        &[
            "spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`",
            r#"spec.scaleTargetRef.name: Invalid value: "..": may not be '..'"#,
            r#"spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c"#,
        ],
    );
    let core = json!({"apiVersion": "v1", "kind": "ReplicationController", "name": "web"});
    check(autoscaler(&json!({"scaleTargetRef": core})), &[]);
}

#[test]
fn metrics() {
    let target = json!({"type": "AverageValue", "averageValue": 5});
    check(
        metric(json!({"type": "Pods", "pods": {"metric": {"name": "packets"}, "target": target}})),
        &[],
    );
    check(
        metric(
            json!({"type": "Resource", "pods": {"metric": {}, "target": {"type": "Most", "averageValue": "0"}}}),
        ),
        &[
            "spec.metrics[0].pods.metric.name: Required value: must specify a metric name",
            r#"spec.metrics[0].pods.target.type: Invalid value: "Most": must be either Utilization, Value, or AverageValue"#,
            r#"spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive"#,
            "spec.metrics[0].resource: Required value: must populate information for the given metric source",
        ],
    );
    let types = r#""ContainerResource", "External", "Object", "Pods", "Resource""#;
    let unsupported =
        format!(r#"spec.metrics[0].type: Unsupported value: "CPU": supported values: {types}"#);
    check(
        metric(json!({"type": "CPU"})),
        &[&unsupported, &unsupported],
    );
    let both = json!({"type": "Utilization", "averageUtilization": 0, "averageValue": "1"});
    check(
        metric(
            json!({"type": "ContainerResource", "containerResource": {"target": both},
            "external": {"metric": {"name": "m"}, "target": {"type": "Value"}}}),
        ),
        &[
            "spec.metrics[0].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target",
            "spec.metrics[0].external: Forbidden: must populate the given metric source only",
        ],
    );
    check(
        metric(json!({"type": "ContainerResource", "containerResource": {"target": both}})),
        &[
            "spec.metrics[0].containerResource.name: Required value: must specify a resource name",
            "spec.metrics[0].containerResource.container: Required value: must specify a container",
            "spec.metrics[0].containerResource.target.averageUtilization: Invalid value: 0: must be greater than 0",
            "spec.metrics[0].containerResource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization",
        ],
    );
}

#[test]
fn behavior() {
    check(
        autoscaler(&json!({"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}})),
        &[],
    );
    check(
        autoscaler(&json!({"behavior": {
            "scaleUp": {"stabilizationWindowSeconds": 3601, "selectPolicy": "Most", "policies": []},
            "scaleDown": {"tolerance": "-1", "policies": [{"type": "Some", "value": 0, "periodSeconds": 1801}]}}})),
        &[
            "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600",
            r#"spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min""#,
            "spec.behavior.scaleUp.policies: Required value: must specify at least one Policy",
            r#"spec.behavior.scaleDown.policies[0].type: Unsupported value: "Some": supported values: "Percent", "Pods""#,
            "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero",
            "spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
            r#"spec.behavior.scaleDown.tolerance: Invalid value: "-1": must be greater than or equal to 0"#,
        ],
    );
}

#[test]
fn changes() {
    // What was wrong with the target before may stay, as long as the target does.
    check_patch(
        autoscaler(&json!({})),
        json!({"spec": {"maxReplicas": 9}}),
        &[],
    );
    check_patch(
        autoscaler(&json!({})),
        json!({"spec": {"scaleTargetRef": {"apiVersion": "v1"}}}),
        &[
            r#"spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group"#,
        ],
    );
    // What is of another type counts as not there.
    check_patch(
        autoscaler(&json!({})),
        json!({"spec": {"scaleTargetRef": "web", "metrics": 3, "behavior": [], "maxReplicas": "5"}}),
        &[
            "spec.maxReplicas: Required value: must be set and greater than 0",
            "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
            "spec.scaleTargetRef.kind: Required value",
            "spec.scaleTargetRef.name: Required value",
            r#"spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group"#,
        ],
    );
    check_patch_of(
        autoscaler(&json!({})),
        "status",
        json!({"status": {"currentReplicas": -1}}),
        &["status.currentReplicas: Invalid value: -1: must be greater than or equal to 0"],
    );
    check_patch_of(
        budget(json!({"maxUnavailable": 1})),
        "status",
        json!({"status": {"expectedPods": -1}}),
        &["status.expectedPods: Invalid value: -1: must be greater than or equal to 0"],
    );
}

#[test]
fn disruption_budgets() {
    check(budget(json!({"minAvailable": "50%", "selector": {}})), &[]);
    check(
        budget(
            json!({"minAvailable": "101%", "maxUnavailable": -1, "unhealthyPodEvictionPolicy": "Never"}),
        ),
        &[
            r#"spec: Invalid value: {"MinAvailable":"101%","Selector":null,"MaxUnavailable":-1,"UnhealthyPodEvictionPolicy":"Never"}: minAvailable and maxUnavailable cannot be both set"#,
            r#"spec.minAvailable: Invalid value: "101%": must not be greater than 100%"#,
            "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0",
            r#"spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget""#,
        ],
    );
    // The name is looked at last, and may be anything that can stand in a URL.
    let mut named = budget(json!({"minAvailable": "x"}));
    named["metadata"]["name"] = "A/b".into();
    check(
        named.clone(),
        &[
            "spec.minAvailable: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ],
    );
    named["spec"] = json!({});
    check(
        named.clone(),
        &[r#"metadata.name: Invalid value: "A/b": may not contain '/'"#],
    );
    named["metadata"]["name"] = "Any_Name".into();
    check(named, &[]);
}
