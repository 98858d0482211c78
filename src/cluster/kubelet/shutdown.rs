//! Graceful node shutdown: the kubelet holds the shutdown up while it ends the pods, the critical ones last.

use std::rc::Rc;

use crate::cluster::Context;
use crate::cluster::timing::{POWER_OFF, SHUTDOWN_GRACE, SHUTDOWN_GRACE_CRITICAL, SHUTDOWN_POLL};
use crate::kernel::SimTime;

use super::eviction::is_critical;
use super::inspect::WorkState;
use super::worker::Worker;
use super::{Kubelet, Wake};

/// What the kubelet adds to the reasons for which a node is not Ready.
pub(super) const SHUTTING_DOWN: &str = "node is shutting down";

/// The reason of a pod that is ended by a shutdown.
pub(super) const TERMINATED: &str = "Terminated";

const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";

/// A shutdown that is under way.
#[derive(Clone, Debug)]
pub(super) struct Shutdown {
    /// The pods that are being ended now.
    pods: Vec<Rc<str>>,
    /// When the next ones have their turn, whatever these do.
    until: SimTime,
    /// How far it is.
    stage: Stage,
    /// Whether the machine boots again afterwards.
    pub reboot: bool,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Usual,
    Critical,
    PowerOff,
}

impl Kubelet {
    /// Somebody asks the machine to shut down.
    pub(super) fn shut_down(&mut self, context: &mut Context) {
        if !self.host.powered || self.host.shutdown.is_some() {
            return;
        }
        if !self.host.up {
            // Without a kubelet nothing holds the shutdown up.
            self.power_off();
            return;
        }
        let message = "Shutdown manager detected shutdown event".to_owned();
        self.node_event(false, "NodeShutdown", message, context);
        self.host.shutdown = Some(Shutdown {
            pods: Vec::new(),
            until: context.now,
            stage: Stage::Usual,
            reboot: false,
        });
        self.report_node(context);
        self.end_pods(Stage::Usual, context);
    }

    /// Looks whether the pods whose turn it was have ended.
    pub(super) fn shutdown_goes_on(&mut self, context: &mut Context) {
        let Some(shutdown) = &self.host.shutdown else {
            return;
        };
        let ended = |uid: &Rc<str>| {
            let worker = self.workers.get(uid);
            worker.is_none_or(|one| one.work == WorkState::Finished)
        };
        // So too where it has stopped meanwhile.
        if !self.host.up || shutdown.stage == Stage::PowerOff {
            let reboot = shutdown.reboot;
            self.power_off();
            if reboot {
                self.power_on(context);
            }
        } else if context.now >= shutdown.until || shutdown.pods.iter().all(ended) {
            match shutdown.stage {
                Stage::Usual => self.end_pods(Stage::Critical, context),
                _ => self.let_go(context),
            }
        } else {
            self.look_again(context.now + SHUTDOWN_POLL, context);
        }
    }

    /// kubelet: `migrateConfig` makes two groups of `shutdownGracePeriod` and `shutdownGracePeriodCriticalPods`;
    /// a group without pods takes no time.
    fn end_pods(&mut self, stage: Stage, context: &mut Context) {
        let critical = stage == Stage::Critical;
        let period = match critical {
            true => SHUTDOWN_GRACE_CRITICAL,
            false => SHUTDOWN_GRACE - SHUTDOWN_GRACE_CRITICAL,
        };
        let group = self.workers.values().filter(|one| {
            let runs = matches!(one.work, WorkState::Syncing | WorkState::Terminating);
            runs && !one.rejected && is_critical(&one.pod) == critical
        });
        let pods: Vec<Rc<str>> = group.map(|one| Rc::clone(&one.uid)).collect();
        for uid in &pods {
            if let Some((worker, host)) = self.worker_mut(uid) {
                let seconds = i64::try_from(period.as_secs()).unwrap_or(i64::MAX);
                worker.end_with_node(seconds, host, context);
            }
        }
        if let Some(shutdown) = &mut self.host.shutdown {
            shutdown.pods = pods;
            shutdown.until = context.now + period;
            shutdown.stage = stage;
        }
        self.shutdown_goes_on(context);
    }

    /// The kubelet lets go of the lock that held the shutdown up.
    fn let_go(&mut self, context: &mut Context) {
        if let Some(shutdown) = &mut self.host.shutdown {
            shutdown.stage = Stage::PowerOff;
            self.look_again(context.now + POWER_OFF, context);
        }
    }

    fn look_again(&self, at: SimTime, context: &mut Context) {
        self.host.wake_at(at, Wake::Shutdown, context);
    }
}

impl Worker {
    /// Ends the pod because its node shuts down, within its own grace period or this one.
    fn end_with_node(&mut self, seconds: i64, host: &mut super::host::Host, context: &mut Context) {
        if self.work == WorkState::Terminating {
            self.grace = self.grace.map(|grace| grace.min(seconds));
            self.notify(host, context);
            return;
        }
        let text = format!("The node **shuts down**: the pod has at most {seconds} s to end");
        let reads = [
            "spec.terminationGracePeriodSeconds".to_owned(),
            "spec.priorityClassName".to_owned(),
        ];
        self.step(None, "node-shutdown", text, &reads, host, context);
        let message = MESSAGE.to_owned();
        self.evict(TERMINATED, message, seconds, true, host, context);
    }
}
