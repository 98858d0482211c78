//! The story of an object: the chain of causes, newest first, and what is certain to come.

use crate::api::ObjectKey;
use crate::cluster::Actor as Who;
use crate::history::{Cause, causes};
use crate::session::scene::Scene;
use crate::session::time::clock;
use crate::session::view::Text;
use crate::session::view::inspector::{Actor, Forecast, Story, StoryStep};

/// How many steps are told.
const MOST_STEPS: usize = 8;

/// Why the object is as it is.
pub(super) fn story(
    scene: &Scene,
    key: &ObjectKey,
    status: &str,
    forecast: Vec<Forecast>,
) -> Story {
    let all = causes(scene.record, key, scene.now());
    let mut steps: Vec<StoryStep> = all
        .iter()
        .take(MOST_STEPS)
        .map(|cause| step(scene, cause))
        .collect();
    // What the user did is where it all began: it stays in sight.
    if let Some(root) = all.last().filter(|_| all.len() > MOST_STEPS)
        && matches!(root.entry.what.actor, Who::User | Who::Fault)
    {
        steps.truncate(MOST_STEPS - 1);
        steps.push(step(scene, root));
    }
    Story {
        question: format!("Why {status}?").into(),
        steps,
        forecast,
    }
}

fn step(scene: &Scene, cause: &Cause) -> StoryStep {
    let (entry, step) = (cause.entry, &cause.entry.what);
    let (actor, actor_text) = actor(&step.actor);
    let time = if cause.since < entry.at {
        format!("{} – {}", clock(cause.since), clock(entry.at)).into()
    } else {
        clock(entry.at)
    };
    let mut text = scene.tell(step);
    if cause.count > 1 {
        text = text.text(format!(" ({} times)", cause.count));
    }
    StoryStep {
        actor,
        actor_text,
        time,
        text,
    }
}

/// Who acts, and in words.
fn actor(who: &Who) -> (Actor, Text) {
    match who {
        Who::User => (Actor::You, "you".into()),
        Who::Fault => (Actor::You, "you, a fault".into()),
        Who::ApiServer => (Actor::ApiServer, "API server".into()),
        Who::Scheduler => (Actor::Scheduler, "scheduler".into()),
        Who::Controller(name) => (Actor::Controller, (*name).into()),
        Who::Kubelet(node) => (Actor::Kubelet, format!("kubelet, {node}").into()),
        Who::Probe(node) => (Actor::Probe, format!("probe, {node}").into()),
        Who::Container(node) => (Actor::Container, format!("container, {node}").into()),
        Who::Registry => (Actor::Kubelet, "image registry".into()),
    }
}
