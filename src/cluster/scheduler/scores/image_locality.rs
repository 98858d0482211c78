//! ImageLocality: nodes that have large images of the pod already are better.

use crate::api::core::Container;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{MAX_NODE_SCORE, NodeScore, ScorePlugin, keep};
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

fn prepare<'a>(pod: &'a PodInfo, nodes: &'a Nodes, _passed: &[&NodeInfo]) -> Option<NodeScore<'a>> {
    let spec = &pod.pod.spec;
    let containers = || {
        spec.init_containers
            .iter()
            .flatten()
            .chain(&spec.containers)
    };
    let volumes = spec.volumes.iter().flatten();
    let volume_images = volumes.filter_map(|volume| volume.image.as_ref()?.reference.as_deref());
    // An image that is everywhere counts fully, one on a third of the nodes a third, so that pods do
    // not pile up where their image happened to be pulled first.
    let wanted: Vec<(String, i64)> = containers()
        .filter_map(|container: &Container| container.image.as_deref())
        .chain(volume_images)
        .map(normalized_image_name)
        .map(|name| {
            let holders = nodes.holders_of_image(&name);
            (name, holders)
        })
        .collect();
    let (containers, node_count) = (containers().count() as i64, nodes.len() as i64);
    Some(Box::new(move |node| {
        let bytes = wanted
            .iter()
            .filter_map(|(name, holders)| weighted_size(node, name, *holders, node_count))
            .sum();
        scale(bytes, containers)
    }))
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

/// A name without a tag means `latest`.
fn normalized_image_name(name: &str) -> String {
    let tagged = match (name.rfind(':'), name.rfind('/')) {
        (Some(colon), Some(slash)) => colon > slash,
        (colon, None) => colon.is_some(),
        (None, Some(_)) => false,
    };
    if tagged {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
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

    #[test]
    fn names_are_completed() {
        assert_eq!(normalized_image_name("nginx"), "nginx:latest");
        assert_eq!(normalized_image_name("nginx:1"), "nginx:1");
        assert_eq!(
            normalized_image_name("host:5000/app"),
            "host:5000/app:latest"
        );
    }
}
