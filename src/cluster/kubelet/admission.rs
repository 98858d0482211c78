//! Admission on the node: the kubelet checks resources and ports of what is bound to it, and refuses what
//! does not fit.

use std::rc::Rc;

use crate::api::Pod;
use crate::api::core::PodStatus;
use crate::api::quantity::{milli_value, value};
use crate::cluster::Context;

use super::Kubelet;
use super::inspect::WorkState;
use super::resources::requests_of_pod;
use super::status::is_terminal;
use super::worker::Worker;

/// Why a pod is refused.
struct Refusal {
    reason: String,
    message: String,
}

impl Kubelet {
    /// Refuses a pod that does not fit: it fails at once, and nothing of it is started.
    pub(super) fn admit(&mut self, worker: &mut Worker, context: &mut Context) {
        let pod = worker.pod.clone();
        if pod.is_deleting() || is_terminal(pod.status.phase.as_deref()) {
            return;
        }
        let Some(refusal) = self.refusal(&pod) else {
            return;
        };
        worker.rejected = true;
        let host = &mut self.host;
        let reason: &'static str = reason_of(&refusal.reason);
        worker.event(None, true, reason, refusal.message.clone(), host, context);
        let text = format!("The kubelet **refuses** the pod: {}", refusal.message);
        let reads = ["spec.nodeName".to_owned()];
        worker.step(None, "pod-refused", text, &reads, host, context);
        let status = PodStatus {
            phase: Some("Failed".to_owned()),
            reason: Some(refusal.reason),
            message: Some(format!("Pod was rejected: {}", refusal.message)),
            qos_class: pod.status.qos_class.clone(),
            conditions: pod.status.conditions.clone(),
            observed_generation: pod.meta.generation,
            ..Default::default()
        };
        worker.set_status(status, false, host, context);
    }

    /// Reason and message, if a pod that is here already does not fit beside the others.
    pub(super) fn short_of_others(&self, pod: &Pod) -> Option<(String, String)> {
        let mut others = self.active();
        others.retain(|one| &*one.uid != pod.uid());
        let refusal = self.short_of(pod, &others)?;
        Some((refusal.reason, refusal.message))
    }

    /// The pods that hold resources.
    fn active(&self) -> Vec<&Worker> {
        self.workers
            .values()
            .map(Rc::as_ref)
            .filter(|one| !one.rejected && one.work != WorkState::Finished)
            .filter(|one| !one.has_terminal_status() || one.work == WorkState::Terminating)
            .collect()
    }

    fn refusal(&self, pod: &Pod) -> Option<Refusal> {
        if let Some(conditions) = super::eviction::refuses_under_pressure(&self.host, pod) {
            return Some(Refusal {
                reason: "Evicted".to_owned(),
                message: format!("The node had condition: {conditions}. "),
            });
        }
        if self.host.shutdown.is_some() {
            return Some(Refusal {
                reason: "NodeShutdown".to_owned(),
                message: "Pod was rejected as the node is shutting down.".to_owned(),
            });
        }
        let active = self.active();
        let machine = &self.host.machine;
        if active.len() >= machine.max_pods as usize {
            return Some(Refusal {
                reason: "OutOfpods".to_owned(),
                message: format!(
                    "Node didn't have enough resource: pods, requested: 1, used: {}, capacity: {}",
                    active.len(),
                    machine.max_pods
                ),
            });
        }
        if let Some(refusal) = self.short_of(pod, &active) {
            return Some(refusal);
        }
        if has_port_conflict(pod, &active) {
            return Some(Refusal {
                reason: "NodePorts".to_owned(),
                message:
                    "Predicate NodePorts failed: node(s) didn't have free ports for the requested \
                          pod ports"
                        .to_owned(),
            });
        }
        None
    }

    fn short_of(&self, pod: &Pod, active: &[&Worker]) -> Option<Refusal> {
        let capacity = [
            ("cpu", i128::from(self.host.machine.cpu_millis)),
            (
                "memory",
                i128::from(super::node::allocatable_memory(
                    self.host.machine.memory_bytes,
                )),
            ),
        ];
        for (name, capacity) in capacity {
            let asked = request(pod, name);
            if asked == 0 {
                continue;
            }
            let used: i128 = active.iter().map(|one| request(&one.pod, name)).sum();
            if used + asked > capacity {
                return Some(Refusal {
                    reason: format!("OutOf{name}"),
                    message: format!(
                        "Node didn't have enough resource: {name}, requested: {asked}, used: {used}, \
                         capacity: {capacity}"
                    ),
                });
            }
        }
        None
    }
}

/// The reason as events carry it.
fn reason_of(reason: &str) -> &'static str {
    match reason {
        "OutOfcpu" => "OutOfcpu",
        "OutOfmemory" => "OutOfmemory",
        "OutOfpods" => "OutOfpods",
        "Evicted" => "Evicted",
        "NodeShutdown" => "NodeShutdown",
        _ => "NodePorts",
    }
}

/// CPU in millicores, memory in bytes.
fn request(pod: &Pod, name: &str) -> i128 {
    let list = requests_of_pod(&pod.spec);
    let quantity = list.as_ref().and_then(|list| list.get(name));
    let amount = quantity.map(|quantity| match name {
        "cpu" => milli_value(quantity),
        _ => value(quantity),
    });
    amount.and_then(Result::ok).unwrap_or(0)
}

fn has_port_conflict(pod: &Pod, active: &[&Worker]) -> bool {
    let wanted: Vec<_> = host_ports(pod).collect();
    !wanted.is_empty()
        && active.iter().any(|one| {
            host_ports(&one.pod).any(|(port, protocol, ip)| {
                wanted.iter().any(|(p, q, own_ip)| {
                    let same_ip = ip == *own_ip || ip == "0.0.0.0" || *own_ip == "0.0.0.0";
                    port == *p && protocol == *q && same_ip
                })
            })
        })
}

fn host_ports(pod: &Pod) -> impl Iterator<Item = (i32, &str, &str)> {
    let containers = pod.spec.containers.iter();
    let ports = containers.flat_map(|container| container.ports.iter().flatten());
    ports.filter_map(|port| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let ip = port.host_ip.as_deref().unwrap_or("0.0.0.0");
        Some((port.host_port.filter(|port| *port > 0)?, protocol, ip))
    })
}
