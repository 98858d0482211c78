//! The columns of each kind, as pkg/printers/internalversion has them.

use crate::api::core::{Container, ServicePort};
use crate::api::discovery::EndpointSlice as Slice;
use crate::api::meta::{LabelSelector, Time};
use crate::api::{Deployment, Event, Kind, Node, Object, Pod, ReplicaSet, Service, conditions};
use crate::kernel::OrderedSet;
use crate::kubectl::age;
use crate::kubectl::pod_status::pod_columns;

use super::{cluster, workloads};
use std::collections::BTreeMap;

/// The headers; `-o wide` adds the second list.
pub(super) fn header(kind: Kind, wide: bool) -> Vec<&'static str> {
    let (always, with_wide): (&[&str], &[&str]) = match kind {
        Kind::Pod => (
            &["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
            &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
        ),
        Kind::Deployment => (
            &["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"],
            &["CONTAINERS", "IMAGES", "SELECTOR"],
        ),
        Kind::ReplicaSet => (
            &["NAME", "DESIRED", "CURRENT", "READY", "AGE"],
            &["CONTAINERS", "IMAGES", "SELECTOR"],
        ),
        Kind::Node => (
            &["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
            &[
                "INTERNAL-IP",
                "EXTERNAL-IP",
                "OS-IMAGE",
                "KERNEL-VERSION",
                "CONTAINER-RUNTIME",
            ],
        ),
        Kind::Service => (
            &[
                "NAME",
                "TYPE",
                "CLUSTER-IP",
                "EXTERNAL-IP",
                "PORT(S)",
                "AGE",
            ],
            &["SELECTOR"],
        ),
        Kind::ConfigMap => (&["NAME", "DATA", "AGE"], &[]),
        Kind::Secret => (&["NAME", "TYPE", "DATA", "AGE"], &[]),
        Kind::Namespace => (&["NAME", "STATUS", "AGE"], &[]),
        Kind::EndpointSlice => (&["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], &[]),
        Kind::Event if wide => (
            &[
                "LAST SEEN",
                "TYPE",
                "REASON",
                "OBJECT",
                "SUBOBJECT",
                "SOURCE",
                "MESSAGE",
                "FIRST SEEN",
                "COUNT",
                "NAME",
            ],
            &[],
        ),
        Kind::Event => (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], &[]),
        other => workloads::header(other)
            .or_else(|| cluster::header(other))
            .unwrap_or((&["NAME", "AGE"], &[])),
    };
    let more = if wide { with_wide } else { &[] };
    always.iter().chain(more).copied().collect()
}

/// The cells of an object's row.
pub(super) fn cells(object: &Object, wide: bool, now_unix_micros: i64) -> Vec<String> {
    let name = object.name().to_owned();
    let age = age::since(object.meta().creation_timestamp.as_ref(), now_unix_micros);
    match object {
        Object::Pod(pod) => self::pod(pod, wide, age, now_unix_micros),
        Object::Deployment(deployment) => self::deployment(deployment, wide, age),
        Object::ReplicaSet(set) => replica_set(set, wide, age),
        Object::Node(node) => self::node(node, wide, age),
        Object::Service(service) => self::service(service, wide, age),
        Object::ConfigMap(map) => {
            let entries = map.spec.data.as_ref().map_or(0, BTreeMap::len);
            let binary = map.spec.binary_data.as_ref().map_or(0, BTreeMap::len);
            vec![name, (entries + binary).to_string(), age]
        }
        Object::Secret(secret) => {
            let type_ = secret.spec.type_.clone().unwrap_or_default();
            vec![
                name,
                type_,
                secret
                    .spec
                    .data
                    .as_ref()
                    .map_or(0, BTreeMap::len)
                    .to_string(),
                age,
            ]
        }
        Object::Namespace(namespace) => {
            vec![
                name,
                namespace.status.phase.clone().unwrap_or_default(),
                age,
            ]
        }
        Object::EndpointSlice(slice) => {
            let body: &Slice = &slice.spec;
            vec![
                name,
                body.address_type.clone(),
                slice_ports(body),
                slice_endpoints(body),
                age,
            ]
        }
        Object::Event(event) => self::event(event, wide, now_unix_micros),
        _ => {
            if let Some(row) = cluster::row(object, wide, &age) {
                return row;
            }
            let (own, of_wide) = workloads::cells(object, now_unix_micros).unwrap_or_default();
            let of_wide = if wide { of_wide } else { Vec::new() };
            [vec![name], own, vec![age], of_wide].concat()
        }
    }
}

/// `a=1,b=2`, or `<none>`.
pub(in crate::kubectl) fn pairs(labels: Option<&BTreeMap<String, String>>) -> String {
    let all: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    or_none(all.join(","))
}

pub(super) fn or_none(text: String) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text
    }
}

fn pod(pod: &Pod, wide: bool, age: String, now_unix_micros: i64) -> Vec<String> {
    let columns = pod_columns(pod);
    let (ready, restarts) = (columns.ready(), columns.restarts(now_unix_micros));
    let mut cells = vec![pod.name().to_owned(), ready, columns.status, restarts, age];
    if wide {
        let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
        let passed = gates
            .iter()
            .filter(|gate| conditions::pod_condition_is_true(&pod.status, &gate.condition_type))
            .count();
        cells.push(or_none(pod.status.pod_ip.clone().unwrap_or_default()));
        cells.push(or_none(pod.spec.node_name.clone().unwrap_or_default()));
        cells.push(or_none(
            pod.status.nominated_node_name.clone().unwrap_or_default(),
        ));
        cells.push(if gates.is_empty() {
            or_none(String::new())
        } else {
            format!("{passed}/{}", gates.len())
        });
    }
    cells
}

fn deployment(deployment: &Deployment, wide: bool, age: String) -> Vec<String> {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let ready = format!(
        "{}/{}",
        status.ready_replicas.unwrap_or(0),
        spec.replicas.unwrap_or(0)
    );
    let updated = status.updated_replicas.unwrap_or(0).to_string();
    let available = status.available_replicas.unwrap_or(0).to_string();
    let mut cells = vec![deployment.name().to_owned(), ready, updated, available, age];
    if wide {
        let containers = spec
            .template
            .spec
            .as_ref()
            .map(|spec| spec.containers.as_slice());
        cells.extend(names_and_images(containers.unwrap_or_default()));
        cells.push(selector(&spec.selector));
    }
    cells
}

fn replica_set(set: &ReplicaSet, wide: bool, age: String) -> Vec<String> {
    let desired = set.spec.replicas.unwrap_or(0).to_string();
    let current = set.status.replicas.to_string();
    let ready = set.status.ready_replicas.unwrap_or(0).to_string();
    let mut cells = vec![set.name().to_owned(), desired, current, ready, age];
    if wide {
        let spec = set
            .spec
            .template
            .as_ref()
            .and_then(|template| template.spec.as_ref());
        cells.extend(names_and_images(
            spec.map(|spec| spec.containers.as_slice())
                .unwrap_or_default(),
        ));
        cells.push(selector(&set.spec.selector));
    }
    cells
}

pub(super) fn names_and_images(containers: &[Container]) -> [String; 2] {
    let names: Vec<&str> = containers.iter().map(|one| one.name.as_str()).collect();
    let images: Vec<&str> = containers
        .iter()
        .map(|one| one.image.as_deref().unwrap_or_default())
        .collect();
    [names.join(","), images.join(",")]
}

/// `app=web,tier in (a,b),!x`.
pub(in crate::kubectl) fn selector(selector: &LabelSelector) -> String {
    let labels = selector
        .match_labels
        .iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.match_expressions.iter().flatten().map(|one| {
        let values = one.values.clone().unwrap_or_default().join(",");
        match one.operator.as_str() {
            "In" => format!("{} in ({values})", one.key),
            "NotIn" => format!("{} notin ({values})", one.key),
            "DoesNotExist" => format!("!{}", one.key),
            _ => one.key.clone(),
        }
    });
    or_none(labels.chain(expressions).collect::<Vec<_>>().join(","))
}

fn node(node: &Node, wide: bool, age: String) -> Vec<String> {
    let ready = match conditions::node_condition(&node.status, "Ready") {
        Some(condition) if condition.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = if node.spec.unschedulable == Some(true) {
        ",SchedulingDisabled"
    } else {
        ""
    };
    let info = node.status.node_info.clone().unwrap_or_default();
    let status = format!("{ready}{cordoned}");
    let mut cells = vec![
        node.name().to_owned(),
        status,
        or_none(roles(node)),
        age,
        info.kubelet_version,
    ];
    if wide {
        let address = |type_: &str| {
            let all = node.status.addresses.iter().flatten();
            or_none(
                all.filter(|one| one.type_ == type_)
                    .map(|one| one.address.clone())
                    .next()
                    .unwrap_or_default(),
            )
        };
        let known = |text: String| {
            if text.is_empty() {
                "<unknown>".to_owned()
            } else {
                text
            }
        };
        let kernel = format!("{} ({})", known(info.kernel_version), info.architecture);
        cells.extend([
            address("InternalIP"),
            address("ExternalIP"),
            known(info.os_image),
            kernel,
        ]);
        cells.push(known(info.container_runtime_version));
    }
    cells
}

/// From the labels `node-role.kubernetes.io/ROLE` and `kubernetes.io/role=ROLE`.
pub(in crate::kubectl) fn roles(node: &Node) -> String {
    let role = |(key, value): (&String, &String)| match key.strip_prefix("node-role.kubernetes.io/")
    {
        Some(role) => Some(role.to_owned()).filter(|role| !role.is_empty()),
        None => {
            Some(value.clone()).filter(|value| key == "kubernetes.io/role" && !value.is_empty())
        }
    };
    let roles: OrderedSet<String> = node.meta.labels.iter().flatten().filter_map(role).collect();
    roles.into_iter().collect::<Vec<_>>().join(",")
}

fn service(service: &Service, wide: bool, age: String) -> Vec<String> {
    let spec = &service.spec;
    let type_ = spec.type_.clone().unwrap_or_default();
    let external = spec.external_ips.clone().unwrap_or_default().join(",");
    let external = match type_.as_str() {
        "ExternalName" => spec.external_name.clone().unwrap_or_default(),
        "LoadBalancer" if external.is_empty() => "<pending>".to_owned(),
        _ => or_none(external),
    };
    let ip = or_none(spec.cluster_ip.clone().unwrap_or_default());
    let port = |port: &ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        match port.node_port.filter(|port| *port > 0) {
            Some(node_port) => format!("{}:{node_port}/{protocol}", port.port),
            None => format!("{}/{protocol}", port.port),
        }
    };
    let ports: Vec<String> = spec.ports.iter().flatten().map(port).collect();
    let mut cells = vec![
        service.name().to_owned(),
        type_,
        ip,
        external,
        or_none(ports.join(",")),
        age,
    ];
    if wide {
        cells.push(pairs(spec.selector.as_ref()));
    }
    cells
}

/// Up to three entries, then ` + N more...`; `<unset>` for none.
fn some_of(all: &[String]) -> String {
    match all {
        [] => "<unset>".to_owned(),
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a},{b},{c} + {} more...", rest.len()),
        few => few.join(","),
    }
}

fn slice_ports(slice: &Slice) -> String {
    let port = |port: &crate::api::discovery::EndpointPort| match (port.port, &port.name) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => "*".to_owned(),
    };
    some_of(&slice.ports.iter().flatten().map(port).collect::<Vec<_>>())
}

fn slice_endpoints(slice: &Slice) -> String {
    let all: Vec<String> = slice
        .endpoints
        .iter()
        .flatten()
        .flat_map(|endpoint| endpoint.addresses.clone())
        .collect();
    some_of(&all)
}

fn event(event: &Event, wide: bool, now_unix_micros: i64) -> Vec<String> {
    let body = &event.spec;
    let event_time = body.event_time.as_ref().map(|time| Time(time.0));
    let first = body.first_timestamp.clone().or(event_time);
    let series = body.series.as_ref();
    let observed = series
        .and_then(|series| series.last_observed_time.as_ref())
        .map(|time| Time(time.0));
    let last = observed
        .or_else(|| body.last_timestamp.clone())
        .or_else(|| first.clone());
    let count = series
        .and_then(|series| series.count)
        .or(body.count)
        .unwrap_or(1)
        .max(1);
    let kind = body
        .involved_object
        .kind
        .clone()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let target = match body.involved_object.name.as_deref().unwrap_or_default() {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let seen = age::since(last.as_ref(), now_unix_micros);
    let message = body
        .message
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let mut cells = vec![
        seen,
        body.type_.clone().unwrap_or_default(),
        body.reason.clone().unwrap_or_default(),
        target,
    ];
    if wide {
        cells.push(body.involved_object.field_path.clone().unwrap_or_default());
        let source = body.source.clone().unwrap_or_default();
        let component = source
            .component
            .or_else(|| body.reporting_component.clone())
            .unwrap_or_default();
        let host = source
            .host
            .or_else(|| body.reporting_instance.clone())
            .filter(|host| !host.is_empty());
        cells.push(host.map_or(component.clone(), |host| format!("{component}, {host}")));
        let first = age::since(first.as_ref(), now_unix_micros);
        cells.extend([message, first, count.to_string(), event.name().to_owned()]);
    } else {
        cells.push(message);
    }
    cells
}
