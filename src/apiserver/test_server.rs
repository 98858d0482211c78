//! A server for tests: the namespace `default`, and nothing else.

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
    server
        .create(Object::from_json(namespace).unwrap(), AT)
        .unwrap();
    server
}
