//! The cell of a pod on the stage.

mod countdown;
mod creation;
mod grace;
mod parts;

use std::time::Duration;

use crate::api::Pod;
use crate::history::PodState;
use crate::kubectl::pod_columns;

use super::names;
use super::scene::Scene;
use super::time;
use super::view::stage::{Countdown, Creation, Dial, LaneKind, PodCell};
use super::view::{RichText, State, Text};

pub use countdown::{countdown, deadline};
pub use parts::{kind, segments, status_of};

/// A cell with its lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Where it stands.
    pub lane: LaneKind,
    /// What it shows.
    pub cell: PodCell,
    /// Whether it shows something that changes with time alone.
    pub ticks: bool,
}

/// The cell of a pod as it is now.
#[must_use]
pub fn place(scene: &Scene, pod: &Pod) -> Placed {
    let (runtime, columns) = (scene.runtime(pod), pod_columns(pod));
    let lane = lane(pod);
    let creation =
        (lane == LaneKind::Creating).then(|| creation::creation(scene, pod, runtime.as_ref()));
    let grace = runtime
        .as_ref()
        .filter(|_| lane == LaneKind::Terminating)
        .and_then(|runtime| grace::grace(scene, pod, runtime));
    let deadline = runtime
        .as_ref()
        .and_then(|runtime| deadline(runtime, scene.now()));
    let countdown = deadline
        .as_ref()
        .map(|deadline| countdown(deadline, scene.now()));
    let (name_prefix, name_suffix) = names::split_name(pod);
    let state = names::state(PodState::of(pod));
    let ticks =
        countdown.is_some() || creation.is_some() || grace.is_some() || lane == LaneKind::Pending;
    let (status, ready) = (
        Text::from(columns.status.as_str()),
        Text::from(columns.ready()),
    );
    let cell = PodCell {
        key: names::key_of_pod(pod),
        label: label(pod, &status, &ready, columns.restarts, countdown.as_ref()),
        name_prefix,
        name_suffix,
        state,
        is_ready: state == State::Ready,
        dial: dial(scene, pod, lane, countdown, creation.as_ref()),
        segments: segments(pod, runtime.as_ref()),
        pips: runtime.as_ref().map(parts::pips).unwrap_or_default(),
        restarts: u32::try_from(columns.restarts).unwrap_or(0),
        node: pod.spec.node_name.as_deref().unwrap_or_default().into(),
        qos: parts::qos(pod),
        sentence: sentence(scene, pod, lane),
        creation,
        grace,
        status,
        ready,
    };
    Placed { lane, cell, ticks }
}

/// The part of its life that a pod is in.
#[must_use]
pub fn lane(pod: &Pod) -> LaneKind {
    match pod.status.phase.as_deref() {
        Some("Succeeded" | "Failed") => LaneKind::Done,
        _ if pod.is_deleting() => LaneKind::Terminating,
        _ if pod.spec.node_name.as_deref().unwrap_or_default().is_empty() => LaneKind::Pending,
        Some("Running") => LaneKind::Running,
        _ => LaneKind::Creating,
    }
}

fn dial(
    scene: &Scene,
    pod: &Pod,
    lane: LaneKind,
    countdown: Option<Countdown>,
    creation: Option<&Creation>,
) -> Dial {
    if let Some(countdown) = countdown {
        return Dial::Countdown(countdown);
    }
    if lane == LaneKind::Pending {
        let text = waited(scene, pod);
        return Dial::Waited { text };
    }
    if let Some(percent) = creation.and_then(creation::percent) {
        return Dial::Progress { percent };
    }
    Dial::Readiness(parts::readiness(pod))
}

/// How long a pod has waited since it was created.
fn waited(scene: &Scene, pod: &Pod) -> Text {
    let born = scene
        .record
        .lane(pod.uid())
        .map_or(scene.now(), |lane| lane.born);
    let waited = Duration::from_secs(scene.now().since(born).as_secs());
    let (text, unit) = time::dial(waited);
    format!("{text}{unit}").into()
}

/// Why the pod is as it is: for a Pending one in the scheduler's words, else the newest decision.
fn sentence(scene: &Scene, pod: &Pod, lane: LaneKind) -> RichText {
    if lane == LaneKind::Pending {
        let conditions = pod.status.conditions.iter().flatten();
        let scheduled = conditions.filter(|condition| condition.type_ == "PodScheduled");
        if let Some(message) = scheduled
            .filter_map(|condition| condition.message.as_deref())
            .next()
        {
            return scheduling(scene, pod, message);
        }
    }
    let key = pod.key();
    let mut steps = scene.record.steps_about(&key, scene.now());
    steps
        .find(|entry| !matches!(entry.what.code, "probe-passed" | "probe-succeeded"))
        .map(|entry| scene.tell(&entry.what))
        .unwrap_or_default()
}

/// The scheduler's message: what no node could give is the point, what preemption thinks of it is not.
fn scheduling(scene: &Scene, pod: &Pod, message: &str) -> RichText {
    let (point, rest) = message.split_once(". ").unwrap_or((message, ""));
    let point = format!("{}.", point.trim_end_matches('.'));
    let mut text = RichText::default().strong(point);
    if !rest.is_empty() {
        text = text.text(format!(" {rest}"));
    }
    let key = pod.key();
    let newest = scene.record.steps_about(&key, scene.now()).next();
    let reads = newest.iter().flat_map(|entry| &entry.what.reads);
    for link in reads.filter_map(|read| scene.source.link(scene.world, read)) {
        if text.links.iter().all(|other| other.line != link.line) {
            text = text.link(Some(link));
        }
    }
    text
}

fn label(
    pod: &Pod,
    status: &str,
    ready: &str,
    restarts: i32,
    countdown: Option<&Countdown>,
) -> Text {
    let mut label = format!("{}: {status}, ready {ready}", pod.name());
    match restarts {
        0 => {}
        1 => label += ", 1 restart",
        _ => label += &format!(", {restarts} restarts"),
    }
    if let Some(node) = pod.spec.node_name.as_deref() {
        label += &format!(", on {node}");
    }
    if let Some(countdown) = countdown {
        label += &format!(", {}", countdown.label);
    }
    label.into()
}
