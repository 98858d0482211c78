//! The faults menu: what one may break, given what is selected.

use super::common::Text;

/// The menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultMenu {
    /// For the selected pod, its node, the cluster.
    pub groups: Vec<FaultGroup>,
}

/// Faults of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultGroup {
    /// `Pod`, `Node`.
    pub kind: Text,
    /// `mybatis-x7k2p`.
    pub target: Text,
    /// In order.
    pub entries: Vec<FaultEntry>,
}

/// One fault, or its healing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultEntry {
    /// What the action names it by; valid for this view only.
    pub id: Text,
    /// The key that fires it while the menu is open.
    pub key: char,
    /// `Kill the container`.
    pub label: Text,
    /// What it does: `SIGKILL to pid 1; exit 137`.
    pub detail: Text,
    /// Whether it is in force and choosing it heals.
    pub is_active: bool,
}
