//! One scheduling cycle: filter the nodes, score those that are left, choose one.

use crate::kernel::OrderedSet;
use std::rc::Rc;

use crate::api::PodDisruptionBudget;
use crate::kernel::{Rng, SimTime};

use super::explanation::{
    Explanation, NodeExplanation, Nomination, Outcome, PluginScore, Rejection, fit_error,
};
use super::nodes::Nodes;
use super::nominations::Nominations;
use super::pod_info::PodInfo;
use super::preemption;
use super::template::{Template, Templates};
use super::what_if::WhatIf;

/// What the scheduler decides with, apart from the nodes.
#[derive(Clone, Debug)]
pub struct Algorithm {
    /// The pods that wait for room on a node.
    pub nominations: Nominations,
    /// The disruption budgets.
    pub budgets: Vec<PodDisruptionBudget>,
    templates: Templates,
    /// Where the search for nodes begins next, so that in large clusters, where a part of the nodes is
    /// enough, all have their turn.
    next_start: usize,
    rng: Rng,
}

/// Why a slot cannot take the pod; `None` if it can.
type Verdict = (usize, Option<Rc<Rejection>>);

/// At most so many nodes are listed in an explanation …
const MAX_EXPLAINED_NODES: usize = 100;
/// … and in a larger cluster, beside the chosen one, so many of those that could take the pod.
const SAMPLED_NODES: usize = 20;

impl Algorithm {
    /// Nothing is nominated and nothing protected. `rng` breaks ties.
    #[must_use]
    pub fn new(rng: Rng) -> Self {
        Self {
            nominations: Nominations::default(),
            budgets: Vec::new(),
            templates: Templates::default(),
            next_start: 0,
            rng,
        }
    }

    /// Chooses a node for a pod.
    pub fn attempt(&mut self, pod: &Rc<PodInfo>, nodes: &mut Nodes, now: SimTime) -> Explanation {
        let mut explanation = Explanation {
            pod: pod.key.clone(),
            uid: pod.pod.uid().into(),
            at: now,
            filters: Vec::new(),
            nodes: Vec::new(),
            all: nodes.len(),
            looked_at: 0,
            passed: 0,
            outcome: Outcome::Unschedulable {
                message: "no nodes available to schedule pods".to_owned(),
                plugins: Vec::new(),
                nomination: Nomination::Clear,
            },
        };
        let order = nodes.order();
        if order.is_empty() {
            return explanation;
        }
        let mut template = self.templates.take(pod, nodes);
        explanation.filters = template.filters().collect();
        self.decide(pod, nodes, &order, &mut template, &mut explanation);
        self.templates.keep(template);
        explanation
    }

    fn decide(
        &mut self,
        pod: &Rc<PodInfo>,
        nodes: &Nodes,
        order: &[usize],
        template: &mut Template,
        explanation: &mut Explanation,
    ) {
        if let Some((plugin, reason)) = template.rejected_outright.clone() {
            let message = format!("0/{} nodes are available: {reason}.", order.len());
            explanation.outcome = self.rejected(pod, nodes, template, &[], message, vec![plugin]);
            return;
        }
        let verdicts = self.search(pod, nodes, order, template);
        let passed: Vec<usize> = verdicts
            .iter()
            .filter(|(_, rejection)| rejection.is_none())
            .map(|(slot, _)| *slot)
            .collect();
        explanation.looked_at = verdicts.len();
        explanation.passed = passed.len();
        for (slot, rejection) in verdicts.iter().filter(|verdict| verdict.1.is_some()) {
            explanation.list(nodes, *slot, rejection.clone());
        }
        if passed.is_empty() {
            let message = fit_error_of(&verdicts, nodes, template);
            let mut plugins: OrderedSet<&'static str> = verdicts
                .iter()
                .filter_map(|(_, rejection)| Some(rejection.as_ref()?.plugin))
                .collect();
            plugins.extend(template.narrowed_by.iter().copied());
            let plugins = plugins.into_iter().collect();
            explanation.outcome = self.rejected(pod, nodes, template, &verdicts, message, plugins);
        } else {
            explanation.outcome = self.choose(&passed, nodes, template, &mut explanation.nodes);
        }
        explanation
            .nodes
            .sort_by(|one, other| one.node.cmp(&other.node));
    }

    /// Asks node after node until enough can take the pod. The node that the pod is nominated to is asked
    /// alone at first.
    fn search(
        &mut self,
        pod: &PodInfo,
        nodes: &Nodes,
        order: &[usize],
        template: &mut Template,
    ) -> Vec<Verdict> {
        let nominated = pod.pod.status.nominated_node_name.as_deref();
        if let Some(node) = nominated.and_then(|name| nodes.get(name))
            && self.rejection(pod, nodes, node.slot, template).is_none()
        {
            return vec![(node.slot, None)];
        }
        let among: Option<Vec<usize>> = template.among.as_ref().map(|names| {
            let found = names.iter().filter_map(|name| nodes.get(name));
            found.map(|node| node.slot).collect()
        });
        let candidates = among.as_deref().unwrap_or(order);
        let percentage = pod.profile.as_ref().map_or(0, |profile| profile.percentage);
        let enough = feasible_nodes_to_find(candidates.len(), percentage);
        let (mut found, mut verdicts) = (0, Vec::with_capacity(enough));
        for offset in 0..candidates.len() {
            let slot = candidates[(self.next_start + offset) % candidates.len()];
            let rejection = self.rejection(pod, nodes, slot, template);
            found += usize::from(rejection.is_none());
            verdicts.push((slot, rejection));
            if found == enough {
                break;
            }
        }
        self.next_start = (self.next_start + verdicts.len()) % order.len();
        verdicts
    }

    /// Why a node cannot take the pod, the pods that are nominated to it considered.
    fn rejection(
        &self,
        pod: &PodInfo,
        nodes: &Nodes,
        slot: usize,
        template: &mut Template,
    ) -> Option<Rc<Rejection>> {
        let node = nodes.at(slot);
        let before = self.nominations.before(pod, &node.name);
        if before.is_empty() {
            return template.rejection(slot, nodes);
        }
        WhatIf::new(node, template).rejection(&before).map(Rc::new)
    }

    /// The best total wins; among equals each has the same chance. A single node needs no scores.
    fn choose(
        &mut self,
        passed: &[usize],
        nodes: &Nodes,
        template: &mut Template,
        listed: &mut Vec<NodeExplanation>,
    ) -> Outcome {
        let mut totals = vec![0; passed.len()];
        let mut scores = Vec::new();
        if passed.len() > 1 {
            for (plugin, weight, raw) in template.scores(passed, nodes) {
                let mut weighted = raw.clone();
                (plugin.normalize)(&mut weighted);
                for (total, weighted) in totals.iter_mut().zip(&mut weighted) {
                    *weighted *= weight;
                    *total += *weighted;
                }
                scores.push((plugin.name, weight, raw, weighted));
            }
        }
        let best = totals.iter().copied().max();
        let equals: Vec<usize> = (0..passed.len())
            .filter(|index| Some(totals[*index]) == best)
            .collect();
        // The caller gives at least one node, so there is a best one.
        let chosen = self.rng.pick(&equals).copied().unwrap_or(0);
        let room = if nodes.len() > MAX_EXPLAINED_NODES {
            SAMPLED_NODES
        } else {
            passed.len()
        };
        let others = (0..passed.len()).filter(|index| *index != chosen);
        for index in others.take(room).chain([chosen]) {
            let of_plugin = scores
                .iter()
                .map(|(plugin, weight, raw, weighted)| PluginScore {
                    plugin,
                    raw: raw[index],
                    weight: *weight,
                    weighted: weighted[index],
                });
            listed.push(NodeExplanation {
                node: Rc::clone(&nodes.at(passed[index]).name),
                rejection: None,
                scores: of_plugin.collect(),
                total: totals[index],
            });
        }
        Outcome::Chosen {
            node: Rc::clone(&nodes.at(passed[chosen]).name),
            equals: equals.len(),
        }
    }

    /// PostFilter: DynamicResources adds its sentence, then DefaultPreemption.
    fn rejected(
        &mut self,
        pod: &Rc<PodInfo>,
        nodes: &Nodes,
        template: &mut Template,
        verdicts: &[Verdict],
        message: String,
        plugins: Vec<&'static str>,
    ) -> Outcome {
        let mut search = preemption::Search {
            pod,
            nodes,
            template,
            nominations: &self.nominations,
            budgets: &self.budgets,
            rng: &mut self.rng,
        };
        let (nomination, preemption) = search.run(verdicts);
        let message = match preemption {
            Some(preemption) => format!("{message} no new claims to deallocate, {preemption}"),
            None => message,
        };
        Outcome::Unschedulable {
            message,
            plugins,
            nomination,
        }
    }
}

impl Explanation {
    fn list(&mut self, nodes: &Nodes, slot: usize, rejection: Option<Rc<Rejection>>) {
        if self.nodes.len() < MAX_EXPLAINED_NODES {
            self.nodes.push(NodeExplanation {
                node: Rc::clone(&nodes.at(slot).name),
                rejection,
                scores: Vec::new(),
                total: 0,
            });
        }
    }
}

/// From 100 nodes on a part of them is enough: what the profile says, or else 50 % less one per 125 nodes, at least
/// 5 %; and at least 100.
fn feasible_nodes_to_find(nodes: usize, percentage: usize) -> usize {
    const MIN_NODES: usize = 100;
    const MIN_PERCENT: usize = 5;
    if nodes < MIN_NODES {
        return nodes;
    }
    let percent = match percentage {
        0 => 50_usize.saturating_sub(nodes / 125).max(MIN_PERCENT),
        percentage => percentage,
    };
    (nodes * percent / 100).max(MIN_NODES)
}

/// The first sentence of the message of a pod that no node can take.
fn fit_error_of(verdicts: &[Verdict], nodes: &Nodes, template: &Template) -> String {
    let unseen = format!(
        "node(s) didn't satisfy plugin(s) [{}]",
        template.narrowed_by.join(" ")
    );
    let reasons = verdicts
        .iter()
        .filter_map(|(_, rejection)| rejection.as_ref())
        .flat_map(|rejection| rejection.reasons.iter().map(AsRef::as_ref))
        .chain(std::iter::repeat_n(
            unseen.as_str(),
            nodes.len() - verdicts.len(),
        ));
    fit_error(nodes.len(), reasons)
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
        let pod = PodInfo::new(&pod(spec));
        let mut algorithm = Algorithm::new(Rng::new(1));
        let outcome = algorithm
            .attempt(&pod, &mut nodes(cluster), SimTime::ZERO)
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
        let (mut nodes, pod) = (nodes(&three), PodInfo::new(&pod(requests("1"))));
        let mut algorithm = Algorithm::new(Rng::new(7));
        let mut chosen = std::collections::BTreeMap::new();
        for _ in 0..300 {
            let explanation = algorithm.attempt(&pod, &mut nodes, SimTime::ZERO);
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
            assert_eq!(feasible_nodes_to_find(nodes, 0), enough, "{nodes}");
        }
        assert_eq!(feasible_nodes_to_find(5_000, 50), 2_500);
        assert_eq!(feasible_nodes_to_find(150, 10), 100);
    }
}
