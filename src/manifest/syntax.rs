//! YAML to a spanned tree: block, flow, KYAML and JSON, one document at a time.
//!
//! kubectl's parser reads YAML 1.1 and names problems in its own way, line numbers included. This one
//! follows the same rules, so that a text is accepted here exactly if kubectl accepts it.

mod builder;
mod cursor;
mod errors;
mod grammar;
mod highlight;
mod properties;
mod repair;
mod scalars;
mod scanner;
mod token;

use super::diagnostic::Diagnostic;
use super::split::Piece;
use super::tree::Node;
use builder::Builder;
use grammar::{Grammar, Stop};
use token::SyntaxError;

pub use highlight::{Class, highlight};

/// How deep values may be nested. kubectl allows more, but no manifest needs it.
pub const MAX_DEPTH: usize = 400;

/// How many values a document may have after its aliases are expanded.
pub const MAX_NODES: usize = 200_000;

/// The tree of one document, or why there is none. Warnings (duplicate keys) come along.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The tree; none for an empty document and for a broken one.
    pub root: Option<Node>,
    /// The problems: at most one error, and that as kubectl would tell it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a piece of `text`. Spans are bytes of `text`.
#[must_use]
pub fn parse(text: &str, piece: &Piece) -> Parsed {
    let (is_json, piece) = (piece.is_json, piece.span.clone());
    let source = text.get(piece.clone()).unwrap_or_default();
    match parse_source(source, piece.start, is_json) {
        Ok(parsed) => parsed,
        Err((mut warnings, error)) => {
            warnings.push(errors::explain(text, &piece, &error));
            Parsed {
                root: None,
                diagnostics: warnings,
            }
        }
    }
}

/// Reads `source`, which begins at byte `offset` of the whole text. JSON has other escapes than YAML.
fn parse_source(
    source: &str,
    offset: usize,
    is_json: bool,
) -> Result<Parsed, (Vec<Diagnostic>, SyntaxError)> {
    let (builder, result) = Grammar::new(source, is_json, Builder::new(source, offset)).run();
    let control = errors::control_character(source);
    match (result, control) {
        (Err(Stop::Syntax(error)), Some(control)) if !control.is_read_before(&error) => {
            Err((builder.into_warnings(), error))
        }
        (_, Some(control)) => Err((builder.into_warnings(), control.error())),
        (Err(Stop::Syntax(error)), None) => Err((builder.into_warnings(), error)),
        (Ok(()) | Err(Stop::Build), None) => Ok(builder.finish()),
    }
}
