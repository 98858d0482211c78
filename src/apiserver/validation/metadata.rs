//! Rules of `metadata`: names, labels, annotations, owners, finalizers.

use std::collections::BTreeMap;

use crate::api::meta::ObjectMeta;
use crate::api::{Kind, Object};

use super::field::{FieldPath, Problems};
use super::names;

/// The most bytes that keys and values of all annotations may have together.
const ANNOTATION_BYTES: usize = 256 << 10;

/// The rules for a new object; its name is generated already.
pub(super) fn on_create(object: &Object, problems: &mut Problems) {
    let path = FieldPath::new("metadata");
    let meta = object.meta();
    let rule = name_rule(object.kind());
    if let Some(prefix) = meta
        .generate_name
        .as_deref()
        .filter(|prefix| !prefix.is_empty())
    {
        // The hyphen at the end stands before what is generated.
        let masked = prefix.strip_suffix('-').map(|start| format!("{start}a"));
        let wrong = rule(masked.as_deref().unwrap_or(prefix));
        problems.invalid_each(&path.child("generateName"), prefix, wrong);
    }
    if object.name().is_empty() {
        problems.required(&path.child("name"), "name or generateName is required");
    } else {
        let wrong = rule(object.name());
        problems.invalid_each(&path.child("name"), object.name(), wrong);
    }
    let namespace = path.child("namespace");
    if !object.kind().namespaced() {
        if !object.namespace().is_empty() {
            problems.forbidden(&namespace, "not allowed on this type");
        }
    } else {
        let wrong = names::dns_label(object.namespace());
        problems.invalid_each(&namespace, object.namespace(), wrong);
    }
    common(meta, &path, problems);
    finalizers(meta, &path, problems);
}

/// The rules for a changed object, besides those that hold for each.
pub(super) fn on_update(new: &ObjectMeta, old: &ObjectMeta, problems: &mut Problems) {
    let path = FieldPath::new("metadata");
    let known = old.finalizers.as_deref().unwrap_or_default();
    let added: Vec<String> = new
        .finalizers
        .iter()
        .flatten()
        .filter(|one| !known.contains(one))
        .map(|one| format!("{one:?}"))
        .collect();
    if old.deletion_timestamp.is_some() && !added.is_empty() {
        let detail = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            added.join(", ")
        );
        problems.forbidden(&path.child("finalizers"), &detail);
    }
    common(new, &path, problems);
}

/// Labels, at the path of the map.
pub(super) fn labels(
    labels: Option<&BTreeMap<String, String>>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    for (key, value) in labels.into_iter().flatten() {
        problems.invalid_each(path, key, names::label_key(key));
        problems.invalid_each(path, value, names::label_value(value));
    }
}

/// Annotations, at the path of the map.
pub(super) fn annotations(
    annotations: Option<&BTreeMap<String, String>>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let mut bytes = 0;
    for (key, value) in annotations.into_iter().flatten() {
        problems.invalid_each(path, key, names::label_key(&key.to_ascii_lowercase()));
        bytes += key.len() + value.len();
    }
    if bytes > ANNOTATION_BYTES {
        problems.too_long(path, ANNOTATION_BYTES);
    }
}

fn common(meta: &ObjectMeta, path: &FieldPath, problems: &mut Problems) {
    labels(meta.labels.as_ref(), &path.child("labels"), problems);
    annotations(
        meta.annotations.as_ref(),
        &path.child("annotations"),
        problems,
    );
    let owners = path.child("ownerReferences");
    for owner in meta.owner_references.iter().flatten() {
        for (field, value, detail) in [
            (
                "apiVersion",
                &owner.api_version,
                "version must not be empty",
            ),
            ("kind", &owner.kind, "must not be empty"),
            ("name", &owner.name, "must not be empty"),
            ("uid", &owner.uid, "must not be empty"),
        ] {
            if value.is_empty() {
                problems.invalid(&owners.child(field), value, detail);
            }
        }
    }
}

fn finalizers(meta: &ObjectMeta, path: &FieldPath, problems: &mut Problems) {
    let path = path.child("finalizers");
    for finalizer in meta.finalizers.iter().flatten() {
        problems.invalid_each(&path, finalizer, names::label_key(finalizer));
    }
}

/// What names of a kind look like.
fn name_rule(kind: Kind) -> fn(&str) -> Vec<String> {
    match kind {
        // Services: since 1.36 the same as other labels (they may begin with a digit).
        Kind::Namespace | Kind::Service | Kind::StatefulSet => names::dns_label,
        Kind::PodDisruptionBudget => names::path_segment,
        _ => names::dns_subdomain,
    }
}
