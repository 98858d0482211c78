//! Field paths and places: from `spec.containers[0].image` to its bytes, and back.

use super::tree::{Node, Value};
use std::ops::Range;

/// A step of a field path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field, or the key of a map.
    Key(String),
    /// An item of a list.
    Index(usize),
}

/// The steps of a field path as Kubernetes writes it: `spec.containers[0].image`,
/// `metadata.labels[app.kubernetes.io/name]`. A piece in brackets is an index where it is a number.
#[must_use]
pub fn parse(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']').unwrap_or(inside.len());
            let step = &inside[..end];
            steps.push(match step.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(step.trim_matches('"').to_owned()),
            });
            rest = inside.get(end + 1..).unwrap_or_default();
            rest = rest.strip_prefix('.').unwrap_or(rest);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                steps.push(Step::Key(rest[..end].to_owned()));
            }
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    steps
}

/// The bytes of the value at `path`; where the text has no such field, the key of its nearest parent.
#[must_use]
pub fn locate(root: &Node, path: &str) -> Range<usize> {
    let (parent, node) = walk(root, path);
    match node {
        Some(node) if !node.span.is_empty() => node.span.clone(),
        _ => parent,
    }
}

/// As [`locate`], but the key of a mapping or list that is not in braces or brackets, and of what takes several lines.
#[must_use]
pub fn locate_head(text: &str, root: &Node, path: &str) -> Range<usize> {
    let (parent, node) = walk(root, path);
    let Some(node) = node.filter(|node| !node.span.is_empty()) else {
        return parent;
    };
    let shown = text.get(node.span.clone()).unwrap_or_default();
    let is_block = !matches!(node.value, Value::Scalar(_)) && !shown.starts_with(['{', '[']);
    if is_block || shown.trim_end().contains('\n') {
        parent
    } else {
        node.span.clone()
    }
}

/// The bytes of the key at `path`, or of its nearest parent.
#[must_use]
pub fn locate_key(root: &Node, path: &str) -> Range<usize> {
    walk(root, path).0
}

/// The value at `path`.
#[must_use]
pub fn find<'tree>(root: &'tree Node, path: &str) -> Option<&'tree Node> {
    walk(root, path).1
}

/// The bytes that stand for the field at `path` or its nearest parent, and its value.
fn walk<'tree>(root: &'tree Node, path: &str) -> (Range<usize>, Option<&'tree Node>) {
    let mut node = root;
    // The start of the document stands for the document.
    let mut parent = root.span.start..root.span.start;
    if let Value::Mapping(entries) = &root.value {
        parent = entries
            .first()
            .map_or(parent, |entry| entry.key_span.clone());
    }
    let steps = parse(path);
    let mut at = 0;
    while at < steps.len() {
        let Some((entry_span, next, used)) = step(node, &steps[at..]) else {
            return (parent, None);
        };
        parent = entry_span;
        node = next;
        at += used;
    }
    (parent, Some(node))
}

/// One step down: the bytes that stand for the field, its value, and how many steps it used. A key
/// with dots in it (`app.kubernetes.io/name`) uses several.
fn step<'tree>(node: &'tree Node, steps: &[Step]) -> Option<(Range<usize>, &'tree Node, usize)> {
    match (&node.value, steps.first()?) {
        (Value::Sequence(items), Step::Index(index)) => {
            let item = items.get(*index)?;
            Some((first_key(item), item, 1))
        }
        (Value::Mapping(_), Step::Index(index)) => {
            let entry = node.entry(&index.to_string())?;
            Some((entry.key_span.clone(), &entry.value, 1))
        }
        (Value::Mapping(_), Step::Key(first)) => {
            let mut key = first.clone();
            for used in 1.. {
                if let Some(entry) = node.entry(&key) {
                    return Some((entry.key_span.clone(), &entry.value, used));
                }
                let Some(Step::Key(more)) = steps.get(used) else {
                    break;
                };
                key = format!("{key}.{more}");
            }
            None
        }
        _ => None,
    }
}

/// What stands for an item of a list: its first key, or itself where it has none.
fn first_key(item: &Node) -> Range<usize> {
    let first = match &item.value {
        Value::Mapping(entries) => entries.iter().find(|entry| !entry.merged),
        _ => None,
    };
    first.map_or_else(|| item.span.clone(), |entry| entry.key_span.clone())
}

/// The path of the innermost field whose key or value holds byte `offset`; empty at the root.
#[must_use]
pub fn at(root: &Node, offset: usize) -> String {
    let mut path = String::new();
    let mut node = root;
    loop {
        let holds = |span: &Range<usize>| span.start <= offset && offset <= span.end;
        match &node.value {
            Value::Mapping(entries) => {
                let inside = |from: usize, to: usize| from <= offset && offset <= to;
                let Some(entry) = entries.iter().filter(|entry| !entry.merged).rfind(|entry| {
                    inside(
                        entry.key_span.start,
                        entry.value.span.end.max(entry.key_span.end),
                    )
                }) else {
                    return path;
                };
                push_key(&mut path, &entry.key);
                if holds(&entry.key_span) || !holds(&entry.value.span) {
                    return path;
                }
                node = &entry.value;
            }
            Value::Sequence(items) => {
                let Some(index) = items.iter().rposition(|item| holds(&item.span)) else {
                    return path;
                };
                path = format!("{path}[{index}]");
                node = &items[index];
            }
            Value::Scalar(_) => return path,
        }
    }
}

/// Adds a field to a path: `.name`, or `[app.kubernetes.io/name]` for a key with dots.
pub fn push_key(path: &mut String, key: &str) {
    if key.contains('.') {
        path.push_str(&format!("[{key}]"));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

#[cfg(test)]
mod tests {
    use super::super::read;

    const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: p
  labels:
    app.kubernetes.io/name: x
spec:
  containers:
  - name: c
    image: nginx
";

    fn check(path: &str, expect: &str) {
        let manifest = read(POD);
        assert_eq!(&POD[manifest.documents[0].locate(path)], expect, "{path}");
    }

    #[test]
    fn finds_a_field_or_its_nearest_parent() {
        check("spec.containers[0].image", "nginx");
        check("metadata.labels[app.kubernetes.io/name]", "x");
        check("metadata.labels.app.kubernetes.io/name", "x");
        check("spec.containers[0].livenessProbe.failureThreshold", "name");
        check("spec.restartPolicy", "spec");
        check("status", "apiVersion");
        check("spec.containers[7]", "containers");
        check("", POD.trim_end());
    }

    #[test]
    fn finds_the_path_of_an_offset() {
        let manifest = read(POD);
        let check = |needle: &str, expect: &str| {
            let offset = POD.find(needle).unwrap_or_default();
            assert_eq!(
                super::at(&manifest.documents[0].tree, offset),
                expect,
                "{needle}"
            );
        };
        check("nginx", "spec.containers[0].image");
        check("containers", "spec.containers");
        check("x\n", "metadata.labels[app.kubernetes.io/name]");
        check("apiVersion", "apiVersion");
    }
}
