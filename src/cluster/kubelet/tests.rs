//! Whole lives of nodes and their pods: what a kubelet writes and tells.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::{Event, Node, Pod};
use crate::cluster::{Client, ClusterConfig, Fault, MachineConfig, Request, World};
use crate::kernel::SimTime;

mod disk;
mod resize;
mod restart_all;
mod shutdown;
mod start;

/// A cluster of one machine that has run for a minute.
pub struct Life {
    pub world: World,
    began: u64,
}

/// When the scenario begins, in seconds of the world.
const SETTLED: u64 = 60;

impl Life {
    pub fn new(machine: MachineConfig) -> Self {
        let config = ClusterConfig {
            machines: vec![machine],
            pulled_images: vec!["busybox:1.36".to_owned()],
            ..ClusterConfig::default()
        };
        let mut life = Self {
            world: World::new(&config),
            began: 0,
        };
        life.run_to(SETTLED);
        life.began = SETTLED;
        life
    }

    /// Lets time pass until that second of the scenario.
    pub fn run_to(&mut self, second: u64) {
        let until = SimTime::from_secs(self.began + second);
        assert!(self.world.run_until(until, 1_000_000));
    }

    pub fn apply(&mut self, manifest: Value) {
        self.world.request(Request::Apply(manifest)).unwrap();
    }

    /// A pod whose one container sleeps for ever, with changes to its spec.
    pub fn sleeper(&mut self, name: &str, script: &str, changes: &Value) {
        let mut spec = json!({"containers": [
            {"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", script]}]});
        for (key, value) in changes.as_object().unwrap() {
            spec[key] = value.clone();
        }
        self.apply(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"}, "spec": spec}));
    }

    pub fn fault(&mut self, fault: fn(Rc<str>) -> Fault) {
        self.world.fault(fault("node-1".into()));
    }

    /// `Reason xN: message` of the events about an object, in the order of their first time.
    pub fn events(&self, about: &str) -> Vec<String> {
        let all = self.world.api().list::<Event>(None);
        let mut all: Vec<&Event> = all
            .filter(|event| event.spec.involved_object.name.as_deref() == Some(about))
            .collect();
        all.sort_by_key(|event| event.version);
        all.iter()
            .map(|event| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                let (reason, message) = (text(&event.spec.reason), text(&event.spec.message));
                format!("{reason} x{}: {message}", event.spec.count.unwrap_or(1))
            })
            .collect()
    }

    pub fn pod(&self, name: &str) -> Pod {
        let found = self.world.api().get::<Pod>("default", name);
        found.unwrap_or_else(|| panic!("no pod {name}")).clone()
    }

    /// `Type=Status:Reason` of a condition of the node.
    pub fn node_condition(&self, type_: &str) -> String {
        let node = self.world.api().get::<Node>("", "node-1").unwrap();
        let mut all = node.status.conditions.iter().flatten();
        let one = all.find(|one| one.type_ == type_).unwrap();
        let reason = one.reason.as_deref().unwrap_or_default();
        format!("{}:{reason}", one.status)
    }
}
