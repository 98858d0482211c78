//! DefaultPreemption: whether a pod that fits nowhere would fit in place of less important ones.
//!
//! On every node that could help, all less important pods are taken away in a "what if"; if the pod fits then,
//! as many of them as possible are put back, the most important first. The rest would be the victims. The node
//! whose victims are the least loss is chosen.

use std::rc::Rc;

use crate::api::PodDisruptionBudget;
use crate::api::conditions::pod_condition;
use crate::kernel::Rng;

use super::explanation::{Nomination, Rejection, fit_error};
use super::nodes::Nodes;
use super::nominations::Nominations;
use super::pod_info::PodInfo;
use super::template::Template;
use super::what_if::WhatIf;

const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
const NO_VICTIMS: &str = "No preemption victims found for incoming pod";

/// The reason of the condition DisruptionTarget on a victim.
pub const PREEMPTED: &str = "PreemptionByScheduler";

/// kube-scheduler: at least so many candidates are looked for …
const MIN_CANDIDATES: usize = 100;
/// … and at least this part of the nodes, in percent.
const MIN_CANDIDATES_PERCENT: usize = 10;

/// What the search works with.
pub struct Search<'a> {
    /// The pod that fits nowhere.
    pub pod: &'a Rc<PodInfo>,
    /// The nodes.
    pub nodes: &'a Nodes,
    /// The plugins, prepared for the pod and up to date with the nodes.
    pub template: &'a mut Template,
    /// The pods that wait for room on a node.
    pub nominations: &'a Nominations,
    /// The budgets that should not be overdrawn.
    pub budgets: &'a [PodDisruptionBudget],
    /// Chooses where the search begins.
    pub rng: &'a mut Rng,
}

/// A node on which the pod would fit, and in whose place.
struct Candidate {
    slot: usize,
    /// The most important first.
    victims: Vec<Rc<PodInfo>>,
    /// How many victims a budget protects.
    violations: usize,
}

impl Search<'_> {
    /// Looks for victims, where `verdicts` says why each slot that was asked cannot take the pod. Answers with
    /// the nomination, and with what the message of the pod says of it; nothing if it succeeded.
    pub fn run(
        &mut self,
        verdicts: &[(usize, Option<Rc<Rejection>>)],
    ) -> (Nomination, Option<String>) {
        if let Some(why) = self.ineligible(verdicts) {
            return (Nomination::Keep, Some(format!("preemption: {why}")));
        }
        let helpful = |verdict: &&(usize, Option<Rc<Rejection>>)| {
            let rejection = verdict.1.as_ref();
            rejection.is_some_and(|rejection| rejection.resolvable)
        };
        let slots: Vec<usize> = verdicts.iter().filter(helpful).map(|v| v.0).collect();
        let (candidates, refusals) = self.candidates(&slots);
        match Self::best(candidates) {
            Some(best) => {
                let node = Rc::clone(&self.nodes.at(best.slot).name);
                let victims = best.victims.iter().map(|pod| pod.key.clone()).collect();
                (Nomination::Of { node, victims }, None)
            }
            None => {
                let unhelpful = self.nodes.len() - slots.len();
                let unhelpful = std::iter::repeat_n(NOT_HELPFUL, unhelpful);
                let reasons = refusals.iter().map(String::as_str).chain(unhelpful);
                let message = fit_error(self.nodes.len(), reasons);
                (Nomination::Clear, Some(format!("preemption: {message}")))
            }
        }
    }

    /// Why the pod may not have others evicted now.
    fn ineligible(&self, verdicts: &[(usize, Option<Rc<Rejection>>)]) -> Option<&'static str> {
        if self.pod.pod.spec.preemption_policy.as_deref() == Some("Never") {
            return Some("not eligible due to preemptionPolicy=Never.");
        }
        let nominated = self.pod.pod.status.nominated_node_name.as_deref()?;
        let node = self.nodes.get(nominated)?;
        let of_node = verdicts.iter().find(|(slot, _)| *slot == node.slot);
        // A node that will never do is nothing to wait for.
        let hopeless = of_node.is_none_or(|(_, rejection)| {
            let rejection = rejection.as_ref();
            rejection.is_some_and(|rejection| !rejection.resolvable)
        });
        let leaving = |other: &Rc<PodInfo>| self.outranks(other) && is_leaving(other);
        (!hopeless && node.pods.iter().any(leaving))
            .then_some("not eligible due to a terminating pod on the nominated node.")
    }

    fn outranks(&self, other: &PodInfo) -> bool {
        other.priority() < self.pod.priority()
    }

    /// Enough nodes on which the pod would fit, and why it would not fit on others.
    fn candidates(&mut self, slots: &[usize]) -> (Vec<Candidate>, Vec<String>) {
        let (mut candidates, mut refusals) = (Vec::new(), Vec::new());
        let enough = (slots.len() * MIN_CANDIDATES_PERCENT / 100).max(MIN_CANDIDATES);
        let offset = match slots.len() {
            0 => 0,
            count => self.rng.below(count as u64) as usize,
        };
        for index in 0..slots.len() {
            match self.victims_on(slots[(offset + index) % slots.len()]) {
                Ok(candidate) => candidates.push(candidate),
                Err(reasons) => refusals.extend(reasons),
            }
            let harmless = |candidate: &Candidate| candidate.violations == 0;
            if candidates.len() >= enough && candidates.iter().any(harmless) {
                break;
            }
        }
        (candidates, refusals)
    }

    /// The smallest set of pods in whose place the pod would fit on a node.
    fn victims_on(&mut self, slot: usize) -> Result<Candidate, Vec<String>> {
        let node = self.nodes.at(slot);
        let less: Vec<Rc<PodInfo>> = node
            .pods
            .iter()
            .filter(|other| self.outranks(other))
            .cloned()
            .collect();
        if less.is_empty() {
            return Err(vec![NO_VICTIMS.to_owned()]);
        }
        let nominated = self.nominations.before(self.pod, &node.name);
        let mut what_if = WhatIf::new(node, self.template);
        for other in &less {
            what_if.remove(other);
        }
        if let Some(rejection) = what_if.rejection(&nominated) {
            return Err(rejection.reasons.iter().map(ToString::to_string).collect());
        }
        let (protected, free) = by_budgets(&by_importance(&less), self.budgets);
        let mut candidate = Candidate {
            slot,
            victims: Vec::new(),
            violations: 0,
        };
        // Those whose budget would be overdrawn are spared first.
        for (pods, violates) in [(protected, 1), (free, 0)] {
            for other in pods {
                what_if.add(&other);
                if what_if.rejection(&nominated).is_some() {
                    what_if.remove(&other);
                    candidate.victims.push(other);
                    candidate.violations += violates;
                }
            }
        }
        if candidate.victims.is_empty() {
            let name = &node.name;
            let why = format!("expected at least one victim pod on node {name:?}");
            return Err(vec![why]);
        }
        candidate.victims = by_importance(&candidate.victims);
        Ok(candidate)
    }

    /// The candidate whose victims are the least loss. Each measure counts only where those before it are
    /// equal: budgets overdrawn, the most important victim, all priorities, how many victims, and how long
    /// the most important of them have run.
    fn best(mut candidates: Vec<Candidate>) -> Option<Candidate> {
        let measures: [fn(&Candidate) -> i64; 5] = [
            |candidate| candidate.violations as i64,
            |candidate| candidate.highest_priority(),
            |candidate| {
                // Shifted so that two pods of a negative priority weigh more than one.
                let shifted = |pod: &Rc<PodInfo>| i64::from(pod.priority()) + (1 << 31);
                candidate.victims.iter().map(shifted).sum()
            },
            |candidate| candidate.victims.len() as i64,
            |candidate| -candidate.earliest_start(),
        ];
        for measure in measures {
            let least = candidates.iter().map(measure).min()?;
            candidates.retain(|candidate| measure(candidate) == least);
        }
        // Among equals the first is as good as any: the search began at a random node. Pods that have not
        // started count as starting when they are asked, so those asked last start last.
        if candidates.first()?.earliest_start() == i64::MAX {
            return candidates.pop();
        }
        candidates.into_iter().next()
    }
}

impl Candidate {
    fn highest_priority(&self) -> i64 {
        self.victims.first().map_or(0, |pod| pod.priority().into())
    }

    /// When the first of the most important victims started, in seconds.
    fn earliest_start(&self) -> i64 {
        let highest = self.highest_priority();
        let most = self
            .victims
            .iter()
            .filter(|pod| i64::from(pod.priority()) == highest);
        most.map(|pod| started_at(pod)).min().unwrap_or(i64::MAX)
    }
}

/// Sorted from the most to the least important: by priority, then by how long they have run. A pod that has not
/// started counts as starting when it is looked at, and a sort by insertion looks at the later one first.
fn by_importance(pods: &[Rc<PodInfo>]) -> Vec<Rc<PodInfo>> {
    let mut sorted: Vec<Rc<PodInfo>> = Vec::with_capacity(pods.len());
    for pod in pods {
        let after = sorted
            .iter()
            .rposition(|other| !is_more_important(pod, other));
        sorted.insert(after.map_or(0, |index| index + 1), Rc::clone(pod));
    }
    sorted
}

fn is_more_important(pod: &PodInfo, other: &PodInfo) -> bool {
    if pod.priority() != other.priority() {
        return pod.priority() > other.priority();
    }
    match (started_at(pod), started_at(other)) {
        (i64::MAX, i64::MAX) => true,
        (pod, other) => pod < other,
    }
}

fn started_at(pod: &PodInfo) -> i64 {
    let start = pod.pod.status.start_time.as_ref();
    start.map_or(i64::MAX, |start| start.0.as_second())
}

fn is_leaving(pod: &PodInfo) -> bool {
    let condition = pod_condition(&pod.pod.status, "DisruptionTarget");
    pod.pod.is_deleting()
        && condition.is_some_and(|condition| {
            condition.status == "True" && condition.reason.as_deref() == Some(PREEMPTED)
        })
}

/// Parts pods into those whose eviction would overdraw a budget, if they were evicted in this order, and others.
fn by_budgets(
    pods: &[Rc<PodInfo>],
    budgets: &[PodDisruptionBudget],
) -> (Vec<Rc<PodInfo>>, Vec<Rc<PodInfo>>) {
    let allowed = |budget: &PodDisruptionBudget| budget.status.disruptions_allowed.unwrap_or(0);
    let mut left: Vec<i32> = budgets.iter().map(allowed).collect();
    pods.iter().cloned().partition(|pod| {
        let mut violates = false;
        for (budget, left) in budgets.iter().zip(&mut left) {
            if protects(budget, pod) {
                *left -= 1;
                violates |= *left < 0;
            }
        }
        violates
    })
}

/// Whether a budget counts a pod, and has not counted its end already. An empty selector means none here.
fn protects(budget: &PodDisruptionBudget, pod: &PodInfo) -> bool {
    let labels = pod
        .pod
        .meta
        .labels
        .as_ref()
        .filter(|labels| !labels.is_empty());
    let selector = budget.spec.selector.as_ref();
    let gone = budget.status.disrupted_pods.as_ref();
    budget.namespace() == &*pod.key.namespace
        && labels.is_some()
        && selector.is_some_and(|selector| {
            *selector != Default::default() && crate::api::selector::matches(selector, labels)
        })
        && !gone.is_some_and(|gone| gone.contains_key(&*pod.key.name))
}

#[cfg(test)]
mod tests;
