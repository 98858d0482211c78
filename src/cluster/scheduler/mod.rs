//! kube-scheduler: finds a node for every pod that has none.
//!
//! Read [`cycle`] first (one attempt: filters, scores, choice), then [`queue`] (which pod, when). The
//! plugins are in [`filters`] and [`scores`], one file each.

pub mod cycle;
mod eviction;
pub mod explanation;
pub mod filters;
pub mod nodes;
pub mod nominations;
pub mod plugin;
pub mod pod_affinity;
pub mod pod_info;
pub mod preemption;
mod profiles;
pub mod queue;
pub mod remedy;
mod report;
pub mod resources;
pub mod scores;
pub mod steps;
mod tally;
mod template;
#[cfg(test)]
mod tests;
pub mod topology_spread;
pub mod volumes;
mod what_if;
mod zones;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::api::scheduler_configuration::{CONFIG_MAP, DEFAULT_NAME, KEY, Profile};
use crate::api::{Node, Object, ObjectKey, Pod};
use crate::apiserver::{ApiServer, Change, ChangeKind};
use crate::kernel::{Rng, SimTime};

use super::timing::{
    SCHEDULER_BINDING, SCHEDULER_DECISION, SCHEDULER_FLUSH_PERIOD, SCHEDULER_MAX_UNSCHEDULABLE,
    SCHEDULER_VOLUME_POLL, SCHEDULER_VOLUME_TIMEOUT, WATCH_LATENCY_MAX, WATCH_LATENCY_MIN,
};
use super::{Context, Event, Recorder};
use cycle::Algorithm;
use explanation::{Explanation, Nomination, Outcome};
use nodes::Nodes;
use plugin::ClusterEvent;
use pod_info::PodInfo;
use queue::SchedulingQueue;

/// What wakes the scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Take the next pod from the queue.
    Cycle,
    /// Carry out a decision.
    Bind(Box<Binding>),
    /// Make room for a pod.
    Evict {
        /// The pod that is going to have the room.
        pod: ObjectKey,
        /// The node.
        node: Rc<str>,
        /// The pods that must go.
        victims: Vec<ObjectKey>,
    },
    /// Look for pods that have waited long enough.
    Flush,
}

/// A decision that is to be carried out. Behind a pointer in [`Wake`], because the queue moves events all the time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The pod.
    pod: ObjectKey,
    /// Its uid, so that a namesake is left alone.
    uid: Rc<str>,
    /// The node.
    node: Rc<str>,
    /// Until when its claims have to be bound, if they were not when it was decided.
    volumes_by: Option<SimTime>,
}

/// How many pods' last attempts are remembered …
const REMEMBERED_EXPLANATIONS: usize = 1_024;
/// … and with how many nodes in all.
const REMEMBERED_VERDICTS: usize = 20_000;

/// What is told of a pod whose claims were not bound in time.
const VOLUMES_LATE: &str =
    "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded";

/// Comes before what the API server says of a binding that it refuses.
const BIND_FAILED: &str = "running Bind plugin \"DefaultBinder\": ";

/// The scheduler.
#[derive(Clone, Debug)]
pub struct Scheduler {
    queue: SchedulingQueue,
    nodes: Nodes,
    algorithm: Algorithm,
    /// Pods whose node is decided, but whose binding has not been seen yet.
    assumed: BTreeMap<ObjectKey, Rc<str>>,
    /// The profiles of its configuration; none without one.
    profiles: Vec<Rc<Profile>>,
    explanations: BTreeMap<ObjectKey, Rc<Explanation>>,
    /// The keys of `explanations`, oldest first.
    explained: std::collections::VecDeque<ObjectKey>,
    explained_nodes: usize,
    recorder: Recorder,
    rng: Rng,
    cycle_pending: bool,
    /// When the next flush is due, if one is scheduled.
    flush_at: Option<SimTime>,
}

impl Scheduler {
    /// A scheduler that has seen nothing yet. `rng` breaks ties between nodes.
    #[must_use]
    pub fn new(rng: Rng) -> Self {
        Self {
            queue: SchedulingQueue::default(),
            nodes: Nodes::default(),
            assumed: BTreeMap::new(),
            profiles: Vec::new(),
            explanations: BTreeMap::new(),
            explained: std::collections::VecDeque::new(),
            explained_nodes: 0,
            recorder: Recorder::new(DEFAULT_NAME, ""),
            algorithm: Algorithm::new(rng.fork("algorithm")),
            rng,
            cycle_pending: false,
            flush_at: None,
        }
    }

    /// Why a pod went where it went, or why it waits: its last attempt, if it is remembered.
    #[must_use]
    pub fn explanation(&self, pod: &ObjectKey) -> Option<&Explanation> {
        self.explanations.get(pod).map(Rc::as_ref)
    }

    /// The last attempt of all that are remembered.
    #[must_use]
    pub fn last_explanation(&self) -> Option<&Explanation> {
        let all = self.explanations.values();
        all.max_by_key(|explanation| explanation.at).map(Rc::as_ref)
    }

    /// The smallest change with which a pod that waits would fit.
    #[must_use]
    pub fn remedy(&self, pod: &ObjectKey, api: &ApiServer) -> Option<remedy::Remedy> {
        let info = self.surrounded(&self.queue.get(pod)?.info, api);
        remedy::smallest(&info, &self.nodes)
    }

    /// The pods that wait for a node.
    #[must_use]
    pub const fn queue(&self) -> &SchedulingQueue {
        &self.queue
    }

    /// The nodes with what their pods request, pods with a decided node included.
    #[must_use]
    pub const fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Sees a change in the store.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::Pod(pod) => {
                let previous = change.previous.as_ref().and_then(Object::typed::<Pod>);
                self.observe_pod(change, pod, previous, context.now);
            }
            Object::Node(node) => {
                let previous = change.previous.as_ref().and_then(Object::typed::<Node>);
                self.observe_node(change.kind, node, previous, context.now);
            }
            Object::Namespace(namespace) => {
                let gone = change.kind == ChangeKind::Deleted;
                let labels = namespace.meta.labels.clone().unwrap_or_default();
                self.nodes
                    .put_namespace(namespace.name(), Some(labels).filter(|_| !gone));
                return;
            }
            Object::PodDisruptionBudget(budget) => {
                let gone = change.kind == ChangeKind::Deleted;
                let budgets = &mut self.algorithm.budgets;
                budgets.retain(|known| known.key() != budget.key());
                budgets.extend(Some(budget).filter(|_| !gone).cloned());
                return;
            }
            Object::ConfigMap(map) if (map.name(), map.namespace()) == CONFIG_MAP => {
                let json = map.spec.data.as_ref().and_then(|data| data.get(KEY));
                let json = json.filter(|_| change.kind != ChangeKind::Deleted);
                self.restart(json.map(String::as_str), context);
            }
            Object::PersistentVolumeClaim(_)
            | Object::PersistentVolume(_)
            | Object::StorageClass(_)
                if change.kind != ChangeKind::Deleted =>
            {
                let event = ClusterEvent::StorageChanged(&change.object);
                self.queue.wake(&event, i32::MAX, context.now);
            }
            _ => return,
        }
        self.ask_for_cycle(context);
    }

    /// Handles an event of its own.
    pub fn handle(&mut self, wake: &Wake, context: &mut Context) {
        match wake {
            Wake::Cycle => {
                self.cycle_pending = false;
                if let Some(info) = self.queue.pop(context.now) {
                    self.schedule(&info, context);
                }
                if self.queue.is_ready() {
                    self.cycle_pending = true;
                    context.after(SCHEDULER_DECISION, Event::Scheduler(Wake::Cycle));
                }
            }
            Wake::Bind(binding) => {
                let waits = binding
                    .volumes_by
                    .filter(|_| !are_volumes_bound(&binding.pod, context));
                match waits {
                    Some(until) if context.now < until => {
                        context.after(SCHEDULER_VOLUME_POLL, Event::Scheduler(wake.clone()));
                    }
                    late => self.bind(binding, late.is_some(), context),
                }
            }
            Wake::Evict { pod, node, victims } => self.evict(pod, node, victims, context),
            Wake::Flush => {
                self.flush_at = None;
                self.queue.flush(context.now);
                self.ask_for_cycle(context);
                self.ask_for_flush(self.queue.next_flush(), context);
            }
        }
    }

    fn observe_pod(&mut self, change: &Change, pod: &Pod, previous: Option<&Pod>, now: SimTime) {
        let key = change.key.clone();
        let gone = change.kind == ChangeKind::Deleted;
        let node = pod.spec.node_name.as_deref().unwrap_or_default();
        if node.is_empty() {
            self.observe_waiting(gone, pod, previous, now);
            return;
        }
        let is_over =
            |pod: &Pod| matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
        let only_status = |old: &Pod| {
            Rc::ptr_eq(&old.spec, &pod.spec) && Rc::ptr_eq(&old.meta, &pod.meta) && !is_over(old)
        };
        if !gone && !is_over(pod) && previous.is_some_and(only_status) {
            // A pod that runs is on its node already, and its status takes nothing.
            return;
        }
        self.queue.remove(&key);
        self.algorithm.nominations.remove(&key);
        if let Some(assumed) = self.assumed.remove(&key) {
            self.nodes.remove_pod(&assumed, &key);
        }
        let known = self.known_on(node, &key);
        if gone || is_over(pod) {
            if let Some(known) = known {
                self.nodes.remove_pod(node, &key);
                self.queue
                    .wake(&ClusterEvent::PodFreed(&known), i32::MAX, now);
            }
            return;
        }
        let same = known.as_ref().is_some_and(|known| {
            Rc::ptr_eq(&known.pod.spec, &pod.spec) && Rc::ptr_eq(&known.pod.meta, &pod.meta)
        });
        if same && previous.is_some() {
            return;
        }
        let info = known
            .as_ref()
            .map_or_else(|| PodInfo::new(pod), |known| known.renewed(pod));
        self.nodes.put_pod(node, &info);
        if known.is_none() {
            self.queue
                .wake(&ClusterEvent::PodBound(&info), i32::MAX, now);
        }
        let matters = |old: &Rc<PodInfo>| {
            old.requests != info.requests || old.pod.meta.labels != info.pod.meta.labels
        };
        if let Some(old) = known.filter(matters) {
            let event = ClusterEvent::PodUpdated {
                old: &old,
                new: &info,
            };
            self.queue.wake(&event, i32::MAX, now);
        }
    }

    /// A pod without a node came, changed or went.
    fn observe_waiting(&mut self, gone: bool, pod: &Pod, previous: Option<&Pod>, now: SimTime) {
        let key = pod.key();
        if gone {
            self.queue.remove(&key);
            if let Some(node) = self.assumed.remove(&key) {
                self.nodes.remove_pod(&node, &key);
            }
        }
        if !self.serves(pod) || self.assumed.contains_key(&key) {
            return;
        }
        let info = self.info(&key, pod);
        if !gone && !info.has_ended() {
            self.queue.put(&info, now);
        }
        let claim = |pod: &Pod| {
            pod.status
                .nominated_node_name
                .clone()
                .filter(|n| !n.is_empty())
        };
        let (before, after) = (previous.and_then(claim), claim(pod).filter(|_| !gone));
        match &after {
            Some(node) => self.algorithm.nominations.put(&node.as_str().into(), &info),
            None => self.algorithm.nominations.remove(&key),
        }
        // The claim counted as if the pod were on the node already, for pods that are no more important.
        if before.is_some() && (before != after || gone) {
            let event = ClusterEvent::PodFreed(&info);
            self.queue.wake(&event, info.priority(), now);
        }
    }

    fn observe_node(
        &mut self,
        kind: ChangeKind,
        node: &Node,
        previous: Option<&Node>,
        now: SimTime,
    ) {
        if kind == ChangeKind::Deleted {
            self.nodes.remove_node(node.name());
            self.queue.wake(&ClusterEvent::NodeGone, i32::MAX, now);
            return;
        }
        self.nodes.put_node(node);
        let event = match previous {
            Some(old) => ClusterEvent::NodeUpdated { old, new: node },
            None => ClusterEvent::NodeAdded(node),
        };
        self.queue.wake(&event, i32::MAX, now);
    }

    /// What is known of a pod without a node, brought up to date.
    fn info(&self, key: &ObjectKey, pod: &Pod) -> Rc<PodInfo> {
        match self.queue.get(key) {
            Some(queued) => queued.info.renewed(pod),
            None => PodInfo::new(pod),
        }
    }

    fn known_on(&self, node: &str, key: &ObjectKey) -> Option<Rc<PodInfo>> {
        self.nodes.pod_on(node, key).cloned()
    }

    /// A pod with what plugins ask about it beside the pod itself.
    fn surrounded(&self, info: &Rc<PodInfo>, api: &ApiServer) -> Rc<PodInfo> {
        let kin = topology_spread::kin(&info.pod, api);
        let volumes = volumes::of_pod(&info.pod, api);
        info.with(kin, volumes, self.profile(&info.pod))
    }

    /// The scheduling cycle of one pod.
    fn schedule(&mut self, info: &Rc<PodInfo>, context: &mut Context) {
        let key = &info.key;
        let Some(pod) = context.api.get::<Pod>(&key.namespace, &key.name).cloned() else {
            self.queue.remove(key);
            return;
        };
        if pod.is_deleting() {
            self.queue.remove(key);
            let message = format!("skip schedule deleting pod: {}/{}", key.namespace, key.name);
            self.report(&pod, "FailedScheduling", message, context);
            return;
        }
        let info = &self.surrounded(info, context.api);
        let explanation = self.algorithm.attempt(info, &mut self.nodes, context.now);
        let step = steps::of_attempt(info, &explanation);
        context.step(step);
        match &explanation.outcome {
            Outcome::Chosen { node, .. } => self.assume(info, node, context),
            Outcome::Unschedulable {
                message,
                plugins,
                nomination,
            } => {
                let due = self.queue.put_unschedulable(key, plugins, context.now);
                self.ask_for_flush(due, context);
                self.nominate(info, nomination, context);
                self.report_failure(&pod, "Unschedulable", message, nomination, context);
            }
        }
        self.remember(explanation);
    }

    /// Counts the pod as being on its node from now on, and lets the binding follow.
    fn assume(&mut self, info: &Rc<PodInfo>, node: &Rc<str>, context: &mut Context) {
        self.queue.remove(&info.key);
        self.algorithm.nominations.remove(&info.key);
        self.nodes.put_pod(node, info);
        self.assumed.insert(info.key.clone(), Rc::clone(node));
        let waits = !info.volumes.waiting.is_empty();
        if waits {
            // NominatedNodeNameForExpectation: a binding that takes its time is announced.
            report::write_nomination(&info.key, Some(node), context);
        }
        if waits && let Some(place) = self.nodes.get(node) {
            // A write that fails leaves the claim unbound, and the binding fails with it.
            let _ = info.volumes.bind(place, context);
        }
        let bind = Wake::Bind(Box::new(Binding {
            pod: info.key.clone(),
            uid: info.pod.uid().into(),
            node: Rc::clone(node),
            volumes_by: waits.then(|| context.now + SCHEDULER_VOLUME_TIMEOUT),
        }));
        let after = match waits {
            true => SCHEDULER_VOLUME_POLL,
            false => SCHEDULER_BINDING,
        };
        context.after(after, Event::Scheduler(bind));
    }

    /// The binding cycle of one pod.
    fn bind(&mut self, binding: &Binding, late: bool, context: &mut Context) {
        let (key, node) = (&binding.pod, &binding.node);
        let pod = context.api.get::<Pod>(&key.namespace, &key.name).cloned();
        let Some(pod) = pod.filter(|pod| pod.uid() == &*binding.uid) else {
            return;
        };
        let bound = match late {
            true => Err(VOLUMES_LATE.to_owned()),
            false => {
                let bound = context.api.bind(key, node, context.moment());
                bound.map_err(|status| format!("{BIND_FAILED}{}", status.message))
            }
        };
        match bound {
            Ok(_) => {
                let name = pod.name();
                let message = format!("Successfully assigned {}/{name} to {node}", pod.namespace());
                self.record((&pod, None), false, "Scheduled", message, context);
            }
            Err(message) => {
                if self.assumed.remove(key).is_some() {
                    self.nodes.remove_pod(node, key);
                }
                // For the others it is as if a pod had left the node.
                let info = PodInfo::new(&pod);
                let freed = ClusterEvent::PodFreed(&info);
                self.queue.wake(&freed, i32::MAX, context.now);
                self.queue.put(&info, context.now);
                let until = self.queue.put_erred(key, context.now);
                self.ask_for_flush(until, context);
                self.report_failure(
                    &pod,
                    "SchedulerError",
                    &message,
                    &Nomination::Clear,
                    context,
                );
                self.ask_for_cycle(context);
            }
        }
    }

    fn remember(&mut self, explanation: Explanation) {
        let key = explanation.pod.clone();
        self.explained_nodes += explanation.nodes.len();
        let before = self.explanations.insert(key.clone(), Rc::new(explanation));
        match before {
            Some(before) => self.explained_nodes -= before.nodes.len(),
            None => self.explained.push_back(key),
        }
        while self.explained_nodes > REMEMBERED_VERDICTS && self.explained.len() > 1
            || self.explained.len() > REMEMBERED_EXPLANATIONS
        {
            let oldest = self.explained.pop_front();
            let forgotten = oldest.and_then(|oldest| self.explanations.remove(&oldest));
            self.explained_nodes -= forgotten.map_or(0, |forgotten| forgotten.nodes.len());
        }
    }

    /// Lets a cycle follow when the change has come through the watch.
    fn ask_for_cycle(&mut self, context: &mut Context) {
        if !self.cycle_pending && self.queue.is_ready() {
            self.cycle_pending = true;
            let latency = self.rng.between(WATCH_LATENCY_MIN, WATCH_LATENCY_MAX);
            context.after(latency, Event::Scheduler(Wake::Cycle));
        }
    }

    /// Lets a flush follow when a waiting pod has waited long enough.
    fn ask_for_flush(&mut self, due: Option<SimTime>, context: &mut Context) {
        let Some(due) = due else {
            return;
        };
        let due = due.max(context.now + Duration::from_micros(1));
        if self.flush_at.is_none_or(|at| due < at) {
            self.flush_at = Some(due);
            context.at(due, Event::Scheduler(Wake::Flush));
        }
    }
}

fn are_volumes_bound(key: &ObjectKey, context: &Context) -> bool {
    let pod = context.api.get::<Pod>(&key.namespace, &key.name);
    pod.is_none_or(|pod| volumes::are_bound(pod, context.api))
}

/// The first tick of the flush at or after `moment` plus five minutes.
fn flush_tick(failed_at: SimTime) -> SimTime {
    let period = SCHEDULER_FLUSH_PERIOD.as_secs();
    let due = failed_at + SCHEDULER_MAX_UNSCHEDULABLE;
    SimTime::from_secs((due.as_secs() / period + 1) * period)
}
