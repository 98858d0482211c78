//! What each part of a text is, for an editor to colour: the scanner's own view, so that colours and verdicts
//! never disagree.

use std::ops::Range;

use super::scanner::Scanner;
use super::token::{Token, TokenKind};
use crate::manifest::scalar::resolve;
use crate::manifest::tree::Resolved;

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A key of a mapping.
    Key,
    /// A value that is text.
    Text,
    /// A number.
    Number,
    /// `true`, `yes`, `null` and their like.
    Constant,
    /// What holds the others together.
    Punctuation,
    /// From `#` to the end of the line.
    Comment,
    /// An anchor, an alias or a tag.
    Name,
}

/// The parts of `text` in its order, without those that are blank.
///
/// Behind something that is no YAML it goes on with the next line, so that colours do not go out while one types.
#[must_use]
pub fn highlight(text: &str) -> Vec<(Range<usize>, Class)> {
    let mut parts = Vec::new();
    let mut start = 0;
    while start < text.len() {
        start = lines(text, start, &mut parts);
    }
    parts
}

/// Reads lines from byte `start` to the end or to something that is no YAML; where to go on.
fn lines(text: &str, start: usize, parts: &mut Vec<(Range<usize>, Class)>) -> usize {
    let rest = &text[start..];
    let mut scanner = Scanner::new(rest, false);
    let (mut end, mut is_key) = (0, false);
    loop {
        let token = match scanner.take() {
            Ok(token) => token,
            Err(error) => {
                // Not where it was noticed: an open quote is noticed at the end of the text.
                let line = error.context.offset.max(end).min(rest.len());
                let next = rest[line..]
                    .find('\n')
                    .map_or(rest.len(), |at| line + at + 1);
                comments(rest, end..next, start, parts);
                return start + next;
            }
        };
        comments(rest, end..token.start.offset, start, parts);
        end = end.max(token.end.offset);
        let place = start + token.start.offset..start + token.end.offset;
        match class(&token, is_key) {
            Some(class) if !place.is_empty() => parts.push((place, class)),
            _ => {}
        }
        if token.kind == TokenKind::StreamEnd {
            return text.len();
        }
        is_key = match token.kind {
            TokenKind::Key => true,
            // A key may be anchored or tagged.
            TokenKind::Anchor(_) | TokenKind::Tag(..) => is_key,
            _ => false,
        };
    }
}

fn class(token: &Token, is_key: bool) -> Option<Class> {
    Some(match &token.kind {
        TokenKind::Scalar { .. } if is_key => Class::Key,
        TokenKind::Scalar { text, plain: true } => match resolve(text) {
            Resolved::String => Class::Text,
            Resolved::Integer(_) | Resolved::Float(_) => Class::Number,
            Resolved::Bool(_) | Resolved::Null => Class::Constant,
        },
        TokenKind::Scalar { .. } => Class::Text,
        TokenKind::Alias(_) | TokenKind::Anchor(_) | TokenKind::Tag(..) => Class::Name,
        TokenKind::StreamEnd
        | TokenKind::BlockSequenceStart
        | TokenKind::BlockMappingStart
        | TokenKind::BlockEnd => return None,
        _ => Class::Punctuation,
    })
}

/// The comments between two tokens, at `gap` of `rest`.
fn comments(rest: &str, gap: Range<usize>, start: usize, parts: &mut Vec<(Range<usize>, Class)>) {
    let mut at = gap.start;
    for line in rest.get(gap).unwrap_or_default().split_inclusive('\n') {
        if let Some(sign) = line.find('#') {
            let end = at + line.trim_end().len();
            parts.push((start + at + sign..start + end, Class::Comment));
        }
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, Class)]) {
        let found = highlight(text);
        let shown: Vec<_> = found
            .iter()
            .map(|(place, class)| (&text[place.clone()], *class))
            .collect();
        assert_eq!(shown, expect, "{text}");
        assert!(found.windows(2).all(|two| two[0].0.end <= two[1].0.start));
    }

    #[test]
    fn parts_are_told_apart() {
        use Class::*;
        check(
            "# two\na: 1 # one\nb: [yes, 'no', &x c]\n--- \nd: *x\n",
            &[
                ("# two", Comment),
                ("a", Key),
                (":", Punctuation),
                ("1", Number),
                ("# one", Comment),
                ("b", Key),
                (":", Punctuation),
                ("[", Punctuation),
                ("yes", Constant),
                (",", Punctuation),
                ("'no'", Text),
                (",", Punctuation),
                ("&x", Name),
                ("c", Text),
                ("]", Punctuation),
                ("---", Punctuation),
                ("d", Key),
                (":", Punctuation),
                ("*x", Name),
            ],
        );
        check(
            "args:\n- |\n  sleep 5 # not a comment\n",
            &[
                ("args", Key),
                (":", Punctuation),
                ("-", Punctuation),
                ("|\n  sleep 5 # not a comment", Text),
            ],
        );
    }

    #[test]
    fn goes_on_behind_an_error() {
        use Class::*;
        check(
            "a: 'open\nb: @\n\tc: 1\nd: 2\n",
            &[
                ("a", Key),
                (":", Punctuation),
                ("b", Key),
                (":", Punctuation),
                ("d", Key),
                (":", Punctuation),
                ("2", Number),
            ],
        );
    }
}
