//! The walk down a tree along the types: unknown fields and values of a wrong type.

use super::value::{base64_problem, meant_quantity, quantity_problem, time_problem};
use super::{Class, Problem, level};
use crate::manifest::diagnostic::{Diagnostic, Fix};
use crate::manifest::json::number_text;
use crate::manifest::path::push_key;
use crate::manifest::schema::{Field, Form, Shape, Type};
use crate::manifest::suggest::nearest;
use crate::manifest::tree::{Entry, Node, Resolved, Scalar, Value};

/// Walks a document and collects what it finds.
pub struct Walker<'a> {
    text: &'a str,
    root: &'a Node,
    root_type: &'static Type,
    problems: Vec<Problem>,
    /// The path as users and the server's strict errors write it: `spec.containers[0].env`.
    path: String,
    /// The struct that Go is in, and the path as Go's messages write it: `spec.containers.env`.
    go_struct: &'static str,
    go_path: Vec<&'static str>,
}

/// Checks `metadata` alone, as kubectl does before it sends anything.
pub fn metadata(text: &str, root: &Node) -> Vec<Problem> {
    let (Some(value), Some(pod)) = (root.get("metadata"), crate::manifest::schema::find("Pod"))
    else {
        return Vec::new();
    };
    let Some(field) = pod.field("metadata") else {
        return Vec::new();
    };
    let mut walker = Walker::new(text, root, pod);
    walker.go_struct = "metadataOnlyObject";
    walker.go_path.push(field.name);
    "metadata".clone_into(&mut walker.path);
    walker.value(value, field.shape, &field.go_type(), None);
    // kubectl does not mind unknown fields; the server does.
    walker
        .problems
        .retain(|problem| problem.class != Class::Unknown);
    walker.problems
}

impl<'a> Walker<'a> {
    /// A walker for a document of `text`.
    pub fn new(text: &'a str, root: &'a Node, root_type: &'static Type) -> Self {
        Self {
            text,
            root,
            root_type,
            problems: Vec::new(),
            path: String::new(),
            go_struct: "",
            go_path: Vec::new(),
        }
    }

    /// All problems, in the order in which the server meets them.
    pub fn run(mut self) -> Vec<Problem> {
        self.object(self.root, self.root_type);
        self.problems
    }

    fn object(&mut self, node: &Node, of: &'static Type) {
        // The server gets the fields sorted by name.
        for entry in node.sorted_entries() {
            let before = self.path.len();
            match of.field(&entry.key) {
                Some(field) => {
                    push_key(&mut self.path, &entry.key);
                    self.field(entry, field, of);
                }
                None => self.unknown(entry, node, of),
            }
            self.path.truncate(before);
        }
    }

    fn field(&mut self, entry: &Entry, field: &'static Field, of: &'static Type) {
        let (outer, depth) = (self.go_struct, self.go_path.len());
        self.go_struct = of.name;
        self.go_path.extend(field.embedded);
        self.go_path.push(field.name);
        self.value(
            &entry.value,
            field.shape,
            &field.go_type(),
            field.item_go_type(),
        );
        self.go_struct = outer;
        self.go_path.truncate(depth);
    }

    /// Checks a value. `go_type` names its Go type, `item_go_type` that of its items where the shape does not.
    fn value(&mut self, node: &Node, shape: Shape, go_type: &str, item_go_type: Option<&str>) {
        // null leaves every field as it is, and what JSON cannot carry is told already.
        if node.is_null() || is_outside_json(node) {
            return;
        }
        if fits(shape.form(), &node.value) {
            return;
        }
        match (shape.form(), &node.value) {
            (Form::Quantity, _) => self.quantity(node),
            (
                Form::Time | Form::Bytes,
                Value::Scalar(Scalar {
                    text,
                    resolved: Resolved::String,
                    ..
                }),
            ) => self.formatted(node, text, shape),
            (Form::Bytes, Value::Sequence(items)) => self.octets(items, shape),
            (Form::Object(name), Value::Mapping(_)) => {
                if let Some(found) = crate::manifest::schema::find(name) {
                    self.object(node, found);
                }
            }
            (Form::Array(item), Value::Sequence(items)) => self.items(items, item, item_go_type),
            (Form::Map(inner), Value::Mapping(_)) => self.values(node, inner),
            (Form::Int32 | Form::Int64 | Form::IntOrString, Value::Scalar(scalar)) => {
                self.integer(node, scalar, shape, go_type);
            }
            (form, _) => {
                let (class, go_type) = match form {
                    Form::Time => (Class::Refused, "string"),
                    Form::IntOrString => (Class::Refused, "int32"),
                    _ => (Class::WrongType, go_type),
                };
                self.wrong_type(node, shape, class, json_kind(node), go_type);
            }
        }
    }

    fn items(&mut self, items: &[Node], item: Shape, item_go_type: Option<&str>) {
        let go_type = item_go_type.map_or_else(|| item.go_type(), str::to_owned);
        let before = self.path.len();
        for (index, one) in items.iter().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            self.value(one, item, &go_type, None);
            self.path.truncate(before);
        }
    }

    fn values(&mut self, map: &Node, inner: Shape) {
        let before = self.path.len();
        for entry in map.sorted_entries() {
            push_key(&mut self.path, &entry.key);
            self.value(&entry.value, inner, &inner.go_type(), None);
            self.path.truncate(before);
        }
    }

    /// Text that must be a time or base64.
    fn formatted(&mut self, node: &Node, text: &str, shape: Shape) {
        if shape.form() == Form::Time {
            if let Some(problem) = time_problem(text) {
                self.add(Class::Refused, problem, wrong_format(node, "time", shape));
            }
        } else if let Some(problem) = base64_problem(text) {
            let diagnostic = wrong_format(node, "base64", shape).with_hint(
                "Write plain text under `stringData` instead; the API server encodes it",
            );
            self.add(Class::WrongType, problem, diagnostic);
        }
    }

    /// Bytes given one by one, which Go takes too.
    fn octets(&mut self, items: &[Node], shape: Shape) {
        for item in items {
            let number = match &item.value {
                Value::Scalar(scalar) => number_text(&scalar.resolved),
                _ => None,
            };
            if number
                .as_ref()
                .is_some_and(|text| text.parse::<u8>().is_ok())
                || item.is_null()
            {
                continue;
            }
            let kind = number.map_or_else(
                || json_kind(item).to_owned(),
                |text| format!("number {text}"),
            );
            self.wrong_type(item, shape, Class::WrongType, &kind, "uint8");
        }
    }

    fn quantity(&mut self, node: &Node) {
        let text = match &node.value {
            Value::Scalar(Scalar {
                text,
                resolved: Resolved::String,
                ..
            }) => text.trim().to_owned(),
            Value::Scalar(scalar) => {
                number_text(&scalar.resolved).unwrap_or_else(|| scalar.text.clone())
            }
            Value::Sequence(_) => "[".to_owned(),
            Value::Mapping(_) => "{".to_owned(),
        };
        let Some(problem) = quantity_problem(&text) else {
            return;
        };
        let message = match &node.value {
            Value::Scalar(_) => format!("`{text}` is not a quantity"),
            _ => format!(
                "Expected an amount such as `500m` or `64Mi`, found {}",
                in_words(node)
            ),
        };
        let mut diagnostic = Diagnostic::error("bad-quantity", message, node.span.clone())
            .with_hint("A quantity is a number with a suffix: m, k, M, G, T, or Ki, Mi, Gi, Ti for powers of 1024");
        if let Some(meant) = meant_quantity(&text) {
            diagnostic = diagnostic.with_fix(Fix::replace(
                format!("Change it to `{meant}`"),
                node.span.clone(),
                meant,
            ));
        }
        self.add(Class::Refused, problem.to_owned(), diagnostic);
    }

    fn integer(&mut self, node: &Node, scalar: &Scalar, shape: Shape, go_type: &str) {
        let number = number_text(&scalar.resolved);
        let whole = number.as_ref().and_then(|text| text.parse::<i64>().ok());
        let fits = match shape.form() {
            Form::Int64 => whole.is_some(),
            _ => whole.is_some_and(|whole| i32::try_from(whole).is_ok()),
        };
        if fits {
            return;
        }
        let (class, go_type) = match shape.form() {
            // intstr.IntOrString reads itself, and its text names the number inside.
            Form::IntOrString => (Class::Refused, "int32"),
            _ => (Class::WrongType, go_type),
        };
        let kind = number.map_or_else(
            || json_kind(node).to_owned(),
            |text| format!("number {text}"),
        );
        self.wrong_type(node, shape, class, &kind, go_type);
    }

    fn wrong_type(&mut self, node: &Node, shape: Shape, class: Class, kind: &str, go_type: &str) {
        let place = format!("{}.{}", self.go_struct, self.go_path.join("."));
        let text =
            format!("json: cannot unmarshal {kind} into Go struct field {place} of type {go_type}");
        let expected = shape.in_words();
        let message = format!("Expected {expected}, found {}", in_words(node));
        let mut diagnostic = Diagnostic::error("wrong-type", message, node.span.clone());
        if let Value::Scalar(scalar) = &node.value {
            diagnostic = scalar_help(diagnostic, node, scalar, shape);
        }
        self.add(class, text, diagnostic);
    }

    fn unknown(&mut self, entry: &Entry, parent: &Node, of: &'static Type) {
        let mut path = self.path.clone();
        // sigs.k8s.io/json joins with dots whatever the key is.
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&entry.key);
        let text = format!("unknown field {path:?}");
        let message = match self.path.as_str() {
            "" => format!("`{}` has no field `{}`", of.name, entry.key),
            at => format!("`{at}` has no field `{}`", entry.key),
        };
        let mut diagnostic = Diagnostic::error("unknown-field", message, entry.key_span.clone());
        let names = of.fields.iter().map(|field| field.name);
        let free = names.filter(|name| parent.entry(name).is_none());
        if let Some(name) = nearest(&entry.key, free) {
            diagnostic = diagnostic
                .with_hint(format!("Did you mean `{name}`?"))
                .with_fix(Fix::replace(
                    format!("Change `{}` to `{name}`", entry.key),
                    entry.key_span.clone(),
                    name,
                ));
        } else {
            diagnostic = level::help(
                diagnostic,
                self.text,
                self.root,
                self.root_type,
                &self.path,
                entry,
            );
        }
        self.problems.push(Problem {
            class: Class::Unknown,
            diagnostic: diagnostic
                .with_detail(format!("strict decoding error: {text}"))
                .with_path(path),
            text,
        });
    }

    fn add(&mut self, class: Class, text: String, diagnostic: Diagnostic) {
        let diagnostic = diagnostic
            .with_detail(text.clone())
            .with_path(self.path.clone());
        self.problems.push(Problem {
            class,
            text,
            diagnostic,
        });
    }
}

/// Hints and fixes for a single value of a wrong type.
fn scalar_help(diagnostic: Diagnostic, node: &Node, scalar: &Scalar, shape: Shape) -> Diagnostic {
    let text = &scalar.text;
    let quote = |diagnostic: Diagnostic, hint: String| {
        let fix = Fix::replace(
            "Put quotes around it",
            node.span.clone(),
            format!("{text:?}"),
        );
        diagnostic.with_hint(hint).with_fix(fix)
    };
    match (shape.form(), &scalar.resolved) {
        (Form::String, Resolved::Bool(value)) if scalar.plain => quote(
            diagnostic,
            format!("Without quotes YAML reads `{text}` as the boolean {value}"),
        ),
        (Form::String, Resolved::Integer(_) | Resolved::Float(_)) if scalar.plain => quote(
            diagnostic,
            format!("Without quotes YAML reads `{text}` as a number"),
        ),
        (Form::Int32 | Form::Int64, Resolved::String)
            if !scalar.plain && text.parse::<i64>().is_ok() =>
        {
            diagnostic
                .with_hint("In quotes it is text")
                .with_fix(Fix::replace(
                    "Remove the quotes",
                    node.span.clone(),
                    text.clone(),
                ))
        }
        (Form::Bool, Resolved::String)
            if !scalar.plain && matches!(text.as_str(), "true" | "false") =>
        {
            diagnostic
                .with_hint("In quotes it is text")
                .with_fix(Fix::replace(
                    "Remove the quotes",
                    node.span.clone(),
                    text.clone(),
                ))
        }
        (Form::Array(item), Resolved::String) if item.form() == Form::String => diagnostic
            .with_fix(Fix::replace(
                "Make it a list",
                node.span.clone(),
                format!("[{text:?}]"),
            )),
        _ => diagnostic,
    }
}

fn wrong_format(node: &Node, what: &str, shape: Shape) -> Diagnostic {
    let code = if what == "time" {
        "bad-time"
    } else {
        "bad-base64"
    };
    Diagnostic::error(
        code,
        format!("Expected {}", shape.in_words()),
        node.span.clone(),
    )
}

fn is_outside_json(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(Scalar { resolved: Resolved::Float(value), .. }) if !value.is_finite())
}

/// What Go calls the JSON of a value.
fn json_kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Sequence(_) => "array",
        Value::Mapping(_) => "object",
        Value::Scalar(scalar) => match scalar.resolved {
            Resolved::Bool(_) => "bool",
            Resolved::Integer(_) | Resolved::Float(_) => "number",
            Resolved::Null | Resolved::String => "string",
        },
    }
}

fn in_words(node: &Node) -> &'static str {
    match &node.value {
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
        Value::Scalar(scalar) => match scalar.resolved {
            Resolved::Bool(_) => "a boolean",
            Resolved::Integer(_) => "a number",
            Resolved::Float(_) => "a number with a fraction",
            Resolved::Null => "nothing",
            Resolved::String => "text",
        },
    }
}

/// Whether a value is of a form that needs no closer look.
fn fits(form: Form, value: &Value) -> bool {
    let Value::Scalar(scalar) = value else {
        return form == Form::Any;
    };
    matches!(
        (form, &scalar.resolved),
        (Form::Any, _)
            | (Form::String | Form::IntOrString, Resolved::String)
            | (Form::Bool, Resolved::Bool(_))
            | (Form::Float64, Resolved::Integer(_) | Resolved::Float(_))
    )
}

#[cfg(test)]
mod tests {
    use super::super::{problems, server_text};
    use crate::manifest::{read, schema};

    /// What the server answers to an object of this kind.
    fn check(kind: &str, rest: &str, expect: &str) {
        let known = schema::kinds().iter().find(|one| one.name == kind);
        let api_version = known.map_or("", |one| one.api_version);
        let text = format!("apiVersion: {api_version}\nkind: {kind}\n{rest}\n");
        let tree = &read(&text).documents[0].tree;
        let found = schema::kind_type(api_version, kind).map(|found| problems(&text, tree, found));
        let answer = found.and_then(|problems| server_text(&problems));
        assert_eq!(answer.unwrap_or_default(), expect, "{rest}");
    }

    #[test]
    fn unknown_fields_are_told_together_sorted() {
        check(
            "Pod",
            "spec: {containers: [{nam: c, imag: x}], Volumes: []}",
            "strict decoding error: unknown field \"spec.Volumes\", unknown field \"spec.containers[0].imag\", \
             unknown field \"spec.containers[0].nam\"",
        );
    }

    #[test]
    fn a_wrong_type_is_told_alone_and_the_first() {
        check(
            "Pod",
            "spec: {containers: [{nam: c, command: [sleep, 10], args: 1}]}",
            "json: cannot unmarshal number into Go struct field Container.spec.containers.args of type []string",
        );
        check(
            "Deployment",
            "spec: {replicas: 1.5}",
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        );
        check(
            "Pod",
            "spec: {containers: [{imagePullPolicy: 1}]}",
            "json: cannot unmarshal number into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy",
        );
        check(
            "Pod",
            "spec: {terminationGracePeriodSeconds: 30.0, hostNetwork: ~}",
            "",
        );
    }

    #[test]
    fn structs_that_go_embeds_stand_in_the_path() {
        check(
            "Pod",
            "spec: {containers: [{livenessProbe: {httpGet: {port: true}}}]}",
            "json: cannot unmarshal bool into Go struct field \
             HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
        );
        check(
            "Pod",
            "spec: {volumes: [{configMap: {name: 1}}]}",
            "json: cannot unmarshal number into Go struct field \
             ConfigMapVolumeSource.spec.volumes.VolumeSource.configMap.LocalObjectReference.name of type string",
        );
    }

    #[test]
    fn values_with_readers_of_their_own_end_the_decoding() {
        check(
            "Pod",
            "spec: {containers: [{image: 1, resources: {limits: {cpu: ten}}}]}",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
        check(
            "Pod",
            "metadata: {creationTimestamp: 5}",
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string",
        );
        check(
            "Secret",
            "data: {a: p@ss}",
            "illegal base64 data at input byte 1",
        );
        check(
            "Secret",
            "data: {a: [x]}",
            "json: cannot unmarshal string into Go struct field Secret.data of type uint8",
        );
    }
}
