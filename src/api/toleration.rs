//! Taints, and the tolerations that let a pod stand them.

use super::core::{Taint, Toleration};

/// Whether one of `tolerations` tolerates `taint`.
pub fn tolerates<'a>(tolerations: impl IntoIterator<Item = &'a Toleration>, taint: &Taint) -> bool {
    tolerations
        .into_iter()
        .any(|toleration| tolerates_taint(toleration, taint))
}

/// Whether a toleration tolerates a taint. An empty effect stands for every effect, an empty key
/// (with operator `Exists`) for every key.
#[must_use]
pub fn tolerates_taint(toleration: &Toleration, taint: &Taint) -> bool {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if given(&toleration.effect).is_some_and(|effect| effect != taint.effect)
        || given(&toleration.key).is_some_and(|key| key != taint.key)
    {
        return false;
    }
    match toleration.operator.as_deref() {
        None | Some("" | "Equal") => {
            toleration.value.as_deref().unwrap_or_default()
                == taint.value.as_deref().unwrap_or_default()
        }
        Some("Exists") => true,
        // Lt and Gt are behind a feature gate that is off (TaintTolerationComparisonOperators).
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(toleration: Value, expect: bool) {
        let taint = json!({"key": "dedicated", "value": "db", "effect": "NoSchedule"});
        let taint: Taint = serde_json::from_value(taint).unwrap();
        let parsed: Toleration = serde_json::from_value(toleration.clone()).unwrap();
        assert_eq!(tolerates([&parsed], &taint), expect, "{toleration}");
    }

    #[test]
    fn tolerations_match_by_key_value_and_effect() {
        check(json!({"operator": "Exists"}), true);
        check(json!({"key": "dedicated", "operator": "Exists"}), true);
        check(json!({"key": "other", "operator": "Exists"}), false);
        check(json!({"key": "dedicated", "value": "db"}), true);
        check(
            json!({"key": "dedicated", "operator": "Equal", "value": "web"}),
            false,
        );
        check(
            json!({"key": "dedicated", "value": "db", "effect": "NoExecute"}),
            false,
        );
        check(
            json!({"key": "dedicated", "value": "db", "effect": "NoSchedule"}),
            true,
        );
        check(
            json!({"key": "dedicated", "operator": "Gt", "value": "1"}),
            false,
        );
    }
}
