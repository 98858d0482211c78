//! What controllers ask of pods, and how they make them.

use std::rc::Rc;
use std::time::Duration;

use crate::api::conditions::pod_condition;
use crate::api::core::{PodStatus, PodTemplateSpec};
use crate::api::meta::{ObjectMeta, OwnerReference};
use crate::api::{Pod, conditions};
use crate::apiserver::Clock;
use crate::kernel::SimTime;

/// Whether the pod counts as a replica: it has not ended and is not being deleted.
#[must_use]
pub fn is_active(pod: &Pod) -> bool {
    !has_ended(pod) && !pod.is_deleting()
}

/// Whether the pod is on its way out, but its containers may still run.
#[must_use]
pub fn is_terminating(pod: &Pod) -> bool {
    !has_ended(pod) && pod.is_deleting()
}

/// Whether the phase is Succeeded or Failed.
#[must_use]
pub fn has_ended(pod: &Pod) -> bool {
    matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// Whether the pod is Ready.
#[must_use]
pub fn is_ready(pod: &Pod) -> bool {
    conditions::is_pod_ready(&pod.status)
}

/// When the pod became Ready, in whole seconds as its status says; `None` while it is not.
#[must_use]
pub fn ready_since(pod: &Pod, clock: &Clock) -> Option<SimTime> {
    let condition = pod_condition(&pod.status, "Ready").filter(|ready| ready.status == "True")?;
    Some(clock.moment(condition.last_transition_time.as_ref()?))
}

/// Whether the pod has been Ready for longer than `min_ready_seconds`.
#[must_use]
pub fn is_available(pod: &Pod, min_ready_seconds: i32, clock: &Clock, now: SimTime) -> bool {
    if min_ready_seconds <= 0 {
        return is_ready(pod);
    }
    available_at(pod, min_ready_seconds, clock).is_some_and(|at| at < now)
}

/// The moment after which the pod is available, if it stays Ready.
#[must_use]
pub fn available_at(pod: &Pod, min_ready_seconds: i32, clock: &Clock) -> Option<SimTime> {
    let seconds = u64::try_from(min_ready_seconds).unwrap_or(0);
    Some(ready_since(pod, clock)? + Duration::from_secs(seconds))
}

/// A pod as a controller makes it from a template; its name is generated.
#[must_use]
pub fn from_template(
    template: &PodTemplateSpec,
    namespace: &str,
    controller: OwnerReference,
) -> Pod {
    let meta = template.metadata.as_ref();
    let pod_meta = ObjectMeta {
        generate_name: Some(format!("{}-", controller.name)),
        namespace: Some(namespace.to_owned()),
        labels: meta.and_then(|meta| meta.labels.clone()),
        annotations: meta.and_then(|meta| meta.annotations.clone()),
        finalizers: meta.and_then(|meta| meta.finalizers.clone()),
        owner_references: Some(vec![controller]),
        ..Default::default()
    };
    Pod {
        meta: Rc::new(pod_meta),
        spec: Rc::new(template.spec.clone().unwrap_or_default()),
        status: Rc::new(PodStatus::default()),
        version: 0,
    }
}
