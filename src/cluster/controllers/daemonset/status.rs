//! The status of a DaemonSet.

use crate::api::apps::DaemonSetStatus;
use crate::api::{DaemonSet, Node, Resource};
use crate::apiserver::Status;
use crate::cluster::Context;
use crate::cluster::controllers::pods;

use super::{PodsByNode, is_available, is_updated, nodes};

/// Counts nodes, and on each the first of its pods.
pub fn calculate(
    set: &DaemonSet,
    hash: &str,
    by_node: &PodsByNode,
    context: &Context,
) -> DaemonSetStatus {
    let (mut desired, mut current, mut misscheduled) = (0, 0, 0);
    let (mut ready, mut available, mut updated) = (0, 0, 0);
    for node in context.api.list::<Node>(None) {
        let pod = by_node.get(node.name()).and_then(|pods| pods.first());
        if !nodes::suits(set, node).0 {
            misscheduled += i32::from(pod.is_some());
            continue;
        }
        desired += 1;
        if let Some(pod) = pod {
            current += 1;
            ready += i32::from(pods::is_ready(pod));
            available += i32::from(is_available(set, pod, context));
            updated += i32::from(is_updated(pod, hash));
        }
    }
    let unless_zero = |count: i32| Some(count).filter(|count| *count > 0);
    DaemonSetStatus {
        desired_number_scheduled: desired,
        current_number_scheduled: current,
        number_misscheduled: misscheduled,
        number_ready: ready,
        number_available: unless_zero(available),
        number_unavailable: unless_zero(desired - available),
        updated_number_scheduled: unless_zero(updated),
        observed_generation: set.meta.generation,
        collision_count: set.status.collision_count,
        conditions: set.status.conditions.clone(),
    }
}

/// Writes the status if anything in it changed.
pub fn write(set: &DaemonSet, new: DaemonSetStatus, context: &mut Context) -> Result<(), Status> {
    if *set.status == new {
        return Ok(());
    }
    let mut written = set.clone();
    *written.status_mut() = new;
    let at = context.moment();
    context.api.update_status(&written.into_object(), at)?;
    Ok(())
}
