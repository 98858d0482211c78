//! Syntax errors: kubectl's words for them, the place, a hint and, where sure, a fix.

use crate::manifest::diagnostic::{Diagnostic, Edit, Fix};
use crate::manifest::lines::{LineIndex, clamp};
use granit_parser::{ErrorKind, ScanError};
use std::ops::Range;

/// How kubectl's parser (go-yaml, a libyaml) finds a problem.
struct Problem {
    text: &'static str,
    /// Found while looking at characters. Its parser counts lines from 1 for these, from 0 for the others.
    in_scanner: bool,
}

/// What `error`, found in `text[piece]`, means to the user.
pub fn explain(text: &str, piece: &Range<usize>, error: &ScanError) -> Diagnostic {
    let source = text.get(piece.clone()).unwrap_or_default();
    let lines = LineIndex::new(source);
    let marker = error.marker();
    let at = marker
        .byte_offset()
        .unwrap_or(source.len())
        .min(source.len());
    let mut line = marker.line().saturating_sub(1);
    let problem = problem(error.kind());
    if problem.text == "could not find expected ':'" {
        // libyaml notices at the line after.
        line += 1;
    }
    let told = if problem.in_scanner && line > 0 {
        line + 1
    } else {
        line
    };
    let place = if told == 0 {
        String::new()
    } else {
        format!("line {told}: ")
    };
    let span = clamp(source, at..at + 1);
    let span = span.start + piece.start..span.end + piece.start;
    let diagnostic = Diagnostic::error("yaml-syntax", problem.text, span)
        .with_detail(format!("yaml: {place}{}", problem.text));
    match tab_fix(text, piece, &lines, line) {
        Some(fix) => diagnostic
            .with_hint("YAML is indented with spaces; a tab must not stand at the start of a line")
            .with_fix(fix),
        None => diagnostic,
    }
}

/// Spaces for the tabs in the indentation, if the line has some.
fn tab_fix(text: &str, piece: &Range<usize>, lines: &LineIndex<'_>, line: usize) -> Option<Fix> {
    let indentation = |text: &str| text.len() - text.trim_start().len();
    lines.text(line)[..indentation(lines.text(line))]
        .contains('\t')
        .then_some(())?;
    let mut edits = Vec::new();
    for line in 0..lines.count() {
        let range = lines.range(line);
        let start = range.start + piece.start;
        let width = indentation(lines.text(line));
        if text[start..start + width].contains('\t') {
            let spaces = text[start..start + width].replace('\t', "  ");
            edits.push(Edit {
                span: start..start + width,
                text: spaces,
            });
        }
    }
    Some(Fix {
        title: "Indent with spaces".to_owned(),
        edits,
    })
}

fn problem(kind: &ErrorKind) -> Problem {
    use ErrorKind as K;
    let scanner = |text| Problem {
        text,
        in_scanner: true,
    };
    let parser = |text| Problem {
        text,
        in_scanner: false,
    };
    match kind {
        K::MappingValueNotAllowed => scanner("mapping values are not allowed in this context"),
        K::SimpleKeyExpected | K::InvalidSimpleKey => scanner("could not find expected ':'"),
        K::UnexpectedCharacter { .. }
        | K::TabInBlockIndentation
        | K::TabNotAllowed
        | K::TabInIndentation => scanner("found character that cannot start any token"),
        K::TabInPlainScalar => scanner("found a tab character that violates indentation"),
        K::TabAtBlockScalarStart => {
            scanner("found a tab character where an indentation space is expected")
        }
        K::UnknownQuotedScalarEscape => scanner("found unknown escape character"),
        K::InvalidQuotedScalarHexEscape | K::InvalidLowSurrogateHexEscape => {
            scanner("did not find expected hexdecimal number")
        }
        K::UnclosedQuotedScalar | K::InvalidQuotedScalarIndent => {
            scanner("found unexpected end of stream")
        }
        K::InvalidBlockScalarHeader => scanner("did not find expected comment or line break"),
        K::BlockSequenceEntryNotAllowed => {
            scanner("block sequence entries are not allowed in this context")
        }
        K::MappingKeyNotAllowed => scanner("mapping keys are not allowed in this context"),
        K::MissingAnchorOrAliasName => {
            scanner("did not find expected alphabetic or numeric character")
        }
        K::UnclosedVerbatimTag => scanner("did not find the expected '>'"),
        K::ExpectedBlockSequenceEntry => parser("did not find expected '-' indicator"),
        K::ExpectedFlowMappingSeparator | K::UnclosedFlowCollection { open: '{' } => {
            parser("did not find expected ',' or '}'")
        }
        K::ExpectedFlowSequenceSeparator
        | K::InvalidColonPlacement
        | K::UnclosedFlowCollection { .. } => parser("did not find expected ',' or ']'"),
        K::ExpectedDocumentStart | K::InvalidDocumentEnd => {
            parser("did not find expected <document start>")
        }
        K::ExpectedNodeContent | K::UnexpectedEofBlockMapping => {
            parser("did not find expected node content")
        }
        _ => parser("did not find expected key"),
    }
}
