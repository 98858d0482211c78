//! The scheduler's decisions in words, with the fields that they read.

use crate::api::{Kind, ObjectKey};
use crate::cluster::{Actor, Step};

use super::explanation::{Explanation, NodeExplanation, Outcome};
use super::filters;
use super::pod_info::PodInfo;

/// The step that records an attempt.
#[must_use]
pub fn of_attempt(pod: &PodInfo, explanation: &Explanation) -> Step {
    let name = &pod.key.name;
    let (code, text) = match &explanation.outcome {
        Outcome::Chosen { node, equals } => {
            ("scheduled", chosen_text(name, node, *equals, explanation))
        }
        Outcome::Unschedulable { message, .. } => {
            let heart = heart(message);
            let count = explanation.all;
            let text = match count {
                0 => format!("There is **no node** to take {name}"),
                _ => format!("None of {count} nodes can take {name}: **{heart}**"),
            };
            ("unschedulable", text)
        }
    };
    let mut step = Step::new(Actor::Scheduler, pod.key.clone(), code, text);
    for (path, node) in reads(pod, explanation) {
        step = match node {
            None => step.reading(path),
            Some(node) => step.reading_of(ObjectKey::new(Kind::Node, "", &node), path),
        };
    }
    step
}

fn chosen_text(name: &str, node: &str, equals: usize, explanation: &Explanation) -> String {
    let (passed, all) = (explanation.passed, explanation.all);
    let total = explanation
        .nodes
        .iter()
        .find(|verdict| *verdict.node == *node)
        .map_or(0, |verdict| verdict.total);
    if passed == 1 {
        return match all {
            1 => format!("{name} goes to **{node}**, the only node"),
            _ => format!("{name} goes to **{node}**, the only one of {all} nodes that can take it"),
        };
    }
    let choice = if equals > 1 {
        format!("picked at random among {equals} equally good nodes")
    } else {
        format!("the best of {passed} nodes that can take it")
    };
    format!("{name} goes to **{node}**, {choice} (score {total})")
}

/// The reasons in a message: "1 Insufficient cpu, 2 node(s) …" of "0/3 nodes are available: 1 Insufficient cpu, 2
/// node(s) …. no new claims …".
#[must_use]
pub fn heart(message: &str) -> &str {
    let reasons = message.split_once(": ").map_or(message, |parts| parts.1);
    let sentence = reasons.split_once(". ").map_or(reasons, |parts| parts.0);
    sentence.trim_end_matches('.')
}

/// The fields behind an attempt: with each, the node that has it, or `None` for the pod's own.
fn reads(pod: &PodInfo, explanation: &Explanation) -> Vec<(String, Option<String>)> {
    let mut reads = Vec::new();
    match &explanation.outcome {
        Outcome::Chosen { .. } => {
            let of_filters = explanation.filters.iter();
            for plugin in of_filters.filter_map(|name| filters::by_name(name)) {
                reads.extend(
                    (plugin.pod_fields)(pod)
                        .into_iter()
                        .map(|path| (path, None)),
                );
            }
        }
        Outcome::Unschedulable { plugins, .. } => {
            for plugin in plugins.iter().filter_map(|name| filters::by_name(name)) {
                reads.extend(
                    (plugin.pod_fields)(pod)
                        .into_iter()
                        .map(|path| (path, None)),
                );
                let rejected = |verdict: &&NodeExplanation| {
                    let rejection = verdict.rejection.as_ref();
                    rejection.is_some_and(|rejection| rejection.plugin == plugin.name)
                };
                for verdict in explanation.nodes.iter().filter(rejected).take(MAX_NODES) {
                    reads.push((plugin.node_field.to_owned(), Some(verdict.node.to_string())));
                }
            }
        }
    }
    reads.dedup();
    reads
}

/// How many nodes a step names at most; the rest rejected the pod for the same reasons.
const MAX_NODES: usize = 8;
