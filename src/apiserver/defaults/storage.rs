//! Defaults of claims, persistent volumes and storage classes.

use serde_json::{Value, json};

use crate::api::Quantity;
use crate::api::core::PersistentVolumeClaimSpec;
use crate::api::quantity::canonical;
use crate::api::storage::StorageClass;

use super::{or, resources};

/// A claim, or the template of one.
pub(super) fn claim(spec: &mut PersistentVolumeClaimSpec) {
    or(&mut spec.volume_mode, "Filesystem");
    super::absent::drop_zero(&mut spec.volume_name);
    if let Some(requirements) = &mut spec.resources {
        resources::list(&mut requirements.limits);
        resources::list(&mut requirements.requests);
    }
}

pub(super) fn storage_class(class: &mut StorageClass) {
    class
        .reclaim_policy
        .get_or_insert_with(|| "Delete".to_owned());
    class
        .volume_binding_mode
        .get_or_insert_with(|| "Immediate".to_owned());
}

/// What a source of a volume is given: the source, its field, the value.
const SOURCE_DEFAULTS: [(&str, &str, &str); 10] = [
    ("hostPath", "type", ""),
    ("iscsi", "iscsiInterface", "default"),
    ("rbd", "pool", "rbd"),
    ("rbd", "user", "admin"),
    ("rbd", "keyring", "/etc/ceph/keyring"),
    ("scaleIO", "storageMode", "ThinProvisioned"),
    ("scaleIO", "fsType", "xfs"),
    ("azureDisk", "cachingMode", "ReadWrite"),
    ("azureDisk", "fsType", "ext4"),
    ("azureDisk", "kind", "Shared"),
];

/// A persistent volume, whose spec is kept as JSON.
pub(super) fn persistent_volume(spec: &mut Value) {
    let Some(spec) = spec.as_object_mut() else {
        return;
    };
    for (field, value) in [
        ("persistentVolumeReclaimPolicy", "Retain"),
        ("volumeMode", "Filesystem"),
    ] {
        let current = spec.entry(field).or_insert(Value::Null);
        if current.as_str().is_none_or(str::is_empty) {
            *current = value.into();
        }
    }
    for amount in spec
        .get_mut("capacity")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        // Kept as JSON, an amount may still be a number.
        let text = match &*amount.1 {
            Value::String(text) => text.clone(),
            other => crate::api::json_text::text(other),
        };
        if let Ok(text) = canonical(&Quantity(text)) {
            *amount.1 = text.0.into();
        }
    }
    if spec.get("storageClassName").is_some_and(|name| name == "") {
        spec.remove("storageClassName");
    }
    for (field, source) in spec.iter_mut().filter(|(_, value)| value.is_object()) {
        // Zero is absent, but for a disk of which both are said.
        if field != "azureDisk"
            && let Some(map) = source.as_object_mut()
        {
            map.retain(|name, value| match name.as_str() {
                "readOnly" => value == true,
                "fsType" => value != "",
                _ => true,
            });
        }
        for (_, name, value) in SOURCE_DEFAULTS.iter().filter(|(of, ..)| of == field) {
            if source[*name].is_null() {
                source[*name] = json!(value);
            }
        }
        if field == "azureDisk" && source["readOnly"].is_null() {
            source["readOnly"] = json!(false);
        }
    }
}
