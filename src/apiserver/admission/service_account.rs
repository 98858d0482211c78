//! ServiceAccount: the account that a pod runs as, and the volume with its token.

use crate::api::core::{
    ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath,
    ObjectFieldSelector, PodSpec, ProjectedVolumeSource, ServiceAccountTokenProjection, Volume,
    VolumeMount, VolumeProjection,
};
use crate::api::{Object, Pod, ServiceAccount};
use crate::apiserver::{ApiServer, Status, names};
use crate::kernel::Rng;

/// The account of a pod that names none. Every namespace has it.
const DEFAULT_ACCOUNT: &str = "default";
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX: &str = "kube-api-access-";
/// An hour and seven seconds: the kubelet and clients know by it that a longer token is meant.
const TOKEN_SECONDS: i64 = 3607;
/// 0644
const FILE_MODE: i32 = 420;
/// A pod that a kubelet made from a file, shown in the API.
const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

/// Gives a new pod its account, the account's token and its pull secrets.
pub(super) fn admit(pod: &mut Pod, server: &mut ApiServer) -> Result<(), Status> {
    if pod.annotation(MIRROR_ANNOTATION).is_some() {
        return Ok(());
    }
    let name = pod
        .spec
        .service_account_name
        .as_deref()
        .unwrap_or(DEFAULT_ACCOUNT)
        .to_owned();
    let account = server.get::<ServiceAccount>(pod.namespace(), &name);
    // Of the default account of a new namespace the server waits until its controller has made it.
    if account.is_none() && name != DEFAULT_ACCOUNT {
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
            pod.namespace()
        );
        return Err(super::forbidden(&Object::Pod(pod.clone()), &why));
    }
    let automount = account.and_then(|account| account.spec.automount_service_account_token);
    let pull_secrets = account.and_then(|account| account.spec.image_pull_secrets.clone());
    let spec = pod.spec_mut();
    spec.service_account_name = Some(name.clone());
    spec.service_account = Some(name);
    if spec
        .automount_service_account_token
        .or(automount)
        .unwrap_or(true)
    {
        mount_token(spec, &mut server.rng);
    }
    if spec.image_pull_secrets.is_none() {
        spec.image_pull_secrets = pull_secrets;
    }
    Ok(())
}

/// Mounts the token in every container that has nothing mounted in its place.
fn mount_token(spec: &mut PodSpec, rng: &mut Rng) {
    let existing = spec
        .volumes
        .iter()
        .flatten()
        .find(|volume| volume.name.starts_with(VOLUME_PREFIX))
        .map(|volume| volume.name.clone());
    let has_volume = existing.is_some();
    let name = existing.unwrap_or_else(|| format!("{VOLUME_PREFIX}{}", names::suffix(rng, 5)));
    let mut mounted = false;
    let init_containers = spec.init_containers.iter_mut().flatten();
    for container in init_containers.chain(&mut spec.containers) {
        mounted |= mount(container, &name);
    }
    if mounted && !has_volume {
        spec.volumes.get_or_insert_default().push(Volume {
            name,
            projected: Some(token_source()),
            ..Default::default()
        });
    }
}

fn mount(container: &mut Container, volume: &str) -> bool {
    let mounts = container.volume_mounts.get_or_insert_default();
    if mounts.iter().any(|mount| mount.mount_path == MOUNT_PATH) {
        return false;
    }
    mounts.push(VolumeMount {
        name: volume.to_owned(),
        mount_path: MOUNT_PATH.to_owned(),
        read_only: Some(true),
        ..Default::default()
    });
    true
}

/// The token, the cluster's certificate and the namespace.
fn token_source() -> ProjectedVolumeSource {
    let token = VolumeProjection {
        service_account_token: Some(ServiceAccountTokenProjection {
            expiration_seconds: Some(TOKEN_SECONDS),
            path: "token".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let certificate = VolumeProjection {
        config_map: Some(ConfigMapProjection {
            name: "kube-root-ca.crt".to_owned(),
            items: Some(vec![KeyToPath {
                key: "ca.crt".to_owned(),
                path: "ca.crt".to_owned(),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    };
    let namespace = VolumeProjection {
        downward_api: Some(DownwardAPIProjection {
            items: Some(vec![DownwardAPIVolumeFile {
                path: "namespace".to_owned(),
                field_ref: Some(ObjectFieldSelector {
                    api_version: Some("v1".to_owned()),
                    field_path: "metadata.namespace".to_owned(),
                }),
                ..Default::default()
            }]),
        }),
        ..Default::default()
    };
    ProjectedVolumeSource {
        default_mode: Some(FILE_MODE),
        sources: Some(vec![token, certificate, namespace]),
    }
}
