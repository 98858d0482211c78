//! Painting the tracks: ruler, pins, bars, probe results, restarts, deletions and deadlines.

use podarium::kernel::SimTime;
use podarium::session::view::State;
use podarium::session::view::timeline::{Bar, ProbeTick, Timeline, Track};
use web_sys::CanvasRenderingContext2d;

use super::axis::Axis;
use super::palette::{Palette, line, use_pattern};

/// Height of the ruler and of a track, in CSS pixels at a root size of 16: `tokens.css` says the same in rem.
const RULER: f64 = 24.0;
/// See [`RULER`].
pub const TRACK: f64 = 18.0;
/// A bar inside its track.
const BAR_TOP: f64 = 5.0;
const BAR_HEIGHT: f64 = 9.0;
/// Marks closer than this would run into each other.
const LEAST_GAP: f64 = 3.5;

struct Brush<'all> {
    context: &'all CanvasRenderingContext2d,
    palette: &'all Palette,
    axis: &'all Axis,
    head: SimTime,
}

/// Paints the whole canvas. `scroll` is how far the tracks are scrolled, in CSS pixels.
pub fn paint(
    context: &CanvasRenderingContext2d,
    palette: &Palette,
    axis: &Axis,
    height: f64,
    scroll: f64,
    timeline: &Timeline,
) {
    let brush = Brush {
        context,
        palette,
        axis,
        head: timeline.head,
    };
    context.clear_rect(0.0, 0.0, axis.width, height);
    for (place, track) in timeline.tracks.iter().enumerate() {
        let index = timeline.first + place;
        let top = RULER + index as f64 * TRACK - scroll;
        if top < RULER - TRACK || top > height {
            continue;
        }
        if index.is_multiple_of(2) {
            context.set_global_alpha(0.38);
            context.set_fill_style_str(&palette.zebra);
            context.fill_rect(0.0, top, axis.width, TRACK);
            context.set_global_alpha(1.0);
        }
        brush.track(track, top);
    }
    brush.future(timeline, height);
    brush.ruler();
}

impl Brush<'_> {
    fn ruler(&self) {
        let context = self.context;
        context.set_fill_style_str(&self.palette.ground);
        context.fill_rect(0.0, 0.0, self.axis.width, RULER);
        context.set_font(&format!("10px {}", self.palette.mono));
        context.set_line_width(1.0);
        let step = self.axis.tick_secs();
        let mut second = self.axis.from.as_secs().div_ceil(step) * step;
        while SimTime::from_secs(second) <= self.axis.to {
            let x = self.axis.place(SimTime::from_secs(second)).round() + 0.5;
            context.set_stroke_style_str(&self.palette.line);
            line(context, (x, 16.0), (x, RULER));
            context.set_fill_style_str(&self.palette.ink_3);
            self.text(&clock(second), x + 3.0, 13.0);
            second += step;
        }
    }

    /// Right of the moment shown everything is hatched.
    fn future(&self, timeline: &Timeline, height: f64) {
        let context = self.context;
        let left = self.axis.place(timeline.now).max(0.0);
        context.save();
        context.begin_path();
        context.rect(left, RULER, self.axis.width - left, height - RULER);
        context.clip();
        context.set_global_alpha(0.55);
        context.set_stroke_style_str(&self.palette.hairline);
        context.set_line_width(1.0);
        // One path for all strokes: they are drawn with every frame.
        context.begin_path();
        let mut x = (left / 11.0).floor() * 11.0 - height;
        while x < self.axis.width {
            context.move_to(x, height);
            context.line_to(x + height, 0.0);
            x += 11.0;
        }
        context.stroke();
        context.restore();
    }

    fn track(&self, track: &Track, top: f64) {
        self.bars(&track.bars, top);
        self.probes(&track.probes, top);
        for moment in &track.restarts {
            let x = self.axis.place(*moment);
            self.context.set_fill_style_str(&self.palette.ground);
            self.context
                .fill_rect(x - 1.0, top + BAR_TOP - 0.5, 2.0, BAR_HEIGHT + 1.0);
            self.context.set_fill_style_str(&self.palette.ink);
            self.polygon(&[
                (x - 3.5, top + TRACK),
                (x, top + 12.5),
                (x + 3.5, top + TRACK),
            ]);
        }
        if let Some(moment) = track.deletion {
            let x = self.axis.place(moment);
            self.context.set_fill_style_str(&self.palette.ink);
            self.context.fill_rect(x - 1.0, top + 4.0, 2.0, 11.0);
            self.polygon(&[(x, top + 5.5), (x + 4.0, top + 9.5), (x, top + 13.5)]);
        }
        if let Some(moment) = track.gone {
            let x = self.axis.place(moment);
            self.context.set_stroke_style_str(&self.palette.ink_2);
            self.context.set_line_width(1.5);
            self.cross(x + 4.5, top + 9.5, 2.8);
            self.context.set_fill_style_str(&self.palette.ink_2);
            self.word("deleted", x + 11.0, top + 13.0);
        }
        for due in &track.due {
            let x = self.axis.place(due.at);
            self.context.set_stroke_style_str(&self.palette.ink_2);
            self.context.set_line_width(1.25);
            line(self.context, (x, top + 3.0), (x, top + 15.0));
            self.context.set_fill_style_str(&self.palette.ground);
            self.circle(x, top + 9.0, 2.6);
            self.context.stroke();
            self.context.set_fill_style_str(&self.palette.ink_2);
            self.word(&due.text, x + 6.0, top + 12.5);
        }
    }

    /// Bars; those under 2 px are drawn together as the worst of their states.
    fn bars(&self, bars: &[Bar], top: f64) {
        let mut thin: Option<(f64, f64, State)> = None;
        for bar in bars {
            let (left, right) = (
                self.axis.place(bar.from),
                self.axis.place(bar.to.unwrap_or(self.head)),
            );
            if right < 0.0 || left > self.axis.width {
                continue;
            }
            if right - left >= 2.0 {
                self.flush(&mut thin, top);
                self.bar(left, right, bar.state, top);
                continue;
            }
            let (start, _, state) = thin.unwrap_or((left, right, bar.state));
            let worst = if gravity(bar.state) > gravity(state) {
                bar.state
            } else {
                state
            };
            thin = Some((start, right.max(start + 2.0), worst));
            if right - start >= 2.0 {
                self.flush(&mut thin, top);
            }
        }
        self.flush(&mut thin, top);
    }

    fn flush(&self, thin: &mut Option<(f64, f64, State)>, top: f64) {
        if let Some((left, right, state)) = thin.take() {
            self.bar(left, right, state, top);
        }
    }

    fn bar(&self, left: f64, right: f64, state: State, top: f64) {
        let Some(fill) = self.palette.fill(state) else {
            return;
        };
        let (context, y) = (self.context, top + BAR_TOP);
        context.set_fill_style_str(&fill.ground);
        context.fill_rect(left, y, right - left, BAR_HEIGHT);
        if let Some(pattern) = &fill.pattern {
            use_pattern(context, pattern);
            context.fill_rect(left, y, right - left, BAR_HEIGHT);
        }
        context.set_stroke_style_str(&fill.edge);
        context.set_line_width(1.0);
        context.stroke_rect(
            left + 0.5,
            y + 0.5,
            (right - left - 1.0).max(0.5),
            BAR_HEIGHT - 1.0,
        );
    }

    /// Dots and crosses over the bar; where they would run together only failures are kept.
    fn probes(&self, probes: &[ProbeTick], top: f64) {
        let (mut last, mut last_failed) = (f64::MIN, f64::MIN);
        for probe in probes {
            let x = self.axis.place(probe.at);
            if x < -LEAST_GAP || x > self.axis.width {
                continue;
            }
            if probe.passed && x - last >= LEAST_GAP {
                self.context.set_fill_style_str(&self.palette.passed);
                self.circle(x, top + 2.4, 1.5);
                last = x;
            } else if !probe.passed && x - last_failed >= LEAST_GAP {
                self.context.set_stroke_style_str(&self.palette.failed);
                self.context.set_line_width(1.6);
                self.cross(x, top + 2.5, 1.9);
                (last, last_failed) = (x, x);
            }
        }
    }

    fn polygon(&self, points: &[(f64, f64)]) {
        self.context.begin_path();
        for (index, (x, y)) in points.iter().enumerate() {
            if index == 0 {
                self.context.move_to(*x, *y);
            } else {
                self.context.line_to(*x, *y);
            }
        }
        self.context.fill();
    }

    fn circle(&self, x: f64, y: f64, radius: f64) {
        self.context.begin_path();
        // A positive radius cannot fail.
        let _drawn = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        self.context.fill();
    }

    fn cross(&self, x: f64, y: f64, size: f64) {
        line(self.context, (x - size, y - size), (x + size, y + size));
        line(self.context, (x + size, y - size), (x - size, y + size));
    }

    fn word(&self, text: &str, x: f64, y: f64) {
        self.context
            .set_font(&format!("500 10px {}", self.palette.ui));
        self.text(text, x, y);
    }

    fn text(&self, text: &str, x: f64, y: f64) {
        // Only a non-finite place could fail, and that draws nothing.
        let _drawn = self.context.fill_text(text, x, y);
    }
}

/// What must not get lost when bars are drawn together.
const fn gravity(state: State) -> u8 {
    match state {
        State::Ready | State::Done => 0,
        State::Pending | State::Creating => 1,
        State::Terminating => 2,
        State::NotReady | State::Unknown => 3,
        State::Waiting => 4,
        State::Failing | State::Failed => 5,
    }
}

/// `m:ss`, with hours in front from one hour on.
fn clock(seconds: u64) -> String {
    let text = SimTime::from_secs(seconds).to_string();
    text.strip_suffix(".000").unwrap_or(&text).to_owned()
}
