//! What the pods of one machine share: its address, images, event recorder, and the kubelet's loops.

use crate::kernel::{OrderedMap, OrderedSet};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::api::core::PodStatus;
use crate::api::{Kind, ObjectKey};
use crate::cluster::process::files::Tree;
use crate::cluster::process::{Files, ImageName};
use crate::cluster::timing::{EXEC_START, EXEC_START_WARM, EXEC_WARM, RELIST_PERIOD, SYNC_TICK};
use crate::cluster::{Actor, Context, Event, MachineConfig, Recorder};
use crate::kernel::{Rng, SimTime, TraceId};

use super::images::Images;
use super::service_variables::ServiceVariables;
use super::{Timer, Wake};

/// The part of a kubelet that is not about one pod.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// The node's name.
    pub node: Rc<str>,
    /// The machine.
    pub machine: Rc<MachineConfig>,
    /// The node's address.
    pub ip: Rc<str>,
    /// Jitters and ids.
    pub rng: Rng,
    /// Events.
    pub recorder: Recorder,
    /// The shutdown of the machine that the kubelet holds up.
    pub shutdown: Option<super::shutdown::Shutdown>,
    /// The images on this machine, and pulls.
    pub images: Images,
    /// The status manager's queue.
    pub statuses: StatusQueue,
    /// The PLEG.
    pub pleg: Pleg,
    /// Whether the machine has power.
    pub powered: bool,
    /// Whether the kubelet runs.
    pub up: bool,
    /// Since when the kubelet runs.
    pub started: SimTime,
    /// When the node's status is computed next.
    pub next_report: Option<SimTime>,
    /// Whether the node was cordoned when the kubelet looked last.
    pub cordoned: bool,
    /// When the runtime's network is ready after the machine has booted.
    pub network_ready_at: SimTime,
    /// Where the node stands among the nodes, from 0: its addresses come from it.
    pub ordinal: u32,
    /// The last number given to a pod address.
    pub last_address: u32,
    /// Which pod has an address.
    pub by_ip: OrderedMap<Rc<str>, Rc<str>>,
    /// The eviction manager's.
    pub pressure: super::eviction::Pressure,
    /// What containers are told of the services.
    pub service_variables: ServiceVariables,
    /// The files of each image that a container was made from; all its containers share them.
    image_files: OrderedMap<Rc<str>, Files>,
    /// What lies in the folders of the machine that pods mount by `hostPath`, by path.
    pub folders: OrderedMap<Rc<str>, Rc<Tree>>,
    /// When the runtime last started a command beside a process.
    last_exec: Option<SimTime>,
    /// Pods whose change is on its way from the API server.
    pub notified: OrderedSet<ObjectKey>,
}

/// The pod lifecycle event generator: lists the runtime's pods every second.
#[derive(Clone, Debug, Default)]
pub(super) struct Pleg {
    /// When the kubelet's first listing was.
    pub phase: SimTime,
    /// For when a listing is planned: only where there is something to see.
    pub planned: Option<SimTime>,
    /// Pods whose runtime state has changed since the last listing.
    pub dirty: OrderedSet<Rc<str>>,
    /// Pods whose worker waits for a newer listing.
    pub waiting: OrderedSet<Rc<str>>,
}

/// Statuses on their way to the API server.
#[derive(Clone, Debug, Default)]
pub(super) struct StatusQueue {
    /// The batch that is being written, in order.
    pub batch: VecDeque<StatusWrite>,
    /// Pods with a status that is newer than the batch, in the order in which they came.
    pub dirty: VecDeque<Rc<str>>,
    /// Whether the writer is at work.
    pub busy: bool,
}

/// One status to write.
#[derive(Clone, Debug)]
pub(super) struct StatusWrite {
    /// The pod.
    pub uid: Rc<str>,
    /// The status as it was when the batch began.
    pub status: Rc<PodStatus>,
    /// Its version.
    pub version: u64,
    /// What led to it.
    pub cause: TraceId,
}

impl Host {
    /// The host of a machine that has not booted.
    pub fn new(machine: &MachineConfig, pulled_images: &[String], rng: Rng) -> Self {
        let node: Rc<str> = machine.name.as_str().into();
        let mut draws = rng.fork("phases");
        let phase = draws.between(Duration::ZERO, RELIST_PERIOD);
        Self {
            recorder: Recorder::new("kubelet", &node),
            shutdown: None,
            images: Images::new(pulled_images),
            statuses: StatusQueue::default(),
            pleg: Pleg {
                phase: SimTime::ZERO + phase,
                ..Default::default()
            },
            machine: Rc::new(machine.clone()),
            ip: "".into(),
            rng,
            powered: false,
            up: false,
            started: SimTime::ZERO,
            next_report: None,
            cordoned: false,
            network_ready_at: SimTime::ZERO,
            ordinal: 0,
            last_address: 1,
            by_ip: OrderedMap::new(),
            service_variables: ServiceVariables::default(),
            pressure: super::eviction::Pressure::default(),
            image_files: OrderedMap::new(),
            folders: OrderedMap::new(),
            last_exec: None,
            notified: OrderedSet::new(),
            node,
        }
    }

    /// The key of the node object.
    pub fn node_key(&self) -> ObjectKey {
        ObjectKey::new(Kind::Node, "", &self.node)
    }

    /// The kubelet, as an actor of steps.
    pub fn actor(&self) -> Actor {
        Actor::Kubelet(Rc::clone(&self.node))
    }

    /// Wakes this kubelet at a moment.
    pub fn wake_at(&self, at: SimTime, wake: Wake, context: &mut Context) {
        let node = Rc::clone(&self.node);
        context.at(at, Event::Kubelet { node, wake });
    }

    /// Wakes a pod's worker at a moment. The worker remembers which timers it has set.
    pub fn timer_at(&self, uid: &Rc<str>, timer: Timer, at: SimTime, context: &mut Context) {
        let wake = Wake::Timer {
            uid: Rc::clone(uid),
            timer,
        };
        self.wake_at(at, wake, context);
    }

    /// Lets the next listing see a pod whose runtime state has changed.
    pub fn mark_dirty(&mut self, uid: &Rc<str>, context: &mut Context) {
        self.pleg.dirty.insert(Rc::clone(uid));
        self.plan_listing(context);
    }

    /// Wakes a worker at the next listing.
    pub fn wait_for_listing(&mut self, uid: &Rc<str>, context: &mut Context) {
        self.pleg.waiting.insert(Rc::clone(uid));
        self.plan_listing(context);
    }

    fn plan_listing(&mut self, context: &mut Context) {
        if self.pleg.planned.is_some() || !self.up {
            return;
        }
        let next = next_of(self.pleg.phase, RELIST_PERIOD, context.now);
        self.pleg.planned = Some(next);
        self.wake_at(next, Wake::Relist, context);
    }

    /// When the PLEG last listed the runtime's pods. Listings that would show nothing new are not events
    /// here, but they count: a sync may follow on them.
    pub fn last_listing(&self, now: SimTime) -> Option<SimTime> {
        let planned = self.pleg.planned;
        let last = next_of(self.pleg.phase, RELIST_PERIOD, now) - RELIST_PERIOD;
        // A listing that is planned for this very moment has still to come.
        let last = if planned == Some(last) {
            last - RELIST_PERIOD
        } else {
            last
        };
        Some(last).filter(|last| *last >= self.started && now >= self.pleg.phase)
    }

    /// The first tick of the sync loop at or after `due`.
    pub fn tick_at(&self, due: SimTime) -> SimTime {
        let before = SimTime::from_micros(due.as_micros().saturating_sub(1));
        next_of(self.started, SYNC_TICK, before)
    }

    /// The next moment of something that the kubelet does periodically from its start on.
    pub fn periodic(&self, period: Duration, now: SimTime) -> SimTime {
        next_of(self.started, period, now)
    }

    /// A duration between two bounds.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        self.rng.between(low, high)
    }

    /// `length` to 1.5 × `length`: client-go's `wait.Jitter` with factor 0.5.
    pub fn jitter(&mut self, length: Duration) -> Duration {
        self.rng.between(length, length + length / 2)
    }

    /// The files of a fresh container of an image.
    pub fn files_of(&mut self, image: &ImageName) -> Files {
        let name: Rc<str> = image.to_string().into();
        if let Some(files) = self.image_files.get(&name) {
            return files.clone();
        }
        let files = Files::for_image(image);
        self.image_files.insert(name, files.clone());
        files
    }

    /// How long a command beside a process takes to start.
    pub fn exec_start(&mut self, now: SimTime) -> Duration {
        let last = self.last_exec.replace(now);
        if last.is_some_and(|last| now.since(last) < EXEC_WARM) {
            EXEC_START_WARM
        } else {
            EXEC_START
        }
    }

    /// `period` to 1.04 × `period`: the jitter of the node's heartbeats.
    pub fn heartbeat(&mut self, period: Duration) -> Duration {
        self.rng.between(period, period + period / 25)
    }

    /// A free address for a pod.
    pub fn new_address(&mut self, uid: &Rc<str>) -> Rc<str> {
        let size = self.addresses();
        for _ in 0..size {
            self.last_address = if self.last_address + 2 >= size {
                2
            } else {
                self.last_address + 1
            };
            let address = self.address(self.last_address);
            if !self.by_ip.contains_key(&address) {
                self.by_ip.insert(Rc::clone(&address), Rc::clone(uid));
                return address;
            }
        }
        // More pods than addresses: `max_pods` bounds the pods below the size of the range.
        self.address(2)
    }

    /// How many addresses the node's range has: a /24 unless the machine takes more pods.
    fn addresses(&self) -> u32 {
        match self.machine.max_pods {
            0..=250 => 256,
            more => (more + 4).next_power_of_two(),
        }
    }

    fn address(&self, number: u32) -> Rc<str> {
        let blocks = self.addresses() / 256;
        let third = (self.ordinal * blocks + number / 256) % 256;
        format!("10.244.{third}.{}", number % 256).into()
    }

    /// The range of pod addresses: `10.244.0.0/24`.
    pub fn pod_cidr(&self) -> String {
        let size = self.addresses();
        let third = self.ordinal * (size / 256) % 256;
        format!("10.244.{third}.0/{}", 32 - size.trailing_zeros())
    }
}

/// The first of the moments `phase`, `phase + period` … that is later than `now`.
pub(super) fn next_of(phase: SimTime, period: Duration, now: SimTime) -> SimTime {
    if now < phase {
        return phase;
    }
    let period_micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX).max(1);
    let elapsed = now.as_micros() - phase.as_micros();
    SimTime::from_micros(phase.as_micros() + (elapsed / period_micros + 1) * period_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_keep_their_phase() {
        let (phase, period) = (SimTime::from_millis(300), Duration::from_secs(1));
        let next = |millis| next_of(phase, period, SimTime::from_millis(millis));
        assert_eq!(next(0), SimTime::from_millis(300));
        assert_eq!(next(300), SimTime::from_millis(1_300));
        assert_eq!(next(2_299), SimTime::from_millis(2_300));
    }

    #[test]
    fn listings_count_though_they_are_no_events() {
        let mut host = Host::new(&MachineConfig::new("node-1"), &[], Rng::new(1));
        host.pleg.phase = SimTime::from_millis(500);
        assert_eq!(host.last_listing(SimTime::from_millis(400)), None);
        let second = SimTime::from_millis(500) + RELIST_PERIOD;
        assert_eq!(host.last_listing(SimTime::from_secs(2)), Some(second));
        host.pleg.planned = Some(second);
        assert_eq!(host.last_listing(second), Some(SimTime::from_millis(500)));
    }

    #[test]
    fn large_nodes_get_large_ranges() {
        let mut machine = MachineConfig::new("node-2");
        let host = |machine: &MachineConfig| {
            let mut host = Host::new(machine, &[], Rng::new(1));
            host.ordinal = 1;
            host
        };
        assert_eq!(host(&machine).pod_cidr(), "10.244.1.0/24");
        machine.max_pods = 500;
        let mut large = host(&machine);
        assert_eq!(large.pod_cidr(), "10.244.2.0/23");
        let uid: Rc<str> = "u".into();
        let addresses: OrderedSet<Rc<str>> = (0..500).map(|_| large.new_address(&uid)).collect();
        assert_eq!(addresses.len(), 500);
    }
}
