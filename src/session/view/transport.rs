//! The transport: clock, speed, play and step.

use super::common::Text;
use crate::kernel::SimTime;

/// The bar under the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// The moment shown.
    pub now: SimTime,
    /// The newest moment that was simulated.
    pub head: SimTime,
    /// Whether time runs.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// `next: probe on 9qd4m in 1.4 s`, or empty.
    pub next_event: Text,
    /// Whether there is an event after the moment shown.
    pub can_step: bool,
    /// Whether there is an event before the moment shown.
    pub can_step_back: bool,
    /// Set while the moment shown is in the past: `1:12 behind the newest moment`.
    pub behind: Option<Text>,
    /// True if the simulation could not keep up with the chosen speed in the last frames.
    pub lagging: bool,
}

impl Transport {
    /// Whether the moment shown is the newest one.
    #[must_use]
    pub fn at_head(&self) -> bool {
        self.now == self.head
    }
}

/// Simulated seconds per real second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speed {
    /// 0.25×.
    Quarter,
    /// As it is.
    #[default]
    One,
    /// 10×.
    Ten,
    /// 100×.
    Hundred,
    /// 1000×.
    Thousand,
}

impl Speed {
    /// From slow to fast.
    pub const ALL: [Self; 5] = [
        Self::Quarter,
        Self::One,
        Self::Ten,
        Self::Hundred,
        Self::Thousand,
    ];

    /// Simulated milliseconds per real second.
    #[must_use]
    pub const fn millis_per_second(self) -> u64 {
        match self {
            Self::Quarter => 250,
            Self::One => 1_000,
            Self::Ten => 10_000,
            Self::Hundred => 100_000,
            Self::Thousand => 1_000_000,
        }
    }

    /// The word on the button.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Quarter => "0.25×",
            Self::One => "1×",
            Self::Ten => "10×",
            Self::Hundred => "100×",
            Self::Thousand => "1000×",
        }
    }

    /// The next faster one, or itself.
    #[must_use]
    pub fn faster(self) -> Self {
        Self::ALL
            .into_iter()
            .find(|speed| *speed > self)
            .unwrap_or(self)
    }

    /// The next slower one, or itself.
    #[must_use]
    pub fn slower(self) -> Self {
        Self::ALL
            .into_iter()
            .rev()
            .find(|speed| *speed < self)
            .unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_steps_stop_at_both_ends() {
        assert_eq!(Speed::One.faster(), Speed::Ten);
        assert_eq!(Speed::Thousand.faster(), Speed::Thousand);
        assert_eq!(Speed::Quarter.slower(), Speed::Quarter);
    }
}
