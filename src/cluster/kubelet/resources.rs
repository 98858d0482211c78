//! Sums of the resources that a pod's containers ask for.

use std::collections::BTreeMap;

use crate::api::Quantity;
use crate::api::core::{PodSpec, ResourceRequirements};
use crate::api::quantity::{milli_value, value};

type List = BTreeMap<String, Quantity>;

/// The pod's effective requests and limits.
pub(super) fn of_pod(spec: &PodSpec) -> ResourceRequirements {
    let own = spec.resources.as_ref();
    ResourceRequirements {
        requests: requests_of_pod(spec),
        limits: own
            .and_then(|own| own.limits.clone())
            .or_else(|| total(spec, |resources| resources.limits.as_ref())),
        ..Default::default()
    }
}

/// The sum of the requests of the app containers and sidecars, or what an init container needs if that
/// is more; what the pod requests as a whole counts instead.
pub(super) fn requests_of_pod(spec: &PodSpec) -> Option<List> {
    let sum = total(spec, |resources| resources.requests.as_ref());
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

fn total(spec: &PodSpec, part: impl Fn(&ResourceRequirements) -> Option<&List>) -> Option<List> {
    let of = |resources: Option<&ResourceRequirements>| resources.and_then(&part).cloned();
    let mut sum = List::new();
    for container in &spec.containers {
        add(
            &mut sum,
            of(container.resources.as_ref()).unwrap_or_default(),
        );
    }
    let mut sidecars = List::new();
    let mut init = List::new();
    for container in spec.init_containers.iter().flatten() {
        let own = of(container.resources.as_ref()).unwrap_or_default();
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut sum, own.clone());
            add(&mut sidecars, own);
            larger(&mut init, sidecars.clone());
        } else {
            let mut with_sidecars = sidecars.clone();
            add(&mut with_sidecars, own);
            larger(&mut init, with_sidecars);
        }
    }
    larger(&mut sum, init);
    Some(sum).filter(|sum| !sum.is_empty())
}

fn add(sum: &mut List, more: List) {
    for (name, quantity) in more {
        let new = match sum.get(&name) {
            Some(old) => plus(&name, old, &quantity),
            None => quantity,
        };
        sum.insert(name, new);
    }
}

fn larger(sum: &mut List, other: List) {
    for (name, quantity) in other {
        let amount = |quantity: &Quantity| milli_value(quantity).unwrap_or(0);
        if sum
            .get(&name)
            .is_none_or(|old| amount(old) < amount(&quantity))
        {
            sum.insert(name, quantity);
        }
    }
}

/// The sum in canonical form: CPU in cores or millicores, the rest in the largest binary unit that fits.
fn plus(name: &str, a: &Quantity, b: &Quantity) -> Quantity {
    if name == "cpu" {
        let millis = milli_value(a).unwrap_or(0) + milli_value(b).unwrap_or(0);
        return Quantity(if millis % 1_000 == 0 {
            (millis / 1_000).to_string()
        } else {
            format!("{millis}m")
        });
    }
    let mut whole = value(a).unwrap_or(0) + value(b).unwrap_or(0);
    let mut units = ["", "Ki", "Mi", "Gi", "Ti"].into_iter();
    let mut unit = units.next().unwrap_or("");
    while whole != 0 && whole % 1_024 == 0 {
        let Some(next) = units.next() else { break };
        (whole, unit) = (whole / 1_024, next);
    }
    Quantity(format!("{whole}{unit}"))
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
