//! Rules of label selectors.

use crate::api::json_text;
use crate::api::meta::LabelSelector;
use serde_json::json;

use super::field::{FieldPath, Problems, Raw};
use super::{metadata, names};

/// Keys, operators and values.
pub(super) fn label_selector(
    selector: Option<&LabelSelector>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let Some(selector) = selector else { return };
    metadata::labels(
        selector.match_labels.as_ref(),
        &path.child("matchLabels"),
        problems,
    );
    let expressions = path.child("matchExpressions");
    for (index, requirement) in selector.match_expressions.iter().flatten().enumerate() {
        let path = expressions.index(index);
        let values = requirement.values.as_deref().unwrap_or_default();
        operator(&requirement.operator, values, &path, problems);
        problems.invalid_each(
            &path.child("key"),
            &requirement.key,
            names::label_key(&requirement.key),
        );
        let path = path.child("values");
        for (index, value) in values.iter().enumerate() {
            problems.invalid_each(&path.index(index), value, names::label_value(value));
        }
    }
}

/// Whether the selector can be used to select.
pub(super) fn is_valid(selector: &LabelSelector) -> bool {
    let mut problems = Problems::default();
    label_selector(Some(selector), &FieldPath::new(""), &mut problems);
    problems.0.is_empty()
}

/// Whether the operator is known, and has values exactly if it needs them.
pub(super) fn operator(
    operator: &str,
    values: &[String],
    path: &FieldPath,
    problems: &mut Problems,
) {
    let path_of_values = path.child("values");
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            problems.required(
                &path_of_values,
                "must be specified when `operator` is 'In' or 'NotIn'",
            );
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            problems.forbidden(
                &path_of_values,
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            );
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => problems.invalid(
            &path.child("operator"),
            operator,
            "not a valid selector operator",
        ),
    }
}

/// The selector as it stands in a message.
pub(super) fn as_json(selector: &LabelSelector) -> Raw {
    let mut fields = Vec::new();
    if let Some(labels) = selector.match_labels.as_ref().filter(|all| !all.is_empty()) {
        fields.push(format!(
            "\"matchLabels\":{}",
            json_text::text(&json!(labels))
        ));
    }
    if let Some(all) = selector
        .match_expressions
        .as_ref()
        .filter(|all| !all.is_empty())
    {
        fields.push(format!(
            "\"matchExpressions\":{}",
            json_text::text(&json!(all))
        ));
    }
    Raw(format!("{{{}}}", fields.join(",")))
}
