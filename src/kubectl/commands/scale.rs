//! `kubectl scale`.

use serde_json::json;

use crate::api::Object;
use crate::apiserver::{PatchType, Reason, Status};
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

pub(super) const FLAGS: &[Flag] = &[
    value("replicas", None),
    value("current-replicas", None),
    value("selector", Some('l')),
    value("timeout", None),
    switch("all", None),
];

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let keys = targets::resolve(&arguments.words, arguments, client)?;
    let Some(replicas) = count(arguments, "replicas")? else {
        return Failure::usage("required flag(s) \"replicas\" not set");
    };
    if replicas < 0 {
        return Failure::usage(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        );
    }
    let expected = count(arguments, "current-replicas")?.filter(|expected| *expected >= 0);
    if keys.is_empty() {
        return Failure::usage("no objects passed to scale");
    }
    for key in keys {
        let now = replicas_of(&targets::fetch(&key, client)?)?;
        if let Some(expected) = expected.filter(|expected| *expected != now) {
            return Failure::usage(format!("Expected replicas to be {expected}, was {now}"));
        }
        let patch = json!({"spec": {"replicas": replicas}});
        let (subresource, patch_type) = (String::new(), PatchType::Merge);
        client.request(Request::Patch {
            key: key.clone(),
            subresource,
            patch_type,
            patch,
        })?;
        output
            .stdout
            .push_str(&format!("{} scaled\n", targets::label(&key)));
    }
    Ok(())
}

/// The replicas of a kind with a scale subresource.
fn replicas_of(object: &Object) -> Result<i64, Failure> {
    let replicas = match object {
        Object::Deployment(deployment) => deployment.spec.replicas,
        Object::ReplicaSet(set) => set.spec.replicas,
        Object::StatefulSet(set) => set.spec.replicas,
        other => {
            let message = "the server could not find the requested resource".to_owned();
            let status = Status::about(404, Reason::NotFound, other.kind(), other.name(), message);
            return Err(status.into());
        }
    };
    Ok(replicas.unwrap_or(1).into())
}

fn count(arguments: &Arguments, flag: &str) -> Result<Option<i64>, Failure> {
    let Some(text) = arguments.get(flag) else {
        return Ok(None);
    };
    let invalid = || {
        Failure::Usage(format!(
            "invalid argument \"{text}\" for \"--{flag}\" flag: strconv.ParseInt: parsing \"{text}\": invalid \
             syntax\nSee 'kubectl scale --help' for usage."
        ))
    };
    text.parse::<i64>().map(Some).map_err(|_| invalid())
}
