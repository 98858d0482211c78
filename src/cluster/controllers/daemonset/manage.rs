//! Bringing the pods of a DaemonSet to the nodes: which are missing, which are too many.

use std::time::Duration;

use crate::api::owner::controller_reference;
use crate::api::{DaemonSet, Node, Pod, Resource};
use crate::apiserver::{DeleteOptions, Reason, Status};
use crate::cluster::controllers::{pods, record, warn};
use crate::cluster::{Actor, Context, Step};

use super::{DaemonSetController, HASH_LABEL, NAME, is_available, is_updated, nodes, pods_by_node};

/// The deprecated label beside the hash: which generation of the template a pod was made from.
const GENERATION_LABEL: &str = "pod-template-generation";
/// The annotation of the set that counts the generations of its template.
const GENERATION_ANNOTATION: &str = "deprecated.daemonset.template.generation";

/// kube-controller-manager: a failed pod is removed again from a node after this, doubling …
const FAILURE_FIRST: Duration = Duration::from_secs(1);
/// … up to this; twice this time without a failure starts anew.
const FAILURE_MAX: Duration = Duration::from_secs(15 * 60);

/// What is to be done.
#[derive(Debug, Default)]
pub struct Plan {
    /// The nodes that need a pod.
    pub create: Vec<String>,
    /// The pods that must go.
    pub delete: Vec<Pod>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.create.is_empty() && self.delete.is_empty()
    }
}

impl DaemonSetController {
    /// What the nodes ask for, whatever template the pods were made from.
    pub(super) fn plan(&mut self, set: &DaemonSet, hash: &str, context: &mut Context) -> Plan {
        let mut by_node = pods_by_node(set, context);
        let all: Vec<Node> = context.api.list::<Node>(None).cloned().collect();
        let mut plan = Plan::default();
        for node in &all {
            let on_node = by_node.remove(node.name());
            let (should_run, may_stay) = nodes::suits(set, node);
            match on_node {
                None if should_run => plan.create.push(node.name().to_owned()),
                Some(on_node) if may_stay => {
                    let running = self.running(set, node.name(), on_node, &mut plan, context);
                    thin_out(set, hash, running, should_run, node, &mut plan, context);
                }
                on_node => {
                    let stay = on_node.into_iter().flatten();
                    plan.delete.extend(stay.filter(|pod| !pod.is_deleting()));
                }
            }
        }
        // Pods for nodes that are gone will never be bound, and nobody else removes them.
        let lost = by_node.into_values().flatten();
        plan.delete
            .extend(lost.filter(|pod| pod.spec.node_name.is_none()));
        plan
    }

    /// The pods on a node that have not ended; those that have are to be deleted, failed ones after a pause.
    fn running(
        &mut self,
        set: &DaemonSet,
        node: &str,
        on_node: Vec<Pod>,
        plan: &mut Plan,
        context: &mut Context,
    ) -> Vec<Pod> {
        let about = set.clone().into_object();
        let mut running = Vec::new();
        for pod in on_node.into_iter().filter(|pod| !pod.is_deleting()) {
            let place = format!("{}/{} on node {node}", pod.namespace(), pod.name());
            match pod.status.phase.as_deref() {
                Some("Failed") => {
                    if let Some(left) = self.pause(set, node, context) {
                        self.queue.add_after(set.key(), left, context);
                        continue;
                    }
                    let message = format!("Found failed daemon pod {place}, will try to kill it");
                    warn(
                        &mut self.recorder,
                        &about,
                        "FailedDaemonPod",
                        message,
                        context,
                    );
                    plan.delete.push(pod);
                }
                Some("Succeeded") => {
                    let message =
                        format!("Found succeeded daemon pod {place}, will try to delete it");
                    let reason = "SucceededDaemonPod";
                    record(&mut self.recorder, &about, reason, message, context);
                    plan.delete.push(pod);
                }
                _ => running.push(pod),
            }
        }
        running
    }

    /// How long a failed pod must wait before it is removed; if it need not, the next one's pause is noted.
    fn pause(&mut self, set: &DaemonSet, node: &str, context: &Context) -> Option<Duration> {
        let generation = set.status.observed_generation.unwrap_or(0);
        let key = format!("{}/{generation}/{node}", set.uid());
        let mut next = FAILURE_FIRST;
        if let Some((last, pause)) = self.failures.get(&key) {
            let since = context.now.since(*last);
            if since < *pause {
                return Some(*pause);
            }
            if since <= FAILURE_MAX * 2 {
                next = (*pause * 2).min(FAILURE_MAX);
            }
        }
        self.failures.insert(key, (context.now, next));
        None
    }

    /// Creates and deletes pods.
    pub(super) fn carry_out(
        &mut self,
        set: &DaemonSet,
        hash: &str,
        plan: &Plan,
        context: &mut Context,
    ) -> Result<(), Status> {
        let about = set.clone().into_object();
        let mut failure = None;
        for node in &plan.create {
            let text = format!("{} needs a pod on **{node}**", set.name());
            let step = Step::new(
                Actor::Controller(NAME),
                set.key(),
                "daemon-pod-missing",
                text,
            );
            context.step(step.reading("spec.template.spec"));
            let pod = new_pod(set, hash, node);
            match context.api.create(pod.into_object(), context.moment()) {
                Ok(pod) => {
                    let message = format!("Created pod: {}", pod.name());
                    let reason = "SuccessfulCreate";
                    record(&mut self.recorder, &about, reason, message, context);
                }
                Err(status) => {
                    let message = format!("Error creating: {}", status.message);
                    warn(&mut self.recorder, &about, "FailedCreate", message, context);
                    failure.get_or_insert(status);
                }
            }
        }
        for pod in &plan.delete {
            let text = format!("{} deletes **{}**", set.name(), pod.name());
            let step = Step::new(Actor::Controller(NAME), pod.key(), "pod-deleted", text);
            context.step(step.reading_of(set.key(), "spec.template"));
            let options = DeleteOptions::default();
            match context.api.delete(&pod.key(), &options, context.moment()) {
                Ok(_) => {
                    let message = format!("Deleted pod: {}", pod.name());
                    let reason = "SuccessfulDelete";
                    record(&mut self.recorder, &about, reason, message, context);
                }
                Err(status) if status.reason == Reason::NotFound => {}
                Err(status) => {
                    failure.get_or_insert(status);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }
}

/// Of several running pods on a node all but the oldest go. Where the update may have one too many, an old and
/// a new pod stay together until the new one is available.
fn thin_out(
    set: &DaemonSet,
    hash: &str,
    running: Vec<Pod>,
    should_run: bool,
    node: &Node,
    plan: &mut Plan,
    context: &Context,
) {
    if super::rolling::max_surge(set, 1) == 0 {
        plan.delete.extend(running.into_iter().skip(1));
        return;
    }
    if running.is_empty() && should_run {
        plan.create.push(node.name().to_owned());
    }
    let (mut new, mut old) = (None, None);
    for pod in running {
        let kept = if is_updated(&pod, hash) {
            &mut new
        } else {
            &mut old
        };
        match kept {
            None => *kept = Some(pod),
            Some(_) => plan.delete.push(pod),
        }
    }
    if let (Some(new), Some(old)) = (new, old)
        && (!pods::is_ready(&old) || is_available(set, &new, context))
    {
        plan.delete.push(old);
    }
}

fn new_pod(set: &DaemonSet, hash: &str, node: &str) -> Pod {
    let owner = controller_reference(set);
    let mut pod = pods::from_template(&set.spec.template, set.namespace(), owner);
    nodes::aim(pod.spec_mut(), node);
    let annotations = set.meta.annotations.as_ref();
    let generation = annotations
        .and_then(|all| all.get(GENERATION_ANNOTATION))
        .cloned();
    let labels = pod.meta_mut().labels.get_or_insert_default();
    labels.extend(generation.map(|generation| (GENERATION_LABEL.to_owned(), generation)));
    labels.insert(HASH_LABEL.to_owned(), hash.to_owned());
    pod
}
