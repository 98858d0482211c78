//! JSON as text, as Go's encoder writes it, and numbers from text.
//!
//! serde_json could write it too, but brings ten kilobytes of tables for its numbers; so does the standard
//! library for reading them.

use serde_json::{Number, Value};

/// In one line, without blanks.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, 0, &mut out);
    out
}

/// With a line for each item, `indent` for each level.
#[must_use]
pub fn pretty(value: &Value, indent: &str) -> String {
    let mut out = String::new();
    write(value, Some(indent), 0, &mut out);
    out
}

fn write(value: &Value, indent: Option<&str>, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(value) => out.push_str(&number(value)),
        Value::String(text) => quote(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(at, indent, depth, out);
                write(item, indent, depth + 1, out);
            }
            end_line(items.is_empty(), indent, depth, out);
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                separate(at, indent, depth, out);
                quote(key, out);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                write(item, indent, depth + 1, out);
            }
            end_line(map.is_empty(), indent, depth, out);
            out.push('}');
        }
    }
}

fn separate(at: usize, indent: Option<&str>, depth: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
    end_line(false, indent, depth + 1, out);
}

fn end_line(is_empty: bool, indent: Option<&str>, depth: usize, out: &mut String) {
    if let (false, Some(indent)) = (is_empty, indent) {
        out.push('\n');
        out.push_str(&indent.repeat(depth));
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// JSON with `<`, `>` and `&` as escapes: Go's encoder hides what could be read as HTML.
#[must_use]
pub fn escape_html(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn number(number: &Number) -> String {
    match (number.as_i64(), number.as_u64()) {
        (Some(value), _) => value.to_string(),
        (_, Some(value)) => value.to_string(),
        _ => float(number.as_f64().unwrap_or(0.0)),
    }
}

/// A number as Go's `encoding/json` writes it: without an exponent from 1e-6 up to 1e21.
#[must_use]
pub fn float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return exponent(&format!("{value:e}"), 1);
    }
    format!("{value}")
}

/// `1e7` as Go writes it: with a sign, and at least `digits` digits in the exponent.
#[must_use]
pub fn exponent(text: &str, digits: usize) -> String {
    let Some((mantissa, power)) = text.split_once('e') else {
        return text.to_owned();
    };
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{mantissa}e{sign}{power:0>digits$}")
}

/// Reads `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, if it is in the range of 64 bits. From the
/// sixteenth digit on the last one may be off.
#[must_use]
pub fn parse_float(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || whole.starts_with('-') {
        return None;
    }
    // JSON's numbers have digits on both sides of the point, and no zeros before them.
    let json = [
        "0",
        whole.trim_start_matches('0'),
        ".",
        fraction,
        "0e",
        power,
    ]
    .concat();
    let json = match whole.trim_start_matches('0') {
        "" => json.as_str(),
        _ => &json[1..],
    };
    // Not as a `f64`: its code would bring the tables back, for messages about other types.
    let value: Value = serde_json::from_str(json).ok()?;
    let value = value.as_f64()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn agrees_with_serde_json() {
        for value in [
            json!(null),
            json!([]),
            json!({}),
            json!({"a": [1, -2, 1.5, u64::MAX], "b": {"c": true, "d": "x\"\\\n\t\u{1}\u{7f}é"}}),
        ] {
            assert_eq!(text(&value), value.to_string());
            let expect = serde_json::to_string_pretty(&value).unwrap();
            assert_eq!(pretty(&value, "  "), expect);
        }
    }

    #[test]
    fn floats_are_read() {
        for text in [
            "1.5",
            ".5",
            "5.",
            "-0.25",
            "+1e3",
            "1E-3",
            "007.5",
            "0",
            "1e300",
            "123456.789",
        ] {
            assert_eq!(parse_float(text), text.parse().ok(), "{text}");
        }
        for text in [
            "", ".", "e5", "1e", "1e999", "-", "x", "1.x", "--1", "1e+-5",
        ] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_gos() {
        for (value, expect) in [(80.0, "80"), (1e21, "1e+21"), (1e-7, "1e-7"), (0.5, "0.5")] {
            assert_eq!(float(value), expect);
        }
    }
}
