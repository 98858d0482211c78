//! How many pods a rolling update may have too many and too few.

use crate::api::apps::RollingUpdateDeployment;
use crate::api::{Deployment, IntOrString};

/// The limits of a rolling update, in pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// How many pods there may be above `spec.replicas`.
    pub max_surge: i32,
    /// How many of `spec.replicas` may be unavailable.
    pub max_unavailable: i32,
}

/// The limits of a Deployment; both are 0 for Recreate.
#[must_use]
pub fn of(deployment: &Deployment) -> Fenceposts {
    let replicas = deployment.spec.replicas.unwrap_or(1);
    if super::recreate::is_recreate(deployment) {
        return Fenceposts {
            max_surge: 0,
            max_unavailable: 0,
        };
    }
    let strategy = deployment.spec.strategy.as_ref();
    let limits = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let mut fenceposts = resolve(limits, replicas);
    fenceposts.max_unavailable = fenceposts.max_unavailable.min(replicas);
    fenceposts
}

/// Percentages of surge are rounded up, those of unavailability down; if both come to 0, one pod may
/// be unavailable, else nothing could ever move.
fn resolve(limits: Option<&RollingUpdateDeployment>, replicas: i32) -> Fenceposts {
    let default = IntOrString::String("25%".to_owned());
    let limit = |of: fn(&RollingUpdateDeployment) -> Option<&IntOrString>| {
        limits.and_then(of).unwrap_or(&default).clone()
    };
    let max_surge = scaled(&limit(|limits| limits.max_surge.as_ref()), replicas, true);
    let max_unavailable = scaled(
        &limit(|limits| limits.max_unavailable.as_ref()),
        replicas,
        false,
    );
    let stuck = max_surge == 0 && max_unavailable == 0;
    Fenceposts {
        max_surge,
        max_unavailable: if stuck { 1 } else { max_unavailable },
    }
}

/// A number, or a percentage of `total`. What validation refuses counts as 0.
#[must_use]
pub fn scaled(value: &IntOrString, total: i32, round_up: bool) -> i32 {
    let percent = match value {
        IntOrString::Int(number) => return *number,
        IntOrString::String(text) => text.strip_suffix('%').and_then(|text| text.parse().ok()),
    };
    let product = i64::from(total) * percent.unwrap_or(0_i64);
    let rounded = if round_up {
        (product + 99).div_euclid(100)
    } else {
        product.div_euclid(100)
    };
    i32::try_from(rounded).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(surge: Value, unavailable: Value, replicas: i32, expect: (i32, i32)) {
        let limits = json!({"maxSurge": surge, "maxUnavailable": unavailable});
        let parsed: RollingUpdateDeployment = serde_json::from_value(limits.clone()).unwrap();
        let fenceposts = resolve(Some(&parsed), replicas);
        assert_eq!(
            (fenceposts.max_surge, fenceposts.max_unavailable),
            expect,
            "{limits} of {replicas}"
        );
    }

    #[test]
    fn surge_rounds_up_and_unavailability_down() {
        check(json!("25%"), json!("25%"), 4, (1, 1));
        check(json!("25%"), json!("25%"), 10, (3, 2));
        check(json!("25%"), json!("25%"), 1, (1, 0));
        check(json!(1), json!(0), 3, (1, 0));
        check(json!(0), json!("1%"), 2, (0, 1));
        check(json!("0%"), json!(0), 2, (0, 1));
        check(json!("100%"), json!("100%"), 3, (3, 3));
    }
}
