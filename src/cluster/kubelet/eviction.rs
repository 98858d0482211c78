//! Node-pressure eviction: when a node runs short of memory, the kubelet ends pods one after another.

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

/// What a node's eviction manager knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Pressure {
    /// Memory in use by all containers, in bytes.
    pub used_bytes: u64,
    /// When memory was last short; the condition stays for 5 minutes after that.
    pub last_short: Option<SimTime>,
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

    /// Whether the node reports MemoryPressure.
    pub const fn under_pressure(&self) -> bool {
        self.pressure.last_short.is_some()
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
            self.host.pressure.evicting = None;
        }
        if self.evict_for_storage(context) {
            let at = context.now + EVICTION_POLL;
            self.host.plan_eviction(at, context);
            return;
        }
        let mut next = EVICTION_PERIOD;
        if self.host.available_memory() < EVICTION_RESERVE_BYTES {
            self.host.pressure.last_short = Some(context.now);
            self.reclaim_memory(context);
            if self.host.pressure.evicting.is_some() {
                next = EVICTION_POLL;
            }
        }
        let Some(last) = self.host.pressure.last_short else {
            return;
        };
        if context.now.since(last) >= PRESSURE_TRANSITION {
            self.host.pressure.last_short = None;
        } else {
            let at = context.now + next;
            self.host.plan_eviction(at, context);
        }
    }

    /// Evicts the first pod in the order of eviction.
    fn reclaim_memory(&mut self, context: &mut Context) {
        let message = "Attempting to reclaim memory".to_owned();
        self.node_event(true, "EvictionThresholdMet", message, context);
        let candidates = self.workers.values().filter(|one| one.may_be_evicted());
        let Some(first) = candidates.min_by_key(|one| one.eviction_rank()) else {
            return;
        };
        let (uid, available) = (Rc::clone(&first.uid), self.host.available_memory());
        let message = first.eviction_message(available);
        self.host.pressure.evicting = Some(Rc::clone(&uid));
        if let Some((worker, host)) = self.worker_mut(&uid) {
            let reads = ["spec.containers[0].resources.requests.memory".to_owned()];
            let text =
                "The node runs **short of memory**: of the pods that use more than they request, \
                 this one goes first"
                    .to_owned();
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

    /// kubelet: first what uses more than it requests, then by priority, then by usage beyond requests.
    fn eviction_rank(&self) -> (bool, i32, i128) {
        let used = i128::from(self.runtime.memory_bytes());
        let beyond = used - memory_request(&self.pod);
        let priority = self.pod.spec.priority.unwrap_or(0);
        (beyond <= 0, priority, -beyond)
    }

    fn eviction_message(&self, available: u64) -> String {
        let mut message = format!(
            "The node was low on resource: memory. Threshold quantity: {}, available: {}. ",
            binary(EVICTION_RESERVE_BYTES),
            binary(available)
        );
        for slot in self.plan.app_slots().chain(self.plan.init_slots()) {
            let spec = self.plan.spec(&self.pod.spec, slot);
            let requests = spec
                .resources
                .as_ref()
                .and_then(|one| one.requests.as_ref());
            let request = requests.and_then(|list| list.get("memory"));
            let asked = request.and_then(|one| value(one).ok()).unwrap_or(0);
            let used = self.runtime.newest(slot).map_or(0, |one| one.memory_bytes);
            if i128::from(used) > asked {
                let request = request.map_or("0", |Quantity(text)| text.as_str());
                message.push_str(&format!(
                    "Container {} was using {}, request is {request}, has larger consumption of memory. ",
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

fn memory_request(pod: &Pod) -> i128 {
    let list = requests_of_pod(&pod.spec);
    let request = list.as_ref().and_then(|list| list.get("memory"));
    request.and_then(|one| value(one).ok()).unwrap_or(0)
}

/// kubelet: under memory pressure pods without requests are refused, unless they tolerate the taint.
pub(super) fn refuses_under_pressure(pod: &Pod) -> bool {
    let tolerates = |one: &crate::api::core::Toleration| {
        let key = one.key.as_deref().unwrap_or_default();
        let effect = one.effect.as_deref().unwrap_or_default();
        let named = key == "node.kubernetes.io/memory-pressure" || key.is_empty();
        named && matches!(effect, "" | "NoSchedule")
    };
    pod.status.qos_class.as_deref() == Some("BestEffort")
        && !is_critical(pod)
        && !pod.spec.tolerations.iter().flatten().any(tolerates)
}
