//! Sums of the resources that a pod's containers ask for.

use crate::api::amounts::{Amounts, Half, of_containers};
use crate::api::core::{PodSpec, ResourceRequirements};

/// The pod's effective requests and limits.
pub(super) fn of_pod(spec: &PodSpec) -> ResourceRequirements {
    let own = spec.resources.as_ref();
    ResourceRequirements {
        requests: requests_of_pod(spec),
        limits: own
            .and_then(|own| own.limits.clone())
            .or_else(|| total(spec, Half::Limits)),
        ..Default::default()
    }
}

/// The sum of the requests of the app containers and sidecars, or what an init container needs if that
/// is more; what the pod requests as a whole counts instead.
pub(super) fn requests_of_pod(spec: &PodSpec) -> Option<Amounts> {
    let sum = total(spec, Half::Requests);
    let Some(own) = spec
        .resources
        .as_ref()
        .and_then(|own| own.requests.as_ref())
    else {
        return sum;
    };
    let mut sum = sum.unwrap_or_default();
    for (name, quantity) in own {
        sum.insert(name.clone(), quantity.clone());
    }
    Some(sum)
}

fn total(spec: &PodSpec, half: Half) -> Option<Amounts> {
    Some(of_containers(spec, half)).filter(|sum| !sum.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(spec: serde_json::Value, expect: serde_json::Value) {
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        assert_eq!(serde_json::to_value(of_pod(&spec)).unwrap(), expect);
    }

    #[test]
    fn sums_containers_and_compares_with_init_containers() {
        let requests =
            |cpu: &str, memory: &str| json!({"requests": {"cpu": cpu, "memory": memory}});
        check(json!({"containers": [{"name": "a"}]}), json!({}));
        check(
            json!({"containers": [
                {"name": "a", "resources": requests("250m", "64Mi")},
                {"name": "b", "resources": requests("750m", "64Mi")},
            ]}),
            requests("1", "128Mi"),
        );
        check(
            json!({
                "initContainers": [{"name": "i", "resources": requests("2", "16Mi")}],
                "containers": [{"name": "a", "resources": requests("250m", "64Mi")}],
            }),
            requests("2", "64Mi"),
        );
        check(
            json!({
                "resources": {"requests": {"memory": "1Gi"}},
                "containers": [{"name": "a", "resources": requests("250m", "64Mi")}],
            }),
            requests("250m", "1Gi"),
        );
    }
}
