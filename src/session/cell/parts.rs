//! The parts of a cell: containers, probe results, readiness, QoS.

use crate::api::Pod;
use crate::api::core::{Container, ContainerStatus};
use crate::cluster::fault::ProbeType;
use crate::cluster::kubelet::inspect::{InstanceState, PodRuntime};
use crate::kernel::SimTime;
use crate::session::view::State;
use crate::session::view::stage::{ProbeKind, ProbePips, Qos, Segment, SegmentKind};

/// The most probe results that a cell shows.
const MOST_PIPS: u32 = 8;

/// Its containers in the order of the spec: init containers and sidecars, then app containers.
#[must_use]
pub fn segments(pod: &Pod, runtime: Option<&PodRuntime>) -> Vec<Segment> {
    let init = pod.spec.init_containers.iter().flatten().map(|container| {
        let kind = if container.restart_policy.as_deref() == Some("Always") {
            SegmentKind::Sidecar
        } else {
            SegmentKind::Init
        };
        (kind, container)
    });
    let app = pod
        .spec
        .containers
        .iter()
        .map(|container| (SegmentKind::App, container));
    init.chain(app)
        .map(|(kind, container)| Segment {
            name: container.name.as_str().into(),
            kind,
            state: container_state(pod, container, kind, runtime),
        })
        .collect()
}

/// How a container is.
fn container_state(
    pod: &Pod,
    container: &Container,
    kind: SegmentKind,
    runtime: Option<&PodRuntime>,
) -> State {
    let Some(status) = status_of(pod, &container.name) else {
        return State::Pending;
    };
    let state = status.state.clone().unwrap_or_default();
    if state.running.is_some() {
        let stopping = runtime
            .and_then(|runtime| {
                runtime
                    .containers
                    .iter()
                    .find(|other| other.name.as_ref() == container.name)
            })
            .is_some_and(|container| {
                container.stop.is_some() && matches!(container.state, InstanceState::Running { .. })
            });
        return match kind {
            _ if pod.is_deleting() || stopping => State::Terminating,
            SegmentKind::Init => State::Creating,
            _ if status.ready => State::Ready,
            _ => State::NotReady,
        };
    }
    if let Some(terminated) = &state.terminated {
        return if terminated.exit_code == 0 {
            State::Done
        } else {
            State::Failing
        };
    }
    let reason = state
        .waiting
        .and_then(|waiting| waiting.reason)
        .unwrap_or_default();
    match reason.as_str() {
        "" | "PodInitializing" => State::Pending,
        "ContainerCreating" => State::Creating,
        reason if reason.ends_with("BackOff") => State::Waiting,
        _ => State::Failing,
    }
}

/// The status of a container by its name.
#[must_use]
pub fn status_of<'pod>(pod: &'pod Pod, name: &str) -> Option<&'pod ContainerStatus> {
    let lists = [
        &pod.status.init_container_statuses,
        &pod.status.container_statuses,
    ];
    let mut statuses = lists.into_iter().flatten().flatten();
    statuses.find(|status| status.name == name)
}

/// One arc per app container and sidecar; true = ready.
pub(super) fn readiness(pod: &Pod) -> Vec<bool> {
    let init = pod.spec.init_containers.iter().flatten();
    let sidecars = init.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    pod.spec
        .containers
        .iter()
        .chain(sidecars)
        .map(|container| status_of(pod, &container.name).is_some_and(|status| status.ready))
        .collect()
}

/// The results of the probes of the first container that has any. A new instance begins without: what its
/// predecessor answered says nothing about it.
pub(super) fn pips(runtime: &PodRuntime) -> Vec<ProbePips> {
    let probed = runtime
        .containers
        .iter()
        .find(|container| !container.probes.is_empty());
    let probes = probed
        .map(|container| container.probes.as_slice())
        .unwrap_or_default();
    let since = match probed.map(|container| &container.state) {
        Some(InstanceState::Running { since }) => *since,
        _ => SimTime::ZERO,
    };
    probes
        .iter()
        .map(|probe| {
            let threshold = probe.failure_threshold.clamp(1, MOST_PIPS);
            let results = probe.results.iter().filter(|result| result.at >= since);
            let all: Vec<bool> = results.map(|result| result.ok).collect();
            let shown = all.len().saturating_sub(threshold as usize);
            ProbePips {
                probe: kind(probe.probe),
                results: all[shown..].to_vec(),
                // At most 8 by `clamp`.
                threshold: threshold as u8,
                failures: probe.failures,
                serial: probe.count,
            }
        })
        .collect()
}

/// The screen's name of a probe.
#[must_use]
pub const fn kind(probe: ProbeType) -> ProbeKind {
    match probe {
        ProbeType::Startup => ProbeKind::Startup,
        ProbeType::Liveness => ProbeKind::Liveness,
        ProbeType::Readiness => ProbeKind::Readiness,
    }
}

/// The class that the API server gave.
pub(super) fn qos(pod: &Pod) -> Qos {
    match pod.status.qos_class.as_deref() {
        Some("Guaranteed") => Qos::Guaranteed,
        Some("Burstable") => Qos::Burstable,
        _ => Qos::BestEffort,
    }
}
