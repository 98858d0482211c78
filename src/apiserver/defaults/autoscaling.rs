//! Defaults of the autoscaling group. An autoscaler's spec is kept as JSON.

use crate::api::json_text;
use serde_json::{Value, json};

use crate::api::Quantity;
use crate::api::quantity::canonical;

/// Where in a metric's source a target stands, with its quantities.
const SOURCES: [&str; 5] = [
    "object",
    "external",
    "pods",
    "resource",
    "containerResource",
];

/// An autoscaler: at least one replica, 80 % of the requested CPU, and how fast it scales.
pub(super) fn horizontal_pod_autoscaler(spec: &mut Value) {
    or(spec, "minReplicas", || json!(1));
    or(spec, "maxReplicas", || json!(0));
    or(spec, "scaleTargetRef", || json!({}));
    let target = &mut spec["scaleTargetRef"];
    for field in ["kind", "name"] {
        or(target, field, || json!(""));
    }
    drop_empty(target, "apiVersion");
    if spec["metrics"].as_array().is_none_or(Vec::is_empty) {
        spec["metrics"] = json!([{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]);
    }
    for metric in spec["metrics"].as_array_mut().into_iter().flatten() {
        for source in SOURCES {
            if let Some(source) = metric.get_mut(source) {
                metric_source(source);
            }
        }
    }
    if let Some(behavior) = spec.get_mut("behavior") {
        scaling_rules(behavior);
    }
}

fn metric_source(source: &mut Value) {
    if let Some(described) = source.get_mut("describedObject") {
        drop_empty(described, "apiVersion");
    }
    for field in ["value", "averageValue"] {
        if let Some(target) = source.get_mut("target") {
            quantity(target, field);
        }
    }
}

/// Both directions, once `behavior` is there at all. Down the window is the controller's own, five minutes.
fn scaling_rules(behavior: &mut Value) {
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    let directions = [
        (
            "scaleUp",
            json!({"stabilizationWindowSeconds": 0, "policies": [pods, percent]}),
        ),
        ("scaleDown", json!({"policies": [percent]})),
    ];
    for (direction, defaults) in directions {
        or(behavior, direction, || json!({}));
        let Some(rules) = behavior.get_mut(direction) else {
            continue;
        };
        or(rules, "selectPolicy", || json!("Max"));
        for field in ["stabilizationWindowSeconds", "policies"] {
            if let Some(default) = defaults.get(field) {
                or(rules, field, || default.clone());
            }
        }
        quantity(rules, "tolerance");
    }
}

/// A quantity as the server stores it; it may be written as a number.
fn quantity(map: &mut Value, field: &str) {
    let Some(value) = map.get_mut(field) else {
        return;
    };
    let text = value
        .as_str()
        .map_or_else(|| json_text::text(value), str::to_owned);
    *value = canonical(&Quantity(text.clone()))
        .map_or(text, |stored| stored.0)
        .into();
}

fn or(map: &mut Value, field: &str, default: impl FnOnce() -> Value) {
    if map.get(field).is_none() && map.is_object() {
        map[field] = default();
    }
}

fn drop_empty(map: &mut Value, field: &str) {
    if map[field] == "" || map[field].is_null() {
        map.as_object_mut().and_then(|map| map.remove(field));
    }
}
