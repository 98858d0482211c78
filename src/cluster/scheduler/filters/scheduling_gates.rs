//! SchedulingGates: a pod with `spec.schedulingGates` does not enter the queue.

use crate::api::Pod;

/// The name of the plugin.
pub const NAME: &str = "SchedulingGates";

/// Whether a gate holds the pod back.
#[must_use]
pub fn is_gated(pod: &Pod) -> bool {
    pod.spec
        .scheduling_gates
        .as_ref()
        .is_some_and(|gates| !gates.is_empty())
}

/// `waiting for scheduling gates: [example.com/quota]`.
#[must_use]
pub fn message(pod: &Pod) -> String {
    let names: Vec<&str> = pod
        .spec
        .scheduling_gates
        .iter()
        .flatten()
        .map(|gate| gate.name.as_str())
        .collect();
    format!("waiting for scheduling gates: [{}]", names.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::pod;
    use serde_json::json;

    #[test]
    fn any_gate_holds_the_pod() {
        assert!(!is_gated(&pod(json!({"containers": []}))));
        assert!(!is_gated(&pod(
            json!({"containers": [], "schedulingGates": []})
        )));
        let gated =
            pod(json!({"containers": [], "schedulingGates": [{"name": "a"}, {"name": "b"}]}));
        assert!(is_gated(&gated));
        assert_eq!(message(&gated), "waiting for scheduling gates: [a b]");
    }
}
