//! A manifest POSTed to the collection of a kind, as `curl` would do it with
//! `dryRun=All&fieldValidation=Strict`: the API server's answer without kubectl before it.

use podarium::manifest::decode::{problems, server_text};
use podarium::manifest::{self, schema};
use podarium::session::cluster::{Client, Request, World};
use serde_json::{Value, json};

/// The answer to `{id, yaml, posted_to}`; `None` for a kind that is not simulated, if the object could
/// be read.
pub fn answer(question: &Value, world: &World) -> Option<Value> {
    let text = question["yaml"].as_str().unwrap_or_default();
    let posted_to = question["posted_to"].as_str().unwrap_or_default();
    let id = &question["id"];
    let read = manifest::read(text);
    let document = read.documents.into_iter().next()?;
    if let Err(message) = decode(text, &document, posted_to) {
        return Some(json!({"id": id, "code": 400, "reason": "BadRequest", "message": message}));
    }
    let mut json = document.json;
    if let Some(found) = schema::kinds().iter().find(|kind| kind.name == posted_to) {
        json["apiVersion"] = found.api_version.into();
        json["kind"] = found.name.into();
    }
    match world.dry_run(Request::Create(json)) {
        Ok(object) => Some(json!({
            "id": id, "code": 201, "object": object.to_json(),
            "warnings": world.api().warnings(&object).iter().map(|text| format!("299 - {text:?}")).collect::<Vec<_>>().join(", "),
        })),
        Err(status) if is_not_simulated(&status.message) => None,
        Err(status) => {
            let details = status.to_json();
            Some(json!({
                "id": id, "code": status.code, "message": status.message,
                "reason": status.reason.as_str(), "causes": details["details"]["causes"],
            }))
        }
    }
}

/// What the API server answers before it looks at the object's meaning.
fn decode(text: &str, document: &manifest::Document, posted_to: &str) -> Result<(), String> {
    for field in ["apiVersion", "kind"] {
        if let Some(found) = wrong_type(&document.json[field]) {
            let start: String = text
                .bytes()
                .take(30)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let more = if text.len() > 30 { " ..." } else { "" };
            return Err(format!(
                "the object provided is unrecognized (must be of type {posted_to}): couldn't get version/kind; \
                 json parse error: json: cannot unmarshal {found} into Go struct field .{field} of type string \
                 ({start}{more})"
            ));
        }
    }
    let expected = schema::kinds().iter().find(|kind| kind.name == posted_to);
    let expected_version = expected.map_or("v1", |kind| kind.api_version);
    // What the object does not say is taken from the address of the request.
    let or = |given: &Option<String>, other: &str| {
        let given = given.clone().filter(|text| !text.is_empty());
        given.unwrap_or_else(|| other.to_owned())
    };
    let api_version = or(&document.api_version, expected_version);
    let kind = or(&document.kind, posted_to);
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let handled = format!("{kind} in version {version:?} cannot be handled as a {posted_to}");
    let Some(found) = schema::kind_type(&api_version, &kind) else {
        if kind == posted_to && api_version == "apps/v1beta1" && has_old_version(&kind) {
            return Err(format!(
                "the API version in the data ({api_version}) does not match the expected API version ({expected_version})"
            ));
        }
        return Err(format!(
            "{handled}: no kind {kind:?} is registered for version {api_version:?} in scheme \
             \"pkg/api/legacyscheme/scheme.go:30\""
        ));
    };
    match server_text(&problems(text, &document.tree, found)) {
        Some(problem) => Err(format!("{handled}: {problem}")),
        None => Ok(()),
    }
}

/// Kinds of which Kubernetes still knows the version that is served no more.
fn has_old_version(kind: &str) -> bool {
    matches!(kind, "Deployment" | "StatefulSet" | "ControllerRevision")
}

fn wrong_type(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null | Value::String(_) => None,
        Value::Bool(_) => Some("bool"),
        Value::Number(_) => Some("number"),
        Value::Array(_) => Some("array"),
        Value::Object(_) => Some("object"),
    }
}

fn is_not_simulated(message: &str) -> bool {
    message.starts_with("no matches for kind")
}
