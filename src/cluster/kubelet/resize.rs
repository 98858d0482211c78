//! In-place resize: a kubelet keeps a pod's allocated resources apart from the wanted ones, takes new ones
//! on when they fit the node, and lets the runtime apply them.

use crate::api::codec::to_json;
use crate::api::json_text;
use std::rc::Rc;

use crate::api::Pod;
use crate::api::core::{Container, PodSpec, ResourceRequirements};
use crate::api::quantity::{milli_value, value};
use crate::cluster::Context;
use crate::cluster::timing::{RELIST_ONE, RESIZE_RETRY};

use super::actions::KillReason;
use super::host::Host;
use super::inspect::WorkState;
use super::plan::Slot;
use super::worker::Worker;
use super::{Kubelet, Timer, Wake};

/// A resize of a pod: its two conditions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Resize {
    /// The spec as the API server has it, while its resources are not allocated.
    pub wanted: Option<Rc<PodSpec>>,
    /// Why not, and for which generation: `PodResizePending`.
    pub pending: Option<(String, i64)>,
    /// The generation that is being applied, and why that does not work, if so: `PodResizeInProgress`.
    pub in_progress: Option<(i64, String)>,
}

impl Worker {
    /// Takes over the pod as the API server has it. Its resources stay the allocated ones; true if others
    /// are wanted.
    pub fn take_pod(&mut self, pod: Pod) -> bool {
        let allocated = Rc::clone(&self.pod.spec);
        let known = self.resize.wanted.as_ref().unwrap_or(&allocated);
        let same = Rc::ptr_eq(&pod.spec, known);
        self.pod = pod;
        if same {
            self.pod.spec = allocated;
            return false;
        }
        let wanted = Rc::clone(&self.pod.spec);
        let spec = with_resources_of(&wanted, &allocated);
        let differs = spec != *wanted;
        if differs {
            self.pod.spec = Rc::new(spec);
        } else {
            self.resize.pending = None;
        }
        self.resize.wanted = differs.then_some(wanted);
        differs
    }

    /// Notes at the start of a sync whether what was allocated has been applied.
    pub fn look_at_resize(&mut self, host: &mut Host, context: &mut Context) {
        let applies = (0..self.plan.containers.len()).any(|slot| {
            let record = self.observed.newest(slot);
            let running = record.filter(|record| record.state.is_running());
            running.is_some_and(|record| differs(&record.resources, self.resources(slot)))
        });
        let sandbox = self.observed.sandbox.as_ref();
        let whole = differs(&self.runtime.resources, self.pod_resources());
        if applies || (whole && sandbox.is_some_and(|one| one.ready)) {
            let generation = self.pod.meta.generation.unwrap_or(0);
            let progress = (generation, String::new());
            self.resize.in_progress.get_or_insert(progress);
        } else if let Some((generation, _)) = self.resize.in_progress.take() {
            let message = message("completed", &self.pod.spec, generation, None);
            self.event(None, false, "ResizeCompleted", message, host, context);
            let text = "The new resources are **in force**".to_owned();
            self.step(None, "resize-completed", text, &[], host, context);
        }
    }

    /// Lets the runtime apply new resources to containers that run; true if there were any. Nothing is applied,
    /// and the sync fails, while a memory limit would fall below what is in use.
    pub fn apply_resources(&mut self, host: &mut Host, context: &mut Context) -> bool {
        let mut applied = false;
        if let Some(error) = self.limit_below_usage() {
            let generation = self.pod.meta.generation.unwrap_or(0);
            let (generation, known) = self
                .resize
                .in_progress
                .take()
                .unwrap_or((generation, String::new()));
            if known != error {
                let message = message("error", &self.pod.spec, generation, Some(&error));
                self.event(None, true, "ResizeError", message, host, context);
                let text = "A memory limit would be **below what is in use**: nothing is applied"
                    .to_owned();
                self.step(None, "resize-error", text, &[], host, context);
            }
            self.resize.in_progress = Some((generation, error));
            self.fail_sync();
            return false;
        }
        for slot in 0..self.plan.containers.len() {
            let wanted = self.resources(slot).clone();
            let newest = self.runtime.newest(slot).map(|one| one.record.number);
            let Some(instance) = newest.and_then(|number| self.runtime.instance_mut(number)) else {
                continue;
            };
            if instance.record.state.is_running() && differs(&instance.record.resources, &wanted) {
                instance.record.resources = Rc::new(wanted);
                applied = true;
            }
        }
        if differs(&self.runtime.resources, self.pod_resources()) {
            self.runtime.resources = self.pod_resources().clone();
            applied = true;
        }
        self.runtime.version += u64::from(applied);
        applied
    }

    /// kubelet: `validateMemoryResizeAction`. It names the pod's usage for containers too.
    fn limit_below_usage(&self) -> Option<String> {
        let in_use = self.runtime.memory_bytes();
        let limit = |resources: &ResourceRequirements| {
            let limit = resources.limits.as_ref()?.get("memory")?;
            u64::try_from(value(limit).ok()?).ok()
        };
        let (mut falls, mut errors) = (false, Vec::new());
        let (mut before, mut after) = (Some(0_u64), Some(0_u64));
        for slot in self.plan.app_slots().chain(self.plan.init_slots()) {
            let running = self.runtime.newest(slot);
            let running = running.filter(|one| one.record.state.is_running());
            let wanted = limit(self.resources(slot));
            if !self.plan.app_slots().contains(&slot) && running.is_none() {
                continue;
            }
            let actual = running.map_or(wanted, |one| limit(&one.record.resources));
            before = before.zip(actual).map(|(sum, one)| sum + one);
            after = after.zip(wanted).map(|(sum, one)| sum + one);
            let (Some(one), Some(wanted)) = (running, wanted) else {
                continue;
            };
            let spec = self.plan.spec(&self.pod.spec, slot);
            let lower = actual.is_none_or(|actual| wanted < actual);
            if lower && needs_restart(spec, &one.record.resources).is_none() {
                falls = true;
                if one.memory_bytes >= wanted {
                    let name = &spec.name;
                    errors.push(format!(
                        "attempting to set container {name:?} memory limit ({wanted}) below current usage ({in_use})"
                    ));
                }
            }
        }
        if let Some(whole) = limit(self.pod_resources()) {
            (before, after) = (limit(&self.runtime.resources), Some(whole));
            falls = true;
        }
        let after = after.filter(|after| falls && before.is_none_or(|before| *after < before));
        if let Some(after) = after.filter(|after| in_use >= *after) {
            let error = format!(
                "attempting to set pod memory limit ({after}) below current usage ({in_use})"
            );
            errors.insert(0, error);
        }
        match errors.len() {
            0 => None,
            1 => Some(format!("cannot decrease memory limits: {}", errors[0])),
            _ => Some(format!(
                "cannot decrease memory limits: [{}]",
                errors.join(", ")
            )),
        }
    }

    /// The allocated resources of a container.
    pub fn resources(&self, slot: Slot) -> &ResourceRequirements {
        let own = self.plan.spec(&self.pod.spec, slot).resources.as_ref();
        own.unwrap_or(&NOTHING)
    }

    /// The allocated resources of the pod as a whole.
    pub fn pod_resources(&self) -> &ResourceRequirements {
        self.pod.spec.resources.as_ref().unwrap_or(&NOTHING)
    }

    /// kubelet: resizes that ask for less go first, then higher priority, then Guaranteed.
    fn resize_rank(&self) -> (bool, i32, bool) {
        let total = |spec: &PodSpec, name: &str| {
            let list = super::resources::requests_of_pod(spec);
            let quantity = list.as_ref().and_then(|list| list.get(name));
            quantity.and_then(|one| milli_value(one).ok()).unwrap_or(0)
        };
        let wanted = self.resize.wanted.as_ref().unwrap_or(&self.pod.spec);
        let grows = ["cpu", "memory"]
            .iter()
            .any(|name| total(wanted, name) > total(&self.pod.spec, name));
        let guaranteed = self.pod.status.qos_class.as_deref() == Some("Guaranteed");
        let priority = self.pod.spec.priority.unwrap_or(0);
        (grows, priority.saturating_neg(), !guaranteed)
    }
}

impl Kubelet {
    /// Tries every pending resize: as a pod asks for one, when another pod goes, and every three minutes.
    pub(super) fn retry_resizes(&mut self, context: &mut Context) {
        let waiting = self.workers.values().filter(|one| {
            one.resize.wanted.is_some() && one.work == WorkState::Syncing && !one.rejected
        });
        let mut waiting: Vec<_> = waiting
            .map(|one| (one.resize_rank(), Rc::clone(&one.uid)))
            .collect();
        if waiting.is_empty() || !self.host.up {
            return;
        }
        waiting.sort();
        for (_, uid) in waiting {
            self.try_resize(&uid, context);
        }
        if self.workers.values().any(|one| one.resize.wanted.is_some()) {
            let at = context.now + RESIZE_RETRY;
            self.host.wake_at(at, Wake::Resize, context);
        }
    }

    fn try_resize(&mut self, uid: &Rc<str>, context: &mut Context) {
        let Some(worker) = self.workers.get(uid) else {
            return;
        };
        let Some(wanted) = worker.resize.wanted.clone() else {
            return;
        };
        let mut pod = worker.pod.clone();
        pod.spec = Rc::clone(&wanted);
        let refusal = self.short_of_others(&pod);
        let Some((worker, host)) = self.worker_mut(uid) else {
            return;
        };
        let generation = pod.meta.generation.unwrap_or(0);
        match refusal {
            None => {
                worker.pod.spec = wanted;
                worker.resize = Resize {
                    in_progress: Some((generation, String::new())),
                    ..Default::default()
                };
                let message = message("started", &pod.spec, generation, None);
                worker.event(None, false, "ResizeStarted", message, host, context);
                let text = "The node has room: the pod gets its **new resources**".to_owned();
                worker.step(None, "resize-started", text, &[], host, context);
            }
            Some((reason, why)) => {
                let new = Some((why, generation));
                if worker.resize.pending == new {
                    return;
                }
                let first = worker.resize.pending.as_ref().map(|one| one.1) != Some(generation);
                worker.resize.pending = new;
                if first {
                    let error = worker.resize.pending.as_ref().map(|one| one.0.as_str());
                    let message = message(&reason, &pod.spec, generation, error);
                    worker.event(None, true, "ResizeDeferred", message, host, context);
                    let text =
                        "The node has **no room** for the new resources; they wait".to_owned();
                    worker.step(None, "resize-deferred", text, &[], host, context);
                }
            }
        }
        worker.notify(host, context);
        // kubelet: such a sync does not wait for the listing of all pods.
        let at = context.now + RELIST_ONE;
        worker.arm(Timer::Relist, at, host, context);
    }
}

const NOTHING: ResourceRequirements = ResourceRequirements {
    claims: None,
    limits: None,
    requests: None,
};

/// Whether the runtime has to change something: CPU and memory count.
pub(super) fn differs(actual: &ResourceRequirements, wanted: &ResourceRequirements) -> bool {
    ["cpu", "memory"].iter().any(|name| {
        [
            (&actual.requests, &wanted.requests),
            (&actual.limits, &wanted.limits),
        ]
        .into_iter()
        .any(|(a, b)| changed(a, b, name))
    })
}

type List = std::collections::BTreeMap<String, crate::api::Quantity>;

fn changed(a: &Option<List>, b: &Option<List>, name: &str) -> bool {
    let amount = |list: &Option<List>| {
        let quantity = list.as_ref().and_then(|list| list.get(name));
        quantity.and_then(|one| milli_value(one).ok())
    };
    amount(a) != amount(b)
}

/// Why a running container has to be started again to get its resources, if it has to.
pub(super) fn needs_restart(
    container: &Container,
    actual: &ResourceRequirements,
) -> Option<KillReason> {
    let wanted = container.resources.as_ref().unwrap_or(&NOTHING);
    let mut policies = container.resize_policy.iter().flatten();
    let restarts = policies.any(|policy| {
        policy.restart_policy == "RestartContainer"
            && (changed(&actual.requests, &wanted.requests, &policy.resource_name)
                || changed(&actual.limits, &wanted.limits, &policy.resource_name))
    });
    restarts.then_some(KillReason::Changed)
}

/// `spec` with the resources that `allocated` and its containers have.
fn with_resources_of(spec: &PodSpec, allocated: &PodSpec) -> PodSpec {
    let mut spec = spec.clone();
    spec.resources.clone_from(&allocated.resources);
    let known = allocated.containers.iter();
    let known: Vec<&Container> = known
        .chain(allocated.init_containers.iter().flatten())
        .collect();
    let own = spec.containers.iter_mut();
    for container in own.chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(old) = known.iter().find(|one| one.name == container.name) {
            container.resources.clone_from(&old.resources);
        }
    }
    spec
}

/// `Pod resize started: {"containers":[…],"generation":2}`.
fn message(what: &str, spec: &PodSpec, generation: i64, error: Option<&str>) -> String {
    let list = |containers: &[Container]| {
        let texts: Vec<String> = containers
            .iter()
            .map(|one| {
                let resources = one.resources.as_ref().unwrap_or(&NOTHING);
                let resources = json_text::text(&to_json(resources));
                format!("{{\"name\":\"{}\",\"resources\":{resources}}}", one.name)
            })
            .collect();
        texts.join(",")
    };
    let mut text = format!("Pod resize {what}: {{");
    if let Some(init) = spec
        .init_containers
        .as_deref()
        .filter(|list| !list.is_empty())
    {
        text.push_str(&format!("\"initContainers\":[{}],", list(init)));
    }
    let containers = list(&spec.containers);
    text.push_str(&format!(
        "\"containers\":[{containers}],\"generation\":{generation}"
    ));
    if let Some(error) = error {
        let error = json_text::text(&error.into());
        text.push_str(&format!(",\"error\":{error}"));
    }
    text + "}"
}
