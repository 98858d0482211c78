//! Timestamps as the API writes and reads them: RFC 3339, in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// `2026-01-31T07:08:09Z`, as `metav1.Time` is written.
#[must_use]
pub fn text(moment: Timestamp) -> String {
    seconds(moment) + "Z"
}

/// `2026-01-31T07:08:09.000123Z`, as `metav1.MicroTime` is written.
#[must_use]
pub fn micro_text(moment: Timestamp) -> String {
    let micros = moment.as_microsecond().rem_euclid(1_000_000);
    seconds(moment) + &format!(".{micros:06}Z")
}

/// `Sat, 31 Jan 2026 07:08:09 +0000`, as `kubectl describe` shows a time.
#[must_use]
pub fn rfc_1123(moment: Timestamp) -> String {
    const DAYS: &str = "MonTueWedThuFriSatSun";
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let time = Offset::UTC.to_datetime(moment);
    let name = |names: &'static str, number: i8| {
        let start = usize::try_from(number - 1).unwrap_or(0) * 3;
        names.get(start..start + 3).unwrap_or_default()
    };
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
        name(DAYS, time.weekday().to_monday_one_offset()),
        time.day(),
        name(MONTHS, time.month()),
        time.year(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

fn seconds(moment: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(moment);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Reads RFC 3339: `2026-01-31T07:08:09Z`, with a fraction or an offset such as `+02:00`.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let (seconds, rest) = text.split_at_checked("2006-01-02T15:04:05".len())?;
    let separated = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let bytes = seconds.as_bytes();
    if !separated.iter().all(|(at, sign)| bytes[*at] == *sign) {
        return None;
    }
    let part = |from: usize, to: usize| number(seconds.get(from..to)?);
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(digits) => {
            let end = digits.find(|sign: char| !sign.is_ascii_digit())?;
            if end == 0 {
                return None;
            }
            digits.split_at(end)
        }
        None => ("", rest),
    };
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let time = DateTime::new(
        i16::try_from(part(0, 4)?).ok()?,
        i8::try_from(part(5, 7)?).ok()?,
        i8::try_from(part(8, 10)?).ok()?,
        i8::try_from(part(11, 13)?).ok()?,
        i8::try_from(part(14, 16)?).ok()?,
        i8::try_from(part(17, 19)?).ok()?,
        number(&nanos)?,
    );
    offset(zone)?.to_timestamp(time.ok()?).ok()
}

/// `Z`, `+02:00` or `-05:30`.
fn offset(zone: &str) -> Option<Offset> {
    if zone == "Z" {
        return Some(Offset::UTC);
    }
    if zone.len() != "+00:00".len() {
        return None;
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let seconds = (number(hours)? * 60 + number(minutes)?).checked_mul(60)?;
    match zone.as_bytes()[0] {
        b'+' => Offset::from_seconds(seconds).ok(),
        b'-' => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

/// Digits only: no sign, no blank, at most nine of them.
fn number(digits: &str) -> Option<i32> {
    if digits.len() > 9 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_and_written() {
        let check = |input: &str, expect: &str, micro: &str| {
            let moment = parse(input).unwrap();
            assert_eq!(text(moment), expect, "{input}");
            assert_eq!(micro_text(moment), micro, "{input}");
            assert_eq!(Some(moment), input.parse().ok(), "{input}");
        };
        check(
            "2026-01-31T07:08:09Z",
            "2026-01-31T07:08:09Z",
            "2026-01-31T07:08:09.000000Z",
        );
        check(
            "2024-02-29T23:59:59.1234567-01:30",
            "2024-03-01T01:29:59Z",
            "2024-03-01T01:29:59.123456Z",
        );
        check(
            "1969-12-31T23:59:58.5Z",
            "1969-12-31T23:59:58Z",
            "1969-12-31T23:59:58.500000Z",
        );
    }

    #[test]
    fn describe_shows_the_day_of_the_week() {
        let check = |input: &str, expect: &str| {
            assert_eq!(rfc_1123(parse(input).unwrap()), expect);
        };
        check("2026-11-21T17:55:10Z", "Sat, 21 Nov 2026 17:55:10 +0000");
        check("2024-02-29T00:00:00Z", "Thu, 29 Feb 2024 00:00:00 +0000");
        check("2026-01-04T01:02:03Z", "Sun, 04 Jan 2026 01:02:03 +0000");
    }

    #[test]
    fn other_texts_are_no_timestamps() {
        for text in [
            "",
            "now",
            "2026-01-31",
            "2026-02-30T00:00:00Z",
            "2026-01-31 07:08:09Z",
            "2026-01-31T07:08:09",
            "2026-01-31T07:08:09.Z",
            "2026-01-31T07:08:09+0200",
            "2026-01-31T07:08:0éZ",
            "+026-01-31T07:08:09Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
