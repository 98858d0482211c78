//! Pods whose containers are all restarted in place when one of them exits with a certain code.

use serde_json::json;

use super::Life;
use crate::cluster::kubelet::status::all;
use crate::cluster::{MachineConfig, Step};
use crate::kernel::trace::Entry;

/// A pod with an init container, a sidecar and a helper that ignores SIGTERM. Its worker exits with `codes` one after
/// the other, each after three seconds, and then runs on. The rule is about 42.
fn life(codes: &str) -> Life {
    let worker = format!(
        "for code in {codes}; do if [ ! -f /state/$code ]; then touch /state/$code; sleep 3; exit $code; fi; done; \
         sleep 1000"
    );
    let mut life = Life::new(MachineConfig::new("node-1"));
    let sidecar = json!({"name": "proxy", "image": "busybox:1.36", "restartPolicy": "Always",
        "command": ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"]});
    let rule =
        json!({"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}});
    let pod = json!({
        "restartPolicy": "Never",
        "volumes": [{"name": "state", "emptyDir": {}}],
        "initContainers": [
            {"name": "setup", "image": "busybox:1.36", "command": ["sleep", "1"]}, sidecar],
        "containers": [
            {"name": "worker", "image": "busybox:1.36", "command": ["sh", "-c", worker],
             "restartPolicy": "Never", "restartPolicyRules": [rule],
             "volumeMounts": [{"name": "state", "mountPath": "/state"}]},
            {"name": "helper", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 1000"]}],
    });
    life.sleeper("training", "", &pod);
    life
}

/// What is told while no container has been restarted.
fn untouched(worker: &str) -> [String; 5] {
    [
        "Running False",
        "setup Completed - x0",
        "proxy running - x0",
        "helper running - x0",
        &format!("worker {worker} - x0"),
    ]
    .map(str::to_owned)
}

impl Life {
    /// Phase, the condition, and each container's state, last state and restarts.
    fn told_of_all(&self) -> Vec<String> {
        let status = self.pod("training").status;
        let mut conditions = status.conditions.iter().flatten();
        let restarting = conditions.find(|one| one.type_ == "AllContainersRestarting");
        let restarting = restarting.map_or("none", |one| one.status.as_str());
        let head = format!("{} {restarting}", status.phase.clone().unwrap_or_default());
        let containers = all(&status).map(|one| {
            let states = [&one.state, &one.last_state].map(|state| {
                let state = state.clone().unwrap_or_default();
                let (waiting, terminated) = (state.waiting, state.terminated);
                let reason = waiting.and_then(|one| one.reason);
                let reason = reason.or(terminated.and_then(|one| one.reason));
                reason.unwrap_or_else(|| {
                    if state.running.is_some() {
                        "running"
                    } else {
                        "-"
                    }
                    .into()
                })
            });
            format!(
                "{} {} {} x{}",
                one.name, states[0], states[1], one.restart_count
            )
        });
        [head].into_iter().chain(containers).collect()
    }

    fn heard(&self, reason: &str) -> Vec<String> {
        let all = self.events("training").into_iter();
        all.filter(|line| line.starts_with(reason)).collect()
    }

    fn codes_of_steps(&mut self, wanted: &[&str]) -> Vec<String> {
        let steps = self.world.drain_steps();
        let told = |entry: &Entry<Step>| {
            let step = &entry.what;
            let container = step.container.as_deref().unwrap_or_default();
            wanted
                .contains(&step.code)
                .then(|| format!("{} {container}", step.code))
        };
        steps.iter().filter_map(told).collect()
    }
}

#[test]
fn everything_starts_from_the_beginning_in_the_same_sandbox() {
    let mut life = life("42");
    // The init container takes until second 2, the worker three more, and the PLEG up to one to notice.
    life.run_to(4);
    let before = life.pod("training").status.pod_ip.clone();
    assert!(before.is_some());
    assert_eq!(life.told_of_all(), untouched("running"));
    life.run_to(6);
    assert_eq!(life.told_of_all()[0], "Running True");
    life.run_to(20);
    let last = "RestartingAllContainers x1";
    assert_eq!(
        life.told_of_all(),
        [
            "Running False".to_owned(),
            format!("setup Completed {last}"),
            format!("proxy running {last}"),
            format!("helper running {last}"),
            format!("worker running {last}"),
        ]
    );
    assert_eq!(life.pod("training").status.pod_ip, before);
    assert!(life.heard("Sandbox").is_empty());
}

#[test]
fn what_is_removed_is_stopped_without_a_grace_period_and_the_cause_goes_last() {
    let mut life = life("42");
    life.run_to(20);
    let steps = life.codes_of_steps(&["restart-all", "stop-container", "container-started"]);
    let first_lives =
        ["setup", "proxy", "worker", "helper"].map(|one| format!("container-started {one}"));
    let restart = [
        "restart-all worker",
        "stop-container helper",
        "stop-container proxy",
    ];
    assert_eq!(steps[..4], first_lives);
    assert_eq!(steps[4..7], restart);
    assert_eq!(steps[7..], first_lives);
    let killing = life.heard("Killing");
    assert_eq!(killing, ["Killing x1: killing", "Killing x1: killing"]);
}

#[test]
fn there_is_no_back_off_between_restarts_of_all() {
    let mut life = life("42 042 0042");
    life.run_to(30);
    let worker = life.told_of_all().pop().unwrap();
    assert_eq!(worker, "worker running RestartingAllContainers x3");
    assert!(life.heard("BackOff").is_empty());
}

#[test]
fn other_codes_are_the_business_of_the_restart_policy() {
    let mut life = life("7");
    life.run_to(20);
    assert_eq!(life.told_of_all(), untouched("Error"));
}
