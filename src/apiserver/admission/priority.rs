//! Priority: the number behind a pod's priority class.

use crate::api::{Object, Pod, PriorityClass};
use crate::apiserver::{ApiServer, Status};

/// What a pod without a class gets where no class is the default one.
const NO_CLASS: i32 = 0;

const PREEMPT: &str = "PreemptLowerPriority";

/// Looks up the class of a new pod, or gives it the default one.
pub(super) fn admit(pod: &mut Pod, server: &ApiServer) -> Result<(), Status> {
    let refuse = |pod: &Pod, why: &str| super::forbidden(&Object::Pod(pod.clone()), why);
    let name = pod.spec.priority_class_name.as_deref().unwrap_or_default();
    let class = if name.is_empty() {
        default_class(server)
    } else {
        let found = server.get::<PriorityClass>("", name);
        let why = || format!("no PriorityClass with name {name} was found");
        Some(found.ok_or_else(|| refuse(pod, &why()))?)
    };
    let priority = class.map_or(NO_CLASS, |class| class.spec.value.unwrap_or(0));
    let policy = class
        .and_then(|class| class.spec.preemption_policy.as_deref())
        .unwrap_or(PREEMPT);
    let (name, policy) = (
        class.map(|class| class.name().to_owned()),
        policy.to_owned(),
    );
    if let Some(asked) = pod.spec.priority.filter(|asked| *asked != priority) {
        let why = format!(
            "the integer value of priority ({asked}) must not be provided in pod spec; priority \
             admission controller computed {priority} from the given PriorityClass name"
        );
        return Err(refuse(pod, &why));
    }
    let asked = pod.spec.preemption_policy.as_deref();
    if let Some(asked) = asked.filter(|asked| *asked != policy) {
        let why = format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; \
             priority admission controller computed {policy} from the given PriorityClass name"
        );
        return Err(refuse(pod, &why));
    }
    let spec = pod.spec_mut();
    spec.priority_class_name = name;
    spec.priority = Some(priority);
    spec.preemption_policy = Some(policy);
    Ok(())
}

/// There is at most one default class.
pub(super) fn validate(
    class: &PriorityClass,
    is_update: bool,
    server: &ApiServer,
) -> Result<(), Status> {
    if class.spec.global_default != Some(true) {
        return Ok(());
    }
    match default_class(server) {
        Some(other) if !is_update || other.name() != class.name() => {
            let name = other.name();
            let why = format!(
                "PriorityClass {name} is already marked as default. Only one default can exist"
            );
            Err(super::forbidden(
                &Object::PriorityClass(class.clone()),
                &why,
            ))
        }
        _ => Ok(()),
    }
}

/// The class of pods that name none: of several, the one of the lowest value.
fn default_class(server: &ApiServer) -> Option<&PriorityClass> {
    let all = server.list::<PriorityClass>(None);
    all.filter(|class| class.spec.global_default == Some(true))
        .min_by_key(|class| class.spec.value)
}
