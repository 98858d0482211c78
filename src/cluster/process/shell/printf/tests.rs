//! Tests of `printf`.

use super::*;

#[test]
fn formats_like_printf() {
    let check = |format: &str, arguments: &[&str], expected: &str| {
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(printf(format, &arguments).0, expected, "{format}");
    };
    check("a\\n", &[], "a\n");
    check("%s-%s\\n", &["a", "b", "c"], "a-b\nc-\n");
    check("%5d|%-5d|%05d", &["42", "42", "-42"], "   42|42   |-0042");
    check(
        "%.2f %x %o %c",
        &["3.14159", "255", "8", "xyz"],
        "3.14 ff 10 x",
    );
    check("100%%\\t%b", &["a\\nb"], "100%\ta\nb");
    check("%*d", &["4", "7"], "   7");
    check("%q", &["a"], "%q");
    check("%", &[], "%");
    check("\\101\\x42", &[], "AB");
    assert_eq!(
        printf("%d", &["x".to_owned()]).1.as_deref(),
        Some("x: invalid number")
    );
}
