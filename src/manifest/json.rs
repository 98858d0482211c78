//! The tree as JSON, as kubectl sends it to the API server.

use super::diagnostic::Diagnostic;
use super::tree::{Node, Resolved, Value};
use crate::api::json_text;
use serde_json::{Map, Number};

/// The JSON of a tree; values that JSON cannot carry (`.inf`, `.nan`) become null and are told.
#[must_use]
pub fn to_json(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> serde_json::Value {
    match &node.value {
        Value::Sequence(items) => items
            .iter()
            .map(|item| to_json(item, diagnostics))
            .collect(),
        Value::Mapping(entries) => {
            let pairs = entries
                .iter()
                .map(|entry| (entry.key.clone(), to_json(&entry.value, diagnostics)));
            // Of two entries with one key the last stays.
            serde_json::Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Scalar(scalar) => match scalar.resolved {
            Resolved::Null => serde_json::Value::Null,
            Resolved::Bool(value) => value.into(),
            Resolved::Integer(value) => integer(value),
            Resolved::Float(value) => float(value).unwrap_or_else(|shown| {
                diagnostics.push(
                    Diagnostic::error(
                        "number-not-in-json",
                        "JSON has no such number",
                        node.span.clone(),
                    )
                    .with_detail(format!("json: unsupported value: {shown}"))
                    .with_hint("Put quotes around it to mean the text"),
                );
                serde_json::Value::Null
            }),
            Resolved::String => scalar.text.clone().into(),
        },
    }
}

/// How Go writes a number into JSON: `80.0` as `80`, `1e3` as `1000`.
#[must_use]
pub fn number_text(resolved: &Resolved) -> Option<String> {
    match resolved {
        Resolved::Integer(value) => Some(value.to_string()),
        Resolved::Float(value) if value.is_finite() => Some(json_text::float(*value)),
        _ => None,
    }
}

/// The string that a float gets as a key of a map.
#[must_use]
pub fn float_key(value: f64) -> String {
    match value {
        _ if value.is_nan() => ".nan".to_owned(),
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        // sigs.k8s.io/yaml writes keys with the precision of 32 bits, and `1e+06` from a million on.
        _ => go_general(value),
    }
}

fn integer(value: i128) -> serde_json::Value {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => value.into(),
        (_, Ok(value)) => value.into(),
        // The tree has whole numbers of 64 bits only.
        _ => serde_json::Value::Null,
    }
}

fn float(value: f64) -> Result<serde_json::Value, &'static str> {
    if value.is_nan() {
        return Err("NaN");
    }
    if value.is_infinite() {
        return Err(if value > 0.0 { "+Inf" } else { "-Inf" });
    }
    // A float without a fraction arrives as a whole number.
    match json_text::float(value).parse::<i128>() {
        Ok(whole) if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&whole) => {
            Ok(integer(whole))
        }
        _ => Ok(Number::from_f64(value).map_or(serde_json::Value::Null, serde_json::Value::Number)),
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`.
fn go_general(value: f64) -> String {
    let short = value as f32;
    let size = short.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        return json_text::exponent(&format!("{short:e}"), 2);
    }
    format!("{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let check = |value: f64, expect: &str| assert_eq!(json_text::float(value), expect);
        check(80.0, "80");
        check(80.5, "80.5");
        check(1e21, "1e+21");
        check(1e-7, "1e-7");
        check(0.0, "0");
        assert_eq!(float(80.0), Ok(80.into()));
        assert_eq!(float(f64::NAN), Err("NaN"));
        assert_eq!(float_key(1.1), "1.1");
        assert_eq!(float_key(f64::NEG_INFINITY), "-.inf");
    }
}
