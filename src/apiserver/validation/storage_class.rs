//! Rules of storage classes.

use serde_json::json;

use crate::api::storage::StorageClass;

use super::field::{FieldPath, Problems};
use super::names;

const RECLAIM_POLICIES: [&str; 2] = ["Delete", "Retain"];
const BINDING_MODES: [&str; 2] = ["Immediate", "WaitForFirstConsumer"];
const MOST_PARAMETERS: usize = 512;
/// Of all parameters together.
const MOST_BYTES: usize = 256 << 10;

/// A new storage class, or with `old` a changed one.
pub(super) fn storage_class(
    new: &StorageClass,
    old: Option<&StorageClass>,
    problems: &mut Problems,
) {
    let provisioner = FieldPath::new("provisioner");
    if new.provisioner.is_empty() {
        problems.required(&provisioner, "");
    } else {
        let lower = new.provisioner.to_ascii_lowercase();
        problems.invalid_each(&provisioner, &lower, names::label_key(&lower));
    }
    let path = FieldPath::new("parameters");
    let parameters = || new.parameters.iter().flatten();
    if parameters().count() > MOST_PARAMETERS {
        problems.too_long(&path, MOST_PARAMETERS);
    } else {
        if parameters().any(|(key, _)| key.is_empty()) {
            problems.invalid(&path, "", "field can not be empty.");
        }
        if parameters()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>()
            > MOST_BYTES
        {
            problems.too_long(&path, MOST_BYTES);
        }
    }
    let policy = new.reclaim_policy.as_deref().unwrap_or_default();
    if !policy.is_empty() && !RECLAIM_POLICIES.contains(&policy) {
        problems.not_supported(&FieldPath::new("reclaimPolicy"), policy, &RECLAIM_POLICIES);
    }
    let mode = new.volume_binding_mode.as_deref().unwrap_or_default();
    if !BINDING_MODES.contains(&mode) {
        problems.not_supported(&FieldPath::new("volumeBindingMode"), mode, &BINDING_MODES);
    }
    topologies(new, problems);
    let Some(old) = old else { return };
    for (field, value, same) in [
        (
            "parameters",
            json!(new.parameters),
            new.parameters == old.parameters,
        ),
        (
            "provisioner",
            json!(new.provisioner),
            new.provisioner == old.provisioner,
        ),
        (
            "reclaimPolicy",
            json!(new.reclaim_policy),
            new.reclaim_policy == old.reclaim_policy,
        ),
        (
            "volumeBindingMode",
            json!(new.volume_binding_mode),
            new.volume_binding_mode == old.volume_binding_mode,
        ),
    ] {
        if !same {
            problems.invalid(&FieldPath::new(field), value, "field is immutable");
        }
    }
}

fn topologies(class: &StorageClass, problems: &mut Problems) {
    let list = FieldPath::new("allowedTopologies");
    for (index, term) in class.allowed_topologies.iter().flatten().enumerate() {
        let path = list.index(index);
        let path = path.child("matchLabelExpressions");
        let requirements = term.match_label_expressions.as_deref().unwrap_or_default();
        for (index, requirement) in requirements.iter().enumerate() {
            let path = path.index(index);
            let path_of_values = path.child("values");
            if requirement.values.is_empty() {
                problems.required(&path_of_values, "");
            }
            for (index, value) in requirement.values.iter().enumerate() {
                if requirement.values[..index].contains(value) {
                    problems.duplicate(&path_of_values.index(index), value);
                }
            }
            let key = path.child("key");
            problems.invalid_each(&key, &requirement.key, names::label_key(&requirement.key));
            if requirements[..index]
                .iter()
                .any(|other| other.key == requirement.key)
            {
                problems.duplicate(&key, &requirement.key);
            }
        }
    }
}
