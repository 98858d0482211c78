//! The scheduling queue: pods to try now, pods that back off, pods that wait for something to change.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::api::ObjectKey;
use crate::cluster::timing::{
    SCHEDULER_INITIAL_BACKOFF, SCHEDULER_MAX_BACKOFF, SCHEDULER_MAX_UNSCHEDULABLE,
};
use crate::kernel::SimTime;

use super::filters;
use super::filters::scheduling_gates;
use super::plugin::ClusterEvent;
use super::pod_info::PodInfo;

/// The pods that have no node yet.
#[derive(Clone, Debug, Default)]
pub struct SchedulingQueue {
    pods: BTreeMap<ObjectKey, QueuedPod>,
    /// By priority, then by arrival.
    active: BTreeSet<Turn>,
    /// By the end of the back-off, in whole seconds, then as `active`.
    backing_off: BTreeSet<(SimTime, Turn)>,
    /// How many pods have come so far.
    arrivals: u64,
}

/// One pod in the queue.
#[derive(Clone, Debug)]
pub struct QueuedPod {
    /// The pod.
    pub info: Rc<PodInfo>,
    /// Where it is.
    pub place: Place,
    /// When it came into the queue, or failed last.
    since: SimTime,
    /// How many pods came before it.
    arrival: u64,
    /// How often no node could take it.
    failures: u32,
    /// How often it failed for another reason since then.
    errors: u32,
    /// Whether its victims are being evicted: it is not tried before that is done.
    held: bool,
    /// The plugins that rejected it last.
    rejected_by: Vec<&'static str>,
}

/// Where a pod of the queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its turn comes as soon as the scheduler is free.
    Active,
    /// Something changed that may help, but it failed not long ago: it goes behind all active ones.
    BackingOff {
        /// Until then.
        until: SimTime,
    },
    /// The binding failed: it is not tried before `until`.
    Erred {
        /// Until then.
        until: SimTime,
    },
    /// It waits for a change that may help.
    Unschedulable,
    /// A scheduling gate holds it back.
    Gated,
}

/// The order of turns: the highest priority first, then the longest wait. Pods that come at one moment
/// have their turns in the order in which the watch delivered them.
type Turn = (Reverse<i32>, SimTime, u64, ObjectKey);

impl SchedulingQueue {
    /// A pod without a node came or changed. Returns whether it may be tried at once.
    pub fn put(&mut self, info: &Rc<PodInfo>, now: SimTime) -> bool {
        let gated = scheduling_gates::is_gated(&info.pod);
        let Some(old) = self.pods.get(&info.key) else {
            let place = if gated { Place::Gated } else { Place::Active };
            let queued = QueuedPod {
                info: Rc::clone(info),
                place: Place::Gated,
                since: now,
                arrival: self.arrivals,
                failures: 0,
                errors: 0,
                held: false,
                rejected_by: Vec::new(),
            };
            self.arrivals += 1;
            self.pods.insert(info.key.clone(), queued);
            self.move_to(&info.key, place);
            return !gated;
        };
        let place = old.place;
        let before = Rc::clone(&old.info);
        // Taken out first: the priority is part of the order.
        self.leave_order(&info.key);
        if let Some(queued) = self.pods.get_mut(&info.key) {
            queued.info = Rc::clone(info);
        }
        self.move_to(&info.key, place);
        if place == Place::Gated && !gated {
            self.move_to(&info.key, Place::Active);
            return true;
        }
        let event = ClusterEvent::PodUpdated {
            old: &before,
            new: info,
        };
        self.wake_one(&info.key, &event, now)
    }

    /// A pod is gone, or has a node now.
    pub fn remove(&mut self, key: &ObjectKey) {
        self.leave_order(key);
        self.pods.remove(key);
    }

    /// The next pod to try. Pods whose back-off is over have their turns among the active ones; others that back
    /// off are taken when no other waits (SchedulerPopFromBackoffQ).
    pub fn pop(&mut self, now: SimTime) -> Option<Rc<PodInfo>> {
        while let Some((until, turn)) = self.backing_off.first()
            && *until < to_second(now)
        {
            let key = turn.3.clone();
            self.move_to(&key, Place::Active);
        }
        let first = self.active.first().map(|turn| turn.3.clone());
        let key = first.or_else(|| Some(self.backing_off.first()?.1.3.clone()))?;
        self.leave_order(&key);
        let queued = self.pods.get_mut(&key)?;
        queued.place = Place::Unschedulable;
        Some(Rc::clone(&queued.info))
    }

    /// Whether [`SchedulingQueue::pop`] would give a pod.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.active.is_empty() || !self.backing_off.is_empty()
    }

    /// No node could take a pod, because of these plugins. Returns when it is tried again if nothing happens
    /// before. Without a plugin (there was no node at all) nothing that happens counts, but time alone.
    pub fn put_unschedulable(
        &mut self,
        key: &ObjectKey,
        plugins: &[&'static str],
        now: SimTime,
    ) -> Option<SimTime> {
        if plugins.is_empty() {
            return self.put_erred(key, now);
        }
        let queued = self.pods.get_mut(key)?;
        queued.failures += 1;
        queued.errors = 0;
        queued.since = now;
        queued.rejected_by = plugins.to_vec();
        queued.place = Place::Unschedulable;
        Some(super::flush_tick(now))
    }

    /// The victims of a pod are being evicted, or are that no more.
    pub fn hold(&mut self, key: &ObjectKey, held: bool) {
        if let Some(queued) = self.pods.get_mut(key) {
            queued.held = held;
        }
    }

    /// The binding failed. Returns when the pod may be tried again, if it is still there.
    pub fn put_erred(&mut self, key: &ObjectKey, now: SimTime) -> Option<SimTime> {
        let queued = self.pods.get_mut(key)?;
        queued.errors += 1;
        queued.since = now;
        // Back-offs end in windows of a second; at the end of its window the pod is tried.
        let until = to_second(now + backoff(queued.errors)) + Duration::from_secs(1);
        queued.place = Place::Erred { until };
        Some(until)
    }

    /// Something changed: pods that it may help get their turn, unless they are more important than
    /// `max_priority`. Returns whether there are any.
    pub fn wake(&mut self, event: &ClusterEvent, max_priority: i32, now: SimTime) -> bool {
        let waiting: Vec<ObjectKey> = self
            .pods
            .values()
            .filter(|queued| queued.place == Place::Unschedulable)
            .filter(|queued| queued.info.priority() <= max_priority)
            .map(|queued| queued.info.key.clone())
            .collect();
        let mut any = false;
        for key in waiting {
            any |= self.wake_one(&key, event, now);
        }
        any
    }

    /// Time passed: pods whose error back-off is over, and pods that have been unschedulable for
    /// five minutes, get their turn. Returns whether there are any.
    pub fn flush(&mut self, now: SimTime) -> bool {
        let due: Vec<ObjectKey> = self
            .pods
            .values()
            .filter(|queued| match queued.place {
                Place::Erred { until } => until <= now,
                Place::Unschedulable => now.since(queued.since) >= SCHEDULER_MAX_UNSCHEDULABLE,
                _ => false,
            })
            .map(|queued| queued.info.key.clone())
            .collect();
        for key in &due {
            self.move_to(key, Place::Active);
        }
        !due.is_empty()
    }

    /// When [`SchedulingQueue::flush`] has something to do next, if no event comes before.
    #[must_use]
    pub fn next_flush(&self) -> Option<SimTime> {
        let due = |queued: &QueuedPod| match queued.place {
            Place::Erred { until } => Some(until),
            Place::Unschedulable => Some(super::flush_tick(queued.since)),
            _ => None,
        };
        self.pods.values().filter_map(due).min()
    }

    /// A pod of the queue.
    #[must_use]
    pub fn get(&self, key: &ObjectKey) -> Option<&QueuedPod> {
        self.pods.get(key)
    }

    /// The pods of the queue by key.
    pub fn iter(&self) -> impl Iterator<Item = &QueuedPod> {
        self.pods.values()
    }

    /// Lets one unschedulable pod have its turn if the event may help it.
    fn wake_one(&mut self, key: &ObjectKey, event: &ClusterEvent, now: SimTime) -> bool {
        let Some(queued) = self.pods.get(key) else {
            return false;
        };
        if queued.place != Place::Unschedulable || queued.held {
            return false;
        }
        let helps = queued.rejected_by.iter().any(|name| {
            filters::by_name(name).is_some_and(|plugin| (plugin.wakes)(&queued.info, event))
        });
        if !helps {
            return false;
        }
        let until = to_second(queued.since + backoff(queued.failures));
        let place = if queued.failures > 0 && until >= to_second(now) {
            Place::BackingOff { until }
        } else {
            Place::Active
        };
        self.move_to(key, place);
        true
    }

    fn move_to(&mut self, key: &ObjectKey, place: Place) {
        self.leave_order(key);
        let Some(queued) = self.pods.get_mut(key) else {
            return;
        };
        queued.place = place;
        let turn = queued.turn();
        match place {
            Place::Active => {
                self.active.insert(turn);
            }
            Place::BackingOff { until } => {
                self.backing_off.insert((until, turn));
            }
            Place::Erred { .. } | Place::Unschedulable | Place::Gated => {}
        }
    }

    fn leave_order(&mut self, key: &ObjectKey) {
        let Some(queued) = self.pods.get(key) else {
            return;
        };
        match queued.place {
            Place::Active => {
                self.active.remove(&queued.turn());
            }
            Place::BackingOff { until } => {
                self.backing_off.remove(&(until, queued.turn()));
            }
            Place::Erred { .. } | Place::Unschedulable | Place::Gated => {}
        }
    }
}

impl QueuedPod {
    fn turn(&self) -> Turn {
        (
            Reverse(self.info.priority()),
            self.since,
            self.arrival,
            self.info.key.clone(),
        )
    }
}

/// 1 s after the first failure, doubling up to 10 s.
fn backoff(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (SCHEDULER_INITIAL_BACKOFF * (1 << doublings)).min(SCHEDULER_MAX_BACKOFF)
}

/// Back-offs end in windows of whole seconds, in which pods are ordered by priority.
fn to_second(moment: SimTime) -> SimTime {
    SimTime::from_secs(moment.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::pod;
    use serde_json::json;

    fn info(name: &str, priority: i32) -> Rc<PodInfo> {
        let mut pod = pod(json!({"containers": [], "priority": priority}));
        pod.meta_mut().name = Some(name.to_owned());
        PodInfo::new(&pod)
    }

    fn pop_all(queue: &mut SchedulingQueue) -> Vec<String> {
        std::iter::from_fn(|| queue.pop(SimTime::ZERO))
            .map(|info| info.key.name.to_string())
            .collect()
    }

    #[test]
    fn turns_go_by_priority_and_then_by_arrival() {
        let mut queue = SchedulingQueue::default();
        for (name, priority, at) in [("late", 0, 3), ("b", 0, 1), ("a", 0, 1), ("high", 5, 9)] {
            assert!(queue.put(&info(name, priority), SimTime::from_secs(at)));
        }
        assert_eq!(pop_all(&mut queue), ["high", "b", "a", "late"]);
        assert!(!queue.is_ready());
    }

    #[test]
    fn gated_pods_wait_for_their_gates_to_go() {
        let mut queue = SchedulingQueue::default();
        let gated = pod(json!({"containers": [], "schedulingGates": [{"name": "a"}]}));
        assert!(!queue.put(&PodInfo::new(&gated), SimTime::ZERO));
        assert!(!queue.is_ready());
        let free = pod(json!({"containers": []}));
        assert!(queue.put(&PodInfo::new(&free), SimTime::from_secs(1)));
        assert_eq!(pop_all(&mut queue), ["web"]);
    }

    #[test]
    fn failed_pods_wait_for_events_that_their_plugins_name() {
        let mut queue = SchedulingQueue::default();
        let waiting = info("waiting", 0);
        queue.put(&waiting, SimTime::ZERO);
        queue.pop(SimTime::ZERO);
        let now = SimTime::from_millis(1_200);
        queue.put_unschedulable(&waiting.key, &["NodePorts"], now);
        let freed = info("freed", 0);
        assert!(!queue.wake(&ClusterEvent::PodFreed(&freed), i32::MAX, now));
        queue.put_unschedulable(&waiting.key, &["NodePorts", "NodeResourcesFit"], now);
        assert!(queue.wake(&ClusterEvent::PodFreed(&freed), i32::MAX, now));
        // The second failure backs off for 2 s, in whole seconds.
        let until = SimTime::from_secs(3);
        let place = queue.get(&waiting.key).map(|queued| queued.place);
        assert_eq!(place, Some(Place::BackingOff { until }));
        // An active pod goes first, but an idle scheduler does not wait for the back-off.
        queue.put(&info("fresh", 0), now);
        assert_eq!(pop_all(&mut queue), ["fresh", "waiting"]);
    }

    #[test]
    fn a_pod_whose_back_off_is_over_does_not_wait_for_less_important_ones() {
        let mut queue = SchedulingQueue::default();
        let (waiting, freed) = (info("waiting", 9), info("freed", 0));
        queue.put(&waiting, SimTime::ZERO);
        queue.pop(SimTime::ZERO);
        queue.put_unschedulable(&waiting.key, &["NodeResourcesFit"], SimTime::ZERO);
        queue.wake(&ClusterEvent::PodFreed(&freed), i32::MAX, SimTime::ZERO);
        for name in ["a", "b"] {
            queue.put(&info(name, 0), SimTime::ZERO);
        }
        // The window of the back-off of 1 s ends at 2 s.
        let next = |queue: &mut SchedulingQueue, millis| {
            let next = queue.pop(SimTime::from_millis(millis));
            next.map(|next| next.key.name.to_string())
        };
        assert_eq!(next(&mut queue, 1_999).as_deref(), Some("a"));
        assert_eq!(next(&mut queue, 2_000).as_deref(), Some("waiting"));
    }

    #[test]
    fn time_frees_erred_and_forgotten_pods() {
        let mut queue = SchedulingQueue::default();
        let waiting = info("waiting", 0);
        queue.put(&waiting, SimTime::ZERO);
        queue.pop(SimTime::ZERO);
        queue.put_unschedulable(&waiting.key, &["NodeName"], SimTime::ZERO);
        assert!(!queue.flush(SimTime::from_secs(299)));
        assert!(queue.flush(SimTime::from_secs(300)));
        queue.pop(SimTime::ZERO);
        let until = queue.put_erred(&waiting.key, SimTime::from_secs(300));
        assert_eq!(until, Some(SimTime::from_secs(302)));
        assert!(!queue.flush(SimTime::from_secs(301)));
        assert!(queue.flush(SimTime::from_secs(302)));
    }

    #[test]
    fn back_off_doubles_to_ten_seconds() {
        let seconds: Vec<u64> = (1..=6)
            .map(|failures| backoff(failures).as_secs())
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 10, 10]);
    }
}
