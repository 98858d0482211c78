//! Time on a line: moments to pixels and back, and where the ticks go.

use std::time::Duration;

use podarium::kernel::SimTime;
use podarium::session::view::timeline::Timeline;

/// A stretch of time over a stretch of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The x of `from`, in CSS pixels.
    pub left: f64,
    /// CSS pixels from `from` to `to`.
    pub width: f64,
    /// The left end.
    pub from: SimTime,
    /// The right end.
    pub to: SimTime,
}

/// The shortest stretch that can be looked at.
const SHORTEST_SECS: f64 = 2.0;

/// Distances of labelled ticks, in seconds.
const STEPS: [u64; 17] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
];

/// A wish for other ends, in seconds; they may lie outside of what there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    from: f64,
    to: f64,
}

impl Stretch {
    /// The stretch, moved into the time line; `None` if it is all of it.
    pub fn within(self, timeline: &Timeline) -> Option<(SimTime, SimTime)> {
        let (first, last) = (timeline.from.as_secs_f64(), timeline.to.as_secs_f64());
        let span = self.to - self.from;
        let from = self.from.min(last - span).max(first);
        let moment = |secs: f64| SimTime::ZERO + Duration::from_secs_f64(secs.max(0.0));
        (span < last - first).then(|| (moment(from), moment(from + span)))
    }
}

impl Axis {
    /// A stretch of time whose places are percentages of it.
    pub const fn percent(from: SimTime, to: SimTime) -> Self {
        let (left, width) = (0.0, 100.0);
        Self {
            left,
            width,
            from,
            to,
        }
    }

    /// The x of a moment.
    pub fn place(&self, moment: SimTime) -> f64 {
        let span = self.to.since(self.from).as_secs_f64().max(1e-6);
        self.left + (moment.as_secs_f64() - self.from.as_secs_f64()) / span * self.width
    }

    /// The moment at an x, never outside the axis.
    pub fn moment(&self, x: f64) -> SimTime {
        let share = ((x - self.left) / self.width.max(1.0)).clamp(0.0, 1.0);
        self.from + Duration::from_secs_f64(self.to.since(self.from).as_secs_f64() * share)
    }

    /// The ends of an axis that shows `factor` times as much, with `about` at the same place.
    pub fn zoomed(&self, factor: f64, about: SimTime) -> Stretch {
        let (from, to) = (self.from.as_secs_f64(), self.to.as_secs_f64());
        let about = about.as_secs_f64().clamp(from, to);
        let factor = factor.max(SHORTEST_SECS / (to - from).max(1e-6));
        Stretch {
            from: about - (about - from) * factor,
            to: about + (to - about) * factor,
        }
    }

    /// The ends of an axis moved by a share of its length.
    pub fn panned(&self, share: f64) -> Stretch {
        let (from, to) = (self.from.as_secs_f64(), self.to.as_secs_f64());
        let by = (to - from) * share;
        Stretch {
            from: from + by,
            to: to + by,
        }
    }

    /// Seconds between labelled ticks, so that their labels have room.
    pub fn tick_secs(&self) -> u64 {
        const LABEL_PIXELS: f64 = 64.0;
        let span = self.to.since(self.from).as_secs_f64();
        STEPS
            .into_iter()
            .find(|step| *step as f64 / span * self.width >= LABEL_PIXELS)
            .unwrap_or(86_400)
    }
}
