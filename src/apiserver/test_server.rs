//! A server for tests: the namespace `default`, the system's priority classes, and nothing else.

use serde_json::json;

use crate::api::Object;
use crate::kernel::{Rng, SimTime, TraceId};

use super::{ApiServer, Clock, Moment};

/// When requests of tests arrive.
pub const AT: Moment = Moment {
    now: SimTime::ZERO,
    cause: TraceId::ROOT,
};

/// A new server.
pub fn server() -> ApiServer {
    let mut server = ApiServer::new(Clock::default(), Rng::new(1));
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}});
    let classes = super::validation::SYSTEM_CLASSES.map(|(name, value, _)| {
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value})
    });
    for json in classes.into_iter().chain([namespace]) {
        server.create(Object::from_json(json).unwrap(), AT).unwrap();
    }
    server
}
