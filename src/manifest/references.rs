//! Fields that name another object: which kind, and where.

use super::path;
use super::schema::{self, Form, Shape, Type};
use super::tree::{Node, Value};
use std::ops::Range;

/// A field that names an object.
struct Row {
    type_name: &'static str,
    field: &'static str,
    kind: &'static str,
}

const fn row(type_name: &'static str, field: &'static str, kind: &'static str) -> Row {
    Row {
        type_name,
        field,
        kind,
    }
}

const TABLE: &[Row] = &[
    row("ConfigMapVolumeSource", "name", "ConfigMap"),
    row("ConfigMapProjection", "name", "ConfigMap"),
    row("ConfigMapKeySelector", "name", "ConfigMap"),
    row("ConfigMapEnvSource", "name", "ConfigMap"),
    row("SecretVolumeSource", "secretName", "Secret"),
    row("SecretProjection", "name", "Secret"),
    row("SecretKeySelector", "name", "Secret"),
    row("SecretEnvSource", "name", "Secret"),
    row(
        "PersistentVolumeClaimVolumeSource",
        "claimName",
        "PersistentVolumeClaim",
    ),
    row("PodSpec", "serviceAccountName", "ServiceAccount"),
    row("PodSpec", "priorityClassName", "PriorityClass"),
    row(
        "PersistentVolumeClaimSpec",
        "storageClassName",
        "StorageClass",
    ),
    row(
        "PersistentVolumeClaimSpec",
        "volumeName",
        "PersistentVolume",
    ),
    row("StatefulSetSpec", "serviceName", "Service"),
    row("ObjectMeta", "namespace", "Namespace"),
];

/// A field of a document that names an object.
pub struct Reference<'a> {
    /// The kind of what is named.
    pub kind: &'static str,
    /// The name.
    pub name: &'a str,
    /// The bytes of the name.
    pub span: Range<usize>,
    /// The struct that holds it, for `optional` and `key` beside it.
    pub parent: &'a Node,
}

/// The kind of the objects that a field names.
#[must_use]
pub fn kind(type_name: &str, field: &str) -> Option<&'static str> {
    let found = TABLE
        .iter()
        .find(|row| row.type_name == type_name && row.field == field);
    found.map(|row| row.kind)
}

/// All references of a document of type `of`.
pub fn all<'a>(root: &'a Node, of: &'static Type) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    visit(root, of, &mut found);
    found
}

fn visit<'a>(node: &'a Node, of: &'static Type, found: &mut Vec<Reference<'a>>) {
    for entry in node.sorted_entries() {
        let Some(field) = of.field(&entry.key) else {
            continue;
        };
        match (kind(of.name, field.name), entry.value.as_str()) {
            (Some(kind), Some(name)) => found.push(Reference {
                kind,
                name,
                span: entry.value.span.clone(),
                parent: node,
            }),
            _ => descend(&entry.value, field.shape, found),
        }
    }
}

fn descend<'a>(node: &'a Node, shape: Shape, found: &mut Vec<Reference<'a>>) {
    match (shape.form(), &node.value) {
        (Form::Object(name), Value::Mapping(_)) => {
            if let Some(of) = schema::find(name) {
                visit(node, of, found);
            }
        }
        (Form::Array(item), Value::Sequence(items)) => {
            for node in items {
                descend(node, item, found);
            }
        }
        _ => {}
    }
}

/// The bytes of the name of an object in documents: where a reference leads.
#[must_use]
pub fn target(
    documents: &[super::Document],
    kind: &str,
    namespace: &str,
    name: &str,
) -> Option<Range<usize>> {
    let found = documents.iter().find(|document| {
        document.kind.as_deref() == Some(kind)
            && document.name.as_deref() == Some(name)
            && (is_cluster_wide(kind)
                || document.namespace.as_deref().unwrap_or("default") == namespace)
    })?;
    Some(path::locate(&found.tree, "metadata.name"))
}

/// Whether objects of a kind that is referred to lie in no namespace.
#[must_use]
pub fn is_cluster_wide(kind: &str) -> bool {
    matches!(
        kind,
        "Namespace" | "PriorityClass" | "StorageClass" | "PersistentVolume"
    )
}
