//! The pod network: names, services and addresses that processes ask for, on this node or another.

use std::rc::Rc;
use std::time::Duration;

use crate::api::discovery::Endpoint;
use crate::api::{EndpointSlice, IntOrString, Node, Pod, Service};
use crate::apiserver::ApiServer;
use crate::cluster::process::{
    HttpOutcome, HttpRequest, NetworkReply, NetworkRequest, RequestId, RequestKind,
};
use crate::cluster::timing::NETWORK_HOP;
use crate::cluster::{Context, Event};
use crate::kernel::Rng;

use super::host::Host;
use super::network_files::{CLUSTER_DOMAIN, ndots, search_domains};
use super::worker::Worker;
use super::{Kubelet, ProcessId, Wake};

/// Something that arrives over the pod network for a pod of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// The address of the pod that it is for.
    pub to: Rc<str>,
    /// The port; `None` for an ICMP echo.
    pub port: Option<u16>,
    /// The HTTP request; `None` only to connect.
    pub request: Option<HttpRequest>,
    /// Who gets the answer.
    pub back: Back,
}

/// Who gets the answer to a packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Back {
    /// The node.
    pub node: Rc<str>,
    /// The pod's uid.
    pub uid: Rc<str>,
    /// The process.
    pub process: ProcessId,
    /// Its request.
    pub id: RequestId,
}

impl Back {
    fn answer(&self, after: Duration, reply: NetworkReply, context: &mut Context) {
        let wake = Wake::Reply {
            uid: Rc::clone(&self.uid),
            process: self.process,
            id: self.id,
            reply: Box::new(reply),
        };
        let node = Rc::clone(&self.node);
        context.after(after, Event::Kubelet { node, wake });
    }
}

impl Worker {
    /// A process asks something of the network.
    pub fn network_request(
        &mut self,
        process: ProcessId,
        request: &NetworkRequest,
        host: &mut Host,
        context: &mut Context,
    ) {
        let back = Back {
            node: Rc::clone(&host.node),
            uid: Rc::clone(&self.uid),
            process,
            id: request.id,
        };
        let soon = NETWORK_HOP * 2;
        let (name, port, http) = match &request.kind {
            RequestKind::Resolve { name } => {
                let reply = match resolve(&self.pod, name, context.api) {
                    Some((name, addresses)) => NetworkReply::Resolved { name, addresses },
                    None => NetworkReply::NoSuchHost,
                };
                back.answer(soon, reply, context);
                return;
            }
            RequestKind::Connect { host, port } => (host, Some(*port), None),
            RequestKind::Http {
                host,
                port,
                request,
                ..
            } => (host, Some(*port), Some(request.clone())),
            RequestKind::Ping { host } => (host, None, None),
        };
        let Some(address) = self.address_of(name, context.api) else {
            back.answer(soon, NetworkReply::NoSuchHost, context);
            return;
        };
        match route(&address, port, &self.own_ip(), host, context.api) {
            Route::Pod { node, ip, port } => {
                let packet = Packet {
                    to: ip,
                    port,
                    request: http,
                    back,
                };
                let wake = Wake::Packet(Box::new(packet));
                context.after(NETWORK_HOP, Event::Kubelet { node, wake });
            }
            Route::Refused => back.answer(soon, NetworkReply::Refused, context),
            // Nobody answers there: the process waits until its own time limit.
            Route::Nowhere => {}
        }
    }

    /// The address of a name: of itself, of `/etc/hosts`, or of the cluster's DNS.
    fn address_of(&self, name: &str, api: &ApiServer) -> Option<String> {
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return Some(name.to_owned());
        }
        if name == "localhost" {
            return Some("127.0.0.1".to_owned());
        }
        let aliases = self.pod.spec.host_aliases.iter().flatten();
        let alias = aliases
            .filter(|alias| alias.hostnames.iter().flatten().any(|one| one == name))
            .map(|alias| alias.ip.clone())
            .next();
        alias.or_else(|| resolve(&self.pod, name, api)?.1.into_iter().next())
    }
}

enum Route {
    Pod {
        node: Rc<str>,
        ip: Rc<str>,
        port: Option<u16>,
    },
    Refused,
    Nowhere,
}

/// Where an address leads: a pod, or through a service to one of its endpoints.
fn route(address: &str, port: Option<u16>, own: &str, host: &mut Host, api: &ApiServer) -> Route {
    let to = |ip: &str, port: Option<u16>, api: &ApiServer| match node_of(ip, api) {
        Some(node) => Route::Pod {
            node,
            ip: ip.into(),
            port,
        },
        None => Route::Nowhere,
    };
    if address.starts_with("127.") {
        return Route::Pod {
            node: Rc::clone(&host.node),
            ip: own.into(),
            port,
        };
    }
    let service = api
        .list::<Service>(None)
        .find(|service| service.spec.cluster_ip.as_deref() == Some(address));
    let Some(service) = service else {
        return to(address, port, api);
    };
    match endpoint(service, port, &mut host.rng, api) {
        Some((ip, port)) => to(&ip, Some(port), api),
        // kube-proxy: a port of a service without endpoints is rejected.
        None => Route::Refused,
    }
}

/// A ready endpoint of a service for a port, with the port there.
fn endpoint(
    service: &Service,
    port: Option<u16>,
    rng: &mut Rng,
    api: &ApiServer,
) -> Option<(String, u16)> {
    let ports = service.spec.ports.iter().flatten();
    let asked = i32::from(port?);
    let port = ports.into_iter().find(|one| one.port == asked)?;
    let slices = api
        .list::<EndpointSlice>(Some(service.namespace()))
        .filter(|slice| slice.label("kubernetes.io/service-name") == Some(service.name()));
    let mut found = Vec::new();
    for slice in slices {
        let named = slice.spec.ports.iter().flatten();
        let own = named.into_iter().find(|one| {
            one.name.as_deref().unwrap_or_default() == port.name.as_deref().unwrap_or_default()
        });
        let target = own
            .and_then(|one| one.port)
            .unwrap_or(match &port.target_port {
                Some(IntOrString::Int(number)) => *number,
                _ => port.port,
            });
        let target = u16::try_from(target).ok()?;
        for endpoint in slice
            .spec
            .endpoints
            .iter()
            .flatten()
            .filter(|one| is_ready(one))
        {
            found.extend(endpoint.addresses.iter().map(|ip| (ip.clone(), target)));
        }
    }
    rng.pick(&found).cloned()
}

fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|one| one.ready) != Some(false)
}

/// The node whose range holds a pod's address, or whose address it is.
fn node_of(ip: &str, api: &ApiServer) -> Option<Rc<str>> {
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let wanted = number(ip)?;
    let node = api.list::<Node>(None).find(|node| {
        let cidr = node
            .spec
            .pod_cidr
            .as_deref()
            .and_then(|cidr| cidr.split_once('/'));
        let within = cidr.and_then(|(base, bits)| {
            let mask = u32::MAX
                .checked_shl(32 - bits.parse::<u32>().ok()?)
                .unwrap_or(0);
            Some(number(base)? & mask == wanted & mask)
        });
        let own = node
            .status
            .addresses
            .iter()
            .flatten()
            .any(|one| one.address == ip);
        within == Some(true) || own
    })?;
    Some(node.name().into())
}

/// The cluster's DNS: the full name that matched, and its addresses.
fn resolve(pod: &Pod, name: &str, api: &ApiServer) -> Option<(String, Vec<String>)> {
    let searches = search_domains(pod);
    let expanded = searches.iter().map(|domain| format!("{name}.{domain}"));
    let plain = name.trim_end_matches('.').to_owned();
    let candidates: Vec<String> = if name.ends_with('.') {
        vec![plain]
    } else if name.matches('.').count() >= ndots(pod) {
        std::iter::once(plain).chain(expanded).collect()
    } else {
        expanded.chain([plain]).collect()
    };
    candidates
        .into_iter()
        .find_map(|full| Some((full.clone(), lookup(&full, api)?)))
}

/// CoreDNS: services, and the pods behind headless ones.
fn lookup(full: &str, api: &ApiServer) -> Option<Vec<String>> {
    let inner = full.strip_suffix(&format!(".svc.{CLUSTER_DOMAIN}"))?;
    let parts: Vec<&str> = inner.split('.').collect();
    let (host, service, namespace) = match parts.as_slice() {
        [service, namespace] => (None, *service, *namespace),
        [host, service, namespace] => (Some(*host), *service, *namespace),
        _ => return None,
    };
    let found = api.get::<Service>(namespace, service)?;
    if let Some(name) = &found.spec.external_name {
        return Some(vec![name.clone()]);
    }
    let address = found.spec.cluster_ip.as_deref().unwrap_or_default();
    if host.is_none() && !matches!(address, "" | "None") {
        return Some(vec![address.to_owned()]);
    }
    let publish_all = found.spec.publish_not_ready_addresses == Some(true);
    let slices = api.list::<EndpointSlice>(Some(namespace));
    let addresses: Vec<String> = slices
        .filter(|slice| slice.label("kubernetes.io/service-name") == Some(service))
        .flat_map(|slice| slice.spec.endpoints.iter().flatten())
        .filter(|one| publish_all || is_ready(one))
        .filter(|one| host.is_none() || one.hostname.as_deref() == host)
        .flat_map(|one| one.addresses.iter().cloned())
        .collect();
    Some(addresses).filter(|list| !list.is_empty())
}

impl Kubelet {
    /// Something arrives for a pod of this node.
    pub(super) fn packet(&mut self, packet: &Packet, context: &mut Context) {
        if !self.host.powered {
            return;
        }
        let back = &packet.back;
        let owner = self.host.by_ip.get(&packet.to).cloned();
        let owner = owner.or_else(|| self.host_network_pod(packet, context));
        let Some(uid) = owner else {
            if packet.to == self.host.ip {
                back.answer(NETWORK_HOP, NetworkReply::Refused, context);
            } else {
                // Linux: the node's bridge says that nobody has the address, after three questions.
                back.answer(Duration::from_secs(3), NetworkReply::Unreachable, context);
            }
            return;
        };
        let Some((worker, _)) = self.worker_mut(&uid) else {
            return;
        };
        let Some(port) = packet.port else {
            let reply = NetworkReply::Pong {
                address: packet.to.to_string(),
                round_trip: NETWORK_HOP * 2,
            };
            back.answer(NETWORK_HOP, reply, context);
            return;
        };
        let Some(number) = worker.listener(port, context) else {
            back.answer(NETWORK_HOP, NetworkReply::Refused, context);
            return;
        };
        let Some(request) = &packet.request else {
            back.answer(NETWORK_HOP, NetworkReply::Connected, context);
            return;
        };
        match worker.http_to(number, port, request, context) {
            HttpOutcome::Response { response, after } => {
                back.answer(NETWORK_HOP + after, NetworkReply::Http(response), context);
            }
            HttpOutcome::Refused => back.answer(NETWORK_HOP, NetworkReply::Refused, context),
            HttpOutcome::Hangs => {}
        }
    }

    /// The pod on the node's own network that listens on a port.
    fn host_network_pod(&self, packet: &Packet, context: &Context) -> Option<Rc<str>> {
        if packet.to != self.host.ip {
            return None;
        }
        let port = packet.port?;
        let workers = self.workers.values().filter(|one| one.plan.host_network);
        let mut listening = workers.filter(|one| one.listener(port, context).is_some());
        listening.next().map(|one| Rc::clone(&one.uid))
    }
}
