//! The difference of two objects as the API server shows it.

use serde::Serialize;

/// Lines of the indented JSON of both, those that are equal in both shortened to their surroundings.
pub(super) fn diff(before: &impl Serialize, after: &impl Serialize) -> String {
    let lines = |value: &dyn erased::Json| -> Vec<String> {
        value.pretty().lines().map(str::to_owned).collect()
    };
    let (old, new) = (lines(before), lines(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let mut text = String::new();
    let removed = old[start..old.len() - end].iter().map(|line| ("-", line));
    let added = new[start..new.len() - end].iter().map(|line| ("+", line));
    let context = start.saturating_sub(CONTEXT_LINES);
    let before = old[context..start].iter().map(|line| (" ", line));
    let after_end = (old.len() - end + CONTEXT_LINES).min(old.len());
    let after = old[old.len() - end..after_end]
        .iter()
        .map(|line| (" ", line));
    for (sign, line) in before.chain(removed).chain(added).chain(after) {
        text.push_str(&format!("{sign} {line}\n"));
    }
    text
}

const CONTEXT_LINES: usize = 3;

/// Lets `diff` take two values of different types.
mod erased {
    pub(super) trait Json {
        fn pretty(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn pretty(&self) -> String {
            // The types hold maps with string keys only, which is all that JSON encoding can fail on.
            serde_json::to_string_pretty(self).unwrap_or_default()
        }
    }
}
