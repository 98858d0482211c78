//! What type a scalar has: the rules of YAML 1.1 as kubectl's parser applies them.

use super::tree::Resolved;
use crate::api::json_text::parse_float;

/// The value of a plain scalar without a tag. kubectl: `yes` and `on` are booleans, `0644` is
/// octal, `1_000` a number, dates stay strings.
#[must_use]
pub fn resolve(text: &str) -> Resolved {
    let Some(first) = text.bytes().next() else {
        return Resolved::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' => special_float(text)
            .or_else(|| decimal_float(text))
            .unwrap_or(Resolved::String),
        b'0'..=b'9' | b'+' | b'-' => special_float(text)
            .or_else(|| number(text))
            .unwrap_or(Resolved::String),
        _ => Resolved::String,
    }
}

/// The value of a scalar with one of YAML's own tags (`str`, `int`, `float`, `bool`, `null`,
/// `timestamp`, `binary`); an error says what kubectl says of a text that does not fit the tag.
///
/// # Errors
/// ``cannot decode !!str `x` as a !!int``.
pub fn resolve_tagged(tag: &str, text: &str) -> Result<Resolved, String> {
    let resolved = match tag {
        "bool" | "int" | "float" | "null" | "timestamp" => resolve(text),
        // `str` asks for a string; other tags say nothing about the type, and the text stays one.
        _ => return Ok(Resolved::String),
    };
    // A date is a timestamp only where nothing else was asked for.
    let is_timestamp = matches!(tag, "timestamp") && is_timestamp(text);
    let found = match resolved {
        Resolved::Null => "null",
        Resolved::Bool(_) => "bool",
        Resolved::Integer(_) => "int",
        Resolved::Float(_) => "float",
        Resolved::String if is_timestamp => "timestamp",
        Resolved::String => "str",
    };
    match resolved {
        Resolved::Integer(number) if tag == "float" => Ok(Resolved::Float(number as f64)),
        _ if found == tag => Ok(resolved),
        _ => Err(format!("cannot decode !!{found} `{text}` as a !!{tag}")),
    }
}

/// Whether the text begins like a date: four digits and a dash. Such texts stay strings.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}

fn word(text: &str) -> Resolved {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::String,
    }
}

fn special_float(text: &str) -> Option<Resolved> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Resolved::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Some(Resolved::Float(f64::INFINITY))
        }
        "-.inf" | "-.Inf" | "-.INF" => Some(Resolved::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

fn number(text: &str) -> Option<Resolved> {
    // kubectl's parser takes every underscore out before it reads a number.
    let plain: String = text.chars().filter(|character| *character != '_').collect();
    integer(&plain).or_else(|| decimal_float(&plain))
}

/// Go's `strconv.ParseInt(text, 0, 64)`, else `ParseUint`: `0x`, `0b`, `0o` and a leading `0` set the base.
fn integer(text: &str) -> Option<Resolved> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` itself takes a sign, which may not stand here.
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, base).ok()?);
    let limit = i128::from(i64::MAX);
    match negative {
        true if value <= limit + 1 => Some(Resolved::Integer(-value)),
        false if value <= limit || !signed => Some(Resolved::Integer(value)),
        _ => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, if it is a finite number.
fn decimal_float(text: &str) -> Option<Resolved> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_fits =
        exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    if !mantissa_fits || !exponent_fits {
        return None;
    }
    // Go refuses a number out of range, and the text stays a string.
    parse_float(text).map(Resolved::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Resolved) {
        assert_eq!(resolve(text), expect, "{text}");
    }

    #[test]
    fn words_are_booleans_in_three_spellings_only() {
        for text in ["y", "Yes", "ON", "true", "TRUE"] {
            check(text, Resolved::Bool(true));
        }
        for text in ["n", "No", "OFF", "False"] {
            check(text, Resolved::Bool(false));
        }
        for text in ["yES", "tRUE", "yess", "nil", "none"] {
            check(text, Resolved::String);
        }
        for text in ["", "~", "null", "NULL"] {
            check(text, Resolved::Null);
        }
    }

    #[test]
    fn whole_numbers_in_every_base() {
        check("8080", Resolved::Integer(8080));
        check("0644", Resolved::Integer(0o644));
        check("0o644", Resolved::Integer(0o644));
        check("0xfF", Resolved::Integer(255));
        check("0b101", Resolved::Integer(5));
        check("-0b101", Resolved::Integer(-5));
        check("1_000", Resolved::Integer(1000));
        check("+5", Resolved::Integer(5));
        check("-0", Resolved::Integer(0));
        check(
            "18446744073709551615",
            Resolved::Integer(i128::from(u64::MAX)),
        );
        check(
            "-9223372036854775808",
            Resolved::Integer(i128::from(i64::MIN)),
        );
        check("0x", Resolved::String);
        check("--5", Resolved::String);
    }

    #[test]
    fn floats_and_what_only_looks_like_one() {
        check("1.10", Resolved::Float(1.1));
        check(".5", Resolved::Float(0.5));
        check("089", Resolved::Float(89.0));
        check("1e3", Resolved::Float(1000.0));
        check(
            "18446744073709551616",
            Resolved::Float(18_446_744_073_709_551_616.0),
        );
        check("-.inf", Resolved::Float(f64::NEG_INFINITY));
        for text in [
            "1.2.3",
            "12:30:45",
            "2024-01-01",
            "1e",
            ".",
            "-",
            "1e999",
            "64Mi",
            "500m",
        ] {
            check(text, Resolved::String);
        }
    }

    #[test]
    fn tags_ask_for_a_type() {
        assert_eq!(resolve_tagged("str", "8080"), Ok(Resolved::String));
        assert_eq!(resolve_tagged("int", "80"), Ok(Resolved::Integer(80)));
        assert_eq!(resolve_tagged("float", "80"), Ok(Resolved::Float(80.0)));
        assert_eq!(
            resolve_tagged("timestamp", "2024-01-01"),
            Ok(Resolved::String)
        );
        assert_eq!(
            resolve_tagged("int", "x"),
            Err("cannot decode !!str `x` as a !!int".to_owned())
        );
    }
}
