//! Clock, speed and what comes next.

use std::time::Duration;

use crate::api::Pod;
use crate::history::History;
use crate::kernel::SimTime;

use super::cell;
use super::names;
use super::pace::Pace;
use super::scene::Scene;
use super::time::{self, EPOCH, to_screen};
use super::view::transport::Transport;

/// With more pods than this nobody asks which of them is next.
const MOST_PODS: usize = 60;

/// The bar under the stage.
#[must_use]
pub fn transport(history: &History, scene: &Scene, pace: &Pace) -> Transport {
    let now = history
        .seeking()
        .map_or(history.now(), |target| target.min(history.head_time()));
    let behind = history.head_time().since(now);
    Transport {
        now: to_screen(now),
        head: to_screen(history.head_time()),
        playing: pace.playing,
        speed: pace.speed,
        next_event: if pace.playing {
            "".into()
        } else {
            next(scene).unwrap_or_default().into()
        },
        can_step: true,
        can_step_back: now > EPOCH,
        behind: (!behind.is_zero()).then(|| {
            let by = time::clock(EPOCH + behind);
            format!("{by} behind the newest moment").into()
        }),
        lagging: pace.lagging,
    }
}

/// The next thing that is certain to happen to a pod, in words.
fn next(scene: &Scene) -> Option<String> {
    let now = scene.now();
    let mut earliest: Option<(SimTime, String)> = None;
    let mut offer = |at: SimTime, what: &dyn Fn() -> String| {
        if at > now && earliest.as_ref().is_none_or(|(first, _)| at < *first) {
            earliest = Some((at, what()));
        }
    };
    if scene.world.api().list::<Pod>(None).nth(MOST_PODS).is_some() {
        return None;
    }
    for pod in scene.world.api().list::<Pod>(None) {
        let Some(runtime) = scene.runtime(pod) else {
            continue;
        };
        let name = || names::split_name(pod).1;
        if let Some(deadline) = cell::deadline(&runtime, now) {
            offer(deadline.at, &|| format!("{} on {}", deadline.text, name()));
        }
        for probe in runtime
            .containers
            .iter()
            .flat_map(|container| &container.probes)
        {
            if let Some(at) = probe.next_at {
                let word = format!("{:?}", probe.probe).to_ascii_lowercase();
                offer(at, &|| format!("{word} probe on {}", name()));
            }
        }
    }
    let (at, what) = earliest?;
    let left = Duration::from_millis(at.since(now).as_millis().try_into().unwrap_or(u64::MAX));
    Some(format!("next: {what} in {}", time::tenths(left)))
}
