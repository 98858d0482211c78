//! The resource quota controller: counts what is used of a quota anew when something goes, and when its limits change.
//! What comes is charged by admission.

use crate::api::core::ResourceQuotaStatus;
use crate::api::{Kind, Object, ObjectKey, Quantity, Resource, ResourceQuota};
use crate::apiserver::{Change, ChangeKind, Status, quota};
use crate::cluster::{Actor, Context, Step};
use crate::kernel::Rng;

use super::Controller;
use super::work_queue::WorkQueue;

/// The controller's name; it records no events.
pub const NAME: &str = "resourcequota-controller";

/// The resource quota controller.
#[derive(Clone, Debug)]
pub struct ResourceQuotaController {
    queue: WorkQueue,
}

impl ResourceQuotaController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }
}

impl Controller for ResourceQuotaController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        if let Object::ResourceQuota(quota) = &change.object {
            let before = change
                .previous
                .as_ref()
                .and_then(Object::typed::<ResourceQuota>);
            // Writes of its status are this controller's own, or admission's.
            if before.is_none_or(|before| before.spec.hard != quota.spec.hard) {
                self.queue.add(quota.key(), context);
            }
        }
        if !gives_back(change, context) {
            return;
        }
        let (kind, namespace) = (change.object.kind(), change.object.namespace());
        let quotas = context.api.list::<ResourceQuota>(Some(namespace));
        let concerned = quotas.filter(|quota| quota::counted(quota, kind).next().is_some());
        let keys: Vec<ObjectKey> = concerned.map(ResourceQuota::key).collect();
        for key in keys {
            self.queue.add(key, context);
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let Some(quota) = context
            .api
            .get::<ResourceQuota>(&key.namespace, &key.name)
            .cloned()
        else {
            return Ok(());
        };
        let mut wanted = quota.clone();
        *wanted.status_mut() = ResourceQuotaStatus {
            hard: quota.spec.hard.clone(),
            used: None,
        };
        let used = count(&wanted, context);
        wanted.status_mut().used = Some(used);
        if wanted.status == quota.status {
            return Ok(());
        }
        let text = format!("Counted **what is used of quota {}**", quota.name());
        let step = Step::new(Actor::Controller(NAME), key.clone(), "quota-counted", text);
        context.step(step.reading("spec.hard"));
        let moment = context.moment();
        context
            .api
            .update_status(&wanted.into_object(), moment)
            .map(|_| ())
    }
}

/// Whether an object stopped counting for something: it went, or a pod ended, or a service or claim changed.
fn gives_back(change: &Change, context: &Context) -> bool {
    if change.kind == ChangeKind::Deleted {
        return change.object.kind().namespaced();
    }
    match (&change.object, &change.previous) {
        (Object::Pod(pod), Some(Object::Pod(before))) => {
            let now = context.api.clock().time(context.now);
            quota::is_charged(before, &now) && !quota::is_charged(pod, &now)
        }
        (Object::Service(_) | Object::PersistentVolumeClaim(_), Some(before)) => {
            !change.object.same_spec(before)
        }
        _ => false,
    }
}

/// What all objects of the namespace use of the quota, by the names of its limits.
fn count(quota: &ResourceQuota, context: &Context) -> std::collections::BTreeMap<String, Quantity> {
    let now = context.api.clock().time(context.now);
    let mut used = std::collections::BTreeMap::new();
    for kind in Kind::all().filter(|kind| kind.namespaced()) {
        let names: Vec<&str> = quota::counted(quota, kind).collect();
        if names.is_empty() {
            continue;
        }
        for name in &names {
            used.insert((*name).to_owned(), Quantity("0".to_owned()));
        }
        let objects = context.api.store().list(kind, Some(quota.namespace()));
        for object in objects.filter(|object| quota::in_scope(quota, object)) {
            for (name, amount) in quota::usage(object, &now) {
                if let Some(total) = used.get_mut(&name) {
                    *total = crate::api::quantity::sum(total, &amount);
                }
            }
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::DeleteOptions;
    use crate::cluster::testbed::{Testbed, deployment};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn used(testbed: &Testbed) -> Vec<(String, String)> {
        let quota = testbed.api.get::<ResourceQuota>("default", "q").unwrap();
        let used = quota.status.used.iter().flatten();
        used.map(|(name, amount)| (name.clone(), amount.0.clone()))
            .collect()
    }

    fn with_requests(replicas: i32) -> Value {
        let mut web = deployment(replicas, &json!({}));
        web["spec"]["template"]["spec"]["containers"][0]["resources"] =
            json!({"requests": {"cpu": "100m"}});
        web
    }

    #[test]
    fn a_quota_bounds_a_deployment_and_is_freed_by_what_goes() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.create(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "default"},
            "spec": {"hard": {"pods": "3", "requests.cpu": "1", "count/deployments.apps": "5"}}}));
        testbed.run_for(Duration::from_secs(1));
        let texts = |amounts: [&str; 3]| -> Vec<(String, String)> {
            let names = ["count/deployments.apps", "pods", "requests.cpu"];
            let pairs = names.into_iter().zip(amounts);
            pairs
                .map(|(name, amount)| (name.to_owned(), amount.to_owned()))
                .collect()
        };
        assert_eq!(used(&testbed), texts(["0", "0", "0"]));
        testbed.create(with_requests(5));
        testbed.run_for(Duration::from_secs(10));
        assert_eq!(testbed.pods().len(), 3);
        assert_eq!(used(&testbed), texts(["1", "3", "300m"]));
        let refused = testbed
            .events(Kind::ReplicaSet)
            .into_iter()
            .find(|event| event.contains("exceeded quota"));
        let refused = refused.unwrap();
        assert!(
            refused.contains("requested: pods=1, used: pods=3, limited: pods=3"),
            "{refused}"
        );
        testbed.delete(
            &ObjectKey::new(Kind::Deployment, "default", "web"),
            &DeleteOptions::default(),
        );
        testbed.run_for(Duration::from_secs(60));
        assert_eq!(used(&testbed), texts(["0", "0", "0"]));
    }
}
