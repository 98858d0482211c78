//! Rules of persistent volumes. Their spec is kept as JSON, and so are the rules written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::meta::ObjectMeta;
use crate::api::quantity::value;
use crate::api::{PersistentVolume, Quantity};

use super::claim::{VOLUME_MODES, access_modes, class_name};
use super::field::{FieldPath, Problems};
use super::resources::{STORAGE, positive};
use super::{diff, names, scheduling, volumes};

const RECLAIM_POLICIES: [&str; 3] = ["Delete", "Recycle", "Retain"];

/// The sources of a volume in the server's order: the field, its name in the paths of problems, and the fields that
/// must not be empty.
const SOURCES: [(&str, &str, &[&str]); 22] = [
    ("hostPath", "hostPath", &["path"]),
    ("gcePersistentDisk", "persistentDisk", &["pdName"]),
    (
        "awsElasticBlockStore",
        "awsElasticBlockStore",
        &["volumeID"],
    ),
    ("glusterfs", "glusterfs", &["endpoints", "path"]),
    ("flocker", "flocker", &[]),
    ("nfs", "nfs", &["server", "path"]),
    ("rbd", "rbd", &["monitors", "image"]),
    ("quobyte", "quobyte", &["volume"]),
    ("cephfs", "cephfs", &["monitors"]),
    ("iscsi", "iscsi", &["targetPortal", "iqn"]),
    ("cinder", "cinder", &["volumeID"]),
    ("fc", "fc", &[]),
    ("flexVolume", "flexVolume", &["driver"]),
    ("azureFile", "azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", "vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", "photonPersistentDisk", &["pdID"]),
    ("portworxVolume", "portworxVolume", &["volumeID"]),
    ("azureDisk", "azureDisk", &["diskName", "diskURI"]),
    ("scaleIO", "scaleIO", &["gateway", "system", "volumeName"]),
    ("local", "local", &["path"]),
    ("storageos", "storageos", &["volumeName"]),
    ("csi", "csi", &["driver", "volumeHandle"]),
];

/// Volumes that take mount options from the annotation of before `mountOptions`.
const NOT_MOUNTED_WITH_OPTIONS: [&str; 9] = [
    "hostPath",
    "flocker",
    "fc",
    "flexVolume",
    "portworxVolume",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];
const MOUNT_OPTIONS: &str = "volume.beta.kubernetes.io/mount-options";

/// A new volume, or with `old` a changed one.
pub(super) fn persistent_volume(
    new: &PersistentVolume,
    old: Option<&PersistentVolume>,
    problems: &mut Problems,
) {
    spec(&new.spec, problems);
    mount_options(&new.meta, &new.spec, problems);
    let Some(old) = old else { return };
    // registry/core/persistentvolume/strategy: an update is judged as a new volume twice.
    spec(&new.spec, problems);
    sources_are_immutable(&new.spec, &old.spec, problems);
    if new.spec["volumeMode"] != old.spec["volumeMode"] {
        let mode = new.spec["volumeMode"].clone();
        problems.invalid(&FieldPath::new("volumeMode"), mode, "field is immutable");
    }
    let class = |spec: &Value| spec["volumeAttributesClassName"].is_null();
    if class(&new.spec) && !class(&old.spec) {
        let path = FieldPath::new("spec.volumeAttributesClassName");
        problems.forbidden(&path, "update from non-nil value to nil is forbidden");
    }
}

fn spec(spec: &Value, problems: &mut Problems) {
    let path = FieldPath::new("spec");
    let text = |field: &str| spec[field].as_str().unwrap_or_default();
    let path_of_modes = path.child("accessModes");
    let modes = spec["accessModes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if modes.is_empty() {
        problems.required(&path_of_modes, "");
    }
    let modes: Vec<String> = modes
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    access_modes(&modes, &path_of_modes, problems);
    capacity(&spec["capacity"], &path.child("capacity"), problems);
    let policy = text("persistentVolumeReclaimPolicy");
    let path_of_policy = path.child("persistentVolumeReclaimPolicy");
    if !policy.is_empty() && !RECLAIM_POLICIES.contains(&policy) {
        problems.not_supported(&path_of_policy, policy, &RECLAIM_POLICIES);
    }
    if let Some(affinity) = spec["nodeAffinity"].as_object() {
        node_affinity(
            affinity.get("required"),
            &path.child("nodeAffinity"),
            problems,
        );
    }
    sources(spec, &path, problems);
    let root = spec["hostPath"]["path"]
        .as_str()
        .is_some_and(|path| path.trim_matches('/').is_empty());
    if root && policy == "Recycle" && !spec["hostPath"]["path"].as_str().is_none_or(str::is_empty) {
        problems.forbidden(
            &path_of_policy,
            "may not be 'recycle' for a hostPath mount of '/'",
        );
    }
    class_name(
        Some(text("storageClassName")),
        &path.child("storageClassName"),
        problems,
    );
    let mode = text("volumeMode");
    if !mode.is_empty() && !VOLUME_MODES.contains(&mode) {
        problems.not_supported(&path.child("volumeMode"), mode, &VOLUME_MODES);
    }
    if let Some(class) = spec["volumeAttributesClassName"].as_str() {
        let path_of_class = path.child("volumeAttributesClassName");
        if class.is_empty() {
            problems.required(&path_of_class, "an empty string is disallowed");
        }
        class_name(Some(class), &path_of_class, problems);
        if spec["csi"].is_null() {
            let detail = "has to be specified when using volumeAttributesClassName";
            problems.required(&path.child("csi"), detail);
        }
    }
}

fn capacity(capacity: &Value, path: &FieldPath, problems: &mut Problems) {
    let none = serde_json::Map::new();
    let amounts = capacity.as_object().unwrap_or(&none);
    if amounts.is_empty() {
        problems.required(path, "");
    }
    if !amounts.contains_key(STORAGE) || amounts.len() > 1 {
        problems.not_supported(path, capacity.clone(), &[STORAGE]);
    }
    for (name, amount) in amounts {
        let amount = Quantity(amount.as_str().unwrap_or_default().to_owned());
        let path = path.key(name);
        basic(&amount, &path, problems);
        positive(&amount, &path, problems);
    }
}

/// Amounts that must not be negative; said with the plain number.
pub(super) fn basic_amounts(
    amounts: Option<&BTreeMap<String, Quantity>>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    for (name, amount) in amounts.into_iter().flatten() {
        basic(amount, &path.key(name), problems);
    }
}

fn basic(amount: &Quantity, path: &FieldPath, problems: &mut Problems) {
    let whole = value(amount)
        .ok()
        .and_then(|whole| i64::try_from(whole).ok());
    if let Some(whole) = whole.filter(|whole| *whole < 0) {
        problems.invalid(path, whole, "must be a valid resource quantity");
    }
}

fn node_affinity(required: Option<&Value>, path: &FieldPath, problems: &mut Problems) {
    let path = path.child("required");
    let Some(required) = required else {
        problems.required(&path, "must specify required node constraints");
        return;
    };
    // The reader has checked the types of the fields, so that only the rules can be broken.
    if let Ok(selector) = crate::api::object::decode(required.clone()) {
        scheduling::node_selector(&selector, &path, problems);
    }
}

fn sources(spec: &Value, path: &FieldPath, problems: &mut Problems) {
    let mut found = 0;
    for (field, name, required) in SOURCES.iter().filter(|(field, ..)| !spec[*field].is_null()) {
        found += 1;
        // A flexVolume may stand beside another source.
        if found > 1 && *field != "flexVolume" {
            problems.forbidden(
                &path.child(field),
                "may not specify more than 1 volume type",
            );
            continue;
        }
        let (source, path_of_source) = (&spec[*field], path.child(name));
        for one in required.iter() {
            let empty = match &source[*one] {
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                other => other.is_null(),
            };
            if empty {
                problems.required(&path_of_source.child(one), "");
            } else if *field == "csi" && *one == "driver" {
                csi_driver(
                    source[*one].as_str().unwrap_or_default(),
                    &path_of_source,
                    problems,
                );
            }
        }
        one_source(field, source, &path_of_source, problems);
        if *field == "local" && spec["nodeAffinity"].is_null() {
            let detail = "Local volume requires node affinity";
            problems.required(&path.child("nodeAffinity"), detail);
        }
    }
    if found == 0 {
        problems.required(path, "must specify a volume type");
    }
}

/// What else is asked of a source.
fn one_source(field: &str, source: &Value, path: &FieldPath, problems: &mut Problems) {
    let text = |field: &str| source[field].as_str().unwrap_or_default();
    let place = text("path");
    match field {
        "hostPath" if !place.is_empty() => volumes::host_path(place, text("type"), path, problems),
        "local" => volumes::no_backsteps(place, &path.child("path"), problems),
        "nfs" if !place.starts_with('/') => {
            problems.invalid(&path.child("path"), place, "must be an absolute path");
        }
        _ => {}
    }
}

fn csi_driver(driver: &str, path: &FieldPath, problems: &mut Problems) {
    let path = path.child("driver");
    if driver.len() > 63 {
        problems.too_long(&path, 63);
    }
    let wrong = names::dns_subdomain(&driver.to_ascii_lowercase());
    problems.invalid_each(&path, driver, wrong);
}

fn mount_options(meta: &ObjectMeta, spec: &Value, problems: &mut Problems) {
    let given = meta
        .annotations
        .as_ref()
        .is_some_and(|all| all.contains_key(MOUNT_OPTIONS));
    let mut sources = SOURCES.iter().filter(|(field, ..)| !spec[*field].is_null());
    if given && sources.all(|(field, ..)| NOT_MOUNTED_WITH_OPTIONS.contains(field)) {
        let path = FieldPath::new("metadata.annotations");
        problems.forbidden(
            &path.child(MOUNT_OPTIONS),
            "may not specify mount options for this volume type",
        );
    }
}

fn sources_are_immutable(new: &Value, old: &Value, problems: &mut Problems) {
    let pick = |spec: &Value| {
        let given = SOURCES.iter().filter(|(field, ..)| !spec[*field].is_null());
        let fields = given.map(|(field, ..)| ((*field).to_owned(), spec[*field].clone()));
        Value::Object(fields.collect())
    };
    let (mut after, before) = (pick(new), pick(old));
    // A secret for the expansion may be added.
    if before["csi"]["controllerExpandSecretRef"].is_null()
        && let Some(csi) = after.get_mut("csi").and_then(Value::as_object_mut)
    {
        csi.remove("controllerExpandSecretRef");
    }
    if after != before {
        let detail = "spec.persistentvolumesource is immutable after creation";
        let detail = format!("{detail}\n{}", diff::diff(&before, &after));
        problems.forbidden(&FieldPath::new("spec.persistentvolumesource"), &detail);
    }
}

/// What is said beside a volume that is accepted.
pub(super) fn warnings(volume: &PersistentVolume, warnings: &mut Vec<String>) {
    const OLD_ANNOTATIONS: [(&str, &str); 2] = [
        (
            "volume.beta.kubernetes.io/storage-class",
            "deprecated since v1.8; use \"storageClassName\" attribute instead",
        ),
        (
            MOUNT_OPTIONS,
            "deprecated since v1.31; use \"mountOptions\" attribute instead",
        ),
    ];
    const OLD_SOURCES: [(&str, &str, &str); 6] = [
        (
            "cephfs",
            "spec.cephfs",
            "deprecated in v1.28, non-functional in v1.31+",
        ),
        (
            "photonPersistentDisk",
            "spec.photonPersistentDisk",
            "deprecated in v1.11, non-functional in v1.16+",
        ),
        (
            "scaleIO",
            "spec.scaleIO",
            "deprecated in v1.16, non-functional in v1.22+",
        ),
        (
            "storageos",
            "spec.storageOS",
            "deprecated in v1.22, non-functional in v1.25+",
        ),
        (
            "glusterfs",
            "spec.glusterfs",
            "deprecated in v1.25, non-functional in v1.26+",
        ),
        (
            "rbd",
            "spec.rbd",
            "deprecated in v1.28, non-functional in v1.31+",
        ),
    ];
    for (key, message) in OLD_ANNOTATIONS {
        if volume.annotation(key).is_some() {
            warnings.push(format!("metadata.annotations[{key}]: {message}"));
        }
    }
    if volume.spec["persistentVolumeReclaimPolicy"] == "Recycle" {
        warnings.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .to_owned(),
        );
    }
    for (field, path, message) in OLD_SOURCES {
        if !volume.spec[field].is_null() {
            warnings.push(format!("{path}: {message}"));
        }
    }
}
