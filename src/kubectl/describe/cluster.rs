//! Pages of what keeps order in a cluster: classes, quotas, limits, accounts and storage.

use std::collections::BTreeMap;

use crate::api::core::LimitRangeSpec;
use crate::api::{
    Kind, LimitRange, Object, Pod, PriorityClass, Quantity, ResourceQuota, ServiceAccount,
    StorageClass,
};
use crate::apiserver::quota::claim_class;
use crate::kubectl::get::{Objects, cluster};

use super::or_none;
use super::sheet::Sheet;

type Amounts = Option<BTreeMap<String, Quantity>>;

/// Writes the page of an object; false for a kind of another file.
pub(super) fn describe(object: &Object, objects: &impl Objects, sheet: &mut Sheet) -> bool {
    sheet.line(0, format!("Name:\t{}", object.name()));
    if object.kind().namespaced() {
        sheet.line(0, format!("Namespace:\t{}", object.namespace()));
    }
    match object {
        Object::PriorityClass(class) => priority_class(class, sheet),
        Object::StorageClass(class) => storage_class(class, sheet),
        Object::ServiceAccount(account) => service_account(account, sheet),
        Object::ResourceQuota(quota) => resource_quota(quota, 0, "----", sheet),
        Object::LimitRange(range) => {
            limit_header("", sheet);
            limits(&range.spec, "", sheet);
        }
        Object::PersistentVolumeClaim(_) => claim(object, objects, sheet),
        Object::PersistentVolume(_) => volume(object, sheet),
        _ => return false,
    }
    true
}

/// What the quotas and limit ranges of a namespace say, as the namespace's page has it.
pub(super) fn of_namespace(namespace: &str, objects: &impl Objects, sheet: &mut Sheet) {
    let quotas = objects.list(Kind::ResourceQuota, Some(namespace));
    sheet.line(0, "");
    if quotas.is_empty() {
        sheet.line(0, "No resource quota.");
    } else {
        sheet.line(0, "Resource Quotas");
    }
    for quota in quotas.iter().filter_map(Object::typed::<ResourceQuota>) {
        sheet.line(1, format!("Name:\t{}", quota.name()));
        resource_quota(quota, 1, "---", sheet);
    }
    let ranges = objects.list(Kind::LimitRange, Some(namespace));
    sheet.line(0, "");
    if ranges.is_empty() {
        sheet.line(0, "No LimitRange resource.");
        return;
    }
    sheet.line(0, "Resource Limits");
    limit_header(" ", sheet);
    for range in ranges.iter().filter_map(Object::typed::<LimitRange>) {
        limits(&range.spec, " ", sheet);
    }
}

fn priority_class(class: &PriorityClass, sheet: &mut Sheet) {
    let spec = &class.spec;
    sheet.line(0, format!("Value:\t{}", spec.value.unwrap_or(0)));
    sheet.line(
        0,
        format!("GlobalDefault:\t{}", spec.global_default.unwrap_or(false)),
    );
    let policy = spec.preemption_policy.as_deref().unwrap_or_default();
    sheet.line(0, format!("PreemptionPolicy:\t{policy}"));
    sheet.line(
        0,
        format!(
            "Description:\t{}",
            spec.description.as_deref().unwrap_or_default()
        ),
    );
    sheet.line(
        0,
        format!("Annotations:\t{}", pairs(class.meta.annotations.as_ref())),
    );
}

fn storage_class(class: &StorageClass, sheet: &mut Sheet) {
    let spec = &class.spec;
    let default = if cluster::is_default(class) {
        "Yes"
    } else {
        "No"
    };
    sheet.line(0, format!("IsDefaultClass:\t{default}"));
    sheet.line(
        0,
        format!("Annotations:\t{}", pairs(class.meta.annotations.as_ref())),
    );
    sheet.line(0, format!("Provisioner:\t{}", spec.provisioner));
    sheet.line(
        0,
        format!("Parameters:\t{}", pairs(spec.parameters.as_ref())),
    );
    let growth = match spec.allow_volume_expansion {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    sheet.line(0, format!("AllowVolumeExpansion:\t{growth}"));
    let options = spec.mount_options.as_deref().unwrap_or_default();
    if options.is_empty() {
        sheet.line(0, "MountOptions:\t<none>");
    } else {
        sheet.line(0, "MountOptions:");
        options.iter().for_each(|option| sheet.line(1, option));
    }
    for (title, text) in [
        ("ReclaimPolicy", &spec.reclaim_policy),
        ("VolumeBindingMode", &spec.volume_binding_mode),
    ] {
        if let Some(text) = text {
            sheet.line(0, format!("{title}:\t{text}"));
        }
    }
}

fn service_account(account: &ServiceAccount, sheet: &mut Sheet) {
    sheet.labels(0, "Labels", account.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", account.meta.annotations.as_ref());
    let secrets = account.spec.image_pull_secrets.iter().flatten();
    let names: Vec<String> = secrets.map(|secret| secret.name.clone()).collect();
    sheet.beside(0, "Image pull secrets", &names);
}

fn resource_quota(quota: &ResourceQuota, level: usize, rule: &str, sheet: &mut Sheet) {
    let mut scopes: Vec<&str> = quota
        .spec
        .scopes
        .iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !scopes.is_empty() {
        scopes.sort_unstable();
        sheet.line(level, format!("Scopes:\t{}", scopes.join(", ")));
        let bullet = if level == 0 { " * " } else { "* " };
        for scope in scopes {
            if let Some((_, about)) = SCOPES.iter().find(|(name, _)| *name == scope) {
                sheet.line(level, format!("{bullet}{about}"));
            }
        }
    }
    sheet.line(level, "Resource\tUsed\tHard");
    sheet.line(level, format!("--------\t{rule}\t{rule}"));
    let used = quota.status.used.as_ref();
    for (name, hard) in quota.status.hard.iter().flatten() {
        let used = used
            .and_then(|used| used.get(name))
            .map_or("0", |used| used.0.as_str());
        sheet.line(level, format!("{name}\t{used}\t{}", hard.0));
    }
}

/// What kubectl says of a quota's scopes.
const SCOPES: [(&str, &str); 4] = [
    (
        "Terminating",
        "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being \
         actively terminated by the system.",
    ),
    (
        "NotTerminating",
        "Matches all pods that do not have an active deadline. These pods usually include long running pods whose \
         container command is not expected to terminate.",
    ),
    (
        "BestEffort",
        "Matches all pods that do not have resource requirements set. These pods have a best effort quality of \
         service.",
    ),
    (
        "NotBestEffort",
        "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed \
         quality of service.",
    ),
];

fn limit_header(prefix: &str, sheet: &mut Sheet) {
    let titles =
        "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio";
    sheet.line(0, format!("{prefix}{titles}"));
    let rules = "----\t--------\t---\t---\t---------------\t-------------\t-----------------------";
    sheet.line(0, format!("{prefix}{rules}"));
}

fn limits(spec: &LimitRangeSpec, prefix: &str, sheet: &mut Sheet) {
    for item in &spec.limits {
        let lists: [&Amounts; 5] = [
            &item.min,
            &item.max,
            &item.default_request,
            &item.default,
            &item.max_limit_request_ratio,
        ];
        let mut names: Vec<&String> = lists
            .iter()
            .flat_map(|list| list.iter().flatten())
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let amounts = lists.map(|list| {
                let amount = list.as_ref().and_then(|list| list.get(name));
                amount.map_or("-", |amount| amount.0.as_str())
            });
            sheet.line(
                0,
                format!("{prefix}{}\t{name}\t{}", item.type_, amounts.join("\t")),
            );
        }
    }
}

fn claim(object: &Object, objects: &impl Objects, sheet: &mut Sheet) {
    let Object::PersistentVolumeClaim(claim) = object else {
        return;
    };
    let (spec, status) = (&claim.spec, &claim.status);
    sheet.line(
        0,
        format!("StorageClass:\t{}", claim_class(claim).unwrap_or_default()),
    );
    sheet.line(
        0,
        format!(
            "Status:\t{}",
            cluster::phase(object, status.phase.as_deref())
        ),
    );
    let volume = spec.volume_name.as_deref().unwrap_or_default();
    sheet.line(0, format!("Volume:\t{volume}"));
    sheet.labels(0, "Labels", claim.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", claim.meta.annotations.as_ref());
    finalizers(object, sheet);
    let bound = !volume.is_empty();
    let size = status.capacity.as_ref().and_then(|all| all.get("storage"));
    let size = size.filter(|_| bound).map_or("", |size| size.0.as_str());
    sheet.line(0, format!("Capacity:\t{size}"));
    let modes = status.access_modes.iter().flatten().filter(|_| bound);
    let modes = cluster::short_modes(modes.map(String::as_str));
    sheet.line(0, format!("Access Modes:\t{modes}"));
    if let Some(mode) = &spec.volume_mode {
        sheet.line(0, format!("VolumeMode:\t{mode}"));
    }
    let pods = objects.list(Kind::Pod, Some(claim.namespace()));
    let uses = |pod: &&Pod| {
        let mut sources = pod
            .spec
            .volumes
            .iter()
            .flatten()
            .filter_map(|volume| volume.persistent_volume_claim.as_ref());
        sources.any(|source| source.claim_name == claim.name())
    };
    let users = pods.iter().filter_map(Object::typed::<Pod>).filter(uses);
    let users: Vec<String> = users.map(|pod| pod.name().to_owned()).collect();
    sheet.beside(0, "Used By", &users);
}

fn volume(object: &Object, sheet: &mut Sheet) {
    let Object::PersistentVolume(volume) = object else {
        return;
    };
    let spec = &volume.spec;
    let text = |field: &str| spec[field].as_str().unwrap_or_default();
    sheet.labels(0, "Labels", volume.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", volume.meta.annotations.as_ref());
    finalizers(object, sheet);
    sheet.line(0, format!("StorageClass:\t{}", text("storageClassName")));
    sheet.line(
        0,
        format!(
            "Status:\t{}",
            cluster::phase(object, volume.status["phase"].as_str())
        ),
    );
    let claim = &spec["claimRef"];
    let part = |field: &str| claim[field].as_str().unwrap_or_default();
    let slash = if claim.is_null() { "" } else { "/" };
    sheet.line(
        0,
        format!("Claim:\t{}{slash}{}", part("namespace"), part("name")),
    );
    sheet.line(
        0,
        format!("Reclaim Policy:\t{}", text("persistentVolumeReclaimPolicy")),
    );
    let modes = spec["accessModes"].as_array().into_iter().flatten();
    let modes = cluster::short_modes(modes.filter_map(serde_json::Value::as_str));
    sheet.line(0, format!("Access Modes:\t{modes}"));
    sheet.line(0, format!("VolumeMode:\t{}", text("volumeMode")));
    let capacity = spec["capacity"]["storage"].as_str().unwrap_or_default();
    sheet.line(0, format!("Capacity:\t{capacity}"));
    sheet.line(0, "Node Affinity:\t<none>");
    let message = volume.status["message"].as_str().unwrap_or_default();
    sheet.line(0, format!("Message:\t{message}"));
    sheet.line(0, "Source:");
    let part =
        |source: &str, field: &str| spec[source][field].as_str().unwrap_or_default().to_owned();
    if spec["hostPath"].is_object() {
        sheet.line(1, "Type:\tHostPath (bare host directory volume)");
        sheet.line(1, format!("Path:\t{}", part("hostPath", "path")));
        sheet.line(1, format!("HostPathType:\t{}", part("hostPath", "type")));
    } else if spec["nfs"].is_object() {
        sheet.line(
            1,
            "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)",
        );
        sheet.line(1, format!("Server:\t{}", part("nfs", "server")));
        sheet.line(1, format!("Path:\t{}", part("nfs", "path")));
        sheet.line(1, format!("ReadOnly:\t{}", spec["nfs"]["readOnly"] == true));
    } else if spec["local"].is_object() {
        sheet.line(
            1,
            "Type:\tLocalVolume (a persistent volume backed by local storage on a node)",
        );
        sheet.line(1, format!("Path:\t{}", part("local", "path")));
    } else {
        sheet.line(1, "<unknown>");
    }
}

/// Go's way to write a list of texts.
fn finalizers(object: &Object, sheet: &mut Sheet) {
    let all = object.meta().finalizers.as_deref().unwrap_or_default();
    sheet.line(0, format!("Finalizers:\t[{}]", all.join(" ")));
}

fn pairs(labels: Option<&BTreeMap<String, String>>) -> String {
    let pairs = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value}"));
    or_none(&pairs.collect::<Vec<_>>().join(",")).to_owned()
}
