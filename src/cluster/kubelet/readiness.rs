//! What the probes' verdicts make of a pod: `started` and `ready` of its containers, and whether they have
//! to go.

use std::rc::Rc;

use crate::api::core::{ContainerStatus, PodStatus};
use crate::cluster::Context;
use crate::cluster::fault::ProbeType;

use super::actions::Verdicts;
use super::host::Host;
use super::inspect::ContainerKind;
use super::plan::Slot;
use super::runtime::Record;
use super::status;
use super::worker::Worker;

impl Worker {
    /// Fills in what the probes say: `started` and `ready`. A container that is not known to be ready is
    /// asked at once.
    pub fn set_readiness(&mut self, new: &mut PodStatus, host: &mut Host, context: &mut Context) {
        let plan = Rc::clone(&self.plan);
        let init = new.init_container_statuses.iter_mut().flatten();
        for status in init.chain(new.container_statuses.iter_mut().flatten()) {
            let Some(slot) = plan.slot(&status.name) else {
                continue;
            };
            let (started, ready) = self.readiness(slot, status, host, context);
            status.started = Some(started);
            status.ready = ready;
        }
    }

    /// `started` and `ready` of a container.
    pub fn readiness(
        &mut self,
        slot: Slot,
        status: &ContainerStatus,
        host: &mut Host,
        context: &mut Context,
    ) -> (bool, bool) {
        let started = self.is_started(slot, status);
        if self.plan.containers[slot].kind == ContainerKind::Init {
            let ended = status::terminated(status.state.as_ref());
            return (started, ended.is_some_and(|ended| ended.exit_code == 0));
        }
        (
            started,
            started && self.is_ready(slot, status, host, context),
        )
    }

    fn is_started(&self, slot: Slot, status: &ContainerStatus) -> bool {
        let running = status
            .state
            .as_ref()
            .is_some_and(|state| state.running.is_some());
        if !running {
            return false;
        }
        let worker = self.probes.get(&(slot, ProbeType::Startup));
        let known = worker.filter(|worker| worker.instance == self.number_of(status));
        match (known.and_then(|worker| worker.verdict), worker) {
            (Some(verdict), _) => verdict == Some(true),
            (None, Some(_)) => {
                let old = self.status.as_ref().unwrap_or(&self.pod.status);
                let old = status::find(old, &status.name);
                old.is_some_and(|old| {
                    old.container_id == status.container_id && old.started == Some(true)
                })
            }
            (None, None) => true,
        }
    }

    fn is_ready(
        &mut self,
        slot: Slot,
        status: &ContainerStatus,
        host: &mut Host,
        context: &mut Context,
    ) -> bool {
        let number = self.number_of(status);
        let Some(worker) = self.probes.get(&(slot, ProbeType::Readiness)) else {
            return true;
        };
        let known = worker.instance == number;
        if known && worker.verdict == Some(Some(true)) {
            return true;
        }
        // kubelet: a sync that finds a container not ready asks it at once, and counts its period anew.
        self.tick_at(slot, ProbeType::Readiness, context.now, host, context);
        let asked = known && self.probes[&(slot, ProbeType::Readiness)].verdict.is_some();
        let kept = !asked && number.is_some_and(|number| self.ran_before_kubelet(number, host));
        kept && crate::api::conditions::is_pod_ready(&self.pod.status)
    }
}

impl Verdicts for Worker {
    fn liveness(&self, record: &Record) -> Option<bool> {
        let worker = self.probes.get(&(record.slot, ProbeType::Liveness))?;
        worker
            .verdict
            .filter(|_| worker.instance == Some(record.number))?
    }

    fn startup(&self, record: &Record) -> Option<Option<bool>> {
        let worker = self.probes.get(&(record.slot, ProbeType::Startup))?;
        worker
            .verdict
            .filter(|_| worker.instance == Some(record.number))
    }

    fn changed(&self, record: &Record) -> bool {
        // kubelet: of a running pod's containers only the image can change.
        let image = self.plan.containers[record.slot].image.as_ref();
        image.is_ok_and(|image| image.text != record.image)
    }
}
