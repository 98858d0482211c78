//! Values to a tree: aliases expanded, merges merged, scalars resolved, duplicate keys told.

use super::{MAX_DEPTH, MAX_NODES, Parsed};
use crate::manifest::diagnostic::{Diagnostic, Edit, Fix};
use crate::manifest::lines::LineIndex;
use crate::manifest::scalar::{resolve, resolve_tagged};
use crate::manifest::tree::{Entry, Node, Resolved, Scalar, Value};
use std::collections::BTreeMap;
use std::ops::Range;

/// Builds the tree of a document, value by value.
pub struct Builder<'text> {
    source: &'text str,
    /// Where `source` begins in the whole text.
    offset: usize,
    open: Vec<Open>,
    root: Option<Node>,
    /// The values that aliases stand for, with their sizes; none while a value is still open.
    anchors: BTreeMap<String, Option<(Node, usize)>>,
    decoded: usize,
    aliased: usize,
    diagnostics: Vec<Diagnostic>,
    /// The first thing that kubectl's parser refuses when the document is whole.
    failure: Option<Diagnostic>,
    stopped: bool,
}

/// A collection that is not closed yet.
struct Open {
    anchor: Option<String>,
    start: usize,
    /// How many values it holds, itself included.
    size: usize,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<Node>,
    },
}

impl<'text> Builder<'text> {
    /// A builder for the document in `source`, which begins at byte `offset` of the whole text.
    pub fn new(source: &'text str, offset: usize) -> Self {
        Self {
            source,
            offset,
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            decoded: 0,
            aliased: 0,
            diagnostics: Vec::new(),
            failure: None,
            stopped: false,
        }
    }

    /// Whether there is no sense in going on: kubectl's parser, or this one, stops here.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The warnings so far, of a document that turned out not to be YAML.
    pub fn into_warnings(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The tree and the problems.
    pub fn finish(self) -> Parsed {
        let mut diagnostics = self.diagnostics;
        let broken = self.failure.is_some();
        diagnostics.extend(self.failure);
        Parsed {
            root: self.root.filter(|_| !broken),
            diagnostics,
        }
    }

    /// Adds a scalar. `span` counts from the start of the source, as all places given to this builder.
    pub fn scalar(
        &mut self,
        text: String,
        plain: bool,
        anchor: Option<String>,
        tag: Option<&str>,
        span: Range<usize>,
    ) {
        let span = self.whole(span);
        let resolved = match tag {
            Some(tag) => match tag.strip_prefix("tag:yaml.org,2002:") {
                Some(name) => resolve_tagged(name, &text),
                None => Ok(Resolved::String),
            },
            None if plain => Ok(resolve(&text)),
            None => Ok(Resolved::String),
        };
        let resolved = resolved.unwrap_or_else(|problem| {
            self.fail(
                Diagnostic::error("yaml-tag", "The value does not fit its tag", span.clone())
                    .with_detail(format!("yaml: {problem}")),
            );
            Resolved::String
        });
        let value = Value::Scalar(Scalar {
            text,
            plain,
            resolved,
        });
        self.decoded += 1;
        self.put(Node { value, span }, anchor, 1);
    }

    /// Opens a list.
    pub fn begin_sequence(&mut self, anchor: Option<String>, start: usize) {
        self.begin(anchor, start, Items::Sequence(Vec::new()));
    }

    /// Opens a mapping, whose keys and values are then added in turn.
    pub fn begin_mapping(&mut self, anchor: Option<String>, start: usize) {
        let entries = Vec::new();
        self.begin(anchor, start, Items::Mapping { entries, key: None });
    }

    fn begin(&mut self, anchor: Option<String>, start: usize, items: Items) {
        let start = start + self.offset;
        if self.open.len() >= MAX_DEPTH {
            let message = format!("Nested more than {MAX_DEPTH} levels deep");
            self.fail(Diagnostic::error(
                "nested-too-deep",
                message,
                start..start + 1,
            ));
            self.stopped = true;
            return;
        }
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        self.decoded += 1;
        self.open.push(Open {
            anchor,
            start,
            size: 1,
            items,
        });
    }

    /// Closes the innermost collection; `end` is where its bracket ends, if it has one.
    pub fn end(&mut self, end: Option<usize>) {
        let Some(open) = self.open.pop() else { return };
        let (value, last) = match open.items {
            Items::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Sequence(items), last)
            }
            Items::Mapping { entries, .. } => {
                let last = entries
                    .last()
                    .map(|entry| entry.value.span.end.max(entry.key_span.end));
                (Value::Mapping(entries), last)
            }
        };
        // A block collection ends with its last item, not where the next token begins.
        let end = end
            .map(|end| end + self.offset)
            .or(last)
            .unwrap_or(open.start);
        let span = open.start..end.max(open.start);
        self.put(Node { value, span }, open.anchor, open.size);
    }

    /// Adds what `*name` stands for.
    pub fn alias(&mut self, name: &str, span: Range<usize>) {
        let span = self.whole(span);
        let (node, size) = match self.anchors.get(name) {
            None => return self.unknown_anchor(name, span),
            Some(None) => {
                self.fail(
                    Diagnostic::error(
                        "alias-of-itself",
                        format!("The anchor `{name}` contains itself"),
                        span,
                    )
                    .with_detail(format!("yaml: anchor '{name}' value contains itself")),
                );
                self.stopped = true;
                return;
            }
            Some(Some(known)) => known,
        };
        let size = *size;
        // Counted before anything is copied, so that an alias bomb costs nothing.
        self.decoded += size + 1;
        self.aliased += size;
        // go-yaml: at most 99 % of a document's values may come from aliases.
        let excessive =
            self.aliased > 100 && self.decoded > 1000 && self.aliased * 100 > self.decoded * 99;
        if excessive || self.decoded > MAX_NODES {
            let message = "The aliases of this document expand to too many values";
            self.fail(
                Diagnostic::error("excessive-aliases", message, span)
                    .with_detail("yaml: document contains excessive aliasing"),
            );
            self.stopped = true;
            return;
        }
        let value = node.value.clone();
        self.put(Node { value, span }, None, size);
    }

    fn unknown_anchor(&mut self, name: &str, span: Range<usize>) {
        self.stopped = true;
        let quoted = format!("\"*{name}\"");
        self.fail(
            Diagnostic::error("unknown-anchor", format!("There is no anchor `&{name}` before this"), span.clone())
                .with_detail(format!("yaml: unknown anchor '{name}' referenced"))
                .with_hint("A value that begins with `*` is an alias in YAML; put quotes around it to mean the text")
                .with_fix(Fix::replace("Put quotes around it", span, quoted)),
        );
    }

    /// Puts a finished node where it belongs.
    fn put(&mut self, node: Node, anchor: Option<String>, size: usize) {
        if let Some(name) = anchor {
            self.anchors.insert(name, Some((node.clone(), size)));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size += size;
        match &mut open.items {
            Items::Sequence(items) => items.push(node),
            Items::Mapping { key, .. } if key.is_none() => *key = Some(node),
            Items::Mapping { entries, key } => {
                let Some(key) = key.take() else { return };
                match add_entry(entries, key, node, self.source, self.offset) {
                    Some(problem) if problem.is_error() => self.fail(problem),
                    problem => self.diagnostics.extend(problem),
                }
            }
        }
    }

    /// A span in the whole text.
    fn whole(&self, span: Range<usize>) -> Range<usize> {
        span.start + self.offset..span.end + self.offset
    }

    /// Keeps a failure; the first one counts.
    fn fail(&mut self, problem: Diagnostic) {
        self.failure.get_or_insert(problem);
    }
}

/// Adds an entry, or the entries of a merge. Says what is wrong with its key, if something is.
fn add_entry(
    entries: &mut Vec<Entry>,
    key: Node,
    value: Node,
    source: &str,
    offset: usize,
) -> Option<Diagnostic> {
    let Value::Scalar(scalar) = &key.value else {
        return Some(
            Diagnostic::error("key-is-a-collection", "A key must be text", key.span)
                .with_detail("yaml: invalid map key")
                .with_hint("Braces at the start of a value begin a mapping; put quotes around a value such as \"{{ x }}\""),
        );
    };
    if scalar.plain && scalar.text == "<<" {
        return merge(entries, &value);
    }
    let name = key_text(scalar);
    let Some(name) = name else {
        return Some(null_key(&key, &value));
    };
    let earlier = entries
        .iter()
        .rev()
        .find(|entry| entry.key == name && !entry.merged);
    let problem = earlier.map(|earlier| duplicate_key(earlier, &name, &key, source, offset));
    entries.push(Entry {
        key: name,
        key_span: key.span,
        value,
        merged: false,
    });
    problem
}

/// The string that JSON gets for a key; none for null, which kubectl refuses.
fn key_text(scalar: &Scalar) -> Option<String> {
    match &scalar.resolved {
        Resolved::Null => None,
        Resolved::Bool(value) => Some(value.to_string()),
        Resolved::Integer(value) => Some(value.to_string()),
        Resolved::Float(value) => Some(crate::manifest::json::float_key(*value)),
        Resolved::String => Some(scalar.text.clone()),
    }
}

fn merge(entries: &mut Vec<Entry>, value: &Node) -> Option<Diagnostic> {
    let sources: Vec<&Node> = match &value.value {
        Value::Mapping(_) => vec![value],
        // go-yaml: of several merged maps the earlier ones win, so they come last.
        Value::Sequence(items) => items.iter().rev().collect(),
        Value::Scalar(_) => vec![],
    };
    if sources.is_empty()
        || sources
            .iter()
            .any(|one| !matches!(one.value, Value::Mapping(_)))
    {
        let message = "A merge (`<<`) needs a mapping or a list of mappings";
        return Some(
            Diagnostic::error("merge-of-no-mapping", message, value.span.clone())
                .with_detail("yaml: map merge requires map or sequence of maps as the value"),
        );
    }
    for source in sources {
        if let Value::Mapping(merged) = &source.value {
            entries.extend(merged.iter().cloned().map(|entry| Entry {
                merged: true,
                ..entry
            }));
        }
    }
    None
}

fn null_key(key: &Node, value: &Node) -> Diagnostic {
    let shown = match &value.value {
        Value::Scalar(scalar) if scalar.resolved == Resolved::String => {
            format!("{:?}", scalar.text)
        }
        Value::Scalar(scalar) if scalar.resolved == Resolved::Null => {
            "interface {}(nil)".to_owned()
        }
        Value::Scalar(scalar) => scalar.text.clone(),
        Value::Sequence(_) => "[]interface {}{…}".to_owned(),
        Value::Mapping(_) => "map[interface {}]interface {}{…}".to_owned(),
    };
    let span = if key.span.is_empty() {
        value.span.clone()
    } else {
        key.span.clone()
    };
    Diagnostic::error("null-key", "A key must not be null", span)
        .with_detail(format!(
            "unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}"
        ))
        .with_hint("`~`, `null` and nothing at all are null in YAML; put quotes around the key")
}

fn duplicate_key(
    earlier: &Entry,
    name: &str,
    key: &Node,
    source: &str,
    offset: usize,
) -> Diagnostic {
    let lines = LineIndex::new(source);
    let line = |at: usize| lines.line_of(at.saturating_sub(offset));
    let message = format!("`{name}` is given twice; the last one wins");
    let problem = Diagnostic::warning("duplicate-key", message, key.span.clone());
    let (first, last) = (line(earlier.key_span.start), line(earlier.value.span.end));
    let alone = lines.content(first).start + offset == earlier.key_span.start
        && lines.content(last).end + offset == earlier.value.span.end.max(earlier.key_span.end)
        && line(key.span.start) > last;
    if !alone {
        return problem;
    }
    let edit = Edit {
        span: lines.range(first).start + offset..lines.range(last + 1).start + offset,
        text: String::new(),
    };
    problem.with_fix(Fix {
        title: format!("Remove the first `{name}`"),
        edits: vec![edit],
    })
}
