//! Tests of seeking, forking and stepping, over whatever the cluster does.

use serde_json::{Value, json};

use super::History;
use super::cursor::Cursor;
use crate::cluster::{Client, ClusterConfig, Fault, Request, World};
use crate::kernel::{Rng, SimTime};

fn deployment(replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "main", "image": "nginx", "ports": [{"containerPort": 80}],
                    "livenessProbe": {"httpGet": {"path": "/", "port": 81}, "periodSeconds": 5},
                }]},
            },
        },
    })
}

fn config_map(number: u64) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("settings-{number}")}})
}

/// A run with inputs at several moments, up to 3 minutes.
fn run(seed: u64) -> History {
    let mut history = History::new(ClusterConfig {
        seed,
        ..ClusterConfig::default()
    });
    let go = |history: &mut History, secs| {
        assert!(history.run_until(SimTime::from_secs(secs), usize::MAX));
    };
    go(&mut history, 30);
    history.request(Request::Apply(deployment(2))).unwrap();
    for secs in 31..40 {
        go(&mut history, secs);
        history.request(Request::Create(config_map(secs))).unwrap();
    }
    go(&mut history, 70);
    history.fault(Fault::KubeletStop("node-2".into()));
    history.request(Request::Apply(deployment(5))).unwrap();
    go(&mut history, 180);
    history
}

/// Everything that the API shows, and the hash of the run.
fn picture(world: &World) -> (u64, SimTime, Vec<Value>) {
    let objects = world.api().store().iter().map(crate::api::Object::to_json);
    (world.trace_hash(), world.now(), objects.collect())
}

#[test]
fn the_same_inputs_give_the_same_run() {
    let (one, two) = (run(1), run(1));
    assert_eq!(picture(one.shown()), picture(two.shown()));
    // Uids come from the seed.
    assert_ne!(picture(one.shown()).2, picture(run(2).shown()).2);
}

#[test]
fn seeking_shows_exactly_what_was() {
    let mut history = run(3);
    let mut rng = Rng::new(99);
    for _ in 0..20 {
        let moment = SimTime::from_micros(rng.below(180_000_000));
        let mut straight = Cursor::new(World::new(history.config()));
        assert!(straight.run(history.inputs(), moment, &mut usize::MAX.clone()));
        history.seek(moment, 500);
        while !history.travel(500) {}
        assert_eq!(
            picture(history.shown()),
            picture(&straight.world),
            "{moment}"
        );
    }
    assert!(!history.at_head());
    let head = history.head_time();
    while !history.run_until(head, 300) {}
    assert!(history.at_head());
    assert_eq!(picture(history.shown()), picture(run(3).shown()));
}

#[test]
fn checkpoints_are_thinned_and_still_exact() {
    let mut history = run(4);
    for minute in 3..200 {
        history.run_until(SimTime::from_secs(60 * minute), usize::MAX);
    }
    let target = SimTime::from_secs(100);
    assert!(history.seek(target, usize::MAX));
    let mut straight = Cursor::new(World::new(history.config()));
    straight.run(history.inputs(), target, &mut usize::MAX.clone());
    assert_eq!(picture(history.shown()), picture(&straight.world));
}

#[test]
fn an_edit_in_the_past_makes_a_fork() {
    let mut history = run(5);
    assert!(history.seek(SimTime::from_secs(50), usize::MAX));
    history.request(Request::Apply(deployment(1))).unwrap();
    assert_eq!(history.head_time(), SimTime::from_secs(50));
    assert_eq!(history.inputs().len(), 11);
    assert!(
        history
            .record()
            .lanes()
            .all(|lane| lane.born <= history.head_time())
    );
    history.run_until(SimTime::from_secs(180), usize::MAX);

    let mut straight = History::new(history.config().clone());
    straight.run_until(SimTime::from_secs(30), usize::MAX);
    straight.request(Request::Apply(deployment(2))).unwrap();
    for secs in 31..40 {
        straight.run_until(SimTime::from_secs(secs), usize::MAX);
        straight.request(Request::Create(config_map(secs))).unwrap();
    }
    straight.run_until(SimTime::from_secs(50), usize::MAX);
    straight.request(Request::Apply(deployment(1))).unwrap();
    straight.run_until(SimTime::from_secs(180), usize::MAX);
    assert_eq!(picture(history.shown()), picture(straight.shown()));
    let lanes = |history: &History| history.record().lanes().cloned().collect::<Vec<_>>();
    assert_eq!(lanes(&history), lanes(&straight));
}

#[test]
fn looking_back_changes_nothing() {
    let mut history = run(6);
    let before = picture(history.shown());
    let inputs = history.inputs().to_vec();
    history.seek(SimTime::from_secs(10), usize::MAX);
    assert!(
        history
            .shown()
            .api()
            .store()
            .list(crate::api::Kind::Deployment, None)
            .next()
            .is_none()
    );
    history.show_head();
    assert_eq!(picture(history.shown()), before);
    assert_eq!(history.inputs(), inputs);
}

#[test]
fn steps_lead_from_moment_to_moment_and_back() {
    let mut history = run(7);
    history.seek(SimTime::from_secs(30), usize::MAX);
    let mut moments = vec![history.now()];
    for _ in 0..5 {
        assert!(history.step(usize::MAX));
        assert!(history.now() > *moments.last().unwrap());
        moments.push(history.now());
    }
    for moment in moments.iter().rev().skip(1) {
        assert!(history.step_back(SimTime::ZERO, usize::MAX));
        assert_eq!(history.now(), *moment);
    }
}

#[test]
fn another_past_is_the_run_that_would_have_been() {
    let old = run(8);
    let fault = old
        .inputs()
        .iter()
        .position(|logged| matches!(logged.input, super::Input::Fault(_)))
        .unwrap();
    let rewritten = |change: &dyn Fn(&mut Vec<super::LoggedInput>)| {
        let mut history = old.clone();
        let (at, mut inputs) = (history.inputs()[fault].at, history.inputs().to_vec());
        change(&mut inputs);
        let from = inputs.get(fault).map_or(at, |logged| logged.at.min(at));
        inputs.sort_by_key(|logged| logged.at);
        history.rewrite(inputs.clone(), from);
        history.seek(old.head_time(), usize::MAX);
        let mut straight = History::replaying(old.config().clone(), inputs);
        straight.run_until(old.head_time(), usize::MAX);
        assert_eq!(picture(history.shown()), picture(straight.shown()));
        // A number is never given twice, so another past goes on counting.
        let lanes = |history: &History| -> Vec<_> {
            let lanes = history.record().lanes().cloned();
            lanes
                .map(|lane| super::Lane { number: 0, ..lane })
                .collect()
        };
        assert_eq!(lanes(&history), lanes(&straight));
        picture(history.shown()).0
    };
    let without = rewritten(&|inputs| drop(inputs.remove(fault)));
    let later = rewritten(&|inputs| inputs[fault].at = SimTime::from_secs(100));
    let earlier = rewritten(&|inputs| inputs[fault].at = SimTime::from_secs(35));
    let before = picture(old.shown()).0;
    assert!(without != before && later != before && earlier != before && later != earlier);
}
