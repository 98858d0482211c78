//! Cluster addresses and node ports of services.

use crate::kernel::OrderedSet;
use std::net::Ipv4Addr;

use crate::api::core::ServiceSpec;
use crate::api::{Kind, Service};
use crate::kernel::Rng;

use super::{ApiServer, Cause, Status, validation};

/// Services get addresses of 10.96.0.0/16.
const FIRST_ADDRESS: u32 = u32::from_be_bytes([10, 96, 0, 0]);
const ADDRESSES: u32 = 1 << 16;
/// ipallocator: the lowest addresses are for those who ask for one, the others are given at random.
const ASKED_ADDRESSES: u32 = 256;

/// `--service-node-port-range`
const FIRST_PORT: i32 = 30_000;
const PORTS: i32 = 2_768;
/// portallocator: the lowest ports are for those who ask for one.
const ASKED_PORTS: i32 = 86;

/// Gives a new service, or one that changed its type, its families and address.
///
/// # Errors
/// Invalid if it asks for an address that is taken, out of range or none at all.
pub(super) fn allocate_address(
    service: &mut Service,
    server: &mut ApiServer,
) -> Result<(), Status> {
    if service.spec.type_.as_deref() == Some("ExternalName") {
        return Ok(());
    }
    let used = Used::by_others(server, service);
    let name = service.name().to_owned();
    let spec = service.spec_mut();
    let problem = match validation::cluster_ip_problem(spec) {
        Some(detail) => {
            let address = spec.cluster_ip.clone().unwrap_or_default();
            Err(invalid(
                "spec.clusterIPs[0]",
                &format!("{address:?}"),
                detail,
            ))
        }
        None => families(spec).and_then(|()| cluster_ip(spec, &used, &mut server.rng)),
    };
    problem.map_err(|cause| Status::invalid(Kind::Service, &name, vec![cause]))
}

/// Gives a service the node ports that its type asks for.
///
/// # Errors
/// Invalid if it asks for a port that is taken or out of range.
pub(super) fn allocate_ports(service: &mut Service, server: &mut ApiServer) -> Result<(), Status> {
    if !matches!(
        service.spec.type_.as_deref(),
        Some("NodePort" | "LoadBalancer")
    ) {
        return Ok(());
    }
    let used = Used::by_others(server, service);
    let name = service.name().to_owned();
    let problem = node_ports(service.spec_mut(), &used, &mut server.rng);
    problem.map_err(|cause| Status::invalid(Kind::Service, &name, vec![cause]))
}

/// Takes over the addresses and ports that an update does not mention.
pub(super) fn keep(service: &mut Service, old: &Service) {
    let type_ = |service: &Service| service.spec.type_.clone().unwrap_or_default();
    if std::rc::Rc::ptr_eq(&service.spec, &old.spec) || type_(service) == "ExternalName" {
        return;
    }
    let spec = service.spec_mut();
    if spec.cluster_ip.is_none() {
        spec.cluster_ip.clone_from(&old.spec.cluster_ip);
    }
    if spec.cluster_ips.is_none() && spec.cluster_ip == old.spec.cluster_ip {
        spec.cluster_ips.clone_from(&old.spec.cluster_ips);
    }
    if spec.ip_families.is_none() {
        spec.ip_families.clone_from(&old.spec.ip_families);
    }
    if spec.ip_family_policy.is_none() {
        spec.ip_family_policy.clone_from(&old.spec.ip_family_policy);
    }
    if !matches!(spec.type_.as_deref(), Some("NodePort" | "LoadBalancer")) {
        return;
    }
    let old_ports = old.spec.ports.as_deref().unwrap_or_default();
    for port in spec.ports.iter_mut().flatten() {
        let same = old_ports
            .iter()
            .find(|old| old.port == port.port && old.protocol == port.protocol);
        if port.node_port.is_none() {
            port.node_port = same.and_then(|old| old.node_port);
        }
    }
}

/// What the other services hold.
struct Used {
    addresses: OrderedSet<String>,
    ports: OrderedSet<(String, i32)>,
}

impl Used {
    fn by_others(server: &ApiServer, service: &Service) -> Self {
        let mut used = Self {
            addresses: OrderedSet::new(),
            ports: OrderedSet::new(),
        };
        for other in server.list::<Service>(None) {
            if other.name() == service.name() && other.namespace() == service.namespace() {
                continue;
            }
            used.addresses.extend(other.spec.cluster_ip.clone());
            for port in other.spec.ports.iter().flatten() {
                let protocol = port.protocol.clone().unwrap_or_default();
                used.ports
                    .extend(port.node_port.map(|number| (protocol, number)));
            }
        }
        used
    }
}

/// A single-stack IPv4 cluster; a headless service without a selector may name both families.
fn families(spec: &mut ServiceSpec) -> Result<(), Cause> {
    let headless = spec.cluster_ip.as_deref() == Some("None");
    let selects = spec
        .selector
        .as_ref()
        .is_some_and(|selector| !selector.is_empty());
    let policy = spec.ip_family_policy.get_or_insert_with(|| {
        let policy = if headless && !selects {
            "RequireDualStack"
        } else {
            "SingleStack"
        };
        policy.to_owned()
    });
    let families = spec.ip_families.get_or_insert_default();
    if headless && !selects {
        if families.is_empty() {
            families.push("IPv4".to_owned());
        }
        if families.len() < 2 && policy != "SingleStack" {
            let other = if families[0] == "IPv4" {
                "IPv6"
            } else {
                "IPv4"
            };
            families.push(other.to_owned());
        }
        return Ok(());
    }
    if policy == "RequireDualStack" {
        let why = "this cluster is not configured for dual-stack services";
        return Err(invalid("spec.ipFamilyPolicy", &format!("{policy:?}"), why));
    }
    if let Some(index) = families.iter().position(|family| family != "IPv4") {
        let field = format!("spec.ipFamilies[{index}]");
        let value = format!("{:?}", families[index]);
        return Err(invalid(&field, &value, "not configured on this cluster"));
    }
    if families.is_empty() {
        families.push("IPv4".to_owned());
    }
    Ok(())
}

fn cluster_ip(spec: &mut ServiceSpec, used: &Used, rng: &mut Rng) -> Result<(), Cause> {
    let refuse = |address: &str, why: String| {
        let why = format!("failed to allocate IP {address}: {why}");
        Err(invalid("spec.clusterIPs", &format!("[{address:?}]"), &why))
    };
    match spec.cluster_ip.as_deref().unwrap_or_default() {
        "None" => {}
        "" => {
            let address = free_address(used, rng);
            let Some(address) = address else {
                return refuse("", "range is full".to_owned());
            };
            spec.cluster_ip = Some(address);
        }
        asked => {
            let number = asked.parse::<Ipv4Addr>().map(u32::from).unwrap_or_default();
            // Neither the network address nor the broadcast address can be had.
            let usable = FIRST_ADDRESS + 1..FIRST_ADDRESS + ADDRESSES - 1;
            if !usable.contains(&number) {
                let why = format!(
                    "the provided IP ({asked}) is not in the valid range. The range of valid IPs is 10.96.0.0/16"
                );
                return refuse(asked, why);
            }
            if used.addresses.contains(asked) {
                return refuse(asked, "provided IP is already allocated".to_owned());
            }
        }
    }
    spec.cluster_ips = spec.cluster_ip.clone().map(|address| vec![address]);
    Ok(())
}

fn free_address(used: &Used, rng: &mut Rng) -> Option<String> {
    let given = ADDRESSES - ASKED_ADDRESSES - 1;
    let start = u32::try_from(rng.below(u64::from(given))).unwrap_or(0);
    let upper = (0..given).map(|step| ASKED_ADDRESSES + (start + step) % given);
    upper
        .chain(1..ASKED_ADDRESSES)
        .map(|offset| Ipv4Addr::from(FIRST_ADDRESS + offset).to_string())
        .find(|address| !used.addresses.contains(address))
}

fn node_ports(spec: &mut ServiceSpec, used: &Used, rng: &mut Rng) -> Result<(), Cause> {
    let wanted = match spec.type_.as_deref() {
        Some("NodePort") => true,
        Some("LoadBalancer") => spec.allocate_load_balancer_node_ports != Some(false),
        _ => false,
    };
    let mut taken = used.ports.clone();
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        let protocol = port.protocol.clone().unwrap_or_default();
        let field = format!("spec.ports[{index}].nodePort");
        if let Some(number) = port.node_port {
            let refuse = |why: &str| Err(invalid(&field, &number.to_string(), why));
            if !(FIRST_PORT..FIRST_PORT + PORTS).contains(&number) {
                return refuse(
                    "provided port is not in the valid range. The range of valid ports is 30000-32767",
                );
            }
            if !taken.insert((protocol, number)) {
                return refuse("provided port is already allocated");
            }
        } else if wanted {
            port.node_port = free_port(&taken, rng);
            taken.extend(port.node_port.map(|number| (protocol, number)));
        }
    }
    let local = spec.external_traffic_policy.as_deref() == Some("Local");
    if local
        && spec.type_.as_deref() == Some("LoadBalancer")
        && spec.health_check_node_port.is_none()
    {
        spec.health_check_node_port = free_port(&taken, rng);
    }
    Ok(())
}

/// A port that no service has on any protocol.
fn free_port(taken: &OrderedSet<(String, i32)>, rng: &mut Rng) -> Option<i32> {
    let given = PORTS - ASKED_PORTS;
    let start = i32::try_from(rng.below(given.unsigned_abs().into())).unwrap_or(0);
    let upper = (0..given).map(|step| FIRST_PORT + ASKED_PORTS + (start + step) % given);
    upper
        .chain(FIRST_PORT..FIRST_PORT + ASKED_PORTS)
        .find(|number| taken.iter().all(|(_, port)| port != number))
}

fn invalid(field: &str, value: &str, why: &str) -> Cause {
    Cause {
        reason: "FieldValueInvalid",
        message: format!("Invalid value: {value}: {why}"),
        field: field.to_owned(),
    }
}
