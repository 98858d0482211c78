//! ImageLocality: nodes that have large images of the pod already are better.

use std::rc::Rc;

use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, ScorePlugin, Scoring, keep};
use crate::cluster::scheduler::pod_info::PodInfo;

/// The plugin.
pub const PLUGIN: ScorePlugin = ScorePlugin {
    name: "ImageLocality",
    weight: 1,
    prepare,
    normalize: keep,
};

/// Images up to this size in all count nothing …
const MIN_BYTES: i64 = 23 << 20;
/// … and from this size per container on they count fully.
const MAX_BYTES_PER_CONTAINER: i64 = 1000 << 20;

fn prepare(_pod: &Rc<PodInfo>, _nodes: &Nodes) -> Scoring {
    Scoring::Score(|pod, node, nodes| {
        // An image that is everywhere counts fully, one on a third of the nodes a third, so that pods do
        // not pile up where their image happened to be pulled first.
        let sizes = pod.images.iter().filter_map(|name| {
            weighted_size(node, name, nodes.holders_of_image(name), nodes.len() as i64)
        });
        scale(sizes.sum(), pod.container_count)
    })
}

fn weighted_size(node: &NodeInfo, image: &str, holders: i64, nodes: i64) -> Option<i64> {
    let size = node.images.get(image)?;
    let spread = holders as f64 / nodes as f64;
    Some((*size as f64 * spread) as i64)
}

fn scale(bytes: i64, containers: i64) -> i64 {
    let most = MAX_BYTES_PER_CONTAINER * containers.max(1);
    MAX_NODE_SCORE * (bytes.clamp(MIN_BYTES, most) - MIN_BYTES) / (most - MIN_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::scores::raw_scores;
    use crate::cluster::scheduler::tests::nodes;
    use serde_json::json;

    #[test]
    fn large_local_images_count_by_their_spread() {
        let image = |mebibytes: i64| json!([{"names": ["example.com/app:latest"], "sizeBytes": mebibytes << 20}]);
        let nodes = nodes(&[
            json!({"status": {"images": image(2_000)}}),
            json!({"status": {"images": image(600)}}),
            json!({"status": {"images": image(10)}}),
            json!({}),
        ]);
        // Three of four nodes have it: it counts three quarters.
        let pod = json!({"containers": [{"name": "c", "image": "example.com/app"}]});
        assert_eq!(
            raw_scores(&PLUGIN, pod, &nodes),
            Some(vec![100, 100 * (450 - 23) / (1000 - 23), 0, 0])
        );
    }
}
