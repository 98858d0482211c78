//! The kubelet as a whole: registering its node, heartbeats, and its death and return.

use crate::kernel::OrderedSet;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::core::{
    ContainerImage, DaemonEndpoint, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeFeatures,
    NodeRuntimeHandler, NodeRuntimeHandlerFeatures, NodeSpec, NodeStatus, NodeSystemInfo, Taint,
};
use crate::api::meta::ObjectMeta;
use crate::api::{Kind, Node, Object, ObjectKey, Pod, Quantity, Resource};
use crate::cluster::recorder::{Occurrence, Recorder};
use crate::cluster::timing::{
    BOOT, LEASE_PHASE_MAX, LEASE_PHASE_MIN, LEASE_RENEWAL, NETWORK_BOOT, NODE_STATUS_PERIOD,
    NODE_STATUS_REPORT, RUNTIME_CHECK, TAKE_OVER,
};
use crate::cluster::{Context, Step};
use crate::kernel::{Rng, SimTime};

use super::disk::allocatable_disk;
use super::eviction::Scarce;
use super::host::StatusQueue;
use super::inspect::WorkState;
use super::runtime::Runtime;
use super::shutdown::SHUTTING_DOWN;
use super::sync::NETWORK_NOT_READY;
use super::worker::Worker;
use super::{Kubelet, Timer, Wake};

/// kubelet: memory that the node keeps back before it evicts.
pub(super) const EVICTION_RESERVE_BYTES: u64 = 100 << 20;

/// Allocatable memory in bytes.
pub(super) const fn allocatable_memory(capacity_bytes: u64) -> u64 {
    capacity_bytes.saturating_sub(EVICTION_RESERVE_BYTES)
}

impl Kubelet {
    /// The kubelet starts: it registers the node and takes over the pods that are bound to it.
    pub(super) fn boot(&mut self, context: &mut Context) {
        if self.host.up {
            return;
        }
        self.host.powered = true;
        self.host.up = true;
        self.host.started = context.now;
        self.host.statuses = StatusQueue::default();
        self.host.pleg.planned = None;
        self.host.notified.clear();
        if context.api.get::<Node>("", &self.host.node).is_none() {
            self.register(context);
        }
        context.api.renew_lease(&self.host.node, context.now);
        self.start_status(context);
        self.host.memory_changed(0, 0, context);
        self.host.disk_changed(0, 0, context);
        let lease = if context.now == SimTime::ZERO {
            // The nodes of a cluster that has run for long do not renew their leases together.
            self.host.between(LEASE_PHASE_MIN, LEASE_PHASE_MAX)
        } else {
            self.host.heartbeat(LEASE_RENEWAL)
        };
        self.host.wake_at(context.now + lease, Wake::Lease, context);
        let pods = context.api.store().pods_on(&self.host.node);
        // Also those that it knows and that may be gone from the API server by now.
        let known = self.by_key.keys().cloned();
        let keys: OrderedSet<ObjectKey> = pods.map(Pod::key).chain(known).collect();
        for key in keys {
            self.host.notified.insert(key.clone());
            let at = context.now + TAKE_OVER;
            self.host.wake_at(at, Wake::Pod(key), context);
        }
    }

    /// What a kubelet says and writes when it starts.
    ///
    /// kubelet: until the API server has the node as Ready, `fastStatusUpdateOnce` looks every 100 ms and
    /// writes only Ready; beside it the first sync of the status registers the node. Each look computes
    /// the conditions anew, and tells of every one that is not what the API server has.
    fn start_status(&mut self, context: &mut Context) {
        self.node_event(false, "Starting", "Starting kubelet.".to_owned(), context);
        let message = "invalid capacity 0 on image filesystem".to_owned();
        self.node_event(true, "InvalidDiskCapacity", message, context);
        let message = "Updated Node Allocatable limit across pods".to_owned();
        self.node_event(false, "NodeAllocatableEnforced", message, context);
        let node = context.api.get::<Node>("", &self.host.node);
        let old = node.map(|node| Rc::clone(&node.status)).unwrap_or_default();
        let new_process = NodeStatus::default();
        if status_of(&old, "Ready").is_none_or(|was| was == "True") {
            if self.host.network_ready_at > context.now {
                self.host.network_ready_at = context.now + RUNTIME_CHECK;
            }
            self.tell_conditions(&new_process, context);
            self.report_node(context);
        } else if self.network_is_ready(context) {
            self.report_node(context);
            self.tell_conditions(&new_process, context);
        } else {
            self.tell_conditions(&old, context);
            self.tell_conditions(&new_process, context);
            self.report_node(context);
            // The watch has not brought the write back when the fast look has its next turn.
            self.tell_conditions(&old, context);
            let ready = self.host.network_ready_at;
            self.host.wake_at(ready, Wake::NodeStatus, context);
        }
    }

    /// Tells of each condition that is not what `old` says; of Ready only where `old` has one.
    fn tell_conditions(&mut self, old: &NodeStatus, context: &mut Context) {
        let new = self.node_conditions(old, context);
        for condition in new {
            let was = status_of(old, &condition.type_);
            let is_new = was.is_none() && condition.type_ == "Ready";
            if is_new || was == Some(condition.status.as_str()) {
                continue;
            }
            let fact = match (condition.type_.as_str(), condition.status.as_str()) {
                ("Ready", "True") => "NodeReady",
                ("Ready", _) => "NodeNotReady",
                ("MemoryPressure", "True") => "NodeHasInsufficientMemory",
                ("MemoryPressure", _) => "NodeHasSufficientMemory",
                ("DiskPressure", "True") => "NodeHasDiskPressure",
                ("DiskPressure", _) => "NodeHasNoDiskPressure",
                _ => "NodeHasSufficientPID",
            };
            let message = format!("Node {} status is now: {fact}", self.host.node);
            self.node_event(false, fact, message, context);
        }
    }

    fn register(&mut self, context: &mut Context) {
        let ordinal = context.api.store().list(Kind::Node, None).count();
        self.host.ordinal = u32::try_from(ordinal).unwrap_or(0);
        self.host.ip = format!("172.18.0.{}", ordinal + 2).into();
        let machine = Rc::clone(&self.host.machine);
        let mut labels = machine.labels.clone();
        for (key, value) in [
            ("beta.kubernetes.io/arch", "amd64"),
            ("beta.kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", "amd64"),
            ("kubernetes.io/hostname", machine.name.as_str()),
            ("kubernetes.io/os", "linux"),
        ] {
            labels.insert(key.to_owned(), value.to_owned());
        }
        let annotations = [
            ("node.alpha.kubernetes.io/ttl", "0"),
            (
                "volumes.kubernetes.io/controller-managed-attach-detach",
                "true",
            ),
        ];
        let annotations = annotations.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let meta = ObjectMeta {
            name: Some(machine.name.clone()),
            labels: Some(labels),
            annotations: Some(BTreeMap::from(annotations)),
            ..Default::default()
        };
        let cidr = self.host.pod_cidr();
        let taints: Vec<Taint> = machine
            .taints
            .iter()
            .filter_map(|text| taint(text))
            .collect();
        let spec = NodeSpec {
            pod_cidrs: Some(vec![cidr.clone()]),
            pod_cidr: Some(cidr),
            taints: Some(taints).filter(|taints| !taints.is_empty()),
            ..Default::default()
        };
        let status = self.node_status(&NodeStatus::default(), context);
        let node = Node::new(meta, spec, status.clone());
        let created = context.api.create(node.into_object(), context.moment());
        if let Ok(Object::Node(mut node)) = created {
            // The server drops the status of a new object; the kubelet writes it right after.
            node.status = Rc::new(status);
            node.version = 0;
            let written = context
                .api
                .update_status(&node.into_object(), context.moment());
            debug_assert!(written.is_ok(), "{written:?}");
        }
        let text = format!("**{}** registers as a node", machine.name);
        let step = Step::new(
            self.host.actor(),
            self.host.node_key(),
            "node-registered",
            text,
        );
        context.step(step);
    }

    /// Computes the node's status every 10 s, and writes it if it changed or is 5 minutes old.
    pub(super) fn report_node(&mut self, context: &mut Context) {
        if !self.host.up {
            return;
        }
        if self.host.next_report.is_none_or(|next| next <= context.now) {
            let next = context.now + self.host.heartbeat(NODE_STATUS_PERIOD);
            self.host.next_report = Some(next);
            self.host.wake_at(next, Wake::NodeStatus, context);
        }
        let Some(node) = context.api.get::<Node>("", &self.host.node).cloned() else {
            self.register(context);
            return;
        };
        self.note_cordon(&node, context);
        let old = &node.status;
        let new = self.node_status(old, context);
        let last = old.conditions.iter().flatten().next();
        let last = last.and_then(|one| one.last_heartbeat_time.as_ref());
        let last = last.map(|at| context.api.clock().moment(at));
        let due = last.is_none_or(|at| context.now.since(at) >= NODE_STATUS_REPORT);
        let facts = |status: &NodeStatus| {
            let conditions = status.conditions.iter().flatten();
            conditions
                .map(|one| (one.type_.clone(), one.status.clone()))
                .collect::<Vec<_>>()
        };
        let changed = facts(old) != facts(&new) || old.images != new.images;
        if !(due || changed) {
            return;
        }
        self.tell_conditions(old, context);
        let mut node = node.clone();
        node.status = Rc::new(new);
        node.version = 0;
        let written = node.into_object();
        // kubelet: a write that fails is tried again with the next report.
        let _ = context.api.update_status(&written, context.moment());
    }

    /// kubelet: `recordNodeSchedulableEvent`; a new process takes its node for schedulable at first.
    fn note_cordon(&mut self, node: &Node, context: &mut Context) {
        let cordoned = node.spec.unschedulable == Some(true);
        if std::mem::replace(&mut self.host.cordoned, cordoned) != cordoned {
            let fact = match cordoned {
                true => "NodeNotSchedulable",
                false => "NodeSchedulable",
            };
            let message = format!("Node {} status is now: {fact}", self.host.node);
            self.node_event(false, fact, message, context);
        }
    }

    /// Renews the lease by which the node lifecycle controller sees that the kubelet is alive.
    pub(super) fn renew_lease(&mut self, context: &mut Context) {
        if !self.host.up {
            return;
        }
        context.api.renew_lease(&self.host.node, context.now);
        let next = context.now + self.host.heartbeat(LEASE_RENEWAL);
        self.host.wake_at(next, Wake::Lease, context);
    }

    pub(super) fn node_event(
        &mut self,
        warning: bool,
        reason: &'static str,
        message: String,
        context: &mut Context,
    ) {
        let about = context.api.store().get(&self.host.node_key()).cloned();
        if let Some(about) = about {
            let occurrence = Occurrence {
                about: &about,
                field_path: None,
                warning,
                reason,
                message: message.into(),
            };
            self.host.recorder.record(occurrence, context);
        }
    }

    fn node_status(&self, old: &NodeStatus, context: &Context) -> NodeStatus {
        let machine = &self.host.machine;
        let resources = |memory_bytes: u64, storage: String| {
            let cpu = machine.cpu_millis;
            let cpu = match cpu % 1_000 {
                0 => (cpu / 1_000).to_string(),
                _ => format!("{cpu}m"),
            };
            BTreeMap::from([
                ("cpu".to_owned(), Quantity(cpu)),
                ("ephemeral-storage".to_owned(), Quantity(storage)),
                ("hugepages-1Gi".to_owned(), Quantity("0".to_owned())),
                ("hugepages-2Mi".to_owned(), Quantity("0".to_owned())),
                ("memory".to_owned(), Quantity(binary(memory_bytes))),
                ("pods".to_owned(), Quantity(machine.max_pods.to_string())),
            ])
        };
        let address = |type_: &str, address: &str| NodeAddress {
            address: address.to_owned(),
            type_: type_.to_owned(),
        };
        NodeStatus {
            addresses: Some(vec![
                address("InternalIP", &self.host.ip),
                address("Hostname", &self.host.node),
            ]),
            capacity: Some(resources(machine.memory_bytes, binary(machine.disk_bytes))),
            allocatable: Some(resources(
                allocatable_memory(machine.memory_bytes),
                decimal(allocatable_disk(machine.disk_bytes)),
            )),
            conditions: Some(self.node_conditions(old, context)),
            daemon_endpoints: Some(NodeDaemonEndpoints {
                kubelet_endpoint: Some(DaemonEndpoint { port: 10_250 }),
            }),
            declared_features: Some(DECLARED_FEATURES.map(str::to_owned).to_vec()),
            features: Some(NodeFeatures {
                supplemental_groups_policy: Some(true),
            }),
            images: Some(self.images()).filter(|images| !images.is_empty()),
            node_info: Some(self.node_info()),
            runtime_handlers: Some(["", "runc"].map(runtime_handler).to_vec()),
            ..Default::default()
        }
    }

    /// Why the node is not Ready, if it is not.
    fn not_ready(&self, context: &Context) -> Option<String> {
        let network = (!self.network_is_ready(context)).then_some(NETWORK_NOT_READY);
        let shutdown = self.host.shutdown.as_ref().map(|_| SHUTTING_DOWN);
        match (network, shutdown) {
            (Some(network), Some(shutdown)) => Some(format!("[{network}, {shutdown}]")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }

    fn network_is_ready(&self, context: &Context) -> bool {
        context.now >= self.host.network_ready_at
    }

    fn node_conditions(&self, old: &NodeStatus, context: &Context) -> Vec<NodeCondition> {
        let now = context.api.clock().time(context.now);
        let not_ready = self.not_ready(context);
        let rows = [
            if self.host.under_pressure(Scarce::Memory) {
                (
                    "MemoryPressure",
                    "True",
                    "KubeletHasInsufficientMemory",
                    "kubelet has insufficient memory available",
                )
            } else {
                (
                    "MemoryPressure",
                    "False",
                    "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available",
                )
            },
            if self.host.under_pressure(Scarce::Disk) {
                (
                    "DiskPressure",
                    "True",
                    "KubeletHasDiskPressure",
                    "kubelet has disk pressure",
                )
            } else {
                (
                    "DiskPressure",
                    "False",
                    "KubeletHasNoDiskPressure",
                    "kubelet has no disk pressure",
                )
            },
            (
                "PIDPressure",
                "False",
                "KubeletHasSufficientPID",
                "kubelet has sufficient PID available",
            ),
            match &not_ready {
                None => (
                    "Ready",
                    "True",
                    "KubeletReady",
                    "kubelet is posting ready status",
                ),
                Some(why) => ("Ready", "False", "KubeletNotReady", why.as_str()),
            },
        ];
        let old = old.conditions.as_deref().unwrap_or_default();
        let made = rows.map(|(type_, status, reason, message)| {
            let same = old
                .iter()
                .find(|one| one.type_ == type_ && one.status == status);
            NodeCondition {
                type_: type_.to_owned(),
                status: status.to_owned(),
                reason: Some(reason.to_owned()),
                message: Some(message.to_owned()),
                last_heartbeat_time: Some(now.clone()),
                last_transition_time: match same {
                    Some(one) => one.last_transition_time.clone(),
                    None => Some(now.clone()),
                },
            }
        });
        made.to_vec()
    }

    /// kubelet: the largest images first, at most 50.
    fn images(&self) -> Vec<ContainerImage> {
        let mut images: Vec<ContainerImage> = self
            .host
            .images
            .list()
            .map(|image| ContainerImage {
                names: Some(vec![image.image_id(), image.to_string()]),
                size_bytes: i64::try_from(image.size_bytes()).ok(),
            })
            .collect();
        images.sort_by(|a, b| (b.size_bytes, &a.names).cmp(&(a.size_bytes, &b.names)));
        images.truncate(50);
        images
    }

    fn node_info(&self) -> NodeSystemInfo {
        let mut rng = Rng::new(0).fork(&self.host.node);
        NodeSystemInfo {
            architecture: "amd64".to_owned(),
            boot_id: crate::apiserver::names::uid(&mut rng),
            container_runtime_version: "containerd://2.2.0".to_owned(),
            kernel_version: "6.8.0-45-generic".to_owned(),
            kube_proxy_version: String::new(),
            kubelet_version: "v1.36.2".to_owned(),
            machine_id: format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64()),
            operating_system: "linux".to_owned(),
            os_image: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            system_uuid: crate::apiserver::names::uid(&mut rng),
            ..Default::default()
        }
    }

    /// The kubelet process ends; what runs in containers goes on.
    pub(super) fn stop_kubelet(&mut self) {
        self.host.up = false;
        self.host.next_report = None;
        self.host.cordoned = false;
        self.host.statuses = StatusQueue::default();
        // A new process counts its events anew.
        self.host.recorder = Recorder::new("kubelet", &self.host.node);
        self.host.pleg.planned = None;
        self.host.pleg.waiting.clear();
        for worker in self.workers.values_mut() {
            Rc::make_mut(worker).forget_kubelet();
        }
    }

    /// The kubelet process starts again.
    pub(super) fn start_kubelet(&mut self, context: &mut Context) {
        if self.host.powered && !self.host.up && self.host.shutdown.is_none() {
            self.host.wake_at(context.now + BOOT, Wake::Boot, context);
        }
    }

    /// The machine loses power: the kubelet, and with it every sandbox and container.
    pub(super) fn power_off(&mut self) {
        self.stop_kubelet();
        self.host.powered = false;
        self.host.shutdown = None;
        self.host.by_ip.clear();
        self.host.pressure = super::eviction::Pressure::default();
        for worker in self.workers.values_mut() {
            Rc::make_mut(worker).lose_runtime();
        }
    }

    /// The machine boots.
    pub(super) fn power_on(&mut self, context: &mut Context) {
        if let Some(shutdown) = &mut self.host.shutdown {
            shutdown.reboot = true;
        } else if !self.host.powered {
            let up = context.now + BOOT;
            self.host.network_ready_at = up + NETWORK_BOOT;
            self.host.wake_at(up, Wake::Boot, context);
        }
    }
}

impl Worker {
    /// The kubelet's memory of the pod is gone; the runtime's stays.
    pub(super) fn forget_kubelet(&mut self) {
        self.activity = None;
        self.pending = false;
        self.awaiting = None;
        self.stops.clear();
        self.execs.clear();
        self.session = None;
        self.hook_outcomes.clear();
        self.probes.clear();
        self.errors.clear();
        self.back_offs.clear();
        self.pulls.clear();
        self.status = None;
        self.registered = false;
        self.mounting_forgotten();
        self.last_sync = None;
        self.grace = None;
        self.evicted = None;
        if self.work != WorkState::Finished {
            self.work = WorkState::Syncing;
        }
        self.timers
            .retain(|timer, _| matches!(timer, Timer::Process(_) | Timer::Behaviour(_)));
        self.observed = Rc::new(self.runtime.observe(&self.observed));
    }

    /// The runtime has lost everything of the pod.
    fn lose_runtime(&mut self) {
        let version = self.runtime.version + 1;
        self.runtime = Runtime::default();
        self.runtime.version = version;
        self.timers.clear();
        self.observed = Rc::default();
        self.volumes_unmounted();
        self.written_bytes = 0;
        self.progress.clear();
    }
}

/// What a condition of the node says.
fn status_of<'a>(status: &'a NodeStatus, type_: &str) -> Option<&'a str> {
    let mut all = status.conditions.iter().flatten();
    all.find(|one| one.type_ == type_)
        .map(|one| one.status.as_str())
}

const DECLARED_FEATURES: [&str; 4] = [
    "ExtendWebSocketsToKubelet",
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
    "RestartAllContainersOnContainerExits",
];

fn runtime_handler(name: &str) -> NodeRuntimeHandler {
    NodeRuntimeHandler {
        name: Some(name.to_owned()),
        features: Some(NodeRuntimeHandlerFeatures {
            recursive_read_only_mounts: Some(true),
            user_namespaces: Some(false),
        }),
    }
}

/// `key=value:Effect` or `key:Effect`.
fn taint(text: &str) -> Option<Taint> {
    let (pair, effect) = text.rsplit_once(':')?;
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Some(Taint {
        key: key.to_owned(),
        value: Some(value.to_owned()).filter(|value| !value.is_empty()),
        effect: effect.to_owned(),
        time_added: None,
    })
}

/// Bytes in the largest binary unit that fits: `8Gi`, `8092Mi`.
pub(super) fn binary(bytes: u64) -> String {
    let units = ["Gi", "Mi", "Ki"];
    for (power, unit) in [30, 20, 10].into_iter().zip(units) {
        if bytes != 0 && bytes.is_multiple_of(1 << power) {
            return format!("{}{unit}", bytes >> power);
        }
    }
    bytes.to_string()
}

/// An amount in the largest decimal unit that fits: `96636764k`.
fn decimal(mut amount: u64) -> String {
    let mut units = ["", "k", "M", "G"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while amount != 0 && amount.is_multiple_of(1_000) {
        let Some(larger) = units.next() else { break };
        amount /= 1_000;
        unit = larger;
    }
    format!("{amount}{unit}")
}
