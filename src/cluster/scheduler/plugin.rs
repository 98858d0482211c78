//! What a scheduler plugin is: plain functions in a table, one file per plugin.
//!
//! A plugin first looks at the pod (`prepare`) and answers with what is to be asked of each node, or that it
//! has nothing to do for this pod. The answer serves all pods of the same form.

use crate::kernel::OrderedSet;
use std::borrow::Cow;
use std::rc::Rc;

use crate::api::{Node, Object};

use super::nodes::{NodeInfo, Nodes};
use super::pod_info::PodInfo;

/// A plugin that says which nodes cannot take a pod.
#[derive(Debug)]
pub struct FilterPlugin {
    /// Kubernetes' name of it.
    pub name: &'static str,
    /// PreFilter.
    pub prepare: fn(&Rc<PodInfo>, &Nodes) -> Preparation,
    /// QueueingHint: whether this event may make a pod schedulable that this plugin rejected.
    pub wakes: fn(&PodInfo, &ClusterEvent) -> bool,
    /// The fields of the pod that it reads.
    pub pod_fields: fn(&PodInfo) -> Vec<String>,
    /// The field of the node that it compares them with.
    pub node_field: &'static str,
}

/// What a filter plugin does for pods of one form.
pub enum Preparation {
    /// It has nothing to do for such pods.
    Skip,
    /// It asks each node, and nothing but the pod and the node decides.
    Filter(Judge),
    /// It asks these nodes only; no other can pass.
    FilterAmong(OrderedSet<String>, Judge),
    /// It keeps count of the pods on all nodes.
    Count(Box<dyn Counted>),
    /// No node can pass, for this reason.
    Reject(Cow<'static, str>),
}

/// Asks one node.
pub type Judge = fn(&PodInfo, &NodeInfo) -> Verdict;

/// Why a counting plugin refuses a node. Plain data, for it is made thousands of times in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, in Kubernetes' words.
    pub reason: &'static str,
    /// Whether the node could take the pod if pods on it went away.
    pub resolvable: bool,
}

/// What a plugin keeps that looks at the pods of all nodes. It is brought up to date by what changed, and the
/// same way it is told of the "what if" of preemption.
pub trait Counted {
    /// A node comes (1) or goes (-1), without pods.
    fn count_node(&mut self, node: &NodeInfo, by: i64);

    /// A pod on a node comes (1) or goes (-1).
    fn count_pod(&mut self, other: &PodInfo, node: &NodeInfo, by: i64);

    /// Whether it has anything to say now.
    fn is_active(&self) -> bool {
        true
    }

    /// Filter: why a node cannot take the pod.
    fn judge(&self, _node: &NodeInfo) -> Option<Refusal> {
        None
    }

    /// PreScore: which nodes are going to be scored.
    fn begin(&mut self, _passed: &[&NodeInfo]) {}

    /// Score.
    fn score(&self, _node: &NodeInfo) -> i64 {
        0
    }
}

/// What a filter says of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The node can take the pod.
    Pass,
    /// It cannot.
    Reject {
        /// Why, in Kubernetes' words.
        reasons: Vec<Cow<'static, str>>,
        /// Whether it could if pods on it went away (`Unschedulable`, not
        /// `UnschedulableAndUnresolvable`).
        resolvable: bool,
    },
}

impl Verdict {
    /// A rejection that no preemption could change.
    #[must_use]
    pub fn never(reason: &'static str) -> Self {
        Self::Reject {
            reasons: vec![Cow::Borrowed(reason)],
            resolvable: false,
        }
    }
}

/// A plugin that says which of the nodes that can take a pod suit it best.
#[derive(Debug)]
pub struct ScorePlugin {
    /// Kubernetes' name of it.
    pub name: &'static str,
    /// What its scores count.
    pub weight: i64,
    /// How to score nodes for pods of one form.
    pub prepare: fn(&Rc<PodInfo>, &Nodes) -> Scoring,
    /// NormalizeScore: brings the scores of all nodes into 0..=100.
    pub normalize: fn(&mut [i64]),
}

/// What a score plugin does for pods of one form.
pub enum Scoring {
    /// It has nothing to say about them.
    Skip,
    /// The pod and the node decide, and what is in [`Nodes::shape`].
    Score(fn(&PodInfo, &NodeInfo, &Nodes) -> i64),
    /// It keeps count of the pods on all nodes.
    Count(Box<dyn Counted>),
}

/// The best score that a plugin gives before it is weighted.
pub const MAX_NODE_SCORE: i64 = 100;

/// Something that may make an unschedulable pod schedulable.
#[derive(Debug)]
pub enum ClusterEvent<'a> {
    /// A node registered.
    NodeAdded(&'a Node),
    /// A node changed.
    NodeUpdated {
        /// Before.
        old: &'a Node,
        /// After.
        new: &'a Node,
    },
    /// A pod was bound to a node.
    PodBound(&'a PodInfo),
    /// A node is gone.
    NodeGone,
    /// A pod that was bound to a node is gone or has ended, or a nomination was given up.
    PodFreed(&'a PodInfo),
    /// A claim, a volume or a storage class came or changed.
    StorageChanged(&'a Object),
    /// A bound pod, or the pod that waits, changed.
    PodUpdated {
        /// Before.
        old: &'a PodInfo,
        /// After.
        new: &'a PodInfo,
    },
}

/// Scores from 0 to the largest one become 0..=100.
pub fn normalize(scores: &mut [i64]) {
    let largest = scores.iter().copied().max().unwrap_or(0);
    if largest > 0 {
        for score in scores {
            *score = MAX_NODE_SCORE * *score / largest;
        }
    }
}

/// As [`normalize`], but the smallest score becomes 100.
pub fn normalize_reversed(scores: &mut [i64]) {
    normalize(scores);
    for score in scores {
        *score = MAX_NODE_SCORE - *score;
    }
}

/// For plugins whose scores are 0..=100 already.
pub fn keep(_scores: &mut [i64]) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(with: fn(&mut [i64]), scores: &[i64], expect: &[i64]) {
        let mut scores = scores.to_vec();
        with(&mut scores);
        assert_eq!(scores, expect);
    }

    #[test]
    fn scores_are_brought_into_range() {
        check(normalize, &[0, 5, 20], &[0, 25, 100]);
        check(normalize, &[0, 0], &[0, 0]);
        check(normalize_reversed, &[0, 1, 3], &[100, 67, 0]);
        check(normalize_reversed, &[0, 0], &[100, 100]);
        check(keep, &[7], &[7]);
    }
}
