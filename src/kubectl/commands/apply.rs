//! `kubectl apply -f`, and reading manifests for the other commands that take `-f`.

use std::iter;

use serde_json::Value;

use crate::api::{Kind, ObjectKey};
use crate::apiserver::Status;
use crate::apiserver::patch::LAST_APPLIED;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, Takes, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};
use crate::manifest;
use crate::manifest::visit::{Visit, Visited};

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
    let visit = visit(file, stdin)?;
    if visit.objects.is_empty() && visit.failures.is_empty() {
        return Failure::usage("no objects passed to apply");
    }
    let mut failures = Vec::new();
    for visited in visit.objects {
        match apply(visited, arguments, client, output) {
            Ok(line) => output.stdout.push_str(&line),
            Err(failure) => failures.push(failure),
        }
    }
    tell(&visit.failures, failures, output)
}

/// Puts the failures on standard error. kubectl tells a single one in full, and several each on a line of
/// its own; those of reading count as one.
fn tell(
    reading: &[String],
    mut applying: Vec<Failure>,
    output: &mut Output,
) -> Result<(), Failure> {
    let lines: Vec<String> = match (reading, applying.len()) {
        ([], 0) => return Ok(()),
        ([], 1) => return Err(applying.remove(0)),
        ([one], 0) => return Failure::usage(one),
        (several, 0) => several.to_vec(),
        ([], _) => applying.iter().map(Failure::line).collect(),
        ([one], _) => iter::once(one.clone())
            .chain(applying.iter().map(Failure::line))
            .collect(),
        (several, _) => iter::once(format!("[{}]", several.join(", ")))
            .chain(applying.iter().map(Failure::line))
            .collect(),
    };
    for line in lines {
        output.stderr.push_str(&line);
        output.stderr.push('\n');
    }
    output.code = 1;
    Ok(())
}

fn apply(
    visited: Visited,
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<String, Failure> {
    let mut json = visited.document.json;
    let key = served_key(&json, arguments)?;
    if key.name.is_empty() {
        return nameless(&json, &key);
    }
    if let Some(message) = visited.refusal {
        return Err(in_context(Status::bad_request(message), "creating"));
    }
    if key.kind.namespaced() {
        json["metadata"]["namespace"] = key.namespace.as_ref().into();
    }
    let api = client.world().api();
    let before = api.store().get(&key);
    let (exists, sends) = (before.is_some(), api.apply_sends(&json));
    let is_applied = before.is_none_or(|object| {
        let annotations = object.meta().annotations.as_ref();
        annotations.is_some_and(|all| all.contains_key(LAST_APPLIED))
    });
    if !is_applied {
        output.stderr.push_str(&not_applied(&key));
    }
    let dry = arguments.get("dry-run").is_some_and(|mode| mode != "none");
    let request = Request::Apply(json);
    let doing = if exists {
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
    let did = match (exists, sends) {
        (false, _) => "created",
        (true, false) => "unchanged",
        (true, true) => "configured",
    };
    let suffix = if dry { " (server dry run)" } else { "" };
    Ok(format!("{} {did}{suffix}\n", targets::label(&object.key())))
}

/// What kubectl says of an object that was made otherwise.
fn not_applied(key: &ObjectKey) -> String {
    format!(
        "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl \
         apply should only be used on resources created declaratively by either kubectl create --save-config or \
         kubectl apply. The missing annotation will be patched automatically.\n",
        key.kind.info().plural,
        key.name
    )
}

/// kubectl says which file a refusal is about, except for Invalid, which names the object.
fn in_context(mut status: Status, doing: &str) -> Failure {
    if status.reason != crate::apiserver::Reason::Invalid {
        status.message = format!("error when {doing} \"STDIN\": {}", status.message);
    }
    status.into()
}

/// kubectl looks for the object first, which it cannot do without a name.
fn nameless(json: &Value, key: &ObjectKey) -> Result<String, Failure> {
    if let Some(prefix) = json["metadata"]["generateName"].as_str() {
        return Failure::usage(format!(
            "from {prefix}: cannot use generate name with apply"
        ));
    }
    let info = key.kind.info();
    let (group_version, namespace) = (format!("{}/{}", info.group, info.version), &key.namespace);
    Failure::usage(format!(
        "error when retrieving current configuration of:\n\
         Resource: \"{group_version}, Resource={}\", GroupVersionKind: \"{group_version}, Kind={}\"\n\
         Name: \"\", Namespace: \"{namespace}\"\n\
         from server for: \"STDIN\": resource name may not be empty",
        info.plural, info.name
    ))
}

/// The text in `-f FILE` as kubectl goes through it; only standard input can be read here.
fn visit(file: &str, stdin: &str) -> Result<Visit, Failure> {
    if file == "-" {
        return Ok(manifest::visit::visit(stdin, "STDIN"));
    }
    Failure::usage(format!("the path \"{file}\" does not exist"))
}

/// The JSON of the documents in `-f FILE`.
pub(super) fn documents(file: &str, stdin: &str) -> Result<Vec<Value>, Failure> {
    let visit = visit(file, stdin)?;
    if let Some(failure) = visit.failures.first() {
        return Failure::usage(failure);
    }
    visit
        .objects
        .into_iter()
        .map(|visited| match visited.refusal {
            Some(message) => Err(in_context(Status::bad_request(message), "creating")),
            None => Ok(visited.document.json),
        })
        .collect()
}

/// Where the object of a document lives, if this cluster serves its kind.
fn served_key(json: &Value, arguments: &Arguments) -> Result<ObjectKey, Failure> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text(&json["apiVersion"]), text(&json["kind"]));
    match Kind::from_manifest(&api_version, &kind) {
        Some(_) => Ok(key(json, arguments)),
        None => Failure::usage(format!("the kind {kind:?} is not simulated yet")),
    }
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
