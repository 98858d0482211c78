//! `kubectl describe` of Services and EndpointSlices.

use crate::api::core::ServicePort;
use crate::api::{EndpointSlice, IntOrString, Kind, Object, Service};
use crate::kubectl::get::{Objects, label_pairs};

use super::or_none;
use super::sheet::Sheet;

/// The label by which slices name their Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

pub(super) fn service(service: &Service, objects: &impl Objects, sheet: &mut Sheet) {
    let spec = &service.spec;
    sheet.line(0, format!("Name:\t{}", service.name()));
    sheet.line(0, format!("Namespace:\t{}", service.namespace()));
    sheet.labels(0, "Labels", service.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", service.meta.annotations.as_ref());
    sheet.line(
        0,
        format!("Selector:\t{}", label_pairs(spec.selector.as_ref())),
    );
    let joined = |list: &Option<Vec<String>>| list.clone().unwrap_or_default().join(",");
    row(sheet, "Type", Some(spec.type_.clone().unwrap_or_default()));
    row(sheet, "IP Family Policy", spec.ip_family_policy.clone());
    row(
        sheet,
        "IP Families",
        Some(or_none(&joined(&spec.ip_families)).to_owned()),
    );
    row(
        sheet,
        "IP",
        Some(spec.cluster_ip.clone().unwrap_or_default()),
    );
    row(
        sheet,
        "IPs",
        Some(or_none(&joined(&spec.cluster_ips)).to_owned()),
    );
    row(
        sheet,
        "External IPs",
        Some(joined(&spec.external_ips)).filter(|list| !list.is_empty()),
    );
    row(
        sheet,
        "External Name",
        spec.external_name.clone().filter(|name| !name.is_empty()),
    );
    let slices = slices(service, objects);
    spec.ports
        .iter()
        .flatten()
        .for_each(|one| port(one, &slices, sheet));
    row(
        sheet,
        "Session Affinity",
        Some(spec.session_affinity.clone().unwrap_or_default()),
    );
    row(
        sheet,
        "External Traffic Policy",
        spec.external_traffic_policy.clone(),
    );
    row(
        sheet,
        "Internal Traffic Policy",
        spec.internal_traffic_policy.clone(),
    );
    row(
        sheet,
        "Traffic Distribution",
        spec.traffic_distribution.clone(),
    );
}

fn row(sheet: &mut Sheet, title: &str, text: Option<String>) {
    if let Some(text) = text {
        sheet.line(0, format!("{title}:\t{text}"));
    }
}

fn port(port: &ServicePort, slices: &[EndpointSlice], sheet: &mut Sheet) {
    let name = port.name.as_deref().filter(|name| !name.is_empty());
    let (shown, protocol) = (
        name.unwrap_or("<unset>"),
        port.protocol.as_deref().unwrap_or("TCP"),
    );
    sheet.line(0, format!("Port:\t{shown}\t{}/{protocol}", port.port));
    let target = match &port.target_port {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
        None => port.port.to_string(),
    };
    sheet.line(0, format!("TargetPort:\t{target}/{protocol}"));
    if let Some(node_port) = port.node_port.filter(|port| *port != 0) {
        sheet.line(0, format!("NodePort:\t{shown}\t{node_port}/{protocol}"));
    }
    sheet.line(
        0,
        format!(
            "Endpoints:\t{}",
            endpoints(slices, name.unwrap_or_default())
        ),
    );
}

/// describe `formatEndpointSlices`: up to three ready addresses with the port.
fn endpoints(slices: &[EndpointSlice], port_name: &str) -> String {
    const SHOWN: usize = 3;
    let mut all = Vec::new();
    for slice in slices {
        let ports = slice.spec.ports.iter().flatten();
        let ports = ports.filter(|port| port.name.as_deref().unwrap_or_default() == port_name);
        for number in ports.filter_map(|port| port.port) {
            let ready = slice.spec.endpoints.iter().flatten().filter(|endpoint| {
                endpoint
                    .conditions
                    .as_ref()
                    .and_then(|conditions| conditions.ready)
                    .unwrap_or(true)
            });
            all.extend(ready.flat_map(|endpoint| {
                endpoint
                    .addresses
                    .iter()
                    .map(move |address| format!("{address}:{number}"))
            }));
        }
    }
    match all.len() {
        0 => String::new(),
        count if count > SHOWN => format!("{} + {} more...", all[..SHOWN].join(","), count - SHOWN),
        _ => all.join(","),
    }
}

fn slices(service: &Service, objects: &impl Objects) -> Vec<EndpointSlice> {
    let all = objects.list(Kind::EndpointSlice, Some(service.namespace()));
    let slices = all.iter().filter_map(Object::typed::<EndpointSlice>);
    slices
        .filter(|slice| slice.label(SERVICE_NAME) == Some(service.name()))
        .cloned()
        .collect()
}

pub(super) fn endpoint_slice(slice: &EndpointSlice, sheet: &mut Sheet) {
    sheet.line(0, format!("Name:\t{}", slice.name()));
    sheet.line(0, format!("Namespace:\t{}", slice.namespace()));
    sheet.labels(0, "Labels", slice.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", slice.meta.annotations.as_ref());
    sheet.line(0, format!("AddressType:\t{}", slice.spec.address_type));
    let unset = |text: Option<String>| {
        text.filter(|text| !text.is_empty())
            .unwrap_or("<unset>".to_owned())
    };
    match slice.spec.ports.as_deref().unwrap_or_default() {
        [] => sheet.line(0, "Ports: <unset>"),
        ports => {
            sheet.lines(0, "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------");
            for port in ports {
                let number = unset(port.port.map(|number| number.to_string()));
                let protocol = port.protocol.clone().unwrap_or_default();
                sheet.line(
                    1,
                    format!("{}\t{number}\t{protocol}", unset(port.name.clone())),
                );
            }
        }
    }
    let endpoints: Vec<_> = slice.spec.endpoints.iter().flatten().collect();
    sheet.line(
        0,
        if endpoints.is_empty() {
            "Endpoints: <none>"
        } else {
            "Endpoints:"
        },
    );
    for endpoint in endpoints {
        sheet.line(
            1,
            format!("- Addresses:\t{}", or_none(&endpoint.addresses.join(", "))),
        );
        sheet.line(2, "Conditions:");
        let ready = endpoint
            .conditions
            .as_ref()
            .and_then(|conditions| conditions.ready);
        sheet.line(
            3,
            format!("Ready:\t{}", unset(ready.map(|ready| ready.to_string()))),
        );
        sheet.line(
            2,
            format!("Hostname:\t{}", unset(endpoint.hostname.clone())),
        );
        if let Some(target) = &endpoint.target_ref {
            let (kind, name) = (
                target.kind.clone().unwrap_or_default(),
                target.name.clone().unwrap_or_default(),
            );
            sheet.line(2, format!("TargetRef:\t{kind}/{name}"));
        }
        sheet.line(
            2,
            format!("NodeName:\t{}", unset(endpoint.node_name.clone())),
        );
        sheet.line(2, format!("Zone:\t{}", unset(endpoint.zone.clone())));
    }
}
