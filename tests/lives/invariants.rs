//! What must hold after every event.

use std::collections::{BTreeMap, BTreeSet};

use podarium::api::{Kind, Node, Object, ObjectKey, Pod, conditions, quantity};
use podarium::apiserver::{Change, ChangeKind};
use podarium::cluster::{Actor, Step, World};
use podarium::kernel::trace::Entry;

/// Checks changes one after the other; remembers what it has to compare with.
#[derive(Default)]
pub struct Invariants {
    version: u64,
    pods: BTreeMap<String, Seen>,
    uids: BTreeMap<ObjectKey, String>,
    /// The pods that their kubelets are evicting, or ending with their nodes.
    evicted: BTreeSet<ObjectKey>,
}

/// What was last seen of a pod.
#[derive(Default)]
struct Seen {
    node: Option<String>,
    phase: Option<String>,
    deleting: bool,
    restarts: BTreeMap<String, i32>,
}

impl Invariants {
    /// The first invariant that a change breaks, in words. `steps` are what led to the changes.
    pub fn check(
        &mut self,
        world: &World,
        changes: &[Change],
        steps: &[Entry<Step>],
    ) -> Result<(), String> {
        let steps = steps.iter().map(|entry| &entry.what);
        let evicts = steps.filter(|step| matches!(step.code, "node-shutdown" | "pod-evicted"));
        self.evicted
            .extend(evicts.filter_map(|step| step.about.clone()));
        let mut nodes = BTreeSet::new();
        for change in changes {
            if change.version <= self.version {
                return Err(format!(
                    "resource version {} after {}",
                    change.version, self.version
                ));
            }
            self.version = change.version;
            self.identity(change)?;
            if let Some(pod) = change.object.typed::<Pod>() {
                self.pod(pod)
                    .map_err(|broken| format!("{}: {broken}", pod.key()))?;
                nodes.extend(pod.spec.node_name.clone());
            }
        }
        nodes.iter().try_for_each(|node| capacity(world, node))
    }

    /// An object keeps its uid from creation to deletion.
    fn identity(&mut self, change: &Change) -> Result<(), String> {
        let (key, uid) = (change.object.key(), change.object.uid().to_owned());
        let known = match change.kind {
            ChangeKind::Added => self
                .uids
                .insert(key.clone(), uid)
                .map(|_| "was there already"),
            ChangeKind::Modified => {
                (self.uids.get(&key) != Some(&uid)).then_some("changed its uid")
            }
            ChangeKind::Deleted => {
                self.evicted.remove(&key);
                (self.uids.remove(&key) != Some(uid)).then_some("was not the one")
            }
        };
        known.map_or(Ok(()), |broken| Err(format!("{key} {broken}")))
    }

    fn pod(&mut self, pod: &Pod) -> Result<(), String> {
        let evicted = self.evicted.contains(&pod.key());
        let seen = self.pods.entry(pod.uid().to_owned()).or_default();
        let (node, phase) = (pod.spec.node_name.clone(), pod.status.phase.clone());
        if seen.node.is_some() && seen.node != node {
            return Err(format!("moved from {:?} to {node:?}", seen.node));
        }
        let ended =
            |phase: &Option<String>| matches!(phase.as_deref(), Some("Succeeded" | "Failed"));
        if ended(&seen.phase) && seen.phase != phase {
            return Err(format!("went from {:?} to {phase:?}", seen.phase));
        }
        if seen.deleting && !pod.is_deleting() {
            return Err("is no longer being deleted".to_owned());
        }
        let statuses = pod.status.container_statuses.as_deref().unwrap_or_default();
        for status in statuses {
            let before = seen
                .restarts
                .insert(status.name.clone(), status.restart_count);
            if before.is_some_and(|before| before > status.restart_count) {
                return Err(format!("restarts of {} fell from {before:?}", status.name));
            }
        }
        if conditions::is_pod_ready(&pod.status) {
            let unready = statuses.iter().find(|status| !status.ready);
            if let Some(status) = unready {
                return Err(format!("is Ready while {} is not", status.name));
            }
            // kubelet: `mergePodStatus` holds an evicted pod's phase back until its containers have ended, not
            // its conditions. Where its first Running status was still to be written, it stays Pending.
            let held_back = evicted && phase.as_deref() == Some("Pending");
            if phase.as_deref() != Some("Running") && !held_back {
                return Err(format!("is Ready in phase {phase:?}"));
            }
        }
        *seen = Seen {
            node,
            phase,
            deleting: pod.is_deleting(),
            restarts: std::mem::take(&mut seen.restarts),
        };
        Ok(())
    }
}

/// What runs on a node fits in it, and host ports are held once.
fn capacity(world: &World, name: &str) -> Result<(), String> {
    let Some(node) = world.api().get::<Node>("", name) else {
        return Ok(());
    };
    let allocatable = node
        .status
        .allocatable
        .as_ref()
        .and_then(|all| all.get("cpu"));
    let Some(allocatable) = allocatable.and_then(|cpu| quantity::milli_value(cpu).ok()) else {
        return Ok(());
    };
    let (mut requested, mut ports) = (0, BTreeSet::new());
    for pod in world.api().store().pods_on(name) {
        if matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
            continue;
        }
        for container in &pod.spec.containers {
            let requests = container
                .resources
                .as_ref()
                .and_then(|resources| resources.requests.as_ref());
            let cpu = requests.and_then(|requests| requests.get("cpu"));
            requested += cpu
                .map_or(Ok(0), quantity::milli_value)
                .map_err(|_| "an invalid quantity was stored")?;
            let held = container
                .ports
                .iter()
                .flatten()
                .filter_map(|port| port.host_port);
            if let Some(port) = held
                .filter(|port| *port != 0)
                .find(|port| !ports.insert(*port))
            {
                return Err(format!("host port {port} is held twice on {name}"));
            }
        }
    }
    if requested > allocatable {
        return Err(format!(
            "{requested}m CPU are requested of {allocatable}m on {name}"
        ));
    }
    Ok(())
}

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn invariants_notice_what_breaks_them() {
    let key = |name: &str| ObjectKey::new(Kind::Pod, "default", name);
    let pod = |version: u64, node: &str, phase: &str| {
        let json = serde_json::json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "default", "uid": "u", "resourceVersion": version.to_string()},
            "spec": {"containers": [], "nodeName": node}, "status": {"phase": phase},
        });
        Object::from_json(json).expect("a valid pod")
    };
    let change = |version: u64, kind: ChangeKind, object: Object| Change {
        version,
        at: Default::default(),
        cause: Default::default(),
        kind,
        key: object.key(),
        object,
        previous: None,
    };
    let world = World::new(&Default::default());
    let broken = |second: Change| {
        let mut invariants = Invariants::default();
        let first = change(1, ChangeKind::Added, pod(1, "node-1", "Failed"));
        assert_eq!(invariants.check(&world, &[first], &[]), Ok(()));
        invariants.check(&world, &[second], &[]).unwrap_err()
    };
    assert!(
        broken(change(1, ChangeKind::Modified, pod(1, "node-1", "Failed")))
            .contains("resource version")
    );
    assert!(broken(change(2, ChangeKind::Modified, pod(2, "node-2", "Failed"))).contains("moved"));
    assert!(
        broken(change(2, ChangeKind::Modified, pod(2, "node-1", "Running"))).contains("went from")
    );
    assert!(
        broken(change(2, ChangeKind::Added, pod(2, "node-1", "Failed")))
            .contains("was there already")
    );
    assert_eq!(key("a"), pod(1, "", "").key());
    let mut ready = pod(1, "node-1", "Pending").to_json();
    ready["status"]["conditions"] = serde_json::json!([{"type": "Ready", "status": "True"}]);
    let ready = Object::from_json(ready).expect("a valid pod");
    let ready = [change(1, ChangeKind::Added, ready)];
    let broken = Invariants::default().check(&world, &ready, &[]);
    assert!(broken.unwrap_err().contains("is Ready in phase"));
    let step = Step {
        actor: Actor::Kubelet("node-1".into()),
        about: Some(key("a")),
        container: None,
        code: "pod-evicted",
        text: String::new(),
        reads: Vec::new(),
    };
    let evicted = [Entry {
        id: Default::default(),
        at: Default::default(),
        cause: Default::default(),
        what: step,
    }];
    let held_back = Invariants::default().check(&world, &ready, &evicted);
    assert_eq!(held_back, Ok(()));
}
