//! The spanned tree of a document: what YAML says, before Kubernetes' types are looked at.

use std::ops::Range;

/// A value with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes. For a value that came through an alias, the alias (`*name`).
    pub span: Range<usize>,
}

/// The shapes a node can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order of the text. Of entries with one key the last one counts.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as the string that JSON gets: the YAML key `8080` is "8080", `yes` is "true".
    pub key: String,
    /// The key's bytes.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
    /// Whether it came by a merge (`<<: *defaults`).
    pub merged: bool,
}

/// A single value: as written, and as YAML 1.1 reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text after quotes, escapes and folding.
    pub text: String,
    /// Whether it was written without quotes, so that its look decides its type.
    pub plain: bool,
    /// The value.
    pub resolved: Resolved,
}

/// The types that a scalar resolves to.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// `~`, `null` or nothing.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A whole number, of at most 64 bits with or without sign.
    Integer(i128),
    /// A number with a fraction or exponent, `.inf` or `.nan`.
    Float(f64),
    /// Everything else.
    String,
}

impl Node {
    /// The entry that counts for `key`, of a mapping.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().rev().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The value that counts for `key`, of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The string, of a scalar that is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar {
                text,
                resolved: Resolved::String,
                ..
            }) => Some(text),
            _ => None,
        }
    }

    /// Whether it is null: `~`, `null` or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.resolved == Resolved::Null)
    }

    /// The entries of a mapping that count, sorted by key: the order in which JSON carries them to
    /// the server, and so the order in which it finds problems.
    #[must_use]
    pub fn sorted_entries(&self) -> Vec<&Entry> {
        let Value::Mapping(entries) = &self.value else {
            return Vec::new();
        };
        // A later entry takes the place of an earlier one with the same key.
        let by_key: std::collections::BTreeMap<&str, &Entry> = entries
            .iter()
            .map(|entry| (entry.key.as_str(), entry))
            .collect();
        by_key.into_values().collect()
    }
}
