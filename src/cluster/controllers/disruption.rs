//! The disruption controller: how many pods of a PodDisruptionBudget may be evicted now.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::api::meta::Time;
use crate::api::owner::controller_of;
use crate::api::policy::PodDisruptionBudgetStatus;
use crate::api::{
    Deployment, IntOrString, Object, ObjectKey, Pod, PodDisruptionBudget, ReplicaSet, Resource,
    StatefulSet,
};
use crate::apiserver::eviction::{selects, set_allowed};
use crate::apiserver::{Change, Status};
use crate::cluster::{Context, Recorder};
use crate::kernel::Rng;

use super::deployment::fenceposts::scaled;
use super::work_queue::WorkQueue;
use super::{Controller, pods, record, warn};

/// The event source.
pub const NAME: &str = "controllermanager";

/// controller/disruption: `DeletionTimeout`; an eviction that was allowed counts so long, if no deletion follows.
const DELETION_TIMEOUT: Duration = Duration::from_secs(2 * 60);

/// The disruption controller.
#[derive(Clone, Debug)]
pub struct DisruptionController {
    queue: WorkQueue,
    recorder: Recorder,
}

/// What a budget asks for: pods that there should be, and healthy ones that there must be.
struct Expectation {
    pods: i32,
    healthy: i32,
    /// Whether pods without a controller are selected, so that the first number is a guess.
    unmanaged: bool,
}

impl DisruptionController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
            recorder: Recorder::new(NAME, ""),
        }
    }

    /// The budget of a pod is concerned; of several only the first.
    fn observe_pod(&mut self, pod: &Pod, context: &mut Context) {
        let namespace = Some(pod.namespace());
        let mut budgets = context.api.list::<PodDisruptionBudget>(namespace);
        let key = budgets
            .find(|budget| selects(budget, pod))
            .map(|budget| budget.key());
        drop(budgets);
        if let Some(key) = key {
            self.queue.add(key, context);
        }
    }

    fn report(
        &mut self,
        budget: &PodDisruptionBudget,
        pods: usize,
        expected: &Result<Expectation, String>,
        context: &mut Context,
    ) {
        let about = budget.clone().into_object();
        if pods == 0 {
            let message = "No matching pods found".to_owned();
            record(&mut self.recorder, &about, "NoPods", message, context);
        }
        match expected {
            Err(why) => {
                let reason = "CalculateExpectedPodCountFailed";
                let message = format!("Failed to calculate the number of expected pods: {why}");
                warn(&mut self.recorder, &about, reason, message, context);
            }
            Ok(Expectation {
                unmanaged: true, ..
            }) => {
                let message = format!(
                    "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a \
                     result, the status of the PDB cannot be calculated correctly, which may result in undefined \
                     behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an \
                     integer value.",
                    selector_text(budget)
                );
                warn(
                    &mut self.recorder,
                    &about,
                    "UnmanagedPods",
                    message,
                    context,
                );
            }
            Ok(_) => {}
        }
    }
}

impl Controller for DisruptionController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::PodDisruptionBudget(budget) => self.queue.add(budget.key(), context),
            Object::Pod(pod) => self.observe_pod(pod, context),
            _ => {}
        }
    }

    // Loaded with the first text that is not the opening one.
    #[inline(never)]
    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let budget = context
            .api
            .get::<PodDisruptionBudget>(&key.namespace, &key.name);
        let Some(budget) = budget.cloned() else {
            return Ok(());
        };
        let selected: Vec<Pod> = context
            .api
            .list::<Pod>(Some(&key.namespace))
            .filter(|pod| selects(&budget, pod))
            .cloned()
            .collect();
        let expected = expectation(&budget, &selected, context);
        self.report(&budget, selected.len(), &expected, context);
        let mut status = PodDisruptionBudgetStatus::clone(&budget.status);
        let now = context.api.clock().time(context.now);
        match expected {
            Ok(expected) => {
                let disrupted = disrupted(&budget, &selected, context);
                let healthy = selected.iter().filter(|pod| {
                    pods::is_ready(pod) && !pod.is_deleting() && !disrupted.contains_key(pod.name())
                });
                let healthy = healthy.count() as i32;
                let spare = (healthy - expected.healthy).max(0);
                let allowed = if expected.pods > 0 { spare } else { 0 };
                status.current_healthy = Some(healthy);
                status.desired_healthy = Some(expected.healthy);
                status.expected_pods = Some(expected.pods);
                status.disruptions_allowed = Some(allowed);
                let waiting = !disrupted.is_empty();
                status.disrupted_pods = Some(disrupted).filter(|_| waiting);
                status.observed_generation = budget.meta.generation;
                if waiting {
                    self.queue.add_after(key.clone(), DELETION_TIMEOUT, context);
                }
                let reason = if allowed > 0 {
                    "SufficientPods"
                } else {
                    "InsufficientPods"
                };
                set_allowed(&mut status, allowed > 0, reason, String::new(), now);
            }
            Err(why) => {
                // Nothing is allowed while nobody knows how many pods there should be.
                status.disruptions_allowed = Some(0);
                set_allowed(&mut status, false, "SyncFailed", why, now);
            }
        }
        if *budget.status == status {
            return Ok(());
        }
        let mut written = budget;
        *written.status_mut() = status;
        let at = context.moment();
        context.api.update_status(&written.into_object(), at)?;
        Ok(())
    }
}

/// Pods whose eviction was allowed a short time ago, but whose deletion has not been seen.
fn disrupted(
    budget: &PodDisruptionBudget,
    selected: &[Pod],
    context: &Context,
) -> BTreeMap<String, Time> {
    let clock = context.api.clock();
    let mut all = budget.status.disrupted_pods.clone().unwrap_or_default();
    all.retain(|name, since| {
        let mut pods = selected.iter();
        let stays = pods.any(|pod| pod.name() == name && !pod.is_deleting());
        stays && clock.moment(since) + DELETION_TIMEOUT >= context.now
    });
    all
}

fn expectation(
    budget: &PodDisruptionBudget,
    selected: &[Pod],
    context: &Context,
) -> Result<Expectation, String> {
    let spec = &budget.spec;
    if let (None, Some(IntOrString::Int(healthy))) = (&spec.max_unavailable, &spec.min_available) {
        return Ok(Expectation {
            pods: selected.len() as i32,
            healthy: *healthy,
            unmanaged: false,
        });
    }
    let (pods, unmanaged) = scale(selected, context)?;
    let share = |limit: &IntOrString| scaled(limit, pods, true);
    let healthy = match (&spec.max_unavailable, &spec.min_available) {
        (Some(most), _) => (pods - share(most)).max(0),
        (None, Some(least)) => share(least),
        (None, None) => 0,
    };
    let pods = if spec.max_unavailable.is_none() && spec.min_available.is_none() {
        0
    } else {
        pods
    };
    Ok(Expectation {
        pods,
        healthy,
        unmanaged,
    })
}

/// How many pods the controllers of these pods want in all, and whether some have no controller.
fn scale(selected: &[Pod], context: &Context) -> Result<(i32, bool), String> {
    let mut scales: BTreeMap<String, i32> = BTreeMap::new();
    let mut unmanaged = false;
    for pod in selected {
        let Some(owner) = controller_of(&pod.meta) else {
            unmanaged = true;
            continue;
        };
        if !scales.contains_key(&owner.uid) {
            let (uid, scale) = scale_of(pod.namespace(), &owner.kind, &owner.name, context)
                .ok_or_else(|| format!("found no controllers for pod {:?}", pod.name()))?;
            scales.insert(uid, scale);
        }
    }
    Ok((scales.values().sum(), unmanaged))
}

/// The uid and the wanted number of pods of a controller; of a ReplicaSet's Deployment, if it has one.
fn scale_of(namespace: &str, kind: &str, name: &str, context: &Context) -> Option<(String, i32)> {
    match kind {
        "ReplicaSet" => {
            let set = context.api.get::<ReplicaSet>(namespace, name)?;
            let owner = controller_of(&set.meta).filter(|owner| owner.kind == "Deployment");
            let deployment =
                owner.and_then(|owner| context.api.get::<Deployment>(namespace, &owner.name));
            Some(match deployment {
                Some(of) => (of.uid().to_owned(), of.spec.replicas.unwrap_or(1)),
                None => (set.uid().to_owned(), set.spec.replicas.unwrap_or(1)),
            })
        }
        "StatefulSet" => {
            let set = context.api.get::<StatefulSet>(namespace, name)?;
            Some((set.uid().to_owned(), set.spec.replicas.unwrap_or(1)))
        }
        _ => None,
    }
}

/// The selector as Go prints it.
fn selector_text(budget: &PodDisruptionBudget) -> String {
    let selector = budget.spec.selector.as_ref();
    let labels = selector.and_then(|selector| selector.match_labels.as_ref());
    let pairs: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}: {value},"))
        .collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}",
        pairs.join("")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::testbed::{Testbed, deployment};
    use serde_json::{Value, json};

    /// (currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed) of a budget over a Deployment of 5.
    fn check(limit: Value, expect: (i32, i32, i32, i32)) {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.create(deployment(5, &json!({})));
        let mut spec = limit.clone();
        spec["selector"] = json!({"matchLabels": {"app": "web"}});
        testbed.create(
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": "default"}, "spec": spec}),
        );
        testbed.run_for(Duration::from_secs(10));
        let budget = testbed.api.get::<PodDisruptionBudget>("default", "web");
        let status = &budget.unwrap().status;
        let counts = [
            status.current_healthy,
            status.desired_healthy,
            status.expected_pods,
            status.disruptions_allowed,
        ];
        let [current, desired, expected, allowed] = counts.map(|count| count.unwrap_or(-1));
        assert_eq!((current, desired, expected, allowed), expect, "{limit}");
    }

    #[test]
    fn budgets_are_counted() {
        check(json!({"minAvailable": 2}), (5, 2, 5, 3));
        check(json!({"minAvailable": "50%"}), (5, 3, 5, 2));
        check(json!({"maxUnavailable": 1}), (5, 4, 5, 1));
        check(json!({"maxUnavailable": "30%"}), (5, 3, 5, 2));
        check(json!({"minAvailable": 7}), (5, 7, 5, 0));
    }
}
