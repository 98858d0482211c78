//! Relates simulated time to the wall-clock timestamps in objects.

use jiff::Timestamp;

use crate::api::meta::{MicroTime, Time};
use crate::kernel::SimTime;

/// The wall clock of the simulated cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    start_unix_micros: i64,
}

impl Clock {
    /// A clock that shows `start_unix_micros` (microseconds since 1970, UTC) at [`SimTime::ZERO`].
    #[must_use]
    pub const fn new(start_unix_micros: i64) -> Self {
        Self { start_unix_micros }
    }

    /// Microseconds since 1970 at `moment`.
    #[must_use]
    pub fn unix_micros(&self, moment: SimTime) -> i64 {
        // Simulated time fits 63 bits (`SimTime::MAX`).
        self.start_unix_micros
            .saturating_add(i64::try_from(moment.as_micros()).unwrap_or(i64::MAX))
    }

    /// The timestamp of `moment` in whole seconds, as `metav1.Time` is stored.
    #[must_use]
    pub fn time(&self, moment: SimTime) -> Time {
        let seconds = self.unix_micros(moment).div_euclid(1_000_000);
        Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }

    /// The timestamp of `moment` with microseconds, as `metav1.MicroTime` is stored.
    #[must_use]
    pub fn micro_time(&self, moment: SimTime) -> MicroTime {
        MicroTime(Timestamp::from_microsecond(self.unix_micros(moment)).unwrap_or(Timestamp::MAX))
    }

    /// The moment of a timestamp; [`SimTime::ZERO`] for anything before the start.
    #[must_use]
    pub fn moment(&self, time: &Time) -> SimTime {
        let micros = time
            .0
            .as_microsecond()
            .saturating_sub(self.start_unix_micros);
        SimTime::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

/// 2026-01-01T00:00:00Z: the start of a simulation whose scenario names none.
impl Default for Clock {
    fn default() -> Self {
        Self::new(1_767_225_600_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_truncated_to_seconds() {
        let clock = Clock::default();
        let moment = SimTime::from_millis(61_900);
        assert_eq!(clock.time(moment).0.to_string(), "2026-01-01T00:01:01Z");
        assert_eq!(
            clock.micro_time(moment).0.to_string(),
            "2026-01-01T00:01:01.9Z"
        );
        assert_eq!(clock.moment(&clock.time(moment)), SimTime::from_secs(61));
        assert_eq!(
            Clock::new(i64::MAX).moment(&clock.time(moment)),
            SimTime::ZERO
        );
    }
}
