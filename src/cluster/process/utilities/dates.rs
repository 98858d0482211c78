//! Calendar dates from Unix time, in UTC, and `strftime` formats.

/// Days, hours and so on of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) struct Date {
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    /// 0 is Sunday.
    pub weekday: u32,
    /// 1 to 366.
    pub day_of_year: u32,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

impl Date {
    /// The date at a Unix time in seconds.
    pub fn from_unix(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Years that begin in March put the leap day at their end.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * from_march + 2) / 153;
        let day = from_march - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let before: i64 = (1..month)
            .map(|m| match m {
                2 => 28 + i64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            })
            .sum();
        Self {
            year,
            month: month as u32,
            day: day as u32,
            hour: (rest / 3_600) as u32,
            minute: (rest / 60 % 60) as u32,
            second: (rest % 60) as u32,
            weekday: (days + 4).rem_euclid(7) as u32,
            day_of_year: (before + day) as u32,
        }
    }
}

/// A moment in a `strftime` format; `%N` are nanoseconds, unknown letters stay as they are.
pub(in crate::cluster::process) fn format(unix_micros: i64, pattern: &str) -> String {
    let seconds = unix_micros.div_euclid(1_000_000);
    let nanos = unix_micros.rem_euclid(1_000_000) as u32 * 1_000;
    let mut text = String::with_capacity(2 * pattern.len() + 8);
    push(
        &mut text,
        &Date::from_unix(seconds),
        (seconds, nanos),
        pattern,
    );
    text
}

/// Adds a date in a format; `unix` are the same moment's seconds, and nanoseconds in the second.
fn push(text: &mut String, date: &Date, unix: (i64, u32), pattern: &str) {
    let month = MONTHS[date.month as usize - 1];
    let weekday = WEEKDAYS[date.weekday as usize];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('Y') => text.push_str(&date.year.to_string()),
            Some('y') => padded(text, date.year.rem_euclid(100) as u32, 2, '0'),
            Some('m') => padded(text, date.month, 2, '0'),
            Some('d') => padded(text, date.day, 2, '0'),
            Some('e') => padded(text, date.day, 2, ' '),
            Some('j') => padded(text, date.day_of_year, 3, '0'),
            Some('H') => padded(text, date.hour, 2, '0'),
            Some('I') => padded(text, (date.hour + 11) % 12 + 1, 2, '0'),
            Some('M') => padded(text, date.minute, 2, '0'),
            Some('S') => padded(text, date.second, 2, '0'),
            Some('p') => text.push_str(if date.hour < 12 { "AM" } else { "PM" }),
            Some('s') => text.push_str(&unix.0.to_string()),
            Some('N') => padded(text, unix.1, 9, '0'),
            Some('a') => text.push_str(&weekday[..3]),
            Some('A') => text.push_str(weekday),
            Some('b' | 'h') => text.push_str(&month[..3]),
            Some('B') => text.push_str(month),
            Some('u') => padded(text, (date.weekday + 6) % 7 + 1, 1, '0'),
            Some('w') => padded(text, date.weekday, 1, '0'),
            Some('Z') => text.push_str("UTC"),
            Some('z') => text.push_str("+0000"),
            Some('F') => push(text, date, unix, "%Y-%m-%d"),
            Some('T') => push(text, date, unix, "%H:%M:%S"),
            Some('R') => push(text, date, unix, "%H:%M"),
            Some('D') => push(text, date, unix, "%m/%d/%y"),
            Some('c') => push(text, date, unix, "%a %b %e %H:%M:%S %Y"),
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('%') | None => text.push('%'),
            Some(other) => text.extend(['%', other]),
        }
    }
}

/// Adds a number with at least so many digits. By hand: access logs have a date in every line.
fn padded(text: &mut String, number: u32, width: usize, filler: char) {
    let mut digits = [b'0'; 10];
    let mut at = digits.len();
    let mut rest = number;
    while rest > 0 || at == digits.len() {
        at -= 1;
        digits[at] += (rest % 10) as u8;
        rest /= 10;
    }
    let missing = width.saturating_sub(digits.len() - at);
    text.extend(std::iter::repeat_n(filler, missing));
    text.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests;
