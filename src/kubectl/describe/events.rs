//! The `Events:` part of a page.

use crate::api::meta::Time;
use crate::api::{Event, Kind, Object};
use crate::kubectl::age;
use crate::kubectl::get::Objects;

use super::sheet::Sheet;

/// The events about an object, oldest last occurrence first.
pub(super) fn describe(object: &Object, objects: &impl Objects, sheet: &mut Sheet) {
    let namespace = if object.namespace().is_empty() {
        "default"
    } else {
        object.namespace()
    };
    let all = objects.list(Kind::Event, Some(namespace));
    let about = |event: &&Event| {
        let involved = &event.spec.involved_object;
        involved.name.as_deref() == Some(object.name())
            && involved.kind.as_deref() == Some(object.kind().name())
            // Events about nodes carry the node's name as uid.
            && (involved.uid.as_deref() == Some(object.uid()) || object.kind() == Kind::Node)
    };
    let mut events: Vec<&Event> = all
        .iter()
        .filter_map(Object::typed::<Event>)
        .filter(about)
        .collect();
    if events.is_empty() {
        sheet.line(0, "Events:\t<none>");
        return;
    }
    events.sort_by_cached_key(|event| event.spec.last_timestamp.clone());
    sheet.flush();
    let now = objects.now_unix_micros();
    sheet.lines(
        0,
        "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------",
    );
    for event in events {
        let body = &event.spec;
        let source = body
            .source
            .as_ref()
            .and_then(|source| source.component.clone());
        let source = source
            .filter(|source| !source.is_empty())
            .or_else(|| body.reporting_component.clone());
        let message = body.message.as_deref().unwrap_or_default().trim();
        let message = match body
            .involved_object
            .field_path
            .as_deref()
            .unwrap_or_default()
        {
            "" => message.to_owned(),
            path => format!("{path}: {message}"),
        };
        let (type_, reason) = (
            body.type_.as_deref().unwrap_or_default(),
            body.reason.as_deref().unwrap_or_default(),
        );
        let (interval, source) = (interval(event, now), source.unwrap_or_default());
        sheet.line(
            1,
            format!("{type_}\t{reason}\t{interval}\t{source}\t{message}"),
        );
    }
}

/// `12s`, or `12s (x3 over 60s)`.
fn interval(event: &Event, now_unix_micros: i64) -> String {
    let body = &event.spec;
    let since = |time: Option<&Time>| age::since(time, now_unix_micros);
    let event_time = body.event_time.as_ref().map(|time| Time(time.0));
    let first = since(event_time.as_ref().or(body.first_timestamp.as_ref()));
    match (&body.series, body.count) {
        (Some(series), _) => {
            let last = series.last_observed_time.as_ref().map(|time| Time(time.0));
            format!(
                "{} (x{} over {first})",
                since(last.as_ref()),
                series.count.unwrap_or(1)
            )
        }
        (None, Some(count)) if count > 1 => {
            format!(
                "{} (x{count} over {first})",
                since(body.last_timestamp.as_ref())
            )
        }
        _ => first,
    }
}
