//! The work queue of a controller: keys to sync, each at most once, with delays and rate-limited retries.

use crate::kernel::OrderedMap;
use std::time::Duration;

use crate::api::ObjectKey;
use crate::cluster::timing::{
    CONTROLLER_BUSY_MAX, CONTROLLER_RETRY_BASE, CONTROLLER_RETRY_MAX, CONTROLLER_WRITE,
    WATCH_LATENCY_MAX, WATCH_LATENCY_MIN,
};
use crate::cluster::{Context, Event};
use crate::kernel::{Rng, SimTime};

use super::Wake;

/// client-go's rate-limiting work queue for one controller.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    controller: &'static str,
    rng: Rng,
    /// Keys that wait for their sync, with its moment.
    dirty: OrderedMap<ObjectKey, SimTime>,
    /// Keys to be added later, with the moment. The earliest wins.
    delayed: OrderedMap<ObjectKey, SimTime>,
    /// How often each key failed in a row.
    failures: OrderedMap<ObjectKey, u32>,
    /// Until when the last sync of a key takes: its writes are not for free.
    busy: OrderedMap<ObjectKey, SimTime>,
}

impl WorkQueue {
    /// An empty queue of the controller with this event source name.
    #[must_use]
    pub fn new(controller: &'static str, rng: &Rng) -> Self {
        Self {
            controller,
            rng: rng.fork(controller),
            dirty: OrderedMap::new(),
            delayed: OrderedMap::new(),
            failures: OrderedMap::new(),
            busy: OrderedMap::new(),
        }
    }

    /// The controller's event source name.
    #[must_use]
    pub const fn controller(&self) -> &'static str {
        self.controller
    }

    /// Something about the object changed: it is synced when the change has come through the watch
    /// and the last sync is over. Several changes before that make one sync.
    pub fn add(&mut self, key: ObjectKey, context: &mut Context) {
        if self.dirty.contains_key(&key) {
            return;
        }
        let latency = self.rng.between(WATCH_LATENCY_MIN, WATCH_LATENCY_MAX);
        let free = self.busy.get(&key).copied().unwrap_or(SimTime::ZERO);
        let at = (context.now + latency).max(free);
        self.schedule(key, at, context);
    }

    /// The sync is not over: it goes on in an event of its own, at the same moment.
    pub fn go_on(&mut self, key: &ObjectKey, context: &mut Context) {
        self.schedule(key.clone(), context.now, context);
    }

    /// Adds the key `delay` from now, unless it is to be added before that anyway.
    pub fn add_after(&mut self, key: ObjectKey, delay: Duration, context: &mut Context) {
        let at = context.now + delay;
        if self.delayed.get(&key).is_some_and(|earlier| *earlier <= at) {
            return;
        }
        self.delayed.insert(key.clone(), at);
        let wake = Wake::Delayed {
            controller: self.controller,
            key,
        };
        context.at(at, Event::Controllers(wake));
    }

    /// Whether the last sync of the key failed.
    #[must_use]
    pub fn is_failing(&self, key: &ObjectKey) -> bool {
        self.failures.contains_key(key)
    }

    /// A wake for the key came. Returns whether the key is to be synced now.
    pub fn take(&mut self, key: &ObjectKey, now: SimTime) -> bool {
        if self.dirty.get(key) != Some(&now) {
            return false;
        }
        self.dirty.remove(key);
        true
    }

    /// A delay is over: lets the sync follow, unless an earlier one took its place.
    pub fn delay_is_over(&mut self, key: &ObjectKey, context: &mut Context) {
        if self.delayed.get(key) != Some(&context.now) {
            return;
        }
        self.delayed.remove(key);
        if !self.dirty.contains_key(key) {
            let free = self.busy.get(key).copied().unwrap_or(SimTime::ZERO);
            self.schedule(key.clone(), context.now.max(free), context);
        }
    }

    /// A sync ended after this many writes. A failed one is tried again after 5 ms, doubling.
    pub fn done(&mut self, key: &ObjectKey, failed: bool, writes: u64, context: &mut Context) {
        let writes = u32::try_from(writes).unwrap_or(u32::MAX);
        let busy = CONTROLLER_WRITE
            .saturating_mul(writes)
            .min(CONTROLLER_BUSY_MAX);
        self.busy.retain(|_, until| *until > context.now);
        if !busy.is_zero() {
            // A sync in parts takes as long as its longest.
            let until = self.busy.entry(key.clone()).or_insert(context.now);
            *until = (*until).max(context.now + busy);
        }
        if !failed {
            self.failures.remove(key);
            return;
        }
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let doublings = (*failures).min(30);
        *failures += 1;
        let delay = CONTROLLER_RETRY_BASE
            .saturating_mul(1 << doublings)
            .min(CONTROLLER_RETRY_MAX);
        // The sync has failed when its writes are done.
        self.add_after(key.clone(), busy + delay, context);
    }

    fn schedule(&mut self, key: ObjectKey, at: SimTime, context: &mut Context) {
        self.dirty.insert(key.clone(), at);
        let wake = Wake::Sync {
            controller: self.controller,
            key,
        };
        context.at(at, Event::Controllers(wake));
    }
}
