//! What a sync has to do: compared with what the runtime's listing shows, which sandbox and containers
//! are missing and which have to go.

use crate::api::Pod;

use super::inspect::ContainerKind;
use super::plan::{Plan, Slot, restarts_on_failure, should_restart};
use super::resize::needs_restart;
use super::restart_all::{Reset, resets};
use super::runtime::{Observed, Record, RecordState};
use super::status::should_be_restarted;

/// What to do, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Actions {
    /// Stop all containers and the sandbox.
    pub kill_pod: bool,
    /// Make a sandbox.
    pub create_sandbox: bool,
    /// Stop and remove these instances: all containers are restarted.
    pub reset: Vec<Reset>,
    /// Stop these instances.
    pub kill: Vec<Kill>,
    /// Start these init containers and sidecars.
    pub start_init: Vec<Slot>,
    /// Start these app containers.
    pub start: Vec<Slot>,
    /// Start these ephemeral containers, before all others.
    pub join: Vec<Slot>,
}

/// An instance to stop while the pod goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kill {
    /// The instance.
    pub number: u32,
    /// The message of the event.
    pub message: String,
    /// The probe that wants it, which may bring its own grace period.
    pub why: KillReason,
}

/// Why an instance is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum KillReason {
    /// The pod is going.
    Pod,
    /// The startup probe failed.
    Startup,
    /// The liveness probe failed.
    Liveness,
    /// All containers of the pod are restarted.
    RestartAll,
    /// The postStart hook failed.
    PostStart,
    /// The spec of the container changed.
    Changed,
}

/// What the probes say about an instance.
pub(super) trait Verdicts {
    /// `Some(true)` passed, `Some(false)` failed, `None` unknown: of the liveness probe.
    fn liveness(&self, record: &Record) -> Option<bool>;
    /// The same of the startup probe; the outer `None` where there is no result at all.
    fn startup(&self, record: &Record) -> Option<Option<bool>>;
    /// Whether the instance was made from another image than the spec names now.
    fn changed(&self, record: &Record) -> bool;
}

/// Compares the pod with the listing. `restarts_all` says that all containers are being restarted.
pub(super) fn compute(
    pod: &Pod,
    plan: &Plan,
    observed: &Observed,
    verdicts: &impl Verdicts,
    restarts_all: bool,
) -> Actions {
    if restarts_all {
        let needs_sandbox = observed.needs_sandbox();
        return Actions {
            kill_pod: needs_sandbox,
            create_sandbox: needs_sandbox,
            reset: resets(pod, plan, observed),
            ..Default::default()
        };
    }
    if observed.needs_sandbox() {
        return anew(pod, plan, observed);
    }
    let mut actions = Actions::default();
    let joining = plan.ephemeral_slots();
    let joining = joining.filter(|slot| observed.newest(*slot).is_none());
    actions.join.extend(joining);
    if !init_actions(pod, plan, observed, verdicts, &mut actions) {
        return actions;
    }
    let mut keep = 0;
    for slot in plan.app_slots() {
        let running = observed
            .newest(slot)
            .filter(|record| record.state.is_running());
        let Some(record) = running else {
            if should_be_restarted(pod, plan, observed, slot) {
                actions.start.push(slot);
            }
            continue;
        };
        match verdict(pod, plan, record, verdicts) {
            None => keep += 1,
            Some((kill, restart)) => {
                actions.kill.push(kill);
                if restart {
                    actions.start.push(slot);
                }
            }
        }
    }
    if keep == 0 && actions.start.is_empty() {
        actions.kill_pod = true;
        // Sidecars must not keep a pod alive.
        actions.start_init.clear();
    }
    actions
}

/// The pod has no sandbox: everything starts from the beginning.
fn anew(pod: &Pod, plan: &Plan, observed: &Observed) -> Actions {
    let mut actions = Actions {
        kill_pod: true,
        create_sandbox: true,
        ..Default::default()
    };
    let nothing = Actions {
        kill_pod: true,
        ..Default::default()
    };
    let has_had_sandbox = observed.sandbox.is_some();
    if !restarts_on_failure(&pod.spec) && has_had_sandbox && !observed.records.is_empty() {
        return nothing;
    }
    let start: Vec<Slot> = plan
        .app_slots()
        .filter(|slot| {
            let container = plan.spec(&pod.spec, *slot);
            let policy = container.restart_policy.as_deref();
            let run_once = policy.or(pod.spec.restart_policy.as_deref()) == Some("OnFailure");
            let code = observed
                .newest(*slot)
                .and_then(|record| record.state.exit_code());
            !(run_once && code == Some(0))
        })
        .collect();
    if start.is_empty() && plan.app_slots().any(|slot| observed.newest(slot).is_some()) {
        return nothing;
    }
    if plan.init_count > 0 {
        actions.start_init.push(0);
    } else {
        actions.start = start;
    }
    actions
}

/// Whether a running app container has to go, and whether it comes back.
fn verdict(
    pod: &Pod,
    plan: &Plan,
    record: &Record,
    verdicts: &impl Verdicts,
) -> Option<(Kill, bool)> {
    let name = &plan.containers[record.slot].name;
    let policy = plan.spec(&pod.spec, record.slot).restart_policy.as_deref();
    let mut restart = policy.map_or(restarts_on_failure(&pod.spec), |own| own != "Never");
    let container = plan.spec(&pod.spec, record.slot);
    let (message, why) = if verdicts.changed(record) {
        restart = true;
        (
            format!("Container {name} definition changed"),
            KillReason::Changed,
        )
    } else if let Some(why) = needs_restart(container, &record.resources) {
        let message = format!("Container {name} resize requires restart");
        let number = record.number;
        return Some((
            Kill {
                number,
                message,
                why,
            },
            true,
        ));
    } else if verdicts.liveness(record) == Some(false) {
        (
            format!("Container {name} failed liveness probe"),
            KillReason::Liveness,
        )
    } else if verdicts.startup(record) == Some(Some(false)) {
        (
            format!("Container {name} failed startup probe"),
            KillReason::Startup,
        )
    } else {
        return None;
    };
    let message = if restart {
        format!("{message}, will be restarted")
    } else {
        message
    };
    let kill = Kill {
        number: record.number,
        message,
        why,
    };
    Some((kill, restart))
}

/// What the init containers and sidecars need; true if the app containers may run.
fn init_actions(
    pod: &Pod,
    plan: &Plan,
    observed: &Observed,
    verdicts: &impl Verdicts,
    actions: &mut Actions,
) -> bool {
    if plan.init_count == 0 {
        return true;
    }
    let mut has_initialized = plan.app_slots().any(|slot| {
        let state = observed.newest(slot).map(|record| &record.state);
        matches!(
            state,
            Some(RecordState::Created | RecordState::Running { .. })
        )
    });
    let mut previously = has_initialized;
    // From the last to the first: the last one that has run says how far the pod has come.
    for slot in plan.init_slots().rev() {
        let is_sidecar = plan.containers[slot].kind == ContainerKind::Sidecar;
        let Some(record) = observed.newest(slot) else {
            if previously && is_sidecar {
                actions.start_init.push(slot);
            }
            continue;
        };
        if previously && !is_sidecar {
            continue;
        }
        let is_last = slot + 1 == plan.init_count;
        match &record.state {
            RecordState::Created => actions.start_init.push(slot),
            RecordState::Running { .. } if is_sidecar => {
                if sidecar_is_up(plan, pod, record, verdicts, actions) {
                    has_initialized |= is_last;
                    if !is_last && !previously {
                        actions.start_init.push(slot + 1);
                    }
                    restart_unhealthy_sidecar(plan, record, verdicts, actions);
                }
            }
            RecordState::Running { .. } => {}
            RecordState::Exited { .. } if is_sidecar => actions.start_init.push(slot),
            RecordState::Exited { exit_code: 0, .. } => {
                has_initialized |= is_last;
                if !is_last {
                    actions.start_init.push(slot + 1);
                }
            }
            RecordState::Exited { exit_code, .. } => {
                let container = plan.spec(&pod.spec, slot);
                if pod.is_deleting() || !should_restart(container, &pod.spec, *exit_code) {
                    actions.kill_pod = true;
                    actions.start_init.clear();
                    return false;
                }
                actions.start_init.push(slot);
            }
        }
        previously = true;
    }
    if !previously {
        actions.start_init.push(0);
    }
    actions.start_init.reverse();
    has_initialized
}

/// Whether a running sidecar lets the next container start: it has passed its startup probe.
fn sidecar_is_up(
    plan: &Plan,
    pod: &Pod,
    record: &Record,
    verdicts: &impl Verdicts,
    actions: &mut Actions,
) -> bool {
    if plan.spec(&pod.spec, record.slot).startup_probe.is_none() {
        return true;
    }
    match verdicts.startup(record) {
        Some(Some(true)) => true,
        Some(Some(false)) => {
            let name = &plan.containers[record.slot].name;
            actions.kill.push(Kill {
                number: record.number,
                message: format!("Init container {name} failed startup probe"),
                why: KillReason::Startup,
            });
            actions.start_init.push(record.slot);
            false
        }
        _ => false,
    }
}

fn restart_unhealthy_sidecar(
    plan: &Plan,
    record: &Record,
    verdicts: &impl Verdicts,
    actions: &mut Actions,
) {
    let name = &plan.containers[record.slot].name;
    let (message, why) = if verdicts.changed(record) {
        (
            format!("Init container {name} definition changed"),
            KillReason::Changed,
        )
    } else if verdicts.liveness(record) == Some(false) {
        (
            format!("Init container {name} failed liveness probe"),
            KillReason::Liveness,
        )
    } else {
        return;
    };
    actions.kill.push(Kill {
        number: record.number,
        message,
        why,
    });
    actions.start_init.push(record.slot);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Object;
    use crate::cluster::kubelet::runtime::Sandbox;
    use crate::kernel::SimTime;
    use serde_json::json;

    /// What the probes say in a test: the same of every instance.
    struct Said {
        liveness: Option<bool>,
    }

    impl Verdicts for Said {
        fn liveness(&self, _: &Record) -> Option<bool> {
            self.liveness
        }

        fn startup(&self, _: &Record) -> Option<Option<bool>> {
            None
        }

        fn changed(&self, _: &Record) -> bool {
            false
        }
    }

    fn record(slot: Slot, exit_code: Option<i32>) -> Record {
        let started = SimTime::ZERO;
        Record {
            number: u32::try_from(slot).unwrap() + 1,
            slot,
            id: "".into(),
            restarts: 0,
            image: "".into(),
            image_id: "".into(),
            user_id: 0,
            resources: Default::default(),
            state: match exit_code {
                None => RecordState::Running { started },
                Some(exit_code) => RecordState::Exited {
                    started: Some(started),
                    finished: started,
                    exit_code,
                    reason: "Error",
                    message: None,
                },
            },
        }
    }

    /// `spec` and the instances seen (slot, exit code of those that have ended) → what is to be done.
    fn check(
        spec: serde_json::Value,
        records: &[(Slot, Option<i32>)],
        liveness: Option<bool>,
        expect: &str,
    ) {
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec});
        let object = Object::from_json(pod).unwrap();
        let pod = object.typed::<Pod>().unwrap();
        let sandbox = Sandbox {
            attempt: 0,
            ready: true,
            ip: "".into(),
            files: [].into(),
        };
        let observed = Observed {
            sandbox: Some(sandbox),
            records: records
                .iter()
                .map(|(slot, code)| record(*slot, *code))
                .collect(),
            ..Default::default()
        };
        let plan = Plan::new(&pod.spec);
        let actions = compute(pod, &plan, &observed, &Said { liveness }, false);
        let kills: Vec<u32> = actions.kill.iter().map(|kill| kill.number).collect();
        let text = format!(
            "pod {} kill {kills:?} init {:?} start {:?}",
            actions.kill_pod, actions.start_init, actions.start
        );
        assert_eq!(text, expect, "{spec} {records:?}");
    }

    #[test]
    fn app_containers_start_and_restart() {
        let always = json!({"containers": [{"name": "a"}, {"name": "b"}]});
        check(
            always.clone(),
            &[],
            None,
            "pod false kill [] init [] start [0, 1]",
        );
        check(
            always.clone(),
            &[(0, None), (1, Some(1))],
            None,
            "pod false kill [] init [] start [1]",
        );
        let never = json!({"restartPolicy": "Never", "containers": [{"name": "a"}]});
        check(
            never,
            &[(0, Some(1))],
            None,
            "pod true kill [] init [] start []",
        );
        let failed = Some(false);
        let (running, expect) = (
            [(0, None), (1, None)],
            "pod false kill [1, 2] init [] start [0, 1]",
        );
        check(always, &running, failed, expect);
    }

    #[test]
    fn init_containers_run_one_after_another_and_sidecars_stay() {
        let spec = json!({
            "initContainers": [
                {"name": "i"}, {"name": "s", "restartPolicy": "Always"}, {"name": "j"}],
            "containers": [{"name": "a"}],
        });
        check(
            spec.clone(),
            &[],
            None,
            "pod false kill [] init [0] start []",
        );
        check(
            spec.clone(),
            &[(0, None)],
            None,
            "pod false kill [] init [] start []",
        );
        check(
            spec.clone(),
            &[(0, Some(1))],
            None,
            "pod false kill [] init [0] start []",
        );
        check(
            spec.clone(),
            &[(0, Some(0))],
            None,
            "pod false kill [] init [1] start []",
        );
        let up = [(0, Some(0)), (1, None)];
        check(
            spec.clone(),
            &up,
            None,
            "pod false kill [] init [2] start []",
        );
        let done = [(0, Some(0)), (1, None), (2, Some(0))];
        check(
            spec.clone(),
            &done,
            None,
            "pod false kill [] init [] start [3]",
        );
        // A sidecar that ends while the app container runs is started again.
        let lost = [(0, Some(0)), (1, Some(1)), (2, Some(0)), (3, None)];
        check(spec, &lost, None, "pod false kill [] init [1] start []");
    }

    #[test]
    fn a_pod_whose_app_containers_are_done_takes_its_sidecars_along() {
        let spec = json!({
            "restartPolicy": "Never",
            "initContainers": [{"name": "s", "restartPolicy": "Always"}],
            "containers": [{"name": "a"}],
        });
        let done = [(0, None), (1, Some(0))];
        check(spec, &done, None, "pod true kill [] init [] start []");
    }
}
