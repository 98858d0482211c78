//! VolumeBinding: the volumes of a pod can be mounted on its node, or found or made for it.

use std::borrow::Cow;
use std::rc::Rc;

use crate::api::Object;
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{ClusterEvent, FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::volume_match::{claim_names, reaches};

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: NAME,
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.labels",
};

const NAME: &str = "VolumeBinding";
const ELSEWHERE: &str = "node(s) didn't match PersistentVolume's node affinity";
const NONE_FOUND: &str = "node(s) didn't find available persistent volumes to bind";
const GONE: &str = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    let volumes = &pod.volumes;
    match &volumes.refusal {
        Some((plugin, why)) if *plugin == NAME => Preparation::Reject(Cow::Owned(why.to_string())),
        _ if volumes.bound.is_empty() && volumes.waiting.is_empty() => Preparation::Skip,
        _ => Preparation::Filter(judge),
    }
}

fn judge(pod: &PodInfo, node: &NodeInfo) -> Verdict {
    let volumes = &pod.volumes;
    let known = volumes.bound.iter().map_while(Option::as_ref);
    // The first volume that is gone settles the matter, before those that come after it.
    let elsewhere = known
        .clone()
        .any(|volume| !reaches(volume, &node.name, node.labels()));
    let gone = !elsewhere && volumes.bound.iter().any(Option::is_none);
    let reasons: Vec<Cow<'static, str>> = [
        (elsewhere, ELSEWHERE),
        (volumes.choose(node).is_none(), NONE_FOUND),
        (gone, GONE),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, reason)| Cow::Borrowed(reason))
    .collect();
    match reasons.is_empty() {
        true => Verdict::Pass,
        false => Verdict::Reject {
            reasons,
            resolvable: false,
        },
    }
}

/// Where the pod names its claims.
pub(super) fn pod_fields(pod: &PodInfo) -> Vec<String> {
    let volumes = pod.pod.spec.volumes.iter().flatten().enumerate();
    volumes
        .filter(|(_, volume)| volume.persistent_volume_claim.is_some())
        .map(|(index, _)| format!("spec.volumes[{index}].persistentVolumeClaim.claimName"))
        .collect()
}

/// Whether an object is a claim that the pod names.
pub(super) fn is_claim_of(object: &Object, pod: &PodInfo) -> bool {
    matches!(object, Object::PersistentVolumeClaim(claim)
        if claim.namespace() == &*pod.key.namespace && claim_names(&pod.pod).any(|name| name == claim.name()))
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match event {
        ClusterEvent::StorageChanged(object) => {
            !matches!(object, Object::PersistentVolumeClaim(_)) || is_claim_of(object, pod)
        }
        ClusterEvent::NodeAdded(_) => true,
        ClusterEvent::NodeUpdated { old, new } => old.meta.labels != new.meta.labels,
        _ => false,
    }
}
