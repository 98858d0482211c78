//! A machine that is shut down in good order.

use serde_json::json;

use super::Life;
use crate::api::{Pod, conditions};
use crate::cluster::{Fault, MachineConfig};

const IGNORES: &str = "trap '' TERM; while true; do sleep 1; done";
const EXITS_3: &str = "trap 'exit 3' TERM; sleep 1000 & wait";
const EXITS_0: &str = "trap 'exit 0' TERM; sleep 1000 & wait";

/// Phase, reason, exit code and whether it is the target of a disruption.
fn fate(pod: &Pod) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let status = pod.status.container_statuses.as_ref().unwrap();
    let state = status[0].state.clone().unwrap_or_default();
    let code = state.terminated.map(|ended| ended.exit_code);
    let mut conditions = pod.status.conditions.iter().flatten();
    let target = conditions.find(|one| one.type_ == "DisruptionTarget");
    format!(
        "{} {} {} exit {code:?} {}",
        pod.name(),
        text(&pod.status.phase),
        text(&pod.status.reason),
        target.map_or("-".to_owned(), |one| text(&one.reason)),
    )
}

/// A node with three pods and a critical one, half a minute old.
fn life() -> Life {
    let mut life = Life::new(MachineConfig::new("node-1"));
    let none = json!({});
    life.sleeper("fails", EXITS_3, &none);
    life.sleeper("ignores", IGNORES, &none);
    life.sleeper("succeeds", EXITS_0, &none);
    let critical = json!({"priorityClassName": "system-node-critical",
        "terminationGracePeriodSeconds": 4});
    life.sleeper("critical", IGNORES, &critical);
    life.run_to(30);
    life
}

#[test]
fn pods_end_before_the_power_does_and_critical_ones_last() {
    let mut life = life();
    life.fault(Fault::MachineShutdown);
    life.run_to(31);
    assert_eq!(life.node_condition("Ready"), "False:KubeletNotReady");
    let told = life.events("node-1");
    assert!(told.contains(&"NodeShutdown x1: Shutdown manager detected shutdown event".to_owned()));
    let fates = |life: &Life| {
        ["fails", "ignores", "succeeds", "critical"].map(|name| fate(&life.pod(name)))
    };
    let target = "TerminationByKubelet";
    assert_eq!(
        fates(&life),
        [
            format!("fails Failed Terminated exit Some(3) {target}"),
            "ignores Running - exit None -".to_owned(),
            // kubelet: reason and message go with the phase that they were said of.
            format!("succeeds Succeeded - exit Some(0) {target}"),
            "critical Running - exit None -".to_owned(),
        ]
    );
    // What is bound to it now is refused.
    life.sleeper("late", EXITS_0, &json!({"nodeName": "node-1"}));
    // 20 s for the usual pods, whatever their own 30 s are; the critical one has its own 4 s.
    life.run_to(49);
    assert_eq!(fate(&life.pod("ignores")), "ignores Running - exit None -");
    life.run_to(51);
    let ended = format!("ignores Failed Terminated exit Some(137) {target}");
    assert_eq!(fate(&life.pod("ignores")), ended);
    assert_eq!(
        fate(&life.pod("critical")),
        "critical Running - exit None -"
    );
    let late = life.pod("late").status;
    assert_eq!(late.reason.as_deref(), Some("NodeShutdown"));
    let message = "Pod was rejected: Pod was rejected as the node is shutting down.";
    assert_eq!(late.message.as_deref(), Some(message));
    life.run_to(60);
    let ended = format!("critical Failed Terminated exit Some(137) {target}");
    assert_eq!(fate(&life.pod("critical")), ended);
    // The power is off: nobody says that the node is back.
    life.run_to(180);
    assert_eq!(life.node_condition("Ready"), "Unknown:NodeStatusUnknown");
    life.fault(Fault::MachineStart);
    life.run_to(200);
    assert_eq!(life.node_condition("Ready"), "True:KubeletReady");
    assert_eq!(fate(&life.pod("critical")), ended);
}

#[test]
fn a_start_during_the_shutdown_makes_it_a_reboot() {
    let mut life = life();
    life.fault(Fault::MachineShutdown);
    life.fault(Fault::MachineStart);
    life.run_to(51);
    assert_eq!(life.node_condition("Ready"), "False:KubeletNotReady");
    life.run_to(75);
    assert_eq!(life.node_condition("Ready"), "True:KubeletReady");
}

#[test]
fn without_a_kubelet_the_power_is_off_at_once() {
    let mut life = life();
    life.fault(Fault::KubeletStop);
    life.fault(Fault::MachineShutdown);
    life.fault(Fault::MachineStart);
    life.run_to(60);
    // Nothing told the pods: their containers are gone, and start again.
    let pod = life.pod("fails");
    let status = &pod.status.container_statuses.as_ref().unwrap()[0];
    assert_eq!((status.restart_count, status.ready), (1, true));
}

#[test]
fn a_pod_that_starts_into_the_shutdown_is_ready_but_pending_until_it_ends() {
    let mut life = Life::new(MachineConfig::new("node-1"));
    life.apply(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "late", "namespace": "default"},
        "spec": {"terminationGracePeriodSeconds": 4, "containers": [
            {"name": "main", "image": "slow20/x:1", "command": ["sh", "-c", IGNORES]}]}}));
    life.run_to(10);
    life.fault(Fault::MachineShutdown);
    // kubelet: nothing calls the pull off, and what it was for starts.
    life.run_to(22);
    let pod = life.pod("late");
    // kubelet: `mergePodStatus` holds the last phase back while containers may run, but not the conditions.
    assert_eq!(fate(&pod), "late Pending - exit None -");
    assert!(conditions::is_pod_ready(&pod.status));
    life.run_to(28);
    let pod = life.pod("late");
    let target = "TerminationByKubelet";
    assert_eq!(
        fate(&pod),
        format!("late Failed Terminated exit Some(137) {target}")
    );
    assert!(!conditions::is_pod_ready(&pod.status));
}
