//! `kubectl create -f`, and `kubectl create configmap|secret|namespace|deployment`.

use serde_json::{Map, Value, json};

use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, Takes, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

use super::{apply, drain};

pub(super) const FLAGS: &[Flag] = &[
    value("filename", Some('f')),
    value("raw", None),
    value("from-literal", None),
    value("image", None),
    value("replicas", Some('r')),
    value("port", None),
    value("output", Some('o')),
    Flag {
        name: "dry-run",
        letter: None,
        takes: Takes::Optional("unchanged"),
    },
];

pub(super) fn run(
    arguments: &Arguments,
    stdin: &str,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    if let Some(path) = arguments.get("raw") {
        return drain::raw(path, stdin, client, output);
    }
    let documents = match (arguments.get("filename"), arguments.words.as_slice()) {
        (Some(file), _) => apply::documents(file, stdin)?,
        (None, []) => return Failure::usage("must specify one of -f and -k"),
        (None, [what, names @ ..]) => vec![generate(what, names, arguments)?],
    };
    for mut json in documents {
        let key = apply::key(&json, arguments);
        if key.kind.namespaced() {
            json["metadata"]["namespace"] = key.namespace.as_ref().into();
        }
        let dry = arguments.get("dry-run").is_some_and(|mode| mode != "none");
        let request = Request::Create(json);
        let object = if dry {
            client.dry_run(request)?
        } else {
            client.request(request)?
        };
        let suffix = if dry { " (server dry run)" } else { "" };
        output.stdout.push_str(&format!(
            "{} created{suffix}\n",
            targets::label(&object.key())
        ));
    }
    Ok(())
}

/// The object that a generator makes.
fn generate(what: &str, names: &[String], arguments: &Arguments) -> Result<Value, Failure> {
    let (kind, names) = match (what, names) {
        ("configmap" | "cm", names) => ("ConfigMap", names),
        ("secret", [form, names @ ..]) if form == "generic" => ("Secret", names),
        ("namespace" | "ns", names) => ("Namespace", names),
        ("deployment" | "deploy", names) => ("Deployment", names),
        _ => return Failure::usage(format!("kubectl create {what} is not simulated yet")),
    };
    let [name] = names else {
        return Failure::usage(format!("exactly one NAME is required, got {}", names.len()));
    };
    let meta = json!({ "name": name });
    Ok(match kind {
        "ConfigMap" => {
            json!({"apiVersion": "v1", "kind": kind, "metadata": meta, "data": literals(arguments)?})
        }
        "Secret" => {
            json!({"apiVersion": "v1", "kind": kind, "metadata": meta, "stringData": literals(arguments)?})
        }
        "Namespace" => json!({"apiVersion": "v1", "kind": kind, "metadata": meta}),
        _ => deployment(name, arguments)?,
    })
}

/// The `--from-literal=key=value` flags.
fn literals(arguments: &Arguments) -> Result<Map<String, Value>, Failure> {
    let mut data = Map::new();
    for literal in arguments.all("from-literal") {
        let Some((key, value)) = literal.split_once('=') else {
            return Failure::usage(format!(
                "invalid literal source {literal}, expected key=value"
            ));
        };
        if data.insert(key.to_owned(), value.into()).is_some() {
            return Failure::usage(format!(
                "cannot add key \"{key}\", another key by that name already exists in Data for ConfigMap"
            ));
        }
    }
    Ok(data)
}

fn deployment(name: &str, arguments: &Arguments) -> Result<Value, Failure> {
    let images: Vec<&str> = arguments.all("image").collect();
    if images.is_empty() {
        return Failure::usage("required flag(s) \"image\" not set");
    }
    let replicas: i32 = match arguments.get("replicas").unwrap_or("1").parse() {
        Ok(replicas) => replicas,
        Err(_) => return Failure::usage("invalid argument for \"--replicas\" flag"),
    };
    let labels = json!({ "app": name });
    let containers: Vec<Value> = images
        .iter()
        .map(|image| json!({"name": container_name(image), "image": image}))
        .collect();
    let mut containers = containers;
    if let (Some(port), Some(first)) = (arguments.get("port"), containers.first_mut()) {
        let Ok(port) = port.parse::<u16>() else {
            return Failure::usage("invalid argument for \"--port\" flag");
        };
        first["ports"] = json!([{ "containerPort": port }]);
    }
    Ok(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }))
}

/// create/deployment: the last part of the image's name without tag and digest.
fn container_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}
