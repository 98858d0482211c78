//! Priority: the number behind a pod's priority class.

use crate::api::Pod;
use crate::apiserver::Status;

/// The classes that every cluster has.
const SYSTEM_CLASSES: [(&str, i32); 2] = [
    ("system-cluster-critical", 2_000_000_000),
    ("system-node-critical", 2_000_001_000),
];

/// What a pod without a class gets where no class is the default one.
const NO_CLASS: i32 = 0;

const PREEMPT: &str = "PreemptLowerPriority";

pub(super) fn admit(pod: &mut Pod) -> Result<(), Status> {
    let class = pod.spec.priority_class_name.as_deref().unwrap_or_default();
    let priority = match SYSTEM_CLASSES.iter().find(|(name, _)| *name == class) {
        Some((_, value)) => *value,
        None if class.is_empty() => NO_CLASS,
        None => {
            let why = format!("no PriorityClass with name {class} was found");
            return Err(super::forbidden(pod, &why));
        }
    };
    if let Some(asked) = pod.spec.priority.filter(|asked| *asked != priority) {
        let why = format!(
            "the integer value of priority ({asked}) must not be provided in pod spec; priority \
             admission controller computed {priority} from the given PriorityClass name"
        );
        return Err(super::forbidden(pod, &why));
    }
    let policy = pod.spec.preemption_policy.as_deref();
    if let Some(asked) = policy.filter(|asked| *asked != PREEMPT) {
        let why = format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; \
             priority admission controller computed {PREEMPT} from the given PriorityClass name"
        );
        return Err(super::forbidden(pod, &why));
    }
    let spec = pod.spec_mut();
    spec.priority = Some(priority);
    spec.preemption_policy = Some(PREEMPT.to_owned());
    Ok(())
}
