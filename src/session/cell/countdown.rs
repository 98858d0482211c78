//! Deadlines that the simulation holds for a pod, and how they count down.

use std::time::Duration;

use crate::cluster::kubelet::inspect::{BackOffOf, PodRuntime};
use crate::kernel::SimTime;
use crate::session::scene::running_back_off;
use crate::session::time;
use crate::session::view::stage::{Countdown, CountdownKind};

/// A moment at which something is certain to happen to a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What.
    pub kind: CountdownKind,
    /// When it began to run.
    pub since: SimTime,
    /// When it happens.
    pub at: SimTime,
    /// `restart 5`, `SIGKILL`.
    pub text: String,
    /// Where its length comes from: `back-off 1m20s`.
    pub note: String,
}

/// The deadline that comes first for a pod, if any runs at `now`.
#[must_use]
pub fn deadline(runtime: &PodRuntime, now: SimTime) -> Option<Deadline> {
    kill(runtime, now).or_else(|| {
        let held = runtime.containers.iter();
        held.filter_map(|container| {
            let back_off = running_back_off(container, now)?;
            // The kubelet tries again at its first sync after the back-off.
            let at = runtime
                .next_sync
                .map_or(back_off.until, |sync| sync.max(back_off.until));
            let length = crate::kubectl::age::human_duration(
                i64::try_from(back_off.length.as_secs()).unwrap_or(i64::MAX),
            );
            let (kind, text) = match back_off.of {
                BackOffOf::Restart => (
                    CountdownKind::Restart,
                    format!("restart {}", container.restarts + 1),
                ),
                BackOffOf::ImagePull => {
                    (CountdownKind::ImagePull, "pulls the image again".to_owned())
                }
            };
            Some(Deadline {
                kind,
                since: back_off.since,
                at,
                text,
                note: format!("back-off {length}"),
            })
        })
        .min_by_key(|deadline| deadline.at)
    })
}

/// SIGKILL at the end of the grace period, while a container still runs.
fn kill(runtime: &PodRuntime, now: SimTime) -> Option<Deadline> {
    let grace = runtime.grace?;
    let stops = runtime
        .containers
        .iter()
        .filter_map(|container| container.stop);
    let at = stops
        .filter_map(|stop| stop.sigkill_at)
        .max()
        .unwrap_or(grace.started + grace.length);
    (at > now).then(|| Deadline {
        kind: CountdownKind::Kill,
        since: grace.started,
        at,
        text: "SIGKILL".to_owned(),
        note: format!("grace period {}", time::words(grace.length)),
    })
}

/// How a deadline counts down.
#[must_use]
pub fn countdown(deadline: &Deadline, now: SimTime) -> Countdown {
    let left = deadline.at.since(now);
    let whole = deadline
        .at
        .since(deadline.since)
        .max(Duration::from_micros(1));
    let (remaining_text, unit) = time::dial(left);
    let what = match deadline.kind {
        CountdownKind::Restart => "restarts",
        CountdownKind::ImagePull => "pulls the image again",
        CountdownKind::Kill => "SIGKILL",
        CountdownKind::Eviction => "evicted",
    };
    Countdown {
        kind: deadline.kind,
        label: format!("{what} in {}", time::words(left)).into(),
        remaining_text,
        unit,
        percent_left: time::percent(left, whole),
    }
}
