//! The corrected version of a text: one fix after the other, until no error is left.

use super::diagnostic::{Diagnostic, Edit, Fix};
use super::read_as_it_stands;
use super::split::split;

/// How many fixes may follow one another.
const MAX_ROUNDS: usize = 60;

/// A longer text is corrected fix by fix only, so that every keystroke is answered at once.
const MAX_BYTES: usize = 32 * 1024;

/// A syntax error hides what is wrong behind it. Where all of that has fixes, they are offered together.
pub fn offer(text: &str, diagnostics: &mut [Diagnostic]) {
    let hides_more =
        |problem: &&mut Diagnostic| problem.code == "yaml-syntax" && !problem.fixes.is_empty();
    let Some(problem) = diagnostics.iter_mut().find(hides_more) else {
        return;
    };
    let at = problem.span.start;
    let pieces = split(text);
    // Documents do not touch one another: the broken one is enough.
    let Some(piece) = pieces.iter().rev().find(|piece| piece.span.start <= at) else {
        return;
    };
    let source = text.get(piece.span.clone()).unwrap_or_default();
    if source.len() > MAX_BYTES {
        return;
    }
    if let Some((corrected, changes)) = correct(source).filter(|(_, changes)| *changes > 1) {
        let mut edit = difference(source, &corrected);
        edit.span = edit.span.start + piece.span.start..edit.span.end + piece.span.start;
        let title = format!("Correct the whole document ({changes} changes)");
        problem.fixes.insert(
            0,
            Fix {
                title,
                edits: vec![edit],
            },
        );
    }
}

/// The text with the first fix of its first error made, and so on until there is no error, and the number of
/// fixes that took. None where an error has no fix.
#[must_use]
pub fn correct(text: &str) -> Option<(String, usize)> {
    let mut corrected = text.to_owned();
    for changes in 0..MAX_ROUNDS {
        if corrected.len() > MAX_BYTES {
            return None;
        }
        let problems = read_as_it_stands(&corrected).diagnostics;
        let Some(problem) = problems.iter().find(|problem| problem.is_error()) else {
            return Some((corrected, changes));
        };
        corrected = problem.fixes.first()?.apply(&corrected);
    }
    None
}

/// The one edit that makes `to` of `from`: what both begin and end with stays.
fn difference(from: &str, to: &str) -> Edit {
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum::<usize>()
    };
    let start = common(&mut from.chars().zip(to.chars()));
    let (from_rest, to_rest) = (&from[start..], &to[start..]);
    let end = common(&mut from_rest.chars().rev().zip(to_rest.chars().rev()));
    Edit {
        span: start..from.len() - end,
        text: to_rest[..to_rest.len() - end].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{correct, difference};
    use crate::manifest::{Fix, read};

    /// The broken text is corrected by one click, to the same object as `expect`.
    fn check(broken: &str, expect: &str) {
        let problems = read(broken).diagnostics;
        let whole = problems
            .iter()
            .flat_map(|one| &one.fixes)
            .find(|fix| fix.title.starts_with("Correct the whole"));
        let corrected = whole.map(|fix| fix.apply(broken)).unwrap_or_default();
        let (have, want) = (read(&corrected), read(expect));
        assert!(have.is_valid(), "{:#?}\n{corrected}", have.diagnostics);
        assert_eq!(
            have.documents[0].json, want.documents[0].json,
            "{corrected}"
        );
    }

    #[test]
    fn the_articles_broken_manifests_are_one_click_from_right() {
        check(
            include_str!("../../scenarios/02-shared-volume-broken.yaml"),
            include_str!("../../scenarios/03-shared-volume.yaml"),
        );
        check(
            include_str!("../../scenarios/04-key-properties-broken.yaml"),
            include_str!("../../scenarios/05-key-properties.yaml"),
        );
    }

    #[test]
    fn what_cannot_be_corrected_is_left() {
        assert_eq!(correct("a: [\n- b: {\n"), None);
        assert_eq!(correct(""), Some((String::new(), 0)));
    }

    #[test]
    fn the_difference_is_one_edit() {
        let check = |from: &str, to: &str| {
            let fix = Fix {
                title: String::new(),
                edits: vec![difference(from, to)],
            };
            assert_eq!(fix.apply(from), to);
        };
        check("abc", "aXc");
        check("aaa", "aa");
        check("é", "è");
        check("", "x");
    }
}
