//! `podarium schedule`: where the scheduler would put a pod, and why.

mod text;

use std::process::ExitCode;
use std::rc::Rc;

use podarium::api::{Node, Object, Pod};
use podarium::kernel::{Rng, SimTime};
use podarium::session::cluster::scheduler::cycle::Algorithm;
use podarium::session::cluster::scheduler::explanation::{Explanation, Nomination, Outcome};
use podarium::session::cluster::scheduler::nodes::Nodes;
use podarium::session::cluster::scheduler::pod_info::PodInfo;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::rows;

/// A question: the nodes, the pods on them, and the pod that waits.
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    id: Value,
    nodes: Vec<Value>,
    #[serde(default)]
    bound: Vec<Value>,
    pod: Value,
}

/// Answers the rows on standard input; with `--explain` in words.
///
/// # Errors
/// Input that is not such rows, or output that cannot be written.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    match arguments {
        [] => rows::answer_all(|row: Row| {
            let id = row.id.clone();
            Ok(answer(&id, &attempt(row)?.explanation))
        }),
        [flag] if flag == "--explain" => explain(),
        [other, ..] => Err(format!(
            "schedule takes --explain or nothing, not {other:?}"
        )),
    }
}

/// Tells of every row what came of it and why.
fn explain() -> Result<ExitCode, String> {
    for line in std::io::stdin().lines() {
        let line = line.map_err(|error| error.to_string())?;
        if !line.trim().is_empty() {
            let row = serde_json::from_str(&line).map_err(|error| error.to_string())?;
            let Attempt {
                pod,
                nodes,
                explanation,
            } = attempt(row)?;
            println!("{}", text::of(&pod, &nodes, &explanation));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// An attempt with what it was made of.
struct Attempt {
    pod: Rc<PodInfo>,
    nodes: Nodes,
    explanation: Explanation,
}

fn attempt(row: Row) -> Result<Attempt, String> {
    let mut nodes = Nodes::default();
    for node in row.nodes {
        if let Some(node) = Object::from_json(node)?.typed::<Node>() {
            nodes.put_node(node);
        }
    }
    for bound in row.bound {
        let info = PodInfo::new(&pod(bound)?);
        nodes.put_pod(info.node_name(), &info);
    }
    let pod = PodInfo::new(&pod(row.pod)?);
    let mut algorithm = Algorithm::new(Rng::new(1));
    let explanation = algorithm.attempt(&pod, &mut nodes, SimTime::ZERO);
    Ok(Attempt {
        pod,
        nodes,
        explanation,
    })
}

fn answer(id: &Value, explanation: &Explanation) -> Value {
    match &explanation.outcome {
        Outcome::Chosen { node, .. } => {
            let (scores, totals) = scores(explanation);
            json!({"id": id, "bound_to": &**node, "scores": scores, "totals": totals})
        }
        Outcome::Unschedulable {
            message,
            nomination,
            ..
        } => unschedulable(id, message, nomination),
    }
}

fn unschedulable(id: &Value, message: &str, nomination: &Nomination) -> Value {
    let mut answer = json!({"id": id, "unschedulable": message});
    if let Nomination::Of { node, victims } = nomination {
        let mut names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
        names.sort_unstable();
        answer["preempts_on"] = (**node).into();
        answer["victims"] = names.into();
    }
    answer
}

/// A pod with what the server would fill in and the scheduler reads: namespace and priority.
fn pod(mut manifest: Value) -> Result<Pod, String> {
    if manifest["metadata"]["namespace"].is_null() {
        manifest["metadata"]["namespace"] = "default".into();
    }
    let object = Object::from_json(manifest)?;
    let pod = object.typed::<Pod>().cloned();
    let mut pod = pod.ok_or_else(|| format!("{} is not a pod", object.key()))?;
    if pod.spec.priority.is_none() {
        let class = pod.spec.priority_class_name.as_deref();
        pod.spec_mut().priority = Some(priority(class));
    }
    Ok(pod)
}

/// The values of the system's two classes, and of the two that the questions are asked with.
fn priority(class: Option<&str>) -> i32 {
    match class {
        Some("system-node-critical") => 2_000_001_000,
        Some("system-cluster-critical") => 2_000_000_000,
        Some("high") => 1_000,
        Some("low") => -10,
        _ => 0,
    }
}

/// The weighted scores of every plugin on every node that passed, and their sums.
fn scores(explanation: &Explanation) -> (Map<String, Value>, Map<String, Value>) {
    let (mut scores, mut totals) = (Map::new(), Map::new());
    for node in explanation
        .nodes
        .iter()
        .filter(|node| !node.scores.is_empty())
    {
        let by_plugin = node.scores.iter().map(|score| {
            let weighted: Value = score.weighted.into();
            (score.plugin.to_owned(), weighted)
        });
        let by_plugin: Map<String, Value> = by_plugin.collect();
        scores.insert(node.node.to_string(), by_plugin.into());
        totals.insert(node.node.to_string(), node.total.into());
    }
    (scores, totals)
}
