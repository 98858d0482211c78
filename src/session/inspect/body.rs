//! What the open tab of the inspector shows.

use crate::api::{Event, Object, ObjectKey, Pod};
use crate::kubectl::get::Objects;
use crate::kubectl::{age, describe, yaml};
use crate::session::cell;
use crate::session::scene::Scene;
use crate::session::time::clock_seconds;
use crate::session::view::inspector::{Body, EventRow, FileText, Forecast, Tab};

use super::{scheduling, story};

/// How many lines of a log are shown; `kubectl logs` has the rest.
const MOST_LOG_LINES: usize = 500;

/// The open tab; only that one is built.
pub(super) fn body(scene: &Scene, object: &Object, tab: Tab, status: &str) -> Body {
    match tab {
        Tab::Story => Body::Story(story::story(
            scene,
            &object.key(),
            status,
            forecast(scene, object),
        )),
        other => of_tab(scene, object, other),
    }
}

/// The tabs beside the story. They are entered here alone, because their code is loaded with the first of them.
#[inline(never)]
fn of_tab(scene: &Scene, object: &Object, tab: Tab) -> Body {
    let key = object.key();
    match tab {
        Tab::Node => Body::Node(scheduling::of_object(scene, object)),
        Tab::Yaml => Body::Yaml(yaml::print(&scene.world.json(object)).into()),
        Tab::Events => Body::Events(events(scene, &key, Some(object.uid()))),
        Tab::Logs => Body::Logs(of_containers(object, |pod, name| logs(scene, pod, name))),
        Tab::Files => Body::Files(of_containers(object, |pod, name| files(scene, pod, name))),
        // The story is told elsewhere.
        Tab::Story | Tab::Describe => {
            Body::Describe(describe::describe(object, scene.world).into())
        }
    }
}

/// Texts of each container of a pod, init containers first.
fn of_containers(object: &Object, texts: impl Fn(&Pod, &str) -> Vec<FileText>) -> Vec<FileText> {
    let Object::Pod(pod) = object else {
        return Vec::new();
    };
    let init = pod.spec.init_containers.iter().flatten();
    let containers = init.chain(&pod.spec.containers);
    containers
        .flat_map(|container| texts(pod, &container.name))
        .collect()
}

/// The log of a container's newest instance, and of the one before if that one has crashed.
fn logs(scene: &Scene, pod: &Pod, container: &str) -> Vec<FileText> {
    let kubelet = scene
        .world
        .kubelet(pod.spec.node_name.as_deref().unwrap_or_default());
    let read = |previous: bool| {
        let lines = kubelet?.log(&pod.key(), container, previous)?;
        let newest = lines.len().saturating_sub(MOST_LOG_LINES);
        let mut text = String::new();
        for line in &lines[newest..] {
            text.push_str(&line.text);
            text.push('\n');
        }
        Some(text)
    };
    let named = |name: String, text: String| FileText {
        name: name.into(),
        text: text.into(),
    };
    let now = read(false).map(|text| named(container.to_owned(), text));
    let before = read(true).filter(|text| !text.is_empty());
    let before = before.map(|text| named(format!("{container}, previous"), text));
    now.into_iter().chain(before).collect()
}

/// The files that the kubelet made for a container. Those of the network are the same for all.
fn files(scene: &Scene, pod: &Pod, container: &str) -> Vec<FileText> {
    let kubelet = scene
        .world
        .kubelet(pod.spec.node_name.as_deref().unwrap_or_default());
    let Some(kubelet) = kubelet else {
        return Vec::new();
    };
    let is_only = pod.spec.containers.len() == 1 && pod.spec.init_containers.is_none();
    let is_first = pod
        .spec
        .containers
        .first()
        .is_some_and(|first| first.name == container);
    kubelet
        .files(&pod.key(), container)
        .into_iter()
        .filter(|file| is_first || !file.path.starts_with("/etc/"))
        .map(|file| FileText {
            name: if is_only || file.path.starts_with("/etc/") {
                file.path
            } else {
                format!("{container}: {}", file.path).into()
            },
            text: file.text,
        })
        .collect()
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
