//! The pods/eviction endpoint: deletes a pod if its disruption budget allows that.

use crate::api::core::PodCondition;
use crate::api::meta::{Condition, Time};
use crate::api::policy::PodDisruptionBudgetStatus;
use crate::api::{
    Kind, Object, ObjectKey, Pod, PodDisruptionBudget, Resource, conditions, selector,
};

use super::{ApiServer, Cause, DeleteOptions, Moment, Reason, Status};

/// A budget with more evicted pods than this whose end has not been seen refuses further ones.
const MOST_DISRUPTED: usize = 2_000;
const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

impl ApiServer {
    /// Evicts a pod: charges its disruption budget, marks the pod with the condition DisruptionTarget and deletes
    /// it. Pods that have ended, have not begun or are being deleted go in any case, and so do pods that are not
    /// ready where the budget's policy allows it. Returns the pod as it is after the request.
    ///
    /// # Errors
    /// NotFound; TooManyRequests with the cause `DisruptionBudget` if the budget allows no disruption, or has not
    /// been counted yet; a failure without a reason if several budgets select the pod.
    pub fn evict(
        &mut self,
        key: &ObjectKey,
        options: &DeleteOptions,
        at: Moment,
    ) -> Result<Object, Status> {
        let pod = self
            .get::<Pod>(&key.namespace, &key.name)
            .ok_or_else(|| Status::not_found(Kind::Pod, &key.name))?
            .clone();
        let now = self.clock.time(at.now);
        let mut budgets = self.list::<PodDisruptionBudget>(Some(&key.namespace));
        let budget = budgets.find(|budget| selects(budget, &pod)).cloned();
        let several = budgets.any(|budget| selects(budget, &pod));
        drop(budgets);
        if let Some(budget) = budget.filter(|_| !ignores_budgets(&pod)) {
            if several {
                return Err(several_budgets());
            }
            if !may_go_unready(&budget, &pod) {
                let charged = charge(budget, &pod, now.clone())?;
                self.update_status(&charged.into_object(), at)?;
            }
        }
        let (reason, message) = ("EvictionByEvictionAPI", "Eviction API: evicting".to_owned());
        let condition = conditions::disruption_target(reason, message, None, now);
        self.mark_and_delete(pod, condition, options, at)
    }

    /// Puts the condition DisruptionTarget on a pod and deletes it.
    ///
    /// # Errors
    /// Those of the two writes.
    pub fn mark_and_delete(
        &mut self,
        mut pod: Pod,
        condition: PodCondition,
        options: &DeleteOptions,
        at: Moment,
    ) -> Result<Object, Status> {
        let key = pod.key();
        if conditions::set_pod_condition(pod.status_mut(), condition) {
            self.update_status(&pod.into_object(), at)?;
        }
        self.delete(&key, options, at)
    }
}

/// Whether a budget selects a pod. In `policy/v1` an empty selector selects all pods of the namespace.
#[must_use]
pub fn selects(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let selector = budget.spec.selector.as_ref();
    selector.is_some_and(|selector| selector::matches(selector, pod.meta.labels.as_ref()))
}

/// Sets the condition DisruptionAllowed.
pub fn set_allowed(
    status: &mut PodDisruptionBudgetStatus,
    allowed: bool,
    reason: &str,
    message: String,
    now: Time,
) {
    let mut condition = Condition {
        type_: "DisruptionAllowed".to_owned(),
        status: if allowed { "True" } else { "False" }.to_owned(),
        reason: reason.to_owned(),
        message,
        observed_generation: status.observed_generation,
        last_transition_time: now,
    };
    let old = status.conditions.iter().flatten();
    let mut old = old.filter(|old| old.type_ == condition.type_);
    if let Some(old) = old.find(|old| old.status == condition.status) {
        condition
            .last_transition_time
            .clone_from(&old.last_transition_time);
    }
    status.conditions = Some(vec![condition]);
}

/// registry/core/pod/storage: `canIgnorePDB`.
fn ignores_budgets(pod: &Pod) -> bool {
    let phase = pod.status.phase.as_deref();
    matches!(phase, Some("Succeeded" | "Failed" | "Pending")) || pod.is_deleting()
}

/// A pod that is not ready counts for nothing: it may go while the application is well, or in any case with
/// `unhealthyPodEvictionPolicy: AlwaysAllow`.
fn may_go_unready(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    if conditions::is_pod_ready(&pod.status) {
        return false;
    }
    let policy = budget.spec.unhealthy_pod_eviction_policy.as_deref();
    let desired = budget.status.desired_healthy.unwrap_or(0);
    let is_well = desired > 0 && budget.status.current_healthy.unwrap_or(0) >= desired;
    policy == Some("AlwaysAllow") || is_well
}

/// The budget with one disruption less (`checkAndDecrement`).
fn charge(
    mut budget: PodDisruptionBudget,
    pod: &Pod,
    now: Time,
) -> Result<PodDisruptionBudget, Status> {
    let name = budget.name().to_owned();
    let status = &budget.status;
    if status.observed_generation < budget.meta.generation {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refused(&name, why, 10));
    }
    if status
        .disrupted_pods
        .as_ref()
        .is_some_and(|pods| pods.len() > MOST_DISRUPTED)
    {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(Status::forbidden(Kind::PodDisruptionBudget, &name, why));
    }
    let allowed = status.disruptions_allowed.unwrap_or(0);
    if allowed <= 0 {
        return Err(refused(&name, why_none(&budget), 0));
    }
    let status = budget.status_mut();
    status.disruptions_allowed = Some(allowed - 1);
    if allowed == 1 {
        set_allowed(
            status,
            false,
            "InsufficientPods",
            String::new(),
            now.clone(),
        );
    }
    let disrupted = status.disrupted_pods.get_or_insert_default();
    disrupted.insert(pod.name().to_owned(), now);
    Ok(budget)
}

fn why_none(budget: &PodDisruptionBudget) -> String {
    let (name, status) = (budget.name(), &budget.status);
    let mut conditions = status.conditions.iter().flatten();
    let told = conditions.find(|one| one.status == "False" && !one.message.is_empty());
    let [healthy, desired] =
        [status.current_healthy, status.desired_healthy].map(|count| count.unwrap_or(0));
    let none = format!("The disruption budget {name} does not allow evicting pods currently");
    match told {
        Some(told) if told.reason == "SyncFailed" => {
            format!("{none} because it failed sync: {}", told.message)
        }
        _ if healthy <= desired => format!(
            "The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        ),
        Some(told) => format!("{none} ({}): {}", told.reason, told.message),
        None => none,
    }
}

fn refused(budget: &str, why: String, retry_after_secs: u32) -> Status {
    let kind = Kind::PodDisruptionBudget;
    let mut status = Status::about(
        429,
        Reason::TooManyRequests,
        kind,
        budget,
        REFUSED.to_owned(),
    );
    (status.name, status.group, status.kind) = Default::default();
    status.causes.push(Cause {
        reason: "DisruptionBudget",
        message: why,
        field: String::new(),
    });
    status.retry_after_secs = retry_after_secs;
    status
}

fn several_budgets() -> Status {
    let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    let mut status = Status::bad_request(message.to_owned());
    (status.code, status.reason) = (500, Reason::Unknown);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::test_server::{AT, server};
    use serde_json::{Value, json};

    /// Evicts a pod of which budgets know this much, and tells the answer and what is allowed after it.
    fn check(phase: &str, ready: &str, budgets: &[Value], expect: &str) {
        let mut server = server();
        let mut create = |json: Value| {
            let object = Object::from_json(json.clone()).unwrap();
            let mut object = server.create(object, AT).unwrap();
            if let (Object::Pod(pod), Some(status)) = (&mut object, json.get("status")) {
                *pod.status_mut() = serde_json::from_value(status.clone()).unwrap();
            }
            if let (Object::PodDisruptionBudget(of), Some(status)) =
                (&mut object, json.get("status"))
            {
                *of.status_mut() = serde_json::from_value(status.clone()).unwrap();
            }
            server.update_status(&object, AT).unwrap();
        };
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "nginx"}]}});
        pod["status"] = json!({"phase": phase, "conditions": [{"type": "Ready", "status": ready}]});
        create(pod);
        for (number, status) in budgets.iter().enumerate() {
            create(
                json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": {"name": format!("b{number}"), "namespace": "default"},
                "spec": {"minAvailable": 1, "selector": {}}, "status": status}),
            );
        }
        let key = ObjectKey::new(Kind::Pod, "default", "web");
        let answer = server.evict(&key, &DeleteOptions::default(), AT);
        let text = match answer {
            Ok(pod) => {
                let marked = pod.typed::<Pod>().unwrap().status.clone();
                assert!(conditions::pod_condition_is_true(
                    &marked,
                    "DisruptionTarget"
                ));
                let left = server.list::<PodDisruptionBudget>(None);
                let left: Vec<String> = left
                    .map(|one| one.status.disruptions_allowed.unwrap_or(0).to_string())
                    .collect();
                format!("evicted, {} left", left.join(","))
            }
            Err(status) => {
                let why = status.causes.first().map(|cause| &*cause.message);
                format!("{} {}", status.code, why.unwrap_or(&status.message))
            }
        };
        assert_eq!(text, expect, "{phase} {ready} {budgets:?}");
    }

    fn budget(allowed: i32, healthy: i32, desired: i32) -> Value {
        json!({"observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": healthy,
            "desiredHealthy": desired, "expectedPods": 3})
    }

    #[test]
    fn budgets_are_charged_and_protect_what_is_healthy() {
        check("Running", "True", &[], "evicted,  left");
        check("Running", "True", &[budget(2, 3, 1)], "evicted, 1 left");
        let none = "429 The disruption budget b0 needs 2 healthy pods and has 2 currently";
        check("Running", "True", &[budget(0, 2, 2)], none);
        let uncounted = "429 The disruption budget b0 is still being processed by the server.";
        check("Running", "True", &[json!({})], uncounted);
        let two = [budget(1, 2, 1), budget(1, 2, 1)];
        check(
            "Running",
            "True",
            &two,
            "500 This pod has more than one PodDisruptionBudget, \
            which the eviction subresource does not support.",
        );
        // What has ended or has not begun is not protected, nor is what is not ready while enough others are.
        check("Succeeded", "False", &[budget(0, 2, 2)], "evicted, 0 left");
        check("Pending", "False", &[budget(0, 2, 2)], "evicted, 0 left");
        check("Running", "False", &[budget(0, 2, 2)], "evicted, 0 left");
        let few = "429 The disruption budget b0 needs 2 healthy pods and has 1 currently";
        check("Running", "False", &[budget(0, 1, 2)], few);
    }
}
