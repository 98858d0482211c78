//! The documents of a text, cut apart as kubectl does it: at lines that begin with `---`.
//!
//! kubectl cuts before it parses, so a broken document never hides the next, and the line numbers in
//! its messages count from the document's first line.

use std::ops::Range;

/// A piece of the text that kubectl hands to its YAML parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bytes parsed. Line 1 of kubectl's messages is the line that begins here.
    pub span: Range<usize>,
    /// A separator that kubectl refuses (text after `---` on its line), which ends the reading for it.
    pub bad_separator: Option<Range<usize>>,
}

/// The pieces of `text`, without those that have no line.
#[must_use]
pub fn split(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut bad_separator = None;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            // k8s.io/apimachinery YAMLReader: only blanks and comments may follow a separator.
            let trimmed = rest.trim();
            let bad = !trimmed.is_empty() && !trimmed.starts_with('#');
            if at > start || bad_separator.is_some() {
                pieces.push(Piece {
                    span: start..at,
                    bad_separator: bad_separator.take(),
                });
                // A separator after some lines is dropped; a leading one stays in the document
                // and counts as its first line.
                start = at + line.len();
            }
            if bad {
                let from = at + line.len() - rest.trim_start().len();
                bad_separator = Some(from..from + trimmed.len());
            }
        }
        at += line.len();
    }
    if at > start || bad_separator.is_some() {
        pieces.push(Piece {
            span: start..at,
            bad_separator,
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let pieces: Vec<&str> = split(text)
            .into_iter()
            .map(|piece| &text[piece.span])
            .collect();
        assert_eq!(pieces, expect);
    }

    #[test]
    fn separators_cut_and_a_leading_one_stays() {
        check("a: 1\n---\nb: 2\n", &["a: 1\n", "b: 2\n"]);
        check("---\na: 1\n--- # second\nb: 2", &["---\na: 1\n", "b: 2"]);
        check("---\n---\na: 1\n", &["---\n", "a: 1\n"]);
        check("", &[]);
        check("a: |\n  ---\n", &["a: |\n  ---\n"]);
    }

    #[test]
    fn text_after_a_separator_is_told() {
        let text = "a: 1\n--- b\nc: 2\n";
        let bad = split(text)
            .into_iter()
            .find_map(|piece| piece.bad_separator);
        assert_eq!(bad.map(|span| &text[span]), Some("b"));
    }
}
