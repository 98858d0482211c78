//! `kubectl logs`.

use std::time::Duration;

use crate::api::core::ContainerState;
use crate::api::{Object, Pod};
use crate::apiserver::Status;
use crate::cluster::Client;
use crate::cluster::kubelet::inspect::LogLine;
use crate::kernel::SimTime;
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output, containers, targets};

pub(super) const FLAGS: &[Flag] = &[
    value("container", Some('c')),
    value("selector", Some('l')),
    value("tail", None),
    value("since", None),
    value("since-time", None),
    value("limit-bytes", None),
    switch("all-containers", None),
    switch("all-pods", None),
    switch("follow", Some('f')),
    switch("previous", Some('p')),
    switch("prefix", None),
    switch("timestamps", None),
];

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
                     argument for the logs command\nSee 'kubectl logs -h' for help and examples";

pub(super) fn run(
    arguments: &Arguments,
    client: &impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let selector = arguments
        .get("selector")
        .map(targets::parse_selector)
        .transpose()?;
    let (pods, container) = match (&selector, arguments.words.as_slice()) {
        (None, [word, rest @ ..]) => {
            let mut pods = containers::pods_behind(word, arguments, client)?;
            if pods.len() > 1 && !arguments.is_on("all-pods") {
                let (count, first) = (pods.len(), pods[0].name().to_owned());
                let told = format!("Found {count} pods, using pod/{first}\n");
                output.stderr.push_str(&told);
                pods.truncate(1);
            }
            (pods, rest.first().map(String::as_str))
        }
        (Some(wanted), []) => (selected(wanted, arguments, client), None),
        _ => return Failure::usage(USAGE),
    };
    if selector.is_some() && pods.is_empty() {
        let text = format!(
            "No resources found in {} namespace.\n",
            arguments.namespace()
        );
        output.stderr.push_str(&text);
    }
    let view = View::new(arguments, selector.is_some(), client)?;
    for pod in &pods {
        let chosen = arguments.get("container").or(container);
        let names: Vec<&str> = if arguments.is_on("all-containers") {
            all_in_order(pod)
        } else {
            vec![containers::choose(pod, chosen, output)?]
        };
        for name in names {
            view.print(pod, name, client, output)?;
        }
    }
    Ok(())
}

/// `--all-containers`: init containers come first.
fn all_in_order(pod: &Pod) -> Vec<&str> {
    let mut all = containers::all(pod);
    all.sort_by_key(|(_, kind)| *kind != " (init)");
    all.into_iter().map(|(name, _)| name).collect()
}

fn selected(
    wanted: &crate::api::meta::LabelSelector,
    arguments: &Arguments,
    client: &impl Client,
) -> Vec<Pod> {
    let store = client.world().api().store();
    let pods = store.list(crate::api::Kind::Pod, Some(arguments.namespace()));
    let pods = pods.filter_map(Object::typed::<Pod>);
    pods.filter(|pod| crate::api::selector::matches(wanted, pod.meta.labels.as_ref()))
        .cloned()
        .collect()
}

/// What of a log is asked for.
struct View {
    tail: Option<usize>,
    since: Option<SimTime>,
    limit: Option<usize>,
    timestamps: bool,
    prefix: bool,
    previous: bool,
}

impl View {
    fn new(
        arguments: &Arguments,
        by_selector: bool,
        client: &impl Client,
    ) -> Result<Self, Failure> {
        let tail = match arguments.get("tail").map(str::parse::<i64>) {
            None => by_selector.then_some(10),
            Some(Ok(-1)) => None,
            Some(Ok(count)) if count >= 0 => usize::try_from(count).ok(),
            _ => return Failure::usage("--tail must be greater than or equal to -1"),
        };
        let world = client.world();
        let since = match (arguments.get("since"), arguments.get("since-time")) {
            (Some(_), Some(_)) => {
                return Failure::usage(
                    "at most one of `sinceTime` or `sinceSeconds` may be specified",
                );
            }
            (Some(text), None) => {
                let length = duration(text).ok_or_else(|| {
                    Failure::Usage(format!(
                        "invalid argument {text:?} for \"--since\" flag: time: invalid duration {text:?}\n\
                         See 'kubectl logs --help' for usage."
                    ))
                })?;
                let micros = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
                Some(SimTime::from_micros(
                    world.now().as_micros().saturating_sub(micros),
                ))
            }
            (None, Some(text)) => match text.parse() {
                Ok(at) => Some(world.api().clock().moment(&crate::api::meta::Time(at))),
                Err(_) => {
                    return Failure::usage(format!(
                        "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
                    ));
                }
            },
            (None, None) => None,
        };
        Ok(Self {
            tail,
            since,
            limit: arguments
                .get("limit-bytes")
                .and_then(|text| text.parse().ok()),
            timestamps: arguments.is_on("timestamps"),
            prefix: arguments.is_on("prefix"),
            previous: arguments.is_on("previous"),
        })
    }

    fn print(
        &self,
        pod: &Pod,
        name: &str,
        client: &impl Client,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Some(node) = pod.spec.node_name.as_deref() else {
            return Ok(());
        };
        let id = instance(pod, name, self.previous)?;
        let world = client.world();
        let lines = world
            .kubelet(node)
            .and_then(|kubelet| kubelet.log_of(&pod.key(), &id));
        let Some(lines) = lines else {
            let text = format!("unable to retrieve container logs for {id}");
            output.stdout.push_str(&text);
            return Ok(());
        };
        let recent = |line: &&LogLine| self.since.is_none_or(|since| line.at >= since);
        let lines: Vec<&LogLine> = lines.iter().filter(recent).collect();
        let first = self.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        let mut text = String::new();
        for line in &lines[first..] {
            if self.prefix {
                text.push_str(&format!("[pod/{}/{name}] ", pod.name()));
            }
            if self.timestamps {
                let micros = world.api().clock().unix_micros(line.at);
                let at = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
                text.push_str(&format!("{at:.9} "));
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        let mut end = self.limit.unwrap_or(text.len()).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        output.stdout.push_str(&text[..end]);
        Ok(())
    }
}

/// The id of the instance whose log it is (kubelet: validateContainerLogStatus).
fn instance(pod: &Pod, name: &str, previous: bool) -> Result<String, Failure> {
    let status = &pod.status;
    let mut all = status.container_statuses.iter().flatten();
    let init = status.init_container_statuses.iter().flatten();
    let ephemeral = status.ephemeral_container_statuses.iter().flatten();
    let found = all
        .by_ref()
        .chain(init)
        .chain(ephemeral)
        .find(|one| one.name == name);
    let what = format!("container {name:?} in pod {:?}", pod.name());
    let bad = |text: String| Err(Status::bad_request(text).into());
    let Some(status) = found else {
        return bad(format!("{what} is not available"));
    };
    // The kubelet does not know the id of what it could only guess to have ended.
    let ended = |state: Option<&ContainerState>| {
        let ended = state?.terminated.as_ref()?;
        Some(ended.container_id.clone().filter(|id| !id.is_empty()))
    };
    let last = ended(status.last_state.as_ref());
    if previous {
        return match last.flatten() {
            Some(id) => Ok(id),
            None => bad(format!("previous terminated {what} not found")),
        };
    }
    let state = status.state.clone().unwrap_or_default();
    if state.running.is_some() {
        return Ok(status.container_id.clone().unwrap_or_default());
    }
    match (ended(Some(&state)), last) {
        (Some(Some(id)), _) | (_, Some(Some(id))) => return Ok(id),
        (Some(None), _) | (None, Some(None)) => return bad(format!("{what} is terminated")),
        (None, None) => {}
    }
    let waiting = state.waiting.and_then(|one| one.reason).unwrap_or_default();
    let why = match waiting.as_str() {
        "" => return bad(format!("{what} is waiting to start - no logs yet")),
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        reason => reason,
    };
    bad(format!("{what} is waiting to start: {why}"))
}

/// `90s`, `1m30s`, `2h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    if text == "0" {
        return Some(total);
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|end| *end > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        let (unit, millis) = units.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        total += Duration::from_millis(number.checked_mul(millis)?);
    }
    Some(total).filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The instance whose log it is, or the refusal, by state and last state of a container.
    fn check(state: serde_json::Value, last: serde_json::Value, expect: [&str; 2]) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "main"}]},
            "status": {"containerStatuses": [{
                "name": "main", "containerID": "c://now", "image": "", "imageID": "", "ready": false,
                "restartCount": 1, "state": state, "lastState": last}]},
        });
        let pod = Object::from_json(pod).unwrap();
        let pod: &Pod = pod.typed().unwrap();
        let told = [false, true].map(|previous| match instance(pod, "main", previous) {
            Ok(id) => id,
            Err(Failure::Server(status)) => status.message,
            Err(_) => "another failure".to_owned(),
        });
        assert_eq!(told, expect, "{state} {last}");
    }

    #[test]
    fn the_log_is_that_of_an_instance_that_the_status_knows() {
        let running = || json!({"running": {"startedAt": null}});
        let ended = |id: &str| json!({"terminated": {"exitCode": 1, "containerID": id}});
        let guessed = || json!({"terminated": {"exitCode": 137}});
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let what = |text: &str| format!("container \"main\" in pod \"web\" {text}");
        let no_previous = format!("previous terminated {}", what("not found"));
        let (terminated, waits) = (what("is terminated"), what("is waiting to start: Waits"));
        let none = || json!({});
        check(running(), none(), ["c://now", &no_previous]);
        check(running(), ended("c://old"), ["c://now", "c://old"]);
        // A container that was removed, or is not known any more, has no id.
        check(running(), guessed(), ["c://now", &no_previous]);
        check(ended("c://now"), guessed(), ["c://now", &no_previous]);
        check(guessed(), ended("c://old"), ["c://old", "c://old"]);
        check(guessed(), none(), [&terminated, &no_previous]);
        check(waiting("Waits"), ended("c://old"), ["c://old", "c://old"]);
        check(waiting("Waits"), guessed(), [&terminated, &no_previous]);
        check(waiting("Waits"), none(), [&waits, &no_previous]);
    }
}
