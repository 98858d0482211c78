//! What every rollout keeps to, in small clusters with made-up machines.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Deployment, Kind, ReplicaSet};
use crate::cluster::testbed::{Testbed, deployment, unhashed, web};

fn cluster() -> Testbed {
    let nodes = ["node-1", "node-2", "node-3"].map(Testbed::node);
    Testbed::new(1, &nodes)
}

fn run(testbed: &mut Testbed, seconds: u64) {
    testbed.run_for(Duration::from_secs(seconds));
}

fn image(image: &str) -> Value {
    let containers = json!([{"name": "main", "image": image}]);
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

/// The events about the Deployment, with `web-1`, `web-2` for its sets in the order of their making.
fn events(testbed: &Testbed) -> Vec<String> {
    let mut names: Vec<Rc<str>> = Vec::new();
    for change in &testbed.changes {
        if let Some(set) = change.object.typed::<ReplicaSet>()
            && !names.iter().any(|name| **name == *set.name())
        {
            names.push(set.name().into());
        }
    }
    let events = testbed.events(Kind::Deployment);
    events.iter().map(|event| unhashed(event, &names)).collect()
}

/// `Type=Status:Reason` of every condition, sorted.
fn conditions(testbed: &Testbed) -> Vec<String> {
    let found = testbed.api.get::<Deployment>("default", "web").unwrap();
    let mut conditions: Vec<String> = found
        .status
        .conditions
        .iter()
        .flatten()
        .map(|condition| {
            let reason = condition.reason.as_deref().unwrap_or_default();
            format!("{}={}:{reason}", condition.type_, condition.status)
        })
        .collect();
    conditions.sort();
    conditions
}

/// The most and fewest pods that counted, and the fewest available, over the whole run.
fn extremes(testbed: &Testbed, from: usize) -> (i32, i32) {
    let mut most = 0;
    let mut fewest_available = i32::MAX;
    for change in &testbed.changes[from..] {
        if let Some(found) = change.object.typed::<Deployment>() {
            most = most.max(found.status.replicas.unwrap_or(0));
            fewest_available = fewest_available.min(found.status.available_replicas.unwrap_or(0));
        }
    }
    (most, fewest_available)
}

#[test]
fn a_new_deployment_becomes_complete() {
    let mut testbed = cluster();
    testbed.create(deployment(3, &json!({})));
    run(&mut testbed, 5);
    assert_eq!(testbed.pods().len(), 3);
    assert_eq!(
        events(&testbed),
        ["ScalingReplicaSet: Scaled up replica set web-1 from 0 to 3"]
    );
    assert_eq!(
        conditions(&testbed),
        [
            "Available=True:MinimumReplicasAvailable",
            "Progressing=True:NewReplicaSetAvailable"
        ]
    );
    let found = testbed.api.get::<Deployment>("default", "web").unwrap();
    assert_eq!(found.annotation(super::REVISION), Some("1"));
    let status = serde_json::to_value(found.status.as_ref()).unwrap();
    for (field, value) in [
        ("replicas", 3),
        ("readyReplicas", 3),
        ("availableReplicas", 3),
        ("updatedReplicas", 3),
        ("observedGeneration", 1),
        ("terminatingReplicas", 0),
    ] {
        assert_eq!(status[field], json!(value), "{field}");
    }
    assert_eq!(status["unavailableReplicas"], json!(null));
}

#[test]
fn a_rolling_update_keeps_within_its_limits() {
    let limits = |surge: i32, unavailable: i32| {
        json!({"strategy": {"type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}})
    };
    for (surge, unavailable) in [(1, 0), (0, 1), (2, 2), (4, 0)] {
        let mut testbed = cluster();
        testbed.create(deployment(4, &limits(surge, unavailable)));
        run(&mut testbed, 5);
        let from = testbed.changes.len();
        testbed.patch(&web(), &image("nginx:2"));
        run(&mut testbed, 60);
        let (most, fewest_available) = extremes(&testbed, from);
        assert!(most <= 4 + surge, "{most} with a surge of {surge}");
        assert!(
            fewest_available >= 4 - unavailable,
            "{fewest_available} with {unavailable} unavailable"
        );
        let images: Vec<String> = testbed
            .pods()
            .iter()
            .filter_map(|pod| pod.spec.containers[0].image.clone())
            .collect();
        assert_eq!(images, ["nginx:2"; 4]);
        assert_eq!(
            conditions(&testbed)[1],
            "Progressing=True:NewReplicaSetAvailable"
        );
    }
}

#[test]
fn recreate_stops_all_old_pods_first() {
    let mut testbed = cluster();
    testbed.create(deployment(2, &json!({"strategy": {"type": "Recreate"}})));
    run(&mut testbed, 5);
    testbed.patch(&web(), &image("nginx:2"));
    run(&mut testbed, 10);
    assert_eq!(
        events(&testbed),
        [
            "ScalingReplicaSet: Scaled up replica set web-1 from 0 to 2",
            "ScalingReplicaSet: Scaled down replica set web-1 from 2 to 0",
            "ScalingReplicaSet: Scaled up replica set web-2 from 0 to 2",
        ]
    );
}

#[test]
fn rolling_back_renumbers_the_old_set() {
    let mut testbed = cluster();
    testbed.create(deployment(2, &json!({})));
    run(&mut testbed, 5);
    testbed.patch(&web(), &image("nginx:2"));
    run(&mut testbed, 10);
    testbed.patch(&web(), &image("nginx"));
    run(&mut testbed, 10);
    let sets: Vec<(Option<&str>, Option<&str>, Option<i32>)> = testbed
        .api
        .list::<ReplicaSet>(None)
        .map(|set| {
            let history = set.annotation("deployment.kubernetes.io/revision-history");
            (set.annotation(super::REVISION), history, set.spec.replicas)
        })
        .collect();
    assert!(sets.contains(&(Some("3"), Some("1"), Some(2))), "{sets:?}");
    assert!(sets.contains(&(Some("2"), None, Some(0))), "{sets:?}");
}

#[test]
fn a_pause_holds_the_rollout_but_not_the_scaling() {
    let mut testbed = cluster();
    testbed.create(deployment(2, &json!({})));
    run(&mut testbed, 5);
    testbed.patch(&web(), &json!({"spec": {"paused": true}}));
    run(&mut testbed, 1);
    assert_eq!(
        conditions(&testbed)[1],
        "Progressing=Unknown:DeploymentPaused"
    );
    testbed.patch(&web(), &image("nginx:2"));
    testbed.patch(&web(), &json!({"spec": {"replicas": 3}}));
    run(&mut testbed, 5);
    assert_eq!(testbed.api.list::<ReplicaSet>(None).count(), 1);
    assert_eq!(testbed.pods().len(), 3);
    testbed.patch(&web(), &json!({"spec": {"paused": false}}));
    run(&mut testbed, 30);
    assert_eq!(
        conditions(&testbed)[1],
        "Progressing=True:NewReplicaSetAvailable"
    );
    assert_eq!(testbed.api.list::<ReplicaSet>(None).count(), 2);
}

#[test]
fn a_rollout_without_progress_times_out() {
    let mut testbed = cluster();
    testbed.ready_after = None;
    testbed.create(deployment(2, &json!({"progressDeadlineSeconds": 10})));
    run(&mut testbed, 9);
    assert_eq!(
        conditions(&testbed)[1],
        "Progressing=True:ReplicaSetUpdated"
    );
    run(&mut testbed, 3);
    assert_eq!(
        conditions(&testbed)[1],
        "Progressing=False:ProgressDeadlineExceeded"
    );
}

#[test]
fn scaling_amid_a_rollout_is_shared_by_size() {
    let mut testbed = cluster();
    let limits = json!({"strategy": {"type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}});
    testbed.create(deployment(10, &limits));
    run(&mut testbed, 5);
    // The new pods never become ready: the rollout stands at 8 old and 5 new ones.
    testbed.ready_after = None;
    testbed.patch(&web(), &image("nginx:2"));
    run(&mut testbed, 5);
    let sizes = |testbed: &Testbed| {
        let mut sizes: Vec<Option<i32>> = testbed
            .api
            .list::<ReplicaSet>(None)
            .map(|set| set.spec.replicas)
            .collect();
        sizes.sort();
        sizes
    };
    assert_eq!(sizes(&testbed), [Some(5), Some(8)]);
    testbed.patch(&web(), &json!({"spec": {"replicas": 15}}));
    run(&mut testbed, 5);
    // The example of the documentation: 15 + 3 pods, of 13 before.
    assert_eq!(sizes(&testbed), [Some(7), Some(11)]);
}

#[test]
fn old_sets_are_remembered_up_to_the_limit() {
    let mut testbed = cluster();
    testbed.create(deployment(1, &json!({"revisionHistoryLimit": 1})));
    run(&mut testbed, 5);
    for version in 2..6 {
        testbed.patch(&web(), &image(&format!("nginx:{version}")));
        run(&mut testbed, 10);
    }
    let revisions: Vec<Option<&str>> = testbed
        .api
        .list::<ReplicaSet>(None)
        .map(|set| set.annotation(super::REVISION))
        .collect();
    assert_eq!(revisions.len(), 2, "{revisions:?}");
    assert!(revisions.contains(&Some("5")) && revisions.contains(&Some("4")));
    assert!(testbed.step_codes().contains("history-cleaned"));
}
