//! Tests of regular expressions.

use super::*;

#[test]
fn expressions_match_like_grep() {
    let check = |regex: &str, extended: bool, text: &str, expected: Option<&str>| {
        let compiled = Regex::new(regex, extended, false, false);
        let letters: Vec<char> = text.chars().collect();
        let found = compiled
            .and_then(|regex| regex.find(&letters, 0))
            .and_then(|groups| groups[0]);
        let found = found.map(|(start, end)| letters[start..end].iter().collect::<String>());
        assert_eq!(found.as_deref(), expected, "{regex} in {text}");
    };
    check("b*", false, "abbb", Some(""));
    check("ab*", false, "xabbb", Some("abbb"));
    check("^a.c$", false, "abc", Some("abc"));
    check("a+", true, "caat", Some("aa"));
    check("a+", false, "a+b", Some("a+"));
    check("a\\+", false, "caat", Some("aa"));
    check("(foo|ba[rz])+x", true, "foobazx", Some("foobazx"));
    check("[0-9]{2,3}", true, "a1234", Some("123"));
    check("[^[:space:]]*", false, "ab cd", Some("ab"));
    check("x|y", true, "aay", Some("y"));
    check("a{", true, "a{", None);
    check("(a", true, "a", None);
    check("(a*)*b", true, &"a".repeat(60), None);
}
