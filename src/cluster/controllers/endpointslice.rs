//! The EndpointSlice controller: which pods stand behind a Service.

use crate::api::core::{ObjectReference, ServicePort};
use crate::api::discovery::{self, Endpoint, EndpointConditions, EndpointPort};
use crate::api::meta::ObjectMeta;
use crate::api::owner::controller_reference;
use crate::api::selector::matches_map;
use crate::api::{
    EndpointSlice, IntOrString, Kind, Node, Object, ObjectKey, Pod, Resource, Service,
};
use crate::apiserver::{Change, ChangeKind, DeleteOptions, Reason, Status};
use crate::cluster::{Actor, Context, Step};
use crate::kernel::Rng;
use crate::kernel::{OrderedMap, OrderedSet};
use std::collections::BTreeMap;

use super::work_queue::WorkQueue;
use super::{Controller, pods};

/// The controller's name in labels.
pub const NAME: &str = "endpointslice-controller.k8s.io";

const SERVICE_LABEL: &str = "kubernetes.io/service-name";
const MANAGER_LABEL: &str = "endpointslice.kubernetes.io/managed-by";
const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";

/// `--max-endpoints-per-slice`.
const MAX_ENDPOINTS: usize = 100;

/// The EndpointSlice controller.
#[derive(Clone, Debug)]
pub struct EndpointSliceController {
    queue: WorkQueue,
}

/// The ports of a slice, with a key that compares them.
type Ports = (String, Vec<EndpointPort>);

impl EndpointSliceController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }

    fn observe_pod(&mut self, change: &Change, pod: &Pod, context: &mut Context) {
        let previous = change.previous.as_ref().and_then(Object::typed::<Pod>);
        let same = previous.is_some_and(|old| relevant(old) == relevant(pod));
        if same && change.kind == ChangeKind::Modified {
            return;
        }
        let selects = |service: &Service, pod: &Pod| {
            let selector = service.spec.selector.as_ref();
            selector.is_some() && matches_map(selector, pod.meta.labels.as_ref())
        };
        let services: Vec<ObjectKey> = context
            .api
            .list::<Service>(Some(pod.namespace()))
            .filter(|service| {
                selects(service, pod) || previous.is_some_and(|old| selects(service, old))
            })
            .map(Service::key)
            .collect();
        for key in services {
            self.queue.add(key, context);
        }
    }
}

/// What of a pod shows in an endpoint.
fn relevant(pod: &Pod) -> impl PartialEq + '_ {
    (
        &pod.meta.labels,
        pod.is_deleting(),
        pods::is_ready(pod),
        pods::has_ended(pod),
        &pod.status.pod_ips,
        &pod.spec.node_name,
    )
}

impl Controller for EndpointSliceController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::Service(service) if change.kind != ChangeKind::Deleted => {
                self.queue.add(service.key(), context);
            }
            Object::EndpointSlice(slice) if change.kind == ChangeKind::Deleted => {
                if let Some(service) = slice.label(SERVICE_LABEL) {
                    let key = ObjectKey::new(Kind::Service, slice.namespace(), service);
                    self.queue.add(key, context);
                }
            }
            Object::Pod(pod) => self.observe_pod(change, pod, context),
            _ => {}
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let service = context.api.get::<Service>(&key.namespace, &key.name);
        let Some(service) = service.filter(|service| has_endpoints(service)).cloned() else {
            return Ok(());
        };
        let existing: Vec<EndpointSlice> = context
            .api
            .list::<EndpointSlice>(Some(&key.namespace))
            .filter(|slice| slice.label(SERVICE_LABEL) == Some(&key.name))
            .filter(|slice| slice.label(MANAGER_LABEL) == Some(NAME) && !slice.is_deleting())
            .cloned()
            .collect();
        let wanted = slices(&service, &existing, desired(&service, context));
        write(&service, &existing, wanted, context)
    }
}

/// Services without a selector, and names of other hosts, have no endpoints of ours.
fn has_endpoints(service: &Service) -> bool {
    service.spec.selector.is_some()
        && service.spec.type_.as_deref() != Some("ExternalName")
        && !service.is_deleting()
}

/// The endpoints that a Service should have, by their ports.
fn desired(
    service: &Service,
    context: &Context,
) -> OrderedMap<String, (Vec<EndpointPort>, Vec<Endpoint>)> {
    let mut groups: OrderedMap<String, (Vec<EndpointPort>, Vec<Endpoint>)> = OrderedMap::new();
    let selector = service.spec.selector.as_ref();
    for pod in context.api.list::<Pod>(Some(service.namespace())) {
        let selected = matches_map(selector, pod.meta.labels.as_ref());
        if !selected || pods::has_ended(pod) || addresses(pod).is_empty() {
            continue;
        }
        let node = context
            .api
            .get::<Node>("", pod.spec.node_name.as_deref().unwrap_or_default());
        if node.is_none() && service.spec.publish_not_ready_addresses != Some(true) {
            continue;
        }
        let (key, ports) = ports(service, pod);
        let group = groups.entry(key).or_insert_with(|| (ports, Vec::new()));
        group.1.push(endpoint(service, pod, node));
    }
    groups
}

fn endpoint(service: &Service, pod: &Pod, node: Option<&Node>) -> Endpoint {
    let serving = pods::is_ready(pod);
    let terminating = pod.is_deleting();
    // A pod that terminates is never ready, whatever its condition says.
    let published = service.spec.publish_not_ready_addresses == Some(true);
    let zone = node.and_then(|node| node.label("topology.kubernetes.io/zone"));
    let hostname = pod.spec.hostname.clone().filter(|hostname| {
        !hostname.is_empty() && pod.spec.subdomain.as_deref() == Some(service.name())
    });
    Endpoint {
        addresses: addresses(pod),
        conditions: Some(EndpointConditions {
            ready: Some(published || serving && !terminating),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: Some(pod.namespace().to_owned()),
            name: Some(pod.name().to_owned()),
            uid: Some(pod.uid().to_owned()),
            ..Default::default()
        }),
        node_name: pod.spec.node_name.clone(),
        zone: zone.map(str::to_owned),
        hostname,
        ..Default::default()
    }
}

/// The pod's addresses; all here are IPv4.
fn addresses(pod: &Pod) -> Vec<String> {
    let listed: Vec<String> = pod
        .status
        .pod_ips
        .iter()
        .flatten()
        .map(|ip| ip.ip.clone())
        .collect();
    if listed.is_empty() {
        return pod.status.pod_ip.iter().cloned().collect();
    }
    listed
}

/// The Service's ports as they are at this pod; a named port that it does not have is left out.
fn ports(service: &Service, pod: &Pod) -> Ports {
    let mut ports = Vec::new();
    for port in service.spec.ports.iter().flatten() {
        if let Some(number) = target(port, pod) {
            ports.push(EndpointPort {
                name: Some(port.name.clone().unwrap_or_default()),
                port: Some(number),
                protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
                app_protocol: port.app_protocol.clone(),
            });
        }
    }
    (ports_key(&ports), ports)
}

fn target(port: &ServicePort, pod: &Pod) -> Option<i32> {
    match &port.target_port {
        None | Some(IntOrString::Int(0)) => Some(port.port),
        Some(IntOrString::Int(number)) => Some(*number),
        Some(IntOrString::String(name)) if name.is_empty() => Some(port.port),
        Some(IntOrString::String(name)) => {
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            let sidecars = pod.spec.init_containers.iter().flatten();
            let sidecars = sidecars.filter(|c| c.restart_policy.as_deref() == Some("Always"));
            let containers = pod.spec.containers.iter().chain(sidecars);
            let mut all = containers.flat_map(|container| container.ports.iter().flatten());
            all.find(|of| {
                of.name.as_ref() == Some(name)
                    && of.protocol.as_deref().unwrap_or("TCP") == protocol
            })
            .map(|of| of.container_port)
        }
    }
}

fn ports_key(ports: &[EndpointPort]) -> String {
    let mut keys: Vec<String> = ports.iter().map(|port| format!("{port:?}")).collect();
    keys.sort();
    keys.concat()
}

/// The slices as they should be. Endpoints stay in their slices where they can, and slices keep their
/// names: one that is no longer needed becomes one that is.
fn slices(
    service: &Service,
    existing: &[EndpointSlice],
    groups: OrderedMap<String, (Vec<EndpointPort>, Vec<Endpoint>)>,
) -> Vec<EndpointSlice> {
    let mut slices = Vec::new();
    let mut new = Vec::new();
    for (key, (ports, endpoints)) in groups {
        let own = existing
            .iter()
            .filter(|slice| ports_key(slice.spec.ports.as_deref().unwrap_or_default()) == key);
        let mut left: OrderedMap<String, Endpoint> = endpoints
            .into_iter()
            .map(|endpoint| (target_uid(&endpoint), endpoint))
            .collect();
        for slice in own {
            let mut kept = slice.clone();
            let stays = |endpoint: &Endpoint| left.remove(&target_uid(endpoint));
            let staying = endpoints_of(slice).iter().filter_map(stays).collect();
            kept.spec_mut().endpoints = Some(staying);
            slices.push(kept);
        }
        let from = slices.len();
        let mut coming: Vec<Endpoint> = left.into_values().collect();
        coming.sort_by(|one, other| target_name(one).cmp(&target_name(other)));
        for slice in slices.iter_mut() {
            let of_group = ports_key(slice.spec.ports.as_deref().unwrap_or_default()) == key;
            let room = MAX_ENDPOINTS.saturating_sub(endpoints_of(slice).len());
            if of_group && room > 0 && !coming.is_empty() {
                let added: Vec<Endpoint> = coming.drain(..room.min(coming.len())).collect();
                slice
                    .spec_mut()
                    .endpoints
                    .get_or_insert_default()
                    .extend(added);
            }
        }
        debug_assert_eq!(from, slices.len());
        for chunk in coming.chunks(MAX_ENDPOINTS) {
            new.push((ports.clone(), chunk.to_vec()));
        }
    }
    slices.retain(|slice| !endpoints_of(slice).is_empty());
    if slices.is_empty() && new.is_empty() {
        // A Service without endpoints has one empty slice.
        new.push((Vec::new(), Vec::new()));
    }
    let kept: OrderedSet<String> = slices.iter().map(|slice| slice.name().to_owned()).collect();
    let mut spare = existing.iter().filter(|slice| !kept.contains(slice.name()));
    for (ports, endpoints) in new {
        let mut slice = spare
            .next()
            .cloned()
            .unwrap_or_else(|| empty_slice(service));
        let body = slice.spec_mut();
        body.ports = Some(ports);
        body.endpoints = Some(endpoints);
        slices.push(slice);
    }
    for slice in &mut slices {
        let labels = labels(service);
        if slice.meta.labels.as_ref() != Some(&labels) {
            slice.meta_mut().labels = Some(labels);
        }
    }
    slices
}

fn endpoints_of(slice: &EndpointSlice) -> &[Endpoint] {
    slice.spec.endpoints.as_deref().unwrap_or_default()
}

fn target_uid(endpoint: &Endpoint) -> String {
    let target = endpoint.target_ref.as_ref();
    target
        .and_then(|target| target.uid.clone())
        .unwrap_or_default()
}

fn target_name(endpoint: &Endpoint) -> Option<&String> {
    endpoint.target_ref.as_ref()?.name.as_ref()
}

fn empty_slice(service: &Service) -> EndpointSlice {
    let meta = ObjectMeta {
        generate_name: Some(format!("{}-", service.name())),
        namespace: Some(service.namespace().to_owned()),
        owner_references: Some(vec![controller_reference(service)]),
        ..Default::default()
    };
    let body = discovery::EndpointSlice {
        address_type: "IPv4".to_owned(),
        ..Default::default()
    };
    EndpointSlice::new(meta, body, ())
}

/// A slice has the labels of its Service, and those that say whose it is.
fn labels(service: &Service) -> BTreeMap<String, String> {
    let mut labels = service.meta.labels.clone().unwrap_or_default();
    labels.remove(HEADLESS_LABEL);
    if matches!(service.spec.cluster_ip.as_deref(), None | Some("" | "None")) {
        labels.insert(HEADLESS_LABEL.to_owned(), String::new());
    }
    labels.insert(SERVICE_LABEL.to_owned(), service.name().to_owned());
    labels.insert(MANAGER_LABEL.to_owned(), NAME.to_owned());
    labels
}

fn write(
    service: &Service,
    existing: &[EndpointSlice],
    wanted: Vec<EndpointSlice>,
    context: &mut Context,
) -> Result<(), Status> {
    let kept: OrderedSet<String> = wanted.iter().map(|slice| slice.name().to_owned()).collect();
    for slice in wanted {
        let old = existing.iter().find(|old| old.name() == slice.name());
        if old == Some(&slice) {
            continue;
        }
        note(service, &slice, context);
        let object = slice.into_object();
        if old.is_some() {
            context.api.update(object, context.moment())?;
        } else {
            context.api.create(object, context.moment())?;
        }
    }
    for slice in existing.iter().filter(|slice| !kept.contains(slice.name())) {
        let options = DeleteOptions::default();
        match context.api.delete(&slice.key(), &options, context.moment()) {
            Err(status) if status.reason != Reason::NotFound => return Err(status),
            _ => {}
        }
    }
    Ok(())
}

fn note(service: &Service, slice: &EndpointSlice, context: &mut Context) {
    let ready = endpoints_of(slice).iter().filter(|endpoint| {
        let conditions = endpoint.conditions.as_ref();
        conditions.and_then(|conditions| conditions.ready) == Some(true)
    });
    let text = format!(
        "Service {} has **{} ready** of {} endpoints",
        service.name(),
        ready.count(),
        endpoints_of(slice).len()
    );
    let actor = Actor::Controller("endpoint-slice-controller");
    let mut step = Step::new(actor, service.key(), "endpoints", text).reading("spec.selector");
    for endpoint in endpoints_of(slice).iter().take(8) {
        if let Some(name) = target_name(endpoint) {
            let pod = ObjectKey::new(Kind::Pod, service.namespace(), name);
            step = step.reading_of(pod, "status.conditions");
        }
    }
    context.step(step);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::testbed::Testbed;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn service(port: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"selector": {"app": "web"}, "ports": [port]}})
    }

    fn pod(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "nginx",
                "ports": [{"name": "http", "containerPort": 8080}]}]}})
    }

    /// `pod ready/serving/terminating`, or `-` for a slice without endpoints; with the ports.
    fn endpoints(testbed: &Testbed) -> Vec<String> {
        let mut lines = Vec::new();
        for slice in testbed.api.list::<EndpointSlice>(None) {
            let ports = slice.spec.ports.iter().flatten();
            let ports: Vec<String> = ports
                .map(|port| port.port.unwrap_or(0).to_string())
                .collect();
            let of_slice = endpoints_of(slice).iter().map(|endpoint| {
                let conditions = endpoint.conditions.clone().unwrap();
                let mark = |flag: Option<bool>| if flag == Some(true) { "yes" } else { "no" };
                let name = target_name(endpoint).unwrap();
                format!(
                    "{name} {}/{}/{}",
                    mark(conditions.ready),
                    mark(conditions.serving),
                    mark(conditions.terminating)
                )
            });
            let of_slice: Vec<String> = of_slice.collect();
            let text = if of_slice.is_empty() {
                "-".to_owned()
            } else {
                of_slice.join(", ")
            };
            lines.push(format!("[{}] {text}", ports.join(" ")));
        }
        lines
    }

    #[test]
    fn endpoints_follow_the_pods() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.create(service(json!({"port": 80, "targetPort": "http"})));
        testbed.run_for(Duration::from_millis(100));
        assert_eq!(endpoints(&testbed), ["[] -"]);
        let name = testbed
            .api
            .list::<EndpointSlice>(None)
            .next()
            .unwrap()
            .name()
            .to_owned();

        let a = testbed.create(pod("a")).key();
        testbed.create(pod("b"));
        testbed.run_for(Duration::from_secs(2));
        assert_eq!(endpoints(&testbed), ["[8080] a yes/yes/no, b yes/yes/no"]);
        // The empty slice was put to use.
        assert!(testbed.api.get::<EndpointSlice>("default", &name).is_some());

        testbed.set_ready(&a, false);
        testbed.run_for(Duration::from_millis(100));
        assert_eq!(endpoints(&testbed), ["[8080] a no/no/no, b yes/yes/no"]);

        testbed.delete(&a.sibling(Kind::Pod, "b"), &DeleteOptions::default());
        testbed.run_for(Duration::from_millis(100));
        assert_eq!(endpoints(&testbed), ["[8080] a no/no/no, b no/yes/yes"]);
        testbed.run_for(Duration::from_secs(2));
        assert_eq!(endpoints(&testbed), ["[8080] a no/no/no"]);
    }

    #[test]
    fn more_than_a_hundred_endpoints_need_another_slice() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1"), Testbed::node("node-2")]);
        testbed.create(service(json!({"port": 80})));
        for index in 0..130 {
            testbed.create(pod(&format!("web-{index}")));
        }
        testbed.run_for(Duration::from_secs(5));
        let sizes: usize = testbed
            .api
            .list::<EndpointSlice>(None)
            .map(|slice| endpoints_of(slice).len())
            .sum();
        assert_eq!(
            (testbed.api.list::<EndpointSlice>(None).count(), sizes),
            (2, 130)
        );
    }
}
