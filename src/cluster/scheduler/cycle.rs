//! One scheduling cycle: filter the nodes, score those that are left, choose one.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::kernel::{Rng, SimTime};

use super::explanation::{
    Explanation, NodeExplanation, Outcome, PluginScore, Rejection, fit_error,
};
use super::filters::FILTERS;
use super::nodes::{NodeInfo, Nodes};
use super::plugin::{NodeFilter, Preparation, Verdict};
use super::pod_info::PodInfo;
use super::preemption;
use super::scores::SCORES;

/// Chooses a node for a pod. `start` says with which node the search begins; it moves on from cycle
/// to cycle, so that in large clusters, where a part of the nodes is enough, all have their turn.
pub fn attempt(
    pod: &PodInfo,
    nodes: &Nodes,
    start: &mut usize,
    rng: &mut Rng,
    now: SimTime,
) -> Explanation {
    let mut explanation = Explanation {
        pod: pod.key.clone(),
        at: now,
        filters: Vec::new(),
        nodes: Vec::new(),
        outcome: Outcome::Unschedulable {
            message: "no nodes available to schedule pods".to_owned(),
            plugins: Vec::new(),
        },
    };
    let all: Vec<&NodeInfo> = nodes.iter().collect();
    if all.is_empty() {
        return explanation;
    }
    let filters = match Filters::prepare(pod, nodes) {
        Ok(filters) => filters,
        Err((plugin, reason)) => {
            explanation.outcome = rejected_outright(pod, nodes, plugin, reason);
            return explanation;
        }
    };
    explanation.filters = filters.active.iter().map(|(name, _)| *name).collect();
    explanation.nodes = filters.search(&all, start);
    explanation
        .nodes
        .sort_by(|one, other| one.node.cmp(&other.node));
    explanation.outcome = if explanation
        .nodes
        .iter()
        .any(|node| node.rejection.is_none())
    {
        score(pod, nodes, &mut explanation.nodes);
        choose(&explanation.nodes, rng)
    } else {
        rejected(pod, nodes, &filters, &explanation.nodes)
    };
    explanation
}

/// The filters that have something to do for a pod.
struct Filters<'a> {
    active: Vec<(&'static str, NodeFilter<'a>)>,
    /// The only nodes that can pass, if plugins narrowed the search, and those plugins.
    among: Option<BTreeSet<&'a str>>,
    narrowed_by: Vec<&'static str>,
}

impl<'a> Filters<'a> {
    /// PreFilter; fails with the plugin and its reason if it rejects every node.
    fn prepare(pod: &'a PodInfo, nodes: &'a Nodes) -> Result<Self, (&'static str, &'static str)> {
        let mut filters = Self {
            active: Vec::new(),
            among: None,
            narrowed_by: Vec::new(),
        };
        for plugin in FILTERS {
            match (plugin.prepare)(pod, nodes) {
                Preparation::Skip => {}
                Preparation::Reject(reason) => return Err((plugin.name, reason)),
                Preparation::Filter(filter) => filters.active.push((plugin.name, filter)),
                Preparation::FilterAmong(names, filter) => {
                    filters.among = Some(match filters.among.take() {
                        None => names,
                        Some(others) => others.intersection(&names).copied().collect(),
                    });
                    filters.narrowed_by.push(plugin.name);
                    filters.active.push((plugin.name, filter));
                }
            }
        }
        Ok(filters)
    }

    /// Asks node after node until enough can take the pod.
    fn search(&self, all: &[&NodeInfo], start: &mut usize) -> Vec<NodeExplanation> {
        let candidates: Vec<&NodeInfo> = all
            .iter()
            .copied()
            .filter(|node| {
                self.among
                    .as_ref()
                    .is_none_or(|names| names.contains(&*node.name))
            })
            .collect();
        let enough = feasible_nodes_to_find(candidates.len());
        let (mut found, mut verdicts) = (0, Vec::with_capacity(candidates.len()));
        for offset in 0..candidates.len() {
            let node = candidates[(*start + offset) % candidates.len()];
            let rejection = self.judge(node);
            found += usize::from(rejection.is_none());
            verdicts.push(NodeExplanation {
                node: Rc::clone(&node.name),
                rejection,
                scores: Vec::new(),
                total: 0,
            });
            if found == enough {
                break;
            }
        }
        *start = (*start + verdicts.len()) % all.len();
        verdicts
    }

    /// The first rejection of a node settles it.
    fn judge(&self, node: &NodeInfo) -> Option<Rejection> {
        self.active
            .iter()
            .find_map(|(plugin, filter)| match filter(node) {
                Verdict::Pass => None,
                Verdict::Reject {
                    reasons,
                    resolvable,
                } => Some(Rejection {
                    plugin,
                    reasons,
                    resolvable,
                }),
            })
    }
}

/// From 100 nodes on a part of them is enough: 50 % less one per 125 nodes, at least 5 % and 100.
fn feasible_nodes_to_find(nodes: usize) -> usize {
    const MIN_NODES: usize = 100;
    const MIN_PERCENT: usize = 5;
    if nodes < MIN_NODES {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(MIN_PERCENT);
    (nodes * percent / 100).max(MIN_NODES)
}

/// Scores the nodes that passed. A single one needs no scores.
fn score(pod: &PodInfo, nodes: &Nodes, verdicts: &mut [NodeExplanation]) {
    let mut passed: Vec<(&NodeInfo, &mut NodeExplanation)> = verdicts
        .iter_mut()
        .filter(|verdict| verdict.rejection.is_none())
        .filter_map(|verdict| Some((nodes.get(&verdict.node)?, verdict)))
        .collect();
    if passed.len() < 2 {
        return;
    }
    let candidates: Vec<&NodeInfo> = passed.iter().map(|(node, _)| *node).collect();
    for plugin in SCORES {
        let Some(score) = (plugin.prepare)(pod, nodes, &candidates) else {
            continue;
        };
        let raw: Vec<i64> = passed.iter().map(|(node, _)| score(node)).collect();
        let mut normalized = raw.clone();
        (plugin.normalize)(&mut normalized);
        for ((_, verdict), (raw, normalized)) in
            passed.iter_mut().zip(raw.into_iter().zip(normalized))
        {
            let weighted = normalized * plugin.weight;
            verdict.total += weighted;
            verdict.scores.push(PluginScore {
                plugin: plugin.name,
                raw,
                weighted,
            });
        }
    }
}

/// The best total wins; among equals each has the same chance.
fn choose(verdicts: &[NodeExplanation], rng: &mut Rng) -> Outcome {
    let passed = || verdicts.iter().filter(|node| node.rejection.is_none());
    let best = passed().map(|node| node.total).max();
    let equals: Vec<&NodeExplanation> = passed().filter(|node| Some(node.total) == best).collect();
    match rng.pick(&equals) {
        Some(chosen) => Outcome::Chosen {
            node: Rc::clone(&chosen.node),
            equals: equals.len(),
        },
        // Only called with at least one node that passed.
        None => Outcome::Unschedulable {
            message: String::new(),
            plugins: Vec::new(),
        },
    }
}

/// PostFilter: the message of a pod that no node can take.
fn rejected(
    pod: &PodInfo,
    nodes: &Nodes,
    filters: &Filters,
    verdicts: &[NodeExplanation],
) -> Outcome {
    let rejections = || {
        verdicts
            .iter()
            .filter_map(|verdict| verdict.rejection.as_ref())
    };
    let unseen = format!(
        "node(s) didn't satisfy plugin(s) [{}]",
        filters.narrowed_by.join(" ")
    );
    let reasons = rejections()
        .flat_map(|rejection| rejection.reasons.iter().map(AsRef::as_ref))
        .chain(std::iter::repeat_n(
            unseen.as_str(),
            nodes.len() - verdicts.len(),
        ));
    let message = fit_error(nodes.len(), reasons);
    let mut plugins: BTreeSet<&'static str> =
        rejections().map(|rejection| rejection.plugin).collect();
    plugins.extend(&filters.narrowed_by);
    Outcome::Unschedulable {
        message: with_preemption(&message, pod, nodes, verdicts),
        plugins: plugins.into_iter().collect(),
    }
}

/// PreFilter: one plugin rejected every node at once.
fn rejected_outright(
    pod: &PodInfo,
    nodes: &Nodes,
    plugin: &'static str,
    reason: &'static str,
) -> Outcome {
    let message = format!("0/{} nodes are available: {reason}.", nodes.len());
    Outcome::Unschedulable {
        message: with_preemption(&message, pod, nodes, &[]),
        plugins: vec![plugin],
    }
}

/// The plugins of PostFilter add their sentences: DynamicResources, then DefaultPreemption.
fn with_preemption(
    message: &str,
    pod: &PodInfo,
    nodes: &Nodes,
    verdicts: &[NodeExplanation],
) -> String {
    match preemption::message(pod, nodes, verdicts) {
        Some(preemption) => format!("{message} no new claims to deallocate, {preemption}"),
        None => message.to_owned(),
    }
}

/// The verdict on one node alone; `None` if it could take the pod.
pub(super) fn judge_one(pod: &PodInfo, nodes: &Nodes, node: &str) -> Option<Rejection> {
    match Filters::prepare(pod, nodes) {
        Ok(filters) => filters.judge(nodes.get(node)?),
        Err((plugin, reason)) => Some(Rejection {
            plugin,
            reasons: vec![reason.into()],
            resolvable: false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::{nodes, pod};
    use serde_json::{Value, json};

    fn roomy(name: &str, extra: &Value) -> Value {
        let mut node = json!({"metadata": {"name": name},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}});
        for (key, value) in extra.as_object().into_iter().flatten() {
            node[key] = value.clone();
        }
        node
    }

    fn check(cluster: &[Value], spec: Value, expect: &str) {
        let outcome = attempt(
            &PodInfo::new(&pod(spec)),
            &nodes(cluster),
            &mut 0,
            &mut Rng::new(1),
            SimTime::ZERO,
        )
        .outcome;
        let text = match outcome {
            Outcome::Chosen { node, equals } => format!("{node} of {equals}"),
            Outcome::Unschedulable { message, .. } => message,
        };
        assert_eq!(text, expect);
    }

    fn requests(cpu: &str) -> Value {
        json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]})
    }

    #[test]
    fn messages_are_kubernetes_own() {
        let three = ["node-1", "node-2", "node-3"].map(|name| roomy(name, &json!({})));
        check(&[], requests("1"), "no nodes available to schedule pods");
        check(
            &three,
            requests("64"),
            "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: \
             0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
        );
        let named = json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-2"]}]});
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [named]}});
        let mut spec = requests("64");
        spec["affinity"] = json!({"nodeAffinity": required});
        check(
            &three,
            spec,
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. \
             no new claims to deallocate, preemption: 0/3 nodes are available: \
             3 Preemption is not helpful for scheduling.",
        );
        let mut never = requests("64");
        never["preemptionPolicy"] = "Never".into();
        check(
            &three[..1],
            never,
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, \
             preemption: not eligible due to preemptionPolicy=Never.",
        );
    }

    #[test]
    fn the_best_total_wins() {
        let small =
            json!({"status": {"allocatable": {"cpu": "2", "memory": "8Gi", "pods": "110"}}});
        check(
            &[roomy("node-1", &small), roomy("node-2", &json!({}))],
            requests("1"),
            "node-2 of 1",
        );
        let preferred = json!({"key": "busy", "effect": "PreferNoSchedule"});
        let busy = json!({"spec": {"taints": [preferred]}});
        check(
            &[roomy("node-1", &json!({})), roomy("node-2", &busy)],
            requests("1"),
            "node-1 of 1",
        );
    }

    #[test]
    fn equals_have_equal_chances() {
        let three = ["node-1", "node-2", "node-3"].map(|name| roomy(name, &json!({})));
        let (nodes, pod) = (nodes(&three), PodInfo::new(&pod(requests("1"))));
        let mut rng = Rng::new(7);
        let mut chosen = std::collections::BTreeMap::new();
        for _ in 0..300 {
            let explanation = attempt(&pod, &nodes, &mut 0, &mut rng, SimTime::ZERO);
            if let Outcome::Chosen { node, equals: 3 } = explanation.outcome {
                *chosen.entry(node).or_insert(0) += 1;
            }
        }
        assert_eq!(chosen.values().sum::<i32>(), 300);
        assert!(chosen.values().all(|count| *count > 60), "{chosen:?}");
    }

    #[test]
    fn large_clusters_are_searched_in_part() {
        for (nodes, enough) in [
            (3, 3),
            (99, 99),
            (100, 100),
            (500, 230),
            (5_000, 500),
            (10_000, 500),
        ] {
            assert_eq!(feasible_nodes_to_find(nodes), enough, "{nodes}");
        }
    }
}
