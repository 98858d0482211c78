//! The pods/binding endpoint: how a scheduler assigns a pod to a node.

use std::collections::BTreeMap;

use crate::api::conditions::set_pod_condition;
use crate::api::core::PodCondition;
use crate::api::{Kind, Node, Object, ObjectKey, Pod, Resource};

use super::{ApiServer, Moment, Reason, Status};

/// PodTopologyLabels: what a pod learns of the place it runs in.
const TOPOLOGY_LABELS: [&str; 2] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

impl ApiServer {
    /// Assigns a pod to a node: sets `spec.nodeName` and the condition PodScheduled, and clears the
    /// nomination. The generation stays.
    ///
    /// # Errors
    /// NotFound; Conflict if the pod is being deleted, is assigned already or has scheduling gates.
    pub fn bind(&mut self, key: &ObjectKey, node: &str, at: Moment) -> Result<Object, Status> {
        let pod = self
            .get::<Pod>(&key.namespace, &key.name)
            .ok_or_else(|| Status::not_found(Kind::Pod, &key.name))?;
        if let Some(why) = refusal(pod) {
            let message = format!(
                "Operation cannot be fulfilled on pods/binding \"{}\": {why}",
                key.name
            );
            return Err(Status::about(
                409,
                Reason::Conflict,
                Kind::Pod,
                &key.name,
                message,
            ));
        }
        let mut pod = pod.clone();
        let labels = self.topology(node);
        pod.spec_mut().node_name = Some(node.to_owned());
        if !labels.is_empty() {
            pod.meta_mut().labels.get_or_insert_default().extend(labels);
        }
        let now = self.clock.time(at.now);
        let status = pod.status_mut();
        status.nominated_node_name = None;
        let scheduled = PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "True".to_owned(),
            last_transition_time: Some(now),
            ..Default::default()
        };
        set_pod_condition(status, scheduled);
        Ok(self.store.insert(pod.into_object(), at))
    }

    fn topology(&self, node: &str) -> BTreeMap<String, String> {
        let labels = self
            .get::<Node>("", node)
            .and_then(|node| node.meta.labels.as_ref());
        TOPOLOGY_LABELS
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), labels?.get(*key)?.clone())))
            .collect()
    }
}

fn refusal(pod: &Pod) -> Option<String> {
    let name = pod.name();
    if pod.is_deleting() {
        return Some(format!(
            "pod {name} is being deleted, cannot be assigned to a host"
        ));
    }
    if let Some(node) = pod
        .spec
        .node_name
        .as_deref()
        .filter(|node| !node.is_empty())
    {
        return Some(format!("pod {name} is already assigned to node {node:?}"));
    }
    let gated = pod
        .spec
        .scheduling_gates
        .as_ref()
        .is_some_and(|gates| !gates.is_empty());
    gated.then(|| format!("pod {name} has non-empty .spec.schedulingGates"))
}
