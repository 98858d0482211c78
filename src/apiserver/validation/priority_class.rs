//! Rules of priority classes.

use serde_json::json;

use crate::api::PriorityClass;

use super::field::{FieldPath, Problems};

/// What begins like this is the system's own.
const SYSTEM_PREFIX: &str = "system-";
/// The most that users may give: above it are the system's classes.
const MOST: i32 = 1_000_000_000;
const POLICIES: [&str; 2] = ["PreemptLowerPriority", "Never"];

/// The classes that kube-apiserver makes at its first start: name, value, description.
pub const SYSTEM_CLASSES: [(&str, i32, &str); 2] = [
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
];

/// A new class, or with `old` a changed one, of which value and policy stay.
pub(super) fn priority_class(
    new: &PriorityClass,
    old: Option<&PriorityClass>,
    problems: &mut Problems,
) {
    let policy = FieldPath::new("preemptionPolicy");
    if let Some(old) = old {
        if new.spec.value != old.spec.value {
            let detail = "may not be changed in an update.";
            problems.forbidden(&FieldPath::new("value"), detail);
        }
        if new.spec.preemption_policy != old.spec.preemption_policy {
            problems.invalid(
                &policy,
                json!(new.spec.preemption_policy),
                "field is immutable",
            );
        }
        return;
    }
    if new.name().starts_with(SYSTEM_PREFIX) {
        if let Some(error) = not_the_systems(new) {
            let detail = format!(
                "priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only. error: {error}"
            );
            problems.forbidden(&FieldPath::new("metadata.name"), &detail);
        }
    } else if new.spec.value.unwrap_or(0) > MOST {
        let detail = format!("maximum allowed value of a user defined priority is {MOST}");
        problems.forbidden(&FieldPath::new("value"), &detail);
    }
    if let Some(own) = &new.spec.preemption_policy {
        problems.one_of(&policy, own, &POLICIES);
    }
}

/// Why a class with the system's prefix is not one of the system's.
fn not_the_systems(class: &PriorityClass) -> Option<String> {
    let name = class.name();
    let Some((_, value, _)) = SYSTEM_CLASSES.iter().find(|(known, ..)| *known == name) else {
        return Some(format!("{name} is not a known system priority class"));
    };
    if class.spec.value != Some(*value) {
        return Some(format!("value of {name} PriorityClass must be {value}"));
    }
    let default = class.spec.global_default == Some(true);
    default.then(|| format!("globalDefault of {name} PriorityClass must be false"))
}
