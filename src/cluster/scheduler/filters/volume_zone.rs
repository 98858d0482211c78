//! VolumeZone: a volume that is labelled with a zone or region goes to nodes of that zone or region.

use std::rc::Rc;

use crate::api::{Node, Object, PersistentVolume};
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;

use super::volume_binding::{is_claim_of, pod_fields};

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: "VolumeZone",
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.labels",
};

const REASON: &str = "node(s) had no available volume zone";

/// The labels of volumes that are heeded, each with the label of nodes that it may be compared with as well.
const LABELS: [(&str, &str); 4] = [
    (
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/zone",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
    ),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    (
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/region",
    ),
];

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    match labels(pod).next() {
        Some(_) => Preparation::Filter(judge),
        None => Preparation::Skip,
    }
}

/// The labels of the pod's volumes, with the labels of nodes to compare them with.
fn labels(pod: &PodInfo) -> impl Iterator<Item = (&'static str, &'static str, &String)> {
    let volumes = pod.volumes.bound.iter().flatten();
    volumes.flat_map(|volume: &PersistentVolume| {
        let of_volume = volume.meta.labels.as_ref();
        LABELS
            .iter()
            .filter_map(move |(key, modern)| Some((*key, *modern, of_volume?.get(*key)?)))
    })
}

fn judge(pod: &PodInfo, node: &NodeInfo) -> Verdict {
    let of_node = |key: &str| node.labels().and_then(|labels| labels.get(key));
    // Nodes without any such label are a cluster of one zone.
    if LABELS.iter().all(|(key, _)| of_node(key).is_none()) {
        return Verdict::Pass;
    }
    let fits = |(key, modern, values): (&str, &str, &String)| {
        let value = of_node(key).or_else(|| of_node(modern));
        // Volumes in several zones name them all: `a__b`.
        value.is_some_and(|value| values.split("__").any(|one| one == value))
    };
    match labels(pod).all(fits) {
        true => Verdict::Pass,
        false => Verdict::never(REASON),
    }
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    let zone = |node: &Node| LABELS.map(|(key, _)| node.label(key).map(str::to_owned));
    match event {
        ClusterEvent::StorageChanged(object) => {
            !matches!(object, Object::PersistentVolumeClaim(_)) || is_claim_of(object, pod)
        }
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeUpdated { old, new } => zone(old) != zone(new),
        _ => false,
    }
}
