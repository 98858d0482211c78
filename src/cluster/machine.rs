//! The machines that a cluster is made of.

use std::collections::BTreeMap;

use crate::api::{Quantity, quantity};

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
    /// Size of the disk that holds images, containers' files and `emptyDir` volumes, in bytes.
    pub disk_bytes: u64,
    /// How many pods the kubelet takes.
    pub max_pods: u32,
    /// Labels besides those that every kubelet sets.
    pub labels: BTreeMap<String, String>,
    /// Taints as `key=value:Effect`, put on when the node registers.
    pub taints: Vec<String>,
}

/// The usual disk.
const DISK_BYTES: u64 = 100 << 30;

impl MachineConfig {
    /// A machine with 4 cores, 8 GiB, a disk of 100 GiB and room for 110 pods.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cpu_millis: 4_000,
            memory_bytes: 8 << 30,
            disk_bytes: DISK_BYTES,
            max_pods: 110,
            labels: BTreeMap::new(),
            taints: Vec::new(),
        }
    }

    /// The machine of a line such as `node-1 cpu=2 memory=3Gi disk=20Gi pods=20 label=disk=ssd taint=gpu=yes:NoSchedule`; what it
    /// does not say is as usual. `None` if a word is none of these.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut machine = Self::new(words.next()?);
        for word in words {
            let (name, value) = word.split_once('=')?;
            let amount = || Quantity(value.to_owned());
            match name {
                "cpu" => {
                    machine.cpu_millis = quantity::milli_value(&amount()).ok()?.try_into().ok()?;
                }
                "memory" => {
                    machine.memory_bytes = quantity::value(&amount()).ok()?.try_into().ok()?;
                }
                "disk" => {
                    machine.disk_bytes = quantity::value(&amount()).ok()?.try_into().ok()?;
                }
                "pods" => machine.max_pods = value.parse().ok()?,
                "label" => {
                    let (key, value) = value.split_once('=')?;
                    machine.labels.insert(key.to_owned(), value.to_owned());
                }
                "taint" => machine.taints.push(value.to_owned()),
                _ => return None,
            }
        }
        Some(machine)
    }

    /// The line that [`MachineConfig::read`] reads.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = format!(
            "{} cpu={}m memory={} pods={}",
            self.name, self.cpu_millis, self.memory_bytes, self.max_pods
        );
        if self.disk_bytes != DISK_BYTES {
            line += &format!(" disk={}", self.disk_bytes);
        }
        for (key, value) in &self.labels {
            line += &format!(" label={key}={value}");
        }
        for taint in &self.taints {
            line += &format!(" taint={taint}");
        }
        line
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

#[cfg(test)]
mod tests {
    use super::MachineConfig;

    #[test]
    fn nodes_are_read_from_their_line() {
        let read = MachineConfig::read(
            "node-1 cpu=2500m memory=3Gi disk=20Gi pods=20 label=disk=ssd taint=gpu=yes:NoSchedule",
        )
        .unwrap();
        assert_eq!(
            (read.cpu_millis, read.memory_bytes, read.max_pods),
            (2_500, 3 << 30, 20)
        );
        assert_eq!(read.disk_bytes, 20 << 30);
        assert_eq!(read.labels["disk"], "ssd");
        assert_eq!(read.taints, ["gpu=yes:NoSchedule"]);
        assert_eq!(MachineConfig::read(&read.to_line()), Some(read));
        assert!(MachineConfig::read("node-1 colour=red").is_none());
        assert!(MachineConfig::read("").is_none());
    }
}
