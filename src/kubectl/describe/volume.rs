//! The volumes of a page.

use crate::api::core::{ProjectedVolumeSource, Volume};

use super::or_none;
use super::sheet::Sheet;

pub(super) fn describe(volumes: &[Volume], indent: usize, sheet: &mut Sheet) {
    if volumes.is_empty() {
        sheet.line(indent, "Volumes:\t<none>");
        return;
    }
    sheet.line(indent, "Volumes:");
    for volume in volumes {
        // A template's volume names are indented by one blank more.
        let blank = if indent > 0 { " " } else { "" };
        sheet.line(1, format!("{blank}{}:", volume.name));
        rows(volume)
            .iter()
            .for_each(|(title, text)| sheet.line(2, format!("{title}:\t{text}")));
        if let Some(source) = &volume.downward_api {
            sheet.line(2, "Items:");
            for item in source.items.iter().flatten() {
                let field = item.field_ref.as_ref().map(|field| &field.field_path);
                let field = field.or_else(|| {
                    item.resource_field_ref
                        .as_ref()
                        .map(|field| &field.resource)
                });
                sheet.line(
                    3,
                    format!("{} -> {}", field.map_or("", String::as_str), item.path),
                );
            }
        }
    }
}

type Rows = Vec<(&'static str, String)>;

fn rows(volume: &Volume) -> Rows {
    let optional = |optional: Option<bool>| optional.unwrap_or(false).to_string();
    if let Some(source) = &volume.host_path {
        let type_ = source.type_.clone().unwrap_or_default();
        typed(
            "HostPath (bare host directory volume)",
            [
                ("Path", source.path.clone()),
                (
                    "HostPathType",
                    if source.type_.is_none() {
                        or_none("").to_owned()
                    } else {
                        type_
                    },
                ),
            ],
        )
    } else if let Some(source) = &volume.empty_dir {
        let limit = source
            .size_limit
            .as_ref()
            .map_or_else(|| "<unset>".to_owned(), |limit| limit.0.clone());
        typed(
            "EmptyDir (a temporary directory that shares a pod's lifetime)",
            [
                ("Medium", source.medium.clone().unwrap_or_default()),
                ("SizeLimit", limit),
            ],
        )
    } else if let Some(source) = &volume.secret {
        typed(
            "Secret (a volume populated by a Secret)",
            [
                ("SecretName", source.secret_name.clone().unwrap_or_default()),
                ("Optional", optional(source.optional)),
            ],
        )
    } else if let Some(source) = &volume.config_map {
        typed(
            "ConfigMap (a volume populated by a ConfigMap)",
            [
                ("Name", source.name.clone()),
                ("Optional", optional(source.optional)),
            ],
        )
    } else if let Some(source) = &volume.persistent_volume_claim {
        typed(
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            [
                ("ClaimName", source.claim_name.clone()),
                ("ReadOnly", optional(source.read_only)),
            ],
        )
    } else if let Some(source) = &volume.projected {
        projected(source)
    } else if volume.downward_api.is_some() {
        typed(
            "DownwardAPI (a volume populated by information about the pod)",
            [],
        )
    } else {
        vec![("Type", "<unknown>".to_owned())]
    }
}

fn typed<const N: usize>(type_: &str, rows: [(&'static str, String); N]) -> Rows {
    std::iter::once(("Type", type_.to_owned()))
        .chain(rows)
        .collect()
}

fn projected(source: &ProjectedVolumeSource) -> Rows {
    let mut rows = typed(
        "Projected (a volume that contains injected data from multiple sources)",
        [],
    );
    for source in source.sources.iter().flatten() {
        let optional = |optional: Option<bool>| ("Optional", optional.unwrap_or(false).to_string());
        if let Some(secret) = &source.secret {
            rows.push(("SecretName", secret.name.clone()));
            rows.push(optional(secret.optional));
        } else if source.downward_api.is_some() {
            rows.push(("DownwardAPI", "true".to_owned()));
        } else if let Some(map) = &source.config_map {
            rows.push(("ConfigMapName", map.name.clone()));
            rows.push(optional(map.optional));
        } else if let Some(token) = &source.service_account_token {
            rows.push((
                "TokenExpirationSeconds",
                token.expiration_seconds.unwrap_or(3_600).to_string(),
            ));
        }
    }
    rows
}
