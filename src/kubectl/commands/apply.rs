//! `kubectl apply -f`, and reading manifests for the other commands that take `-f`.

use serde_json::Value;

use crate::api::{Kind, ObjectKey};
use crate::apiserver::Status;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, Takes, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

pub(super) const FLAGS: &[Flag] = &[
    value("filename", Some('f')),
    value("output", Some('o')),
    value("validate", None),
    Flag {
        name: "dry-run",
        letter: None,
        takes: Takes::Optional("unchanged"),
    },
    switch("server-side", None),
    switch("recursive", Some('R')),
];

pub(super) fn run(
    arguments: &Arguments,
    stdin: &str,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(file) = arguments.get("filename") else {
        return Failure::usage("must specify one of -f and -k");
    };
    if arguments.is_on("server-side") {
        return Failure::usage("server-side apply is not simulated yet");
    }
    let documents = documents(file, stdin)?;
    if documents.is_empty() {
        return Failure::usage("no objects passed to apply");
    }
    let mut first_failure = None;
    for json in documents {
        match apply(json, arguments, client) {
            Ok(line) => output.stdout.push_str(&line),
            Err(failure) if first_failure.is_none() => first_failure = Some(failure),
            Err(failure) => output.stderr.push_str(&failure.text()),
        }
    }
    first_failure.map_or(Ok(()), Err)
}

fn apply(
    mut json: Value,
    arguments: &Arguments,
    client: &mut impl Client,
) -> Result<String, Failure> {
    let key = key(&json, arguments);
    if key.kind.namespaced() {
        json["metadata"]["namespace"] = key.namespace.as_ref().into();
    }
    let before = client
        .world()
        .api()
        .store()
        .get(&key)
        .map(|object| object.version());
    let dry = arguments.get("dry-run").is_some_and(|mode| mode != "none");
    let request = Request::Apply(json);
    let doing = if before.is_some() {
        "applying patch to"
    } else {
        "creating"
    };
    let answer = if dry {
        client.dry_run(request)
    } else {
        client.request(request)
    };
    let object = answer.map_err(|status| in_context(status, doing))?;
    let did = match before {
        None => "created",
        Some(version) if version == object.version() => "unchanged",
        Some(_) => "configured",
    };
    let suffix = if dry { " (server dry run)" } else { "" };
    Ok(format!("{} {did}{suffix}\n", targets::label(&object.key())))
}

/// kubectl says which file a refusal is about, except for Invalid, which names the object.
fn in_context(mut status: Status, doing: &str) -> Failure {
    if status.reason != crate::apiserver::Reason::Invalid {
        status.message = format!("error when {doing} \"STDIN\": {}", status.message);
    }
    status.into()
}

/// The JSON of the documents in `-f FILE`; only standard input can be read here.
pub(super) fn documents(file: &str, stdin: &str) -> Result<Vec<Value>, Failure> {
    if file != "-" {
        return Failure::usage(format!("the path \"{file}\" does not exist"));
    }
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(stdin) {
        use serde::Deserialize;
        match Value::deserialize(document) {
            Ok(Value::Null) => {}
            Ok(json) => documents.push(json),
            // The iterator of serde_yaml never ends after a syntax error.
            Err(error) => return Failure::usage(format!("error parsing STDIN: {error}")),
        }
    }
    Ok(documents)
}

/// Where the object of a document lives; `-n` fills in for a missing namespace.
pub(super) fn key(json: &Value, arguments: &Arguments) -> ObjectKey {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // A kind that is not known is refused by the request itself, whatever the key says.
    let kind =
        Kind::from_manifest(&text(&json["apiVersion"]), &text(&json["kind"])).unwrap_or(Kind::Pod);
    let namespace = json["metadata"]["namespace"]
        .as_str()
        .unwrap_or(arguments.namespace());
    ObjectKey::new(
        kind,
        namespace,
        json["metadata"]["name"].as_str().unwrap_or_default(),
    )
}
