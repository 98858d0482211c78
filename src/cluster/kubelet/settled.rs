//! Not computing a status again that is known to come out the same: most syncs find nothing changed.

use std::rc::Rc;

use crate::api::Pod;
use crate::api::core::{ContainerStatus, PodStatus};
use crate::cluster::Context;
use crate::kernel::OrderedMap;

use super::host::Host;
use super::inspect::WorkState;
use super::plan::Slot;
use super::runtime::Observed;
use super::status::{StartError, all, is_terminal};
use super::worker::Worker;

/// What a status was computed from when that changed nothing, apart from what the probes say.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pod: Pod,
    observed: Rc<Observed>,
    status: Rc<PodStatus>,
    errors: OrderedMap<Slot, StartError>,
    pending: Option<(String, i64)>,
    in_progress: Option<(i64, String)>,
}

impl Worker {
    /// Whether the status would come out as it is. As in a computation, containers that are not ready are asked.
    pub fn is_settled(&mut self, host: &mut Host, context: &mut Context) -> bool {
        let Some(settled) = self.settled.clone() else {
            return false;
        };
        if !self.is_as_in(&settled) {
            self.settled = None;
            return false;
        }
        let plan = Rc::clone(&self.plan);
        let mut statuses = all(&settled.status);
        statuses.all(|one: &ContainerStatus| {
            plan.slot(&one.name).is_none_or(|slot| {
                let (started, ready) = self.readiness(slot, one, host, context);
                one.started == Some(started) && one.ready == ready
            })
        })
    }

    /// Computes the status and remembers it as settled if nothing changed; true if its phase is a last one.
    pub fn generate_anew(&mut self, host: &mut Host, context: &mut Context) -> bool {
        let before = self.status.clone();
        let observed = Rc::clone(&self.observed);
        let terminal = self.generate(&observed, false, host, context);
        let (Some(before), Some(status)) = (before, &self.status) else {
            return terminal;
        };
        // A deadline makes the time itself one of the causes.
        let timeless = self.pod.spec.active_deadline_seconds.is_none();
        if Rc::ptr_eq(&before, status) && timeless && !is_terminal(status.phase.as_deref()) {
            self.settled = Some(Rc::new(Settled {
                pod: self.pod.clone(),
                observed,
                status: before,
                errors: self.errors.clone(),
                pending: self.resize.pending.clone(),
                in_progress: self.resize.in_progress.clone(),
            }));
        }
        terminal
    }

    fn is_as_in(&self, settled: &Settled) -> bool {
        let (now, then) = (&self.pod, &settled.pod);
        self.work == WorkState::Syncing
            && !now.is_deleting()
            && Rc::ptr_eq(&now.meta, &then.meta)
            && Rc::ptr_eq(&now.spec, &then.spec)
            && Rc::ptr_eq(&now.status, &then.status)
            && Rc::ptr_eq(&self.observed, &settled.observed)
            && (self.status.as_ref()).is_some_and(|status| Rc::ptr_eq(status, &settled.status))
            && self.errors == settled.errors
            && self.resize.pending == settled.pending
            && self.resize.in_progress == settled.in_progress
    }
}
