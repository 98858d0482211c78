//! The machines that a cluster is made of.

use std::collections::BTreeMap;

/// What a simulation starts from. With a log of inputs it determines the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// Picks every jitter and generated name.
    pub seed: u64,
    /// The wall clock at the start, in microseconds since 1970.
    pub start_unix_micros: i64,
    /// The machines; each becomes a node.
    pub machines: Vec<MachineConfig>,
    /// Images that lie on every machine already.
    pub pulled_images: Vec<String>,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineConfig {
    /// The node's name.
    pub name: String,
    /// CPU capacity in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory capacity in bytes.
    pub memory_bytes: u64,
    /// How many pods the kubelet takes.
    pub max_pods: u32,
    /// Labels besides those that every kubelet sets.
    pub labels: BTreeMap<String, String>,
    /// Taints as `key=value:Effect`, put on when the node registers.
    pub taints: Vec<String>,
}

impl MachineConfig {
    /// A machine with 4 cores, 8 GiB and room for 110 pods.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cpu_millis: 4_000,
            memory_bytes: 8 << 30,
            max_pods: 110,
            labels: BTreeMap::new(),
            taints: Vec::new(),
        }
    }
}

/// Three machines, `node-1` to `node-3`, at the start of 2026, seed 1.
impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            start_unix_micros: 1_767_225_600_000_000,
            machines: (1..=3)
                .map(|n| MachineConfig::new(&format!("node-{n}")))
                .collect(),
            pulled_images: Vec::new(),
        }
    }
}
