//! Rules of environment variables and of references to fields, resources and keys.

use crate::api::core::{
    Container, EnvVar, EnvVarSource, ObjectFieldSelector, ResourceFieldSelector,
};
use crate::api::quantity::canonical;

use super::field::{FieldPath, Problems};
use super::names;

/// Fields that a variable may show.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields that a file of a downward API volume may show.
pub(super) const FILE_FIELDS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];

/// Fields that the downward API knows at all.
const KNOWN_FIELDS: [&str; 6] = [
    "metadata.annotations",
    "metadata.labels",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.host",
    "status.phase",
];

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// `env` and `envFrom` of a container.
pub(super) fn environment(container: &Container, path: &FieldPath, problems: &mut Problems) {
    let env = path.child("env");
    for (index, variable) in container.env.iter().flatten().enumerate() {
        let path = env.index(index);
        if variable.name.is_empty() {
            problems.required(&path.child("name"), "");
        } else {
            let wrong = names::variable_name(&variable.name);
            problems.invalid_each(&path.child("name"), &variable.name, wrong);
        }
        if let Some(source) = &variable.value_from {
            value_from(variable, source, &path.child("valueFrom"), problems);
        }
    }
    let list = path.child("envFrom");
    for (index, source) in container.env_from.iter().flatten().enumerate() {
        let path = list.index(index);
        if let Some(prefix) = source.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
            let wrong = names::variable_name(prefix);
            problems.invalid_each(&path.child("prefix"), prefix, wrong);
        }
        let config_map = source
            .config_map_ref
            .as_ref()
            .map(|from| ("configMapRef", &from.name));
        let secret = source
            .secret_ref
            .as_ref()
            .map(|from| ("secretRef", &from.name));
        for (field, name) in [config_map, secret].into_iter().flatten() {
            required_name(name, &path.child(field).child("name"), problems);
        }
        match (config_map, secret) {
            (None, None) => {
                problems.invalid(
                    &list,
                    "",
                    "must specify one of: `configMapRef` or `secretRef`",
                );
            }
            (Some(_), Some(_)) => {
                problems.invalid(
                    &list,
                    "",
                    "may not have more than one field specified at a time",
                );
            }
            _ => {}
        }
    }
}

fn value_from(variable: &EnvVar, source: &EnvVarSource, path: &FieldPath, problems: &mut Problems) {
    let mut sources = 0;
    if let Some(field) = &source.field_ref {
        sources += 1;
        field_selector(field, &ENV_FIELDS, &path.child("fieldRef"), problems);
    }
    if let Some(resource) = &source.resource_field_ref {
        sources += 1;
        resource_selector(resource, false, &path.child("resourceFieldRef"), problems);
    }
    let config_map = source.config_map_key_ref.as_ref();
    let secret = source.secret_key_ref.as_ref();
    let keys = [
        config_map.map(|from| ("configMapKeyRef", &from.name, &from.key)),
        secret.map(|from| ("secretKeyRef", &from.name, &from.key)),
    ];
    for (field, name, key) in keys.into_iter().flatten() {
        sources += 1;
        let path = path.child(field);
        problems.invalid_each(&path.child("name"), name, names::dns_subdomain(name));
        if key.is_empty() {
            problems.required(&path.child("key"), "");
        } else {
            problems.invalid_each(&path.child("key"), key, names::data_key(key));
        }
    }
    sources += usize::from(source.file_key_ref.is_some());
    let has_value = variable
        .value
        .as_deref()
        .is_some_and(|value| !value.is_empty());
    let detail = match sources {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        _ if has_value => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    problems.invalid(path, "", detail);
}

/// A reference to a field of the pod.
pub(super) fn field_selector(
    selector: &ObjectFieldSelector,
    allowed: &[&str],
    path: &FieldPath,
    problems: &mut Problems,
) {
    let field = selector.field_path.as_str();
    let path_of_field = path.child("fieldPath");
    if field.is_empty() {
        problems.required(&path_of_field, "");
        return;
    }
    if let Some((map, key)) = subscript(field) {
        match map {
            "metadata.annotations" => {
                problems.invalid_each(
                    path,
                    &key.to_ascii_lowercase(),
                    names::label_key(&key.to_ascii_lowercase()),
                );
            }
            "metadata.labels" => problems.invalid_each(path, key, names::label_key(key)),
            _ => problems.invalid(
                &path_of_field,
                field,
                &format!(
                    "error converting fieldPath: field label does not support subscript: {field}"
                ),
            ),
        }
        return;
    }
    if !ENV_FIELDS.contains(&field) && !KNOWN_FIELDS.contains(&field) {
        let detail = format!("error converting fieldPath: field label not supported: {field}");
        problems.invalid(&path_of_field, field, &detail);
    } else if !allowed.contains(&field) {
        problems.not_supported(&path_of_field, field, allowed);
    }
}

/// `metadata.labels['app']` taken apart.
fn subscript(field: &str) -> Option<(&str, &str)> {
    let (map, rest) = field.split_once("['")?;
    Some((map, rest.strip_suffix("']")?))
}

/// A reference to a request or limit of a container; in a volume it must name the container.
pub(super) fn resource_selector(
    selector: &ResourceFieldSelector,
    in_volume: bool,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let resource = selector.resource.as_str();
    let container = selector.container_name.as_deref().unwrap_or_default();
    let huge_pages = ["limits.hugepages-", "requests.hugepages-"]
        .iter()
        .any(|prefix| resource.starts_with(prefix));
    if in_volume && container.is_empty() {
        problems.required(&path.child("containerName"), "");
    } else if resource.is_empty() {
        problems.required(&path.child("resource"), "");
    } else if !RESOURCES.contains(&resource) && !huge_pages {
        problems.not_supported(&path.child("resource"), resource, &RESOURCES);
    }
    let Some(divisor) = selector
        .divisor
        .as_ref()
        .and_then(|one| canonical(one).ok())
    else {
        return;
    };
    let (of, allowed): (&str, &[&str]) = match resource {
        "limits.cpu" | "requests.cpu" => ("cpu", &["1m", "1"]),
        "limits.memory" | "requests.memory" => ("memory", &BYTE_DIVISORS),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            ("local ephemeral storage", &BYTE_DIVISORS)
        }
        _ => return,
    };
    if divisor.0 != "0" && !allowed.contains(&divisor.0.as_str()) {
        let list = if of == "cpu" {
            "1m and 1".to_owned()
        } else {
            BYTE_DIVISORS.join(", ")
        };
        let detail = format!("only divisor's values {list} are supported with the {of} resource");
        problems.invalid(&path.child("divisor"), resource, &detail);
    }
}

const BYTE_DIVISORS: [&str; 13] = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

fn required_name(name: &str, path: &FieldPath, problems: &mut Problems) {
    if name.is_empty() {
        problems.required(path, "");
    } else {
        problems.invalid_each(path, name, names::dns_subdomain(name));
    }
}
