//! Syntax errors for people: what it means, the place to look at, a hint, and kubectl's words.

use super::cursor::Mark;
use super::repair;
use super::token::SyntaxError;
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::lines::{LineIndex, clamp};
use std::ops::Range;

/// A character that YAML does not allow.
#[derive(Clone, Copy)]
pub struct ControlCharacter(Mark);

/// How far kubectl's parser reads ahead, in bytes.
const READ_AHEAD: usize = 512;

const CONTROL: &str = "control characters are not allowed";

/// The first character of `source` that may not stand in YAML.
pub fn control_character(source: &str) -> Option<ControlCharacter> {
    let forbidden = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    };
    let offset = source.find(forbidden)?;
    // go-yaml gives no line for it.
    Some(ControlCharacter(Mark {
        offset,
        ..Mark::default()
    }))
}

impl ControlCharacter {
    /// Whether kubectl's parser has read as far when it meets `error`.
    pub fn is_read_before(self, error: &SyntaxError) -> bool {
        self.0.offset < (error.at.offset / READ_AHEAD + 1) * READ_AHEAD
    }

    /// The error it is.
    pub fn error(self) -> SyntaxError {
        SyntaxError {
            problem: CONTROL,
            at: self.0,
            context: self.0,
            in_scanner: false,
        }
    }
}

/// What `error`, found in `text[piece]`, means to the user.
pub fn explain(text: &str, piece: &Range<usize>, error: &SyntaxError) -> Diagnostic {
    let source = text.get(piece.clone()).unwrap_or_default();
    let lines = LineIndex::new(source);
    let (message, hint) = words(source, error);
    let span = place(source, &lines, error);
    let span = span.start + piece.start..span.end + piece.start;
    let mut diagnostic = Diagnostic::error("yaml-syntax", message, span)
        .with_detail(error.text())
        .with_hint(hint);
    if piece.start > 0 && error.at.line > 0 {
        let first = LineIndex::new(text).line_of(piece.start) + 1;
        diagnostic = diagnostic.with_hint(format!(
            "kubectl counts lines from the start of this document, line {first}"
        ));
    }
    diagnostic.fixes = repair::fixes(text, piece, error);
    diagnostic
}

/// The bytes to underline.
fn place(source: &str, lines: &LineIndex<'_>, error: &SyntaxError) -> Range<usize> {
    let rest_of_line = |from: usize| {
        let end = lines.content(lines.line_of(from)).end;
        if end > from {
            from..end
        } else {
            clamp(source, from..from + 1)
        }
    };
    match error.problem {
        // The line without a colon, not the one where that was noticed.
        "could not find expected ':'"
        | "found unexpected end of stream"
        | "found unexpected document indicator" => rest_of_line(error.context.offset),
        // The tabs themselves.
        _ if tabs(lines, error).is_some() => tabs(lines, error).unwrap_or_default(),
        "found unknown escape character" => clamp(source, error.at.offset..error.at.offset + 2),
        // The bracket that is never closed, unless it is on the same line.
        "did not find expected ',' or ']'" | "did not find expected ',' or '}'"
            if error.at.line > error.context.line =>
        {
            rest_of_line(error.context.offset)
        }
        "did not find expected key" | "did not find expected '-' indicator" => {
            rest_of_line(error.at.offset)
        }
        _ => {
            let at = clamp(source, error.at.offset..error.at.offset + 1);
            // The end of the text: its last line shows more.
            if at.is_empty() {
                lines.content(lines.line_of(source.trim_end().len()))
            } else {
                at
            }
        }
    }
}

/// The tabs in the indentation of the line of an error.
fn tabs(lines: &LineIndex<'_>, error: &SyntaxError) -> Option<Range<usize>> {
    let range = lines.range(lines.line_of(error.at.offset));
    let text = lines.text(lines.line_of(error.at.offset));
    let indentation = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
    let (first, last) = (indentation.find('\t')?, indentation.rfind('\t')?);
    Some(range.start + first..range.start + last + 1)
}

/// The message and the hint.
fn words(source: &str, error: &SyntaxError) -> (String, String) {
    let lines = LineIndex::new(source);
    let (message, hint) = match error.problem {
        _ if tabs(&lines, error).is_some() => (
            "A tab in the indentation",
            "YAML is indented with spaces only; a tab cannot begin a line",
        ),
        "could not find expected ':'" => (
            "A colon is missing",
            "A key ends with a colon and a space: `kind: Pod`",
        ),
        "did not find expected key" => (
            "This does not fit the mapping around it",
            "The fields of one mapping begin in one column, and after a value in quotes or brackets nothing may follow",
        ),
        "did not find expected '-' indicator" => (
            "This does not fit the list around it",
            "The items of one list begin with `- ` in one column",
        ),
        "mapping values are not allowed in this context" => (
            "A value cannot hold another `key: value` on its line",
            "Put quotes around a value with a colon in it; a nested mapping begins on the next line, further in",
        ),
        "block sequence entries are not allowed in this context" => (
            "A list cannot begin here",
            "A list begins on the line after its key, or is written in brackets: `[a, b]`",
        ),
        "mapping keys are not allowed in this context" => (
            "A key cannot begin here",
            "`? ` at the start of a value begins a key; put quotes around the value to mean the text",
        ),
        "found character that cannot start any token" => (
            "A value cannot begin with this character",
            "Put quotes around a value that begins with `@`, `` ` ``, `%` or another special character",
        ),
        CONTROL => (
            "A control character",
            "It is often pasted along with a text; delete it, or write it as an escape in double quotes",
        ),
        other => match words_in_values(other) {
            Some(words) => words,
            None => {
                let hint = "kubectl's parser reads YAML 1.1, which does not allow this";
                return (upper_first(other), hint.to_owned());
            }
        },
    };
    (message.to_owned(), hint.to_owned())
}

/// The message and the hint for what is wrong inside quotes, brackets, blocks and anchors.
fn words_in_values(problem: &str) -> Option<(&'static str, &'static str)> {
    Some(match problem {
        "found unknown escape character" => (
            "There is no such escape",
            "In double quotes a backslash begins an escape; write it twice, or use single quotes",
        ),
        "did not find expected hexdecimal number" => (
            "This escape needs hexadecimal digits",
            "`\\x` takes two digits, `\\u` four and `\\U` eight",
        ),
        "found unexpected end of stream" | "found unexpected document indicator" => (
            "This quote is never closed",
            "A quoted value ends with the same quote that it began with",
        ),
        "did not find expected ',' or ']'" => (
            "This list is not closed",
            "The items of a list in brackets are separated by commas, up to the `]`",
        ),
        "did not find expected ',' or '}'" => (
            "This mapping is not closed",
            "The fields of a mapping in braces are separated by commas, up to the `}`",
        ),
        "did not find expected comment or line break" => (
            "Nothing may follow here on this line",
            "The text of a block (`|` or `>`) begins on the next line; put quotes around a value that begins so",
        ),
        "did not find expected alphabetic or numeric character" => (
            "The name of an anchor or alias is missing",
            "A value that begins with `*` is an alias and one with `&` an anchor; put quotes around it to mean the text",
        ),
        _ => return None,
    })
}

fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}
