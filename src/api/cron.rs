//! The schedules of cron jobs, as robfig/cron reads them, and the names of time zones.

/// A schedule: the minutes in which it is due, or a steady pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// One bit for each value that a field may have: bit 0 of the minutes is minute 0.
    Fields {
        /// 0 to 59.
        minutes: u64,
        /// 0 to 23.
        hours: u64,
        /// 1 to 31; [`STAR`] is set where every day was meant.
        days: u64,
        /// 1 to 12.
        months: u64,
        /// 0 (Sunday) to 6; [`STAR`] is set where every day was meant.
        weekdays: u64,
    },
    /// `@every 90s`: so many microseconds after the time before.
    Every(i64),
}

/// Set beside the values where a field was `*` or `?`: of day and weekday, the one that is not restricted does not
/// count.
pub const STAR: u64 = 1 << 63;

/// Least and most of minutes, hours, days, months and weekdays.
const BOUNDS: [(u64, u64); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
const MONTHS: &str = "jan feb mar apr may jun jul aug sep oct nov dec";
const WEEKDAYS: &str = "sun mon tue wed thu fri sat";

/// The schedules that have names.
const NAMED: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Reads five fields, a named schedule or `@every DURATION`. A time zone before it is taken off.
    ///
    /// # Errors
    /// What is wrong, in the words of the library that Kubernetes uses.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = without_zone(text)?;
        if let Some(duration) = text.strip_prefix("@every ") {
            let micros = duration_micros(duration);
            return micros
                .map(Self::Every)
                .map_err(|why| format!("failed to parse duration {text}: {why}"));
        }
        let named = NAMED.iter().find(|(name, _)| *name == text);
        if named.is_none() && text.starts_with('@') {
            return Err(format!("unrecognized descriptor: {text}"));
        }
        let fields: Vec<&str> = named
            .map_or(text, |(_, fields)| fields)
            .split_whitespace()
            .collect();
        if fields.len() != BOUNDS.len() {
            return Err(format!(
                "expected exactly 5 fields, found {}: [{}]",
                fields.len(),
                fields.join(" ")
            ));
        }
        let mut bits = [0; BOUNDS.len()];
        for (index, field) in fields.into_iter().enumerate() {
            for range in field.split(',').filter(|range| !range.is_empty()) {
                bits[index] |= range_bits(range, index)?;
            }
        }
        let [minutes, hours, days, months, weekdays] = bits;
        Ok(Self::Fields {
            minutes,
            hours,
            days,
            months,
            weekdays,
        })
    }
}

/// Whether the time-zone database has this name.
#[must_use]
pub fn is_time_zone(name: &str) -> bool {
    let (region, place) = name.rsplit_once('/').unwrap_or(("-", name));
    let mut lines = include_str!("time_zones.txt").lines();
    lines.any(|line| {
        let mut words = line.split(' ');
        words.next() == Some(region) && words.any(|word| word == place)
    })
}

/// Takes `TZ=…` or `CRON_TZ=…` off.
fn without_zone(text: &str) -> Result<&str, String> {
    if text.is_empty() {
        return Err("empty spec string".to_owned());
    }
    let Some(rest) = text
        .strip_prefix("CRON_TZ=")
        .or_else(|| text.strip_prefix("TZ="))
    else {
        return Ok(text);
    };
    let Some((zone, rest)) = rest.split_once(' ') else {
        return Err(
            "invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned(),
        );
    };
    if zone.contains("..") || zone.starts_with(['/', '\\']) {
        return Err(format!(
            "provided bad location {zone}: time: invalid location name"
        ));
    }
    if !zone.is_empty() && zone != "Local" && !is_time_zone(zone) {
        return Err(format!(
            "provided bad location {zone}: unknown time zone {zone}"
        ));
    }
    Ok(rest.trim())
}

/// The values of `*`, `5`, `1-5`, `*/15`, `10-40/5` in the field with this index.
fn range_bits(text: &str, index: usize) -> Result<u64, String> {
    let (least, most) = BOUNDS[index];
    let parts: Vec<&str> = text.split('/').collect();
    let ends: Vec<&str> = parts[0].split('-').collect();
    let every = matches!(ends[0], "*" | "?");
    let (start, mut end) = match ends[..] {
        _ if every => (least, most),
        [one] => {
            let one = number_or_name(one, index)?;
            (one, one)
        }
        [start, end] => (number_or_name(start, index)?, number_or_name(end, index)?),
        _ => return Err(format!("too many hyphens: {text}")),
    };
    let step = match parts[..] {
        [_] => 1,
        [_, step] => number(step)?,
        _ => return Err(format!("too many slashes: {text}")),
    };
    if parts.len() == 2 && ends.len() == 1 {
        end = most;
    }
    if start < least {
        return Err(format!(
            "beginning of range ({start}) below minimum ({least}): {text}"
        ));
    }
    if end > most {
        return Err(format!(
            "end of range ({end}) above maximum ({most}): {text}"
        ));
    }
    if start > end {
        return Err(format!(
            "beginning of range ({start}) beyond end of range ({end}): {text}"
        ));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    let star = if every && step == 1 { STAR } else { 0 };
    let values = (start..=end).filter(|value| (value - start) % step == 0);
    Ok(values.fold(star, |bits, value| bits | 1 << value))
}

fn number_or_name(text: &str, index: usize) -> Result<u64, String> {
    let (names, first) = match index {
        3 => (MONTHS, 1),
        4 => (WEEKDAYS, 0),
        _ => ("", 0),
    };
    let lower = text.to_ascii_lowercase();
    let place = names
        .split(' ')
        .position(|name| name == lower && !name.is_empty());
    place.map_or_else(|| number(text), |place| Ok(place as u64 + first))
}

fn number(text: &str) -> Result<u64, String> {
    let problem = |why: &str| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: {why}")
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(problem("invalid syntax"));
    }
    let number: i64 = text.parse().map_err(|_| problem("value out of range"))?;
    u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
}

/// A duration as Go writes it: `1h30m`, `90s`, `1.5h`; at least a second, in whole ones, as the library has it.
fn duration_micros(text: &str) -> Result<i64, String> {
    const SECOND: i64 = 1_000_000;
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut nanos: i128 = 0;
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() && rest != "0" {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || whole.len() > 18 || fraction.contains('.') {
            return Err(invalid());
        }
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("time: unknown unit {unit:?} in duration {text:?}"));
        };
        let fraction = &fraction[..fraction.len().min(9)];
        let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
        // Digits alone, and few enough, so they can be read.
        let digits: i128 = format!("0{whole}{fraction}")
            .parse()
            .map_err(|_| invalid())?;
        nanos += digits * size / scale;
        rest = tail;
    }
    if nanos > i64::MAX.into() {
        return Err(invalid());
    }
    let micros = i64::try_from(nanos / 1000).map_err(|_| invalid())?;
    let micros = if negative { -micros } else { micros };
    Ok((micros - micros % SECOND).max(SECOND))
}

#[cfg(test)]
mod tests {
    use super::{STAR, Schedule, is_time_zone};

    fn check(text: &str, expect: Result<[u64; 5], &str>) {
        let found = Schedule::parse(text).map(|schedule| match schedule {
            Schedule::Fields {
                minutes,
                hours,
                days,
                months,
                weekdays,
            } => [minutes, hours, days, months, weekdays],
            Schedule::Every(micros) => [u64::try_from(micros).unwrap(), 0, 0, 0, 0],
        });
        assert_eq!(found, expect.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn schedules() {
        let all = |least: u32, most: u32| STAR | ((1 << (most + 1)) - (1 << least));
        let any = [all(0, 59), all(0, 23), all(1, 31), all(1, 12), all(0, 6)];
        check("* * * * ?", Ok(any));
        check("TZ=Europe/Berlin * * * * *", Ok(any));
        check(
            "*/15 9-17/4 1,15 jan-Mar sun",
            Ok([
                1 | 1 << 15 | 1 << 30 | 1 << 45,
                1 << 9 | 1 << 13 | 1 << 17,
                2 | 1 << 15,
                14,
                1,
            ]),
        );
        check("@weekly", Ok([1, 1, all(1, 31), all(1, 12), 1]));
        check("@every 1h30m0.5s", Ok([5_400_000_000, 0, 0, 0, 0]));
        check("@every 10ms", Ok([1_000_000, 0, 0, 0, 0]));
        // What is after the slash begins at the number before it.
        check(
            "50/5 * * * *",
            Ok([1 << 50 | 1 << 55, any[1], any[2], any[3], any[4]]),
        );
    }

    #[test]
    fn what_is_no_schedule() {
        for (text, why) in [
            ("", "empty spec string"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("@often", "unrecognized descriptor: @often"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            (
                "5-1 * * * *",
                "beginning of range (5) beyond end of range (1): 5-1",
            ),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            (
                "*/0 * * * *",
                "step of range should be a positive number: */0",
            ),
            (
                "a * * * *",
                "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax",
            ),
            (
                "99999999999999999999 * * * *",
                "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": \
                 value out of range",
            ),
            (
                "@every 5",
                "failed to parse duration @every 5: time: missing unit in duration \"5\"",
            ),
            (
                "@every 5y",
                "failed to parse duration @every 5y: time: unknown unit \"y\" in duration \"5y\"",
            ),
            (
                "@every x",
                "failed to parse duration @every x: time: invalid duration \"x\"",
            ),
            (
                "TZ=0",
                "invalid schedule format: runtime error: slice bounds out of range [:-1]",
            ),
            (
                "TZ=Nowhere * * * * *",
                "provided bad location Nowhere: unknown time zone Nowhere",
            ),
        ] {
            check(text, Err(why));
        }
    }

    #[test]
    fn time_zones() {
        for name in [
            "UTC",
            "Europe/Berlin",
            "America/Argentina/Ushuaia",
            "Etc/GMT+1",
            "EST",
        ] {
            assert!(is_time_zone(name), "{name}");
        }
        for name in [
            "utc",
            "Europe",
            "Europe/",
            "-",
            "Berlin",
            "Europe/berlin",
            "",
        ] {
            assert!(!is_time_zone(name), "{name}");
        }
    }
}
