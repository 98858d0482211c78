//! The faults menu: what one may break, given what is selected.

use std::rc::Rc;

use crate::api::{Node, Object, Pod};
use crate::cluster::Fault;
use crate::cluster::fault::ProbeType;
use crate::history::{History, Input};

use super::names;
use super::scene::Scene;
use super::view::ObjectKey;
use super::view::faults::{FaultEntry, FaultGroup, FaultMenu};

/// The menu's groups with the fault behind each entry.
#[derive(Debug, Default)]
pub struct Faults {
    menu: Vec<(FaultGroup, Vec<Fault>)>,
}

impl Faults {
    /// What one may break at the moment shown.
    #[must_use]
    pub fn new(history: &History, scene: &Scene, selected: Option<&ObjectKey>) -> Self {
        let mut menu = Vec::new();
        let object = selected.and_then(|key| names::find(scene.world, key));
        let node = match object {
            Some(Object::Pod(pod)) => {
                menu.push(pod_group(scene, pod));
                pod.spec.node_name.clone()
            }
            Some(Object::Node(node)) => Some(node.name().to_owned()),
            _ => None,
        };
        let nodes: Vec<String> = match node {
            Some(node) => vec![node],
            // Nothing in particular is selected: any node may be hit.
            None => scene
                .world
                .api()
                .list::<Node>(None)
                .map(|node| node.name().to_owned())
                .take(9)
                .collect(),
        };
        menu.extend(nodes.iter().map(|node| node_group(history, node)));
        menu.push(cluster_group(history));
        let mut faults = Self { menu };
        faults.number();
        faults
    }

    /// The view of the menu.
    #[must_use]
    pub fn view(&self) -> FaultMenu {
        FaultMenu {
            groups: self
                .menu
                .iter()
                .map(|(group, _)| group.clone())
                .filter(|group| !group.entries.is_empty())
                .collect(),
        }
    }

    /// The fault of an entry by its id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Fault> {
        self.menu.iter().find_map(|(group, faults)| {
            let index = group
                .entries
                .iter()
                .position(|entry| entry.id.as_ref() == id)?;
            faults.get(index).cloned()
        })
    }

    /// Gives every entry its key: one letter or digit each, in order.
    fn number(&mut self) {
        let keys = ('1'..='9').chain('a'..='z');
        let entries = self
            .menu
            .iter_mut()
            .flat_map(|(group, _)| &mut group.entries);
        for (entry, key) in entries.zip(keys) {
            entry.key = key;
        }
    }
}

/// An entry, and what it does.
type Item = (FaultEntry, Fault);

fn item(id: String, label: String, detail: &str, is_active: bool, fault: Fault) -> Item {
    let entry = FaultEntry {
        id: id.into(),
        key: ' ',
        label: label.into(),
        detail: detail.into(),
        is_active,
    };
    (entry, fault)
}

fn group(kind: &str, target: &str, items: Vec<Item>) -> (FaultGroup, Vec<Fault>) {
    let (entries, faults) = items.into_iter().unzip();
    let group = FaultGroup {
        kind: kind.into(),
        target: target.into(),
        entries,
    };
    (group, faults)
}

fn pod_group(scene: &Scene, pod: &Pod) -> (FaultGroup, Vec<Fault>) {
    let mut items = Vec::new();
    let sidecars = pod.spec.init_containers.iter().flatten();
    for container in pod.spec.containers.iter().chain(sidecars) {
        let status = super::cell::status_of(pod, &container.name);
        let running = status
            .and_then(|status| status.state.as_ref()?.running.as_ref())
            .is_some();
        let name: Rc<str> = container.name.as_str().into();
        if running {
            let fault = Fault::KillContainer {
                pod: pod.key(),
                container: Rc::clone(&name),
            };
            let label = format!("Kill {name}");
            items.push(item(
                format!("kill/{name}"),
                label,
                "SIGKILL to its process: exit 137",
                false,
                fault,
            ));
        }
        let probes = [
            (ProbeType::Startup, container.startup_probe.is_some()),
            (ProbeType::Liveness, container.liveness_probe.is_some()),
            (ProbeType::Readiness, container.readiness_probe.is_some()),
        ];
        for (probe, _) in probes.into_iter().filter(|(_, has)| *has) {
            items.extend(probe_items(scene, pod, &name, probe));
        }
    }
    group("Pod", pod.name(), items)
}

fn probe_items(scene: &Scene, pod: &Pod, container: &Rc<str>, probe: ProbeType) -> [Item; 2] {
    let forced = forced(scene, pod, container, probe);
    let word = format!("{probe:?}").to_ascii_lowercase();
    let make = |outcome: bool| {
        let is_active = forced == Some(outcome);
        let fault = Fault::Probe {
            pod: pod.key(),
            container: Rc::clone(container),
            probe,
            outcome: (!is_active).then_some(outcome),
        };
        let (verb, does) = if outcome {
            ("pass", "passes")
        } else {
            ("fail", "fails")
        };
        let detail = if is_active {
            "in force: choose it to ask the process again".to_owned()
        } else {
            format!("every {word} probe of {container} {does} from now on")
        };
        let id = format!("{verb}/{word}/{container}");
        item(id, format!("Make {word} {verb}"), &detail, is_active, fault)
    };
    [make(false), make(true)]
}

/// What a probe answers by a fault in force.
fn forced(scene: &Scene, pod: &Pod, container: &str, probe: ProbeType) -> Option<bool> {
    let runtime = scene.runtime(pod)?;
    let found = runtime
        .containers
        .iter()
        .find(|other| other.name.as_ref() == container)?;
    found
        .probes
        .iter()
        .find(|other| other.probe == probe)?
        .forced
}

fn node_group(history: &History, node: &str) -> (FaultGroup, Vec<Fault>) {
    let name: Rc<str> = node.into();
    let is_down = |start: &Fault, stops: &[&Fault]| {
        let mut faults = faults_until_now(history).rev();
        let last = faults.find(|fault| *fault == start || stops.contains(fault));
        last.is_some_and(|last| last != start)
    };
    let (stop, start) = (
        Fault::KubeletStop(Rc::clone(&name)),
        Fault::KubeletStart(Rc::clone(&name)),
    );
    let kubelet_down = is_down(&start, &[&stop]);
    let (off, on) = (
        Fault::MachineStop(Rc::clone(&name)),
        Fault::MachineStart(Rc::clone(&name)),
    );
    let shutdown = Fault::MachineShutdown(name);
    let machine_down = is_down(&on, &[&off, &shutdown]);
    let mut items = vec![
        item(
            format!("kubelet/{node}"),
            if kubelet_down {
                "Start its kubelet".to_owned()
            } else {
                "Stop its kubelet".to_owned()
            },
            "Containers go on; after 40 to 55 s without a heartbeat the node is NotReady",
            kubelet_down,
            if kubelet_down { start } else { stop },
        ),
        item(
            format!("machine/{node}"),
            if machine_down {
                "Boot the machine".to_owned()
            } else {
                "Cut the power".to_owned()
            },
            "Kubelet and containers are gone at once",
            machine_down,
            if machine_down { on } else { off },
        ),
    ];
    if !machine_down && !kubelet_down {
        items.push(item(
            format!("shutdown/{node}"),
            "Shut it down".to_owned(),
            "Pods end first, critical ones last; then the power is off",
            false,
            shutdown,
        ));
    }
    group("Node", node, items)
}

fn cluster_group(history: &History) -> (FaultGroup, Vec<Fault>) {
    let down = faults_until_now(history)
        .rev()
        .find_map(|fault| match fault {
            Fault::RegistryDown(down) => Some(*down),
            _ => None,
        })
        .unwrap_or(false);
    let label = if down {
        "Bring the registry back"
    } else {
        "Cut the registry off"
    };
    let items = vec![item(
        "registry".to_owned(),
        label.to_owned(),
        "Image pulls fail; images that lie on a node still start",
        down,
        Fault::RegistryDown(!down),
    )];
    group("Cluster", "image registry", items)
}

/// The faults that were injected up to the moment shown, oldest first.
fn faults_until_now(history: &History) -> impl DoubleEndedIterator<Item = &Fault> {
    let now = history.now();
    let inputs = history
        .inputs()
        .iter()
        .filter(move |logged| logged.at <= now);
    inputs.filter_map(|logged| match &logged.input {
        Input::Fault(fault) => Some(fault),
        Input::Request(_) => None,
    })
}
