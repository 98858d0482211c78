//! Rules of pods: what a new one may be, and the little that may change of an old one.

use crate::api::Pod;
use crate::api::core::{Container, PodSpec, ResourceRequirements};

use crate::apiserver::defaults::qos_class;

use super::field::{FieldPath, Problems};
use super::names::in_range;
use super::pod_spec::{Place, pod_spec};

/// A new pod.
pub(super) fn on_create(pod: &Pod, problems: &mut Problems) {
    let path = FieldPath::new("spec");
    any(pod, problems);
    if pod
        .spec
        .ephemeral_containers
        .as_ref()
        .is_some_and(|all| !all.is_empty())
    {
        problems.forbidden(
            &path.child("ephemeralContainers"),
            "cannot be set on create",
        );
    }
    let gated = pod
        .spec
        .scheduling_gates
        .as_ref()
        .is_some_and(|gates| !gates.is_empty());
    if gated
        && pod
            .spec
            .node_name
            .as_deref()
            .is_some_and(|node| !node.is_empty())
    {
        let detail = "cannot be set until all schedulingGates have been cleared";
        problems.forbidden(&path.child("nodeName"), detail);
    }
}

/// A changed pod: images, the active deadline, more tolerations and fewer gates.
pub(super) fn on_update(new: &Pod, old: &Pod, problems: &mut Problems) {
    let path = FieldPath::new("spec");
    any(new, problems);
    let (after, before) = (&*new.spec, &*old.spec);
    let init = |spec: &PodSpec| spec.init_containers.as_ref().map_or(0, Vec::len);
    for (field, same) in [
        (
            "containers",
            after.containers.len() == before.containers.len(),
        ),
        ("initContainers", init(after) == init(before)),
    ] {
        if !same {
            problems.forbidden(
                &path.child(field),
                "pod updates may not add or remove containers",
            );
            return;
        }
    }
    if !active_deadline(after, before, &path, problems) {
        return;
    }
    tolerations(after, before, &path, problems);
    gates(after, before, &path, problems);
    let mut rest = after.clone();
    take_changeable_fields(&mut rest, before);
    if rest != *before {
        problems.forbidden(
            &path,
            &format!("{CHANGEABLE}\n{}", super::diff::diff(before, &rest)),
        );
    }
}

/// A pod with more ephemeral containers: those that it has stay as they are.
pub(super) fn on_ephemeral(new: &Pod, old: &Pod, problems: &mut Problems) {
    any(new, problems);
    let path = FieldPath::new("spec");
    let path = path.child("ephemeralContainers");
    let list = |pod: &Pod| pod.spec.ephemeral_containers.clone().unwrap_or_default();
    let now = list(new);
    for (index, container) in now.iter().enumerate() {
        let path = path.index(index);
        let apps = || new.spec.containers.iter();
        let init = new.spec.init_containers.iter().flatten();
        let earlier = now[..index].iter().map(|one| &one.name);
        let mut names = apps().chain(init).map(|one| &one.name).chain(earlier);
        if names.any(|name| *name == container.name) {
            problems.duplicate(&path.child("name"), container.name.as_str());
        }
        if container.image.as_deref().unwrap_or_default().is_empty() {
            problems.required(&path.child("image"), "");
        }
        let target = container
            .target_container_name
            .as_deref()
            .unwrap_or_default();
        if !target.is_empty() && !apps().any(|one| one.name == target) {
            problems.not_found(&path.child("targetContainerName"), target);
        }
    }
    for before in list(old) {
        let what = match now.iter().find(|one| one.name == before.name) {
            Some(one) if *one == before => continue,
            Some(_) => "changed",
            None => "removed",
        };
        let name = &before.name;
        let detail = format!("existing ephemeral containers {name:?} may not be {what}\n");
        problems.forbidden(&path, &detail);
    }
}

/// A pod with other resources: the class of service stays, the containers stay, nothing is removed, and
/// only CPU and memory change.
pub(super) fn on_resize(new: &Pod, old: &Pod, problems: &mut Problems) {
    let path = FieldPath::new("spec");
    any(new, problems);
    let class = old.status.qos_class.as_deref().unwrap_or_default();
    if qos_class(&new.spec) != class {
        let detail = "Pod QOS Class may not change as a result of resizing";
        problems.invalid(&path, class, detail);
    }
    let resources = path.child("resources");
    match (&new.spec.resources, &old.spec.resources) {
        (None, Some(_)) => problems.forbidden(&resources, "pod-level resources cannot be removed"),
        (Some(new), old) => {
            let none = ResourceRequirements::default();
            let old = old.as_ref().unwrap_or(&none);
            if others_change(new, old, &resources, "pod-level resource", problems) {
                let detail = "only cpu and memory resources are mutable at pod-level";
                problems.forbidden(&path, detail);
            }
        }
        (None, None) => {}
    }
    let lists = [
        (
            "containers",
            new.spec.containers.as_slice(),
            old.spec.containers.as_slice(),
        ),
        (
            "initContainers",
            new.spec.init_containers.as_deref().unwrap_or_default(),
            old.spec.init_containers.as_deref().unwrap_or_default(),
        ),
    ];
    for (field, new, old) in lists {
        let path = path.child(field);
        if new.len() != old.len() {
            let detail = format!("{field} may not be added or removed on resize");
            problems.forbidden(&path, &detail);
            return;
        }
        for (index, (new, old)) in new.iter().zip(old).enumerate() {
            resized(new, old, &path.index(index), problems);
        }
    }
}

fn resized(new: &Container, old: &Container, path: &FieldPath, problems: &mut Problems) {
    if new.name != old.name {
        let detail = "containers may not be renamed or reordered on resize";
        problems.forbidden(&path.child("name"), detail);
        return;
    }
    let (Some(new), Some(old)) = (&new.resources, &old.resources) else {
        return;
    };
    if others_change(new, old, &path.child("resources"), "resource", problems) {
        problems.forbidden(
            &FieldPath::new("spec"),
            "only cpu and memory resources are mutable",
        );
    }
}

/// Whether other resources than CPU and memory differ; none may be removed.
fn others_change(
    new: &ResourceRequirements,
    old: &ResourceRequirements,
    path: &FieldPath,
    what: &str,
    problems: &mut Problems,
) -> bool {
    let none = std::collections::BTreeMap::new();
    let mut other_changed = false;
    for (field, new, old) in [
        ("requests", &new.requests, &old.requests),
        ("limits", &new.limits, &old.limits),
    ] {
        let (new, old) = (new.as_ref().unwrap_or(&none), old.as_ref().unwrap_or(&none));
        if old.keys().any(|name| !new.contains_key(name)) {
            let detail = format!("{what} {field} cannot be removed");
            problems.forbidden(&path.child(field), &detail);
        }
        other_changed |= new.iter().any(|(name, quantity)| {
            !matches!(name.as_str(), "cpu" | "memory") && old.get(name) != Some(quantity)
        });
    }
    other_changed
}

const CHANGEABLE: &str = "pod updates may not change fields other than \
    `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` \
    (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it \
    was previously negative)";

fn any(pod: &Pod, problems: &mut Problems) {
    let path = FieldPath::new("spec");
    pod_spec(&pod.spec, Place::Pod, &path, problems);
    images(&pod.spec.containers, &path.child("containers"), problems);
    let init_containers = pod.spec.init_containers.as_deref().unwrap_or_default();
    images(init_containers, &path.child("initContainers"), problems);
}

/// In a template, spaces around an image are tolerated.
fn images(containers: &[Container], path: &FieldPath, problems: &mut Problems) {
    for (index, container) in containers.iter().enumerate() {
        let image = container.image.as_deref().unwrap_or_default();
        if image.trim() != image {
            let detail = "must not have leading or trailing whitespace";
            problems.invalid(&path.index(index).child("image"), image, detail);
        }
    }
}

/// The active deadline may be set and shortened. False if it is so wrong that nothing else is said.
fn active_deadline(
    after: &PodSpec,
    before: &PodSpec,
    path: &FieldPath,
    problems: &mut Problems,
) -> bool {
    let path = path.child("activeDeadlineSeconds");
    match (
        after.active_deadline_seconds,
        before.active_deadline_seconds,
    ) {
        (Some(new), old) => {
            let detail = in_range(new, 0, i64::from(i32::MAX)).or_else(|| {
                let longer = old.is_some_and(|old| old < new);
                longer.then(|| "must be less than or equal to previous value".to_owned())
            });
            let Some(detail) = detail else { return true };
            problems.invalid(&path, new, &detail);
            false
        }
        (None, Some(_)) => {
            let null = serde_json::Value::Null;
            problems.invalid(
                &path,
                null,
                "must not update from a positive integer to nil value",
            );
            true
        }
        (None, None) => true,
    }
}

fn tolerations(after: &PodSpec, before: &PodSpec, path: &FieldPath, problems: &mut Problems) {
    let new = after.tolerations.as_deref().unwrap_or_default();
    let kept = before.tolerations.iter().flatten().all(|old| {
        // Of a toleration that stays, the seconds may change.
        let same = |new: &&crate::api::core::Toleration| {
            let mut new = (*new).clone();
            new.toleration_seconds = old.toleration_seconds;
            new == *old
        };
        new.iter().any(|new| same(&new))
    });
    if !kept {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        problems.forbidden(&path.child("tolerations"), detail);
    }
}

fn gates(after: &PodSpec, before: &PodSpec, path: &FieldPath, problems: &mut Problems) {
    let known: Vec<&str> = before
        .scheduling_gates
        .iter()
        .flatten()
        .map(|gate| gate.name.as_str())
        .collect();
    let list = path.child("schedulingGates");
    for (index, gate) in after.scheduling_gates.iter().flatten().enumerate() {
        if !known.contains(&gate.name.as_str()) {
            let detail = "only deletion is allowed, but found new scheduling gate";
            let detail = format!("{detail} '{}'", gate.name);
            let path = list.index(index);
            problems.forbidden(&path.child("name"), &detail);
        }
    }
}

/// Makes the fields that may differ the same as before.
fn take_changeable_fields(spec: &mut PodSpec, before: &PodSpec) {
    for (new, old) in spec.containers.iter_mut().zip(&before.containers) {
        new.image.clone_from(&old.image);
    }
    let old = before.init_containers.iter().flatten();
    for (new, old) in spec.init_containers.iter_mut().flatten().zip(old) {
        new.image.clone_from(&old.image);
    }
    spec.active_deadline_seconds = before.active_deadline_seconds;
    let gated = before
        .scheduling_gates
        .as_ref()
        .is_some_and(|gates| !gates.is_empty());
    if gated {
        // A pod that is held back may still be narrowed down to fewer nodes.
        spec.node_selector.clone_from(&before.node_selector);
        let node_affinity = before
            .affinity
            .as_ref()
            .and_then(|all| all.node_affinity.clone());
        match &mut spec.affinity {
            Some(affinity) => affinity.node_affinity = node_affinity,
            None => spec.affinity.clone_from(&before.affinity),
        }
        if before.affinity.is_none() && spec.affinity == Some(Default::default()) {
            spec.affinity = None;
        }
    }
    spec.scheduling_gates.clone_from(&before.scheduling_gates);
    spec.tolerations.clone_from(&before.tolerations);
    let was_negative = before
        .termination_grace_period_seconds
        .is_some_and(|seconds| seconds < 0);
    if was_negative && spec.termination_grace_period_seconds == Some(1) {
        spec.termination_grace_period_seconds = before.termination_grace_period_seconds;
    }
}
