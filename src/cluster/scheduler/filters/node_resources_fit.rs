//! NodeResourcesFit: what a pod requests must be left on the node.

use std::borrow::Cow;
use std::rc::Rc;

use crate::api::Node;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::resources::Resources;

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "NodeResourcesFit",
    prepare,
    wakes,
    pod_fields,
    node_field: "status.allocatable",
};

fn prepare(_pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    Preparation::Filter(judge)
}

fn judge(pod: &PodInfo, node: &NodeInfo) -> Verdict {
    let mut reasons: Vec<Cow<'static, str>> = Vec::new();
    let mut resolvable = true;
    if node.pods.len() as i64 + 1 > node.allowed_pods {
        reasons.push("Too many pods".into());
    }
    let (wanted, offered, taken) = (&pod.requests, &node.allocatable, &node.requested);
    // More than the whole node offers cannot be had by evicting pods.
    let mut compare = |wanted: i64, offered: i64, taken: i64, reason: Cow<'static, str>| {
        if wanted > 0 && wanted > offered - taken {
            reasons.push(reason);
            resolvable &= wanted <= offered;
        }
    };
    compare(
        wanted.cpu_millis,
        offered.cpu_millis,
        taken.cpu_millis,
        "Insufficient cpu".into(),
    );
    compare(
        wanted.memory_bytes,
        offered.memory_bytes,
        taken.memory_bytes,
        "Insufficient memory".into(),
    );
    compare(
        wanted.ephemeral_bytes,
        offered.ephemeral_bytes,
        taken.ephemeral_bytes,
        "Insufficient ephemeral-storage".into(),
    );
    for (name, amount) in &wanted.other {
        let reason = || format!("Insufficient {name}");
        if *amount > 0 {
            compare(
                *amount,
                offered.other(name),
                taken.other(name),
                reason().into(),
            );
        }
    }
    if reasons.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Reject {
            reasons,
            resolvable,
        }
    }
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    let fits = |node: &Node| judge(pod, &NodeInfo::empty(node)) == Verdict::Pass;
    match event {
        ClusterEvent::NodeAdded(node) => fits(node),
        ClusterEvent::NodeUpdated { old, new } => fits(new) && offers_more(pod, old, new),
        // Any pod that leaves a node may make room.
        ClusterEvent::PodFreed(_) => true,
        ClusterEvent::NodeGone | ClusterEvent::PodBound(_) | ClusterEvent::StorageChanged(_) => {
            false
        }
        // The pod itself asks for less, or one on a node gave back what this one asks for.
        ClusterEvent::PodUpdated { old, new } => {
            let (before, after) = (&old.requests, &new.requests);
            if new.key == pod.key {
                asks_for_more(before, after, before)
            } else {
                !new.node_name().is_empty() && asks_for_more(before, after, &pod.requests)
            }
        }
    }
}

fn offers_more(pod: &PodInfo, old: &Node, new: &Node) -> bool {
    if old.status.allocatable == new.status.allocatable {
        return false;
    }
    let (old, new) = (NodeInfo::empty(old), NodeInfo::empty(new));
    let (before, after, wanted) = (&old.allocatable, &new.allocatable, &pod.requests);
    new.allowed_pods > old.allowed_pods || asks_for_more(after, before, wanted)
}

/// Whether `one` is more than `other` in anything that is `wanted`.
fn asks_for_more(one: &Resources, other: &Resources, wanted: &Resources) -> bool {
    wanted.cpu_millis > 0 && one.cpu_millis > other.cpu_millis
        || wanted.memory_bytes > 0 && one.memory_bytes > other.memory_bytes
        || wanted.ephemeral_bytes > 0 && one.ephemeral_bytes > other.ephemeral_bytes
        || wanted
            .other
            .keys()
            .any(|name| one.other(name) > other.other(name))
}

fn pod_fields(pod: &PodInfo) -> Vec<String> {
    let mut fields = Vec::new();
    for (index, container) in pod.pod.spec.containers.iter().enumerate() {
        let requests = container
            .resources
            .as_ref()
            .and_then(|r| r.requests.as_ref());
        for name in requests.into_iter().flat_map(|list| list.keys()) {
            fields.push(format!(
                "spec.containers[{index}].resources.requests.{name}"
            ));
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

    fn spec(requests: Value) -> Value {
        json!({"containers": [{"name": "main", "resources": {"requests": requests}}]})
    }

    fn check(allowed_pods: &str, requests: Value, expect: &str) {
        let allocatable = json!({"cpu": "4", "memory": "8Gi", "ephemeral-storage": "10Gi",
            "pods": allowed_pods, "example.com/gpu": "1"});
        let holder = pod(spec(json!({"cpu": "3", "example.com/gpu": "1"})));
        let node = node_with(json!({"status": {"allocatable": allocatable}}), &[holder]);
        assert_eq!(
            verdict(&PLUGIN, spec(requests.clone()), &node),
            expect,
            "{requests}"
        );
    }

    #[test]
    fn requests_must_be_left_on_the_node() {
        check("110", json!({}), "pass");
        check("1", json!({}), "Too many pods");
        check("110", json!({"cpu": "1"}), "pass");
        check("110", json!({"cpu": "1001m"}), "Insufficient cpu");
        check("110", json!({"cpu": "5"}), "never: Insufficient cpu");
        check(
            "110",
            json!({"cpu": "2", "memory": "9Gi"}),
            "never: Insufficient cpu, Insufficient memory",
        );
        check(
            "110",
            json!({"ephemeral-storage": "11Gi"}),
            "never: Insufficient ephemeral-storage",
        );
        check(
            "110",
            json!({"example.com/gpu": "1"}),
            "Insufficient example.com/gpu",
        );
        check(
            "110",
            json!({"example.com/tpu": "1"}),
            "never: Insufficient example.com/tpu",
        );
    }
}
