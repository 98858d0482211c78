//! Edits that put fields into a document.

use crate::manifest::diagnostic::Edit;
use crate::manifest::lines::LineIndex;
use crate::manifest::scalar;
use crate::manifest::tree::{Node, Resolved, Value};

/// The edit that puts `lines` before the first field of a mapping, at its indentation. A mapping in braces, or
/// one without fields, takes none.
pub(super) fn insert(text: &str, mapping: &Node, lines: &[String]) -> Option<Edit> {
    let Value::Mapping(entries) = &mapping.value else {
        return None;
    };
    let at = entries.iter().find(|entry| !entry.merged)?.key_span.start;
    if text.get(mapping.span.clone())?.starts_with('{') {
        return None;
    }
    let index = LineIndex::new(text);
    let column = at - index.range(index.line_of(at)).start;
    let mut inserted = String::new();
    for line in lines {
        inserted.push_str(line);
        inserted.push('\n');
        inserted.push_str(&" ".repeat(column));
    }
    Some(Edit {
        span: at..at,
        text: inserted,
    })
}

/// `key: value` with quotes where YAML would read something else than the text.
pub(super) fn pair(key: &str, value: &str) -> String {
    format!("{}: {}", scalar_text(key), scalar_text(value))
}

/// A text as YAML, in quotes where it has to be.
pub(super) fn scalar_text(text: &str) -> String {
    let harmless =
        |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(harmless)
        && scalar::resolve(text) == Resolved::String;
    if is_plain {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}
