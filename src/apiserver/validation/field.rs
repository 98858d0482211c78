//! Field paths and the problems found there, in the API server's words.

use crate::api::json_text;
use std::fmt;

use serde_json::Value;

use crate::apiserver::Cause;

/// The way to a field: `spec.containers[0].name`. Built on the stack, made text only for a problem.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldPath<'a> {
    parent: Option<&'a Self>,
    part: Part<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> FieldPath<'a> {
    /// A path of one field, or of several with dots between.
    pub fn new(name: &'a str) -> Self {
        Self {
            parent: None,
            part: Part::Name(name),
        }
    }

    /// A field of the map at this path.
    pub fn child(&'a self, name: &'a str) -> Self {
        self.with(Part::Name(name))
    }

    /// An element of the list at this path.
    pub fn index(&'a self, index: usize) -> Self {
        self.with(Part::Index(index))
    }

    /// An entry of the map at this path, where the keys are free.
    pub fn key(&'a self, key: &'a str) -> Self {
        self.with(Part::Key(key))
    }

    fn with(&'a self, part: Part<'a>) -> Self {
        Self {
            parent: Some(self),
            part,
        }
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.part {
            Part::Name(name) if self.parent.is_some() => write!(f, ".{name}"),
            Part::Name(name) => f.write_str(name),
            Part::Index(index) => write!(f, "[{index}]"),
            Part::Key(key) => write!(f, "[{key}]"),
        }
    }
}

/// The problems of an object, in the order in which the server finds them.
#[derive(Debug, Default)]
pub(super) struct Problems(pub Vec<Cause>);

impl Problems {
    /// `Required value`, with a detail if that is not empty.
    pub fn required(&mut self, path: &FieldPath, detail: &str) {
        self.add("FieldValueRequired", path, "Required value", detail);
    }

    /// `Invalid value: VALUE: detail`
    pub fn invalid(&mut self, path: &FieldPath, value: impl Into<BadValue>, detail: &str) {
        let head = format!("Invalid value: {}", value.into().0);
        self.add("FieldValueInvalid", path, &head, detail);
    }

    /// One Invalid for each detail.
    pub fn invalid_each(&mut self, path: &FieldPath, value: &str, details: Vec<String>) {
        for detail in details {
            self.invalid(path, value, &detail);
        }
    }

    /// `Unsupported value: VALUE: supported values: "A", "B"`
    pub fn not_supported(
        &mut self,
        path: &FieldPath,
        value: impl Into<BadValue>,
        supported: &[&str],
    ) {
        let head = format!("Unsupported value: {}", value.into().0);
        let quoted: Vec<String> = supported.iter().map(|one| quote(one)).collect();
        let detail = format!("supported values: {}", quoted.join(", "));
        self.add("FieldValueNotSupported", path, &head, &detail);
    }

    /// `Duplicate value: VALUE`
    pub fn duplicate(&mut self, path: &FieldPath, value: impl Into<BadValue>) {
        let head = format!("Duplicate value: {}", value.into().0);
        self.add("FieldValueDuplicate", path, &head, "");
    }

    /// `Not found: VALUE`
    pub fn not_found(&mut self, path: &FieldPath, value: impl Into<BadValue>) {
        let head = format!("Not found: {}", value.into().0);
        self.add("FieldValueNotFound", path, &head, "");
    }

    /// `Forbidden: detail`
    pub fn forbidden(&mut self, path: &FieldPath, detail: &str) {
        self.add("FieldValueForbidden", path, "Forbidden", detail);
    }

    /// `Too long: may not be more than N bytes`
    pub fn too_long(&mut self, path: &FieldPath, most_bytes: usize) {
        let detail = format!("may not be more than {most_bytes} bytes");
        self.add("FieldValueTooLong", path, "Too long", &detail);
    }

    /// `Too many: COUNT: must have at most N items`
    pub fn too_many(&mut self, path: &FieldPath, count: usize, most: usize) {
        let detail = format!("must have at most {most} items");
        self.add(
            "FieldValueTooMany",
            path,
            &format!("Too many: {count}"),
            &detail,
        );
    }

    /// Whatever is below zero.
    pub fn non_negative(&mut self, path: &FieldPath, value: Option<impl Into<i64>>) {
        if let Some(value) = value.map(Into::into).filter(|value| *value < 0) {
            self.invalid(path, value, "must be greater than or equal to 0");
        }
    }

    /// Whatever is below zero of several fields of the map at `path`.
    pub fn all_non_negative(&mut self, path: &FieldPath, fields: &[(&str, Option<i64>)]) {
        for (field, value) in fields {
            self.non_negative(&path.child(field), *value);
        }
    }

    /// `Invalid value: detail`, where the server does not say which value.
    pub fn invalid_without_value(&mut self, path: &FieldPath, detail: &str) {
        self.add("FieldValueInvalid", path, "Invalid value", detail);
    }

    /// Anything but one of `supported`; nothing for an empty value, which is Required.
    pub fn one_of(&mut self, path: &FieldPath, value: &str, supported: &[&str]) {
        if value.is_empty() {
            self.required(path, "");
        } else if !supported.contains(&value) {
            self.not_supported(path, value, supported);
        }
    }

    fn add(&mut self, reason: &'static str, path: &FieldPath, head: &str, detail: &str) {
        let message = if detail.is_empty() {
            head.to_owned()
        } else {
            format!("{head}: {detail}")
        };
        let field = path.to_string();
        self.0.push(Cause {
            reason,
            message,
            field,
        });
    }
}

/// A value as it stands in a message: quoted text, plain number or truth, or compact JSON.
pub(super) struct BadValue(String);

impl From<&str> for BadValue {
    fn from(text: &str) -> Self {
        Self(quote(text))
    }
}

impl From<&String> for BadValue {
    fn from(text: &String) -> Self {
        Self(quote(text))
    }
}

impl From<i64> for BadValue {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<i32> for BadValue {
    fn from(number: i32) -> Self {
        Self(number.to_string())
    }
}

impl From<bool> for BadValue {
    fn from(truth: bool) -> Self {
        Self(truth.to_string())
    }
}

impl From<Value> for BadValue {
    fn from(json: Value) -> Self {
        Raw(json_text::text(&json)).into()
    }
}

/// JSON text that is to stand in a message as it is, in Go's order of fields.
pub(super) struct Raw(pub String);

impl From<Raw> for BadValue {
    fn from(raw: Raw) -> Self {
        Self(json_text::escape_html(&raw.0))
    }
}

/// A struct of the server's own, which shows the names that its fields have in Go; the values are JSON.
pub(super) fn go_struct(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A text as Go's `%q` writes it.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_ascii_control() => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_read_as_the_servers() {
        let mut problems = Problems::default();
        let spec = FieldPath::new("spec");
        let containers = spec.child("containers");
        let first = containers.index(0);
        problems.required(&first.child("name"), "");
        problems.invalid(&first.child("image"), "a\t\"b\"", "must not be so");
        problems.not_supported(&spec.child("dnsPolicy"), "x", &["A", "B"]);
        problems.too_many(&spec.child("rules"), 21, 20);
        problems.too_long(&spec.child("data").key("k"), 10);
        let texts: Vec<String> = problems
            .0
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message))
            .collect();
        assert_eq!(
            texts,
            [
                "spec.containers[0].name: Required value",
                r#"spec.containers[0].image: Invalid value: "a\t\"b\"": must not be so"#,
                r#"spec.dnsPolicy: Unsupported value: "x": supported values: "A", "B""#,
                "spec.rules: Too many: 21: must have at most 20 items",
                "spec.data[k]: Too long: may not be more than 10 bytes",
            ]
        );
    }
}
