//! Deletions, by the watch events that they lead to.

use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey};
use crate::apiserver::{ApiServer, Clock, DeleteOptions, Moment, Propagation};
use crate::kernel::{Rng, SimTime, TraceId};

fn at(seconds: u64) -> Moment {
    Moment {
        now: SimTime::from_secs(seconds),
        cause: TraceId::ROOT,
    }
}

fn server(objects: &[Value]) -> ApiServer {
    let mut server = ApiServer::new(Clock::default(), Rng::new(1));
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    for json in [namespace("default"), namespace("other")]
        .iter()
        .chain(objects)
    {
        server
            .create(Object::from_json(json.clone()).unwrap(), at(0))
            .unwrap();
    }
    server.drain_changes();
    server
}

fn pod(node: &str, finalizers: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "finalizers": finalizers},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "nginx"}]}})
}

fn replica_set() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}})
}

fn grace(seconds: i64) -> DeleteOptions {
    DeleteOptions {
        grace_period_seconds: Some(seconds),
        ..Default::default()
    }
}

/// Each watch event since the last look: type, generation, seconds of grace, seconds to the deadline,
/// finalizers.
fn events(server: &mut ApiServer) -> Vec<String> {
    let clock = *server.clock();
    let show = |object: &Object| {
        let meta = object.meta();
        let deadline = meta
            .deletion_timestamp
            .as_ref()
            .map(|time| clock.moment(time).as_micros() / 1_000_000);
        format!(
            "generation {:?} grace {:?} deadline {deadline:?} finalizers {:?}",
            meta.generation.unwrap_or(0),
            meta.deletion_grace_period_seconds,
            meta.finalizers.clone().unwrap_or_default(),
        )
    };
    server
        .drain_changes()
        .iter()
        .map(|change| format!("{} {}", change.kind.as_str(), show(&change.object)))
        .collect()
}

/// Deletes at the given seconds with the given options; the watch must show `expect`.
fn check(object: &Value, requests: &[(u64, DeleteOptions)], expect: &[&str]) {
    let mut server = server(std::slice::from_ref(object));
    let key = Object::from_json(object.clone()).unwrap().key();
    let key = ObjectKey::new(key.kind, "default", "a");
    for (second, options) in requests {
        server.delete(&key, options, at(*second)).unwrap();
    }
    assert_eq!(events(&mut server), expect, "{object} {requests:?}");
}

#[test]
fn a_running_pod_gets_its_grace_period() {
    let running = pod("node-1", json!(null));
    check(
        &running,
        &[
            (10, DeleteOptions::default()),
            (12, DeleteOptions::default()),
            (15, grace(0)),
        ],
        &[
            "MODIFIED generation 2 grace Some(30) deadline Some(40) finalizers []",
            "MODIFIED generation 2 grace Some(0) deadline Some(15) finalizers []",
            "DELETED generation 2 grace Some(0) deadline Some(15) finalizers []",
        ],
    );
    check(
        &running,
        &[
            (10, grace(60)),
            (12, grace(20)),
            (13, grace(90)),
            (35, grace(5)),
        ],
        &[
            "MODIFIED generation 2 grace Some(60) deadline Some(70) finalizers []",
            "MODIFIED generation 2 grace Some(20) deadline Some(30) finalizers []",
            "MODIFIED generation 2 grace Some(1) deadline Some(35) finalizers []",
        ],
    );
}

#[test]
fn a_forced_or_unscheduled_pod_goes_at_once_but_is_written_first() {
    let expect = [
        "MODIFIED generation 2 grace Some(0) deadline Some(10) finalizers []",
        "DELETED generation 2 grace Some(0) deadline Some(10) finalizers []",
    ];
    check(&pod("node-1", json!(null)), &[(10, grace(0))], &expect);
    check(
        &pod("", json!(null)),
        &[(10, DeleteOptions::default())],
        &expect,
    );
}

#[test]
fn finalizers_hold_an_object_until_they_are_gone() {
    let held = pod("node-1", json!(["example.com/hold"]));
    check(
        &held,
        &[
            (10, DeleteOptions::default()),
            (11, grace(0)),
            (12, grace(0)),
        ],
        &[
            "MODIFIED generation 2 grace Some(30) deadline Some(40) finalizers [\"example.com/hold\"]",
            "MODIFIED generation 2 grace Some(0) deadline Some(11) finalizers [\"example.com/hold\"]",
        ],
    );
    let mut server = server(&[held]);
    let key = ObjectKey::new(Kind::Pod, "default", "a");
    server.delete(&key, &grace(0), at(10)).unwrap();
    events(&mut server);
    let mut object = server.store().get(&key).unwrap().clone();
    object.meta_mut().finalizers = None;
    server.update(object, at(12)).unwrap();
    assert_eq!(
        events(&mut server),
        ["DELETED generation 2 grace Some(0) deadline Some(10) finalizers [\"example.com/hold\"]"]
    );
}

#[test]
fn propagation_is_a_finalizer() {
    check(
        &replica_set(),
        &[(10, DeleteOptions::default())],
        &["DELETED generation 1 grace None deadline None finalizers []"],
    );
    for (propagation, finalizer) in [
        (Propagation::Foreground, "foregroundDeletion"),
        (Propagation::Orphan, "orphan"),
    ] {
        let options = DeleteOptions {
            propagation,
            ..Default::default()
        };
        let event = format!(
            "MODIFIED generation 2 grace Some(0) deadline Some(10) finalizers [{finalizer:?}]"
        );
        check(&replica_set(), &[(10, options)], &[&event]);
    }
}

#[test]
fn a_namespace_waits_for_its_controller() {
    let mut server = server(&[]);
    let key = ObjectKey::new(Kind::Namespace, "", "other");
    for second in [10, 11] {
        let namespace = server
            .delete(&key, &DeleteOptions::default(), at(second))
            .unwrap();
        assert_eq!(
            namespace.to_json()["status"],
            json!({"phase": "Terminating"})
        );
    }
    server
        .finalize_namespace("other", "kubernetes", at(12))
        .unwrap();
    assert_eq!(
        events(&mut server),
        [
            "MODIFIED generation 0 grace None deadline Some(10) finalizers []",
            "DELETED generation 0 grace None deadline Some(10) finalizers []",
        ]
    );
    let key = ObjectKey::new(Kind::Namespace, "", "default");
    let refused = server
        .delete(&key, &DeleteOptions::default(), at(13))
        .unwrap_err();
    assert_eq!(
        refused.message,
        r#"namespaces "default" is forbidden: this namespace may not be deleted"#
    );
}

#[test]
fn the_uid_must_be_right() {
    let mut server = server(&[replica_set()]);
    let key = ObjectKey::new(Kind::ReplicaSet, "default", "a");
    let options = DeleteOptions {
        uid: Some("other".to_owned()),
        ..Default::default()
    };
    assert_eq!(server.delete(&key, &options, at(1)).unwrap_err().code, 409);
}
