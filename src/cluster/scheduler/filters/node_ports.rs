//! NodePorts: two pods on a node cannot have one host port.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::{HostPort, PodInfo};

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "NodePorts",
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.name",
};

const REASON: &str = "node(s) didn't have free ports for the requested pod ports";

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    if pod.host_ports.is_empty() {
        return Preparation::Skip;
    }
    Preparation::Filter(|pod, node| {
        if node.ports.iter().any(|taken| wants(pod, taken)) {
            Verdict::Reject {
                reasons: vec![REASON.into()],
                resolvable: true,
            }
        } else {
            Verdict::Pass
        }
    })
}

fn wants(pod: &PodInfo, taken: &HostPort) -> bool {
    pod.host_ports
        .iter()
        .any(|wanted| wanted.conflicts_with(taken))
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match event {
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::PodFreed(freed) => freed.host_ports.iter().any(|port| wants(pod, port)),
        _ => false,
    }
}

fn pod_fields(pod: &PodInfo) -> Vec<String> {
    let mut fields = Vec::new();
    for (index, container) in pod.pod.spec.containers.iter().enumerate() {
        for (port, declared) in container.ports.iter().flatten().enumerate() {
            if declared.host_port.is_some_and(|port| port > 0) {
                fields.push(format!("spec.containers[{index}].ports[{port}].hostPort"));
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::filters::verdict;
    use crate::cluster::scheduler::tests::{node_with, pod};
    use serde_json::{Value, json};

    fn spec(port: Value) -> Value {
        json!({"containers": [{"name": "main", "ports": [port]}]})
    }

    #[test]
    fn a_port_is_given_once_per_node() {
        let holder = pod(spec(json!({"containerPort": 80, "hostPort": 8080})));
        let node = node_with(json!({}), &[holder]);
        for (port, expect) in [
            (json!({"containerPort": 80}), "skip"),
            (json!({"containerPort": 80, "hostPort": 8081}), "pass"),
            (json!({"containerPort": 1, "hostPort": 8080}), REASON),
            (
                json!({"containerPort": 1, "hostPort": 8080, "protocol": "UDP"}),
                "pass",
            ),
        ] {
            assert_eq!(
                verdict(&PLUGIN, spec(port.clone()), &node),
                expect,
                "{port}"
            );
        }
    }
}
