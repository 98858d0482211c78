//! The world: the API server, the actors, the queue, and the one loop that moves time.

use crate::kernel::OrderedMap;
use std::rc::Rc;

use crate::api::{Object, ObjectKey, Pod};
use crate::apiserver::{ApiServer, Change, Clock, Moment, Status};
use crate::kernel::trace::Entry;
use crate::kernel::{Queue, Rng, SimTime, Trace, TraceId};

use super::bootstrap;
use super::controllers::Controllers;
use super::kubelet::{self, Kubelet};
use super::scheduler::Scheduler;
use super::{Client, ClusterConfig, Context, Event, Fault, Request, Step};

/// A simulated cluster at one moment. A clone is a checkpoint: it goes on exactly as the original does.
#[derive(Clone, Debug)]
pub struct World {
    now: SimTime,
    core: Core,
    scheduler: Scheduler,
    controllers: Controllers,
    kubelets: OrderedMap<Rc<str>, Kubelet>,
    /// Changes that the actors have seen and whoever records the run has not taken yet.
    changes: Vec<Change>,
}

/// What every actor may touch, apart from the actors themselves so that both can be borrowed.
#[derive(Clone, Debug)]
struct Core {
    api: ApiServer,
    queue: Queue<Event>,
    trace: Trace<Step>,
}

impl Core {
    fn context(&mut self, now: SimTime, cause: TraceId) -> Context<'_> {
        Context {
            now,
            cause,
            api: &mut self.api,
            queue: &mut self.queue,
            trace: &mut self.trace,
        }
    }
}

impl World {
    /// A cluster whose machines are about to boot.
    #[must_use]
    pub fn new(config: &ClusterConfig) -> Self {
        let rng = Rng::new(config.seed);
        let mut world = Self {
            now: SimTime::ZERO,
            core: Core {
                api: ApiServer::new(Clock::new(config.start_unix_micros), rng.fork("apiserver")),
                queue: Queue::default(),
                trace: Trace::default(),
            },
            scheduler: Scheduler::new(rng.fork("scheduler")),
            controllers: Controllers::new(&rng.fork("controllers")),
            kubelets: OrderedMap::new(),
            changes: Vec::new(),
        };
        let at = Moment {
            now: SimTime::ZERO,
            cause: TraceId::ROOT,
        };
        bootstrap::fill(&mut world.core.api, at);
        for machine in &config.machines {
            let name: Rc<str> = machine.name.as_str().into();
            let kubelet = Kubelet::new(
                machine,
                &config.pulled_images,
                rng.fork(&format!("kubelet/{name}")),
            );
            world.kubelets.insert(Rc::clone(&name), kubelet);
            let boot = Event::Kubelet {
                node: name,
                wake: kubelet::Wake::Boot,
            };
            world.core.queue.push(SimTime::ZERO, TraceId::ROOT, boot);
        }
        world
    }

    /// The simulated time.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// The API server, to read.
    #[must_use]
    pub const fn api(&self) -> &ApiServer {
        &self.core.api
    }

    /// The scheduler, to read.
    #[must_use]
    pub const fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// The kubelet of a node, to read.
    #[must_use]
    pub fn kubelet(&self, node: &str) -> Option<&Kubelet> {
        self.kubelets.get(node)
    }

    /// The pending events, to read.
    #[must_use]
    pub const fn queue(&self) -> &Queue<Event> {
        &self.core.queue
    }

    /// The hash of everything that has happened. Equal hashes mean equal runs.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.core.trace.hash()
    }

    /// The moment of the next event.
    #[must_use]
    pub fn next_time(&self) -> Option<SimTime> {
        self.core.queue.next_time()
    }

    /// Lets the next event happen; false if nothing is pending.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.core.queue.pop() else {
            return false;
        };
        // Events are never scheduled in the past (`Context::at`).
        self.now = next.at;
        self.core.trace.absorb(next.at, &next.event);
        self.dispatch(&next.event, next.cause);
        self.spread_changes();
        true
    }

    /// Lets everything up to and including `until` happen, at most `budget` events. Returns whether
    /// it got there; if it did, the time is `until`.
    pub fn run_until(&mut self, until: SimTime, budget: usize) -> bool {
        for _ in 0..budget {
            if self.core.queue.next_time().is_none_or(|next| next > until) {
                self.now = self.now.max(until);
                return true;
            }
            self.step();
        }
        false
    }

    /// Takes the changes since the last call, oldest first, for whoever records the run.
    pub fn drain_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Takes the steps since the last call, oldest first.
    pub fn drain_steps(&mut self) -> Vec<Entry<Step>> {
        self.core.trace.drain()
    }

    fn dispatch(&mut self, event: &Event, cause: TraceId) {
        let mut context = self.core.context(self.now, cause);
        match event {
            Event::Scheduler(wake) => self.scheduler.handle(wake, &mut context),
            Event::Controllers(wake) => self.controllers.handle(wake, &mut context),
            Event::Kubelet { node, wake } => {
                if let Some(kubelet) = self.kubelets.get_mut(node) {
                    kubelet.handle(wake, &mut context);
                }
            }
        }
    }

    /// Shows every change to the actors that watch its kind. `observe` may only note what changed and
    /// ask to be woken: it writes nothing.
    fn spread_changes(&mut self) {
        for change in self.core.api.drain_changes() {
            let written = (
                change.version,
                change.kind,
                &change.key,
                change.object.uid(),
            );
            self.core.trace.absorb(change.at, &written);
            let mut context = self.core.context(self.now, change.cause);
            self.scheduler.observe(&change, &mut context);
            self.controllers.observe(&change, &mut context);
            match &change.object {
                Object::Pod(pod) => {
                    let node = pod.spec.node_name.as_deref().unwrap_or_default();
                    if let Some(kubelet) = self.kubelets.get_mut(node) {
                        kubelet.observe(&change, &mut context);
                    }
                }
                Object::Node(node) => {
                    if let Some(kubelet) = self.kubelets.get_mut(node.name()) {
                        kubelet.observe(&change, &mut context);
                    }
                }
                _ => {}
            }
            self.changes.push(change);
        }
    }
}

impl Client for World {
    fn world(&self) -> &World {
        self
    }

    fn request(&mut self, request: Request) -> Result<Object, Status> {
        let exec = match &request {
            Request::Exec {
                pod,
                container,
                command,
            } => Some((pod.clone(), container.clone(), command.clone())),
            _ => None,
        };
        let answer = request.carry_out(&mut self.core.context(self.now, TraceId::ROOT));
        if let (Some((pod, container, command)), Ok(_)) = (exec, &answer) {
            let mut context = self.core.context(self.now, TraceId::ROOT);
            let node = node_of(&pod, context.api);
            if let Some(kubelet) = node.and_then(|node| self.kubelets.get_mut(&node)) {
                kubelet.exec(&pod, &container, &command, &mut context);
            }
        }
        self.spread_changes();
        answer
    }

    fn dry_run(&self, request: Request) -> Result<Object, Status> {
        self.clone().request(request)
    }

    fn advance(&mut self, by: std::time::Duration) -> bool {
        let until = self.now + by;
        self.run_until(until, usize::MAX)
    }

    fn fault(&mut self, fault: Fault) {
        let mut context = self.core.context(self.now, TraceId::ROOT);
        context.step(fault.to_step());
        let node = fault
            .node()
            .cloned()
            .or_else(|| node_of(fault.pod()?, context.api));
        for (name, kubelet) in &mut self.kubelets {
            // A fault without a node (the registry) is felt on every machine.
            if node.as_ref().is_none_or(|node| node == name) {
                kubelet.fault(&fault, &mut context);
            }
        }
        self.spread_changes();
    }
}

fn node_of(pod: &ObjectKey, api: &ApiServer) -> Option<Rc<str>> {
    let pod = api.get::<Pod>(&pod.namespace, &pod.name)?;
    Some(pod.spec.node_name.as_deref()?.into())
}
