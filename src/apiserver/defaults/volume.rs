//! Defaults of volumes: an empty directory, file modes, drivers' settings.

use crate::api::Quantity;
use crate::api::core::{
    AzureDiskVolumeSource, DownwardAPIVolumeFile, ProjectedVolumeSource, ResourceFieldSelector,
    Volume,
};
use crate::api::quantity::canonical;

use super::container::pull_policy;
use super::{absent, or};

/// 0644
const FILE_MODE: i32 = 420;
/// How long a projected token is valid.
const TOKEN_SECONDS: i64 = 3600;

pub(super) fn apply(volume: &mut Volume) {
    absent::volume(volume);
    if !has_source(volume) {
        volume.empty_dir = Some(Default::default());
    }
    if let Some(source) = &mut volume.empty_dir
        && let Some(limit) = &mut source.size_limit
        && let Ok(text) = canonical(limit)
    {
        *limit = text;
    }
    if let Some(source) = &mut volume.host_path {
        source.type_.get_or_insert_default();
    }
    if let Some(source) = &mut volume.secret {
        source.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(source) = &mut volume.config_map {
        source.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(source) = &mut volume.downward_api {
        source.default_mode.get_or_insert(FILE_MODE);
        source.items.iter_mut().flatten().for_each(downward_file);
    }
    if let Some(source) = &mut volume.image {
        let reference = source.reference.as_deref().unwrap_or_default();
        or(&mut source.pull_policy, pull_policy(reference));
    }
    if let Some(template) = volume
        .ephemeral
        .as_mut()
        .and_then(|source| source.volume_claim_template.as_mut())
    {
        super::storage::claim(&mut template.spec);
    }
    volume.projected.iter_mut().for_each(projected);
    drivers(volume);
}

/// Kubernetes: a volume without any source is an emptyDir.
fn has_source(volume: &Volume) -> bool {
    let name_only = Volume {
        name: volume.name.clone(),
        ..Default::default()
    };
    *volume != name_only
}

fn projected(source: &mut ProjectedVolumeSource) {
    source.default_mode.get_or_insert(FILE_MODE);
    for projection in source.sources.iter_mut().flatten() {
        if let Some(downward) = &mut projection.downward_api {
            downward.items.iter_mut().flatten().for_each(downward_file);
        }
        // Behind feature gates that are off: the server forgets them.
        projection.pod_certificate = None;
        projection.cluster_trust_bundle = None;
        if let Some(token) = &mut projection.service_account_token {
            absent::drop_zero(&mut token.audience);
            token.expiration_seconds.get_or_insert(TOKEN_SECONDS);
        }
    }
}

fn downward_file(file: &mut DownwardAPIVolumeFile) {
    if let Some(field) = &mut file.field_ref {
        or(&mut field.api_version, "v1");
    }
    file.resource_field_ref.iter_mut().for_each(divisor);
}

/// A reference to a resource that names no unit has the divisor 0, which counts as 1.
pub(super) fn divisor(selector: &mut ResourceFieldSelector) {
    let written = selector.divisor.take();
    let written = written.map(|one| canonical(&one).unwrap_or(one));
    selector.divisor = written.or_else(|| Some(Quantity("0".to_owned())));
}

fn drivers(volume: &mut Volume) {
    if let Some(source) = &mut volume.iscsi {
        or(&mut source.iscsi_interface, "default");
    }
    if let Some(source) = &mut volume.rbd {
        or(&mut source.pool, "rbd");
        or(&mut source.user, "admin");
        or(&mut source.keyring, "/etc/ceph/keyring");
    }
    if let Some(source) = &mut volume.scale_io {
        or(&mut source.storage_mode, "ThinProvisioned");
        or(&mut source.fs_type, "xfs");
    }
    if let Some(AzureDiskVolumeSource {
        caching_mode,
        fs_type,
        read_only,
        kind,
        ..
    }) = &mut volume.azure_disk
    {
        caching_mode.get_or_insert_with(|| "ReadWrite".to_owned());
        fs_type.get_or_insert_with(|| "ext4".to_owned());
        read_only.get_or_insert(false);
        kind.get_or_insert_with(|| "Shared".to_owned());
    }
}
