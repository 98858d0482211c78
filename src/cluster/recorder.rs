//! The event recorder that every component has: it writes `v1 Event` objects and counts repetitions.

use std::collections::BTreeMap;

use crate::api::core::{EventSource, ObjectReference};
use crate::api::meta::ObjectMeta;
use crate::api::{Event, Object, ObjectKey, Resource};

use super::Context;

/// Records events of one component on one host.
#[derive(Clone, Debug)]
pub struct Recorder {
    component: &'static str,
    host: String,
    recorded: BTreeMap<Identity, String>,
}

/// client-go's EventCorrelator: events equal in all of this are one event with a count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    uid: String,
    field_path: Option<String>,
    warning: bool,
    reason: &'static str,
    message: String,
}

/// An event to record.
#[derive(Clone, Debug)]
pub struct Occurrence<'a> {
    /// The object that it is about.
    pub about: &'a Object,
    /// `spec.containers{main}`, if it is about a container.
    pub field_path: Option<String>,
    /// Whether the type is `Warning` rather than `Normal`.
    pub warning: bool,
    /// The reason.
    pub reason: &'static str,
    /// The message.
    pub message: String,
}

impl Recorder {
    /// A recorder for a component; `host` is the node's name for kubelets, else empty.
    #[must_use]
    pub fn new(component: &'static str, host: &str) -> Self {
        Self {
            component,
            host: host.to_owned(),
            recorded: BTreeMap::new(),
        }
    }

    /// Writes the event, or raises the count of the one that says the same.
    pub fn record(&mut self, occurrence: Occurrence, context: &mut Context) {
        let identity = Identity {
            uid: occurrence.about.uid().to_owned(),
            field_path: occurrence.field_path.clone(),
            warning: occurrence.warning,
            reason: occurrence.reason,
            message: occurrence.message.clone(),
        };
        if let Some(name) = self.recorded.get(&identity) {
            if count_once_more(name, occurrence.about, context) {
                return;
            }
        }
        let event = self.new_event(&occurrence, context);
        let name = event.name().to_owned();
        // The server refuses events only in namespaces that are going away; kubelets drop those too.
        if context
            .api
            .create(event.into_object(), context.moment())
            .is_ok()
        {
            self.recorded.insert(identity, name);
        }
    }

    fn new_event(&self, occurrence: &Occurrence, context: &Context) -> Event {
        let about = occurrence.about;
        // Cluster-scoped objects have their events in `default`.
        let namespace = if about.namespace().is_empty() {
            "default"
        } else {
            about.namespace()
        };
        // client-go: the name ends in the nanoseconds of the first occurrence, in hex. Distinct
        // events of one microsecond differ by the store's version.
        let nanos = context
            .api
            .clock()
            .unix_micros(context.now)
            .wrapping_mul(1_000)
            + i64::try_from(context.api.store().version() % 1_000).unwrap_or(0);
        let now = context.api.clock().time(context.now);
        let meta = ObjectMeta {
            name: Some(format!("{}.{nanos:x}", about.name())),
            namespace: Some(namespace.to_owned()),
            ..Default::default()
        };
        let host = Some(self.host.clone()).filter(|host| !host.is_empty());
        let body = crate::api::core::Event {
            count: Some(1),
            first_timestamp: Some(now.clone()),
            last_timestamp: Some(now),
            involved_object: reference(about, occurrence.field_path.clone()),
            message: Some(occurrence.message.clone()),
            reason: Some(occurrence.reason.to_owned()),
            reporting_component: Some(self.component.to_owned()),
            reporting_instance: host.clone(),
            source: Some(EventSource {
                component: Some(self.component.to_owned()),
                host,
            }),
            type_: Some(
                if occurrence.warning {
                    "Warning"
                } else {
                    "Normal"
                }
                .to_owned(),
            ),
            ..Default::default()
        };
        Event::new(meta, body, ())
    }
}

/// A reference to an object, as events carry it.
fn reference(about: &Object, field_path: Option<String>) -> ObjectReference {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ObjectReference {
        api_version: Some(about.kind().api_version()),
        kind: Some(about.kind().name().to_owned()),
        name: filled(about.name()),
        namespace: filled(about.namespace()),
        resource_version: Some(about.version().to_string()),
        uid: filled(about.uid()),
        field_path,
    }
}

/// Raises the count of a stored event; false if it is gone.
fn count_once_more(name: &str, about: &Object, context: &mut Context) -> bool {
    let namespace = if about.namespace().is_empty() {
        "default"
    } else {
        about.namespace()
    };
    let key = ObjectKey::new(crate::api::Kind::Event, namespace, name);
    let Some(event) = context.api.get::<Event>(&key.namespace, &key.name) else {
        return false;
    };
    let mut event = event.clone();
    let now = context.api.clock().time(context.now);
    let body = event.spec_mut();
    body.count = Some(body.count.unwrap_or(1) + 1);
    body.last_timestamp = Some(now);
    context
        .api
        .update(event.into_object(), context.moment())
        .is_ok()
}
