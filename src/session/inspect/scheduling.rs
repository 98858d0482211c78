//! Why a pod is on its node, or on none: the scheduler's own account of its last attempt, as a table.

use std::cmp::Reverse;

use crate::api::{Object, Pod};
use crate::cluster::FieldRead;
use crate::cluster::scheduler::explanation::{Explanation, NodeExplanation, Nomination, Outcome};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::queue::Place;
use crate::cluster::scheduler::steps;
use crate::session::names;
use crate::session::scene::Scene;
use crate::session::time::{clock, clock_seconds};
use crate::session::view::scheduling::{Cell, Column, Row, Scheduling, Table};
use crate::session::view::{RichText, Text};

use super::body::events;

/// How many nodes a table lists at most.
const MOST_ROWS: usize = 20;

/// Short words for the plugins: of their filters, of their scores.
const WORDS: &[(&str, &str, &str)] = &[
    ("NodeUnschedulable", "Cordon", ""),
    ("NodeName", "Name", ""),
    ("TaintToleration", "Taints", "Taints"),
    ("NodeAffinity", "Labels", "Labels"),
    ("NodePorts", "Ports", ""),
    ("NodeResourcesFit", "Resources", "Free room"),
    ("VolumeRestrictions", "Sole use", ""),
    ("VolumeBinding", "Volumes", ""),
    ("VolumeZone", "Zone", ""),
    ("PodTopologySpread", "Spread", "Spread"),
    ("InterPodAffinity", "Pods near", "Pods near"),
    ("NodeResourcesBalancedAllocation", "", "Balance"),
    ("ImageLocality", "", "Image here"),
];

/// The last attempt to schedule a pod, as the scheduler remembers it at the moment shown.
pub(super) fn of_object(scene: &Scene, object: &Object) -> Scheduling {
    let Object::Pod(pod) = object else {
        return Scheduling::default();
    };
    let scheduler = scene.world.scheduler();
    let last = scheduler.explanation(&pod.key());
    match last.filter(|last| *last.uid == *pod.uid()) {
        Some(last) => of_attempt(scene, pod, last),
        None => not_attempted(scene, pod),
    }
}

fn of_attempt(scene: &Scene, pod: &Pod, last: &Explanation) -> Scheduling {
    let mut answer = vec![scene.tell(&steps::of_attempt(&PodInfo::new(pod), last))];
    let chosen = match &last.outcome {
        Outcome::Chosen { node, .. } => Some(&**node),
        Outcome::Unschedulable { nomination, .. } => {
            if let Nomination::Of { node, victims } = nomination {
                let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
                let names = names.join(", ");
                answer.push(names::sentence(&format!(
                    "It takes the room of **{names}** on {node}"
                )));
            }
            None
        }
    };
    let at = clock(last.at);
    answer.push(RichText::plain(match waits_for(scene, pod) {
        Some(waits) => format!("Last tried at {at}. {waits}"),
        None => format!("Decided at {at}."),
    }));
    let (remedy, fixes) = match chosen {
        None => remedy(scene, pod),
        Some(_) => Default::default(),
    };
    let mut nodes: Vec<&NodeExplanation> = last.nodes.iter().collect();
    nodes.sort_by_cached_key(|node| {
        let is_chosen = chosen == Some(&*node.node);
        (
            !is_chosen,
            node.rejection.is_some(),
            Reverse(node.total),
            node.node.clone(),
        )
    });
    Scheduling {
        question: match chosen {
            Some(node) => format!("Why {node}?").into(),
            None => "Why no node?".into(),
        },
        answer,
        remedy,
        fixes,
        tables: [filters(last, &nodes, chosen), scores(last, &nodes, chosen)]
            .into_iter()
            .flatten()
            .collect(),
    }
}

/// The filters of every node that was looked at. They are asked in order, and the first that rejects a node
/// settles it.
fn filters(last: &Explanation, nodes: &[&NodeExplanation], chosen: Option<&str>) -> Option<Table> {
    let columns = last.filters.iter().map(|plugin| Column {
        word: word(plugin, false).into(),
        plugin: (*plugin).into(),
    });
    let rows = nodes.iter().map(|node| {
        let rejection = node.rejection.as_deref();
        let failed = rejection.map(|rejection| rejection.plugin);
        let at = last.filters.iter().position(|name| Some(*name) == failed);
        let cell = |index| match at {
            Some(at) if index == at => Cell::Rejects,
            Some(at) if index > at => Cell::NotRun,
            _ => Cell::Passes,
        };
        Row {
            cells: (0..last.filters.len()).map(cell).collect(),
            reason: rejection.map_or("".into(), |rejection| {
                format!("{}: {}", rejection.plugin, rejection.reasons.join(", ")).into()
            }),
            ..row(node, chosen)
        }
    });
    let looked_at = last.looked_at.min(last.all);
    let unlisted = looked_at.saturating_sub(nodes.len().min(MOST_ROWS));
    let mut rest = String::new();
    if unlisted > 0 {
        rest = format!("{unlisted} more were looked at. ");
    }
    match last.all - looked_at {
        0 => {}
        1 => rest.push_str("For 1 node the filters were not run."),
        more => rest.push_str(&format!("For {more} nodes the filters were not run.")),
    }
    table("Filters: all must pass", columns, rows, rest)
}

/// The scores of the nodes that can take the pod; a single one needs none.
fn scores(last: &Explanation, nodes: &[&NodeExplanation], chosen: Option<&str>) -> Option<Table> {
    let scored = nodes.iter().filter(|node| !node.scores.is_empty());
    let plugins = scored.clone().next()?.scores.iter();
    let columns = plugins.map(|score| Column {
        word: format!("{} ×{}", word(score.plugin, true), score.weight).into(),
        plugin: score.plugin.into(),
    });
    let total = Column {
        word: "Total".into(),
        plugin: "".into(),
    };
    let rows = scored.map(|node| {
        let cells = node.scores.iter().map(|score| {
            let points = score.weighted / score.weight.max(1);
            Cell::Score {
                points: u32::try_from(points).unwrap_or(0),
                detail: match score.raw {
                    raw if raw == points => "".into(),
                    raw => format!("measured {raw}").into(),
                },
            }
        });
        Row {
            cells: cells
                .chain([Cell::Total(node.total.to_string().into())])
                .collect(),
            ..row(node, chosen)
        }
    });
    let rest = match last.passed.saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!("{more} more were scored."),
    };
    let title = "Scores: 0 to 100, by weight";
    table(title, columns.chain([total]), rows, rest)
}

fn row(node: &NodeExplanation, chosen: Option<&str>) -> Row {
    Row {
        node: node.node.clone(),
        is_chosen: chosen == Some(&*node.node),
        cells: Vec::new(),
        reason: "".into(),
    }
}

fn table(
    title: &str,
    columns: impl Iterator<Item = Column>,
    rows: impl Iterator<Item = Row>,
    rest: String,
) -> Option<Table> {
    let rows: Vec<Row> = rows.take(MOST_ROWS).collect();
    (!rows.is_empty()).then(|| Table {
        title: title.into(),
        columns: columns.collect(),
        rows,
        rest: rest.into(),
    })
}

fn word(plugin: &'static str, of_score: bool) -> &'static str {
    let known = WORDS.iter().find(|words| words.0 == plugin);
    let word = known.map(|words| if of_score { words.2 } else { words.1 });
    word.filter(|word| !word.is_empty()).unwrap_or(plugin)
}

/// The smallest change with which the pod would fit, as the cluster is now.
fn remedy(scene: &Scene, pod: &Pod) -> (Text, Vec<RichText>) {
    let Some(remedy) = scene
        .world
        .scheduler()
        .remedy(&pod.key(), scene.world.api())
    else {
        return Default::default();
    };
    let fixes = remedy.fixes.into_iter().map(|fix| {
        let read = FieldRead {
            object: fix.object,
            path: fix.path,
        };
        RichText::plain(fix.text).link(scene.source.link(scene.world, &read))
    });
    let head = format!("{} could take it, if you", remedy.node);
    (head.into(), fixes.collect())
}

/// What a pod in the queue waits for.
fn waits_for(scene: &Scene, pod: &Pod) -> Option<String> {
    let queued = scene.world.scheduler().queue().get(&pod.key())?;
    Some(match queued.place {
        Place::Active => "Its turn comes as soon as the scheduler is free.".to_owned(),
        Place::BackingOff { until } => format!(
            "Something changed that may help: it is tried again by {}.",
            clock_seconds(until)
        ),
        Place::Erred { until } => format!("It is tried again at {}.", clock_seconds(until)),
        Place::Unschedulable => "It waits for a change that may help.".to_owned(),
        Place::Gated => "Its scheduling gates hold it back.".to_owned(),
    })
}

/// Why the scheduler never tried the pod.
fn not_attempted(scene: &Scene, pod: &Pod) -> Scheduling {
    let spec = &pod.spec;
    let scheduler = spec.scheduler_name.as_deref().unwrap_or_default();
    let (question, text, path) = if let Some(waits) = waits_for(scene, pod) {
        ("Not tried yet", waits, "spec.schedulingGates")
    } else if spec.node_name.is_none() {
        let text = format!("No scheduler is called {scheduler}: nobody looks for a node.");
        ("Why no node?", text, "spec.schedulerName")
    } else if events(scene, &pod.key(), Some(pod.uid()))
        .iter()
        .any(|event| &*event.reason == "Scheduled")
    {
        let text = "Too many pods came since for this attempt to be remembered.".to_owned();
        ("Why this node?", text, "spec.nodeName")
    } else {
        let text = "It came with its node: the scheduler was not run.".to_owned();
        ("Why this node?", text, "spec.nodeName")
    };
    let link = scene.link(pod, path);
    Scheduling {
        question: question.into(),
        answer: vec![RichText::plain(text).link(link)],
        ..Scheduling::default()
    }
}

#[cfg(test)]
mod tests;
