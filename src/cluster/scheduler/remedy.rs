//! The smallest change with which a pod would fit: on the pod, on a node, or on both.
//!
//! Every proposal has been tried: the changed pod passed all filters on the changed node.

use std::rc::Rc;

use crate::api::core::{
    NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration, TopologySpreadConstraint,
};
use crate::api::quantity::canonical;
use crate::api::toleration::tolerates;
use crate::api::{Kind, Node, ObjectKey, Pod, Quantity};

use super::nodes::{NodeInfo, Nodes};
use super::pod_info::{HostPort, PodInfo};
use super::resources::Resources;
use super::template::Templates;

/// What to change so that a node can take the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The node that could take it then.
    pub node: Rc<str>,
    /// The changes; all of them are needed.
    pub fixes: Vec<Fix>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The object to change.
    pub object: ObjectKey,
    /// The field.
    pub path: String,
    /// What to do: `lower the cpu request of main by 200m, to 300m`.
    pub text: String,
    /// How much it takes: the less the better.
    cost: i64,
}

/// More changes than this on one node are no small change.
const MAX_FIXES: usize = 4;

/// In larger clusters only so many nodes are tried.
const MAX_NODES: usize = 50;

/// The smallest change with which some node could take the pod; `None` if it fits already, or if no small
/// change helps.
#[must_use]
pub fn smallest(pod: &Rc<PodInfo>, nodes: &Nodes) -> Option<Remedy> {
    let remedies = nodes
        .iter()
        .take(MAX_NODES)
        .filter_map(|node| for_node(pod, node, nodes));
    let all: Vec<Remedy> = remedies.collect();
    if all.iter().any(|remedy| remedy.fixes.is_empty()) {
        return None;
    }
    let cost = |remedy: &Remedy| remedy.fixes.iter().map(|fix| fix.cost).sum::<i64>();
    all.into_iter().min_by_key(cost)
}

/// What to change so that this node can take the pod.
fn for_node(pod: &PodInfo, info: &NodeInfo, nodes: &Nodes) -> Option<Remedy> {
    let (kin, volumes) = (pod.kin.clone(), pod.volumes.as_ref().clone());
    let profile = pod.profile.clone();
    let mut pod = pod.pod.clone();
    let mut node = info.node.clone()?;
    let mut nodes = nodes.clone();
    let mut fixes = Vec::new();
    loop {
        let wanted = PodInfo::new(&pod).with(kin.clone(), volumes.clone(), profile.as_ref());
        nodes.put_node(&node);
        let mut template = Templates::default().take(&wanted, &nodes);
        let slot = nodes.get(node.name())?.slot;
        let shut_out = |names: &crate::kernel::OrderedSet<String>| !names.contains(node.name());
        if template.rejected_outright.is_some() || template.among.as_ref().is_some_and(shut_out) {
            return None;
        }
        let Some(rejection) = template.rejection(slot, &nodes) else {
            break;
        };
        if fixes.len() == MAX_FIXES {
            return None;
        }
        let here = nodes.at(slot);
        fixes.push(match rejection.plugin {
            "NodeResourcesFit" => lower_request(&mut pod, &wanted, here)?,
            "TaintToleration" => tolerate(&mut pod, &node)?,
            "NodeUnschedulable" => uncordon(&mut node),
            "NodeAffinity" => relabel(&mut pod, &mut node)?,
            "NodePorts" => move_port(&mut pod, &wanted, here)?,
            "PodTopologySpread" => loosen_spread(&mut pod, &mut node, &nodes)?,
            "InterPodAffinity" => loosen_affinity(&mut pod)?,
            _ => return None,
        });
    }
    Some(Remedy {
        node: Rc::clone(&info.name),
        fixes,
    })
}

fn on_pod(pod: &Pod, path: String, text: String, cost: i64) -> Fix {
    Fix {
        object: pod.key(),
        path,
        text,
        cost,
    }
}

fn on_node(node: &Node, path: &str, text: String, cost: i64) -> Fix {
    Fix {
        object: ObjectKey::new(Kind::Node, "", node.name()),
        path: path.to_owned(),
        text,
        cost,
    }
}

/// Lowers the largest request of the first resource that is short by what is missing.
fn lower_request(pod: &mut Pod, wanted: &PodInfo, node: &NodeInfo) -> Option<Fix> {
    let (wants, has, taken) = (&wanted.requests, &node.allocatable, &node.requested);
    let missing = |wants: i64, has: i64, taken: i64| (wants > 0).then_some(wants - (has - taken));
    let mebibyte = 1 << 20;
    let (resource, excess, unit) = [
        (
            "cpu",
            missing(wants.cpu_millis, has.cpu_millis, taken.cpu_millis),
            1,
        ),
        (
            "memory",
            missing(wants.memory_bytes, has.memory_bytes, taken.memory_bytes),
            mebibyte,
        ),
        (
            "ephemeral-storage",
            missing(
                wants.ephemeral_bytes,
                has.ephemeral_bytes,
                taken.ephemeral_bytes,
            ),
            mebibyte,
        ),
    ]
    .into_iter()
    .find_map(|(name, missing, unit)| {
        let excess = missing.filter(|missing| *missing > 0)?;
        Some((name, excess, unit))
    })?;
    let excess = (excess + unit - 1) / unit * unit;
    let amount = |list: &Resources| match resource {
        "cpu" => list.cpu_millis,
        "memory" => list.memory_bytes,
        _ => list.ephemeral_bytes,
    };
    let requested = |index: &usize| {
        let resources = pod.spec.containers[*index].resources.as_ref();
        let list = Resources::from_list(resources.and_then(|all| all.requests.as_ref()));
        amount(&list)
    };
    let largest = (0..pod.spec.containers.len()).max_by_key(requested)?;
    let left = requested(&largest) - excess;
    if left < 0 {
        return None;
    }
    let share = excess * 100 / (left + excess).max(1);
    let container = &mut pod.spec_mut().containers[largest];
    let requests = container.resources.as_mut()?.requests.as_mut()?;
    requests.insert(resource.to_owned(), quantity(resource, left));
    let (by, to) = (quantity(resource, excess), quantity(resource, left));
    let text = format!(
        "lower the {resource} request of {} by {}, to {}",
        container.name, by.0, to.0
    );
    let path = format!("spec.containers[{largest}].resources.requests.{resource}");
    Some(on_pod(pod, path, text, 10 + share))
}

fn quantity(resource: &str, amount: i64) -> Quantity {
    let plain = match resource {
        "cpu" => format!("{amount}m"),
        _ => format!("{}Mi", amount >> 20),
    };
    let plain = Quantity(plain);
    canonical(&plain).unwrap_or(plain)
}

fn tolerate(pod: &mut Pod, node: &Node) -> Option<Fix> {
    let tolerated = |taint: &&Taint| tolerates(pod.spec.tolerations.iter().flatten(), taint);
    let mut taints = node.spec.taints.iter().flatten();
    let taint = taints.find(|taint| taint.effect != "PreferNoSchedule" && !tolerated(taint))?;
    let value = taint.value.clone().filter(|value| !value.is_empty());
    let text = match &value {
        Some(value) => format!("tolerate the taint {}={value}:{}", taint.key, taint.effect),
        None => format!("tolerate the taint {}:{}", taint.key, taint.effect),
    };
    let operator = if value.is_some() { "Equal" } else { "Exists" };
    let toleration = Toleration {
        key: Some(taint.key.clone()),
        operator: Some(operator.to_owned()),
        value,
        effect: Some(taint.effect.clone()),
        ..Default::default()
    };
    let tolerations = pod.spec_mut().tolerations.get_or_insert_default();
    tolerations.push(toleration);
    Some(on_pod(pod, "spec.tolerations".to_owned(), text, 30))
}

fn uncordon(node: &mut Node) -> Fix {
    node.spec_mut().unschedulable = None;
    let text = format!("uncordon {}", node.name());
    on_node(node, "spec.unschedulable", text, 25)
}

/// Labels the node as the selector or the first term of the required affinity asks for. What Kubernetes itself says
/// of a node is no label to change: there the selector asks for what the node has.
fn relabel(pod: &mut Pod, node: &mut Node) -> Option<Fix> {
    let selector = pod.spec.node_selector.iter().flatten();
    let mut differing = selector.filter(|(key, value)| node.label(key) != Some(value));
    if let Some((key, value)) = differing.next() {
        let (key, value) = (key.clone(), value.clone());
        return match is_reserved(&key) {
            true => reselect(pod, node, &key, &value),
            false => Some(label(node, &key, &value)),
        };
    }
    let required = required_terms(&pod.spec)?;
    let expressions = required.first()?.match_expressions.as_deref()?;
    let failing = expressions.iter().find(|one| {
        let term = NodeSelectorTerm {
            match_expressions: Some(vec![(*one).clone()]),
            ..Default::default()
        };
        let labels = node.meta.labels.as_ref();
        !crate::api::node_selector::matches(&term, node.name(), labels)
    })?;
    (!is_reserved(&failing.key)).then(|| satisfy(failing, node))?
}

/// Whether a label is in a domain of Kubernetes: the kubelet or the cloud provider sets it.
fn is_reserved(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    domain.ends_with("kubernetes.io") || domain.ends_with("k8s.io")
}

fn reselect(pod: &mut Pod, node: &Node, key: &str, value: &str) -> Option<Fix> {
    let has = node.label(key)?.to_owned();
    let text = format!("select {key}={has} in place of {value}");
    let selector = pod.spec_mut().node_selector.as_mut()?;
    selector.insert(key.to_owned(), has);
    Some(on_pod(pod, format!("spec.nodeSelector.{key}"), text, 30))
}

fn required_terms(spec: &PodSpec) -> Option<&[NodeSelectorTerm]> {
    let affinity = spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    Some(&required.node_selector_terms)
}

fn satisfy(requirement: &NodeSelectorRequirement, node: &mut Node) -> Option<Fix> {
    let first = requirement
        .values
        .as_ref()
        .and_then(|values| values.first());
    let beyond = |by: i64| Some((first?.parse::<i64>().ok()? + by).to_string());
    let value = match requirement.operator.as_str() {
        "In" => first?.clone(),
        "Exists" => "true".to_owned(),
        "Gt" => beyond(1)?,
        "Lt" => beyond(-1)?,
        _ => {
            let key = &requirement.key;
            node.meta_mut().labels.as_mut()?.remove(key)?;
            let text = format!("remove the label {key} from {}", node.name());
            return Some(on_node(node, "metadata.labels", text, 20));
        }
    };
    Some(label(node, &requirement.key, &value))
}

fn label(node: &mut Node, key: &str, value: &str) -> Fix {
    let labels = node.meta_mut().labels.get_or_insert_default();
    // To change what a node is called is more than to call it something.
    let cost = match labels.insert(key.to_owned(), value.to_owned()) {
        None => 20,
        Some(_) => 35,
    };
    let text = format!("label {} {key}={value}", node.name());
    on_node(node, "metadata.labels", text, cost)
}

/// Asks for the next host port that is free.
fn move_port(pod: &mut Pod, wanted: &PodInfo, node: &NodeInfo) -> Option<Fix> {
    let is_taken = |port: &HostPort| node.ports.iter().any(|taken| taken.conflicts_with(port));
    let clash = wanted
        .host_ports
        .iter()
        .find(|port| is_taken(port))?
        .clone();
    let free = (clash.port + 1..=65_535).find(|port| {
        let other = HostPort {
            port: *port,
            ..clash.clone()
        };
        !is_taken(&other) && !wanted.host_ports.contains(&other)
    })?;
    for (index, container) in pod.spec_mut().containers.iter_mut().enumerate() {
        let declared = container.ports.iter_mut().flatten().enumerate();
        for (place, port) in declared {
            if port.host_port == Some(clash.port) {
                port.host_port = Some(free);
                let path = format!("spec.containers[{index}].ports[{place}].hostPort");
                let text = format!("use the host port {free} in place of {}", clash.port);
                return Some(on_pod(pod, path, text, 20));
            }
        }
    }
    None
}

/// Gives the node the label that a constraint lacks, or makes the first constraint that holds the pod off a wish.
fn loosen_spread(pod: &mut Pod, node: &mut Node, nodes: &Nodes) -> Option<Fix> {
    let hard =
        |constraint: &TopologySpreadConstraint| constraint.when_unsatisfiable == "DoNotSchedule";
    let constraints = pod.spec.topology_spread_constraints.clone()?;
    let mut of_pod = constraints.iter().filter(|constraint| hard(constraint));
    if let Some(missing) = of_pod.find(|one| node.label(&one.topology_key).is_none()) {
        let key = &missing.topology_key;
        let mut others = nodes.iter().filter_map(|other| other.labels()?.get(key));
        let value = others.next()?.clone();
        return Some(label(node, key, &value));
    }
    let index = constraints.iter().position(hard)?;
    let constraint = pod
        .spec_mut()
        .topology_spread_constraints
        .as_mut()?
        .get_mut(index)?;
    constraint.when_unsatisfiable = "ScheduleAnyway".to_owned();
    let text = format!(
        "let the spread over {} be a wish: ScheduleAnyway",
        constraint.topology_key
    );
    let path = format!("spec.topologySpreadConstraints[{index}].whenUnsatisfiable");
    Some(on_pod(pod, path, text, 40))
}

/// Takes back what the pod requires of other pods near it.
fn loosen_affinity(pod: &mut Pod) -> Option<Fix> {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let affinity = pod.spec_mut().affinity.as_mut()?;
    let towards = affinity.pod_affinity.as_mut();
    let away = affinity.pod_anti_affinity.as_mut();
    let towards = towards.and_then(|terms| {
        terms
            .required_during_scheduling_ignored_during_execution
            .take()
    });
    let (name, text) = if towards.is_some_and(|terms| !terms.is_empty()) {
        (
            "podAffinity",
            "prefer to be near those pods instead of requiring it",
        )
    } else {
        away?
            .required_during_scheduling_ignored_during_execution
            .take()
            .filter(|terms| !terms.is_empty())?;
        (
            "podAntiAffinity",
            "prefer to be away from those pods instead of requiring it",
        )
    };
    let path = format!("spec.affinity.{name}.{required}");
    Some(on_pod(pod, path, text.to_owned(), 45))
}

#[cfg(test)]
mod tests;
