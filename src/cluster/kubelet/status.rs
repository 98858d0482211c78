//! The status of a pod as its kubelet sees it: from the runtime's listing, the old status and the results
//! of the probes.

use crate::api::Pod;
use crate::api::core::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, ContainerUser, HostIP, LinuxContainerUser, PodIP,
    PodSpec, PodStatus, VolumeMountStatus,
};
use crate::apiserver::Clock;
use crate::kernel::OrderedMap;

use super::inspect::ContainerKind;
use super::plan::{Plan, Slot, should_restart};
use super::resources;
use super::restart_all;
use super::runtime::{Observed, Record, RecordState};

/// Why a container could not be started, as the kubelet's reason cache keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StartError {
    /// `CrashLoopBackOff`, `ErrImagePull` …
    pub reason: &'static str,
    /// The message.
    pub message: String,
}

/// What a status is made from.
pub(super) struct Source<'a> {
    /// The pod as the kubelet knows it.
    pub pod: &'a Pod,
    /// Its containers.
    pub plan: &'a Plan,
    /// What the runtime's listing showed.
    pub observed: &'a Observed,
    /// The status before: the kubelet's own, else the API server's.
    pub old: &'a PodStatus,
    /// Whether all containers are to be restarted.
    pub restarts_all: bool,
    /// Why containers could not be started.
    pub errors: &'a OrderedMap<Slot, StartError>,
    /// The node's address.
    pub host_ip: &'a str,
    /// Relates moments to timestamps.
    pub clock: &'a Clock,
}

impl Source<'_> {
    /// Everything but phase, readiness and conditions.
    pub fn status(&self) -> PodStatus {
        let ip = self.observed.ip.as_deref().map(str::to_owned);
        let ip = ip.or_else(|| self.plan.host_network.then(|| self.host_ip.to_owned()));
        let mut apps = self.statuses(
            self.plan.app_slots(),
            self.old.container_statuses.as_deref(),
        );
        apps.sort_by(|a, b| a.name.cmp(&b.name));
        let init = self.statuses(
            self.plan.init_slots(),
            self.old.init_container_statuses.as_deref(),
        );
        let mut ephemeral = self.statuses(
            self.plan.ephemeral_slots(),
            self.old.ephemeral_container_statuses.as_deref(),
        );
        ephemeral.sort_by(|a, b| a.name.cmp(&b.name));
        PodStatus {
            pod_ips: ip.clone().map(|ip| vec![PodIP { ip }]),
            pod_ip: ip,
            host_ip: Some(self.host_ip.to_owned()),
            host_ips: Some(vec![HostIP {
                ip: self.host_ip.to_owned(),
            }]),
            container_statuses: Some(apps),
            init_container_statuses: Some(init).filter(|list| !list.is_empty()),
            ephemeral_container_statuses: Some(ephemeral).filter(|list| !list.is_empty()),
            qos_class: self.pod.status.qos_class.clone(),
            start_time: self.old.start_time.clone(),
            nominated_node_name: self.pod.status.nominated_node_name.clone(),
            observed_generation: self.pod.meta.generation.max(self.old.observed_generation),
            resources: Some(resources::of_pod(&self.pod.spec)),
            allocated_resources: resources::requests_of_pod(&self.pod.spec),
            ..Default::default()
        }
    }

    fn statuses(
        &self,
        slots: std::ops::Range<Slot>,
        old: Option<&[ContainerStatus]>,
    ) -> Vec<ContainerStatus> {
        slots
            .map(|slot| {
                let name = &self.plan.containers[slot].name;
                let old = old
                    .into_iter()
                    .flatten()
                    .find(|status| status.name == **name);
                self.container(slot, old)
            })
            .collect()
    }

    fn container(&self, slot: Slot, old: Option<&ContainerStatus>) -> ContainerStatus {
        let mut records = self.observed.records.iter().rev();
        let mut of_slot = records.by_ref().filter(|record| record.slot == slot);
        let mut status = match of_slot.next() {
            Some(newest) => {
                let mut status = self.of_record(newest, slot, old);
                if let Some(previous) = of_slot.next() {
                    status.last_state = Some(self.state_of(previous));
                }
                status
            }
            None => self.without_record(slot, old),
        };
        self.apply_start_error(slot, &mut status);
        status
    }

    fn blank(&self, slot: Slot, old: Option<&ContainerStatus>) -> ContainerStatus {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let waiting = if self.plan.init_count > 0 {
            "PodInitializing"
        } else {
            "ContainerCreating"
        };
        let volume_mounts = spec.volume_mounts.iter().flatten().map(|mount| {
            let read_only = mount.read_only.filter(|read_only| *read_only);
            VolumeMountStatus {
                mount_path: mount.mount_path.clone(),
                name: mount.name.clone(),
                read_only,
                recursive_read_only: read_only.map(|_| {
                    match mount.recursive_read_only.as_deref() {
                        Some("Enabled" | "IfPossible") => "Enabled".to_owned(),
                        _ => "Disabled".to_owned(),
                    }
                }),
                volume_status: None,
            }
        });
        let volume_mounts: Vec<_> = volume_mounts.collect();
        ContainerStatus {
            name: spec.name.clone(),
            image: spec.image.clone().unwrap_or_default(),
            state: Some(waiting_state(waiting, "")),
            last_state: Some(
                old.and_then(|old| old.last_state.clone())
                    .unwrap_or_default(),
            ),
            restart_count: old.map_or(0, |old| old.restart_count),
            volume_mounts: Some(volume_mounts).filter(|list| !list.is_empty()),
            ..Default::default()
        }
    }

    /// The status of a container that the runtime does not know.
    fn without_record(&self, slot: Slot, old: Option<&ContainerStatus>) -> ContainerStatus {
        let blank = self.blank(slot, old);
        let Some(old) = old else { return blank };
        if self.restarts_all
            && let Some(removed) = restart_all::removed(old, blank.clone())
        {
            return removed;
        }
        let state = old.state.as_ref();
        if state.is_some_and(|state| state.terminated.is_some()) {
            return old.clone();
        }
        let was_running = state.is_some_and(|state| state.running.is_some());
        let mut status = blank;
        if !was_running || terminated(status.last_state.as_ref()).is_some() {
            return status;
        }
        // kubelet: it ran and is gone, so it must have stopped; how is not known.
        status.last_state = Some(ContainerState {
            terminated: Some(ContainerStateTerminated {
                reason: Some("ContainerStatusUnknown".to_owned()),
                message: Some(
                    "The container could not be located when the pod was deleted.  \
                     The container used to be Running"
                        .to_owned(),
                ),
                exit_code: 137,
                ..Default::default()
            }),
            ..Default::default()
        });
        if !self.pod.is_deleting() {
            status.restart_count += 1;
        }
        status
    }

    fn of_record(
        &self,
        record: &Record,
        slot: Slot,
        old: Option<&ContainerStatus>,
    ) -> ContainerStatus {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let mut status = ContainerStatus {
            container_id: Some(container_id(record)),
            image: record.image.to_string(),
            image_id: record.image_id.to_string(),
            restart_count: i32::try_from(record.restarts).unwrap_or(i32::MAX),
            state: Some(self.state_of(record)),
            last_state: Some(ContainerState::default()),
            resources: Some((*record.resources).clone()),
            allocated_resources: spec.resources.as_ref().and_then(|one| one.requests.clone()),
            user: Some(ContainerUser {
                linux: Some(LinuxContainerUser {
                    gid: 0,
                    supplemental_groups: Some(vec![0]),
                    uid: record.user_id,
                }),
            }),
            ..self.blank(slot, None)
        };
        let Some(old) = old else { return status };
        status.restart_count = status.restart_count.max(old.restart_count);
        let old_end = terminated(old.state.as_ref());
        let ended = if old.container_id != status.container_id && old_end.is_some() {
            old_end
        } else {
            terminated(old.last_state.as_ref())
        };
        if let Some(ended) = ended {
            status.last_state = Some(ContainerState {
                terminated: Some(ended.clone()),
                ..Default::default()
            });
        }
        let restarts = i32::try_from(record.restarts).unwrap_or(i32::MAX);
        if record.state.is_running() && old_end.is_some() && old.restart_count >= restarts {
            status.restart_count = old.restart_count + 1;
        }
        status
    }

    fn state_of(&self, record: &Record) -> ContainerState {
        match &record.state {
            RecordState::Created => waiting_state("", ""),
            RecordState::Running { started } => ContainerState {
                running: Some(ContainerStateRunning {
                    started_at: Some(self.clock.time(*started)),
                }),
                ..Default::default()
            },
            RecordState::Exited {
                started,
                finished,
                exit_code,
                reason,
                message,
            } => ContainerState {
                terminated: Some(ContainerStateTerminated {
                    container_id: Some(container_id(record)),
                    exit_code: *exit_code,
                    reason: Some((*reason).to_owned()),
                    message: message.as_deref().map(str::to_owned),
                    started_at: Some(match started {
                        Some(started) => self.clock.time(*started),
                        // containerd: never started is the beginning of 1970.
                        None => crate::api::meta::Time(jiff::Timestamp::UNIX_EPOCH),
                    }),
                    finished_at: Some(self.clock.time(*finished)),
                    signal: None,
                }),
                ..Default::default()
            },
        }
    }

    /// A container that is to be started and could not be is waiting, with the reason.
    fn apply_start_error(&self, slot: Slot, status: &mut ContainerStatus) {
        let container = &self.plan.containers[slot];
        let newest = self.observed.newest(slot);
        if matches!(container.kind, ContainerKind::Init | ContainerKind::Sidecar) {
            if newest.and_then(|record| record.state.exit_code()) == Some(0) {
                return;
            }
            let app_created =
                (self.plan.app_slots()).any(|app| self.observed.newest(app).is_some());
            let waits = status.state.as_ref().is_some_and(|s| s.waiting.is_some());
            if newest.is_none() && app_created && container.kind == ContainerKind::Init && waits {
                status.state = Some(ContainerState {
                    terminated: Some(ContainerStateTerminated {
                        reason: Some("Completed".to_owned()),
                        message: Some(UNKNOWN_INIT.to_owned()),
                        ..Default::default()
                    }),
                    ..Default::default()
                });
                return;
            }
        }
        if !should_be_restarted(self.pod, self.plan, self.observed, slot) {
            return;
        }
        let Some(error) = self.errors.get(&slot) else {
            return;
        };
        if let Some(state) = status
            .state
            .take()
            .filter(|state| state.terminated.is_some())
        {
            status.last_state = Some(state);
        }
        status.state = Some(waiting_state(error.reason, &error.message));
    }
}

const UNKNOWN_INIT: &str = "Unable to get init container status from container runtime and pod has \
                            been initialized, treat it as exited normally";

/// Whether the next sync is to start a container (again).
pub(super) fn should_be_restarted(pod: &Pod, plan: &Plan, observed: &Observed, slot: Slot) -> bool {
    if pod.is_deleting() {
        return false;
    }
    match observed.newest(slot).map(|record| &record.state) {
        None | Some(RecordState::Created) => true,
        Some(RecordState::Running { .. }) => false,
        Some(RecordState::Exited { exit_code, .. }) => {
            should_restart(plan.spec(&pod.spec, slot), &pod.spec, *exit_code)
        }
    }
}

/// The terminated part of a state.
pub(super) fn terminated(state: Option<&ContainerState>) -> Option<&ContainerStateTerminated> {
    state?.terminated.as_ref()
}

/// The container status with a name, in any list.
pub(super) fn find<'a>(status: &'a PodStatus, name: &str) -> Option<&'a ContainerStatus> {
    all(status).find(|one| one.name == name)
}

/// All container statuses: init containers, app containers, ephemeral ones.
pub(super) fn all(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    let lists = [
        &status.init_container_statuses,
        &status.container_statuses,
        &status.ephemeral_container_statuses,
    ];
    lists.into_iter().flatten().flatten()
}

pub(super) fn waiting_state(reason: &str, message: &str) -> ContainerState {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ContainerState {
        waiting: Some(ContainerStateWaiting {
            reason: filled(reason),
            message: filled(message),
        }),
        ..Default::default()
    }
}

fn container_id(record: &Record) -> String {
    format!("containerd://{}", record.id)
}

/// The phase of a pod. `statuses` are those of `status`; `is_terminal` says that nothing will be started
/// again whatever the restart policy says.
pub(super) fn phase(
    spec: &PodSpec,
    plan: &Plan,
    status: &PodStatus,
    is_terminal: bool,
    observed: &Observed,
) -> &'static str {
    let mut count = Count::default();
    for slot in plan.init_slots() {
        let status = find(status, &plan.containers[slot].name);
        let container = plan.spec(spec, slot);
        match plan.containers[slot].kind {
            ContainerKind::Init => count.init(status, |ended| comes_back(container, spec, ended)),
            _ => count.sidecar(status),
        }
    }
    for slot in plan.app_slots() {
        let status = find(status, &plan.containers[slot].name);
        let container = plan.spec(spec, slot);
        count.app(status, |ended| comes_back(container, spec, ended));
    }
    // kubelet: containers of the present sandbox say whether the pod has been initialized.
    let initialized = observed
        .sandbox
        .as_ref()
        .is_some_and(|sandbox| sandbox.ready)
        && plan.app_slots().any(|slot| observed.newest(slot).is_some());
    count.phase(is_terminal, initialized)
}

/// Whether a container that has ended is started again, by itself or with all others.
fn comes_back(container: &Container, pod: &PodSpec, ended: &ContainerStateTerminated) -> bool {
    should_restart(container, pod, ended.exit_code)
        || ended.reason.as_deref() == Some(restart_all::REASON)
}

#[derive(Default)]
struct Count {
    pending_init: u32,
    pending_sidecars: u32,
    failed_for_good: u32,
    unknown: u32,
    running: u32,
    waiting: u32,
    stopped: u32,
    stopped_for_good: u32,
    succeeded: u32,
}

impl Count {
    fn init(
        &mut self,
        status: Option<&ContainerStatus>,
        restarts: impl Fn(&ContainerStateTerminated) -> bool,
    ) {
        let Some(state) = status.and_then(|status| status.state.as_ref()) else {
            self.pending_init += 1;
            return;
        };
        let last = terminated(status.and_then(|status| status.last_state.as_ref()));
        let ended = match (&state.terminated, &state.waiting) {
            (Some(ended), _) => Some(ended),
            (None, Some(_)) => last,
            (None, None) => None,
        };
        match ended {
            Some(ended) if ended.exit_code != 0 => {
                self.failed_for_good += u32::from(!restarts(ended));
            }
            Some(_) => {}
            None => self.pending_init += 1,
        }
    }

    fn sidecar(&mut self, status: Option<&ContainerStatus>) {
        let Some((status, state)) = status.and_then(|one| Some((one, one.state.as_ref()?))) else {
            self.unknown += 1;
            return;
        };
        if state.running.is_some() {
            self.pending_sidecars += u32::from(status.started != Some(true));
            self.running += 1;
        } else if state.waiting.is_some() && terminated(status.last_state.as_ref()).is_none() {
            self.pending_sidecars += 1;
            self.waiting += 1;
        }
    }

    fn app(
        &mut self,
        status: Option<&ContainerStatus>,
        restarts: impl Fn(&ContainerStateTerminated) -> bool,
    ) {
        let Some((status, state)) = status.and_then(|one| Some((one, one.state.as_ref()?))) else {
            self.unknown += 1;
            return;
        };
        if state.running.is_some() {
            self.running += 1;
        } else if let Some(ended) = &state.terminated {
            self.stopped += 1;
            self.stopped_for_good += u32::from(!restarts(ended));
            self.succeeded += u32::from(ended.exit_code == 0);
        } else if let Some(ended) = terminated(status.last_state.as_ref()) {
            self.stopped += 1;
            self.stopped_for_good += u32::from(!restarts(ended));
        } else {
            self.waiting += 1;
        }
    }

    fn phase(&self, is_terminal: bool, initialized: bool) -> &'static str {
        if self.failed_for_good > 0 {
            return "Failed";
        }
        let pending = self.pending_init > 0 || (self.pending_sidecars > 0 && !initialized);
        if pending || self.waiting > 0 {
            "Pending"
        } else if self.running > 0 && self.unknown == 0 {
            "Running"
        } else if self.running == 0 && self.stopped > 0 && self.unknown == 0 {
            let all_succeeded = self.stopped == self.succeeded;
            if !is_terminal && self.stopped != self.stopped_for_good {
                // Some containers are about to be restarted.
                "Running"
            } else if all_succeeded {
                "Succeeded"
            } else {
                "Failed"
            }
        } else {
            "Pending"
        }
    }
}

/// Whether a phase is the last one of a pod.
pub(super) fn is_terminal(phase: Option<&str>) -> bool {
    matches!(phase, Some("Succeeded" | "Failed"))
}
