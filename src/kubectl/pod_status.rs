//! The READY, STATUS, RESTARTS and AGE columns of `kubectl get pods`.

use crate::api::Pod;
use crate::api::core::{Container, ContainerState, ContainerStateTerminated, ContainerStatus};
use crate::api::meta::Time;

use super::age;

/// What the columns show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodColumns {
    /// Ready containers, sidecars among them.
    pub ready_containers: usize,
    /// All app containers and sidecars.
    pub total_containers: usize,
    /// STATUS.
    pub status: String,
    /// The number in RESTARTS.
    pub restarts: i32,
    /// When the last of them was, as far as the API shows it.
    pub last_restart: Option<Time>,
    /// Whether STATUS speaks of an init container.
    pub initializing: bool,
}

impl PodColumns {
    /// READY: `1/2`.
    #[must_use]
    pub fn ready(&self) -> String {
        format!("{}/{}", self.ready_containers, self.total_containers)
    }

    /// RESTARTS: `0`, `4 (28s ago)`.
    #[must_use]
    pub fn restarts(&self, now_unix_micros: i64) -> String {
        match &self.last_restart {
            Some(last) if self.restarts != 0 => {
                let ago = age::since(Some(last), now_unix_micros);
                format!("{} ({ago} ago)", self.restarts)
            }
            _ => self.restarts.to_string(),
        }
    }
}

/// The columns of a pod. Rules of `printPod` in pkg/printers.
#[must_use]
pub fn pod_columns(pod: &Pod) -> PodColumns {
    let mut columns = PodColumns {
        ready_containers: 0,
        total_containers: pod.spec.containers.len() + sidecars(pod).count(),
        status: phase_or_reason(pod),
        restarts: 0,
        last_restart: None,
        initializing: false,
    };
    read_init_containers(pod, &mut columns);
    // Once initialized, failing sidecars no longer hide the app containers.
    if !columns.initializing || has_true_condition(pod, "Initialized") {
        read_containers(pod, &mut columns);
    }
    if pod.is_deleting() {
        let terminal = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
        if pod.status.reason.as_deref() == Some("NodeLost") {
            columns.status = "Unknown".to_owned();
        } else if !terminal {
            columns.status = "Terminating".to_owned();
        }
    }
    columns
}

fn phase_or_reason(pod: &Pod) -> String {
    let gated = pod.status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("SchedulingGated")
    });
    if gated {
        return "SchedulingGated".to_owned();
    }
    let reason = pod
        .status
        .reason
        .clone()
        .filter(|reason| !reason.is_empty());
    reason
        .or_else(|| pod.status.phase.clone())
        .unwrap_or_default()
}

fn sidecars(pod: &Pod) -> impl Iterator<Item = &Container> {
    let init = pod.spec.init_containers.iter().flatten();
    init.filter(|container| container.restart_policy.as_deref() == Some("Always"))
}

fn has_true_condition(pod: &Pod, type_: &str) -> bool {
    let conditions = pod.status.conditions.iter().flatten();
    conditions
        .filter(|condition| condition.type_ == type_)
        .any(|condition| condition.status == "True")
}

/// Goes through the init containers up to the first that is not done.
fn read_init_containers(pod: &Pod, columns: &mut PodColumns) {
    let total = pod.spec.init_containers.as_ref().map_or(0, Vec::len);
    for (index, status) in pod
        .status
        .init_container_statuses
        .iter()
        .flatten()
        .enumerate()
    {
        count_restarts(status, columns);
        let is_sidecar = sidecars(pod).any(|sidecar| sidecar.name == status.name);
        let state = status.state.as_ref();
        let terminated = state.and_then(|state| state.terminated.as_ref());
        if terminated.is_some_and(|terminated| terminated.exit_code == 0) {
            continue;
        }
        if is_sidecar && status.started == Some(true) {
            columns.ready_containers += usize::from(status.ready);
            continue;
        }
        let word = match terminated {
            Some(terminated) => end_word(terminated),
            None => waiting_reason(state)
                .filter(|reason| *reason != "PodInitializing")
                .map_or_else(|| format!("{index}/{total}"), str::to_owned),
        };
        columns.status = format!("Init:{word}");
        columns.initializing = true;
        return;
    }
}

fn read_containers(pod: &Pod, columns: &mut PodColumns) {
    // Restarts of init containers that ran to their end no longer count.
    columns.restarts = 0;
    columns.last_restart = None;
    let init = pod.status.init_container_statuses.iter().flatten();
    for status in init.filter(|status| sidecars(pod).any(|sidecar| sidecar.name == status.name)) {
        count_restarts(status, columns);
    }
    let (mut any_running, mut error) = (false, None);
    // The first container wins, so it is read last.
    for status in pod.status.container_statuses.iter().flatten().rev() {
        count_restarts(status, columns);
        let state = status.state.as_ref();
        let terminated = state.and_then(|state| state.terminated.as_ref());
        if let Some(reason) = waiting_reason(state) {
            columns.status = reason.to_owned();
        } else if let Some(terminated) = terminated {
            columns.status = end_word(terminated);
            if terminated.exit_code != 0 {
                error = Some(columns.status.clone());
            }
        } else if status.ready && state.is_some_and(|state| state.running.is_some()) {
            any_running = true;
            columns.ready_containers += 1;
        }
    }
    // A finished container beside a running one is no reason to call the pod Completed.
    if columns.status == "Completed" {
        if any_running && has_true_condition(pod, "Ready") {
            columns.status = "Running".to_owned();
        } else if let Some(error) = error {
            columns.status = error;
        } else if any_running {
            columns.status = "NotReady".to_owned();
        }
    }
}

fn waiting_reason(state: Option<&ContainerState>) -> Option<&str> {
    let reason = state?.waiting.as_ref()?.reason.as_deref()?;
    Some(reason).filter(|reason| !reason.is_empty())
}

fn end_word(terminated: &ContainerStateTerminated) -> String {
    let reason = terminated.reason.as_deref().unwrap_or_default();
    let signal = terminated.signal.unwrap_or(0);
    if !reason.is_empty() {
        reason.to_owned()
    } else if signal != 0 {
        format!("Signal:{signal}")
    } else {
        format!("ExitCode:{}", terminated.exit_code)
    }
}

fn count_restarts(status: &ContainerStatus, columns: &mut PodColumns) {
    columns.restarts += status.restart_count;
    let last = status.last_state.as_ref();
    let ended = last.and_then(|last| last.terminated.as_ref()?.finished_at.clone());
    columns.last_restart = columns.last_restart.take().max(ended);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::pod_columns;
    use crate::api::Object;

    /// 2026-01-01T00:01:00Z
    const NOW: i64 = 1_767_225_660_000_000;

    fn check(spec: Value, status: Value, expect: &str) {
        let mut meta = json!({"name": "web"});
        if status["deleting"] == true {
            meta["deletionTimestamp"] = "2026-01-01T00:00:50Z".into();
        }
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status});
        let object = Object::from_json(pod).unwrap();
        let columns = pod_columns(object.typed().unwrap());
        let line = format!(
            "{} {} {}",
            columns.ready(),
            columns.status,
            columns.restarts(NOW)
        );
        assert_eq!(line, expect);
    }

    fn container(state: Value, restarts: u32) -> Value {
        let running = state.get("running").is_some();
        json!({"name": "c", "image": "x", "imageID": "", "ready": running, "restartCount": restarts, "state": state,
               "started": running,
               "lastState": if restarts > 0 { json!({"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:32Z"}}) } else { json!({}) }})
    }

    #[test]
    fn app_containers() {
        let one = || json!({"containers": [{"name": "c"}]});
        let two = || json!({"containers": [{"name": "c"}, {"name": "d"}]});
        let running = || container(json!({"running": {}}), 0);
        let ended = |code: i32, reason: &str| {
            container(
                json!({"terminated": {"exitCode": code, "reason": reason}}),
                0,
            )
        };
        check(one(), json!({"phase": "Pending"}), "0/1 Pending 0");
        check(
            one(),
            json!({"phase": "Running", "containerStatuses": [running()]}),
            "1/1 Running 0",
        );
        check(
            one(),
            json!({"phase": "Running", "containerStatuses": [container(json!({"waiting": {"reason": "CrashLoopBackOff"}}), 4)]}),
            "0/1 CrashLoopBackOff 4 (28s ago)",
        );
        check(
            one(),
            json!({"phase": "Succeeded", "containerStatuses": [ended(0, "Completed")]}),
            "0/1 Completed 0",
        );
        check(
            one(),
            json!({"phase": "Failed", "containerStatuses": [ended(137, "OOMKilled")]}),
            "0/1 OOMKilled 0",
        );
        check(
            one(),
            json!({"phase": "Failed", "containerStatuses": [ended(3, "")]}),
            "0/1 ExitCode:3 0",
        );
        check(
            two(),
            json!({"containerStatuses": [ended(0, "Completed"), running()]}),
            "1/2 NotReady 0",
        );
        check(
            two(),
            json!({"containerStatuses": [ended(0, "Completed"), running()], "conditions": [{"type": "Ready", "status": "True"}]}),
            "1/2 Running 0",
        );
        check(
            two(),
            json!({"containerStatuses": [ended(0, "Completed"), ended(1, "Error")]}),
            "0/2 Error 0",
        );
        check(
            one(),
            json!({"phase": "Failed", "reason": "Evicted"}),
            "0/1 Evicted 0",
        );
        check(
            one(),
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}),
            "0/1 SchedulingGated 0",
        );
    }

    #[test]
    fn deletion() {
        let one = || json!({"containers": [{"name": "c"}]});
        check(
            one(),
            json!({"deleting": true, "phase": "Running"}),
            "0/1 Terminating 0",
        );
        check(
            one(),
            json!({"deleting": true, "phase": "Running", "reason": "NodeLost"}),
            "0/1 Unknown 0",
        );
        check(
            one(),
            json!({"deleting": true, "phase": "Succeeded",
                   "containerStatuses": [container(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}), 0)]}),
            "0/1 Completed 0",
        );
    }

    #[test]
    fn init_containers_and_sidecars() {
        let spec = || json!({"initContainers": [{"name": "c"}, {"name": "d"}], "containers": [{"name": "e"}]});
        let done = || {
            container(
                json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
                0,
            )
        };
        let waits = |reason: &str| container(json!({"waiting": {"reason": reason}}), 0);
        check(
            spec(),
            json!({"initContainerStatuses": [waits("PodInitializing"), waits("PodInitializing")]}),
            "0/1 Init:0/2 0",
        );
        check(
            spec(),
            json!({"initContainerStatuses": [done(), container(json!({"running": {}}), 0)]}),
            "0/1 Init:1/2 0",
        );
        check(
            spec(),
            json!({"initContainerStatuses": [done(), container(json!({"waiting": {"reason": "CrashLoopBackOff"}}), 3)]}),
            "0/1 Init:CrashLoopBackOff 3 (28s ago)",
        );
        check(
            spec(),
            json!({"initContainerStatuses": [container(json!({"terminated": {"exitCode": 2, "reason": "Error"}}), 0)]}),
            "0/1 Init:Error 0",
        );
        check(
            spec(),
            json!({"initContainerStatuses": [done(), done()], "containerStatuses": [waits("PodInitializing")]}),
            "0/1 PodInitializing 0",
        );
        let sidecar = || json!({"initContainers": [{"name": "c", "restartPolicy": "Always"}], "containers": [{"name": "e"}]});
        check(
            sidecar(),
            json!({"initContainerStatuses": [container(json!({"running": {}}), 2)], "containerStatuses": [container(json!({"running": {}}), 1)],
                   "phase": "Running"}),
            "2/2 Running 3 (28s ago)",
        );
    }
}
