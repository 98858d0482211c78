//! Hints and fixes for a cause, where the mend is sure.

use super::edits::{insert, pair, scalar_text};
use super::{Case, words};
use crate::manifest::diagnostic::{Diagnostic, Edit, Fix};
use crate::manifest::path;
use crate::manifest::suggest::nearest;
use crate::manifest::tree::{Entry, Node, Value};

/// The diagnostic with what helps.
pub(super) fn add(case: &Case<'_>, problem: Diagnostic) -> Diagnostic {
    let why = words::explanation(case.cause.message);
    match case.cause.reason {
        "FieldValueNotSupported" => one_of(case, problem, why),
        "FieldValueNotFound" => not_found(case, problem),
        "FieldValueRequired" if case.cause.field == "spec.selector" => selector(case, problem),
        "FieldValueRequired" => required(case, problem, why),
        "FieldValueInvalid" if why.starts_with("`selector` does not match") => {
            labels(case, problem)
        }
        "FieldValueInvalid" => invalid(case, problem, why),
        _ => problem,
    }
}

/// A value of a set: the nearest, or the only one.
fn one_of(case: &Case<'_>, problem: Diagnostic, why: &str) -> Diagnostic {
    let values = quoted(why.strip_prefix("supported values: ").unwrap_or_default());
    let (Some(given), Some(node)) = (words::value(case.cause.message), case.found) else {
        return problem;
    };
    let meant = nearest(given, values.iter().copied());
    let problem = match meant {
        Some(meant) => problem.with_hint(format!("Did you mean `{meant}`?")),
        None => problem,
    };
    let problem = problem.with_hint(may_be(&values));
    let only = (values.len() == 1).then(|| values[0]);
    match meant.or(only) {
        Some(meant) => problem.with_fix(change(node, given, meant)),
        None => problem,
    }
}

/// A mount of a volume that the pod does not have.
fn not_found(case: &Case<'_>, problem: Diagnostic) -> Diagnostic {
    let field = case.cause.field;
    let Some((spec, _)) = field
        .split_once(".containers[")
        .or_else(|| field.split_once(".initContainers["))
    else {
        return problem;
    };
    let volumes = path::find(case.root, spec).and_then(|spec| spec.get("volumes"));
    let names: Vec<&str> = match volumes.map(|node| &node.value) {
        Some(Value::Sequence(items)) if field.ends_with("].name") => items
            .iter()
            .filter_map(|item| item.get("name")?.as_str())
            .collect(),
        _ => return problem,
    };
    let (Some(given), Some(node)) = (words::value(case.cause.message), case.found) else {
        return problem;
    };
    match nearest(given, names.iter().copied()) {
        Some(meant) => problem
            .with_hint(format!("Did you mean `{meant}`?"))
            .with_fix(change(node, given, meant)),
        None if names.is_empty() => {
            problem.with_hint("The pod has no volumes; list it under `volumes`")
        }
        None => problem.with_hint(format!("The pod's volumes: `{}`", names.join("`, `"))),
    }
}

/// A field without which there is no object: the values that it may have.
fn required(case: &Case<'_>, problem: Diagnostic, why: &str) -> Diagnostic {
    let Some(values) = why.strip_prefix("valid values: ").map(quoted) else {
        return problem;
    };
    let mut problem = problem.with_hint(may_be(&values));
    let parent = case
        .cause
        .field
        .rsplit_once('.')
        .and_then(|(parent, _)| path::find(case.root, parent));
    for value in values {
        let line = pair(&case.name, value);
        let edit = parent.and_then(|parent| insert(case.text, parent, std::slice::from_ref(&line)));
        if let Some(edit) = edit {
            problem = problem.with_fix(fix(format!("Add `{line}`"), vec![edit]));
        }
    }
    problem
}

/// A workload without a selector selects the labels of its template.
fn selector(case: &Case<'_>, problem: Diagnostic) -> Diagnostic {
    let labels = entries(path::find(case.root, "spec.template.metadata.labels"));
    let mut lines = vec!["selector:".to_owned(), "  matchLabels:".to_owned()];
    lines.extend(
        labels
            .iter()
            .filter_map(|label| Some(format!("    {}", pair(&label.key, label.value.as_str()?)))),
    );
    let edit = case
        .root
        .get("spec")
        .and_then(|spec| insert(case.text, spec, &lines));
    match edit.filter(|_| !labels.is_empty()) {
        Some(edit) => problem.with_fix(fix("Select the template's labels".to_owned(), vec![edit])),
        None => problem,
    }
}

/// A template without the labels that the selector asks for gets them.
fn labels(case: &Case<'_>, problem: Diagnostic) -> Diagnostic {
    let wanted = entries(path::find(case.root, "spec.selector.matchLabels"));
    let shown: Vec<String> = wanted
        .iter()
        .filter_map(|label| Some(format!("`{}: {}`", label.key, label.value.as_str()?)))
        .collect();
    if shown.is_empty() {
        return problem;
    }
    let problem = problem.with_hint(format!("The template has to have {}", shown.join(" and ")));
    match label_edits(case, &wanted) {
        Some(edits) => problem.with_fix(fix(
            "Add the selector's labels to the template".to_owned(),
            edits,
        )),
        None => problem,
    }
}

fn label_edits(case: &Case<'_>, wanted: &[&Entry]) -> Option<Vec<Edit>> {
    let line = |label: &Entry| Some(pair(&label.key, label.value.as_str()?));
    let template = path::find(case.root, "spec.template")?;
    let metadata = template
        .get("metadata")
        .filter(|node| !entries(Some(node)).is_empty());
    let labels = metadata
        .and_then(|metadata| metadata.get("labels"))
        .filter(|node| !entries(Some(node)).is_empty());
    let Some(labels) = labels else {
        let (place, mut lines) = match metadata {
            Some(metadata) => (metadata, vec!["labels:".to_owned()]),
            None => (
                template,
                vec!["metadata:".to_owned(), "  labels:".to_owned()],
            ),
        };
        let indentation = "  ".repeat(lines.len());
        lines.extend(
            wanted
                .iter()
                .filter_map(|label| Some(format!("{indentation}{}", line(label)?))),
        );
        return Some(vec![insert(case.text, place, &lines)?]);
    };
    let mut edits = Vec::new();
    let mut missing = Vec::new();
    for label in wanted {
        match labels.entry(&label.key) {
            None => missing.push(line(label)?),
            Some(has) if has.value.as_str() != label.value.as_str() => edits.push(Edit {
                span: has.value.span.clone(),
                text: scalar_text(label.value.as_str()?),
            }),
            Some(_) => {}
        }
    }
    if !missing.is_empty() {
        edits.push(match insert(case.text, labels, &missing) {
            Some(edit) => edit,
            // `{app: web}`
            None => Edit {
                span: labels.span.start + 1..labels.span.start + 1,
                text: format!("{}, ", missing.join(", ")),
            },
        });
    }
    edits.sort_by_key(|edit| edit.span.start);
    Some(edits)
}

fn invalid(case: &Case<'_>, problem: Diagnostic, why: &str) -> Diagnostic {
    let Some(node) = case.found else {
        return problem;
    };
    let exact = why
        .strip_prefix("must be ")
        .filter(|rest| rest.parse::<i64>().is_ok());
    if let Some(exact) = exact {
        return problem.with_fix(replace("Change it to", node, exact));
    }
    // `must be less than or equal to cpu limit of 500m`
    if let Some((what, limit)) = words::limited(why) {
        let request = node.get(what).unwrap_or(node);
        return match &request.value {
            Value::Scalar(_) => problem.with_fix(replace("Lower it to", request, limit)),
            _ => problem,
        };
    }
    let is_label = why.starts_with("a lowercase RFC 1123 label ");
    let is_name = is_label || why.starts_with("a lowercase RFC 1123 subdomain ");
    // Other names are referred to from elsewhere.
    let alone =
        case.cause.field.ends_with("metadata.name") || case.cause.field.contains("ontainers[");
    let meant = words::value(case.cause.message)
        .filter(|_| is_name && alone)
        .and_then(|value| meant_name(value, is_label));
    match meant {
        Some(meant) => problem.with_fix(replace("Change it to", node, &meant)),
        None => problem,
    }
}

/// A valid name that `name` was probably meant to be.
fn meant_name(name: &str, is_label: bool) -> Option<String> {
    let lower = name.trim().to_ascii_lowercase();
    let mapped: String = lower
        .chars()
        .map(|character| match character {
            '.' if !is_label => '.',
            'a'..='z' | '0'..='9' => character,
            _ => '-',
        })
        .collect();
    let trimmed = mapped.trim_matches(['-', '.']);
    let is_near = name.is_ascii() && !trimmed.is_empty() && trimmed.len() <= 63;
    (is_near && trimmed != name).then(|| trimmed.to_owned())
}

fn entries(node: Option<&Node>) -> Vec<&Entry> {
    node.map(Node::sorted_entries).unwrap_or_default()
}

/// The texts in quotes of a list: `"Always", "Never"`.
fn quoted(list: &str) -> Vec<&str> {
    list.split('"').skip(1).step_by(2).collect()
}

fn may_be(values: &[&str]) -> String {
    match values {
        [] => "It may not be set".to_owned(),
        [one] => format!("It may only be `{one}`"),
        [rest @ .., last] => format!("It may be `{}` or `{last}`", rest.join("`, `")),
    }
}

fn change(node: &Node, given: &str, meant: &str) -> Fix {
    let title = format!("Change `{given}` to `{meant}`");
    Fix::replace(title, node.span.clone(), scalar_text(meant))
}

fn replace(verb: &str, node: &Node, meant: &str) -> Fix {
    let text = match &node.value {
        // A number stays a number.
        Value::Scalar(scalar) if scalar.plain && meant.parse::<i64>().is_ok() => meant.to_owned(),
        _ => scalar_text(meant),
    };
    Fix::replace(format!("{verb} `{meant}`"), node.span.clone(), text)
}

fn fix(title: String, edits: Vec<Edit>) -> Fix {
    Fix { title, edits }
}
