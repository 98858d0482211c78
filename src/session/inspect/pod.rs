//! What is particular to a pod: its facts, its containers, its deadline.

use crate::api::Pod;
use crate::api::core::{
    Container as Spec, ContainerState, ContainerStateTerminated, ContainerStatus,
};
use crate::cluster::kubelet::inspect::{PodRuntime, ProbeRuntime};
use crate::history::PodState;
use crate::kubectl::{age, pod_columns};
use crate::session::cell;
use crate::session::names;
use crate::session::scene::Scene;
use crate::session::time;
use crate::session::view::inspector::{Container, Fact};
use crate::session::view::stage::Countdown;
use crate::session::view::{State, Text};

use super::Head;

/// The head of the panel.
pub(super) fn head(scene: &Scene, pod: &Pod) -> Head {
    let (columns, now) = (pod_columns(pod), scene.unix_micros());
    let fact = |name: &str, value: String, note: String| Fact {
        name: name.into(),
        value: value.into(),
        note: note.into(),
    };
    let restarted = columns
        .last_restart
        .as_ref()
        .filter(|_| columns.restarts > 0);
    let restarted = restarted.map_or(String::new(), |last| {
        format!("{} ago", age::since(Some(last), now))
    });
    Head {
        state: names::state(PodState::of(pod)),
        facts: vec![
            fact(
                "Phase",
                pod.status.phase.clone().unwrap_or_default(),
                String::new(),
            ),
            fact("Ready", columns.ready(), String::new()),
            fact("Restarts", columns.restarts.to_string(), restarted),
            fact(
                "Age",
                age::since(pod.meta.creation_timestamp.as_ref(), now),
                String::new(),
            ),
        ],
        status: columns.status,
    }
}

/// A deadline that runs, and where its length comes from.
pub(super) fn deadline(scene: &Scene, pod: &Pod) -> Option<(Countdown, Text)> {
    let deadline = cell::deadline(&scene.runtime(pod)?, scene.now())?;
    let note = deadline.note.as_str().into();
    Some((cell::countdown(&deadline, scene.now()), note))
}

/// Its containers: init containers first.
pub(super) fn containers(scene: &Scene, pod: &Pod) -> Vec<Container> {
    let runtime = scene.runtime(pod);
    let segments = cell::segments(pod, runtime.as_ref());
    let specs = pod
        .spec
        .init_containers
        .iter()
        .flatten()
        .chain(&pod.spec.containers);
    specs
        .zip(segments)
        .map(|(spec, segment)| container(scene, pod, runtime.as_ref(), spec, segment.state))
        .collect()
}

fn container(
    scene: &Scene,
    pod: &Pod,
    runtime: Option<&PodRuntime>,
    spec: &Spec,
    state: State,
) -> Container {
    let status = cell::status_of(pod, &spec.name);
    let now = status.and_then(|status| status.state.as_ref());
    let word = match now {
        Some(ContainerState {
            running: Some(_), ..
        }) => "Running",
        Some(ContainerState {
            terminated: Some(_),
            ..
        }) => "Terminated",
        _ => "Waiting",
    };
    Container {
        name: spec.name.as_str().into(),
        state,
        word: word.into(),
        detail: status
            .map(|status| detail(scene, status))
            .unwrap_or_default()
            .into(),
        probes: runtime
            .iter()
            .flat_map(|runtime| &runtime.containers)
            .filter(|container| container.name.as_ref() == spec.name)
            .flat_map(|container| &container.probes)
            .filter_map(|probe| self::probe(scene, probe))
            .collect(),
    }
}

/// How far a probe's run of answers has come, and when it asks again; `None` while it does not ask.
fn probe(scene: &Scene, probe: &ProbeRuntime) -> Option<Text> {
    let left = probe.next_at?.since(scene.now());
    let (run, threshold, word) = if probe.failures > 0 {
        (probe.failures, probe.failure_threshold, "failures")
    } else {
        (probe.successes, probe.success_threshold, "passed")
    };
    let run = run.min(threshold);
    let name = cell::kind(probe.probe).word().to_ascii_lowercase();
    Some(
        format!(
            "{name}: {run} of {threshold} {word}, next in {}",
            time::words(left)
        )
        .into(),
    )
}

/// Why it waits, since when it runs, or how it ended; and how the instance before ended.
fn detail(scene: &Scene, status: &ContainerStatus) -> String {
    let mut parts = Vec::new();
    let state = status.state.clone().unwrap_or_default();
    if let Some(reason) = state.waiting.and_then(|waiting| waiting.reason) {
        parts.push(reason);
    }
    if let Some(running) = state.running {
        let since = age::since(running.started_at.as_ref(), scene.unix_micros());
        parts.push(format!("for {since}"));
    }
    if let Some(terminated) = &state.terminated {
        parts.push(end(terminated));
    }
    let last = status.last_state.as_ref();
    if let Some(terminated) = last.and_then(|last| last.terminated.as_ref()) {
        parts.push(format!("last: Terminated, {}", end(terminated)));
    }
    parts.join("; ")
}

/// `exit 143, ran 22s`.
fn end(terminated: &ContainerStateTerminated) -> String {
    let mut text = format!("exit {}", terminated.exit_code);
    if let Some(reason) = terminated
        .reason
        .as_deref()
        .filter(|reason| !matches!(*reason, "Error" | "Completed"))
    {
        text = format!("{reason}, {text}");
    }
    if let (Some(from), Some(to)) = (&terminated.started_at, &terminated.finished_at) {
        let seconds = to.0.as_second() - from.0.as_second();
        text += &format!(", ran {}", age::human_duration(seconds));
    }
    text
}
