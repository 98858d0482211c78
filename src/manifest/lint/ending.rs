//! Containers whose main process ends by itself although it is to be restarted for ever.

use super::Set;
use super::workload::{items, text};
use crate::manifest::tree::Node;
use crate::manifest::{Diagnostic, Fix};

/// Images that run a shell, which ends at once where nobody types, or that say hello and go.
const ENDING_IMAGES: [&str; 7] = [
    "busybox",
    "alpine",
    "ubuntu",
    "debian",
    "bash",
    "hello-world",
    "perl",
];

/// Programs that do one thing and end with 0.
const ENDING_PROGRAMS: [&str; 12] = [
    "echo", "true", "date", "env", "printf", "ls", "touch", "mkdir", "sleep", "exit", "hostname",
    "id",
];

/// Words of scripts that go on for ever, wait for something else, or hand over to another program.
const LASTING_WORDS: [&str; 8] = [
    "while", "until", "wait", "exec", "infinity", "tail", "for", "trap",
];

/// A main process that ends with 0 is started again and again, with a growing back-off.
// kubelet: restartPolicy Always restarts a container whatever its exit code is
pub(super) fn ends_and_restarts(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        let policy = text(workload.spec, "restartPolicy").unwrap_or("Always");
        if policy != "Always" {
            continue;
        }
        for container in workload.containers() {
            if !ends(container) {
                continue;
            }
            let place = ["command", "args", "image", "name"]
                .iter()
                .find_map(|field| container.entry(field));
            let Some(place) = place else { continue };
            let message =
                "The main process ends with 0 and is restarted for ever: CrashLoopBackOff";
            let mut problem = Diagnostic::warning("ends-and-restarts", message, place.key_span.clone()).with_hint(
                "restartPolicy Always is for what runs for ever; a task that ends belongs into a Job, or a pod with restartPolicy OnFailure",
            );
            if let (Some(policy), "Pod") = (workload.spec.get("restartPolicy"), workload.kind) {
                problem = problem.with_fix(Fix::replace(
                    "Change `restartPolicy` to `OnFailure`",
                    policy.span.clone(),
                    "OnFailure",
                ));
            }
            found.push((workload.index, problem));
        }
    }
}

/// Whether it is sure that the container's main process ends with 0 within minutes.
fn ends(container: &Node) -> bool {
    let texts = |field| -> Vec<&str> {
        items(container.get(field))
            .iter()
            .filter_map(Node::as_str)
            .collect()
    };
    let words = [texts("command"), texts("args")].concat();
    let is_on = |field| container.get(field).is_some_and(|node| !node.is_null());
    match words.as_slice() {
        [] => {
            let image = text(container, "image").unwrap_or_default();
            let name = image.rsplit('/').next().unwrap_or_default();
            let name = name.split([':', '@']).next().unwrap_or_default();
            ENDING_IMAGES.contains(&name) && !(is_on("tty") && is_on("stdin"))
        }
        [shell, flag, script, ..]
            if shell.ends_with("sh") && flag.starts_with('-') && flag.ends_with('c') =>
        {
            script_ends(script)
        }
        [program, ..] => program_ends(program, &words[1..]),
    }
}

/// Whether the last command of a script ends it with 0.
fn script_ends(script: &str) -> bool {
    let mut words = script.split(|character: char| {
        !(character.is_ascii_alphanumeric() || "-_./$".contains(character))
    });
    if words.any(|word| LASTING_WORDS.contains(&word))
        || script.contains('&') && !script.contains("&&")
    {
        return false;
    }
    let last = script
        .split(['\n', ';'])
        .flat_map(|part| part.split("&&"))
        .map(str::trim)
        .filter(|part| !part.is_empty() && !part.starts_with('#'))
        .last();
    let words: Vec<&str> = last.unwrap_or_default().split_whitespace().collect();
    match words.split_first() {
        Some((program, rest)) => program_ends(program, rest),
        None => true,
    }
}

fn program_ends(program: &str, arguments: &[&str]) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    match name {
        // An hour of sleep stands for "for ever".
        "sleep" => arguments
            .first()
            .and_then(|time| time.trim_end_matches('s').parse::<u32>().ok())
            .is_some_and(|seconds| seconds < 3_600),
        "exit" => matches!(arguments.first(), None | Some(&"0")),
        _ => ENDING_PROGRAMS.contains(&name),
    }
}
