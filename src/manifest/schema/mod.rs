//! The types of Kubernetes 1.36 as a table: which fields an object has, and of what shape.
//!
//! The table is `types.txt`, made by `cargo xtask schema`; it is read once, on first use.

pub mod enums;

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A type of the API: a struct with fields.
#[derive(Debug)]
pub struct Type {
    /// Its name: `Container`.
    pub name: &'static str,
    /// Its Go package as error messages show it: `v1`.
    pub package: &'static str,
    /// Its fields, sorted by name.
    pub fields: Vec<Field>,
}

/// A field of a type.
#[derive(Debug)]
pub struct Field {
    /// Its name in YAML and JSON.
    pub name: &'static str,
    /// Whether the API refuses an object without it.
    pub required: bool,
    /// What it holds.
    pub shape: Shape,
    /// The name of the field's Go type, where the shape does not tell it.
    pub go_type: Option<&'static str>,
    /// The struct that Go embeds the field by; its name stands in the paths of error messages.
    pub embedded: Option<&'static str>,
}

/// What a field, a list's item or a map's value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(&'static str);

/// A shape, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text.
    String,
    /// True or false.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// Any number.
    Float64,
    /// Text in base64.
    Bytes,
    /// An amount with a unit: `500m`, `64Mi`.
    Quantity,
    /// A whole number or text: `8080`, `25%`.
    IntOrString,
    /// A moment in RFC 3339.
    Time,
    /// Anything.
    Any,
    /// A struct of the table.
    Object(&'static str),
    /// A list.
    Array(Shape),
    /// A map from strings.
    Map(Shape),
}

/// A kind that this cluster serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Group and version: `apps/v1`.
    pub api_version: &'static str,
    /// The kind: `Deployment`.
    pub name: &'static str,
}

struct Table {
    kinds: Vec<Kind>,
    types: BTreeMap<&'static str, Type>,
}

impl Shape {
    /// The shape of a type's objects.
    #[must_use]
    pub const fn object(of: &'static Type) -> Self {
        Self(of.name)
    }

    /// The shape, taken apart.
    #[must_use]
    pub fn form(self) -> Form {
        match self.0 {
            "string" => Form::String,
            "bool" => Form::Bool,
            "int32" => Form::Int32,
            "int64" => Form::Int64,
            "float64" => Form::Float64,
            "bytes" => Form::Bytes,
            "Quantity" => Form::Quantity,
            "IntOrString" => Form::IntOrString,
            "Time" | "MicroTime" => Form::Time,
            "any" => Form::Any,
            text => {
                if let Some(item) = text.strip_prefix("[]") {
                    Form::Array(Self(item))
                } else if let Some(value) = text.strip_prefix("{}") {
                    Form::Map(Self(value))
                } else {
                    Form::Object(text)
                }
            }
        }
    }

    /// The name of the Go type, as error messages of the API server show it: `[]v1.Container`.
    #[must_use]
    pub fn go_type(self) -> String {
        match self.form() {
            Form::Array(item) => format!("[]{}", item.go_type()),
            Form::Map(value) => format!("map[string]{}", value.go_type()),
            Form::Bytes => "[]uint8".to_owned(),
            Form::Quantity => "resource.Quantity".to_owned(),
            Form::IntOrString => "intstr.IntOrString".to_owned(),
            Form::Time => format!("v1.{}", self.0),
            Form::Any => "runtime.RawExtension".to_owned(),
            Form::Object(name) => {
                format!("{}.{name}", find(name).map_or("v1", |found| found.package))
            }
            _ => self.0.to_owned(),
        }
    }

    /// What to write there, in plain words: `a list`, `text`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self.form() {
            Form::String => "text",
            Form::Bool => "`true` or `false`",
            Form::Int32 | Form::Int64 => "a whole number",
            Form::Float64 => "a number",
            Form::Bytes => "text in base64",
            Form::Quantity => "an amount such as `500m` or `64Mi`",
            Form::IntOrString => "a whole number or text",
            Form::Time => "a time such as `2026-01-31T12:00:00Z`",
            Form::Any => "anything",
            Form::Object(_) => "a mapping of fields",
            Form::Array(_) => "a list",
            Form::Map(_) => "a mapping",
        }
    }
}

impl Type {
    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        let at = self
            .fields
            .binary_search_by(|field| field.name.cmp(name))
            .ok()?;
        self.fields.get(at)
    }
}

impl Field {
    /// The name of its Go type.
    #[must_use]
    pub fn go_type(&self) -> String {
        self.go_type
            .map_or_else(|| self.shape.go_type(), str::to_owned)
    }

    /// The name of the Go type of the items, of a list.
    #[must_use]
    pub fn item_go_type(&self) -> Option<&'static str> {
        self.go_type?.strip_prefix("[]")
    }
}

/// The type called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Type> {
    table().types.get(name)
}

/// All types, sorted by name.
pub fn types() -> impl Iterator<Item = &'static Type> {
    table().types.values()
}

/// The kinds that this cluster serves.
#[must_use]
pub fn kinds() -> &'static [Kind] {
    &table().kinds
}

/// The type of the objects of a kind, if this cluster serves it.
#[must_use]
pub fn kind_type(api_version: &str, kind: &str) -> Option<&'static Type> {
    let known = |one: &&Kind| one.api_version == api_version && one.name == kind;
    kinds().iter().find(known).and_then(|one| find(one.name))
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| parse(include_str!("types.txt")))
}

fn parse(text: &'static str) -> Table {
    let mut table = Table {
        kinds: Vec::new(),
        types: BTreeMap::new(),
    };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let head = words.next().unwrap_or_default();
        if head == "kind" {
            if let (Some(api_version), Some(name)) = (words.next(), words.next()) {
                table.kinds.push(Kind { api_version, name });
            }
        } else if let Some((name, package)) = head.split_once('@') {
            let mut fields: Vec<Field> = words.filter_map(parse_field).collect();
            fields.sort_by_key(|field| field.name);
            table.types.insert(
                name,
                Type {
                    name,
                    package,
                    fields,
                },
            );
        }
    }
    table
}

fn parse_field(word: &'static str) -> Option<Field> {
    let (name, shape) = word.split_once(':')?;
    let (shape, embedded) = match shape.split_once('^') {
        Some((shape, embedded)) => (shape, Some(embedded)),
        None => (shape, None),
    };
    let (shape, go_type) = match shape.split_once('=') {
        Some((shape, go_type)) => (shape, Some(go_type)),
        None => (shape, None),
    };
    Some(Field {
        name: name.trim_end_matches('!'),
        required: name.ends_with('!'),
        shape: Shape(shape),
        go_type,
        embedded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_every_reference_has_a_type() {
        let lines = include_str!("types.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), kinds().len() + types().count());
        for kind in kinds() {
            assert!(kind_type(kind.api_version, kind.name).is_some(), "{kind:?}");
        }
        for field in types().flat_map(|one| &one.fields) {
            let mut form = field.shape.form();
            while let Form::Array(inner) | Form::Map(inner) = form {
                form = inner.form();
            }
            if let Form::Object(name) = form {
                assert!(find(name).is_some(), "{}: {name}", field.name);
            }
        }
    }

    #[test]
    fn go_names_are_those_of_the_api_servers_messages() {
        let check = |name: &str, field: &str, expect: &str| {
            let found = find(name)
                .and_then(|one| one.field(field))
                .map(Field::go_type);
            assert_eq!(found.as_deref(), Some(expect));
        };
        check("EnvVar", "value", "string");
        check("Container", "imagePullPolicy", "v1.PullPolicy");
        check("Container", "env", "[]v1.EnvVar");
        check("PodSpec", "nodeSelector", "map[string]string");
        check("ResourceRequirements", "limits", "v1.ResourceList");
        check(
            "HorizontalPodAutoscaler",
            "spec",
            "v2.HorizontalPodAutoscalerSpec",
        );
        check("PodTemplateSpec", "metadata", "v1.ObjectMeta");
    }
}
