//! `kubectl drain`, and the eviction of one pod by `kubectl create --raw`.

use std::time::Duration;

use serde_json::Value;

use crate::api::owner::controller_of;
use crate::api::{Kind, ObjectKey, Pod};
use crate::apiserver::{DeleteOptions, Status};
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, Takes, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

use super::logs::duration;
use super::taint;

pub(super) const FLAGS: &[Flag] = &[
    switch("ignore-daemonsets", None),
    switch("delete-emptydir-data", None),
    switch("force", None),
    switch("disable-eviction", None),
    value("grace-period", None),
    value("timeout", None),
    Flag {
        name: "dry-run",
        letter: None,
        takes: Takes::Optional("unchanged"),
    },
];

/// kubectl/pkg/drain: an eviction that a budget refuses is tried again after this.
const RETRY: Duration = Duration::from_secs(5);
/// … and whether an evicted pod has gone is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

/// Empties nodes one after the other.
pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.words.is_empty() {
        return Failure::usage(
            "USAGE: drain NODE [flags]\nSee 'kubectl drain -h' for help and examples",
        );
    }
    taint::cordon(true, arguments, client, output)?;
    let mut pending = String::new();
    let mut all = Vec::new();
    for name in &arguments.words {
        let node = name.strip_prefix("node/").unwrap_or(name);
        let errors = match drain(node, arguments, client, output) {
            Ok(is_over) => {
                if is_over {
                    let dry = targets::dry_run(arguments);
                    output
                        .stdout
                        .push_str(&format!("node/{node} drained{dry}\n"));
                }
                continue;
            }
            Err(errors) => errors,
        };
        let text = aggregate(&errors);
        output.stderr.push_str(&format!(
            "error: unable to drain node {node:?} due to error: {text}, continuing command...\n"
        ));
        pending.push_str(&format!(" {node}\n"));
        all.extend(errors);
    }
    if all.is_empty() {
        return Ok(());
    }
    let told = "There are pending nodes to be drained:\n";
    output.stderr.push_str(&[told, &pending].concat());
    Err(Failure::Several(all))
}

/// POST of an Eviction to the path of a pod's subresource: `kubectl create --raw PATH -f -`.
pub(super) fn raw(
    path: &str,
    stdin: &str,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let [
        "api",
        "v1",
        "namespaces",
        namespace,
        "pods",
        name,
        "eviction",
    ] = parts.as_slice()
    else {
        return Failure::usage(format!("kubectl create --raw {path} is not simulated yet"));
    };
    let body: Value = serde_json::from_str(stdin).unwrap_or_default();
    if body["metadata"]["name"].as_str() != Some(name) {
        let message = "name in URL does not match name in Eviction object";
        return Err(Status::bad_request(message.to_owned()).into());
    }
    let given = &body["deleteOptions"];
    let request = Request::Evict {
        pod: ObjectKey::new(Kind::Pod, namespace, name),
        options: DeleteOptions {
            grace_period_seconds: given["gracePeriodSeconds"].as_i64(),
            uid: given["preconditions"]["uid"].as_str().map(str::to_owned),
            ..Default::default()
        },
    };
    if given["dryRun"].is_array() {
        client.dry_run(request)?;
    } else {
        client.request(request)?;
    }
    let done = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}"#;
    output.stdout.push_str(&format!("{done}\n"));
    Ok(())
}

/// Empties one node. Returns whether it is empty: who cannot let time pass does not see the end.
///
/// # Errors
/// What went wrong, pod by pod.
fn drain(
    node: &str,
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<bool, Vec<String>> {
    let (pods, warnings, errors) = pods_to_go(node, arguments, client);
    if !errors.is_empty() {
        let told = |(what, pods): &(&str, String)| format!("cannot delete {what}: {pods}");
        return Err(errors.iter().map(told).collect());
    }
    if !warnings.is_empty() {
        let told = |(what, pods): &(&str, String)| format!("{what}: {pods}");
        let told: Vec<String> = warnings.iter().map(told).collect();
        output
            .stderr
            .push_str(&format!("Warning: {}\n", told.join("; ")));
    }
    if arguments.get("dry-run").is_some_and(|mode| mode != "none") {
        let dry = targets::dry_run(arguments);
        for pod in &pods {
            output.stdout.push_str(&evicting(&pod.key(), dry));
        }
        return Ok(true);
    }
    let (is_over, errors) = remove(&pods, arguments, client, output);
    if errors.is_empty() {
        return Ok(is_over);
    }
    let (left, ..) = pods_to_go(node, arguments, client);
    if !left.is_empty() {
        let text = aggregate(&errors);
        output.stderr.push_str(&format!(
            "There are pending pods in node {node:?} when an error occurred: {text}\n"
        ));
        for pod in left {
            output.stderr.push_str(&format!("pod/{}\n", pod.name()));
        }
    }
    Err(errors)
}

/// Pods by what there is to say of them.
type Told = Vec<(&'static str, String)>;

/// The pods of a node that are to go, and what the others or these are told about.
fn pods_to_go(node: &str, arguments: &Arguments, client: &impl Client) -> (Vec<Pod>, Told, Told) {
    let (mut go, mut warnings, mut errors) = (Vec::new(), Told::new(), Told::new());
    let store = client.world().api().store();
    for pod in store.pods_on(node) {
        let (goes, say) = judge(pod, arguments);
        if goes {
            go.push(pod.clone());
        }
        let Some((what, is_error)) = say else {
            continue;
        };
        let list = if is_error { &mut errors } else { &mut warnings };
        let place = format!("{}/{}", pod.namespace(), pod.name());
        match list.iter_mut().find(|told| told.0 == what) {
            Some(told) => told.1 += &[", ", &place].concat(),
            None => list.push((what, place)),
        }
    }
    (go, warnings, errors)
}

/// Whether a pod is to go, and what is said of it, with whether that is an error (kubectl/pkg/drain: filters).
fn judge(pod: &Pod, arguments: &Arguments) -> (bool, Option<(&'static str, bool)>) {
    let ended = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let owner = controller_of(&pod.meta);
    if ended {
        return (true, None);
    }
    if owner.is_some_and(|owner| owner.kind == "DaemonSet") {
        return match arguments.is_on("ignore-daemonsets") {
            true => (false, Some(("ignoring DaemonSet-managed Pods", false))),
            false => (
                false,
                Some((
                    "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
                    true,
                )),
            ),
        };
    }
    let mut volumes = pod.spec.volumes.iter().flatten();
    if volumes.any(|volume| volume.empty_dir.is_some()) && !arguments.is_on("delete-emptydir-data")
    {
        let what = "Pods with local storage (use --delete-emptydir-data to override)";
        return (false, Some((what, true)));
    }
    match (owner, arguments.is_on("force")) {
        (Some(_), _) => (true, None),
        (None, true) => (
            true,
            Some(("deleting Pods that declare no controller", false)),
        ),
        (None, false) => (
            false,
            Some((
                "Pods that declare no controller (use --force to override)",
                true,
            )),
        ),
    }
}

/// A pod on its way out.
struct Leaving {
    pod: Pod,
    /// Whether it is being deleted, so that only its end is waited for.
    accepted: bool,
    /// When there is something to do, from the command's start on; `None` once it is gone or given up.
    next: Option<Duration>,
}

/// Evicts pods, or deletes them, and waits until they have gone. Returns whether it came to the end, and
/// what went wrong.
fn remove(
    pods: &[Pod],
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> (bool, Vec<String>) {
    let text = arguments.get("timeout").unwrap_or("0s");
    let timeout = duration(text).filter(|limit| !limit.is_zero());
    let mut leaving: Vec<Leaving> = pods
        .iter()
        .map(|pod| Leaving {
            pod: pod.clone(),
            accepted: false,
            next: Some(Duration::ZERO),
        })
        .collect();
    let (mut errors, mut now) = (Vec::new(), Duration::ZERO);
    while let Some(next) = leaving.iter().filter_map(|one| one.next).min() {
        if next > now && !client.advance(next - now) {
            return (false, errors);
        }
        now = next;
        let is_late = timeout.is_some_and(|timeout| now >= timeout);
        for one in leaving.iter_mut().filter(|one| one.next == Some(now)) {
            let key = one.pod.key();
            let (name, namespace) = (&*key.name, &*key.namespace);
            let about = format!("pods/{name:?} -n {namespace:?}");
            match step(one, is_late, arguments, client, output) {
                Ok(wait) => one.next = wait.map(|wait| now + wait),
                Err(Trouble::Refused(status)) if status.code == 429 => {
                    let why = &status.message;
                    output.stderr.push_str(&format!(
                        "error when evicting {about} (will retry after 5s): {why}\n"
                    ));
                    one.next = Some(now + RETRY);
                }
                Err(trouble) => {
                    let why = match trouble {
                        Trouble::Refused(status) => status.message,
                        Trouble::Late => format!("global timeout reached: {text}"),
                    };
                    errors.push(match one.accepted {
                        false => format!("error when evicting {about}: {why}"),
                        true => format!(
                            "error when waiting for pod {name:?} in namespace {namespace:?} to terminate: {why}"
                        ),
                    });
                    one.next = None;
                }
            }
        }
    }
    (true, errors)
}

/// Why a pod does not go.
enum Trouble {
    /// The API server's answer.
    Refused(Status),
    /// The command's time is over.
    Late,
}

/// Does the next thing about a pod. Returns how long to wait for the one after it, if there is one.
fn step(
    one: &mut Leaving,
    is_late: bool,
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<Option<Duration>, Trouble> {
    let key = one.pod.key();
    let deletes = arguments.is_on("disable-eviction");
    if !one.accepted {
        if !deletes {
            output.stdout.push_str(&evicting(&key, ""));
        }
        if is_late {
            return Err(Trouble::Late);
        }
        let grace = arguments.get("grace-period");
        let grace = grace.and_then(|text| text.parse().ok());
        let options = DeleteOptions {
            grace_period_seconds: grace.filter(|seconds| *seconds >= 0),
            ..Default::default()
        };
        let pod = key.clone();
        let answer = client.request(match deletes {
            true => Request::Delete { key: pod, options },
            false => Request::Evict { pod, options },
        });
        match answer {
            Err(status) if status.code == 404 => return Ok(None),
            Err(status) => return Err(Trouble::Refused(status)),
            Ok(_) => {}
        }
        one.accepted = true;
    }
    let stored = client.world().api().get::<Pod>(&key.namespace, &key.name);
    if stored.is_some_and(|stored| stored.uid() == one.pod.uid()) {
        return match is_late {
            true => Err(Trouble::Late),
            false => Ok(Some(LOOK)),
        };
    }
    let did = if deletes { "deleted" } else { "evicted" };
    output
        .stdout
        .push_str(&format!("{} {did}\n", targets::label(&key)));
    Ok(None)
}

fn evicting(pod: &ObjectKey, dry: &str) -> String {
    format!("evicting pod {}/{}{dry}\n", pod.namespace, pod.name)
}

/// apimachinery: how several errors are told in a sentence.
fn aggregate(errors: &[String]) -> String {
    match errors {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
