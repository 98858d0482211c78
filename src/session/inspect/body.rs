//! What the open tab of the inspector shows.

use crate::api::{Event, Object, ObjectKey};
use crate::kubectl::{age, yaml};
use crate::session::cell;
use crate::session::scene::Scene;
use crate::session::time::clock_seconds;
use crate::session::view::inspector::{Body, EventRow, Forecast, Tab};

use super::story;

/// The open tab; only that one is built.
pub(super) fn body(scene: &Scene, object: &Object, tab: Tab, status: &str) -> Body {
    let key = object.key();
    match tab {
        Tab::Story => Body::Story(story::story(scene, &key, status, forecast(scene, object))),
        Tab::Describe => Body::Describe("".into()),
        Tab::Yaml => Body::Yaml(yaml::print(&object.to_json()).into()),
        Tab::Events => Body::Events(events(scene, &key, Some(object.uid()))),
        Tab::Logs => Body::Logs(Vec::new()),
        Tab::Files => Body::Files(Vec::new()),
    }
}

/// What is certain to come if nothing changes.
fn forecast(scene: &Scene, object: &Object) -> Vec<Forecast> {
    let Object::Pod(pod) = object else {
        return Vec::new();
    };
    let runtime = scene.runtime(pod);
    let deadline = runtime.and_then(|runtime| cell::deadline(&runtime, scene.now()));
    deadline
        .map(|deadline| Forecast {
            time: clock_seconds(deadline.at),
            text: deadline.text.into(),
        })
        .into_iter()
        .collect()
}

/// The Events about an object, oldest first, as `kubectl describe` lists them; without a uid those of
/// all objects of that name.
pub(super) fn events(scene: &Scene, key: &ObjectKey, uid: Option<&str>) -> Vec<EventRow> {
    let namespace = if key.namespace.is_empty() {
        "default"
    } else {
        &key.namespace
    };
    let mut events: Vec<&Event> = scene
        .world
        .api()
        .list::<Event>(Some(namespace))
        .filter(|event| {
            let about = &event.spec.involved_object;
            about.kind.as_deref() == Some(key.kind.name())
                && about.name.as_deref() == Some(&key.name)
                && uid.is_none_or(|uid| {
                    about
                        .uid
                        .as_deref()
                        .is_none_or(|about| about == uid || about == key.name.as_ref())
                })
        })
        .collect();
    // kubectl: sorted by the last time that they happened.
    events.sort_by_key(|event| (event.spec.last_timestamp.clone(), event.version));
    let now = scene.unix_micros();
    events.into_iter().map(|event| row(event, now)).collect()
}

fn row(event: &Event, now: i64) -> EventRow {
    let body = &event.spec;
    let last = age::since(body.last_timestamp.as_ref(), now);
    let count = body.count.unwrap_or(1);
    let age = if count > 1 {
        let first = age::since(body.first_timestamp.as_ref(), now);
        format!("{last} (x{count} over {first})")
    } else {
        last
    };
    let source = body.source.as_ref();
    let from = source
        .and_then(|source| source.component.as_deref())
        .or(body.reporting_component.as_deref());
    EventRow {
        is_warning: body.type_.as_deref() == Some("Warning"),
        reason: body.reason.as_deref().unwrap_or_default().into(),
        age: age.into(),
        from: from.unwrap_or_default().into(),
        message: body.message.as_deref().unwrap_or_default().trim().into(),
    }
}
