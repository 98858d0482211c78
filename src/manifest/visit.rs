//! What kubectl does with a text before and when it asks the API server: in its order, in its words.
//!
//! [`read`](super::read) tells everything at once; this stops where kubectl stops.

use super::decode::{self, metadata_problems, problems, server_text};
use super::tree::Node;
use super::{Document, document, split, syntax};

/// A text as kubectl goes through it.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// The objects that kubectl sends to the API server, in order.
    pub objects: Vec<Visited>,
    /// What it prints of the others, without the leading `error: `.
    pub failures: Vec<String>,
}

/// An object that kubectl sends.
#[derive(Clone, Debug)]
pub struct Visited {
    /// The object.
    pub document: Document,
    /// The API server's answer where it cannot decode the object (reason BadRequest):
    /// `Pod in version "v1" cannot be handled as a Pod: …`.
    pub refusal: Option<String>,
}

/// Goes through a text that kubectl got from `source`: `STDIN`, or the name of a file.
#[must_use]
pub fn visit(text: &str, source: &str) -> Visit {
    let mut visit = Visit::default();
    let pieces = split::split(text);
    for (index, piece) in pieces.iter().enumerate() {
        // A bad separator is met while the document before it is still being collected.
        let bad_after = pieces
            .get(index + 1)
            .and_then(|next| next.bad_separator.clone());
        if let Some(span) = piece.bad_separator.clone().or(bad_after) {
            let shown = &text[span];
            visit.failures.push(format!(
                "error parsing {source}: invalid Yaml document separator: {shown}"
            ));
            return visit;
        }
        match one(text, piece, source, &mut visit) {
            Ok(()) => {}
            Err(failure) => {
                visit.failures.push(failure);
                return visit;
            }
        }
    }
    visit
}

/// One document. An error ends the whole text, as it does for kubectl.
fn one(text: &str, piece: &split::Piece, source: &str, visit: &mut Visit) -> Result<(), String> {
    let parsed = syntax::parse(text, piece);
    let parsing =
        |detail: &str| format!("error parsing {source}: error converting YAML to JSON: {detail}");
    if let Some(problem) = parsed.diagnostics.iter().find(|problem| problem.is_error()) {
        if let Some(in_json) = &piece.json_problem {
            return Err(format!("error parsing {source}: {in_json}"));
        }
        return Err(parsing(
            problem.detail.as_deref().unwrap_or(&problem.message),
        ));
    }
    let Some(root) = parsed.root.filter(|root| !root.is_null()) else {
        return Ok(());
    };
    let mut outside_json = Vec::new();
    let document = document(root, piece.span.clone(), &mut outside_json);
    if let Some(problem) = outside_json
        .iter()
        .find_map(|problem| problem.detail.as_deref())
    {
        return Err(parsing(problem));
    }
    if let Some(missing) = header_failure(&document.tree) {
        return Err(format!(
            "error validating {source:?}: error validating data: {missing}; \
             if you choose to ignore these errors, turn validation off with --validate=false"
        ));
    }
    for document in items(document) {
        match to_send(text, document, source) {
            Ok(visited) => visit.objects.push(visited),
            Err(failure) => visit.failures.push(failure),
        }
    }
    Ok(())
}

/// kubectl: validation needs a mapping with `apiVersion` and `kind`.
fn header_failure(root: &Node) -> Option<String> {
    let problems = decode::header_texts(root);
    match problems.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}

/// The object, or the items of a `List`.
fn items(document: Document) -> Vec<Document> {
    match super::list_items(&document.tree) {
        Some(items) => items
            .iter()
            .flat_map(|item| {
                let one = super::document(item.clone(), item.span.clone(), &mut Vec::new());
                self::items(one)
            })
            .collect(),
        None => vec![document],
    }
}

/// What kubectl checks before it sends an object, and what the server says of its fields.
fn to_send(text: &str, document: Document, source: &str) -> Result<Visited, String> {
    let api_version = document.api_version.as_deref().unwrap_or_default();
    let kind = document.kind.as_deref().unwrap_or_default();
    if kind.is_empty() {
        return Err(format!(
            "unable to decode {source:?}: Object 'Kind' is missing in '{}'",
            document.json
        ));
    }
    if let Some(problem) = server_text(&metadata_problems(text, &document.tree)) {
        return Err(format!("unable to decode {source:?}: {problem}"));
    }
    let Some(found) = super::schema::kind_type(api_version, kind) else {
        let name = document.name.as_deref().unwrap_or_default();
        let namespace = document.namespace.as_deref().unwrap_or_default();
        return Err(format!(
            "resource mapping not found for name: {name:?} namespace: {namespace:?} from {source:?}: \
             no matches for kind {kind:?} in version {api_version:?}\nensure CRDs are installed first"
        ));
    };
    let refusal = server_text(&problems(text, &document.tree, found)).map(|problem| {
        let version = api_version.rsplit('/').next().unwrap_or(api_version);
        format!("{kind} in version {version:?} cannot be handled as a {kind}: {problem}")
    });
    Ok(Visited { document, refusal })
}
