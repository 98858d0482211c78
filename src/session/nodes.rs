//! The Nodes mode: requests against what is allocatable, node by node.

use std::rc::Rc;

use crate::api::{Kind, Node, ObjectKey as ApiKey, Pod, Resource};
use crate::cluster::scheduler::resources::{Resources, pod_requests};
use crate::history::Touched;

use super::control;
use super::crowd::STATES;
use super::decision;
use super::names;
use super::scene::Scene;
use super::stage::Cells;
use super::view::crowd::Group;
use super::view::nodes::{NodeCard, NodePod, Nodes, ResourceBar, ResourcePart};
use super::view::stage::{Dial, PodCell};
use super::view::{ObjectKey, State, Text};

/// All node cards. In a crowd a card is built again only when its node or one of its pods changed.
#[must_use]
pub fn nodes(
    scene: &Scene,
    cells: &Cells,
    before: &Nodes,
    selected: Option<&ObjectKey>,
    touched: &Touched,
) -> Nodes {
    let is_old = |old: &Rc<NodeCard>, node: &Node, group: &Rc<Group>| {
        let crowd = old.crowd.as_ref().filter(|_| cells.is_crowded());
        crowd.is_some_and(|crowd| Rc::ptr_eq(crowd, group)) && !touched.has(&node.key())
    };
    let cards: Vec<Rc<NodeCard>> = scene
        .world
        .api()
        .list::<Node>(None)
        .enumerate()
        .map(|(index, node)| {
            let group = cells.rosters().on_node(node.name());
            let old = before.cards.get(index);
            let old = old.filter(|old| *old.key.name == *node.name());
            if let Some(old) = old.filter(|old| is_old(old, node, &group)) {
                return Rc::clone(old);
            }
            let card = card(scene, node, cells, group);
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
    let waiting = cells.rosters().on_node("");
    let control = control::plane(scene, waiting.glyphs.len(), not_ready);
    let (queue, queue_crowd) = pods(scene, cells, waiting);
    let queue = queue.into_iter().map(|pod| waits(scene, pod));
    Nodes {
        queue: queue.collect(),
        cards,
        summary: summary.into(),
        control,
        decision: decision::last(scene),
        queue_crowd: queue_crowd.filter(|crowd| !crowd.glyphs.is_empty()),
        selected: selected.cloned(),
    }
}

/// Pods as a list or, in a crowd, as glyphs.
fn pods(scene: &Scene, cells: &Cells, group: Rc<Group>) -> (Vec<Rc<NodePod>>, Option<Rc<Group>>) {
    if cells.is_crowded() {
        return (Vec::new(), Some(group));
    }
    let cells = group
        .glyphs
        .iter()
        .filter_map(|glyph| cells.cell(scene, glyph.number));
    (cells.map(|cell| Rc::new(node_pod(&cell))).collect(), None)
}

/// A pod of the scheduler's queue says what it waits for.
fn waits(scene: &Scene, pod: Rc<NodePod>) -> Rc<NodePod> {
    let key = ApiKey::new(Kind::Pod, &pod.key.namespace, &pod.key.name);
    let queued = scene.world.scheduler().queue().get(&key);
    match queued {
        None => pod,
        Some(queued) => Rc::new(NodePod {
            word: control::waits_for(queued.place, scene.now()),
            ..(*pod).clone()
        }),
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

fn card(scene: &Scene, node: &Node, cells: &Cells, group: Rc<Group>) -> NodeCard {
    let status = status(node);
    // Those that are over do not count against their node.
    let living = group
        .glyphs
        .iter()
        .filter(|glyph| !matches!(glyph.state, State::Done | State::Failed));
    let here: Vec<(State, &Pod)> = living
        .filter_map(|glyph| Some((glyph.state, cells.pod(scene, glyph.number)?)))
        .collect();
    let merged = cells.is_crowded();
    let (pods, crowd) = pods(scene, cells, group);
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
            bar(node, &here, &Amount::CPU, merged),
            bar(node, &here, &Amount::MEMORY, merged),
            pods_bar(node, &here, merged),
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
        pods,
        crowd,
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

fn bar(node: &Node, here: &[(State, &Pod)], amount: &Amount, merged: bool) -> ResourceBar {
    let all = (amount.of)(&Resources::from_list(node.status.allocatable.as_ref()));
    let requested = here
        .iter()
        .map(|(state, pod)| (*state, (amount.of)(&pod_requests(&pod.spec))))
        .collect::<Vec<_>>();
    let sum = requested.iter().map(|(_, amount)| amount).sum();
    let (sum, total) = (amount.show(sum), amount.show(all));
    ResourceBar {
        name: amount.name.into(),
        text: format!("{sum} of {total} {} requested", amount.word).into(),
        parts: parts(requested, all, merged),
    }
}

fn pods_bar(node: &Node, here: &[(State, &Pod)], merged: bool) -> ResourceBar {
    let allocatable = node.status.allocatable.as_ref();
    let most = allocatable
        .and_then(|resources| resources.get("pods")?.0.parse::<i64>().ok())
        .unwrap_or(0);
    let ones = here.iter().map(|(state, _)| (*state, 1)).collect();
    ResourceBar {
        name: "Pods".into(),
        text: format!("{} of {most}", here.len()).into(),
        parts: parts(ones, most, merged),
    }
}

/// The parts of a bar: one per pod, or `merged` one per state.
fn parts(mut amounts: Vec<(State, i64)>, all: i64, merged: bool) -> Vec<ResourcePart> {
    if merged {
        let mut sums = [0; 10];
        for (state, amount) in amounts.drain(..) {
            sums[state as usize] += amount;
        }
        amounts.extend(STATES.map(|state| (state, sums[state as usize])));
    }
    let some = amounts.into_iter().filter(|(_, amount)| *amount > 0);
    some.map(|(state, amount)| ResourcePart {
        state,
        permille: permille(amount, all),
    })
    .collect()
}

fn permille(part: i64, whole: i64) -> u16 {
    let value = i128::from(part.max(0)) * 1_000 / i128::from(whole.max(1));
    u16::try_from(value.min(1_000)).unwrap_or(1_000)
}
