//! What a container's program gets: command, arguments and environment with everything resolved.

use crate::api::core::{
    Container, EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, ResourceFieldSelector,
};
use crate::api::quantity::{milli_value, value};
use crate::api::{ConfigMap, Quantity, Secret};
use crate::apiserver::ApiServer;
use crate::cluster::Context;
use crate::cluster::process::{ImageName, ProgramSpec};
use crate::kernel::OrderedMap;
use std::collections::BTreeMap;

use super::host::Host;
use super::network_files::hostname;
use super::plan::Slot;
use super::worker::Worker;

/// Why a container cannot be configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// In the kubelet's words.
    pub message: String,
    /// The field of the pod that asks for it.
    pub path: String,
}

/// Names with their values.
pub(super) type Variables = Vec<(String, String)>;

/// The program of a container.
pub(super) fn program(
    worker: &Worker,
    slot: Slot,
    host: &mut Host,
    context: &Context,
) -> Result<ProgramSpec, Problem> {
    let spec = worker.plan.spec(&worker.pod.spec, slot);
    let problem = |path: &str, message: String| Problem {
        message,
        path: worker.path(slot, path),
    };
    let image = worker.plan.containers[slot].image.as_ref();
    let image = image.map_err(|message| problem("image", message.clone()))?;
    let image = image.name.clone();
    let env = variables(worker, slot, host, context.api)?;
    let user_id = user_id(worker, spec, &image)
        .map_err(|message| problem("securityContext.runAsNonRoot", message))?;
    let map: OrderedMap<&str, &str> = env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expanded = |list: &Option<Vec<String>>| -> Vec<String> {
        let texts = list.iter().flatten();
        texts
            .map(|text| expand(text, |name| map.get(name).map(|v| (*v).to_owned())))
            .collect()
    };
    let ports = spec.ports.iter().flatten();
    let ports = ports.filter(|port| port.protocol.as_deref().unwrap_or("TCP") == "TCP");
    let sandbox = worker.runtime.sandbox.as_ref();
    Ok(ProgramSpec {
        command: expanded(&spec.command),
        args: expanded(&spec.args),
        working_dir: spec.working_dir.clone().unwrap_or_default(),
        ports: ports
            .filter_map(|port| u16::try_from(port.container_port).ok())
            .collect(),
        hostname: hostname(&worker.pod, &host.node),
        pod_ip: sandbox
            .map(|sandbox| sandbox.ip.to_string())
            .unwrap_or_default(),
        user_id,
        pid: {
            let shares = worker.pod.spec.share_process_namespace == Some(true);
            match worker.plan.target(&worker.pod.spec, slot) {
                // Pid 1 is the sandbox's pause process then, or the target's.
                target if shares || target.is_some() => 7 + 10 * u32::try_from(slot).unwrap_or(0),
                _ => 1,
            }
        },
        stdin: spec.stdin == Some(true),
        settings: super::behaviour::settings(&worker.pod, &spec.name),
        env,
        ..ProgramSpec::new(image)
    })
}

/// The user that the program runs as, if the pod's rules allow it.
fn user_id(worker: &Worker, spec: &Container, image: &ImageName) -> Result<u32, String> {
    let own = spec.security_context.as_ref();
    let pods = worker.pod.spec.security_context.as_ref();
    let user = own.and_then(|one| one.run_as_user);
    let user = user.or(pods.and_then(|one| one.run_as_user));
    let non_root = own.and_then(|one| one.run_as_non_root);
    let non_root = non_root.or(pods.and_then(|one| one.run_as_non_root));
    let image_user = if image.base_name().contains("unprivileged") {
        101
    } else {
        0
    };
    if non_root == Some(true) {
        let place = format!("(pod: {:?}, container: {})", worker.format_pod(), spec.name);
        match user {
            Some(0) => {
                return Err(format!(
                    "container's runAsUser breaks non-root policy {place}"
                ));
            }
            None if image_user == 0 => {
                let what = "container has runAsNonRoot and image will run as root";
                return Err(format!("{what} {place}"));
            }
            _ => {}
        }
    }
    Ok(user
        .and_then(|user| u32::try_from(user).ok())
        .unwrap_or(image_user))
}

/// The environment: envFrom, then env in order, then the services of the namespace.
fn variables(
    worker: &Worker,
    slot: Slot,
    host: &mut Host,
    api: &ApiServer,
) -> Result<Variables, Problem> {
    let spec = worker.plan.spec(&worker.pod.spec, slot);
    let links = worker.pod.spec.enable_service_links != Some(false);
    let namespace = &worker.key.namespace;
    let services = host.service_variables.of(namespace, links, api);
    let mut result = Variables::new();
    for (index, source) in spec.env_from.iter().flatten().enumerate() {
        env_from(worker, source, api, &mut result).map_err(|message| Problem {
            message,
            path: worker.path(slot, &format!("envFrom[{index}]")),
        })?;
    }
    for (index, variable) in spec.env.iter().flatten().enumerate() {
        let field = if variable.value_from.is_some() {
            "valueFrom"
        } else {
            "value"
        };
        let value = env_value(worker, spec, variable, &result, &services, host, api);
        let value = value.map_err(|message| Problem {
            message,
            path: worker.path(slot, &format!("env[{index}].{field}")),
        })?;
        if let Some(value) = value {
            put(&mut result, &variable.name, value);
        }
    }
    for (name, value) in services.iter() {
        if !result.iter().any(|(key, _)| key == name) {
            result.push((name.clone(), value.clone()));
        }
    }
    Ok(result)
}

fn put(result: &mut Variables, name: &str, value: String) {
    match result.iter_mut().find(|(key, _)| key == name) {
        Some((_, old)) => *old = value,
        None => result.push((name.to_owned(), value)),
    }
}

fn env_from(
    worker: &Worker,
    source: &EnvFromSource,
    api: &ApiServer,
    result: &mut Variables,
) -> Result<(), String> {
    let namespace = &worker.key.namespace;
    let prefix = source.prefix.as_deref().unwrap_or_default();
    let mut pairs = OrderedMap::new();
    if let Some(one) = &source.config_map_ref {
        match api.get::<ConfigMap>(namespace, &one.name) {
            Some(found) => pairs.extend(found.spec.data.clone().unwrap_or_default()),
            None if one.optional == Some(true) => {}
            None => return Err(format!("configmap {:?} not found", one.name)),
        }
    }
    if let Some(one) = &source.secret_ref {
        match api.get::<Secret>(namespace, &one.name) {
            Some(found) => pairs.extend(secret_texts(found)),
            None if one.optional == Some(true) => {}
            None => return Err(format!("secret {:?} not found", one.name)),
        }
    }
    for (name, value) in pairs {
        put(result, &format!("{prefix}{name}"), value);
    }
    Ok(())
}

/// The data of a secret as texts; what is not UTF-8 is replaced.
pub(super) fn secret_texts(secret: &Secret) -> BTreeMap<String, String> {
    let data = secret.spec.data.iter().flatten();
    data.map(|(key, bytes)| (key.clone(), String::from_utf8_lossy(&bytes.0).into_owned()))
        .collect()
}

fn env_value(
    worker: &Worker,
    spec: &Container,
    variable: &EnvVar,
    before: &Variables,
    services: &[(String, String)],
    host: &Host,
    api: &ApiServer,
) -> Result<Option<String>, String> {
    if let Some(source) = &variable.value_from {
        return from_source(worker, spec, source, host, api);
    }
    let lookup = |name: &str| {
        let found = before.iter().chain(services).find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    Ok(Some(expand(
        variable.value.as_deref().unwrap_or_default(),
        lookup,
    )))
}

fn from_source(
    worker: &Worker,
    spec: &Container,
    source: &EnvVarSource,
    host: &Host,
    api: &ApiServer,
) -> Result<Option<String>, String> {
    let namespace = &worker.key.namespace;
    if let Some(one) = &source.config_map_key_ref {
        let optional = one.optional == Some(true);
        let found = api.get::<ConfigMap>(namespace, &one.name);
        let Some(found) = found else {
            return absent(optional, || format!("configmap {:?} not found", one.name));
        };
        let value = found.spec.data.as_ref().and_then(|data| data.get(&one.key));
        return match value {
            Some(value) => Ok(Some(value.clone())),
            None => absent(optional, || {
                format!(
                    "couldn't find key {} in ConfigMap {namespace}/{}",
                    one.key, one.name
                )
            }),
        };
    }
    if let Some(one) = &source.secret_key_ref {
        let optional = one.optional == Some(true);
        let Some(found) = api.get::<Secret>(namespace, &one.name) else {
            return absent(optional, || format!("secret {:?} not found", one.name));
        };
        return match secret_texts(found).remove(&one.key) {
            Some(value) => Ok(Some(value)),
            None => absent(optional, || {
                format!(
                    "couldn't find key {} in Secret {namespace}/{}",
                    one.key, one.name
                )
            }),
        };
    }
    if let Some(field) = &source.field_ref {
        return field_value(worker, field, host).map(Some);
    }
    if let Some(field) = &source.resource_field_ref {
        return Ok(Some(resource_value(worker, spec, field, host)));
    }
    Ok(None)
}

fn absent(optional: bool, message: impl FnOnce() -> String) -> Result<Option<String>, String> {
    if optional { Ok(None) } else { Err(message()) }
}

/// The value of a field of the pod, as `fieldRef` gives it.
pub(super) fn field_value(
    worker: &Worker,
    field: &ObjectFieldSelector,
    host: &Host,
) -> Result<String, String> {
    let (pod, meta) = (&worker.pod, &worker.pod.meta);
    let path = field.field_path.as_str();
    if let Some((map, key)) = path.split_once("['") {
        let key = key.trim_end_matches("']");
        let found = match map {
            "metadata.annotations" => meta.annotations.as_ref(),
            _ => meta.labels.as_ref(),
        };
        return Ok(found
            .and_then(|map| map.get(key))
            .cloned()
            .unwrap_or_default());
    }
    let listed = |map: Option<&BTreeMap<String, String>>| {
        let pairs = map.into_iter().flatten();
        let lines: Vec<String> = pairs
            .map(|(key, value)| format!("{key}={value:?}"))
            .collect();
        lines.join("\n")
    };
    let ip = worker
        .runtime
        .sandbox
        .as_ref()
        .map(|sandbox| sandbox.ip.to_string());
    Ok(match path {
        "metadata.name" => pod.name().to_owned(),
        "metadata.namespace" => pod.namespace().to_owned(),
        "metadata.uid" => pod.uid().to_owned(),
        "metadata.labels" => listed(meta.labels.as_ref()),
        "metadata.annotations" => listed(meta.annotations.as_ref()),
        "spec.nodeName" => host.node.to_string(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => host.ip.to_string(),
        "status.podIP" | "status.podIPs" => ip.unwrap_or_default(),
        _ => return Err(format!("unsupported fieldPath: {path}")),
    })
}

/// The value of a container's resource, as `resourceFieldRef` gives it: without a limit, what the node has.
pub(super) fn resource_value(
    worker: &Worker,
    own: &Container,
    field: &ResourceFieldSelector,
    host: &Host,
) -> String {
    let named = field
        .container_name
        .as_deref()
        .and_then(|name| worker.plan.slot(name));
    let spec = named.map_or(own, |slot| worker.plan.spec(&worker.pod.spec, slot));
    let (list, name) = field.resource.split_once('.').unwrap_or(("limits", ""));
    let resources = spec.resources.as_ref();
    let get = |requests: bool| {
        let resources = resources?;
        let list = if requests {
            &resources.requests
        } else {
            &resources.limits
        };
        list.as_ref()?.get(name).cloned()
    };
    let found = if list == "requests" {
        get(true)
    } else {
        get(false)
    };
    let node = match name {
        "cpu" => format!("{}m", host.machine.cpu_millis),
        "memory" => host.machine.memory_bytes.to_string(),
        _ => "0".to_owned(),
    };
    let missing = if list == "limits" {
        node
    } else {
        "0".to_owned()
    };
    let quantity = found.unwrap_or(Quantity(missing));
    let divisor = field
        .divisor
        .clone()
        .filter(|one| value(one).is_ok_and(|value| value > 0));
    let divisor = divisor.unwrap_or(Quantity("1".to_owned()));
    let (amount, unit) = (
        milli_value(&quantity).unwrap_or(0),
        milli_value(&divisor).unwrap_or(1_000).max(1),
    );
    // kubelet: rounded up.
    ((amount + unit - 1) / unit).to_string()
}

/// `$(NAME)` becomes its value, `$$(NAME)` becomes `$(NAME)`, and an unknown name stays as it is.
pub(super) fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("$$") {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("$(").and_then(|r| r.split_once(')'))
        {
            match lookup(name) {
                Some(value) => result.push_str(&value),
                None => result.push_str(&rest[..name.len() + 3]),
            }
            rest = after;
        } else {
            result.push('$');
            rest = &rest[1..];
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_as_the_kubelet_does() {
        let lookup = |name: &str| (name == "A").then(|| "1".to_owned());
        for (text, expect) in [
            ("$(A)", "1"),
            ("x$(A)y$(A)", "x1y1"),
            ("$(B)", "$(B)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$A", "$A"),
            ("cost: 5$", "cost: 5$"),
            ("$(A", "$(A"),
        ] {
            assert_eq!(expand(text, lookup), expect, "{text}");
        }
    }
}
