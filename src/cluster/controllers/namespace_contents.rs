//! What every namespace holds: its default service account (serviceaccount-controller) and the config map with the
//! cluster's certificate (root-ca-cert-publisher). Both come with the namespace, and come again when they are deleted.

use crate::api::{Kind, Namespace, Object, ObjectKey};
use crate::apiserver::{Change, ChangeKind, Status};
use crate::cluster::{Context, bootstrap};
use crate::kernel::Rng;

use super::Controller;
use super::work_queue::WorkQueue;

/// The controller's name; it records no events.
pub const NAME: &str = "serviceaccount-controller";

/// The controller of what namespaces hold.
#[derive(Clone, Debug)]
pub struct NamespaceContentsController {
    queue: WorkQueue,
}

impl NamespaceContentsController {
    /// A controller that has seen nothing yet.
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self {
            queue: WorkQueue::new(NAME, rng),
        }
    }
}

impl Controller for NamespaceContentsController {
    fn queue(&mut self) -> &mut WorkQueue {
        &mut self.queue
    }

    fn observe(&mut self, change: &Change, context: &mut Context) {
        let name = change.object.name();
        let namespace = match &change.object {
            Object::Namespace(_) if change.kind == ChangeKind::Added => name,
            Object::ServiceAccount(account)
                if change.kind == ChangeKind::Deleted && name == bootstrap::DEFAULT_ACCOUNT =>
            {
                account.namespace()
            }
            Object::ConfigMap(map)
                if change.kind == ChangeKind::Deleted && name == bootstrap::ROOT_CA =>
            {
                map.namespace()
            }
            _ => return,
        };
        self.queue
            .add(ObjectKey::new(Kind::Namespace, "", namespace), context);
    }

    fn sync(&mut self, key: &ObjectKey, context: &mut Context) -> Result<(), Status> {
        let namespace = context.api.get::<Namespace>("", &key.name);
        if namespace.is_none_or(Namespace::is_deleting) {
            return Ok(());
        }
        for json in bootstrap::contents(&key.name) {
            let object = Object::from_json(json).map_err(Status::bad_request)?;
            if context.api.store().get(&object.key()).is_some() {
                continue;
            }
            let moment = context.moment();
            // If a quota is in the way, it is tried again.
            context.api.create(object, moment)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ConfigMap, ServiceAccount};
    use crate::apiserver::DeleteOptions;
    use crate::cluster::testbed::Testbed;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_namespace_has_its_account_and_certificate() {
        let mut testbed = Testbed::new(1, &[]);
        testbed
            .create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
        testbed.run_for(Duration::from_secs(1));
        let there = |testbed: &Testbed| {
            let account = testbed.api.get::<ServiceAccount>("shop", "default");
            (
                account.is_some(),
                testbed
                    .api
                    .get::<ConfigMap>("shop", bootstrap::ROOT_CA)
                    .is_some(),
            )
        };
        assert_eq!(there(&testbed), (true, true));
        let key = ObjectKey::new(Kind::ServiceAccount, "shop", "default");
        testbed.delete(&key, &DeleteOptions::default());
        testbed.run_for(Duration::from_secs(1));
        assert_eq!(there(&testbed), (true, true));
    }
}
