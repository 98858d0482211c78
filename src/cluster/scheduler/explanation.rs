//! Why a pod went where it went, as data: the verdict and the scores of every plugin on every node.

use crate::kernel::OrderedMap;
use std::borrow::Cow;
use std::rc::Rc;

use crate::api::ObjectKey;
use crate::kernel::SimTime;

/// One attempt to schedule a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The pod.
    pub pod: ObjectKey,
    /// Its uid, which tells it from a namesake.
    pub uid: Rc<str>,
    /// When.
    pub at: SimTime,
    /// The filter plugins that had something to do for this pod, in the order in which they were asked.
    pub filters: Vec<&'static str>,
    /// The nodes that were looked at, sorted by name; of a large cluster some of them.
    pub nodes: Vec<NodeExplanation>,
    /// How many nodes there were.
    pub all: usize,
    /// How many of them were looked at.
    pub looked_at: usize,
    /// How many nodes could take the pod.
    pub passed: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// What the plugins said of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeExplanation {
    /// The node.
    pub node: Rc<str>,
    /// The first filter that rejected it; `None` if all let it pass.
    pub rejection: Option<Rc<Rejection>>,
    /// Its scores; empty if it was rejected, or if it was the only one left.
    pub scores: Vec<PluginScore>,
    /// The sum of the weighted scores.
    pub total: i64,
}

/// Why a node cannot take the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The filter plugin.
    pub plugin: &'static str,
    /// Its reasons, in Kubernetes' words.
    pub reasons: Vec<Cow<'static, str>>,
    /// Whether the node could take the pod if pods on it went away.
    pub resolvable: bool,
}

/// What one plugin thinks of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginScore {
    /// The plugin.
    pub plugin: &'static str,
    /// Its own measure: percent left, taints counted …
    pub raw: i64,
    /// What its scores count.
    pub weight: i64,
    /// Brought into 0..=100 and multiplied by the weight.
    pub weighted: i64,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This node was chosen.
    Chosen {
        /// The node.
        node: Rc<str>,
        /// How many nodes shared the best total; among equals the choice is random.
        equals: usize,
    },
    /// No node can take the pod.
    Unschedulable {
        /// The message of the event and of the condition.
        message: String,
        /// The plugins that rejected it; events that they wait for wake the pod.
        plugins: Vec<&'static str>,
        /// What becomes of its claim to a node.
        nomination: Nomination,
    },
}

/// What an attempt that failed does to the pod's claim to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nomination {
    /// It stays as it is.
    Keep,
    /// It is given up.
    Clear,
    /// The pod will fit on this node when the victims are gone.
    Of {
        /// The node.
        node: Rc<str>,
        /// The pods to evict, the most important first.
        victims: Vec<ObjectKey>,
    },
}

/// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …` with the reasons counted and sorted as
/// text. Ends in a full stop, except without reasons.
pub fn fit_error<'a>(node_count: usize, reasons: impl Iterator<Item = &'a str>) -> String {
    let mut counts: OrderedMap<&str, usize> = OrderedMap::new();
    for reason in reasons {
        *counts.entry(reason).or_insert(0) += 1;
    }
    let mut parts: Vec<String> = counts
        .into_iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    // Sorted with the numbers as text: "10 …" comes before "2 …".
    parts.sort();
    let mut message = format!("0/{node_count} nodes are available:");
    if !parts.is_empty() {
        message.push_str(&format!(" {}.", parts.join(", ")));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reasons: &[&str], expect: &str) {
        assert_eq!(fit_error(12, reasons.iter().copied()), expect);
    }

    #[test]
    fn reasons_are_counted_and_sorted_as_text() {
        check(&[], "0/12 nodes are available:");
        check(&["b", "a", "b"], "0/12 nodes are available: 1 a, 2 b.");
        let mut many = vec!["b"; 10];
        many.extend(["a", "a"]);
        check(&many, "0/12 nodes are available: 10 b, 2 a.");
    }
}
