//! The rolling update of a DaemonSet: old pods go, as many at a time as the strategy allows.

use crate::api::{DaemonSet, IntOrString, Node, Pod};
use crate::cluster::Context;
use crate::cluster::controllers::deployment::fenceposts::scaled;

use super::manage::Plan;
use super::{PodsByNode, is_available, is_updated, nodes};

/// What the update does next.
pub fn plan(set: &DaemonSet, hash: &str, by_node: &PodsByNode, context: &Context) -> Plan {
    if !is_rolling(set) {
        return Plan::default();
    }
    let all: Vec<&Node> = context.api.list::<Node>(None).collect();
    let wanted: Vec<&str> = all
        .iter()
        .filter(|node| nodes::suits(set, node).0)
        .map(|node| node.name())
        .collect();
    let (surge, mut unavailable) = limits(set, wanted.len());
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    let mut by_node = by_node.clone();
    for node in &wanted {
        by_node.entry((*node).to_owned()).or_default();
    }
    let mut update = Update {
        set,
        hash,
        context,
        plan: Plan::default(),
    };
    if surge == 0 {
        update.replace(&by_node, unavailable);
    } else {
        update.surge(&by_node, &wanted, surge);
    }
    update.plan
}

/// How many pods above the number of nodes the update of a set on `nodes` nodes may have.
#[must_use]
pub fn max_surge(set: &DaemonSet, nodes: usize) -> usize {
    if is_rolling(set) {
        limits(set, nodes).0
    } else {
        0
    }
}

fn is_rolling(set: &DaemonSet) -> bool {
    let strategy = set.spec.update_strategy.as_ref();
    let kind = strategy.and_then(|strategy| strategy.type_.as_deref());
    kind.unwrap_or("RollingUpdate") == "RollingUpdate"
}

/// maxSurge and maxUnavailable in pods; percentages of both are rounded up.
fn limits(set: &DaemonSet, nodes: usize) -> (usize, usize) {
    let strategy = set.spec.update_strategy.as_ref();
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let of = |limit: Option<&IntOrString>| {
        let limit = limit.map_or(0, |limit| scaled(limit, nodes as i32, true));
        usize::try_from(limit).unwrap_or(0)
    };
    (
        of(rolling.and_then(|rolling| rolling.max_surge.as_ref())),
        of(rolling.and_then(|rolling| rolling.max_unavailable.as_ref())),
    )
}

struct Update<'a> {
    set: &'a DaemonSet,
    hash: &'a str,
    context: &'a Context<'a>,
    plan: Plan,
}

impl Update<'_> {
    fn is_available(&self, pod: &Pod) -> bool {
        is_available(self.set, pod, self.context)
    }

    /// The new and the old pod of a node, those being deleted left out; `None` if there are several of a kind.
    fn new_and_old<'p>(&self, pods: &'p [Pod]) -> Option<(Option<&'p Pod>, Option<&'p Pod>)> {
        let staying = pods.iter().filter(|pod| !pod.is_deleting());
        let (new, old): (Vec<&Pod>, Vec<&Pod>) =
            staying.partition(|pod| is_updated(pod, self.hash));
        (new.len() < 2 && old.len() < 2).then(|| (new.first().copied(), old.first().copied()))
    }

    /// Without surge: old pods are deleted, and the nodes get their new ones when those are gone. Old pods that
    /// are unavailable go at once.
    fn replace(&mut self, by_node: &PodsByNode, max_unavailable: usize) {
        let (mut unavailable, mut candidates) = (0, Vec::new());
        for pods in by_node.values() {
            match self.new_and_old(pods) {
                Some((Some(new), None)) => unavailable += usize::from(!self.is_available(new)),
                Some((None, Some(old))) if !self.is_available(old) => {
                    self.plan.delete.push(old.clone());
                    unavailable += 1;
                }
                Some((None, Some(old))) => {
                    if unavailable < max_unavailable {
                        candidates.push(old.clone());
                    }
                }
                _ => unavailable += 1,
            }
        }
        let room = max_unavailable.saturating_sub(unavailable);
        self.plan.delete.extend(candidates.into_iter().take(room));
    }

    /// With surge: new pods come beside old ones, which go when the new ones are available.
    fn surge(&mut self, by_node: &PodsByNode, wanted: &[&str], max_surge: usize) {
        let (mut surging, mut available) = (0, 0);
        let (mut candidates, mut unwanted) = (Vec::new(), Vec::new());
        for (node, pods) in by_node {
            let Some((new, old)) = self.new_and_old(pods) else {
                surging += 1;
                continue;
            };
            available += usize::from(old.or(new).is_some_and(|pod| self.is_available(pod)));
            let should_run = wanted.contains(&node.as_str());
            match (new, old) {
                (_, None) => {}
                (None, Some(old)) if !self.is_available(old) => {
                    if should_run {
                        self.plan.create.push(node.clone());
                    } else {
                        self.plan.delete.push(old.clone());
                    }
                }
                (None, Some(old)) if !should_run => unwanted.push(old.clone()),
                (None, Some(_)) => {
                    if surging < max_surge {
                        candidates.push(node.clone());
                    }
                }
                (Some(new), Some(_)) if !self.is_available(new) => surging += 1,
                (Some(_), Some(old)) => self.plan.delete.push(old.clone()),
            }
        }
        // Pods on nodes that no longer suit go when others have taken over.
        let surplus = available.saturating_sub(wanted.len());
        self.plan.delete.extend(unwanted.into_iter().take(surplus));
        let room = max_surge.saturating_sub(surging);
        self.plan.create.extend(candidates.into_iter().take(room));
    }
}
