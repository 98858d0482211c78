//! The pace: how much simulated time a frame is worth, and jumps that take several frames.

use std::time::Duration;

use crate::history::History;
use crate::kernel::SimTime;

use super::time::EPOCH;
use super::view::transport::Speed;

/// A frame counts for at most this much real time, so that a tab that slept does not race.
const LONGEST_FRAME: Duration = Duration::from_millis(100);

/// Whether time runs, and how fast.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Whether time runs.
    pub playing: bool,
    /// Simulated seconds per real second.
    pub speed: Speed,
    /// Whether the last frame could not do all it should.
    pub lagging: bool,
    /// The budget of the last frame; jumps use it too.
    budget: usize,
    /// The moment up to which the frame that is under way lets time run.
    goal: SimTime,
    /// Simulated microseconds times 1,000 that a frame was too short for.
    remainder: u64,
    /// A step to the next event that did not find one within its budget.
    stepping: bool,
}

impl Pace {
    /// A frame, or a part of one: goes on with a jump, or lets time pass. Without time of its own it goes on with what
    /// the frame has not done yet, so that whoever has a clock can share a frame out.
    pub fn tick(&mut self, history: &mut History, elapsed: Duration, step_budget: u32) {
        self.budget = step_budget as usize;
        if history.seeking().is_some() {
            self.lagging = !history.travel(self.budget);
        } else if self.stepping {
            self.step(history);
        } else if self.playing {
            if !elapsed.is_zero() {
                // What the last frame could not simulate is not owed: time simply runs slower.
                self.goal = history.now() + self.simulated(elapsed.min(LONGEST_FRAME));
            }
            let goal = self.goal.max(history.now());
            self.lagging = !history.run_until(goal, self.budget);
        } else {
            self.lagging = false;
        }
    }

    /// The simulated time that a stretch of real time is worth.
    fn simulated(&mut self, elapsed: Duration) -> Duration {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let total = micros
            .saturating_mul(self.speed.millis_per_second())
            .saturating_add(self.remainder);
        self.remainder = total % 1_000;
        Duration::from_micros(total / 1_000)
    }

    /// Goes to the next event and stops.
    pub fn step(&mut self, history: &mut History) {
        self.stop();
        let from = history.now();
        let found = history.step(self.budget());
        // Without an event in reach time has passed up to the limit of a step: that is its end too.
        let over = found || history.now().since(from) >= Duration::from_secs(600);
        self.stepping = !over;
        self.lagging = !over;
    }

    /// Goes to the event before and stops.
    pub fn step_back(&mut self, history: &mut History) {
        self.stop();
        self.lagging = !history.step_back(EPOCH, self.budget());
    }

    /// Shows another moment.
    pub fn seek(&mut self, history: &mut History, target: SimTime) {
        self.stepping = false;
        self.goal = SimTime::ZERO;
        self.lagging = !history.seek(target.max(EPOCH), self.budget());
    }

    /// Stops all that is under way.
    pub fn stop(&mut self) {
        self.playing = false;
        self.stepping = false;
        self.goal = SimTime::ZERO;
    }

    /// At least enough for a short jump before the first frame told its budget.
    fn budget(&self) -> usize {
        self.budget.max(2_000)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;
    use crate::cluster::ClusterConfig;
    use crate::history::History;
    use crate::kernel::SimTime;
    use crate::session::view::transport::Speed;

    /// A frame in parts gets as far as a frame in one, and no part is paid twice.
    #[test]
    fn a_frame_can_be_shared_out() {
        let mut history = History::new(ClusterConfig::default());
        let mut pace = Pace {
            playing: true,
            ..Pace::default()
        };
        let frame = Duration::from_millis(100);
        pace.tick(&mut history, frame, 3);
        let mut parts = 1;
        while pace.lagging {
            pace.tick(&mut history, Duration::ZERO, 3);
            parts += 1;
        }
        assert!(parts > 2);
        assert_eq!(history.now(), SimTime::ZERO + frame);
        pace.tick(&mut history, Duration::ZERO, 3);
        assert_eq!(history.now(), SimTime::ZERO + frame);
    }

    #[test]
    fn no_microsecond_is_lost_at_slow_speed() {
        let mut pace = Pace {
            speed: Speed::Quarter,
            ..Pace::default()
        };
        let frame = Duration::from_micros(16_667);
        let total: Duration = (0..60).map(|_| pace.simulated(frame)).sum();
        assert_eq!(total, Duration::from_micros(16_667 * 60 / 4));
    }
}
