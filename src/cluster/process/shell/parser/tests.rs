//! Tests of the parser.

use super::*;

#[test]
fn what_cannot_be_read_is_named() {
    let check = |text: &str, expected: &str| {
        assert_eq!(parse(text).error.unwrap_or_default(), expected, "{text}");
    };
    check("echo a; echo b & echo c && d || e | f", "");
    check("if a; then b; elif c; then d; else e; fi > f 2>&1", "");
    check("while :; do break; done; until x; do y; done", "");
    check("for i in 1 2 3; do echo $i; done; for j do :; done", "");
    check("case $x in a|b) c;; (*) d; esac", "");
    check("f() { echo; }; function g { :; }; (a; b) | { c; }", "");
    check("cat <<EOF\n$x\nEOF\necho done", "");
    check("a=1 b=\"$(echo \"x\")\" c=${d:-`e`} f >> g", "");
    check("[[ $a == b* && -f c ]] || (( x += 1 ))", "");
    check("# only a comment", "");
    check("", "");
    check("done", "unexpected \"done\"");
    check("echo )", "unexpected \")\"");
    check("; a", "unexpected \";\"");
    check("a | | b", "unexpected \"|\"");
    check("if a; then b", "unexpected end of file");
    check("while true; do sleep 1", "unexpected end of file");
    check("if a; fi", "unexpected \"fi\"");
    check("echo 'a", "unterminated quoted string");
    check("echo \"a", "unterminated quoted string");
    check("echo >", "unexpected end of file");
    check("echo >\n", "unexpected newline");
    check("${a b}", "bad substitution");
    check(&"(".repeat(10_000), "nested too deeply");
    check(&"{ ".repeat(10_000), "nested too deeply");
    check(&"$(".repeat(10_000), "nested too deeply");
}

#[test]
fn lines_before_an_error_are_kept() {
    let parsed = parse("echo a\necho b; echo c\necho d; done\necho e");
    assert_eq!(parsed.list.items.len(), 3);
    assert!(parsed.error.is_some());
}
