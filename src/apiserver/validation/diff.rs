//! The difference of two objects as the API server shows it: a unified diff of their JSON.
//!
//! The real server shows its internal types there, with every field that is not set; this shows the
//! fields by the names that a manifest has for them.

use crate::api::codec::{Codec, to_json};
use crate::api::json_text;

/// Equal lines that are shown around the changed ones.
const CONTEXT_LINES: usize = 3;

/// One hunk from the first to the last line that differs; empty if none does.
pub(super) fn diff(before: &dyn Codec, after: &dyn Codec) -> String {
    let (old, new) = (lines(before), lines(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let backwards = old.iter().rev().zip(new.iter().rev());
    let end = backwards.take(rest).take_while(|(a, b)| a == b).count();
    if start + end == old.len() && old.len() == new.len() {
        return String::new();
    }
    let first = start.saturating_sub(CONTEXT_LINES);
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    let more = end.min(CONTEXT_LINES);
    let mut text = format!(
        "@@ -{},{} +{},{} @@\n",
        first + 1,
        old_end + more - first,
        first + 1,
        new_end + more - first
    );
    let mut add = |sign: char, lines: &[String]| {
        for line in lines {
            text.push(sign);
            text.push_str(line);
            text.push('\n');
        }
    };
    add(' ', &old[first..start]);
    add('-', &old[start..old_end]);
    add('+', &new[start..new_end]);
    add(' ', &old[old_end..old_end + more]);
    text
}

fn lines(value: &dyn Codec) -> Vec<String> {
    let text = json_text::pretty(&to_json(value), " ");
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::diff;
    use serde_json::json;

    #[test]
    fn shows_the_lines_that_differ() {
        let before = json!({"a": 1, "b": 2, "c": [1, 2], "d": 4, "e": 5});
        assert_eq!(diff(&before, &before), "");
        let mut after = before.clone();
        after["c"] = json!([1, 3]);
        expect_test::expect![[r#"
            @@ -3,7 +3,7 @@
              "b": 2,
              "c": [
               1,
            -  2
            +  3
              ],
              "d": 4,
              "e": 5
        "#]]
        .assert_eq(&diff(&before, &after));
    }
}
