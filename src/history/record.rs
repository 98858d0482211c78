//! What was seen while the head went on: steps, moments, and the lanes of the pods.

use crate::kernel::OrderedMap;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::api::{Object, ObjectKey, Pod};
use crate::cluster::{Change, ChangeKind};
use crate::cluster::{Step, World};
use crate::kernel::trace::Entry;
use crate::kernel::{SimTime, TraceId};

use super::lane::{Lane, ProbeTick};

/// How many steps are kept at most; the oldest go first, those of probes before all others.
const MOST_STEPS: usize = 60_000;

/// How many lanes of pods that are gone are kept at most; when there are more, the oldest third goes.
const MOST_GONE: usize = 4_500;

/// How many pods have their probe results noted; the time line shows no more of them.
const MOST_PROBED_LANES: usize = 100;

/// How many moments are kept at most.
const MOST_MOMENTS: usize = 400_000;

/// The record of a run, from its start to its head.
#[derive(Clone, Debug, Default)]
pub struct Record {
    steps: VecDeque<Entry<Step>>,
    of_object: OrderedMap<ObjectKey, Vec<TraceId>>,
    moments: VecDeque<SimTime>,
    lanes: OrderedMap<u64, Lane>,
    lane_of: OrderedMap<Rc<str>, u64>,
    next_lane: u64,
    /// How many lanes are of pods that are gone.
    gone: usize,
    /// The newest lane of each pod's key.
    newest_lane: OrderedMap<ObjectKey, u64>,
    /// Whether steps or lanes have been dropped for want of room.
    is_thinned: bool,
}

impl Record {
    /// A step, if it is still kept.
    #[must_use]
    pub fn step(&self, id: TraceId) -> Option<&Entry<Step>> {
        let index = self.steps.partition_point(|entry| entry.id < id);
        self.steps.get(index).filter(|entry| entry.id == id)
    }

    /// The steps about an object up to a moment, newest first.
    pub fn steps_about(
        &self,
        key: &ObjectKey,
        until: SimTime,
    ) -> impl Iterator<Item = &Entry<Step>> {
        let ids = self.of_object.get(key).map_or(&[][..], Vec::as_slice);
        ids.iter()
            .rev()
            .filter_map(|id| self.step(*id))
            .skip_while(move |entry| entry.at > until)
    }

    /// Whether what is oldest has been dropped: then that something is not here proves nothing.
    #[must_use]
    pub const fn is_thinned(&self) -> bool {
        self.is_thinned
    }

    /// The lanes of all pods, in order of their creation.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values()
    }

    /// The lane of the pod with this uid.
    #[must_use]
    pub fn lane(&self, uid: &str) -> Option<&Lane> {
        self.lanes.get(self.lane_of.get(uid)?)
    }

    /// The newest lane of a pod of this name.
    #[must_use]
    pub fn newest_lane(&self, pod: &ObjectKey) -> Option<&Lane> {
        self.lanes.get(self.newest_lane.get(pod)?)
    }

    /// The next moment at which something happened.
    #[must_use]
    pub fn moment_after(&self, moment: SimTime) -> Option<SimTime> {
        let index = self.moments.partition_point(|at| *at <= moment);
        self.moments.get(index).copied()
    }

    /// The moment before at which something happened.
    #[must_use]
    pub fn moment_before(&self, moment: SimTime) -> Option<SimTime> {
        let index = self.moments.partition_point(|at| *at < moment);
        self.moments.get(index.checked_sub(1)?).copied()
    }

    /// Adds what happened since the last call.
    pub(super) fn note(&mut self, changes: &[Change], steps: Vec<Entry<Step>>) {
        for change in changes {
            self.note_change(change);
        }
        for entry in steps {
            self.note_step(entry);
        }
        self.thin();
    }

    /// Adds the probe results since the last call. Only those that are news are steps too; each kubelet
    /// keeps the last few of a probe until its container ends, so this is to be called often.
    pub(super) fn note_probes(&mut self, world: &World) {
        let living = self.lanes.values_mut().filter(|lane| lane.gone.is_none());
        for lane in living.take(MOST_PROBED_LANES) {
            let pod = world.api().get::<Pod>(&lane.key.namespace, &lane.key.name);
            let node = pod.and_then(|pod| pod.spec.node_name.as_deref());
            let runtime = node.and_then(|node| world.kubelet(node)?.pod(&lane.key));
            let Some(runtime) = runtime.filter(|runtime| runtime.uid == lane.uid) else {
                continue;
            };
            let probes = runtime
                .containers
                .iter()
                .flat_map(|container| &container.probes);
            let results = probes.flat_map(|probe| &probe.results);
            for result in results {
                lane.note_probe(ProbeTick {
                    at: result.at,
                    passed: result.ok,
                });
            }
        }
    }

    /// Forgets what came after `moment`.
    pub(super) fn cut(&mut self, moment: SimTime) {
        let kept = self.steps.partition_point(|entry| entry.at <= moment);
        self.steps.truncate(kept);
        self.index_steps();
        let kept = self.moments.partition_point(|at| *at <= moment);
        self.moments.truncate(kept);
        self.lanes.retain(|_, lane| lane.cut(moment));
        let gone = self.lanes.values().filter(|lane| lane.gone.is_some());
        self.gone = gone.count();
        self.index_lanes();
    }

    fn note_change(&mut self, change: &Change) {
        if worth_seeing(change) {
            self.note_moment(change.at);
        }
        let Object::Pod(pod) = &change.object else {
            return;
        };
        let before = change.previous.as_ref().and_then(Object::typed::<Pod>);
        let number = self.lane_number(pod, change.at);
        if let Some(lane) = self.lanes.get_mut(&number) {
            match change.kind {
                ChangeKind::Deleted => {
                    lane.gone = Some(change.at);
                    self.gone += 1;
                }
                _ => lane.note(before, pod, change.at),
            }
        }
    }

    fn lane_number(&mut self, pod: &Pod, at: SimTime) -> u64 {
        if let Some(number) = self.lane_of.get(pod.uid()) {
            return *number;
        }
        let number = self.next_lane;
        let lane = Lane::new(number, pod, at);
        self.next_lane += 1;
        self.lane_of.insert(Rc::clone(&lane.uid), number);
        self.newest_lane.insert(lane.key.clone(), number);
        self.lanes.insert(number, lane);
        number
    }

    fn note_step(&mut self, entry: Entry<Step>) {
        self.note_moment(entry.at);
        if let Some(about) = &entry.what.about {
            let newest = self.newest_lane.get(about);
            let lane = newest.and_then(|number| self.lanes.get_mut(number));
            if let (Some(lane), Some(passed)) = (lane, probe_result(&entry.what)) {
                lane.note_probe(ProbeTick {
                    at: entry.at,
                    passed,
                });
            }
            self.of_object
                .entry(about.clone())
                .or_default()
                .push(entry.id);
        }
        self.steps.push_back(entry);
    }

    fn note_moment(&mut self, at: SimTime) {
        if self.moments.back().is_none_or(|last| *last < at) {
            self.moments.push_back(at);
        } else if self.moments.back() != Some(&at) {
            // Steps are noted after the changes of the same stretch: put them in order.
            let index = self.moments.partition_point(|other| *other < at);
            if self.moments.get(index) != Some(&at) {
                self.moments.insert(index, at);
            }
        }
    }

    fn thin(&mut self) {
        self.is_thinned |= self.steps.len() > MOST_STEPS || self.gone > MOST_GONE;
        if self.steps.len() > MOST_STEPS {
            let half = self.steps.len() / 2;
            let mut index = 0;
            self.steps.retain(|entry| {
                index += 1;
                index > half || !entry.what.code.starts_with("probe-")
            });
            let excess = self.steps.len().saturating_sub(MOST_STEPS * 3 / 4);
            self.steps.drain(..excess);
            let first = self.steps.front().map(|entry| entry.id);
            // Of the probes' steps in between the ids stay: they lead nowhere.
            self.of_object.retain(|_, ids| {
                ids.drain(..ids.partition_point(|id| Some(*id) < first));
                !ids.is_empty()
            });
        }
        if self.moments.len() > MOST_MOMENTS {
            self.moments.drain(..MOST_MOMENTS / 4);
        }
        if self.gone > MOST_GONE {
            let mut excess = MOST_GONE / 3;
            self.gone -= excess;
            self.lanes.retain(|_, lane| {
                let goes = excess > 0 && lane.gone.is_some();
                excess -= usize::from(goes);
                !goes
            });
            let lanes = &self.lanes;
            self.lane_of.retain(|_, number| lanes.contains_key(number));
            self.newest_lane
                .retain(|_, number| lanes.contains_key(number));
        }
    }

    fn index_steps(&mut self) {
        self.of_object.clear();
        for entry in &self.steps {
            if let Some(about) = &entry.what.about {
                self.of_object
                    .entry(about.clone())
                    .or_default()
                    .push(entry.id);
            }
        }
    }

    fn index_lanes(&mut self) {
        let lanes = self.lanes.values();
        self.newest_lane = lanes.map(|lane| (lane.key.clone(), lane.number)).collect();
        let lanes = self.lanes.values();
        self.lane_of = lanes
            .map(|lane| (Rc::clone(&lane.uid), lane.number))
            .collect();
    }
}

/// Whether a write is something to stop at: not an Event, and not a mere heartbeat of a node.
fn worth_seeing(change: &Change) -> bool {
    match (&change.object, &change.previous) {
        (Object::Event(_), _) => false,
        (Object::Node(node), Some(Object::Node(before))) => {
            let facts = |status: &crate::api::core::NodeStatus| {
                let conditions = status.conditions.iter().flatten();
                conditions
                    .map(|condition| (condition.type_.clone(), condition.status.clone()))
                    .collect::<Vec<_>>()
            };
            node.spec != before.spec
                || node.meta.labels != before.meta.labels
                || facts(&node.status) != facts(&before.status)
        }
        _ => true,
    }
}

/// The result of a probe, if the step tells one.
fn probe_result(step: &Step) -> Option<bool> {
    match step.code {
        "probe-passed" => Some(true),
        "probe-failed" => Some(false),
        _ => None,
    }
}
