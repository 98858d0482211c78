//! Label selectors.

use std::collections::BTreeMap;

use super::meta::{LabelSelector, LabelSelectorRequirement};

/// Labels as objects carry them.
pub type Labels = BTreeMap<String, String>;

/// Whether `selector` selects `labels`. An empty selector selects everything.
///
/// A requirement with an unknown operator selects nothing; validation refuses such selectors.
#[must_use]
pub fn matches(selector: &LabelSelector, labels: Option<&Labels>) -> bool {
    matches_map(selector.match_labels.as_ref(), labels)
        && selector
            .match_expressions
            .iter()
            .flatten()
            .all(|requirement| satisfies(requirement, labels))
}

/// Whether every pair of `wanted` is in `labels`; true for no pairs.
#[must_use]
pub fn matches_map(wanted: Option<&Labels>, labels: Option<&Labels>) -> bool {
    wanted
        .into_iter()
        .flatten()
        .all(|(key, value)| label(labels, key) == Some(value))
}

fn satisfies(requirement: &LabelSelectorRequirement, labels: Option<&Labels>) -> bool {
    let value = label(labels, &requirement.key);
    let listed = |value: &str| requirement.values.iter().flatten().any(|one| one == value);
    match requirement.operator.as_str() {
        "In" => value.is_some_and(listed),
        // A missing key satisfies NotIn and DoesNotExist.
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

fn label<'a>(labels: Option<&'a Labels>, key: &str) -> Option<&'a str> {
    labels?.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(selector: serde_json::Value, labels: serde_json::Value, expect: bool) {
        let parsed: LabelSelector = serde_json::from_value(selector.clone()).unwrap();
        let labels: Labels = serde_json::from_value(labels).unwrap();
        assert_eq!(
            matches(&parsed, Some(&labels)),
            expect,
            "{selector} on {labels:?}"
        );
    }

    #[test]
    fn selects_as_kubernetes_does() {
        let labels = json!({"app": "web", "tier": "front"});
        check(json!({}), labels.clone(), true);
        check(json!({"matchLabels": {"app": "web"}}), labels.clone(), true);
        check(json!({"matchLabels": {"app": "db"}}), labels.clone(), false);
        for (operator, key, values, expect) in [
            ("In", "app", json!(["db", "web"]), true),
            ("In", "none", json!(["web"]), false),
            ("NotIn", "app", json!(["web"]), false),
            ("NotIn", "none", json!(["web"]), true),
            ("Exists", "tier", json!(null), true),
            ("DoesNotExist", "tier", json!(null), false),
            ("DoesNotExist", "none", json!(null), true),
            ("Sometimes", "app", json!(["web"]), false),
        ] {
            let selector =
                json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
            check(selector, labels.clone(), expect);
        }
    }
}
