//! `kubectl exec POD -- COMMAND`.

use std::time::Duration;

use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output, containers};

pub(super) const FLAGS: &[Flag] = &[
    value("container", Some('c')),
    switch("stdin", Some('i')),
    switch("tty", Some('t')),
    switch("quiet", Some('q')),
];

/// How long a command may run before it is left to itself.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long one look takes.
const LOOK: Duration = Duration::from_millis(5);

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(word) = arguments.words.first() else {
        return Failure::usage("pod, type/name or --filename must be specified");
    };
    if arguments.rest.is_empty() {
        return Failure::usage(match arguments.words.len() {
            1 => "you must specify at least one command for the container",
            _ => {
                "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n\
                 See 'kubectl exec -h' for help and examples"
            }
        });
    }
    let pods = containers::pods_behind(word, arguments, client)?;
    let Some(pod) = pods.first() else {
        return Failure::usage("timed out waiting for the condition");
    };
    let phase = pod.status.phase.as_deref().unwrap_or_default();
    if matches!(phase, "Succeeded" | "Failed") {
        return Failure::usage(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        ));
    }
    let container = containers::choose(pod, arguments.get("container"), output)?;
    client.request(Request::Exec {
        pod: pod.key(),
        container: container.to_owned(),
        command: arguments.rest.clone(),
    })?;
    let node = pod.spec.node_name.clone().unwrap_or_default();
    let mut patience = PATIENCE;
    let session = loop {
        let kubelet = client.world().kubelet(&node);
        let session = kubelet
            .and_then(|kubelet| kubelet.session(&pod.key()))
            .cloned();
        let ended = session
            .as_ref()
            .is_none_or(|session| session.code.is_some());
        if ended || patience.is_zero() || !client.advance(LOOK) {
            break session;
        }
        patience = patience.saturating_sub(LOOK);
    };
    let Some(session) = session else {
        return Failure::usage(format!(
            "Internal error occurred: unable to upgrade connection: container not found ({container:?})"
        ));
    };
    if session.refused {
        return Failure::usage(format!(
            "Internal error occurred: Internal error occurred: error executing command in container: failed to \
             exec in container: OCI runtime exec failed: exec failed: unable to start container process: {}",
            session.stderr
        ));
    }
    output.stdout.push_str(&session.stdout);
    output.stderr.push_str(&session.stderr);
    if let Some(code) = session.code.filter(|code| *code != 0) {
        let told = format!("command terminated with exit code {code}\n");
        output.stderr.push_str(&told);
        output.code = code;
    }
    Ok(())
}
