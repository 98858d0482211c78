//! Tests of patterns.

use super::*;

#[test]
fn patterns_match_whole_texts() {
    let check = |pattern: &str, text: &str, expected: bool| {
        assert_eq!(matches(pattern, text), expected, "{pattern} against {text}");
    };
    check("*", "", true);
    check("a*c", "abbc", true);
    check("a*c*d", "abcbcxd", true);
    check("a*c", "abbd", false);
    check("?", "", false);
    check("[a-c]x", "bx", true);
    check("[!a-c]x", "bx", false);
    check("[]]", "]", true);
    check("[", "[", true);
    check("[[:digit:]]*", "7up", true);
    check(r"\*", "*", true);
    check(r"\*", "a", false);
    check("*a*a*a*a*a*b", &"a".repeat(200), false);
}

#[test]
fn prefixes_and_suffixes_are_shortest_or_longest() {
    assert_eq!(prefix_length("*/", "a/b/c", false), Some(2));
    assert_eq!(prefix_length("*/", "a/b/c", true), Some(4));
    assert_eq!(suffix_start(".*", "a.b.c", false), Some(3));
    assert_eq!(suffix_start(".*", "a.b.c", true), Some(1));
    assert_eq!(prefix_length("x", "abc", true), None);
}
