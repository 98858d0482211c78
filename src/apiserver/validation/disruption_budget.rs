//! Rules of pod disruption budgets.

use crate::api::json_text;
use serde_json::json;

use crate::api::policy::{PodDisruptionBudgetSpec, PodDisruptionBudgetStatus};

use super::field::{FieldPath, Problems, Raw, go_struct};
use super::selector;
use super::template::{at_most_all, number_or_percent};

const EVICTION_POLICIES: [&str; 2] = ["AlwaysAllow", "IfHealthyBudget"];

/// A new budget or a changed one: everything may change.
pub(super) fn pod_disruption_budget(spec: &PodDisruptionBudgetSpec, problems: &mut Problems) {
    let path = FieldPath::new("spec");
    let (available, unavailable) = (spec.min_available.as_ref(), spec.max_unavailable.as_ref());
    if available.is_some() && unavailable.is_some() {
        let own = spec.selector.as_ref();
        let value = go_struct(&[
            ("MinAvailable", json_text::text(&json!(available))),
            (
                "Selector",
                own.map_or("null".to_owned(), |own| selector::as_json(own).0),
            ),
            ("MaxUnavailable", json_text::text(&json!(unavailable))),
            (
                "UnhealthyPodEvictionPolicy",
                json_text::text(&json!(spec.unhealthy_pod_eviction_policy)),
            ),
        ]);
        let detail = "minAvailable and maxUnavailable cannot be both set";
        problems.invalid(&path, Raw(value), detail);
    }
    for (field, value) in [("minAvailable", available), ("maxUnavailable", unavailable)] {
        let path = path.child(field);
        number_or_percent(value, &path, problems);
        at_most_all(value, &path, problems);
    }
    selector::label_selector(spec.selector.as_ref(), &path.child("selector"), problems);
    let policy = spec.unhealthy_pod_eviction_policy.as_deref();
    if let Some(policy) = policy.filter(|policy| !EVICTION_POLICIES.contains(policy)) {
        let path = path.child("unhealthyPodEvictionPolicy");
        problems.not_supported(&path, policy, &EVICTION_POLICIES);
    }
}

/// Numbers that are not negative.
pub(super) fn status(status: &PodDisruptionBudgetStatus, problems: &mut Problems) {
    let numbers = [
        ("disruptionsAllowed", status.disruptions_allowed),
        ("currentHealthy", status.current_healthy),
        ("desiredHealthy", status.desired_healthy),
        ("expectedPods", status.expected_pods),
    ];
    let numbers = numbers.map(|(field, count)| (field, count.map(i64::from)));
    problems.all_non_negative(&FieldPath::new("status"), &numbers);
}
