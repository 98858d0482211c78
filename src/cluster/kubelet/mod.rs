//! The kubelet of one node, with the container runtime and the processes under it.
//!
//! Each pod has a [`worker`] that brings it to life and to its end by syncs, one after another, as the
//! real pod workers do. What starts a sync: a change of the pod in the API server, the PLEG's listing of
//! the runtime (once a second, and at once after a sync that did something), a probe's verdict, and the
//! sync loop's own clock. What a worker finds goes to the API server through the status writer.

use crate::kernel::{ByText, OrderedMap};
use std::rc::Rc;

use crate::api::{Object, ObjectKey, Pod};
use crate::apiserver::{Change, ChangeKind};
use crate::kernel::Rng;

use super::fault::ProbeType;
use super::process::{NetworkReply, RequestId};
use super::{Context, Fault, MachineConfig};

mod actions;
mod admission;
mod backoff;
mod behaviour;
mod conditions;
mod containers;
mod disk;
mod environment;
mod eviction;
mod exec;
mod folders;
mod host;
mod images;
pub mod inspect;
mod look;
mod network;
mod network_files;
mod node;
mod plan;
mod probe_worker;
mod probes;
mod processes;
mod readiness;
mod resize;
mod resources;
mod restart_all;
mod runtime;
mod sandbox;
mod service_variables;
mod settled;
mod shutdown;
mod status;
mod status_writer;
mod sync;
mod termination;
#[cfg(test)]
mod tests;
mod volumes;
mod worker;

use host::Host;
use worker::Worker;

pub use network::Packet;

/// What wakes a kubelet, or the machine under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// The machine has booted and the kubelet starts.
    Boot,
    /// The kubelet computes the node's status.
    NodeStatus,
    /// The kubelet renews its lease.
    Lease,
    /// A change of a pod arrives from the API server.
    Pod(ObjectKey),
    /// The PLEG lists the runtime's pods.
    Relist,
    /// The status writer writes the next status.
    Statuses,
    /// Resizes that wait are tried again.
    Resize,
    /// The eviction manager looks at the node's memory.
    Evict,
    /// The image manager looks at the node's disk.
    CollectImages,
    /// A shutdown of the machine goes on.
    Shutdown,
    /// A timer of a pod's worker; stale ones are ignored.
    Timer {
        /// The pod's uid.
        uid: Rc<str>,
        /// Which timer.
        timer: Timer,
    },
    /// Something arrives over the pod network.
    Packet(Box<Packet>),
    /// An answer from the network for a process of a pod.
    Reply {
        /// The pod's uid.
        uid: Rc<str>,
        /// Whose request it was.
        process: ProcessId,
        /// Which request.
        id: RequestId,
        /// The answer; boxed, for the queue moves its events often.
        reply: Box<NetworkReply>,
    },
}

/// The timers of a pod's worker. Each is set at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The sync that is under way goes on.
    Activity,
    /// The sync loop finds the pod due.
    Due,
    /// The PLEG lists this pod on demand.
    Relist,
    /// A process of an instance goes on.
    Process(u32),
    /// A command beside a process goes on.
    Exec(u32),
    /// A command beside a process has run out of time.
    ExecTimeout(u32),
    /// A stop reaches its next stage.
    Stop(u32),
    /// A probe worker's tick.
    Probe(u32, ProbeType),
    /// The answer to a probe is there.
    ProbeAnswer(u32, ProbeType),
    /// The volume manager tries to mount again.
    Mount,
    /// The pod's `activeDeadlineSeconds` are over.
    Deadline,
    /// The scripted behaviour of an instance reaches its next step.
    Behaviour(u32),
}

/// A process under a kubelet: pid 1 of an instance, or a command beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProcessId {
    /// Pid 1 of the instance with this number.
    Main(u32),
    /// The command with this number.
    Exec(u32),
}

/// One machine with its kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    host: Host,
    workers: ByText<Rc<Worker>>,
    /// The newest pod of each name.
    by_key: OrderedMap<ObjectKey, Rc<str>>,
}

impl Kubelet {
    /// The kubelet of a machine that has not booted yet.
    #[must_use]
    pub fn new(machine: &MachineConfig, pulled_images: &[String], rng: Rng) -> Self {
        Self {
            host: Host::new(machine, pulled_images, rng),
            workers: ByText::new(),
            by_key: OrderedMap::new(),
        }
    }

    /// Sees a change of a pod on this node, or of the node.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        let Object::Pod(pod) = &change.object else {
            return;
        };
        if change.kind == ChangeKind::Modified && self.is_own_status(change, pod) {
            return;
        }
        if change.kind == ChangeKind::Deleted {
            // The last state says with which grace period the pod was deleted.
            if let Some(worker) = self.workers.get_mut(pod.uid()) {
                Rc::make_mut(worker).take_pod(pod.clone());
            }
        }
        let key = change.key.clone();
        if self.host.notified.insert(key.clone()) {
            let delay = self.host.between(
                super::timing::WATCH_LATENCY_MIN,
                super::timing::WATCH_LATENCY_MAX,
            );
            self.host
                .wake_at(context.now + delay, Wake::Pod(key), context);
        }
    }

    /// Takes note of a write that changed nothing but the status: no sync follows from it, unless
    /// somebody else's condition is a readiness gate.
    fn is_own_status(&mut self, change: &Change, pod: &Pod) -> bool {
        let Some(Object::Pod(old)) = &change.previous else {
            return false;
        };
        let same = Rc::ptr_eq(&old.meta, &pod.meta) && Rc::ptr_eq(&old.spec, &pod.spec);
        if !same || pod.spec.readiness_gates.is_some() {
            return false;
        }
        match self.workers.get_mut(pod.uid()) {
            Some(worker) => {
                Rc::make_mut(worker).take_pod(pod.clone());
                true
            }
            None => false,
        }
    }

    /// Handles an event of its own.
    pub fn handle(&mut self, wake: &Wake, context: &mut Context) {
        match wake {
            Wake::Boot => self.boot(context),
            Wake::NodeStatus => self.report_node(context),
            Wake::Lease => self.renew_lease(context),
            Wake::Pod(key) => self.pod_changed(key, context),
            Wake::Relist => self.relist(context),
            Wake::Statuses => self.write_status(context),
            Wake::Evict => self.evict(context),
            Wake::CollectImages => self.collect_images(context),
            Wake::Shutdown => self.shutdown_goes_on(context),
            Wake::Resize => self.retry_resizes(context),
            Wake::Timer { uid, timer } => self.timer(uid, *timer, context),
            Wake::Packet(packet) => self.packet(packet, context),
            Wake::Reply {
                uid,
                process,
                id,
                reply,
            } => {
                if let Some((worker, host)) = self.worker_mut(uid) {
                    worker.reply(*process, *id, NetworkReply::clone(reply), host, context);
                }
            }
        }
    }

    /// The worker of a pod, to change, with what it shares with the others.
    fn worker_mut(&mut self, uid: &str) -> Option<(&mut Worker, &mut Host)> {
        let worker = self.workers.get_mut(uid)?;
        Some((Rc::make_mut(worker), &mut self.host))
    }

    fn timer(&mut self, uid: &Rc<str>, timer: Timer, context: &mut Context) {
        let (up, powered) = (self.host.up, self.host.powered);
        let Some((worker, host)) = self.worker_mut(uid) else {
            return;
        };
        let is_process = matches!(
            timer,
            Timer::Process(_) | Timer::Exec(_) | Timer::Behaviour(_)
        );
        if worker
            .timers
            .get(&timer)
            .is_none_or(|at| *at != context.now)
        {
            return;
        }
        worker.timers.remove(&timer);
        if up || (powered && is_process) {
            worker.timer(timer, host, context);
            if worker.is_over() {
                self.forget_removed(uid);
            }
        }
    }

    /// The PLEG's listing: workers with changed pods get an event, waiting workers go on.
    fn relist(&mut self, context: &mut Context) {
        let pleg = &mut self.host.pleg;
        pleg.planned = None;
        if !self.host.up {
            return;
        }
        let dirty = std::mem::take(&mut pleg.dirty);
        let waiting = std::mem::take(&mut pleg.waiting);
        for uid in dirty {
            if let Some((worker, host)) = self.worker_mut(&uid)
                && worker.list(context.now)
            {
                worker.notify(host, context);
            }
        }
        for uid in waiting {
            if let Some((worker, host)) = self.worker_mut(&uid) {
                worker.try_sync(host, context);
            }
        }
    }

    /// A pod was added, changed or removed in the API server.
    fn pod_changed(&mut self, key: &ObjectKey, context: &mut Context) {
        self.host.notified.remove(key);
        if !self.host.up {
            return;
        }
        let found = context.api.get::<Pod>(&key.namespace, &key.name).cloned();
        let found = found.filter(|pod| pod.spec.node_name.as_deref() == Some(&*self.host.node));
        let known = self.by_key.get(key).cloned();
        if let Some(uid) = &known
            && found.as_ref().is_none_or(|pod| pod.uid() != &**uid)
        {
            self.pod_removed(uid, context);
        }
        let Some(pod) = found else { return };
        let same = known.filter(|uid| pod.uid() == &**uid && self.workers.contains_key(uid));
        if let Some(uid) = same {
            if let Some((worker, host)) = self.worker_mut(&uid) {
                worker.update(pod, host, context);
            }
            // kubelet: resources are allocated before the sync that applies them.
            self.retry_resizes(context);
            if let Some((worker, host)) = self.worker_mut(&uid) {
                worker.notify(host, context);
            }
            return;
        }
        let mut worker = Worker::new(key.clone(), pod);
        let uid = Rc::clone(&worker.uid);
        self.by_key.insert(key.clone(), Rc::clone(&uid));
        self.admit(&mut worker, context);
        self.workers.insert(Rc::clone(&uid), Rc::new(worker));
        if let Some((worker, host)) = self.worker_mut(&uid) {
            worker.added(host, context);
        }
        self.forget_removed(&uid);
    }

    /// A pod is gone from the API server: what still runs of it is stopped, and then it is forgotten.
    fn pod_removed(&mut self, uid: &Rc<str>, context: &mut Context) {
        if let Some((worker, host)) = self.worker_mut(uid) {
            worker.removed(host, context);
        }
        self.forget_removed(uid);
        self.retry_resizes(context);
    }

    /// Drops a worker that has finished and whose pod is gone.
    fn forget_removed(&mut self, uid: &Rc<str>) {
        let done = self.workers.get(uid).is_some_and(|worker| worker.is_over());
        if !done {
            return;
        }
        if let Some(worker) = self.workers.remove(uid) {
            if self.by_key.get(&worker.key) == Some(uid) {
                self.by_key.remove(&worker.key);
            }
            if let Some(ip) = &worker.observed.ip
                && self.host.by_ip.get(ip) == Some(uid)
            {
                self.host.by_ip.remove(ip);
            }
            self.host.recorder.forget(uid);
        }
    }

    /// Something on this machine breaks or heals.
    pub fn fault(&mut self, fault: &Fault, context: &mut Context) {
        match fault {
            Fault::KubeletStop(_) => self.stop_kubelet(),
            Fault::KubeletStart(_) => self.start_kubelet(context),
            Fault::MachineStop(_) => self.power_off(),
            Fault::MachineStart(_) => self.power_on(context),
            Fault::MachineShutdown(_) => self.shut_down(context),
            Fault::KillContainer { pod, container } => {
                self.with_pod(pod, |worker, host| {
                    worker.kill_process(container, host, context);
                });
            }
            Fault::Probe {
                pod,
                container,
                probe,
                outcome,
            } => self.with_pod(pod, |worker, _| {
                worker.force_probe(container, *probe, *outcome);
            }),
            Fault::RegistryDown(down) => self.host.images.registry_down = *down,
        }
    }

    /// Runs a user's command in a container; see [`Kubelet::session`].
    pub fn exec(
        &mut self,
        pod: &ObjectKey,
        container: &str,
        command: &[String],
        context: &mut Context,
    ) {
        if self.host.up {
            self.with_pod(pod, |worker, host| {
                worker.exec_by_user(container, command, host, context);
            });
        }
    }

    fn with_pod(&mut self, pod: &ObjectKey, act: impl FnOnce(&mut Worker, &mut Host)) {
        if let Some(uid) = self.by_key.get(pod).cloned()
            && let Some((worker, host)) = self.worker_mut(&uid)
        {
            act(worker, host);
        }
    }
}
