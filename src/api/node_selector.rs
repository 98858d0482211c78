//! Node selector terms, as node affinity uses them.

use super::core::{NodeSelectorRequirement, NodeSelectorTerm};
use super::selector::Labels;

/// The only field that `matchFields` knows.
pub const NAME_FIELD: &str = "metadata.name";

/// Whether a node with this name and these labels matches any of `terms`; an empty term matches none.
#[must_use]
pub fn matches_any(terms: &[NodeSelectorTerm], name: &str, labels: Option<&Labels>) -> bool {
    terms.iter().any(|term| matches(term, name, labels))
}

/// Whether a node matches all of a term; an empty term matches none.
#[must_use]
pub fn matches(term: &NodeSelectorTerm, name: &str, labels: Option<&Labels>) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    expressions.iter().all(|requirement| {
        let value = labels.and_then(|labels| labels.get(&requirement.key));
        satisfies(requirement, value.map(String::as_str))
    }) && fields.iter().all(|requirement| {
        requirement.key == NAME_FIELD
            && matches!(requirement.operator.as_str(), "In" | "NotIn")
            && satisfies(requirement, Some(name))
    })
}

fn satisfies(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = |value: &str| values.iter().any(|one| one == value);
    match requirement.operator.as_str() {
        "In" => value.is_some_and(listed),
        // A missing label satisfies NotIn and DoesNotExist.
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => numbers(value, values).is_some_and(|(value, bound)| value > bound),
        "Lt" => numbers(value, values).is_some_and(|(value, bound)| value < bound),
        _ => false,
    }
}

/// Gt and Lt compare integers; anything else does not match.
fn numbers(value: Option<&str>, values: &[String]) -> Option<(i64, i64)> {
    let [bound] = values else { return None };
    Some((value?.parse().ok()?, bound.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(term: Value, expect: bool) {
        let labels = [("disk", "ssd"), ("gen", "5")];
        let labels = labels
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let parsed: NodeSelectorTerm = serde_json::from_value(term.clone()).unwrap();
        assert_eq!(matches(&parsed, "node-1", Some(&labels)), expect, "{term}");
    }

    fn label(key: &str, operator: &str, values: Value) -> Value {
        json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]})
    }

    #[test]
    fn terms_match_labels_and_the_name() {
        check(json!({}), false);
        check(label("disk", "In", json!(["hdd", "ssd"])), true);
        check(label("disk", "NotIn", json!(["ssd"])), false);
        check(label("none", "NotIn", json!(["ssd"])), true);
        check(label("disk", "Exists", json!(null)), true);
        check(label("none", "DoesNotExist", json!(null)), true);
        check(label("gen", "Gt", json!(["4"])), true);
        check(label("gen", "Gt", json!(["5"])), false);
        check(label("gen", "Lt", json!(["10"])), true);
        check(label("disk", "Gt", json!(["4"])), false);
        check(label("none", "Lt", json!(["4"])), false);
        let field = |operator: &str, name: &str| json!({"matchFields": [{"key": "metadata.name", "operator": operator, "values": [name]}]});
        check(field("In", "node-1"), true);
        check(field("In", "node-2"), false);
        check(field("NotIn", "node-2"), true);
    }
}
