//! Rules of volumes.

use crate::api::core::{DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume};
use crate::api::quantity::milli_value;
use crate::kernel::OrderedSet;

use super::field::{FieldPath, Problems};
use super::{claim, env, names};

const HOST_PATH_TYPES: [&str; 8] = [
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];

const MODE_RULE: &str = "must be a number between 0 and 0777 (octal), both inclusive";

/// Checks all volumes; returns the names of those without a problem, which may be mounted.
pub(super) fn volumes<'a>(
    volumes: &'a [Volume],
    path: &FieldPath,
    problems: &mut Problems,
) -> OrderedSet<&'a str> {
    let mut known = OrderedSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let (path, before) = (path.index(index), problems.0.len());
        source(volume, &path, problems);
        let name = path.child("name");
        if volume.name.is_empty() {
            problems.required(&name, "");
        } else {
            problems.invalid_each(&name, &volume.name, names::dns_label(&volume.name));
        }
        if known.contains(volume.name.as_str()) {
            problems.duplicate(&name, &volume.name);
        }
        if problems.0.len() == before {
            known.insert(volume.name.as_str());
        }
    }
    known
}

fn source(volume: &Volume, path: &FieldPath, problems: &mut Problems) {
    if let Some(limit) = volume
        .empty_dir
        .as_ref()
        .and_then(|dir| dir.size_limit.as_ref())
        && milli_value(limit).is_ok_and(|milli| milli < 0)
    {
        let path = path.child("emptyDir");
        let detail = "SizeLimit field must be a valid resource quantity";
        problems.forbidden(&path.child("sizeLimit"), detail);
    }
    let mut first = true;
    for field in sources(volume) {
        let path = path.child(field);
        if first {
            one_source(volume, field, &path, problems);
        } else {
            problems.forbidden(&path, "may not specify more than 1 volume type");
        }
        first = false;
    }
}

/// The sources that the volume names, in the server's order.
fn sources(volume: &Volume) -> impl Iterator<Item = &'static str> {
    [
        ("emptyDir", volume.empty_dir.is_some()),
        ("hostPath", volume.host_path.is_some()),
        ("gitRepo", volume.git_repo.is_some()),
        ("gcePersistentDisk", volume.gce_persistent_disk.is_some()),
        (
            "awsElasticBlockStore",
            volume.aws_elastic_block_store.is_some(),
        ),
        ("secret", volume.secret.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("iscsi", volume.iscsi.is_some()),
        ("glusterfs", volume.glusterfs.is_some()),
        (
            "persistentVolumeClaim",
            volume.persistent_volume_claim.is_some(),
        ),
        ("rbd", volume.rbd.is_some()),
        ("cinder", volume.cinder.is_some()),
        ("cephFS", volume.cephfs.is_some()),
        ("flocker", volume.flocker.is_some()),
        ("downwardAPI", volume.downward_api.is_some()),
        ("fc", volume.fc.is_some()),
        ("flexVolume", volume.flex_volume.is_some()),
        ("configMap", volume.config_map.is_some()),
        ("azureFile", volume.azure_file.is_some()),
        ("vsphereVolume", volume.vsphere_volume.is_some()),
        (
            "photonPersistentDisk",
            volume.photon_persistent_disk.is_some(),
        ),
        ("portworxVolume", volume.portworx_volume.is_some()),
        ("azureDisk", volume.azure_disk.is_some()),
        ("storageos", volume.storageos.is_some()),
        ("projected", volume.projected.is_some()),
        ("scaleIO", volume.scale_io.is_some()),
        ("csi", volume.csi.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("image", volume.image.is_some()),
    ]
    .into_iter()
    .filter(|(_, given)| *given)
    .map(|(field, _)| field)
}

fn one_source(volume: &Volume, field: &str, path: &FieldPath, problems: &mut Problems) {
    match field {
        "hostPath" => {
            let Some(source) = &volume.host_path else {
                return;
            };
            let type_ = source.type_.as_deref().unwrap_or_default();
            host_path(&source.path, type_, path, problems);
        }
        "secret" => {
            let Some(source) = &volume.secret else { return };
            let name = source.secret_name.as_deref().unwrap_or_default();
            required(name, &path.child("secretName"), problems);
            mode(source.default_mode, &path.child("defaultMode"), problems);
            items(source.items.as_deref(), path, problems);
        }
        "configMap" => {
            let Some(source) = &volume.config_map else {
                return;
            };
            required(&source.name, &path.child("name"), problems);
            mode(source.default_mode, &path.child("defaultMode"), problems);
            items(source.items.as_deref(), path, problems);
        }
        "persistentVolumeClaim" => {
            let claim = volume.persistent_volume_claim.as_ref();
            let name = claim.map_or("", |claim| claim.claim_name.as_str());
            required(name, &path.child("claimName"), problems);
        }
        "nfs" => {
            let Some(source) = &volume.nfs else { return };
            required(&source.server, &path.child("server"), problems);
            required(&source.path, &path.child("path"), problems);
            if !source.path.is_empty() && !source.path.starts_with('/') {
                problems.invalid(
                    &path.child("path"),
                    &source.path,
                    "must be an absolute path",
                );
            }
        }
        "downwardAPI" => {
            let Some(source) = &volume.downward_api else {
                return;
            };
            mode(source.default_mode, &path.child("defaultMode"), problems);
            for file in source.items.iter().flatten() {
                downward_file(file, path, problems);
            }
        }
        "projected" => volume
            .projected
            .iter()
            .for_each(|source| projected(source, path, problems)),
        "ephemeral" => {
            let Some(source) = &volume.ephemeral else {
                return;
            };
            let path = path.child("volumeClaimTemplate");
            match &source.volume_claim_template {
                Some(template) => claim::spec(&template.spec, &path.child("spec"), problems),
                None => problems.required(&path, ""),
            }
        }
        _ => {}
    }
}

fn projected(source: &ProjectedVolumeSource, path: &FieldPath, problems: &mut Problems) {
    mode(source.default_mode, &path.child("defaultMode"), problems);
    let list = path.child("sources");
    for (index, projection) in source.sources.iter().flatten().enumerate() {
        let path = list.index(index);
        let mut given = 0;
        if let Some(secret) = &projection.secret {
            given += 1;
            let path = path.child("secret");
            required(&secret.name, &path.child("name"), problems);
            items(secret.items.as_deref(), &path, problems);
        }
        if let Some(config_map) = &projection.config_map {
            given += 1;
            let path = path.child("configMap");
            required(&config_map.name, &path.child("name"), problems);
            items(config_map.items.as_deref(), &path, problems);
        }
        if let Some(downward) = &projection.downward_api {
            given += 1;
            for file in downward.items.iter().flatten() {
                downward_file(file, &path.child("downwardAPI"), problems);
            }
        }
        if let Some(token) = &projection.service_account_token {
            given += 1;
            let path = path.child("serviceAccountToken");
            let seconds = token.expiration_seconds.unwrap_or(3600);
            let path_of_seconds = path.child("expirationSeconds");
            if seconds < 600 {
                problems.invalid(
                    &path_of_seconds,
                    seconds,
                    "may not specify a duration less than 10 minutes",
                );
            } else if seconds > 1 << 32 {
                problems.invalid(
                    &path_of_seconds,
                    seconds,
                    "may not specify a duration larger than 2^32 seconds",
                );
            }
            required(&token.path, &path.child("path"), problems);
        }
        if given > 1 {
            problems.forbidden(&path, "may not specify more than 1 volume type per source");
        }
    }
}

/// A folder of the node.
pub(super) fn host_path(folder: &str, type_: &str, path: &FieldPath, problems: &mut Problems) {
    if folder.is_empty() {
        problems.required(&path.child("path"), "");
        return;
    }
    no_backsteps(folder, &path.child("path"), problems);
    if !HOST_PATH_TYPES.contains(&type_) {
        problems.not_supported(&path.child("type"), type_, &HOST_PATH_TYPES);
    }
}

fn items(items: Option<&[KeyToPath]>, path: &FieldPath, problems: &mut Problems) {
    let list = path.child("items");
    for (index, item) in items.into_iter().flatten().enumerate() {
        let path = list.index(index);
        required(&item.key, &path.child("key"), problems);
        required(&item.path, &path.child("path"), problems);
        local_path(&item.path, &path.child("path"), problems);
        mode(item.mode, &path.child("mode"), problems);
    }
}

fn downward_file(file: &DownwardAPIVolumeFile, path: &FieldPath, problems: &mut Problems) {
    required(&file.path, &path.child("path"), problems);
    local_path(&file.path, &path.child("path"), problems);
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), resource) => {
            env::field_selector(field, &env::FILE_FIELDS, &path.child("fieldRef"), problems);
            if resource.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                problems.invalid(path, "resource", detail);
            }
        }
        (None, Some(resource)) => {
            env::resource_selector(resource, true, &path.child("resourceFieldRef"), problems);
        }
        (None, None) => problems.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(file.mode, &path.child("mode"), problems);
}

/// A path below a volume's root, without a leading `..`.
fn local_path(target: &str, path: &FieldPath, problems: &mut Problems) {
    descending_path(target, path, problems);
    if target.starts_with("..") && !target.split('/').any(|part| part == "..") {
        problems.invalid(path, target, "must not start with '..'");
    }
}

/// A relative path that does not lead up.
pub(super) fn descending_path(target: &str, path: &FieldPath, problems: &mut Problems) {
    if target.starts_with('/') {
        problems.invalid(path, target, "must be a relative path");
    }
    no_backsteps(target, path, problems);
}

/// A path that does not climb.
pub(super) fn no_backsteps(target: &str, path: &FieldPath, problems: &mut Problems) {
    if target.split('/').any(|part| part == "..") {
        problems.invalid(path, target, "must not contain '..'");
    }
}

fn required(value: &str, path: &FieldPath, problems: &mut Problems) {
    if value.is_empty() {
        problems.required(path, "");
    }
}

fn mode(mode: Option<i32>, path: &FieldPath, problems: &mut Problems) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        problems.invalid(path, mode, MODE_RULE);
    }
}
