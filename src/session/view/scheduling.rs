//! Why a pod is on its node, or on none: the last attempt to schedule it, node by node and plugin by plugin.

use super::common::{RichText, Text};

/// The last attempt, or why there was none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// `Why node-2?`
    pub question: Text,
    /// What came of it, with links to what it read; then what the pod waits for.
    pub answer: Vec<RichText>,
    /// `node-2 could take it, if you`; empty if no small change is known.
    pub remedy: Text,
    /// What to change, each with the line that it concerns.
    pub fixes: Vec<RichText>,
    /// The filters, then the scores.
    pub tables: Vec<Table>,
}

/// Nodes as rows, plugins as columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `Filters: all must pass`.
    pub title: Text,
    /// The plugins, and at the end of the scores the total.
    pub columns: Vec<Column>,
    /// The nodes: first the chosen one, then the others from the best, then those that cannot take it.
    pub rows: Vec<Row>,
    /// What is not listed, or empty.
    pub rest: Text,
}

/// One plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// A short word: `Taints`, `Free room ×1`.
    pub word: Text,
    /// Kubernetes' name of the plugin, or empty.
    pub plugin: Text,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub node: Text,
    /// Whether the pod goes there.
    pub is_chosen: bool,
    /// A cell for each column.
    pub cells: Vec<Cell>,
    /// Why it cannot take the pod, in Kubernetes' words; else empty.
    pub reason: Text,
}

/// What one plugin said of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The node can take the pod.
    Passes,
    /// It cannot.
    Rejects,
    /// An earlier filter had rejected the node, so this one was not asked.
    NotRun,
    /// What the plugin thinks of it.
    Score {
        /// 0 to 100.
        points: u32,
        /// The plugin's own measure, if that is something else: `62 of 100, measured 1843`.
        detail: Text,
    },
    /// The sum of the points by their weights.
    Total(Text),
}
