//! Zero values that Kubernetes cannot tell from absent ones and leaves out of what it stores:
//! `tty: false`, `hostPort: 0`, `subPath: ""`. Fields where zero is a value of its own stay.

use crate::api::core::{Container, PodSpec, Volume};
use crate::api::meta::ObjectMeta;

/// Takes out a zero value.
pub(super) fn drop_zero<T: Default + PartialEq>(field: &mut Option<T>) {
    if field.as_ref().is_some_and(|value| *value == T::default()) {
        *field = None;
    }
}

pub(super) fn meta(meta: &mut ObjectMeta) {
    drop_zero(&mut meta.name);
    drop_zero(&mut meta.generate_name);
    drop_zero(&mut meta.namespace);
}

pub(super) fn pod_spec(spec: &mut PodSpec) {
    drop_zero(&mut spec.host_network);
    drop_zero(&mut spec.host_pid);
    drop_zero(&mut spec.host_ipc);
    drop_zero(&mut spec.node_name);
    drop_zero(&mut spec.node_selector);
    drop_zero(&mut spec.hostname);
    drop_zero(&mut spec.subdomain);
    drop_zero(&mut spec.priority_class_name);
    drop_zero(&mut spec.service_account_name);
    drop_zero(&mut spec.service_account);
    drop_zero(&mut spec.init_containers);
    drop_zero(&mut spec.volumes);
    drop_zero(&mut spec.image_pull_secrets);
    drop_zero(&mut spec.tolerations);
    for toleration in spec.tolerations.iter_mut().flatten() {
        drop_zero(&mut toleration.key);
        drop_zero(&mut toleration.operator);
        drop_zero(&mut toleration.value);
        drop_zero(&mut toleration.effect);
    }
}

pub(super) fn container(container: &mut Container) {
    drop_zero(&mut container.image);
    drop_zero(&mut container.command);
    drop_zero(&mut container.args);
    drop_zero(&mut container.working_dir);
    drop_zero(&mut container.ports);
    drop_zero(&mut container.env);
    drop_zero(&mut container.env_from);
    drop_zero(&mut container.volume_mounts);
    drop_zero(&mut container.stdin);
    drop_zero(&mut container.stdin_once);
    drop_zero(&mut container.tty);
    for port in container.ports.iter_mut().flatten() {
        drop_zero(&mut port.name);
        drop_zero(&mut port.host_port);
        drop_zero(&mut port.host_ip);
    }
    for variable in container.env.iter_mut().flatten() {
        drop_zero(&mut variable.value);
    }
    for source in container.env_from.iter_mut().flatten() {
        drop_zero(&mut source.prefix);
    }
    for mount in container.volume_mounts.iter_mut().flatten() {
        drop_zero(&mut mount.read_only);
        drop_zero(&mut mount.sub_path);
        drop_zero(&mut mount.sub_path_expr);
    }
}

pub(super) fn volume(volume: &mut Volume) {
    if let Some(source) = &mut volume.empty_dir {
        drop_zero(&mut source.medium);
    }
    if let Some(source) = &mut volume.persistent_volume_claim {
        drop_zero(&mut source.read_only);
    }
    if let Some(source) = &mut volume.nfs {
        drop_zero(&mut source.read_only);
    }
    if let Some(source) = &mut volume.iscsi {
        drop_zero(&mut source.read_only);
        drop_zero(&mut source.fs_type);
    }
    if let Some(source) = &mut volume.rbd {
        drop_zero(&mut source.read_only);
        drop_zero(&mut source.fs_type);
    }
    if let Some(source) = &mut volume.secret {
        drop_zero(&mut source.secret_name);
    }
}
