//! Rules of volume mounts and devices.

use crate::api::core::{Container, VolumeMount};
use crate::kernel::OrderedSet;

use super::container::Scope;
use super::field::{FieldPath, Problems};
use super::volumes::descending_path;

/// `volumeMounts` and `volumeDevices` of a container.
pub(super) fn mounts(
    container: &Container,
    scope: &Scope,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let list = path.child("volumeMounts");
    let mut places = OrderedSet::new();
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let path = list.index(index);
        if mount.name.is_empty() {
            problems.required(&path.child("name"), "");
        }
        if !scope.volumes.contains(mount.name.as_str()) {
            problems.not_found(&path.child("name"), &mount.name);
        }
        if mount.mount_path.is_empty() {
            problems.required(&path.child("mountPath"), "");
        }
        if !places.insert(mount.mount_path.as_str()) {
            problems.invalid(
                &path.child("mountPath"),
                &mount.mount_path,
                "must be unique",
            );
        }
        sub_path(mount, &path, &list, problems);
        propagation(container, mount, &list, problems);
    }
    let list = path.child("volumeDevices");
    for (index, device) in container.volume_devices.iter().flatten().enumerate() {
        let path = list.index(index);
        if device.name.is_empty() {
            problems.required(&path.child("name"), "");
        }
        if device.device_path.is_empty() {
            problems.required(&path.child("devicePath"), "");
        }
        if !scope.volumes.contains(device.name.as_str()) {
            problems.not_found(&path.child("name"), &device.name);
        }
    }
}

/// The server names the list, not the element, in what it says of sub-paths.
fn sub_path(mount: &VolumeMount, path: &FieldPath, list: &FieldPath, problems: &mut Problems) {
    let sub_path = mount.sub_path.as_deref().unwrap_or_default();
    let expression = mount.sub_path_expr.as_deref().unwrap_or_default();
    if !sub_path.is_empty() {
        descending_path(sub_path, &list.child("subPath"), problems);
    }
    if !expression.is_empty() {
        if !sub_path.is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            problems.invalid(&path.child("subPathExpr"), expression, detail);
        }
        descending_path(expression, &list.child("subPathExpr"), problems);
    }
}

fn propagation(
    container: &Container,
    mount: &VolumeMount,
    list: &FieldPath,
    problems: &mut Problems,
) {
    let propagation = mount.mount_propagation.as_deref();
    let path = list.child("mountPropagation");
    if let Some(mode) = propagation {
        let supported = ["Bidirectional", "HostToContainer", "None"];
        if !supported.contains(&mode) {
            problems.not_supported(&path, mode, &supported);
        }
        let context = container.security_context.as_ref();
        let privileged = context.is_some_and(|context| context.privileged == Some(true));
        if mode == "Bidirectional" && !privileged {
            let detail =
                "Bidirectional mount propagation is available only to privileged containers";
            problems.forbidden(&path, detail);
        }
    }
    let path = list.child("recursiveReadOnly");
    match mount.recursive_read_only.as_deref() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount.read_only != Some(true) {
                problems.forbidden(&path, "may only be specified when readOnly is true");
            }
            if propagation.is_some_and(|mode| mode != "None") {
                let detail = "may only be specified when mountPropagation is None or not specified";
                problems.forbidden(&path, detail);
            }
        }
        Some(other) => problems.not_supported(&path, other, &["Disabled", "Enabled", "IfPossible"]),
    }
}
