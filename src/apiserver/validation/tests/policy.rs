//! Priority classes, limit ranges and quotas.

use serde_json::{Value, json};

use super::{check, check_patch};

fn class(name: &str, fields: &Value) -> Value {
    let mut json = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}});
    let fields = fields.as_object().unwrap().clone();
    json.as_object_mut().unwrap().extend(fields);
    json
}

fn range(limits: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}, "spec": {"limits": limits}})
}

fn quota(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "a"}, "spec": spec})
}

#[test]
fn priority_classes() {
    let reserved = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use \
        only. error: ";
    check(class("high", &json!({"value": 1_000_000_000})), &[]);
    check(
        class("high", &json!({"value": 1_000_000_001})),
        &["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    );
    check(
        class("system-mine", &json!({"value": 5})),
        &[&format!(
            "{reserved}system-mine is not a known system priority class"
        )],
    );
    check(
        class("system-node-critical", &json!({"value": 5})),
        &[&format!(
            "{reserved}value of system-node-critical PriorityClass must be 2000001000"
        )],
    );
    check(
        class(
            "high",
            &json!({"value": 1, "preemptionPolicy": "Sometimes"}),
        ),
        &[
            r#"preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never""#,
        ],
    );
    check_patch(
        class("high", &json!({"value": 1})),
        json!({"value": 2, "preemptionPolicy": "Never", "description": "new"}),
        &[
            "value: Forbidden: may not be changed in an update.",
            r#"preemptionPolicy: Invalid value: "Never": field is immutable"#,
        ],
    );
}

#[test]
fn limit_ranges() {
    check(
        range(json!([{"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "100m"}}])),
        &[],
    );
    check(
        range(json!([{"type": "Node", "max": {"cpu": "1"}}, {"type": "Node"}])),
        &[
            r#"spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified"#,
            r#"spec.limits[1].type: Invalid value: "Node": must be a standard limit type or fully qualified"#,
            r#"spec.limits[1].type: Duplicate value: "Node""#,
        ],
    );
    check(
        range(json!([{"type": "Container", "max": {"pods": "1"}}])),
        &[
            r#"spec.limits[0].max[pods]: Invalid value: "pods": must be a standard resource for containers"#,
            r#"spec.limits[0].default[pods]: Invalid value: "pods": must be a standard resource for containers"#,
            r#"spec.limits[0].defaultRequest[pods]: Invalid value: "pods": must be a standard resource for containers"#,
        ],
    );
    check(
        range(json!([{"type": "Pod", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "1"}}])),
        &[
            "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
            "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
        ],
    );
    check(
        range(json!([{"type": "PersistentVolumeClaim", "maxLimitRequestRatio": {"storage": "2"}}])),
        &[
            "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither \
             was provided",
        ],
    );
    check(
        range(
            json!([{"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}, "default": {"cpu": "3"},
            "defaultRequest": {"cpu": "4"}}]),
        ),
        &[
            r#"spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1"#,
            r#"spec.limits[0].defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than max value 1"#,
            r#"spec.limits[0].defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than default limit value 3"#,
            r#"spec.limits[0].default[cpu]: Invalid value: "1": default value 3 is greater than max value 1"#,
        ],
    );
    check(
        range(
            json!([{"type": "Pod", "min": {"cpu": "300m"}, "max": {"cpu": "1"}, "maxLimitRequestRatio": {"cpu": "4"}}]),
        ),
        &[
            r#"spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = 3.333333"#,
        ],
    );
    check(
        range(json!([{"type": "Pod", "maxLimitRequestRatio": {"cpu": "500m"}}])),
        &[
            r#"spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1"#,
        ],
    );
}

#[test]
fn quotas() {
    check(
        quota(
            json!({"hard": {"pods": 3, "count/jobs.batch": "2", "requests.example.com/gpu": "1"}}),
        ),
        &[],
    );
    check(
        quota(json!({"hard": {"storage": "1Gi", "pods": "-1", "services": "1500m"}})),
        &[
            r#"spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0"#,
            r#"spec.hard[services]: Invalid value: "1500m": must be an integer"#,
            r#"spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota"#,
        ],
    );
    check(
        quota(json!({"hard": {"cpu": "1"}, "scopes": ["BestEffort", "NotBestEffort", "Odd"]})),
        &[
            r#"spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope applied to resource"#,
            r#"spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope"#,
            r#"spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: conflicting scopes"#,
        ],
    );
    let selector = |scope: &str, operator: &str, values: Value| {
        quota(
            json!({"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": [
            {"scopeName": scope, "operator": operator, "values": values}]}}),
        )
    };
    check(selector("PriorityClass", "In", json!(["high"])), &[]);
    check(
        selector("PriorityClass", "In", json!([])),
        &[
            "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is \
             'In' or 'NotIn' for scope selector",
        ],
    );
    check(
        selector("PriorityClass", "Exists", json!(["high"])),
        &[
            r#"spec.scopeSelector.matchExpressions.values: Invalid value: ["high"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"#,
        ],
    );
    check_patch(
        quota(json!({"hard": {"pods": "1"}, "scopes": ["BestEffort"]})),
        json!({"spec": {"scopes": ["Terminating"]}}),
        &[r#"spec.scopes: Invalid value: ["Terminating"]: field is immutable"#],
    );
}
