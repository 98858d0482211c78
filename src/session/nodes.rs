//! The Nodes mode: requests against what is allocatable, node by node.

use std::rc::Rc;

use crate::api::{Node, Pod, Resource};
use crate::cluster::scheduler::resources::{Resources, pod_requests};

use super::names;
use super::scene::Scene;
use super::stage::Cells;
use super::view::nodes::{NodeCard, NodePod, Nodes, ResourceBar, ResourcePart};
use super::view::stage::{Dial, PodCell};
use super::view::{ObjectKey, State, Text};

/// All node cards.
#[must_use]
pub fn nodes(scene: &Scene, cells: &Cells, before: &Nodes, selected: Option<&ObjectKey>) -> Nodes {
    let cards: Vec<Rc<NodeCard>> = scene
        .world
        .api()
        .list::<Node>(None)
        .map(|node| {
            let card = card(scene, node, cells);
            let old = before.cards.iter().find(|old| old.key == card.key);
            match old.filter(|old| ***old == card) {
                Some(old) => Rc::clone(old),
                None => Rc::new(card),
            }
        })
        .collect();
    let not_ready = cards
        .iter()
        .filter(|card| card.state != State::Ready)
        .count();
    let summary = match (cards.len(), not_ready) {
        (1, 0) => "1 node".to_owned(),
        (count, 0) => format!("{count} nodes"),
        (count, down) => format!("{count} nodes, {down} NotReady"),
    };
    let queue = cells.iter().filter(|(node, _)| node.is_empty());
    Nodes {
        cards,
        summary: summary.into(),
        queue: queue.map(|(_, cell)| Rc::new(node_pod(cell))).collect(),
        selected: selected.cloned(),
    }
}

/// The STATUS column of `kubectl get nodes`.
#[must_use]
pub fn status(node: &Node) -> String {
    let conditions = node.status.conditions.iter().flatten();
    let ready = conditions
        .into_iter()
        .find(|condition| condition.type_ == "Ready");
    // pkg/printers, printNode: a node without the condition is Unknown.
    let mut words = vec![match ready.map(|condition| condition.status.as_str()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }];
    if node.spec.unschedulable == Some(true) {
        words.push("SchedulingDisabled");
    }
    words.join(",")
}

fn card(scene: &Scene, node: &Node, cells: &Cells) -> NodeCard {
    let status = status(node);
    let here: Vec<&Rc<PodCell>> = cells
        .iter()
        .filter(|(name, _)| name.as_ref() == node.name())
        .map(|(_, cell)| cell)
        .collect();
    let conditions = node.status.conditions.iter().flatten();
    let taints = node.spec.taints.iter().flatten();
    NodeCard {
        key: names::key_of(&node.clone().into_object()),
        state: if status.starts_with("Ready") {
            State::Ready
        } else {
            State::Unknown
        },
        resources: vec![
            bar(scene, node, &here, &Amount::CPU),
            bar(scene, node, &here, &Amount::MEMORY),
            pods_bar(node, &here),
        ],
        labels: labels(node),
        taints: taints
            .map(|taint| {
                let value = taint
                    .value
                    .as_deref()
                    .map_or(String::new(), |value| format!("={value}"));
                format!("{}{value}:{}", taint.key, taint.effect).into()
            })
            .collect(),
        conditions: conditions
            .filter(|condition| condition.type_ != "Ready" && condition.status != "False")
            .map(|condition| condition.type_.as_str().into())
            .collect(),
        pods: here.iter().map(|cell| Rc::new(node_pod(cell))).collect(),
        status: status.into(),
    }
}

/// The labels that somebody chose: not those that every kubelet sets.
fn labels(node: &Node) -> Vec<Text> {
    let labels = node.meta.labels.iter().flatten();
    labels
        .filter(|(key, _)| {
            !key.starts_with("kubernetes.io/") && !key.starts_with("beta.kubernetes.io/")
        })
        .map(|(key, value)| format!("{key}={value}").into())
        .collect()
}

fn node_pod(cell: &PodCell) -> NodePod {
    let word: Text = match (&cell.dial, cell.state) {
        (Dial::Countdown(countdown), _) => countdown.label.clone(),
        (_, State::Ready | State::NotReady) => cell.ready.clone(),
        _ => cell.status.clone(),
    };
    NodePod {
        key: cell.key.clone(),
        name: format!("{}{}", cell.name_prefix, cell.name_suffix).into(),
        state: cell.state,
        word,
        label: cell.label.clone(),
    }
}

/// One resource, and how to speak of it.
struct Amount {
    name: &'static str,
    of: fn(&Resources) -> i64,
    /// What one of the words is, in the unit of `of`.
    unit: i64,
    word: &'static str,
}

impl Amount {
    const CPU: Self = Self {
        name: "CPU",
        of: |resources| resources.cpu_millis,
        unit: 1_000,
        word: "cores",
    };
    const MEMORY: Self = Self {
        name: "Memory",
        of: |resources| resources.memory_bytes,
        unit: 1 << 30,
        word: "GiB",
    };

    /// `2.25`
    fn show(&self, amount: i64) -> String {
        let hundredths = i128::from(amount) * 100 / i128::from(self.unit);
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

fn bar(scene: &Scene, node: &Node, here: &[&Rc<PodCell>], amount: &Amount) -> ResourceBar {
    let all = (amount.of)(&Resources::from_list(node.status.allocatable.as_ref()));
    let mut sum = 0;
    let mut parts = Vec::new();
    for cell in here.iter().filter(|cell| lives(cell)) {
        let pod = scene
            .world
            .api()
            .get::<Pod>(&cell.key.namespace, &cell.key.name);
        let requested = pod.map_or(0, |pod| (amount.of)(&pod_requests(&pod.spec)));
        sum += requested;
        if requested > 0 {
            parts.push(ResourcePart {
                state: cell.state,
                permille: permille(requested, all),
            });
        }
    }
    let (sum, all) = (amount.show(sum), amount.show(all));
    ResourceBar {
        name: amount.name.into(),
        text: format!("{sum} of {all} {} requested", amount.word).into(),
        parts,
    }
}

/// Whether a pod counts against its node.
fn lives(cell: &PodCell) -> bool {
    !matches!(cell.state, State::Done | State::Failed)
}

fn pods_bar(node: &Node, here: &[&Rc<PodCell>]) -> ResourceBar {
    let allocatable = node.status.allocatable.as_ref();
    let most = allocatable
        .and_then(|resources| resources.get("pods")?.0.parse::<i64>().ok())
        .unwrap_or(0);
    let living = here.iter().filter(|cell| lives(cell));
    let parts: Vec<ResourcePart> = living
        .map(|cell| ResourcePart {
            state: cell.state,
            permille: permille(1, most),
        })
        .collect();
    ResourceBar {
        name: "Pods".into(),
        text: format!("{} of {most}", parts.len()).into(),
        parts,
    }
}

fn permille(part: i64, whole: i64) -> u16 {
    let value = i128::from(part.max(0)) * 1_000 / i128::from(whole.max(1));
    u16::try_from(value.min(1_000)).unwrap_or(1_000)
}
