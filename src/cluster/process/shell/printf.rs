//! `printf` and the escapes of `echo -e` and `$'…'`.

use crate::api::json_text::parse_float;
/// Replaces backslash escapes. `\c` ends the text there.
pub(in crate::cluster::process) fn unescape(text: &str) -> String {
    let mut result = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            result.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('a') => result.push('\u{7}'),
            Some('b') => result.push('\u{8}'),
            Some('e') => result.push('\u{1b}'),
            Some('f') => result.push('\u{c}'),
            Some('v') => result.push('\u{b}'),
            Some('c') => break,
            Some('x') => {
                let digits = take_digits(&mut letters, 16, 2, None);
                result.extend(char::from_u32(digits));
            }
            Some(first @ '0'..='7') => {
                let code = take_digits(&mut letters, 8, 2 + usize::from(first == '0'), Some(first));
                result.extend(char::from_u32(code));
            }
            Some(other @ ('\'' | '"' | '\\')) => result.push(other),
            Some(other) => {
                result.push('\\');
                result.push(other);
            }
            None => {
                result.push('\\');
                break;
            }
        }
    }
    result
}

fn take_digits(
    letters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    radix: u32,
    most: usize,
    first: Option<char>,
) -> u32 {
    let mut value = first.and_then(|digit| digit.to_digit(radix)).unwrap_or(0);
    for _ in 0..most {
        let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(radix)) else {
            break;
        };
        value = value * radix + digit;
        letters.next();
    }
    value
}

/// The output of `printf FORMAT ARGUMENTS…`, and what is wrong with the arguments. The format is
/// used again as long as arguments are left.
pub(super) fn printf(format: &str, arguments: &[String]) -> (String, Option<String>) {
    let mut result = String::new();
    let mut problem = None;
    let mut arguments = arguments.iter();
    loop {
        let before = arguments.len();
        let is_over = once(format, &mut arguments, &mut result, &mut problem);
        if is_over || arguments.len() == 0 || arguments.len() == before {
            return (result, problem);
        }
    }
}

/// One pass; true if `%b` met a `\c`.
fn once(
    format: &str,
    arguments: &mut std::slice::Iter<'_, String>,
    result: &mut String,
    problem: &mut Option<String>,
) -> bool {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        result.push_str(&unescape(&rest[..at]));
        rest = &rest[at + 1..];
        let end = rest
            .find(|letter: char| !matches!(letter, '-' | '+' | ' ' | '#' | '*' | '.' | '0'..='9'));
        let Some(end) = end else {
            result.push('%');
            break;
        };
        let mut flags = rest[..end].to_owned();
        while let Some(star) = flags.find('*') {
            let width = arguments.next().map_or("0", String::as_str).to_owned();
            flags.replace_range(star..=star, &width);
        }
        let letter = rest[end..].chars().next().unwrap_or('%');
        rest = &rest[end + letter.len_utf8()..];
        if letter == '%' {
            result.push('%');
            continue;
        }
        let argument = arguments.next().map_or("", String::as_str);
        if letter == 'b' && argument.contains("\\c") {
            result.push_str(&unescape(argument));
            return true;
        }
        let text = conversion(letter, &flags, argument, problem);
        result.push_str(&text);
    }
    result.push_str(&unescape(rest));
    false
}

fn conversion(letter: char, flags: &str, argument: &str, problem: &mut Option<String>) -> String {
    let mut number = || match integer(argument) {
        Some(number) => number,
        None => {
            *problem = Some(format!("{argument}: invalid number"));
            0
        }
    };
    let precision = flags
        .split_once('.')
        .and_then(|(_, p)| p.parse::<usize>().ok());
    let body = match letter {
        's' => argument
            .chars()
            .take(precision.unwrap_or(usize::MAX))
            .collect(),
        'b' => unescape(argument),
        'c' => argument.chars().take(1).collect(),
        'd' | 'i' | 'u' => {
            let number = number();
            let sign = if flags.contains('+') && number >= 0 {
                "+"
            } else {
                ""
            };
            format!("{sign}{number}")
        }
        'x' => format!("{:x}", number()),
        'X' => format!("{:X}", number()),
        'o' => format!("{:o}", number()),
        'f' | 'g' | 'e' => {
            let value = parse_float(argument).unwrap_or(0.0);
            format!("{value:.*}", precision.unwrap_or(6).min(30))
        }
        other => return format!("%{flags}{other}"),
    };
    pad(&body, flags, letter)
}

fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0);
    }
    // `'A` is the code of the letter.
    if let Some(letter) = text.strip_prefix(['\'', '"']) {
        return letter
            .chars()
            .next()
            .map(|letter| i64::from(u32::from(letter)));
    }
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn pad(body: &str, flags: &str, letter: char) -> String {
    const MOST_WIDTH: usize = 4_096;
    let left = flags.contains('-');
    let digits = flags.split('.').next().unwrap_or_default();
    let digits = digits.trim_start_matches(['-', '+', ' ', '#']);
    let zeros = digits.starts_with('0') && !left && !matches!(letter, 's' | 'b' | 'c');
    let width = digits.parse::<usize>().unwrap_or(0).min(MOST_WIDTH);
    let missing = width.saturating_sub(body.chars().count());
    if left {
        format!("{body}{}", " ".repeat(missing))
    } else if zeros {
        let (sign, digits) = match body.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", body),
        };
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{body}", " ".repeat(missing))
    }
}

#[cfg(test)]
mod tests;
