//! Rules of persistent volume claims.

use serde_json::json;

use crate::api::core::{PersistentVolumeClaimSpec, PersistentVolumeClaimStatus};
use crate::api::meta::ObjectMeta;
use crate::api::{PersistentVolumeClaim, Quantity};

use crate::api::amounts::is_more;

use super::field::{FieldPath, Problems};
use super::resources::{STORAGE, positive, quantity_value};
use super::{diff, names, selector};

/// What a volume may be used as, sorted as the messages have them.
pub(super) const ACCESS_MODES: [&str; 4] = [
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];
/// Files, or the bare device.
pub(super) const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];

/// The annotation of before `storageClassName`.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// A new claim, or the template of one.
pub(super) fn spec(spec: &PersistentVolumeClaimSpec, path: &FieldPath, problems: &mut Problems) {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        let detail = "at least 1 access mode is required";
        problems.required(&path.child("accessModes"), detail);
    }
    selector::label_selector(spec.selector.as_ref(), &path.child("selector"), problems);
    access_modes(modes, &path.child("accessModes"), problems);
    storage(requested(spec), path, problems);
    class_name(
        spec.storage_class_name.as_deref(),
        &path.child("storageClassName"),
        problems,
    );
    if let Some(mode) = spec
        .volume_mode
        .as_deref()
        .filter(|mode| !VOLUME_MODES.contains(mode))
    {
        problems.not_supported(&path.child("volumeMode"), mode, &VOLUME_MODES);
    }
    data_sources(spec, path, problems);
    let attributes = spec.volume_attributes_class_name.as_deref();
    class_name(
        attributes,
        &path.child("volumeAttributesClassName"),
        problems,
    );
}

/// Modes that exist; ReadWriteOncePod only alone.
pub(super) fn access_modes(modes: &[String], path: &FieldPath, problems: &mut Problems) {
    for mode in modes
        .iter()
        .filter(|mode| !ACCESS_MODES.contains(&mode.as_str()))
    {
        problems.not_supported(path, mode, &ACCESS_MODES);
    }
    let known = || {
        modes
            .iter()
            .filter(|mode| ACCESS_MODES.contains(&mode.as_str()))
    };
    let alone = |mode: &&String| mode.as_str() == "ReadWriteOncePod";
    if known().any(|mode| alone(&mode)) && !known().all(|mode| alone(&mode)) {
        problems.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

/// The name of a class; nothing is said of none.
pub(super) fn class_name(name: Option<&str>, path: &FieldPath, problems: &mut Problems) {
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        problems.invalid_each(path, name, names::dns_subdomain(name));
    }
}

fn requested(spec: &PersistentVolumeClaimSpec) -> Option<&Quantity> {
    spec.resources.as_ref()?.requests.as_ref()?.get(STORAGE)
}

fn storage(requested: Option<&Quantity>, path: &FieldPath, problems: &mut Problems) {
    let path = path.child("resources");
    let path = path.key(STORAGE);
    match requested {
        None => problems.required(&path, ""),
        Some(size) => {
            if positive(size, &path, problems) {
                quantity_value(STORAGE, size, &path, problems);
            }
        }
    }
}

/// What the volume is filled from. The two fields say the same, unless the source is in another namespace.
fn data_sources(spec: &PersistentVolumeClaimSpec, path: &FieldPath, problems: &mut Problems) {
    let local = spec.data_source.as_ref();
    let local = local.map(|source| {
        (
            source.api_group.as_deref(),
            source.kind.as_str(),
            source.name.as_str(),
        )
    });
    let any = spec.data_source_ref.as_ref();
    let namespace = any
        .and_then(|source| source.namespace.as_deref())
        .unwrap_or_default();
    let any = any.map(|source| {
        (
            source.api_group.as_deref(),
            source.kind.as_str(),
            source.name.as_str(),
        )
    });
    for (field, source) in [("dataSource", local), ("dataSourceRef", any)] {
        let Some((group, kind, name)) = source else {
            continue;
        };
        let path = path.child(field);
        for (field, text) in [("name", name), ("kind", kind)] {
            if text.is_empty() {
                problems.required(&path.child(field), "");
            }
        }
        let group = group.unwrap_or_default();
        if group.is_empty() && kind != "PersistentVolumeClaim" {
            let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            problems.invalid(&path, kind, detail);
        }
        class_name(Some(group), &path.child("apiGroup"), problems);
        if field == "dataSourceRef" && !namespace.is_empty() {
            problems.invalid_each(
                &path.child("namespace"),
                namespace,
                names::dns_label(namespace),
            );
        }
    }
    // The server shows the path here, which is an empty struct in JSON.
    match (local, any) {
        (Some(_), Some(_)) if !namespace.is_empty() => {
            let detail = "may not be specified when dataSourceRef.namespace is specified";
            problems.invalid(path, json!({}), detail);
        }
        (Some(local), Some(any)) if local != any => {
            problems.invalid(path, json!({}), "must match dataSourceRef");
        }
        _ => {}
    }
}

/// A changed claim: the volume's name is given once; a bound claim may ask for more, or for other attributes.
pub(super) fn on_update(
    new: &PersistentVolumeClaim,
    old: &PersistentVolumeClaim,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    spec(&new.spec, &path, problems);
    let (mut after, mut before) = ((*new.spec).clone(), (*old.spec).clone());
    if before.volume_name.as_deref().unwrap_or_default().is_empty() {
        before.volume_name.clone_from(&after.volume_name);
    }
    old_class(new, old, &mut after, problems);
    if new.status.phase.as_deref() == Some("Bound") {
        after
            .volume_attributes_class_name
            .clone_from(&before.volume_attributes_class_name);
        let wanted = after
            .resources
            .as_mut()
            .and_then(|own| own.requests.as_mut());
        if let (Some(wanted), Some(size)) = (wanted, requested(&before)) {
            wanted.insert(STORAGE.to_owned(), size.clone());
        }
    }
    if after != before {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
            bound claims";
        problems.forbidden(&path, &format!("{detail}\n{}", diff::diff(&before, &after)));
    }
    shrinking(new, old, problems);
    if new.spec.volume_mode != old.spec.volume_mode {
        let mode = json!(new.spec.volume_mode);
        problems.invalid(&FieldPath::new("volumeMode"), mode, "field is immutable");
    }
    let attributes = new.spec.volume_attributes_class_name.as_deref();
    if old.status.current_volume_attributes_class_name.is_some()
        && attributes != old.spec.volume_attributes_class_name.as_deref()
        && attributes.is_none_or(str::is_empty)
    {
        let to = if attributes.is_none() {
            "nil"
        } else {
            "empty string"
        };
        let detail = format!(
            "update to {to} is forbidden when status.currentVolumeAttributesClassName is not nil"
        );
        problems.forbidden(&path.child("volumeAttributesClassName"), &detail);
    }
}

/// The class may be added later (when a default class appears), and moved here from the annotation.
fn old_class(
    new: &PersistentVolumeClaim,
    old: &PersistentVolumeClaim,
    after: &mut PersistentVolumeClaimSpec,
    problems: &mut Problems,
) {
    let (was, is) = (old.annotation(OLD_CLASS), new.annotation(OLD_CLASS));
    let class = new.spec.storage_class_name.as_deref();
    let added = old.spec.storage_class_name.is_none() && class.is_some();
    let moved = added && was.is_some() && class == was && (is.is_none() || is == was);
    if !moved && is.unwrap_or_default() != was.unwrap_or_default() {
        let path = FieldPath::new("metadata.annotations");
        let detail = "field is immutable";
        problems.invalid(&path.key(OLD_CLASS), is.unwrap_or_default(), detail);
    }
    if moved || added && (was.is_none() || class == was) {
        after.storage_class_name = None;
    }
}

/// A claim may ask for less again, while its expansion fails, but not for less than it has.
fn shrinking(new: &PersistentVolumeClaim, old: &PersistentVolumeClaim, problems: &mut Problems) {
    let (Some(size), Some(before)) = (requested(&new.spec), requested(&old.spec)) else {
        return;
    };
    let has = old
        .status
        .capacity
        .as_ref()
        .and_then(|all| all.get(STORAGE));
    let nothing = Quantity("0".to_owned());
    if is_more(before, size) && !is_more(size, has.unwrap_or(&nothing)) {
        let path = FieldPath::new("spec.resources.requests.storage");
        problems.forbidden(&path, "field can not be less than status.capacity");
    }
}

/// What a status write says of the claim.
pub(super) fn status(status: &PersistentVolumeClaimStatus, problems: &mut Problems) {
    let path = FieldPath::new("status.capacity");
    super::persistent_volume::basic_amounts(status.capacity.as_ref(), &path, problems);
}

/// What is said beside a claim that is accepted.
pub(super) fn warnings(
    meta: &ObjectMeta,
    spec: &PersistentVolumeClaimSpec,
    warnings: &mut Vec<String>,
) {
    if meta
        .annotations
        .as_ref()
        .is_some_and(|all| all.contains_key(OLD_CLASS))
    {
        warnings.push(format!(
            "metadata.annotations[{OLD_CLASS}]: deprecated since v1.8; use \"storageClassName\" attribute instead"
        ));
    }
    size_warnings(spec, &FieldPath::new("spec"), warnings);
}

/// Sizes in fractions of a byte, in the claim at `path` or a template of one.
pub(super) fn size_warnings(
    spec: &PersistentVolumeClaimSpec,
    path: &FieldPath,
    warnings: &mut Vec<String>,
) {
    let Some(resources) = &spec.resources else {
        return;
    };
    let path = path.child("resources");
    for (field, list) in [
        ("requests", &resources.requests),
        ("limits", &resources.limits),
    ] {
        let size = list.as_ref().and_then(|list| list.get(STORAGE));
        super::warnings::fractional_bytes(size, &path.child(field).key(STORAGE), warnings);
    }
}
