//! Strict decoding: the tree against the types of Kubernetes 1.36, all problems at once.

mod header;
mod level;
mod value;
mod walk;

pub use header::{OTHER_KINDS, header, header_texts};

use super::diagnostic::Diagnostic;
use super::effects;
use super::schema::Type;
use super::tree::Node;

/// What the API server does when it meets a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A field it does not know: collected, and told together.
    Unknown,
    /// A value of a wrong type: the first is told, and unknown fields are not.
    WrongType,
    /// A value that its type's own reader refuses (a quantity, a time): told alone, at once.
    Refused,
}

/// A problem of decoding.
#[derive(Clone, Debug)]
pub struct Problem {
    /// How the API server takes it.
    pub class: Class,
    /// The API server's text of it.
    pub text: String,
    /// What the user is shown.
    pub diagnostic: Diagnostic,
}

/// Checks a document of `text` and adds what is wrong with it.
pub fn check(text: &str, root: &Node, diagnostics: &mut Vec<Diagnostic>) {
    match header(root) {
        Ok(found) => {
            let problems = problems(text, root, found);
            diagnostics.extend(problems.into_iter().map(|one| one.diagnostic));
            effects::notes(root, found, diagnostics);
        }
        Err(problems) => diagnostics.extend(problems),
    }
}

/// The problems of an object of type `found`, in the order in which the API server meets them.
#[must_use]
pub fn problems(text: &str, root: &Node, found: &'static Type) -> Vec<Problem> {
    walk::Walker::new(text, root, found).run()
}

/// The problems of an object's metadata alone, as kubectl finds them before it asks the server.
#[must_use]
pub fn metadata_problems(text: &str, root: &Node) -> Vec<Problem> {
    walk::metadata(text, root)
}

/// What the API server answers to an object with these problems, after `cannot be handled as a …: `.
#[must_use]
pub fn server_text(problems: &[Problem]) -> Option<String> {
    let first = |class| problems.iter().find(|one| one.class == class);
    if let Some(told) = first(Class::Refused).or_else(|| first(Class::WrongType)) {
        return Some(told.text.clone());
    }
    let mut unknown: Vec<&str> = Vec::new();
    for problem in problems {
        // sigs.k8s.io/json: each once, and at most 100.
        if unknown.len() < 100 && !unknown.contains(&problem.text.as_str()) {
            unknown.push(&problem.text);
        }
    }
    (!unknown.is_empty()).then(|| format!("strict decoding error: {}", unknown.join(", ")))
}
