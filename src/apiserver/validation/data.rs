//! Rules of config maps and secrets.

use crate::api::core::{ConfigMap, Secret};
use crate::kernel::OrderedSet;

use super::field::{FieldPath, Problems};
use super::names;

/// The most bytes of all values together.
const MOST_BYTES: usize = 1 << 20;

/// A new config map, or with `old` a changed one.
pub(super) fn config_map(new: &ConfigMap, old: Option<&ConfigMap>, problems: &mut Problems) {
    let (data, binary) = (FieldPath::new("data"), FieldPath::new("binaryData"));
    if let Some(old) = old.filter(|old| old.immutable == Some(true)) {
        let changed = [
            ("immutable", new.immutable != Some(true)),
            ("data", new.data != old.data),
            ("binaryData", new.binary_data != old.binary_data),
        ];
        immutable(&changed, problems);
    }
    let mut bytes = 0;
    for (key, value) in new.data.iter().flatten() {
        problems.invalid_each(&data.key(key), key, names::data_key(key));
        if new
            .binary_data
            .as_ref()
            .is_some_and(|all| all.contains_key(key))
        {
            problems.invalid(
                &data.key(key),
                key,
                "duplicate of key present in binaryData",
            );
        }
        bytes += value.len();
    }
    for (key, value) in new.binary_data.iter().flatten() {
        problems.invalid_each(&binary.key(key), key, names::data_key(key));
        bytes += value.0.len();
    }
    if bytes > MOST_BYTES {
        problems.too_long(&FieldPath::new(""), MOST_BYTES);
    }
}

/// A new secret, or with `old` a changed one. `stringData` is part of `data` by now.
pub(super) fn secret(
    new: &Secret,
    annotations: Option<&std::collections::BTreeMap<String, String>>,
    old: Option<&Secret>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("data");
    if let Some(old) = old {
        if new.type_ != old.type_ {
            let type_ = new.type_.as_deref().unwrap_or_default();
            problems.invalid(&FieldPath::new("type"), type_, "field is immutable");
        }
        if old.immutable == Some(true) {
            let changed = [
                ("immutable", new.immutable != Some(true)),
                ("data", new.data != old.data),
            ];
            immutable(&changed, problems);
        }
    }
    let mut bytes = 0;
    for (key, value) in new.data.iter().flatten() {
        problems.invalid_each(&path.key(key), key, names::data_key(key));
        bytes += value.0.len();
    }
    if bytes > MOST_BYTES {
        problems.too_long(&path, MOST_BYTES);
    }
    let type_ = new.type_.as_deref().unwrap_or_default();
    if type_ == "kubernetes.io/service-account-token" {
        const NAME: &str = "kubernetes.io/service-account.name";
        let name = annotations.and_then(|all| all.get(NAME));
        if name.is_none_or(String::is_empty) {
            problems.required(
                &FieldPath::new("metadata").child("annotations").key(NAME),
                "",
            );
        }
    }
    let keys: OrderedSet<&str> = new
        .data
        .iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    for key in missing_keys(type_, &keys) {
        problems.required(&path.key(key), "");
    }
}

/// The keys that a secret of this type needs and does not have.
fn missing_keys(type_: &str, keys: &OrderedSet<&str>) -> Vec<&'static str> {
    let (wanted, any): (&[&str], bool) = match type_ {
        "kubernetes.io/dockercfg" => (&[".dockercfg"], false),
        "kubernetes.io/dockerconfigjson" => (&[".dockerconfigjson"], false),
        // One of both is enough.
        "kubernetes.io/basic-auth" => (&["username", "password"], true),
        "kubernetes.io/ssh-auth" => (&["ssh-privatekey"], false),
        "kubernetes.io/tls" => (&["tls.crt", "tls.key"], false),
        _ => return Vec::new(),
    };
    if any && wanted.iter().any(|key| keys.contains(key)) {
        return Vec::new();
    }
    wanted
        .iter()
        .copied()
        .filter(|key| !keys.contains(key))
        .collect()
}

fn immutable(fields: &[(&str, bool)], problems: &mut Problems) {
    for (field, _) in fields.iter().filter(|(_, changed)| *changed) {
        let detail = "field is immutable when `immutable` is set";
        problems.forbidden(&FieldPath::new(field), detail);
    }
}
