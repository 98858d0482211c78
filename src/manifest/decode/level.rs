//! A known field at a wrong level: where it belongs, and the edit that moves it there.

use crate::manifest::diagnostic::{Diagnostic, Edit, Fix};
use crate::manifest::lines::LineIndex;
use crate::manifest::path::{self, push_key};
use crate::manifest::schema::{self, Form, Shape, Type};
use crate::manifest::tree::{Entry, Node, Value};
use std::collections::{BTreeSet, VecDeque};

/// How far down a field is looked for.
const MAX_LEVELS: usize = 6;

/// Says where a field that `at` does not have belongs, if the object has such a place.
pub fn help(
    problem: Diagnostic,
    text: &str,
    root: &Node,
    root_type: &'static Type,
    at: &str,
    entry: &Entry,
) -> Diagnostic {
    let Some(place) = place_of(root, root_type, at, entry) else {
        return problem;
    };
    let mut shown = place.clone();
    push_key(&mut shown, &entry.key);
    let problem = problem.with_hint(format!("`{}` belongs at `{shown}`", entry.key));
    if let Some(edits) = move_fix(text, root, &place, entry) {
        let title = format!("Move `{}` into `{place}`", entry.key);
        return problem.with_fix(Fix { title, edits });
    }
    match wrap_fix(text, root, at, &place, entry) {
        Some(fix) => problem.with_fix(fix),
        None => problem,
    }
}

/// The path of the object that should hold the field: the nearest to `at`, then to the root, that has a
/// field of this name whose shape fits the value.
fn place_of(root: &Node, root_type: &'static Type, at: &str, entry: &Entry) -> Option<String> {
    let mut best: Option<(usize, usize, String)> = None;
    let mut queue = VecDeque::from([(String::new(), root_type, 0_usize)]);
    let mut seen = BTreeSet::new();
    while let Some((place, of, levels)) = queue.pop_front() {
        let here = of
            .field(&entry.key)
            .is_some_and(|field| fits(field.shape, &entry.value));
        if here && place != at {
            let candidate = (distance(at, &place), levels, place.clone());
            if best.as_ref().is_none_or(|best| candidate < *best) {
                best = Some(candidate);
            }
        }
        // Each type once, by its shortest way; a status is never written by hand.
        if levels == MAX_LEVELS || !seen.insert(of.name) {
            continue;
        }
        for field in of
            .fields
            .iter()
            .filter(|field| field.name != "status" && field.name != "managedFields")
        {
            let mut below = place.clone();
            push_key(&mut below, field.name);
            let (shape, below) = match field.shape.form() {
                Form::Array(item) => (item, format!("{below}[{}]", index_in(root, &below))),
                _ => (field.shape, below),
            };
            if let Form::Object(name) = shape.form()
                && let Some(found) = schema::find(name)
            {
                queue.push_back((below, found, levels + 1));
            }
        }
    }
    best.map(|(_, _, place)| place)
}

/// The item of a list that a lost field most likely belongs to: the last one.
fn index_in(root: &Node, list: &str) -> usize {
    match path::find(root, list).map(|node| &node.value) {
        Some(Value::Sequence(items)) => items.len().saturating_sub(1),
        _ => 0,
    }
}

/// How many steps lie between two places, over their nearest common parent.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (path::parse(one), path::parse(other));
    let common = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    // Down is likelier than up: fields slip out of their parent when indentation is lost.
    (one.len() - common) * 2 + (other.len() - common)
}

fn fits(shape: Shape, value: &Node) -> bool {
    match shape.form() {
        Form::Array(_) => matches!(value.value, Value::Sequence(_)),
        Form::Object(_) | Form::Map(_) => matches!(value.value, Value::Mapping(_)),
        Form::Any => true,
        _ => matches!(value.value, Value::Scalar(_)),
    }
}

/// The edits that move the lines of `entry` to the end of the mapping at `place`, if both are in block
/// style on lines of their own, and the place has no such field yet.
fn move_fix(text: &str, root: &Node, place: &str, entry: &Entry) -> Option<Vec<Edit>> {
    let target = path::find(root, place)?;
    let Value::Mapping(entries) = &target.value else {
        return None;
    };
    let (first, last) = (entries.first()?, entries.last()?);
    if target.get(&entry.key).is_some() || text[target.span.clone()].starts_with('{') {
        return None;
    }
    let lines = LineIndex::new(text);
    let from = lines.line_of(entry.key_span.start);
    let to = lines.line_of(
        entry
            .value
            .span
            .end
            .max(entry.key_span.end)
            .saturating_sub(1),
    );
    if lines.content(from).start != entry.key_span.start {
        return None;
    }
    let removed = lines.range(from).start..lines.range(to + 1).start;
    let column = |offset: usize| offset - lines.range(lines.line_of(offset)).start;
    let (old, new) = (column(entry.key_span.start), column(first.key_span.start));
    let mut moved = String::new();
    for line in from..=to {
        let content = lines.text(line);
        let indentation = content.len() - content.trim_start_matches(' ').len();
        if content.trim().is_empty() {
            continue;
        }
        let width = (indentation + new).checked_sub(old)?;
        moved.push_str(&" ".repeat(width));
        moved.push_str(content.trim_start_matches(' ').trim_end());
        moved.push('\n');
    }
    let end = last.value.span.end.max(last.key_span.end);
    let after = lines.range(lines.line_of(end.saturating_sub(1)) + 1).start;
    if removed.contains(&after) && after != removed.start {
        return None;
    }
    if after == text.len() && !text.ends_with('\n') {
        moved = format!("\n{}", moved.trim_end());
    }
    let mut edits = vec![
        Edit {
            span: removed,
            text: String::new(),
        },
        Edit {
            span: after..after,
            text: moved,
        },
    ];
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    Some(edits)
}

/// The edit that puts the lines of `entry` under a new parent, where `place` is one level below `at` and the
/// text does not have it yet.
fn wrap_fix(text: &str, root: &Node, at: &str, place: &str, entry: &Entry) -> Option<Fix> {
    let (steps, outer) = (path::parse(place), path::parse(at));
    let (path::Step::Key(parent), above) = steps.split_last()? else {
        return None;
    };
    if above != outer || path::find(root, place).is_some() {
        return None;
    }
    let lines = LineIndex::new(text);
    let from = lines.line_of(entry.key_span.start);
    let end = entry.value.span.end.max(entry.key_span.end);
    let to = lines.line_of(end.saturating_sub(1));
    let range = lines.range(from).start..lines.range(to).end;
    let indentation = text.get(range.start..entry.key_span.start)?;
    if !indentation.chars().all(|character| character == ' ') {
        return None;
    }
    let mut wrapped = format!("{indentation}{parent}:");
    for line in from..=to {
        wrapped.push_str("\n  ");
        wrapped.push_str(lines.text(line));
    }
    Some(Fix::replace(
        format!("Put `{}` under a new `{parent}`", entry.key),
        range,
        wrapped,
    ))
}

#[cfg(test)]
mod tests {
    use crate::manifest::read;

    /// The first fix of the first problem makes `expect` of `text`, which then has no such problem.
    fn check(text: &str, hint: &str, expect: &str) {
        let problems = read(text).diagnostics;
        assert_eq!(problems[0].code, "unknown-field");
        assert_eq!(problems[0].hints, [hint]);
        let fixed = problems[0].fixes.first().map(|fix| fix.apply(text));
        assert_eq!(fixed.as_deref(), Some(expect));
        assert_eq!(
            read(expect).diagnostics.iter().find(|one| one.is_error()),
            None
        );
    }

    #[test]
    fn a_field_that_slipped_out_moves_back() {
        check(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n  image: x\n",
            "`image` belongs at `spec.containers[0].image`",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: x\n",
        );
    }

    #[test]
    fn a_pods_field_moves_down_into_the_template() {
        check(
            "kind: Deployment\napiVersion: apps/v1\nspec:\n  hostAliases:\n  - ip: 10.0.0.1\n    hostnames:\n    - a\n  \
             template:\n    spec:\n      containers: []\n",
            "`hostAliases` belongs at `spec.template.spec.hostAliases`",
            "kind: Deployment\napiVersion: apps/v1\nspec:\n  template:\n    spec:\n      containers: []\n      \
             hostAliases:\n      - ip: 10.0.0.1\n        hostnames:\n        - a\n",
        );
    }

    #[test]
    fn a_missing_parent_is_made() {
        check(
            "apiVersion: v1\nkind: Pod\ncontainers:\n- name: c\n",
            "`containers` belongs at `spec.containers`",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n",
        );
    }
}
