//! `kubectl set image`.

use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey};
use crate::apiserver::PatchType;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

pub(super) const FLAGS: &[Flag] = &[value("selector", Some('l')), switch("all", None)];

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let [what, words @ ..] = arguments.words.as_slice() else {
        return Failure::usage("you must specify an existing field to set: kubectl set image …");
    };
    match what.as_str() {
        "image" => set_image(words, arguments, client, output),
        "env" | "resources" | "selector" | "serviceaccount" | "sa" | "subject" => {
            Failure::usage(format!("kubectl set {what} is not simulated yet"))
        }
        _ => Failure::usage(format!(
            "unknown command \"{}\"\nSee 'kubectl set -h' for help and examples",
            arguments.words.join(" ")
        )),
    }
}

fn set_image(
    words: &[String],
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let (pairs, names): (Vec<String>, Vec<String>) =
        words.iter().cloned().partition(|word| word.contains('='));
    let keys = targets::resolve(&names, arguments, client)?;
    if pairs.is_empty() {
        return Failure::usage("at least one image update is required");
    }
    for key in keys {
        let object = targets::fetch(&key, client)?;
        let changes = changes(&object, &pairs)?;
        if changes.is_empty() {
            continue;
        }
        let patch = pod_spec_patch(&key, &json!({ "containers": changes }));
        let (subresource, patch_type) = (String::new(), PatchType::Strategic);
        client.request(Request::Patch {
            key: key.clone(),
            subresource,
            patch_type,
            patch,
        })?;
        output
            .stdout
            .push_str(&format!("{} image updated\n", targets::label(&key)));
    }
    Ok(())
}

/// The containers whose image changes, as a strategic merge patch lists them.
fn changes(object: &Object, pairs: &[String]) -> Result<Vec<Value>, Failure> {
    let containers = containers(object);
    let mut changes = Vec::new();
    for pair in pairs {
        let (name, image) = pair.split_once('=').unwrap_or((pair, ""));
        let mut found = false;
        for (container, old) in containers
            .iter()
            .filter(|(container, _)| name == "*" || name == container)
        {
            found = true;
            if old != image {
                changes.push(json!({"name": container, "image": image}));
            }
        }
        if !found {
            return Failure::usage(format!("unable to find container named \"{name}\""));
        }
    }
    Ok(changes)
}

/// (name, image) of an object's containers.
fn containers(object: &Object) -> Vec<(String, String)> {
    let spec = match object {
        Object::Pod(pod) => Some(pod.spec.as_ref()),
        Object::Deployment(deployment) => deployment.spec.template.spec.as_ref(),
        Object::ReplicaSet(set) => set
            .spec
            .template
            .as_ref()
            .and_then(|template| template.spec.as_ref()),
        Object::StatefulSet(set) => set.spec.template.spec.as_ref(),
        Object::DaemonSet(set) => set.spec.template.spec.as_ref(),
        Object::Job(job) => job.spec.template.spec.as_ref(),
        Object::CronJob(cron_job) => {
            let spec = cron_job.spec.job_template.spec.as_ref();
            spec.and_then(|spec| spec.template.spec.as_ref())
        }
        _ => None,
    };
    let all = spec.into_iter().flat_map(|spec| &spec.containers);
    all.map(|container| {
        (
            container.name.clone(),
            container.image.clone().unwrap_or_default(),
        )
    })
    .collect()
}

/// A patch of the pod spec, at the place where a kind has it.
pub(super) fn pod_spec_patch(key: &ObjectKey, spec: &Value) -> Value {
    match key.kind {
        Kind::Pod => json!({ "spec": spec }),
        Kind::CronJob => json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
        _ => json!({"spec": {"template": {"spec": spec}}}),
    }
}
