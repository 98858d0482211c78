//! The documents of a text, cut apart as kubectl does it: at lines that begin with `---`.
//!
//! kubectl cuts before it parses, so a broken document never hides the next, and the line numbers in
//! its messages count from the document's first line.

use super::go_json::value_end;
use std::ops::Range;

/// A piece of the text that kubectl hands to its YAML parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bytes parsed. Line 1 of kubectl's messages is the line that begins here.
    pub span: Range<usize>,
    /// A separator that kubectl refuses (text after `---` on its line), which ends the reading for it.
    pub bad_separator: Option<Range<usize>>,
    /// Whether it is a JSON value that kubectl reads as such, with JSON's escapes.
    pub is_json: bool,
    /// Why it is not JSON, in kubectl's words, of a piece that kubectl took for JSON first. If it is no YAML
    /// either, this is what kubectl says.
    pub json_problem: Option<String>,
}

/// The pieces of `text`, without those that have no line.
#[must_use]
pub fn split(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut json_problem = None;
    // k8s.io/apimachinery YAMLOrJSONDecoder: a text that begins with a brace is JSON, one value after the
    // other, until something else comes; the rest is YAML.
    if text.trim_start().starts_with('{') {
        loop {
            match value_end(&text[start..]) {
                Ok(None) => return pieces,
                Ok(Some(end)) => {
                    pieces.push(Piece {
                        is_json: true,
                        ..piece(start..start + end, None)
                    });
                    start += end;
                }
                Err(error) => {
                    json_problem = Some(error.text(start));
                    break;
                }
            }
        }
        start += skipped_blanks(&text[start..]);
    }
    let first = pieces.len();
    split_yaml(text, start, &mut pieces);
    if let Some(first) = pieces.get_mut(first) {
        first.json_problem = json_problem;
    }
    pieces
}

/// Blanks up to the first line end, which kubectl drops where it goes over from JSON to YAML.
fn skipped_blanks(rest: &str) -> usize {
    let blanks = rest.len() - rest.trim_start().len();
    rest[..blanks]
        .find('\n')
        .map_or(blanks, |line_end| line_end + 1)
}

fn piece(span: Range<usize>, bad_separator: Option<Range<usize>>) -> Piece {
    Piece {
        span,
        bad_separator,
        is_json: false,
        json_problem: None,
    }
}

/// Cuts the YAML from byte `from` on.
fn split_yaml(text: &str, from: usize, pieces: &mut Vec<Piece>) {
    let (mut start, mut at) = (from, from);
    let mut bad_separator = None;
    for line in text[from..].split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            // k8s.io/apimachinery YAMLReader: only blanks and comments may follow a separator.
            let trimmed = rest.trim();
            let bad = !trimmed.is_empty() && !trimmed.starts_with('#');
            if at > start || bad_separator.is_some() {
                pieces.push(piece(start..at, bad_separator.take()));
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
        pieces.push(piece(start..at, bad_separator));
    }
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
    fn json_values_follow_one_another_until_yaml_comes() {
        check("{}{}\n[]", &["{}", "{}", "\n[]"]);
        check("{}\n---\na: 1\n", &["{}", "---\na: 1\n"]);
        check("\n {a: 1}\n", &[" {a: 1}\n"]);
        let problem = split("{a: 1}").remove(0).json_problem.unwrap_or_default();
        assert!(
            problem.starts_with("json: offset 2: invalid character 'a'"),
            "{problem}"
        );
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
