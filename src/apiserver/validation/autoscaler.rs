//! Rules of horizontal pod autoscalers. Their spec and status are kept as JSON.

use serde_json::Value;

use crate::api::Quantity;
use crate::api::quantity::milli_value;

use super::field::{FieldPath, Problems};
use super::names;

/// Types of metrics, in alphabetical order as the messages have them.
const METRIC_TYPES: [&str; 5] = [
    "ContainerResource",
    "External",
    "Object",
    "Pods",
    "Resource",
];
const TARGET_TYPES: [&str; 3] = ["Utilization", "Value", "AverageValue"];
const SELECT_POLICIES: [&str; 3] = ["Disabled", "Max", "Min"];
const POLICY_TYPES: [&str; 2] = ["Percent", "Pods"];
const LONGEST_PERIOD_SECONDS: i64 = 1800;
const LONGEST_WINDOW_SECONDS: i64 = 3600;

/// A source of metrics: its field and the type that names it, what it must tell, and what of its target.
struct Source {
    field: &'static str,
    type_: &'static str,
    rules: &'static [Rule],
}

/// A rule of a source.
#[derive(Clone, Copy)]
enum Rule {
    /// `metric.name`
    Metric,
    /// `describedObject`
    Described,
    /// `name`: a resource.
    Resource,
    /// `container`
    Container,
    /// Either of two fields of the target, the second is missed with this text.
    Either(&'static str, &'static str, &'static str),
    /// Not both of two fields of the target; the second is forbidden with this text.
    NotBoth(&'static str, &'static str, &'static str),
}

const RAW_OR_UTILIZATION: Rule = Rule::Either(
    "averageValue",
    "averageUtilization",
    "must set either a target raw value or a target utilization",
);
const NOT_RAW_AND_UTILIZATION: Rule = Rule::NotBoth(
    "averageUtilization",
    "averageValue",
    "may not set both a target raw value and a target utilization",
);

/// In the order in which the server looks for them.
const SOURCES: [Source; 5] = [
    Source {
        field: "object",
        type_: "Object",
        rules: &[
            Rule::Described,
            Rule::Metric,
            Rule::Either(
                "value",
                "averageValue",
                "must set either a target value or averageValue",
            ),
        ],
    },
    Source {
        field: "external",
        type_: "External",
        rules: &[
            Rule::Metric,
            Rule::Either(
                "value",
                "averageValue",
                "must set either a target value for metric or a per-pod target",
            ),
            Rule::NotBoth(
                "averageValue",
                "value",
                "may not set both a target value for metric and a per-pod target",
            ),
        ],
    },
    Source {
        field: "pods",
        type_: "Pods",
        rules: &[
            Rule::Metric,
            Rule::Either(
                "averageValue",
                "averageValue",
                "must specify a positive target averageValue",
            ),
        ],
    },
    Source {
        field: "resource",
        type_: "Resource",
        rules: &[Rule::Resource, RAW_OR_UTILIZATION, NOT_RAW_AND_UTILIZATION],
    },
    Source {
        field: "containerResource",
        type_: "ContainerResource",
        rules: &[
            Rule::Resource,
            Rule::Container,
            RAW_OR_UTILIZATION,
            NOT_RAW_AND_UTILIZATION,
        ],
    },
];

/// A new autoscaler, or with `old` a changed one.
pub(super) fn horizontal_pod_autoscaler(
    spec: &Value,
    old: Option<&Value>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    let (least, most) = (spec["minReplicas"].as_i64(), number(&spec["maxReplicas"]));
    let had_zero = old.is_some_and(|old| old["minReplicas"] == 0);
    if let Some(least) = least.filter(|least| *least < 0 || *least == 0 && !had_zero) {
        let bound = i64::from(!had_zero);
        let detail = format!("must be greater than or equal to {bound}");
        problems.invalid(&path.child("minReplicas"), least, &detail);
    }
    let of_most = path.child("maxReplicas");
    if most == 0 {
        problems.required(&of_most, "must be set and greater than 0");
    } else if most < 0 {
        problems.invalid(&of_most, most, "must be greater than or equal to 1");
    }
    if least.is_some_and(|least| most < least) {
        problems.invalid(
            &of_most,
            most,
            "must be greater than or equal to `minReplicas`",
        );
    }
    let (target, group) = (&spec["scaleTargetRef"], target_group(spec, old));
    reference(target, group, &path.child("scaleTargetRef"), problems);
    metrics(spec, least, &path.child("metrics"), problems);
    let behavior = path.child("behavior");
    for direction in ["scaleUp", "scaleDown"] {
        if let Some(rules) = spec["behavior"].get(direction) {
            scaling_rules(rules, &behavior.child(direction), problems);
        }
    }
}

/// Numbers of replicas are not negative.
pub(super) fn status(status: &Value, problems: &mut Problems) {
    let path = FieldPath::new("status");
    let numbers = ["currentReplicas", "desiredReplicas"];
    problems.all_non_negative(&path, &numbers.map(|field| (field, status[field].as_i64())));
}

/// What is asked of an `apiVersion`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Required,
    Optional,
    Unchecked,
}

fn target_group(spec: &Value, old: Option<&Value>) -> Group {
    let target = |spec: &Value| {
        let target = &spec["scaleTargetRef"];
        (
            text(&target["apiVersion"]).to_owned(),
            text(&target["kind"]).to_owned(),
        )
    };
    let new = target(spec);
    if old.is_some_and(|old| target(old) == new) {
        Group::Unchecked
    } else if new.1 == "ReplicationController" {
        // The only kind of the core group that can be scaled.
        Group::Optional
    } else {
        Group::Required
    }
}

fn reference(target: &Value, group: Group, path: &FieldPath, problems: &mut Problems) {
    for field in ["kind", "name"] {
        path_segment(text(&target[field]), "", &path.child(field), problems);
    }
    let version = text(&target["apiVersion"]);
    let path = path.child("apiVersion");
    if group == Group::Unchecked {
    } else if version.matches('/').count() > 1 {
        let detail = format!("unexpected GroupVersion string: {version}");
        problems.invalid(&path, version, &detail);
    } else if group == Group::Required
        && version
            .split_once('/')
            .is_none_or(|(own, _)| own.is_empty())
    {
        problems.invalid(&path, version, "apiVersion must specify API group");
    }
}

/// A name that can stand in a URL.
fn path_segment(name: &str, missing: &str, path: &FieldPath, problems: &mut Problems) {
    if name.is_empty() {
        problems.required(path, missing);
    }
    problems.invalid_each(path, name, names::path_segment(name));
}

fn metrics(spec: &Value, least: Option<i64>, path: &FieldPath, problems: &mut Problems) {
    let all = spec["metrics"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (index, metric) in all.iter().enumerate() {
        self::metric(metric, &path.index(index), problems);
    }
    let scales_from_zero = |metric: &Value| matches!(text(&metric["type"]), "Object" | "External");
    if least == Some(0) && !all.iter().any(scales_from_zero) {
        let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
        problems.forbidden(path, detail);
    }
}

fn metric(metric: &Value, path: &FieldPath, problems: &mut Problems) {
    let (type_, of_type) = (text(&metric["type"]), path.child("type"));
    if type_.is_empty() {
        problems.required(&of_type, "must specify a metric source type");
    }
    let known = METRIC_TYPES.contains(&type_);
    if !known {
        problems.not_supported(&of_type, type_, &METRIC_TYPES);
    }
    let given = || {
        SOURCES
            .iter()
            .filter(|source| metric.get(source.field).is_some())
    };
    if let Some(first) = given().next() {
        metric_source(
            &metric[first.field],
            first,
            &path.child(first.field),
            problems,
        );
    }
    match SOURCES.iter().find(|source| source.type_ == type_) {
        Some(own) if metric.get(own.field).is_none() => {
            let detail = "must populate information for the given metric source";
            problems.required(&path.child(own.field), detail);
        }
        Some(_) => {}
        // The server says it twice.
        None => problems.not_supported(&of_type, type_, &METRIC_TYPES),
    }
    if given().count() != 1 {
        for other in given().filter(|source| source.type_ != type_) {
            let detail = "must populate the given metric source only";
            problems.forbidden(&path.child(other.field), detail);
        }
    }
}

fn metric_source(own: &Value, source: &Source, path: &FieldPath, problems: &mut Problems) {
    let (target, of_target) = (&own["target"], path.child("target"));
    let first_of_target = source
        .rules
        .iter()
        .position(|rule| matches!(rule, Rule::Either(..)));
    for (index, rule) in source.rules.iter().enumerate() {
        if Some(index) == first_of_target {
            metric_target(target, &of_target, problems);
        }
        match *rule {
            Rule::Metric => {
                let (name, path) = (text(&own["metric"]["name"]), path.child("metric"));
                path_segment(
                    name,
                    "must specify a metric name",
                    &path.child("name"),
                    problems,
                );
            }
            Rule::Described => {
                let path = path.child("describedObject");
                reference(&own["describedObject"], Group::Optional, &path, problems);
            }
            Rule::Resource if text(&own["name"]).is_empty() => {
                problems.required(&path.child("name"), "must specify a resource name");
            }
            Rule::Resource => {}
            Rule::Container => {
                let (name, path) = (text(&own["container"]), path.child("container"));
                if name.is_empty() {
                    problems.required(&path, "must specify a container");
                } else {
                    problems.invalid_each(&path, name, names::dns_label(name));
                }
            }
            Rule::Either(one, other, detail) => {
                if target.get(one).is_none() && target.get(other).is_none() {
                    problems.required(&of_target.child(other), detail);
                }
            }
            Rule::NotBoth(one, other, detail) => {
                if target.get(one).is_some() && target.get(other).is_some() {
                    problems.forbidden(&of_target.child(other), detail);
                }
            }
        }
    }
}

fn metric_target(target: &Value, path: &FieldPath, problems: &mut Problems) {
    let (type_, of_type) = (text(&target["type"]), path.child("type"));
    if type_.is_empty() {
        problems.required(&of_type, "must specify a metric target type");
    }
    if !TARGET_TYPES.contains(&type_) {
        let detail = "must be either Utilization, Value, or AverageValue";
        problems.invalid(&of_type, type_, detail);
    }
    for field in ["value", "averageValue"] {
        if let Some(value) = target.get(field)
            && milli(value) <= 0
        {
            problems.invalid(&path.child(field), value.clone(), "must be positive");
        }
    }
    if let Some(share) = target["averageUtilization"]
        .as_i64()
        .filter(|share| *share < 1)
    {
        problems.invalid(
            &path.child("averageUtilization"),
            share,
            "must be greater than 0",
        );
    }
}

fn scaling_rules(rules: &Value, path: &FieldPath, problems: &mut Problems) {
    if let Some(window) = rules["stabilizationWindowSeconds"].as_i64() {
        let path = path.child("stabilizationWindowSeconds");
        if window < 0 {
            problems.invalid(&path, window, "must be greater than or equal to zero");
        }
        if window > LONGEST_WINDOW_SECONDS {
            problems.invalid(&path, window, "must be less than or equal to 3600");
        }
    }
    let policy = rules["selectPolicy"].as_str();
    if let Some(policy) = policy.filter(|policy| !SELECT_POLICIES.contains(policy)) {
        problems.not_supported(&path.child("selectPolicy"), policy, &SELECT_POLICIES);
    }
    let (policies, list) = (rules["policies"].as_array(), path.child("policies"));
    if policies.is_none_or(Vec::is_empty) {
        problems.required(&list, "must specify at least one Policy");
    }
    for (index, policy) in policies.into_iter().flatten().enumerate() {
        scaling_policy(policy, &list.index(index), problems);
    }
    if let Some(tolerance) = rules.get("tolerance")
        && milli(tolerance) < 0
    {
        let detail = "must be greater than or equal to 0";
        problems.invalid(&path.child("tolerance"), tolerance.clone(), detail);
    }
}

fn scaling_policy(policy: &Value, path: &FieldPath, problems: &mut Problems) {
    let type_ = text(&policy["type"]);
    if !POLICY_TYPES.contains(&type_) {
        problems.not_supported(&path.child("type"), type_, &POLICY_TYPES);
    }
    for field in ["value", "periodSeconds"] {
        let value = number(&policy[field]);
        if value <= 0 {
            problems.invalid(&path.child(field), value, "must be greater than zero");
        }
    }
    let period = number(&policy["periodSeconds"]);
    if period > LONGEST_PERIOD_SECONDS {
        let detail = "must be less than or equal to 1800";
        problems.invalid(&path.child("periodSeconds"), period, detail);
    }
}

fn milli(quantity: &Value) -> i128 {
    milli_value(&Quantity(text(quantity).to_owned())).unwrap_or(0)
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}

fn number(json: &Value) -> i64 {
    json.as_i64().unwrap_or(0)
}
