//! The Inspector: all about what is selected.

mod body;
mod overview;
mod pod;
mod scheduling;
mod story;
mod workload;

use crate::api::{Object, ObjectKey as ApiKey};

use super::names;
use super::scene::Scene;
use super::source::controller;
use super::view::inspector::{Crumb, Details, Inspector, Tab};
use super::view::{ObjectKey, State};

/// The right panel for a selection. `last` is what was shown before: the story of an object that is
/// gone stays readable.
#[must_use]
pub fn inspector(
    scene: &Scene,
    selected: Option<&ObjectKey>,
    tab: Tab,
    last: &Inspector,
) -> Inspector {
    let Some(key) = selected else {
        return Inspector::Overview(overview::overview(scene));
    };
    match names::find(scene.world, key) {
        Some(object) => Inspector::Object(Box::new(details(scene, object, tab))),
        None => gone(scene, key, tab, last),
    }
}

/// What differs between kinds.
struct Head {
    state: State,
    status: String,
    facts: Vec<super::view::inspector::Fact>,
}

fn details(scene: &Scene, object: &Object, tab: Tab) -> Details {
    let tabs = tabs(object);
    let tab = if tabs.contains(&tab) { tab } else { Tab::Story };
    let key = names::key_of(object);
    let head = match object {
        Object::Pod(pod) => pod::head(scene, pod),
        _ => workload::head(scene, object),
    };
    let deadline = match object {
        Object::Pod(pod) => pod::deadline(scene, pod),
        _ => None,
    };
    let (countdown, countdown_note) = deadline.unzip();
    Details {
        crumbs: crumbs(scene, object),
        conditions: workload::conditions(object),
        containers: match object {
            Object::Pod(pod) => pod::containers(scene, pod),
            _ => Vec::new(),
        },
        body: body::body(scene, object, tab, &head.status),
        exists: true,
        can_delete: !matches!(object, Object::Namespace(_) | Object::Node(_)),
        state: head.state,
        status: head.status.into(),
        facts: head.facts,
        countdown,
        countdown_note: countdown_note.unwrap_or_default(),
        tabs,
        key,
    }
}

fn tabs(object: &Object) -> Vec<Tab> {
    match object {
        Object::Pod(_) => vec![
            Tab::Story,
            Tab::Node,
            Tab::Describe,
            Tab::Yaml,
            Tab::Events,
            Tab::Logs,
            Tab::Files,
        ],
        _ => vec![Tab::Story, Tab::Describe, Tab::Yaml, Tab::Events],
    }
}

/// Its owners, outermost first, and itself.
fn crumbs(scene: &Scene, object: &Object) -> Vec<Crumb> {
    let mut crumbs = vec![Crumb {
        kind: object.kind().name().into(),
        key: Some(names::key_of(object)),
    }];
    let mut next = controller(object);
    // Ownership is at most three deep (Deployment, ReplicaSet, Pod; CronJob, Job, Pod).
    for _ in 0..4 {
        let Some(key) = next.take() else { break };
        let owner = scene.world.api().store().get(&key);
        crumbs.push(Crumb {
            kind: key.kind.name().into(),
            key: owner.map(names::key_of),
        });
        next = owner.and_then(controller);
    }
    crumbs.reverse();
    crumbs
}

/// An object that is gone: what was last shown of it, with its story up to its end.
fn gone(scene: &Scene, key: &ObjectKey, tab: Tab, last: &Inspector) -> Inspector {
    let lane = scene.record.lane(&key.uid);
    let not_yet = lane.is_some_and(|lane| lane.born > scene.now());
    let mut details = match last {
        Inspector::Object(details) if details.key == *key => details.as_ref().clone(),
        _ => blank(key),
    };
    if not_yet {
        // What was shown of it is yet to come.
        details.body = blank(key).body;
    }
    details.exists = false;
    details.state = if not_yet { State::Pending } else { State::Done };
    details.status = if not_yet {
        "not created yet"
    } else {
        "deleted"
    }
    .into();
    details.countdown = None;
    details.countdown_note = "".into();
    details.can_delete = false;
    if let Some(key) = names::api_key(key)
        && (tab == Tab::Story || details.body.tab() != tab)
    {
        details.body = gone_body(scene, &key, tab, details.body);
    }
    Inspector::Object(Box::new(details))
}

fn gone_body(
    scene: &Scene,
    key: &ApiKey,
    tab: Tab,
    last: super::view::inspector::Body,
) -> super::view::inspector::Body {
    use super::view::inspector::Body;
    match tab {
        Tab::Story => Body::Story(story::story(scene, key, "deleted", Vec::new())),
        Tab::Events => Body::Events(body::events(scene, key, None)),
        _ if last.tab() == tab => last,
        Tab::Node => Body::Node(Default::default()),
        Tab::Describe => Body::Describe("".into()),
        Tab::Yaml => Body::Yaml("".into()),
        Tab::Logs => Body::Logs(Vec::new()),
        Tab::Files => Body::Files(Vec::new()),
    }
}

fn blank(key: &ObjectKey) -> Details {
    Details {
        key: key.clone(),
        crumbs: vec![Crumb {
            kind: key.kind.clone(),
            key: Some(key.clone()),
        }],
        state: State::Done,
        status: "deleted".into(),
        exists: false,
        facts: Vec::new(),
        countdown: None,
        countdown_note: "".into(),
        conditions: Vec::new(),
        containers: Vec::new(),
        tabs: vec![Tab::Story, Tab::Events],
        body: super::view::inspector::Body::Story(Default::default()),
        can_delete: false,
    }
}
