//! Rules of security contexts.

use crate::api::core::{PodSpec, SeccompProfile, SecurityContext};

use super::field::{FieldPath, Problems};
use super::names::in_range;
use super::volumes::descending_path;

/// A container's context.
pub(super) fn container(context: &SecurityContext, path: &FieldPath, problems: &mut Problems) {
    id(context.run_as_user, &path.child("runAsUser"), problems);
    id(context.run_as_group, &path.child("runAsGroup"), problems);
    if let Some(mount) = context.proc_mount.as_deref() {
        let path = path.child("procMount");
        if !matches!(mount, "Default" | "Unmasked") {
            problems.not_supported(&path, mount, &["Default", "Unmasked"]);
        } else if mount == "Unmasked" {
            problems.invalid(&path, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(context.seccomp_profile.as_ref(), path, problems);
}

/// The pod's context, with the fields of the spec that belong to it.
pub(super) fn pod(spec: &PodSpec, path: &FieldPath, problems: &mut Problems) {
    let path = path.child("securityContext");
    let Some(context) = &spec.security_context else {
        return;
    };
    id(context.fs_group, &path.child("fsGroup"), problems);
    id(context.run_as_user, &path.child("runAsUser"), problems);
    id(context.run_as_group, &path.child("runAsGroup"), problems);
    let groups = path.child("supplementalGroups");
    for (index, group) in context.supplemental_groups.iter().flatten().enumerate() {
        id(Some(*group), &groups.index(index), problems);
    }
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        problems.invalid(&path.child("shareProcessNamespace"), true, detail);
    }
    if let Some(policy) = context.fs_group_change_policy.as_deref()
        && !matches!(policy, "Always" | "OnRootMismatch")
    {
        let path = path.child("fsGroupChangePolicy");
        problems.not_supported(&path, policy, &["Always", "OnRootMismatch"]);
    }
    seccomp(context.seccomp_profile.as_ref(), &path, problems);
    if let Some(policy) = context.supplemental_groups_policy.as_deref()
        && !matches!(policy, "Merge" | "Strict")
    {
        let path = path.child("supplementalGroupsPolicy");
        problems.not_supported(&path, policy, &["Merge", "Strict"]);
    }
}

fn seccomp(profile: Option<&SeccompProfile>, path: &FieldPath, problems: &mut Problems) {
    let Some(profile) = profile else { return };
    let path = path.child("seccompProfile");
    match profile.type_.as_str() {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => problems.required(
            &path.child("type"),
            "type is required when seccompProfile is set",
        ),
        other => problems.not_supported(
            &path.child("type"),
            other,
            &["Localhost", "RuntimeDefault", "Unconfined"],
        ),
    }
    let local = path.child("localhostProfile");
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None) => {
            problems.required(&local, "must be set when seccomp type is Localhost");
        }
        ("Localhost", Some(file)) => descending_path(file, &local, problems),
        _ => {}
    }
}

/// User and group ids have 31 bits.
fn id(id: Option<i64>, path: &FieldPath, problems: &mut Problems) {
    let Some(id) = id else { return };
    if let Some(detail) = in_range(id, 0, i64::from(i32::MAX)) {
        problems.invalid(path, id, &detail);
    }
}
