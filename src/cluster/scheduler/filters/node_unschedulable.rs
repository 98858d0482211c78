//! NodeUnschedulable: a cordoned node takes only pods that tolerate it.

use std::rc::Rc;

use crate::api::Node;
use crate::api::core::Taint;
use crate::api::toleration::tolerates;
use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "NodeUnschedulable",
    prepare,
    wakes,
    pod_fields: |_| vec!["spec.tolerations".to_owned()],
    node_field: "spec.unschedulable",
};

const REASON: &str = "node(s) were unschedulable";

/// The taint that the node controller puts on cordoned nodes.
const TAINT_KEY: &str = "node.kubernetes.io/unschedulable";

fn prepare(_pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    Preparation::Filter(|pod, node| {
        if node.node.as_ref().is_some_and(|node| refuses(node, pod)) {
            Verdict::never(REASON)
        } else {
            Verdict::Pass
        }
    })
}

fn refuses(node: &Node, pod: &PodInfo) -> bool {
    is_cordoned(node) && !tolerates_cordon(pod)
}

fn is_cordoned(node: &Node) -> bool {
    node.spec.unschedulable == Some(true)
}

fn tolerates_cordon(pod: &PodInfo) -> bool {
    let taint = Taint {
        key: TAINT_KEY.to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Default::default()
    };
    tolerates(pod.pod.spec.tolerations.iter().flatten(), &taint)
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match event {
        ClusterEvent::NodeAdded(node) => !is_cordoned(node),
        ClusterEvent::NodeUpdated { old, new } => is_cordoned(old) && !is_cordoned(new),
        ClusterEvent::PodUpdated { old, new } => {
            new.key == pod.key
                && old.pod.spec.tolerations != new.pod.spec.tolerations
                && tolerates_cordon(new)
        }
        ClusterEvent::NodeGone
        | ClusterEvent::PodBound(_)
        | ClusterEvent::PodFreed(_)
        | ClusterEvent::StorageChanged(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::filters::verdict;
    use crate::cluster::scheduler::tests::node;
    use serde_json::json;

    #[test]
    fn cordoned_nodes_are_left_alone() {
        let toleration = json!([{"key": TAINT_KEY, "operator": "Exists"}]);
        for (unschedulable, tolerations, expect) in [
            (false, json!([]), "pass"),
            (true, json!([]), "never: node(s) were unschedulable"),
            (true, toleration, "pass"),
        ] {
            let node = node(json!({"spec": {"unschedulable": unschedulable}}));
            let pod = json!({"containers": [], "tolerations": tolerations});
            assert_eq!(verdict(&PLUGIN, pod, &node), expect);
        }
    }
}
