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
    let nanos = unix_micros.rem_euclid(1_000_000) * 1_000;
    let date = Date::from_unix(seconds);
    let month = MONTHS[date.month as usize - 1];
    let weekday = WEEKDAYS[date.weekday as usize];
    let mut text = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let piece = match letters.next() {
            Some('Y') => date.year.to_string(),
            Some('y') => format!("{:02}", date.year.rem_euclid(100)),
            Some('m') => format!("{:02}", date.month),
            Some('d') => format!("{:02}", date.day),
            Some('e') => format!("{:2}", date.day),
            Some('j') => format!("{:03}", date.day_of_year),
            Some('H') => format!("{:02}", date.hour),
            Some('I') => format!("{:02}", (date.hour + 11) % 12 + 1),
            Some('M') => format!("{:02}", date.minute),
            Some('S') => format!("{:02}", date.second),
            Some('p') => if date.hour < 12 { "AM" } else { "PM" }.to_owned(),
            Some('s') => seconds.to_string(),
            Some('N') => format!("{nanos:09}"),
            Some('a') => weekday[..3].to_owned(),
            Some('A') => weekday.to_owned(),
            Some('b' | 'h') => month[..3].to_owned(),
            Some('B') => month.to_owned(),
            Some('u') => (if date.weekday == 0 { 7 } else { date.weekday }).to_string(),
            Some('w') => date.weekday.to_string(),
            Some('Z') => "UTC".to_owned(),
            Some('z') => "+0000".to_owned(),
            Some('F') => format(unix_micros, "%Y-%m-%d"),
            Some('T') => format(unix_micros, "%H:%M:%S"),
            Some('R') => format(unix_micros, "%H:%M"),
            Some('D') => format(unix_micros, "%m/%d/%y"),
            Some('c') => format(unix_micros, "%a %b %e %H:%M:%S %Y"),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some('%') | None => "%".to_owned(),
            Some(other) => format!("%{other}"),
        };
        text.push_str(&piece);
    }
    text
}

#[cfg(test)]
mod tests;
