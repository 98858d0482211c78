//! The namespace controller: empties a namespace that is being deleted.

use crate::kernel::OrderedMap;
use std::time::Duration;

use crate::api::core::NamespaceCondition;
use crate::api::{Kind, Namespace, Object, ObjectKey, Pod, Resource, conditions};
use crate::apiserver::strategy::NAMESPACE_FINALIZER;
use crate::apiserver::{Change, DeleteOptions, Reason, Status};
use crate::cluster::timing::NAMESPACE_DELETION_DELAY;
use crate::cluster::{Actor, Context, Step};
use crate::kernel::Rng;

use super::work_queue::WorkQueue;
use super::{Controller, pods};

/// The controller's name; it records no events.
pub const NAME: &str = "namespace-controller";

/// How long to wait for objects that finalizers hold.
const FINALIZER_ESTIMATE_SECONDS: i64 = 15;

/// The namespace controller.
#[derive(Clone, Debug)]
pub struct NamespaceController {
    queue: WorkQueue,
}

/// What is left in a namespace.
#[derive(Debug, Default)]
struct Remains {
    by_resource: OrderedMap<String, usize>,
    by_finalizer: OrderedMap<String, usize>,
    /// How long it may take until they are gone.
    estimate_seconds: i64,
}

impl NamespaceController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }
}

impl Controller for NamespaceController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        if let Object::Namespace(namespace) = &change.object
            && namespace.is_deleting()
        {
            // Other API servers must have seen the deletion, so that nothing is created meanwhile.
            self.queue
                .add_after(namespace.key(), NAMESPACE_DELETION_DELAY, context);
        }
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let namespace = context.api.get::<Namespace>("", &key.name);
        let Some(namespace) = namespace.filter(|found| is_to_be_emptied(found)).cloned() else {
            return Ok(());
        };
        let remains = delete_contents(&namespace, context)?;
        write_conditions(&namespace, &remains, context)?;
        if remains.by_resource.is_empty() {
            let text = format!("{} is **empty** and goes", namespace.name());
            let step = Step::new(
                Actor::Controller(NAME),
                key.clone(),
                "namespace-emptied",
                text,
            );
            context.step(step);
            return context
                .api
                .finalize_namespace(&key.name, NAMESPACE_FINALIZER, context.moment())
                .map(|_| ());
        }
        let seconds = remains.estimate_seconds.max(1).unsigned_abs() / 2 + 1;
        self.queue
            .add_after(key.clone(), Duration::from_secs(seconds), context);
        Ok(())
    }
}

fn is_to_be_emptied(namespace: &Namespace) -> bool {
    let mut finalizers = namespace.spec.finalizers.iter().flatten();
    namespace.is_deleting() && finalizers.any(|one| one == NAMESPACE_FINALIZER)
}

/// Deletes the pods, and when no pod is left the rest (OrderedNamespaceDeletion).
fn delete_contents(namespace: &Namespace, context: &mut Context) -> Result<Remains, Status> {
    let mut remains = Remains {
        estimate_seconds: pods_estimate(namespace, context),
        ..Default::default()
    };
    delete_all(Kind::Pod, namespace, &mut remains, context)?;
    if !remains.by_resource.is_empty() {
        return Ok(remains);
    }
    let others = Kind::all().filter(|kind| kind.namespaced() && *kind != Kind::Pod);
    for kind in others {
        delete_all(kind, namespace, &mut remains, context)?;
    }
    Ok(remains)
}

fn delete_all(
    kind: Kind,
    namespace: &Namespace,
    remains: &mut Remains,
    context: &mut Context,
) -> Result<(), Status> {
    let name = namespace.name();
    let keys: Vec<ObjectKey> = context
        .api
        .store()
        .list(kind, Some(name))
        .map(Object::key)
        .collect();
    if !keys.is_empty() {
        let plural = kind.info().plural;
        let text = format!(
            "The {} **{plural}** of {name} are deleted with it",
            keys.len()
        );
        let step = Step::new(
            Actor::Controller(NAME),
            namespace.key(),
            "namespace-content",
            text,
        );
        context.step(step.reading("metadata.deletionTimestamp"));
    }
    for key in keys {
        let options = DeleteOptions::default();
        match context.api.delete(&key, &options, context.moment()) {
            Err(status) if status.reason != Reason::NotFound => return Err(status),
            _ => {}
        }
    }
    let mut count = 0;
    for object in context.api.store().list(kind, Some(name)) {
        count += 1;
        for finalizer in object.meta().finalizers.iter().flatten() {
            *remains.by_finalizer.entry(finalizer.clone()).or_insert(0) += 1;
            remains.estimate_seconds = remains.estimate_seconds.max(FINALIZER_ESTIMATE_SECONDS);
        }
    }
    if count > 0 {
        let info = kind.info();
        let resource = format!("{}.{}", info.plural, info.group);
        remains.by_resource.insert(resource, count);
    }
    Ok(())
}

/// The longest grace period of a pod that has not ended; 0 once that much time has passed.
fn pods_estimate(namespace: &Namespace, context: &Context) -> i64 {
    let estimate = context
        .api
        .list::<Pod>(Some(namespace.name()))
        .filter(|pod| !pods::has_ended(pod))
        .filter_map(|pod| pod.spec.termination_grace_period_seconds)
        .max()
        .unwrap_or(0);
    let deleted = namespace.meta.deletion_timestamp.as_ref();
    let since = deleted.map(|at| context.now.since(context.api.clock().moment(at)));
    match since {
        Some(since) if since.as_secs() < estimate.unsigned_abs() => estimate,
        _ => 0,
    }
}

fn write_conditions(
    namespace: &Namespace,
    remains: &Remains,
    context: &mut Context,
) -> Result<(), Status> {
    let listed = |counts: &OrderedMap<String, usize>, word: &str| {
        let parts: Vec<String> = counts
            .iter()
            .map(|(name, count)| format!("{name} {word} {count} resource instances"))
            .collect();
        parts.join(", ")
    };
    let content = (!remains.by_resource.is_empty()).then(|| {
        let list = listed(&remains.by_resource, "has");
        (
            "SomeResourcesRemain",
            format!("Some resources are remaining: {list}"),
        )
    });
    let finalizers = (!remains.by_finalizer.is_empty()).then(|| {
        let list = listed(&remains.by_finalizer, "in");
        let message = format!("Some content in the namespace has finalizers remaining: {list}");
        ("SomeFinalizersRemain", message)
    });
    // While pods remain the other resources are not looked at, and their totals not told.
    let waits_for_pods = remains.by_resource.contains_key("pods.");
    let mut written = namespace.clone();
    let mut changed = false;
    for (type_, reason, message) in FINE {
        let problem = match type_ {
            "NamespaceContentRemaining" if !waits_for_pods => content.clone(),
            "NamespaceFinalizersRemaining" if !waits_for_pods => finalizers.clone(),
            _ => None,
        };
        let status = if problem.is_some() { "True" } else { "False" };
        let (reason, message) = problem.unwrap_or((reason, message.to_owned()));
        let condition = NamespaceCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(context.api.clock().time(context.now)),
        };
        changed |= conditions::set(&mut written.status_mut().conditions, condition);
    }
    if !changed {
        return Ok(());
    }
    context
        .api
        .update_status(&written.into_object(), context.moment())
        .map(|_| ())
}

/// (condition, reason and message when there is nothing to complain of).
const FINE: [(&str, &str, &str); 5] = [
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (
        "NamespaceContentRemaining",
        "ContentRemoved",
        "All content successfully removed",
    ),
    (
        "NamespaceFinalizersRemaining",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::testbed::{Testbed, deployment};
    use serde_json::json;

    #[test]
    fn a_namespace_goes_with_its_contents() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed
            .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
        let mut web = deployment(2, &json!({}));
        web["metadata"]["namespace"] = "shop".into();
        testbed.create(web);
        testbed.run_for(Duration::from_secs(5));
        let key = ObjectKey::new(Kind::Namespace, "", "shop");
        testbed.delete(&key, &DeleteOptions::default());
        let deleting = |testbed: &Testbed| {
            testbed
                .pods()
                .iter()
                .filter(|pod| pod.is_deleting())
                .count()
        };
        testbed.run_for(Duration::from_millis(4_900));
        assert_eq!((testbed.pods().len(), deleting(&testbed)), (2, 0));
        testbed.run_for(Duration::from_millis(500));
        assert_eq!(deleting(&testbed), 2);
        testbed.run_for(Duration::from_secs(30));
        assert!(testbed.api.get::<Namespace>("", "shop").is_none());
        assert_eq!(
            testbed
                .api
                .store()
                .iter()
                .filter(|left| left.namespace() == "shop")
                .count(),
            0
        );
    }
}
