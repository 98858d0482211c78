//! Times as the screen shows them: counted from the moment at which the cluster is ready for its first input.

use std::time::Duration;

use crate::kernel::SimTime;

use super::view::Text;

/// How long a cluster has been up when the screen's clock shows 0:00: its nodes are Ready and quiet by then.
pub const SETTLING: Duration = Duration::from_secs(60);

/// The simulated moment at which the screen's clock shows 0:00.
pub const EPOCH: SimTime = SimTime::from_micros(SETTLING.as_micros() as u64);

/// What the screen's clock shows at a simulated moment.
#[must_use]
pub fn to_screen(moment: SimTime) -> SimTime {
    SimTime::ZERO + moment.since(EPOCH)
}

/// The simulated moment at which the screen's clock shows `shown`.
#[must_use]
pub fn from_screen(shown: SimTime) -> SimTime {
    EPOCH + shown.since(SimTime::ZERO)
}

/// `0:07.3`, `3:14.0`, `1:02:03.0`: a simulated moment on the screen's clock, to the tenth.
#[must_use]
pub fn clock(moment: SimTime) -> Text {
    let text = to_screen(moment).to_string();
    // `m:ss.mmm` without its last two digits.
    text[..text.len() - 2].into()
}

/// `4:34`: the same to the second, rounded down.
#[must_use]
pub fn clock_seconds(moment: SimTime) -> Text {
    let text = to_screen(moment).to_string();
    text[..text.len() - 4].into()
}

/// The text and unit of a countdown: (`51`, `s`), (`1m20`, ``), (`12m`, ``). At most 4 characters; rounded up, so that 0 means over.
#[must_use]
pub fn dial(left: Duration) -> (Text, Text) {
    let seconds = left.as_micros().div_ceil(1_000_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60);
    match seconds {
        0..100 => (seconds.to_string().into(), "s".into()),
        100..600 => (format!("{minutes}m{:02}", seconds % 60).into(), "".into()),
        600..36_000 if minutes < 100 => (format!("{minutes}m").into(), "".into()),
        _ => (format!("{hours}h").into(), "".into()),
    }
}

/// `51 s`, `1 min 20 s`, `2 h 5 min`: whole seconds, rounded up.
#[must_use]
pub fn words(span: Duration) -> String {
    let seconds = span.as_micros().div_ceil(1_000_000);
    let pair = |big: u128, unit: &str, small: u128, small_unit: &str| {
        if small == 0 {
            format!("{big} {unit}")
        } else {
            format!("{big} {unit} {small} {small_unit}")
        }
    };
    match seconds {
        0..100 => format!("{seconds} s"),
        100..3_600 => pair(seconds / 60, "min", seconds % 60, "s"),
        _ => pair(seconds / 3_600, "h", seconds / 60 % 60, "min"),
    }
}

/// `12.4 s`, `1 min 20 s`: to the tenth below 100 s, rounded down.
#[must_use]
pub fn tenths(span: Duration) -> String {
    if span.as_secs() >= 100 {
        return words(Duration::from_secs(span.as_secs()));
    }
    let tenths = span.as_millis() / 100;
    if tenths.is_multiple_of(10) {
        format!("{} s", tenths / 10)
    } else {
        format!("{}.{} s", tenths / 10, tenths % 10)
    }
}

/// How much of `whole` is `part`, 0 – 100, rounded down.
#[must_use]
pub fn percent(part: Duration, whole: Duration) -> u8 {
    if whole.is_zero() {
        return 100;
    }
    // At most 100 by `min`.
    (part.min(whole).as_micros() * 100 / whole.as_micros()) as u8
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        EPOCH, clock, clock_seconds, dial, from_screen, percent, tenths, to_screen, words,
    };
    use crate::kernel::SimTime;

    #[test]
    fn the_clock_begins_at_the_epoch() {
        assert_eq!(to_screen(EPOCH), SimTime::ZERO);
        assert_eq!(to_screen(SimTime::ZERO), SimTime::ZERO);
        let moment = EPOCH + Duration::from_millis(194_060);
        assert_eq!(from_screen(to_screen(moment)), moment);
        assert_eq!(clock(moment).as_ref(), "3:14.0");
        assert_eq!(clock_seconds(moment).as_ref(), "3:14");
    }

    #[test]
    fn spans_in_words() {
        let check = |millis, in_dial: &str, in_words: &str, in_tenths: &str| {
            let span = Duration::from_millis(millis);
            let (text, unit) = dial(span);
            assert_eq!(format!("{text}{unit}"), in_dial);
            assert!(text.len() <= 4);
            assert_eq!(words(span), in_words);
            assert_eq!(tenths(span), in_tenths);
        };
        check(0, "0s", "0 s", "0 s");
        check(50_100, "51s", "51 s", "50.1 s");
        check(99_000, "99s", "99 s", "99 s");
        check(102_000, "1m42", "1 min 42 s", "1 min 42 s");
        check(720_000, "12m", "12 min", "12 min");
        check(7_500_000, "2h", "2 h 5 min", "2 h 5 min");
    }

    #[test]
    fn percents_stay_between_0_and_100() {
        let seconds = Duration::from_secs;
        assert_eq!(percent(seconds(1), seconds(3)), 33);
        assert_eq!(percent(seconds(9), seconds(3)), 100);
        assert_eq!(percent(seconds(0), seconds(0)), 100);
    }
}
