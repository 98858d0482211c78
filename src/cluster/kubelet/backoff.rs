//! Exponential back-off, as the kubelet keeps it for restarts and for image pulls.

use std::time::Duration;

use crate::cluster::timing::{BACK_OFF_FIRST, BACK_OFF_MAX};
use crate::kernel::SimTime;

/// One entry of a back-off: how long the last wait was, and when it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackOff {
    /// The present length.
    pub length: Duration,
    /// When it was last raised.
    updated: SimTime,
}

impl BackOff {
    /// Raises the back-off after something that happened at `event`: 10 s, doubling up to 300 s.
    pub fn next(entry: Option<Self>, event: SimTime, now: SimTime) -> Self {
        let length = match entry.filter(|entry| !entry.has_expired(event)) {
            None => BACK_OFF_FIRST,
            Some(entry) => (entry.length * 2).min(BACK_OFF_MAX),
        };
        Self {
            length,
            updated: now,
        }
    }

    /// Whether to wait still, counted from `event` (the end of the last instance).
    pub fn holds_since(&self, event: SimTime, now: SimTime) -> bool {
        !self.has_expired(event) && now.since(event) < self.length
    }

    /// Whether to wait still, counted from when it was last raised.
    pub fn holds_since_update(&self, now: SimTime) -> bool {
        !self.has_expired(now) && now.since(self.updated) < self.length
    }

    /// When it was last raised.
    pub const fn updated(&self) -> SimTime {
        self.updated
    }

    /// The length of the wait after this one.
    pub fn following(&self) -> Duration {
        (self.length * 2).min(BACK_OFF_MAX)
    }

    /// kubelet: back-off resets when nothing failed for twice its maximum (10 min of running).
    fn has_expired(&self, event: SimTime) -> bool {
        event.since(self.updated) > BACK_OFF_MAX * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_resets_after_ten_minutes() {
        let mut entry = None;
        let mut lengths = Vec::new();
        let mut now = SimTime::ZERO;
        for _ in 0..7 {
            let next = BackOff::next(entry, now, now);
            lengths.push(next.length.as_secs());
            entry = Some(next);
            now += Duration::from_secs(300);
        }
        assert_eq!(lengths, [10, 20, 40, 80, 160, 300, 300]);
        let later = now + Duration::from_secs(301);
        assert_eq!(BackOff::next(entry, later, later).length, BACK_OFF_FIRST);
    }

    #[test]
    fn counts_from_the_end_of_the_instance() {
        let entry = BackOff::next(None, SimTime::ZERO, SimTime::ZERO);
        let ended = SimTime::from_secs(4);
        assert!(entry.holds_since(ended, SimTime::from_secs(13)));
        assert!(!entry.holds_since(ended, SimTime::from_secs(14)));
        assert!(!entry.holds_since_update(SimTime::from_secs(10)));
    }
}
