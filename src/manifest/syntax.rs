//! YAML to a spanned tree: block, flow, KYAML and JSON, one document at a time.
//!
//! The grammar is `granit-parser`'s; what a scalar means, and how aliases and merges work, is kubectl's.

mod builder;
mod errors;

use super::diagnostic::Diagnostic;
use super::tree::Node;
use builder::Builder;
use granit_parser::{Event, Options, Parser, Span};
use std::ops::Range;

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

/// Reads the document in `text[piece]`. Spans are bytes of `text`.
#[must_use]
pub fn parse(text: &str, piece: Range<usize>) -> Parsed {
    let source = text.get(piece.clone()).unwrap_or_default();
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut builder = Builder::new(source, piece.start);
    for next in Parser::new_from_str_with_options(source, options) {
        match next {
            // kubectl reads the first document of a piece only: what follows `...` is not looked at.
            Ok((Event::DocumentEnd, _)) => break,
            Ok((event, span)) => builder.take(event, &range(&span)),
            Err(error) => {
                let problem = errors::explain(text, &piece, &error);
                let mut diagnostics = builder.into_diagnostics();
                diagnostics.push(problem);
                return Parsed {
                    root: None,
                    diagnostics,
                };
            }
        }
        if builder.is_broken() {
            break;
        }
    }
    builder.finish()
}

fn range(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}
