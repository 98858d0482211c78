//! NodeName: a pod that names its node runs there or nowhere.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "NodeName",
    prepare,
    wakes,
    pod_fields: |_| vec!["spec.nodeName".to_owned()],
    node_field: "metadata.name",
};

const REASON: &str = "node(s) didn't match the requested node name";

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    if pod.node_name().is_empty() {
        return Preparation::Skip;
    }
    Preparation::Filter(|pod, node| {
        if *node.name == *pod.node_name() {
            Verdict::Pass
        } else {
            Verdict::never(REASON)
        }
    })
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    matches!(event, ClusterEvent::NodeAdded(node) if node.name() == pod.node_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::filters::verdict;
    use crate::cluster::scheduler::tests::node;
    use serde_json::json;

    #[test]
    fn the_named_node_alone_passes() {
        let node = node(json!({}));
        for (name, expect) in [
            ("", "skip"),
            ("node-1", "pass"),
            (
                "node-2",
                "never: node(s) didn't match the requested node name",
            ),
        ] {
            let pod = json!({"containers": [], "nodeName": name});
            assert_eq!(verdict(&PLUGIN, pod, &node), expect);
        }
    }
}
