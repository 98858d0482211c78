//! How kubectl writes spans of time: `45s`, `3m20s`, `5d`.

use crate::api::meta::Time;

/// apimachinery's HumanDuration: two or three significant figures.
#[must_use]
pub fn human_duration(seconds: i64) -> String {
    const YEAR_DAYS: i64 = 365;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let pair = |big: i64, unit: char, small: i64, small_unit: char| {
        if small == 0 {
            format!("{big}{unit}")
        } else {
            format!("{big}{unit}{small}{small_unit}")
        }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => pair(days, 'd', hours % 24, 'h'),
        _ if days < YEAR_DAYS * 2 => format!("{days}d"),
        _ if days < YEAR_DAYS * 8 => pair(days / YEAR_DAYS, 'y', days % YEAR_DAYS, 'd'),
        _ => format!("{}y", days / YEAR_DAYS),
    }
}

/// The time since a timestamp, as the AGE column shows it; `<unknown>` without one.
#[must_use]
pub fn since(time: Option<&Time>, now_unix_micros: i64) -> String {
    time.map_or_else(
        || "<unknown>".to_owned(),
        |time| human_duration(seconds_since(time, now_unix_micros)),
    )
}

/// Whole seconds since a timestamp, rounded towards zero.
#[must_use]
pub fn seconds_since(time: &Time, now_unix_micros: i64) -> i64 {
    (now_unix_micros - time.0.as_microsecond()) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::human_duration;

    #[test]
    fn has_two_or_three_figures() {
        let check = |seconds, expect: &str| assert_eq!(human_duration(seconds), expect);
        check(-2, "<invalid>");
        check(-1, "0s");
        check(119, "119s");
        check(120, "2m");
        check(221, "3m41s");
        check(600, "10m");
        check(10_799, "179m");
        check(3 * 3_600, "3h");
        check(3 * 3_600 + 300, "3h5m");
        check(47 * 3_600, "47h");
        check(50 * 3_600, "2d2h");
        check(9 * 86_400, "9d");
        check(3 * 365 * 86_400 + 86_400, "3y1d");
        check(9 * 365 * 86_400, "9y");
    }
}
