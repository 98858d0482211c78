//! Text to objects and diagnostics; never fails.
//!
//! `read` cuts a text into documents as kubectl does, reads each into a tree whose every value knows its
//! bytes, decodes the tree against the types of Kubernetes 1.36, and tells every problem it meets with a
//! place, Kubernetes' own words, hints and fixes.

pub mod assist;
pub mod cause;
pub mod correct;
pub mod decode;
pub mod diagnostic;
pub mod effects;
pub mod go_json;
pub mod json;
pub mod lines;
pub mod lint;
pub mod path;
pub mod references;
pub mod scalar;
mod scheduler;
pub mod schema;
pub mod split;
pub mod suggest;
pub mod syntax;
pub mod tree;
pub mod visit;

pub use diagnostic::{Diagnostic, Edit, Fix, Severity};
pub use lines::{LineIndex, Position};
pub use tree::Node;

use std::ops::Range;

/// How long a document may be, in bytes. The API server takes requests of 3 MiB.
pub const MAX_BYTES: usize = 3 << 20;

/// A text, read.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The objects, in the order of the text, broken ones among them; the items of a `List` stand
    /// in its place.
    pub documents: Vec<Document>,
    /// The problems, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// One object of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// The bytes it was read from.
    pub span: Range<usize>,
    /// `apiVersion`, where it is text.
    pub api_version: Option<String>,
    /// `kind`, where it is text.
    pub kind: Option<String>,
    /// `metadata.name`, where it is text.
    pub name: Option<String>,
    /// `metadata.namespace`, where it is text.
    pub namespace: Option<String>,
    /// What is sent to the API server.
    pub json: serde_json::Value,
    /// The values with their places.
    pub tree: Node,
    /// Whether there is no error in it, so that it can be applied.
    pub valid: bool,
}

impl Manifest {
    /// Whether no error was found.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The document that holds byte `offset`.
    #[must_use]
    pub fn document_at(&self, offset: usize) -> Option<&Document> {
        let holds =
            |document: &&Document| document.span.start <= offset && offset <= document.span.end;
        self.documents.iter().rev().find(holds)
    }
}

impl Document {
    /// The bytes of the field at `path` (`spec.containers[0].image`), or of the nearest parent that
    /// the text has.
    #[must_use]
    pub fn locate(&self, path: &str) -> Range<usize> {
        path::locate(&self.tree, path)
    }
}

/// Reads a text of YAML or JSON: any number of documents.
#[must_use]
pub fn read(text: &str) -> Manifest {
    let mut manifest = read_as_it_stands(text);
    correct::offer(text, &mut manifest.diagnostics);
    manifest
}

/// Reads a text without looking for a correction of it all.
fn read_as_it_stands(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    for piece in split::split(text) {
        if let Some(span) = piece.bad_separator.clone() {
            let shown = text.get(span.clone()).unwrap_or_default().to_owned();
            manifest.diagnostics.push(
                Diagnostic::error(
                    "document-separator",
                    "Only a comment may follow `---` on its line",
                    span,
                )
                .with_detail(format!("invalid Yaml document separator: {shown}")),
            );
        }
        if piece.span.len() > MAX_BYTES {
            manifest.diagnostics.push(too_long(text, &piece.span));
            continue;
        }
        let mut parsed = syntax::parse(text, &piece);
        let broken = parsed
            .diagnostics
            .iter_mut()
            .find(|problem| problem.is_error());
        if let (Some(problem), Some(_)) = (broken, &piece.json_problem) {
            problem.detail = piece.json_problem;
        }
        manifest.diagnostics.extend(parsed.diagnostics);
        // kubectl passes over empty documents.
        if let Some(root) = parsed.root.filter(|root| !root.is_null()) {
            add(&mut manifest, text, root, &piece.span);
        }
    }
    manifest
        .diagnostics
        .sort_by_key(|problem| (problem.span.start, problem.span.end));
    manifest
}

/// A document that is longer than any request may be is not read.
fn too_long(text: &str, span: &Range<usize>) -> Diagnostic {
    let first = text[span.clone()].trim_start();
    let start = span.end - first.len();
    let line = start..start + first.find('\n').unwrap_or(first.len()).min(80);
    let message = "This document is longer than the 3 MiB that the API server takes";
    Diagnostic::error("text-too-long", message, lines::clamp(text, line))
        .with_detail("Request entity too large: limit is 3145728")
        .with_hint("Objects are separated by lines with `---`; large data belongs into a volume, not into a manifest")
}

/// Decodes a document, or the items of a `List`.
fn add(manifest: &mut Manifest, text: &str, root: Node, span: &Range<usize>) {
    if let Some(items) = list_items(&root) {
        for item in items {
            add(manifest, text, item.clone(), &item.span);
        }
        return;
    }
    let mut problems = Vec::new();
    let mut document = document(root, span.clone(), &mut problems);
    if scheduler::is_configuration(&document) {
        scheduler::check(&mut document, &mut problems);
    } else {
        decode::check(text, &document.tree, &mut problems);
    }
    document.valid = !problems.iter().any(Diagnostic::is_error);
    manifest.documents.push(document);
    manifest.diagnostics.extend(problems);
}

/// The items of a `v1 List`.
fn list_items(root: &Node) -> Option<&[Node]> {
    let is_list = root.get("apiVersion").and_then(Node::as_str) == Some("v1")
        && root.get("kind").and_then(Node::as_str) == Some("List");
    match &root.get("items").filter(|_| is_list)?.value {
        tree::Value::Sequence(items) => Some(items),
        _ => None,
    }
}

/// The document of a tree; what JSON cannot carry is told.
fn document(root: Node, span: Range<usize>, problems: &mut Vec<Diagnostic>) -> Document {
    let string = |node: Option<&Node>| node.and_then(Node::as_str).map(str::to_owned);
    let metadata = root.get("metadata");
    Document {
        span,
        api_version: string(root.get("apiVersion")),
        kind: string(root.get("kind")),
        name: string(metadata.and_then(|metadata| metadata.get("name"))),
        namespace: string(metadata.and_then(|metadata| metadata.get("namespace"))),
        json: json::to_json(&root, problems),
        tree: root,
        valid: false,
    }
}
