//! TaintToleration: a pod must tolerate every NoSchedule and NoExecute taint of its node.

use std::rc::Rc;

use crate::api::Node;
use crate::api::core::Taint;
use crate::api::toleration::tolerates;
use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "TaintToleration",
    prepare,
    wakes,
    pod_fields: |_| vec!["spec.tolerations".to_owned()],
    node_field: "spec.taints",
};

const REASON: &str = "node(s) had untolerated taint(s)";

fn prepare(_pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    Preparation::Filter(|pod, node| {
        if is_kept_out(pod, node.taints()) {
            Verdict::never(REASON)
        } else {
            Verdict::Pass
        }
    })
}

fn is_kept_out<'a>(pod: &PodInfo, taints: impl IntoIterator<Item = &'a Taint>) -> bool {
    taints
        .into_iter()
        .filter(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
        .any(|taint| !tolerates(pod.pod.spec.tolerations.iter().flatten(), taint))
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    let kept_out = |node: &Node| is_kept_out(pod, node.spec.taints.iter().flatten());
    match event {
        ClusterEvent::NodeAdded(node) => !kept_out(node),
        ClusterEvent::NodeUpdated { old, new } => kept_out(old) && !kept_out(new),
        ClusterEvent::PodUpdated { old, new } => {
            new.key == pod.key && old.pod.spec.tolerations != new.pod.spec.tolerations
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
    fn taints_keep_pods_out() {
        let tolerated = json!([{"key": "dedicated", "operator": "Exists"}]);
        let refused = "never: node(s) had untolerated taint(s)";
        for (effect, tolerations, expect) in [
            ("NoSchedule", json!([]), refused),
            ("NoExecute", json!([]), refused),
            ("PreferNoSchedule", json!([]), "pass"),
            ("NoSchedule", tolerated, "pass"),
        ] {
            let taints = json!([{"key": "dedicated", "value": "db", "effect": effect}]);
            let node = node(json!({"spec": {"taints": taints}}));
            let pod = json!({"containers": [], "tolerations": tolerations});
            assert_eq!(verdict(&PLUGIN, pod, &node), expect, "{effect}");
        }
    }
}
