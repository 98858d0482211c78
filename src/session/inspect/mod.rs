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
use super::view::inspector::{Body, Crumb, Details, Inspector, Presence, Story, Tab};
use super::view::{ObjectKey, State};

/// The right panel for a selection.
#[must_use]
pub fn inspector(scene: &Scene, selected: Option<&ObjectKey>, tab: Tab) -> Inspector {
    let Some(key) = selected else {
        return Inspector::Overview(overview::overview(scene));
    };
    Inspector::Object(Box::new(match names::find(scene.world, key) {
        Some(object) => details(scene, object, tab),
        None => absent(scene, key, tab),
    }))
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
        presence: Presence::There,
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

/// An object that is not there at this moment: what came before is told, and nothing that depends on what was
/// looked at before.
fn absent(scene: &Scene, key: &ObjectKey, tab: Tab) -> Details {
    let api_key = names::api_key(key);
    let (presence, state, status) = if is_to_come(scene, key, api_key.as_ref()) {
        (Presence::NotYet, State::Pending, "not created yet")
    } else {
        (Presence::Gone, State::Done, "deleted")
    };
    let body = match (api_key, tab) {
        (Some(key), Tab::Events) => Body::Events(body::events(scene, &key, None)),
        (Some(key), _) if presence == Presence::Gone => {
            Body::Story(story::story(scene, &key, status, Vec::new()))
        }
        _ => Body::Story(Story::default()),
    };
    Details {
        key: key.clone(),
        crumbs: vec![Crumb {
            kind: key.kind.clone(),
            key: Some(key.clone()),
        }],
        state,
        status: status.into(),
        presence,
        facts: Vec::new(),
        countdown: None,
        countdown_note: "".into(),
        conditions: Vec::new(),
        containers: Vec::new(),
        tabs: vec![Tab::Story, Tab::Events],
        body,
        can_delete: false,
    }
}

/// Whether nothing has happened to an object up to now, as far as the record reaches back.
fn is_to_come(scene: &Scene, key: &ObjectKey, api_key: Option<&ApiKey>) -> bool {
    let record = scene.record;
    match (record.lane(&key.uid), api_key) {
        (Some(lane), _) => lane.born > scene.now(),
        (None, Some(key)) => {
            !record.is_thinned() && record.steps_about(key, scene.now()).next().is_none()
        }
        (None, None) => false,
    }
}
