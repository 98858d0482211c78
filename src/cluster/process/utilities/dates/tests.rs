//! Tests of dates.

use super::*;

#[test]
fn formats_as_date_does() {
    let check = |seconds: i64, pattern: &str, expected: &str| {
        assert_eq!(format(seconds * 1_000_000, pattern), expected);
    };
    check(0, "%c %Z", "Thu Jan  1 00:00:00 1970 UTC");
    check(1_795_284_340, "%F %T", "2026-11-21 18:05:40");
    check(951_782_400, "%F %j %u", "2000-02-29 060 2");
    check(-1, "%F %T", "1969-12-31 23:59:59");
    check(1_735_689_599, "%F %j", "2024-12-31 366");
    check(45_000, "%I:%M %p %q %%", "12:30 PM %q %");
}
