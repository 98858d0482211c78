//! `kubectl delete`.

use crate::api::{Kind, ObjectKey};
use crate::apiserver::{DeleteOptions, Propagation};
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, Takes, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

use super::apply;

pub(super) const FLAGS: &[Flag] = &[
    value("filename", Some('f')),
    value("selector", Some('l')),
    value("grace-period", None),
    value("timeout", None),
    Flag {
        name: "cascade",
        letter: None,
        takes: Takes::Optional("background"),
    },
    Flag {
        name: "dry-run",
        letter: None,
        takes: Takes::Optional("unchanged"),
    },
    value("output", Some('o')),
    switch("all", None),
    switch("force", None),
    switch("ignore-not-found", None),
    switch("now", None),
    switch("wait", None),
];

const IMMEDIATE: &str = "Warning: Immediate deletion does not wait for confirmation that the running resource \
has been terminated. The resource may continue to run on the cluster indefinitely.\n";

pub(super) fn run(
    arguments: &Arguments,
    stdin: &str,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let options = options(arguments)?;
    let forced = options.grace_period_seconds == Some(0) && arguments.is_on("force");
    let keys = match arguments.get("filename") {
        Some(file) => apply::documents(file, stdin)?
            .iter()
            .map(|json| apply::key(json, arguments))
            .collect(),
        None => targets::resolve(&arguments.words, arguments, client)?,
    };
    if forced {
        output.stderr.push_str(IMMEDIATE);
    }
    let mut first_failure = None;
    for key in keys {
        match delete(&key, &options, arguments, client) {
            Ok(()) => output.stdout.push_str(&deleted(&key, forced, arguments)),
            Err(Failure::Server(status))
                if status.code == 404 && arguments.is_on("ignore-not-found") => {}
            // kubectl goes on with the others and reports each failure.
            Err(failure) if first_failure.is_none() => first_failure = Some(failure),
            Err(failure) => output.stderr.push_str(&failure.text()),
        }
    }
    first_failure.map_or(Ok(()), Err)
}

fn delete(
    key: &ObjectKey,
    options: &DeleteOptions,
    arguments: &Arguments,
    client: &mut impl Client,
) -> Result<(), Failure> {
    let request = Request::Delete {
        key: key.clone(),
        options: options.clone(),
    };
    if arguments.get("dry-run").is_some_and(|mode| mode != "none") {
        client.dry_run(request)?;
    } else {
        client.request(request)?;
    }
    Ok(())
}

fn options(arguments: &Arguments) -> Result<DeleteOptions, Failure> {
    let propagation = match arguments.get("cascade") {
        None | Some("background" | "true") => Propagation::Background,
        Some("foreground") => Propagation::Foreground,
        Some("orphan" | "false") => Propagation::Orphan,
        Some(other) => {
            return Failure::usage(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            ));
        }
    };
    let mut grace: Option<i64> = match arguments.get("grace-period") {
        None => None,
        Some(text) => match text.parse() {
            Ok(seconds) => Some(seconds).filter(|seconds| *seconds >= 0),
            Err(_) => {
                return Failure::usage(format!(
                    "invalid argument \"{text}\" for \"--grace-period\" flag: strconv.ParseInt: parsing \
                     \"{text}\": invalid syntax\nSee 'kubectl delete --help' for usage."
                ));
            }
        },
    };
    if arguments.is_on("now") {
        grace = Some(1);
    }
    if arguments.is_on("force") && grace.is_none() {
        grace = Some(0);
    }
    // cmd/delete: without --force a grace period of 0 becomes 1, so that kubelets get a chance.
    if grace == Some(0) && !arguments.is_on("force") {
        grace = Some(1);
    }
    Ok(DeleteOptions {
        grace_period_seconds: grace,
        propagation,
        uid: None,
    })
}

fn deleted(key: &ObjectKey, forced: bool, arguments: &Arguments) -> String {
    if arguments.get("output") == Some("name") {
        return format!("{}\n", targets::label(key));
    }
    let did = if forced { "force deleted" } else { "deleted" };
    let place = if key.kind.namespaced() {
        format!(" from {} namespace", key.namespace)
    } else {
        String::new()
    };
    let dry = targets::dry_run(arguments);
    debug_assert!(key.kind != Kind::Namespace || place.is_empty());
    format!(
        "{} \"{}\" {did}{place}{dry}\n",
        targets::qualified(key.kind),
        key.name
    )
}
