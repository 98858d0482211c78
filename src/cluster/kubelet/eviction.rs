//! Node-pressure eviction: when a node runs short of memory or disk, the kubelet ends pods one after another.

use std::rc::Rc;

use crate::api::core::{PodCondition, PodStatus};
use crate::api::quantity::value;
use crate::api::{Pod, Quantity};
use crate::cluster::Context;
use crate::cluster::timing::{EVICTION_PERIOD, EVICTION_POLL, PRESSURE_TRANSITION};
use crate::kernel::SimTime;

use super::host::Host;
use super::inspect::WorkState;
use super::node::{EVICTION_RESERVE_BYTES, binary};
use super::resources::requests_of_pod;
use super::shutdown::TERMINATED;
use super::worker::Worker;
use super::{Kubelet, Wake};

/// kubelet: how long an evicted pod has to end.
const EVICTION_GRACE_SECONDS: i64 = 1;
/// From this priority on a pod is critical and never evicted.
const SYSTEM_CRITICAL: i32 = 2_000_000_000;

/// What a node may run short of, in the order in which it is reclaimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scarce {
    Memory,
    Disk,
}

impl Scarce {
    /// The resource's name.
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "ephemeral-storage",
        }
    }
}

/// What a node's eviction manager knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Pressure {
    /// Memory in use by all containers, in bytes.
    pub used_bytes: u64,
    /// Bytes on disk of all containers and `emptyDir` volumes.
    pub written_bytes: u64,
    /// When the image manager looks next, if the disk is filling up.
    pub collection: Option<SimTime>,
    /// Whether it could not free enough the last time.
    pub collection_failed: bool,
    /// When each of [`Scarce`] was last short; the condition stays for 5 minutes after that.
    last_short: [Option<SimTime>; 2],
    /// When the manager looks next, if there is anything to look at.
    planned: Option<SimTime>,
    /// The pod that is being evicted: the next one waits until it has ended.
    evicting: Option<Rc<str>>,
}

impl Pressure {
    /// The next eviction waits until this pod has ended.
    pub fn wait_for(&mut self, uid: Rc<str>) {
        self.evicting = Some(uid);
    }
}

impl Host {
    /// Lets the manager look at its next turn.
    pub fn look_soon(&mut self, context: &mut Context) {
        let at = self.periodic(EVICTION_PERIOD, context.now);
        self.plan_eviction(at, context);
    }

    /// Takes note of memory taken or given back, and lets the manager look if it runs short.
    pub fn memory_changed(&mut self, before: u64, after: u64, context: &mut Context) {
        self.pressure.used_bytes = (self.pressure.used_bytes + after).saturating_sub(before);
        if self.available_memory() < EVICTION_RESERVE_BYTES {
            self.look_soon(context);
        }
    }

    /// Whether the node reports MemoryPressure or DiskPressure.
    pub fn under_pressure(&self, of: Scarce) -> bool {
        self.pressure.last_short[of as usize].is_some()
    }

    /// What is left of a resource, and the least of it that the node keeps, in bytes.
    fn left(&self, of: Scarce) -> (u64, u64) {
        match of {
            Scarce::Memory => (self.available_memory(), EVICTION_RESERVE_BYTES),
            Scarce::Disk => (self.available_disk(), self.disk_reserve()),
        }
    }

    fn is_short(&self, of: Scarce) -> bool {
        let (available, reserve) = self.left(of);
        available < reserve
    }

    fn available_memory(&self) -> u64 {
        (self.machine.memory_bytes).saturating_sub(self.pressure.used_bytes)
    }

    fn plan_eviction(&mut self, at: SimTime, context: &mut Context) {
        if self.pressure.planned.is_none() {
            self.pressure.planned = Some(at);
            self.wake_at(at, Wake::Evict, context);
        }
    }
}

impl Kubelet {
    /// The eviction manager's look at the node. kubelet: every 10 s, and at once after an evicted pod
    /// has ended, which is looked for every second.
    pub(super) fn evict(&mut self, context: &mut Context) {
        if self.host.pressure.planned.take() != Some(context.now) || !self.host.up {
            return;
        }
        if let Some(uid) = &self.host.pressure.evicting {
            let worker = self.workers.get(uid);
            if worker.is_some_and(|one| one.work != WorkState::Finished) {
                let at = context.now + EVICTION_POLL;
                self.host.plan_eviction(at, context);
                return;
            }
            // kubelet: the containers of an evicted pod are removed.
            if let Some((worker, _)) = self
                .host
                .pressure
                .evicting
                .take()
                .and_then(|uid| self.worker_mut(&uid))
            {
                worker.remove_dead_files();
            }
        }
        if self.evict_for_storage(context) {
            let at = context.now + EVICTION_POLL;
            self.host.plan_eviction(at, context);
            return;
        }
        self.measure_disk();
        let both = [Scarce::Memory, Scarce::Disk];
        for of in both {
            if self.host.is_short(of) {
                self.host.pressure.last_short[of as usize] = Some(context.now);
            }
        }
        if let Some(of) = both.into_iter().find(|of| self.host.is_short(*of)) {
            self.reclaim(of, context);
        }
        let next = match self.host.pressure.evicting {
            Some(_) => EVICTION_POLL,
            None => EVICTION_PERIOD,
        };
        for last in &mut self.host.pressure.last_short {
            *last = last.filter(|last| context.now.since(*last) < PRESSURE_TRANSITION);
        }
        if both.into_iter().any(|of| self.host.under_pressure(of)) {
            let at = context.now + next;
            self.host.plan_eviction(at, context);
        }
    }

    /// Removes ended containers and unused images if the disk is short, and if that does not help evicts the first pod in the
    /// order of eviction.
    fn reclaim(&mut self, of: Scarce, context: &mut Context) {
        let message = format!("Attempting to reclaim {}", of.name());
        self.node_event(true, "EvictionThresholdMet", message, context);
        if of == Scarce::Disk {
            for worker in self.workers.values_mut() {
                Rc::make_mut(worker).remove_dead_files();
            }
            self.remove_images(u64::MAX, false, context);
            self.measure_disk();
            if !self.host.is_short(of) {
                return;
            }
        }
        let candidates = self.workers.values().filter(|one| one.may_be_evicted());
        let Some(first) = candidates.min_by_key(|one| one.eviction_rank(of)) else {
            return;
        };
        let uid = Rc::clone(&first.uid);
        let message = first.eviction_message(of, self.host.left(of));
        self.host.pressure.evicting = Some(Rc::clone(&uid));
        if let Some((worker, host)) = self.worker_mut(&uid) {
            let reads = [format!(
                "spec.containers[0].resources.requests.{}",
                of.name()
            )];
            let short_of = match of {
                Scarce::Memory => "memory",
                Scarce::Disk => "disk",
            };
            let text = format!(
                "The node runs **short of {short_of}**: of the pods that use more than they request, \
                 this one goes first"
            );
            worker.step(None, "pod-evicted", text, &reads, host, context);
            worker.evict(
                "Evicted",
                message,
                EVICTION_GRACE_SECONDS,
                true,
                host,
                context,
            );
        }
    }
}

impl Worker {
    /// Ends the pod of the kubelet's own accord: it fails with that reason once its containers have ended.
    pub fn evict(
        &mut self,
        reason: &'static str,
        message: String,
        grace: i64,
        is_disruption: bool,
        host: &mut Host,
        context: &mut Context,
    ) {
        if reason == "Evicted" {
            self.event(None, true, reason, message.clone(), host, context);
        }
        self.evicted = Some((reason, message, is_disruption.then_some(context.now)));
        self.grace = Some(grace);
        self.become_terminating(context);
        self.notify(host, context);
    }

    /// What the eviction makes of the pod's status, until its containers' ends are known.
    pub fn apply_eviction(&self, status: &mut PodStatus, context: &Context) {
        let Some((reason, message, at)) = &self.evicted else {
            return;
        };
        // kubelet: what has succeeded by itself stays that when its node shuts down.
        if *reason != TERMINATED || status.phase.as_deref() != Some("Succeeded") {
            status.phase = Some("Failed".to_owned());
        }
        status.reason = Some((*reason).to_owned());
        status.message = Some(message.clone());
        // kubelet: a pod that has itself to blame is not a target of a disruption.
        let Some(at) = at else { return };
        let target = PodCondition {
            last_transition_time: Some(context.api.clock().time(*at)),
            ..super::conditions::condition(
                &self.pod,
                "DisruptionTarget",
                "True",
                "TerminationByKubelet",
                message,
            )
        };
        super::conditions::replace(status, target);
    }

    fn may_be_evicted(&self) -> bool {
        self.work == WorkState::Syncing && !self.rejected && !is_critical(&self.pod)
    }

    /// kubelet: first what uses more than it requests, then by priority, then by usage: of memory beyond the
    /// requests, of the disk in all.
    fn eviction_rank(&self, of: Scarce) -> (bool, i32, i128) {
        let request = request_of(&self.pod, of);
        let used = i128::from(match of {
            Scarce::Memory => self.runtime.memory_bytes(),
            Scarce::Disk => self.disk_bytes(),
        });
        let order = match of {
            Scarce::Memory => request - used,
            Scarce::Disk => -used,
        };
        let priority = self.pod.spec.priority.unwrap_or(0);
        (used <= request, priority, order)
    }

    fn eviction_message(&self, of: Scarce, (available, reserve): (u64, u64)) -> String {
        let name = of.name();
        let mut message = format!(
            "The node was low on resource: {name}. Threshold quantity: {}, available: {}. ",
            binary(reserve),
            binary(available)
        );
        for slot in self.plan.app_slots().chain(self.plan.init_slots()) {
            let spec = self.plan.spec(&self.pod.spec, slot);
            let requests = spec
                .resources
                .as_ref()
                .and_then(|one| one.requests.as_ref());
            let request = requests.and_then(|list| list.get(name));
            let asked = request.and_then(|one| value(one).ok()).unwrap_or(0);
            let used = self.runtime.newest(slot).map_or(0, |one| match of {
                Scarce::Memory => one.memory_bytes,
                Scarce::Disk => one.files.used_bytes(),
            });
            if i128::from(used) > asked {
                let request = request.map_or("0", |Quantity(text)| text.as_str());
                message.push_str(&format!(
                    "Container {} was using {}, request is {request}, has larger consumption of {name}. ",
                    spec.name,
                    binary(used)
                ));
            }
        }
        message
    }
}

/// kubelet: `IsCriticalPod`.
pub(super) fn is_critical(pod: &Pod) -> bool {
    pod.spec.priority.unwrap_or(0) >= SYSTEM_CRITICAL
}

fn request_of(pod: &Pod, of: Scarce) -> i128 {
    let list = requests_of_pod(&pod.spec);
    let request = list.as_ref().and_then(|list| list.get(of.name()));
    request.and_then(|one| value(one).ok()).unwrap_or(0)
}

/// kubelet: under memory pressure alone pods without requests are refused, unless they tolerate the taint; under
/// any other pressure all are that are not critical. The conditions, if the pod is refused.
pub(super) fn refuses_under_pressure(host: &Host, pod: &Pod) -> Option<&'static str> {
    if is_critical(pod) {
        return None;
    }
    let under = [Scarce::Memory, Scarce::Disk].map(|of| host.under_pressure(of));
    match under {
        [false, false] => None,
        [true, true] => Some("[MemoryPressure DiskPressure]"),
        [false, true] => Some("[DiskPressure]"),
        [true, false] => {
            let tolerates = |one: &crate::api::core::Toleration| {
                let key = one.key.as_deref().unwrap_or_default();
                let effect = one.effect.as_deref().unwrap_or_default();
                let named = key == "node.kubernetes.io/memory-pressure" || key.is_empty();
                named && matches!(effect, "" | "NoSchedule")
            };
            let best_effort = pod.status.qos_class.as_deref() == Some("BestEffort");
            let refused = best_effort && !pod.spec.tolerations.iter().flatten().any(tolerates);
            refused.then_some("[MemoryPressure]")
        }
    }
}
