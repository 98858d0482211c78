//! VolumeRestrictions: a claim with the access mode ReadWriteOncePod has one pod at a time, in the whole cluster.
//!
//! The plugin's other rules are about disks of clouds, which pods name in fields that are not simulated.

use std::borrow::Cow;
use std::rc::Rc;

use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{
    ClusterEvent, Counted, FilterPlugin, Preparation, Refusal,
};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::volume_match::claim_names;

use super::volume_binding::{is_claim_of, pod_fields};

/// The plugin.
pub const PLUGIN: FilterPlugin = FilterPlugin {
    name: NAME,
    prepare,
    wakes,
    pod_fields,
    node_field: "metadata.name",
};

const NAME: &str = "VolumeRestrictions";
const IN_USE: &str = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already \
                      in-use by another pod";

/// How many pods on nodes use the claims that the pod needs for itself.
struct State {
    pod: Rc<PodInfo>,
    users: i64,
}

fn prepare(pod: &Rc<PodInfo>, _nodes: &Nodes) -> Preparation {
    match &pod.volumes.refusal {
        Some((plugin, why)) if *plugin == NAME => Preparation::Reject(Cow::Owned(why.to_string())),
        _ if pod.volumes.exclusive.is_empty() => Preparation::Skip,
        _ => Preparation::Count(Box::new(State {
            pod: Rc::clone(pod),
            users: 0,
        })),
    }
}

impl Counted for State {
    fn count_node(&mut self, _node: &NodeInfo, _by: i64) {}

    fn count_pod(&mut self, other: &PodInfo, _node: &NodeInfo, by: i64) {
        if other.key.namespace == self.pod.key.namespace {
            let exclusive = &self.pod.volumes.exclusive;
            let shared =
                claim_names(&other.pod).filter(|name| exclusive.iter().any(|one| one == name));
            self.users += shared.count() as i64 * by;
        }
    }

    fn is_active(&self) -> bool {
        self.users > 0
    }

    fn judge(&self, _node: &NodeInfo) -> Option<Refusal> {
        (self.users > 0).then_some(Refusal {
            reason: IN_USE,
            resolvable: true,
        })
    }
}

fn wakes(pod: &PodInfo, event: &ClusterEvent) -> bool {
    match event {
        ClusterEvent::StorageChanged(object) => is_claim_of(object, pod),
        ClusterEvent::PodFreed(other) => {
            other.key.namespace == pod.key.namespace
                && claim_names(&other.pod).any(|name| claim_names(&pod.pod).any(|own| own == name))
        }
        _ => false,
    }
}
