//! The grace period of a pod that is being deleted.

use crate::api::Pod;
use crate::cluster::kubelet::inspect::PodRuntime;
use crate::session::scene::Scene;
use crate::session::time;
use crate::session::view::stage::{Grace, GraceMark};

/// The bar of the grace period; `None` until the kubelet has begun to stop the pod.
#[must_use]
pub fn grace(scene: &Scene, pod: &Pod, runtime: &PodRuntime) -> Option<Grace> {
    let (period, now) = (runtime.grace?, scene.now());
    let used = now.since(period.started).min(period.length);
    let place =
        |moment: crate::kernel::SimTime| time::percent(moment.since(period.started), period.length);
    let mut marks = Vec::new();
    let mut next = String::new();
    let end = period.started + period.length;
    for container in &runtime.containers {
        let Some(stop) = container.stop else { continue };
        let hook = container.hook.filter(|hook| hook.is_pre_stop);
        if marks.is_empty() && (hook.is_some() || stop.pre_stop_done_at.is_some()) {
            marks.push(GraceMark {
                label: "preStop".into(),
                percent: place(stop.since),
            });
        }
        if let Some(until) = hook
            .and_then(|hook| hook.until)
            .filter(|until| *until > now && *until < end)
        {
            marks.push(GraceMark {
                label: "SIGTERM".into(),
                percent: place(until),
            });
            next = format!("SIGTERM in {}", time::tenths(until.since(now)));
        }
        let sent = marks.iter().any(|mark| mark.label.as_ref() == "SIGTERM");
        if let Some(at) = stop.sigterm_at.filter(|_| !sent) {
            marks.push(GraceMark {
                label: "SIGTERM".into(),
                percent: place(at),
            });
        }
    }
    marks.push(GraceMark {
        label: "SIGKILL".into(),
        percent: 100,
    });
    if next.is_empty() {
        next = if end > now {
            format!("SIGKILL in {}", time::tenths(end.since(now)))
        } else {
            "the kubelet cleans up".to_owned()
        };
    }
    Some(Grace {
        marks,
        percent: time::percent(used, period.length),
        used: format!(
            "{} of {} used",
            time::tenths(used),
            time::tenths(period.length)
        )
        .into(),
        next: next.into(),
        link: scene.link(pod, "spec.terminationGracePeriodSeconds"),
    })
}
