//! `kubectl debug POD --image=…`: a container joins a running pod.

use serde_json::json;

use crate::api::{Kind, ObjectKey};
use crate::apiserver::{PatchType, Status, names};
use crate::cluster::{Client, Request};
use crate::kernel::Rng;
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output};

pub(super) const FLAGS: &[Flag] = &[
    value("image", None),
    value("container", Some('c')),
    value("target", None),
    value("profile", None),
    switch("stdin", Some('i')),
    switch("tty", Some('t')),
    switch("quiet", Some('q')),
    switch("arguments-only", None),
];

/// Adds an ephemeral container. Nothing is attached to it: what it writes stands in its log.
pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let [word] = arguments.words.as_slice() else {
        return Failure::usage("NAME or filename is required for debug");
    };
    let name = word.strip_prefix("pod/").unwrap_or(word);
    let key = ObjectKey::new(Kind::Pod, arguments.namespace(), name);
    if word.contains('/') && name == word {
        return Failure::usage(format!("kubectl debug {word} is not simulated yet"));
    }
    let Some(image) = arguments.get("image") else {
        return Failure::usage("you must specify --image, --set-image or command arguments.");
    };
    if client.world().api().store().get(&key).is_none() {
        return Err(Status::not_found(Kind::Pod, name).into());
    }
    let mut say = |text: String| {
        if !arguments.is_on("quiet") {
            output.stdout.push_str(&text);
        }
    };
    let target = arguments.get("target");
    if let Some(target) = target {
        say(format!(
            "Targeting container {target:?}. If you don't see processes from this container it may be because \
             the container runtime doesn't support this feature.\n"
        ));
    }
    let container = arguments.get("container").map(str::to_owned);
    let container = container.unwrap_or_else(|| {
        let mut rng = Rng::new(client.world().trace_hash());
        let made = format!("debugger-{}", names::suffix(&mut rng, 5));
        say(format!("Defaulting debug container name to {made}.\n"));
        made
    });
    let given = if arguments.is_on("arguments-only") {
        "args"
    } else {
        "command"
    };
    let mut one = json!({"name": container, "image": image, "terminationMessagePolicy": "File",
        "securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}});
    let given = Some((given, json!(arguments.rest))).filter(|_| !arguments.rest.is_empty());
    let on = |flag| Some((flag, json!(true))).filter(|_| arguments.is_on(flag));
    let target = target.map(|target| ("targetContainerName", json!(target)));
    for (field, value) in given
        .into_iter()
        .chain(on("stdin"))
        .chain(on("tty"))
        .chain(target)
    {
        one[field] = value;
    }
    client.request(Request::Patch {
        key,
        subresource: "ephemeralcontainers".to_owned(),
        patch_type: PatchType::Strategic,
        patch: json!({"spec": {"ephemeralContainers": [one]}}),
    })?;
    Ok(())
}
