//! Heads and conditions of what is not a pod: Deployments, ReplicaSets, Nodes, Services …

use serde_json::Value;

use crate::api::Object;
use crate::kubectl::age;
use crate::session::nodes;
use crate::session::scene::Scene;
use crate::session::view::State;
use crate::session::view::inspector::{Condition, Fact, Verdict};

use super::Head;

/// The head of the panel.
pub(super) fn head(scene: &Scene, object: &Object) -> Head {
    let (state, status) = summary(object);
    let mut facts = facts(object);
    facts.truncate(3);
    facts.push(Fact {
        name: "Age".into(),
        value: age::since(
            object.meta().creation_timestamp.as_ref(),
            scene.unix_micros(),
        )
        .into(),
        note: "".into(),
    });
    Head {
        state,
        status,
        facts,
    }
}

/// How an object does, in a word or two.
pub(super) fn summary(object: &Object) -> (State, String) {
    if object.meta().deletion_timestamp.is_some() {
        return (State::Terminating, "Terminating".to_owned());
    }
    match object {
        Object::Deployment(deployment) => replicas(
            deployment.spec.replicas.unwrap_or(1),
            deployment.status.ready_replicas.unwrap_or(0),
        ),
        Object::ReplicaSet(set) => replicas(
            set.spec.replicas.unwrap_or(1),
            set.status.ready_replicas.unwrap_or(0),
        ),
        Object::StatefulSet(set) => replicas(
            set.spec.replicas.unwrap_or(1),
            set.status.ready_replicas.unwrap_or(0),
        ),
        Object::DaemonSet(set) => {
            replicas(set.status.desired_number_scheduled, set.status.number_ready)
        }
        Object::Node(node) => {
            let status = nodes::status(node);
            let state = if status.starts_with("Ready") {
                State::Ready
            } else {
                State::Unknown
            };
            (state, status)
        }
        Object::Service(service) => {
            let spec = &service.spec;
            let type_ = spec.type_.as_deref().unwrap_or("ClusterIP");
            (
                State::Ready,
                format!("{type_} {}", spec.cluster_ip.as_deref().unwrap_or("<none>")),
            )
        }
        Object::ConfigMap(map) => {
            let count = map.spec.data.as_ref().map_or(0, |data| data.len());
            (State::Ready, format!("{count} keys"))
        }
        Object::Namespace(namespace) => (
            State::Ready,
            namespace
                .status
                .phase
                .clone()
                .unwrap_or_else(|| "Active".to_owned()),
        ),
        _ => (State::Ready, "exists".to_owned()),
    }
}

fn replicas(wanted: i32, ready: i32) -> (State, String) {
    let state = if ready >= wanted {
        State::Ready
    } else {
        State::NotReady
    };
    (state, format!("{ready}/{wanted} ready"))
}

fn facts(object: &Object) -> Vec<Fact> {
    let fact = |name: &str, value: String| Fact {
        name: name.into(),
        value: value.into(),
        note: "".into(),
    };
    let number = |value: Option<i32>| value.unwrap_or(0).to_string();
    match object {
        Object::Deployment(deployment) => vec![
            fact("Up to date", number(deployment.status.updated_replicas)),
            fact("Available", number(deployment.status.available_replicas)),
            fact("Strategy", strategy(deployment)),
        ],
        Object::ReplicaSet(set) => vec![
            fact("Desired", number(set.spec.replicas)),
            fact("Current", set.status.replicas.to_string()),
            fact("Available", number(set.status.available_replicas)),
        ],
        Object::Service(service) => {
            let ports = service.spec.ports.iter().flatten();
            let ports: Vec<String> = ports
                .map(|port| {
                    format!(
                        "{}/{}",
                        port.port,
                        port.protocol.as_deref().unwrap_or("TCP")
                    )
                })
                .collect();
            vec![fact("Ports", ports.join(","))]
        }
        _ => Vec::new(),
    }
}

fn strategy(deployment: &crate::api::Deployment) -> String {
    let strategy = deployment.spec.strategy.as_ref();
    strategy
        .and_then(|strategy| strategy.type_.clone())
        .unwrap_or_else(|| "RollingUpdate".to_owned())
}

/// Its conditions in the API's order. All kinds write them alike, so they are read from the JSON.
pub(super) fn conditions(object: &Object) -> Vec<Condition> {
    let json = match object {
        Object::Pod(_) | Object::Node(_) | Object::Deployment(_) | Object::ReplicaSet(_) => {
            object.to_json()
        }
        _ => return Vec::new(),
    };
    let conditions = json["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .map(|json| condition(object, json))
        .collect()
}

fn condition(object: &Object, json: &Value) -> Condition {
    let text = |field: &str| json[field].as_str().unwrap_or_default();
    let (name, status) = (text("type"), text("status"));
    let detail = match (text("reason"), text("message")) {
        ("", message) => message.to_owned(),
        (reason, "") => reason.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    };
    // Pressure, failure and disruption are bad when they are true, and some things are under way then; all others
    // are good.
    let is_trouble = name.ends_with("Pressure")
        || name.ends_with("Unavailable")
        || matches!(name, "ReplicaFailure" | "DisruptionTarget");
    let passes = matches!(
        name,
        "AllContainersRestarting" | "PodResizePending" | "PodResizeInProgress"
    );
    let verdict = match (status, is_trouble) {
        ("True", _) if passes => Verdict::Later,
        ("False", _) if passes => Verdict::Good,
        ("True", false) | ("False", true) => Verdict::Good,
        _ if is_later(object, name) => Verdict::Later,
        _ => Verdict::Bad,
    };
    Condition {
        name: name.into(),
        status: status.into(),
        verdict,
        detail: detail.into(),
    }
}

/// Whether a condition of a pod may still become true by itself: it is being created.
fn is_later(object: &Object, name: &str) -> bool {
    let Object::Pod(pod) = object else {
        return false;
    };
    let creating =
        crate::session::cell::lane(pod) == crate::session::view::stage::LaneKind::Creating;
    creating && name != "PodScheduled"
}
