//! `kubectl describe`: one page about one object.

mod cluster;
mod container;
mod controllers;
mod events;
mod network;
mod node;
mod pod;
mod sheet;
mod volume;
mod workload;

use crate::api::meta::Time;
use crate::api::{Object, timestamp};

use super::flags::{Flag, switch, value};
use super::get::Objects;
use super::{Arguments, Failure, Output, get};
use sheet::Sheet;

pub(super) const FLAGS: &[Flag] = &[
    value("selector", Some('l')),
    switch("all-namespaces", Some('A')),
    Flag {
        name: "show-events",
        letter: None,
        takes: super::flags::Takes::Optional("true"),
    },
];

/// The page about an object, with its events.
#[must_use]
pub fn describe(object: &Object, objects: &impl Objects) -> String {
    page(object, objects, true)
}

/// Runs `kubectl describe` with the words behind `describe`.
///
/// # Errors
/// As kubectl: an unknown resource type, no such object.
/// A pod template as `rollout history` shows it: with tabs that nobody lays out.
pub(super) fn template(template: &crate::api::core::PodTemplateSpec) -> String {
    let mut sheet = Sheet::default();
    pod::template(Some(template), &mut sheet);
    sheet.raw()
}

pub(super) fn run(
    arguments: &Arguments,
    objects: &impl Objects,
    output: &mut Output,
) -> Result<(), Failure> {
    let (found, failure) = get::select(arguments, objects)?;
    // cmd/describe: events are shown for a single object only, unless asked for.
    let with_events = found.len() == 1 && arguments.get("show-events") != Some("false");
    let pages: Vec<String> = found
        .iter()
        .map(|object| page(object, objects, with_events))
        .collect();
    output.stdout.push_str(&pages.join("\n\n"));
    match failure {
        Some(failure) => return Err(failure),
        None if found.is_empty() => {
            let namespace = arguments.namespace();
            output
                .stderr
                .push_str(&format!("No resources found in {namespace} namespace.\n"));
        }
        None => {}
    }
    Ok(())
}

fn page(object: &Object, objects: &impl Objects, with_events: bool) -> String {
    let mut sheet = Sheet::default();
    match object {
        Object::Pod(pod) => pod::describe(pod, objects, &mut sheet),
        Object::Deployment(deployment) => workload::deployment(deployment, objects, &mut sheet),
        Object::ReplicaSet(set) => workload::replica_set(set, objects, &mut sheet),
        Object::Service(service) => network::service(service, objects, &mut sheet),
        Object::EndpointSlice(slice) => network::endpoint_slice(slice, &mut sheet),
        Object::Node(node) => node::describe(node, objects, &mut sheet),
        _ => {
            let known = controllers::describe(object, objects, &mut sheet)
                || cluster::describe(object, objects, &mut sheet);
            if !known {
                rest(object, objects, &mut sheet);
            }
        }
    }
    // kubectl shows no events for these.
    let silent = matches!(
        object,
        Object::Secret(_)
            | Object::Namespace(_)
            | Object::Event(_)
            | Object::ResourceQuota(_)
            | Object::LimitRange(_)
    );
    if with_events && !silent {
        events::describe(object, objects, &mut sheet);
    }
    sheet.text()
}

/// Objects that are little more than their metadata, below their name.
fn rest(object: &Object, objects: &impl Objects, sheet: &mut Sheet) {
    sheet.labels(0, "Labels", object.meta().labels.as_ref());
    sheet.annotations(0, "Annotations", object.meta().annotations.as_ref());
    match object {
        Object::ConfigMap(map) => {
            sheet.lines(0, "\nData\n====");
            for (key, value) in map.spec.data.iter().flatten() {
                sheet.lines(0, &format!("{key}:\n----\n{value}\n"));
            }
            sheet.lines(0, "\nBinaryData\n====");
            for (key, value) in map.spec.binary_data.iter().flatten() {
                sheet.line(0, format!("{key}: {} bytes", value.0.len()));
            }
            sheet.line(0, "");
        }
        Object::Secret(secret) => {
            sheet.lines(
                0,
                &format!(
                    "\nType:\t{}",
                    secret.spec.type_.as_deref().unwrap_or_default()
                ),
            );
            sheet.lines(0, "\nData\n====");
            for (key, value) in secret.spec.data.iter().flatten() {
                sheet.line(0, format!("{key}:\t{} bytes", value.0.len()));
            }
        }
        Object::Namespace(namespace) => {
            sheet.line(
                0,
                format!(
                    "Status:\t{}",
                    namespace.status.phase.as_deref().unwrap_or_default()
                ),
            );
            cluster::of_namespace(namespace.name(), objects, sheet);
        }
        _ => {}
    }
}

/// `Sat, 21 Nov 2026 17:55:10 +0000`; kubectl's zero time where there is none.
fn date(time: Option<&Time>) -> String {
    let Some(time) = time else {
        return "Mon, 01 Jan 0001 00:00:00 +0000".to_owned();
    };
    timestamp::rfc_1123(time.0)
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// `ReplicaSet/web-5d4f`, of an object that has a controller.
fn controlled_by(object: &crate::api::meta::ObjectMeta, sheet: &mut Sheet) {
    if let Some(owner) = crate::api::owner::controller_of(object) {
        sheet.line(0, format!("Controlled By:\t{}/{}", owner.kind, owner.name));
    }
}
