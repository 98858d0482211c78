//! YAML as kubectl prints it: sorted keys, lists not indented, long lines folded at 80 columns, and quotes
//! where go-yaml (a port of libyaml) puts them.

use crate::api::json_text;
use serde_json::Value;

use crate::manifest::scalar;
use crate::manifest::tree::Resolved;

/// go-yaml folds a line at the first space behind this column.
const BEST_WIDTH: usize = 80;

/// The text of a value, with a newline at the end.
#[must_use]
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, value, 0, false),
        Value::Array(items) if !items.is_empty() => sequence(&mut out, items, 0, false),
        _ => {
            scalar_text(&mut out, value, 0, 0);
            out.push('\n');
        }
    }
    out
}

/// Writes the entries of a map; the first stands behind `- ` already if `inline`.
fn mapping(out: &mut String, value: &Value, indent: usize, inline: bool) {
    let mut inline = inline;
    for (key, value) in value.as_object().into_iter().flatten() {
        if !std::mem::take(&mut inline) {
            spaces(out, indent);
        }
        let start = out.len();
        string(out, key, indent, indent, true);
        out.push(':');
        let column = indent + out[start..].chars().count();
        entry(out, value, indent, column);
    }
}

/// Writes a map's value behind `key:`.
fn entry(out: &mut String, value: &Value, indent: usize, column: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            mapping(out, value, indent + 2, false);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            sequence(out, items, indent, false);
        }
        _ => {
            out.push(' ');
            scalar_text(out, value, indent, column + 1);
            out.push('\n');
        }
    }
}

fn sequence(out: &mut String, items: &[Value], indent: usize, inline: bool) {
    let mut inline = inline;
    for item in items {
        if !std::mem::take(&mut inline) {
            spaces(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(out, item, indent + 2, true),
            Value::Array(inner) if !inner.is_empty() => sequence(out, inner, indent + 2, true),
            _ => {
                scalar_text(out, item, indent, indent + 2);
                out.push('\n');
            }
        }
    }
}

/// Writes what fits behind a key or a dash. `column` is where it starts.
fn scalar_text(out: &mut String, value: &Value, indent: usize, column: usize) {
    match value {
        Value::String(text) => string(out, text, indent, column, false),
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        other => out.push_str(&json_text::text(other)),
    }
}

fn string(out: &mut String, text: &str, indent: usize, column: usize, is_key: bool) {
    if text.contains('\n') && !is_key && text.chars().all(|c| is_printable(c) || c == '\n') {
        literal(out, text, indent + 2);
    } else if reads_as_something_else(text) || !text.chars().all(is_printable) {
        out.push('"');
        fold(out, &escaped(text), indent + 2, column + 1, is_key);
        out.push('"');
    } else if may_be_plain(text) {
        fold(out, text, indent + 2, column, is_key);
    } else {
        out.push('\'');
        fold(
            out,
            &text.replace('\'', "''"),
            indent + 2,
            column + 1,
            is_key,
        );
        out.push('\'');
    }
}

/// A block scalar: `|`, with `-` or `+` where the text does not end in exactly one newline.
fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") || text == "\n" {
        out.push('+');
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(out, indent);
            out.push_str(line);
        }
    }
}

/// Writes `text`, breaking the line at single spaces behind column 80. A key stays on its line.
fn fold(out: &mut String, text: &str, indent: usize, column: usize, is_key: bool) {
    let mut column = column;
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let single =
            before.is_some_and(|before| before != ' ') && next.is_some_and(|next| next != ' ');
        if character == ' ' && !is_key && column > BEST_WIDTH && single {
            out.push('\n');
            spaces(out, indent);
            column = indent;
        } else {
            out.push(character);
            column += 1;
        }
        before = Some(character);
    }
}

/// Whether go-yaml would read the plain text as something other than this string.
fn reads_as_something_else(text: &str) -> bool {
    !matches!(scalar::resolve(text), Resolved::String)
        || text == "<<"
        || looks_like_time(text)
        || is_base_60(text)
}

/// go-yaml's timestamp formats all begin with a date.
fn looks_like_time(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split('-').collect();
    let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.as_slice(), [year, month, day] if year.len() == 4
        && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len()) && parts.iter().all(digits))
}

/// YAML 1.1 reads `1:30` as 90.
fn is_base_60(text: &str) -> bool {
    let mut parts = text.trim_start_matches(['-', '+']).split(':');
    let first = parts.next().unwrap_or_default();
    let is_number = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'.'))
    };
    let rest: Vec<&str> = parts.collect();
    first.starts_with(|c: char| c.is_ascii_digit())
        && !rest.is_empty()
        && is_number(first)
        && rest
            .iter()
            .all(|part| !part.is_empty() && part.len() <= 2 && is_number(part))
}

/// libyaml's `yaml_emitter_analyze_scalar`, as far as it concerns plain style in block context.
fn may_be_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let (Some(first), second) = (characters.next(), characters.next()) else {
        return false;
    };
    let spaced = |next: Option<char>| next.is_none_or(|next| next == ' ');
    let bad_start = "#,[]{}&*!|>'\"%@`".contains(first) || "-?:".contains(first) && spaced(second);
    let bad_inside = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    let document_mark = text.starts_with("---") || text.starts_with("...");
    !(bad_start || bad_inside || document_mark || text.starts_with(' ') || text.ends_with(' '))
}

fn is_printable(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{85}')
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            other if is_printable(other) => out.push(other),
            other if u32::from(other) <= 0xff => {
                out.push_str(&format!("\\x{:02X}", u32::from(other)));
            }
            other => out.push_str(&format!("\\u{:04X}", u32::from(other))),
        }
    }
    out
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: &Value, expect: &str) {
        assert_eq!(print(value), expect);
    }

    #[test]
    fn nests_as_kubectl_does() {
        check(
            &json!({"b": [{"y": 1, "x": [[1, 2], {}]}, "s"], "a": {"k": null, "e": {}, "l": []}}),
            "a:\n  e: {}\n  k: null\n  l: []\nb:\n- x:\n  - - 1\n    - 2\n  - {}\n  \"y\": 1\n- s\n",
        );
    }

    #[test]
    fn quotes_as_go_yaml_does() {
        for (text, expect) in [
            ("plain text", "plain text"),
            ("", "\"\""),
            ("true", "\"true\""),
            ("yes", "\"yes\""),
            ("8080", "\"8080\""),
            ("1e3", "\"1e3\""),
            ("0x1F", "\"0x1F\""),
            ("null", "\"null\""),
            ("~", "\"~\""),
            ("1:30", "\"1:30\""),
            ("2026-11-21T17:48:26Z", "\"2026-11-21T17:48:26Z\""),
            ("10.244.1.154", "10.244.1.154"),
            ("512Mi", "512Mi"),
            ("-c", "-c"),
            ("- c", "'- c'"),
            ("a: b", "'a: b'"),
            ("it's: so", "'it''s: so'"),
            ("a #b", "'a #b'"),
            ("*all", "'*all'"),
            ("{}", "'{}'"),
            ("@x", "'@x'"),
            ("tab\there", "\"tab\\there\""),
            (" x", "' x'"),
            ("x:", "'x:'"),
            ("a:b", "a:b"),
            ("é", "é"),
        ] {
            check(&json!(text), &format!("{expect}\n"));
        }
    }

    #[test]
    fn lines_are_kept_or_folded() {
        check(&json!({"a": "x\ny\n"}), "a: |\n  x\n  y\n");
        check(&json!({"a": "x\ny"}), "a: |-\n  x\n  y\n");
        check(&json!({"a": "x\n\n"}), "a: |+\n  x\n\n");
        let message = "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 \
            nodes are available: 3 Preemption is not helpful for scheduling.";
        check(
            &json!({"conditions": [{"message": message}]}),
            "conditions:\n- message: '0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate,\n    \
             preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'\n",
        );
    }
}
