//! The node lifecycle controller: watches the heartbeats of the nodes, and taints those that are not
//! well.
//!
//! [`health`] decides every 5 s whether a node is alive; [`taints`] says so on the node. The pods are
//! evicted by another controller, which looks at the taints alone.

use crate::kernel::OrderedMap;
mod health;
mod taints;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use crate::api::{Kind, Node, Object, ObjectKey};
use crate::apiserver::{Change, Status};
use crate::cluster::timing::{
    NODE_MONITOR_PERIOD, NODE_MONITOR_PHASE_MAX, NODE_MONITOR_PHASE_MIN, NODE_TAINT_PERIOD,
};
use crate::cluster::{Context, Event, Recorder};
use crate::kernel::{Rng, SimTime};

use super::work_queue::WorkQueue;
use super::{Controller, Wake};

/// The event source.
pub const NAME: &str = "node-controller";

/// The node lifecycle controller.
#[derive(Clone, Debug)]
pub struct NodeLifecycleController {
    queue: WorkQueue,
    recorder: Recorder,
    health: OrderedMap<Rc<str>, health::Health>,
    /// Nodes to be given a NoExecute taint, in the order in which they failed.
    to_taint: Vec<Rc<str>>,
    /// When the next node may be given one.
    next_taint: SimTime,
    /// How much of the cluster is down.
    disruption: health::Disruption,
    /// When the monitor looks next, once there is a node.
    monitor_at: Option<SimTime>,
    taint_pass_at: Option<SimTime>,
    rng: Rng,
}

impl NodeLifecycleController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
            recorder: Recorder::new(NAME, ""),
            health: OrderedMap::new(),
            to_taint: Vec::new(),
            next_taint: SimTime::ZERO,
            disruption: health::Disruption::None,
            monitor_at: None,
            taint_pass_at: None,
            rng: rng.fork("node-monitor"),
        }
    }

    /// The monitor's tick.
    pub fn tick(&mut self, context: &mut Context) {
        if self.monitor_at == Some(context.now) {
            self.monitor(context);
            self.schedule_monitor(context.now + NODE_MONITOR_PERIOD, context);
        }
    }

    /// The tick of the pass that gives out NoExecute taints.
    pub fn taint_tick(&mut self, context: &mut Context) {
        if self.taint_pass_at == Some(context.now) {
            self.taint_pass_at = None;
            self.taint_pass(context);
        }
    }

    fn schedule_monitor(&mut self, at: SimTime, context: &mut Context) {
        self.monitor_at = Some(at);
        context.at(at, Event::Controllers(Wake::MonitorNodes));
    }

    /// Lets the pass over the nodes to taint follow, at the next of its ticks.
    fn ask_for_taint_pass(&mut self, context: &mut Context) {
        if self.taint_pass_at.is_some() || self.to_taint.is_empty() {
            return;
        }
        let at = self.next_taint.max(context.now + NODE_TAINT_PERIOD / 2);
        self.taint_pass_at = Some(at);
        context.at(at, Event::Controllers(Wake::TaintNodes));
    }
}

impl Controller for NodeLifecycleController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        let Object::Node(node) = &change.object else {
            return;
        };
        self.queue.add(node.key(), context);
        if self.monitor_at.is_none() {
            // The monitor has run all along; its phase has nothing to do with the node's birth.
            let (min, max) = (NODE_MONITOR_PHASE_MIN, NODE_MONITOR_PHASE_MAX);
            let phase = self.rng.between(min, max);
            self.schedule_monitor(context.now + phase, context);
        }
    }

    /// Brings the NoSchedule taints of a node in line with its conditions.
    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let Some(node) = context.api.get::<Node>("", &key.name).cloned() else {
            return Ok(());
        };
        taints::follow_conditions(&node, context)
    }
}

fn key_of(node: &str) -> ObjectKey {
    ObjectKey::new(Kind::Node, "", node)
}
