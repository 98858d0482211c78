//! The state vocabulary of the time line and the stage: ten words for how a pod does.

use crate::api::Pod;
use crate::api::core::{ContainerState, ContainerStatus};

/// How a pod does. Coarser than kubectl's STATUS, and ordered so that worse is greater among the
/// states of a pod that lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodState {
    /// Not bound to a node.
    Pending,
    /// On a node, no app container has started yet.
    Creating,
    /// Ready: receives Service traffic.
    Ready,
    /// Running, not ready.
    NotReady,
    /// In a back-off: CrashLoopBackOff, ImagePullBackOff.
    Waiting,
    /// Error, OOMKilled, CreateContainerConfigError, ErrImagePull.
    Failing,
    /// Deletion asked, grace period running.
    Terminating,
    /// Phase Succeeded.
    Done,
    /// Phase Failed.
    Failed,
    /// Its node is lost.
    Unknown,
}

impl PodState {
    /// The state that the API shows.
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        let status = &pod.status;
        match status.phase.as_deref() {
            Some("Succeeded") => return Self::Done,
            Some("Failed") => return Self::Failed,
            Some("Unknown") => return Self::Unknown,
            _ => {}
        }
        if pod.is_deleting() {
            // The node controller's word for a pod whose node does not answer.
            let lost = status.reason.as_deref() == Some("NodeLost");
            return if lost {
                Self::Unknown
            } else {
                Self::Terminating
            };
        }
        if pod.spec.node_name.as_deref().unwrap_or_default().is_empty() {
            return Self::Pending;
        }
        let containers = || status.container_statuses.iter().flatten();
        let init = status.init_container_statuses.iter().flatten();
        let worst = init
            .filter_map(init_trouble)
            .chain(containers().filter_map(trouble))
            .max();
        if let Some(worst) = worst {
            return worst;
        }
        // It is not while a container waits for its first start, nor while the init containers run again.
        if status.phase.as_deref() != Some("Running") {
            return Self::Creating;
        }
        let conditions = status.conditions.iter().flatten();
        let ready = conditions
            .filter(|condition| condition.type_ == "Ready")
            .any(|condition| condition.status == "True");
        if ready { Self::Ready } else { Self::NotReady }
    }
}

/// What is wrong with a container, if anything is.
fn trouble(container: &ContainerStatus) -> Option<PodState> {
    let state = container.state.as_ref()?;
    if let Some(terminated) = &state.terminated {
        let failed =
            terminated.exit_code != 0 || terminated.signal.is_some_and(|signal| signal != 0);
        return failed.then_some(PodState::Failing);
    }
    waiting_trouble(state)
}

/// An init container that exited with 0 did what it is for.
fn init_trouble(container: &ContainerStatus) -> Option<PodState> {
    trouble(container)
}

fn waiting_trouble(state: &ContainerState) -> Option<PodState> {
    match state.waiting.as_ref()?.reason.as_deref()? {
        "ContainerCreating" | "PodInitializing" | "RestartingAllContainers" => None,
        reason if reason.ends_with("BackOff") => Some(PodState::Waiting),
        _ => Some(PodState::Failing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Object;
    use serde_json::{Value, json};

    fn check(status: Value, expect: PodState) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"nodeName": "node-1", "containers": []}, "status": status,
        });
        let object = Object::from_json(pod).unwrap();
        assert_eq!(PodState::of(object.typed().unwrap()), expect);
    }

    fn container(state: Value, restarts: u32) -> Value {
        json!({"name": "main", "image": "x", "imageID": "", "ready": false,
               "restartCount": restarts, "state": state})
    }

    #[test]
    fn the_worst_container_tells() {
        let running = || container(json!({"running": {}}), 0);
        check(json!({"phase": "Succeeded"}), PodState::Done);
        check(json!({"phase": "Pending"}), PodState::Creating);
        check(
            json!({"phase": "Running", "containerStatuses": [running()],
                   "conditions": [{"type": "Ready", "status": "True"}]}),
            PodState::Ready,
        );
        check(
            json!({"phase": "Running", "containerStatuses": [running()],
                   "conditions": [{"type": "Ready", "status": "False"}]}),
            PodState::NotReady,
        );
        let waiting = |reason: &str| container(json!({"waiting": {"reason": reason}}), 0);
        check(
            json!({"containerStatuses": [running(), waiting("CrashLoopBackOff")]}),
            PodState::Waiting,
        );
        check(
            json!({"containerStatuses": [waiting("ImagePullBackOff"), waiting("ErrImagePull")]}),
            PodState::Failing,
        );
        // Another container waits for its image.
        check(
            json!({"phase": "Pending", "containerStatuses": [running(), waiting("ContainerCreating")]}),
            PodState::Creating,
        );
        check(
            json!({"phase": "Running", "containerStatuses": [waiting("RestartingAllContainers")]}),
            PodState::NotReady,
        );
        check(
            json!({"phase": "Pending", "containerStatuses": [waiting("PodInitializing")],
                   "initContainerStatuses": [container(json!({"terminated": {"exitCode": 0}}), 0)]}),
            PodState::Creating,
        );
        check(
            json!({"containerStatuses": [container(json!({"terminated": {"exitCode": 137}}), 2)]}),
            PodState::Failing,
        );
    }
}
