//! The Nodes mode: one card per node, what is requested of it and by whom.

use std::rc::Rc;

use super::common::{ObjectKey, RichText, State, Text};
use super::crowd::Group;

/// All node cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// By name.
    pub cards: Vec<Rc<NodeCard>>,
    /// `3 nodes, 1 NotReady`.
    pub summary: Text,
    /// The controllers and the API server.
    pub control: ControlPlane,
    /// The scheduler's last decision.
    pub decision: Option<Rc<Decision>>,
    /// Pods that no node has taken yet, with what they wait for.
    pub queue: Vec<Rc<NodePod>>,
    /// The same as glyphs, where there are too many for the list.
    pub queue_crowd: Option<Rc<Group>>,
    /// The selected pod or node.
    pub selected: Option<ObjectKey>,
}

/// What is going on in the control plane, beside the scheduler: names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlPlane {
    /// Of each controller that minds something: `in step`, or how far it is.
    pub controllers: Vec<(Text, Text)>,
    /// Of the API server: its revision, the last write, how many objects it holds.
    pub server: Vec<(Text, Text)>,
    /// How many pods wait for a node: `queue, 2 waiting`.
    pub queue: Text,
}

/// What the scheduler decided last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The pod, if it is still there.
    pub pod: Option<ObjectKey>,
    /// `web-1 goes to node-2: 3 of 5 nodes fit; node-2 scored 212, node-1 198`.
    pub text: RichText,
    /// `Why node-2?`, which the inspector's tab Node answers with the whole table.
    pub question: Text,
    /// When: `0:12`.
    pub at: Text,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeCard {
    /// The node.
    pub key: ObjectKey,
    /// `Ready` or `Unknown` (not ready).
    pub state: State,
    /// The STATUS column of `kubectl get nodes`: `Ready`, `NotReady`, `Ready,SchedulingDisabled`.
    pub status: Text,
    /// CPU, memory and pods: requested, never used.
    pub resources: Vec<ResourceBar>,
    /// `zone=a`.
    pub labels: Vec<Text>,
    /// `gpu=yes:NoSchedule`.
    pub taints: Vec<Text>,
    /// Conditions that are not as they should be: `MemoryPressure`.
    pub conditions: Vec<Text>,
    /// In order of creation.
    pub pods: Vec<Rc<NodePod>>,
    /// The same as glyphs, where there are too many for the list.
    pub crowd: Option<Rc<Group>>,
}

/// Requests against allocatable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceBar {
    /// `CPU`, `Memory`, `Pods`.
    pub name: Text,
    /// `2.25 of 4 cores requested`.
    pub text: Text,
    /// One part per pod that requests any, in the order of the card's pods; in a crowd one per state.
    pub parts: Vec<ResourcePart>,
}

/// What one pod requests, or all of one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourcePart {
    /// The pod's state.
    pub state: State,
    /// Thousandths of what is allocatable.
    pub permille: u16,
}

/// A pod on a node card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePod {
    /// The pod.
    pub key: ObjectKey,
    /// Its short name.
    pub name: Text,
    /// Colour and shape.
    pub state: State,
    /// One word: `1/1`, `back-off 51 s`, `Init:1/2`.
    pub word: Text,
    /// For screen readers.
    pub label: Text,
}
