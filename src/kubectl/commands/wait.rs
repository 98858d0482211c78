//! `kubectl wait --for=…`.

use std::time::Duration;

use serde_json::Value;

use crate::api::ObjectKey;
use crate::apiserver::Status;
use crate::cluster::Client;
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::get::jsonpath::Template;
use crate::kubectl::{Arguments, Failure, Output, targets};

use super::logs::duration;

pub(super) const FLAGS: &[Flag] = &[
    value("for", None),
    value("timeout", None),
    value("selector", Some('l')),
    switch("all", None),
];

/// How often it looks.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// What is waited for.
enum For {
    Delete,
    Create,
    /// A condition and the status that it is to have.
    Condition(String, String),
    /// A value, or any.
    Path(Template, Option<String>),
}

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let wanted = parse(arguments.get("for").unwrap_or_default())?;
    let text = arguments.get("timeout").unwrap_or("30s");
    let Some(timeout) = duration(text) else {
        return Failure::usage(format!(
            "invalid argument {text:?} for \"--timeout\" flag: time: invalid duration {text:?}\n\
             See 'kubectl wait --help' for usage."
        ));
    };
    let keys = targets::resolve(&arguments.words, arguments, client)?;
    if keys.is_empty() {
        return match wanted {
            For::Delete => Ok(()),
            _ => Failure::usage("no matching resources found"),
        };
    }
    let mut failed = None;
    for key in keys {
        match until(&wanted, &key, timeout, client) {
            Ok(()) => {
                let label = targets::label(&key);
                output.stdout.push_str(&format!("{label} condition met\n"));
            }
            Err(failure) => {
                failed.get_or_insert(failure);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn until(
    wanted: &For,
    key: &ObjectKey,
    timeout: Duration,
    client: &mut impl Client,
) -> Result<(), Failure> {
    let mut left = timeout;
    loop {
        let object = client.world().api().store().get(key);
        match (wanted, object) {
            (For::Delete, None) | (For::Create, Some(_)) => return Ok(()),
            (For::Delete, Some(_)) | (For::Create, None) => {}
            (_, None) => return Err(Status::not_found(key.kind, &key.name).into()),
            (_, Some(object)) if holds(wanted, &object.to_json()) => return Ok(()),
            _ => {}
        }
        if left.is_zero() || !client.advance(LOOK) {
            let place = format!("{}/{}", key.kind.info().plural, key.name);
            return Failure::usage(format!("timed out waiting for the condition on {place}"));
        }
        left = left.saturating_sub(LOOK);
    }
}

fn holds(wanted: &For, object: &Value) -> bool {
    match wanted {
        For::Condition(name, status) => {
            let conditions = object["status"]["conditions"].as_array();
            let is = |one: &Value, field: &str, text: &str| {
                one[field]
                    .as_str()
                    .is_some_and(|own| own.eq_ignore_ascii_case(text))
            };
            let generation = object["metadata"]["generation"].as_i64();
            conditions.into_iter().flatten().any(|one| {
                let observed = one["observedGeneration"].as_i64();
                let stale = observed
                    .zip(generation)
                    .is_some_and(|(seen, now)| seen < now);
                is(one, "type", name) && is(one, "status", status) && !stale
            })
        }
        For::Path(path, value) => {
            let found = path.values(object);
            match value {
                Some(value) => found.first() == Some(value),
                None => found.iter().any(|one| !one.is_empty()),
            }
        }
        For::Delete | For::Create => false,
    }
}

fn parse(text: &str) -> Result<For, Failure> {
    if text.eq_ignore_ascii_case("delete") {
        return Ok(For::Delete);
    }
    if text.eq_ignore_ascii_case("create") {
        return Ok(For::Create);
    }
    if let Some(condition) = text.strip_prefix("condition=") {
        let (name, status) = condition.split_once('=').unwrap_or((condition, "true"));
        return Ok(For::Condition(name.to_owned(), status.to_owned()));
    }
    let Some(path) = text.strip_prefix("jsonpath=") else {
        return Failure::usage(format!("unrecognized condition: {text:?}"));
    };
    let path = path.trim_matches('\'');
    let (path, value) = match path.rsplit_once("}=") {
        Some((path, "")) => {
            let _ = path;
            return Failure::usage(
                "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
            );
        }
        Some((path, value)) => (
            format!("{path}}}"),
            Some(value.trim_matches('\'').to_owned()),
        ),
        None => (path.to_owned(), None),
    };
    let path = Template::parse(&path).map_err(Failure::Usage)?;
    Ok(For::Path(path, value))
}
