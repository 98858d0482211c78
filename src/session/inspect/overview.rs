//! Nothing is selected: the cluster in a few lines.

use crate::api::{Kind, Object};
use crate::session::names;
use crate::session::scene::Scene;
use crate::session::view::inspector::{Overview, OverviewRow};

use super::workload;

/// The kinds that are listed, in this order.
const KINDS: [Kind; 11] = [
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::HorizontalPodAutoscaler,
    Kind::PodDisruptionBudget,
    Kind::Service,
    Kind::ConfigMap,
    Kind::Node,
];

/// How many objects of a kind are listed at most.
const MOST_ROWS: usize = 20;

/// Everything there is to be selected besides pods.
pub(super) fn overview(scene: &Scene) -> Overview {
    let store = scene.world.api().store();
    let rows = KINDS.into_iter().flat_map(|kind| {
        let objects = store.list(kind, None).filter(|object| is_users(object));
        objects.take(MOST_ROWS).map(row)
    });
    Overview {
        rows: rows.collect(),
    }
}

/// Not what every cluster has by itself, and not what a rollout left behind.
fn is_users(object: &Object) -> bool {
    match object {
        Object::Service(service) => service.name() != "kubernetes",
        Object::ConfigMap(map) => map.name() != "kube-root-ca.crt",
        Object::ReplicaSet(set) => set.spec.replicas != Some(0) || set.status.replicas != 0,
        _ => true,
    }
}

fn row(object: &Object) -> OverviewRow {
    let (state, text) = workload::summary(object);
    OverviewRow {
        key: names::key_of(object),
        state,
        text: text.into(),
    }
}
