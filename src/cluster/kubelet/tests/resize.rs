//! Changes of a pod's resources while it runs.

use serde_json::{Value, json};

use super::Life;
use crate::api::{Kind, ObjectKey};
use crate::apiserver::PatchType;
use crate::cluster::{Client, MachineConfig, Request};

/// A pod that uses 80 MiB for a minute and then 10, with a limit of 100 MiB.
fn life() -> Life {
    let mut life = Life::new(MachineConfig::new("node-1"));
    let container = json!({"name": "main", "image": "busybox:1.36", "command": ["sleep", "1000"],
        "resources": resources("100Mi")});
    life.apply(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "shrinks", "namespace": "default",
            "annotations": {"podarium/memory": "80Mi@0,10Mi@60"}},
        "spec": {"containers": [container]}}));
    life.run_to(10);
    life
}

fn resources(limit: &str) -> Value {
    json!({"requests": {"cpu": "100m", "memory": "20Mi"}, "limits": {"cpu": "1", "memory": limit}})
}

impl Life {
    fn resize(&mut self, limit: &str) {
        let containers = json!([{"name": "main", "resources": resources(limit)}]);
        let request = Request::Patch {
            key: ObjectKey::new(Kind::Pod, "default", "shrinks"),
            subresource: "resize".to_owned(),
            patch_type: PatchType::Strategic,
            patch: json!({"spec": {"containers": containers}}),
        };
        self.world.request(request).unwrap();
    }

    /// Reason, message and generation of the condition of a resize that is under way.
    fn in_progress(&self) -> Option<String> {
        let pod = self.pod("shrinks");
        let mut all = pod.status.conditions.iter().flatten();
        let one = all.find(|one| one.type_ == "PodResizeInProgress")?;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let generation = one.observed_generation.unwrap_or(0);
        Some(format!(
            "{}|{}|{generation}",
            text(&one.reason),
            text(&one.message)
        ))
    }

    fn limit(&self) -> String {
        let pod = self.pod("shrinks");
        let status = &pod.status.container_statuses.as_ref().unwrap()[0];
        let limits = status.resources.as_ref().unwrap().limits.as_ref().unwrap();
        limits["memory"].0.clone()
    }
}

#[test]
fn a_memory_limit_does_not_fall_below_what_is_in_use() {
    let mut life = life();
    life.resize("50Mi");
    life.run_to(40);
    let error = "cannot decrease memory limits: [attempting to set pod memory limit (52428800) below \
                 current usage (83886080), attempting to set container \"main\" memory limit (52428800) \
                 below current usage (83886080)]";
    assert_eq!(life.in_progress(), Some(format!("Error|{error}|2")));
    assert_eq!(life.limit(), "100Mi");
    let resized: Vec<String> = life
        .events("shrinks")
        .into_iter()
        .filter(|line| line.starts_with("Resize"))
        .collect();
    assert_eq!(resized.len(), 2, "{resized:?}");
    let summary = "{\"containers\":[{\"name\":\"main\",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"50Mi\"},\
                   \"requests\":{\"cpu\":\"100m\",\"memory\":\"20Mi\"}}}],\"generation\":2";
    assert_eq!(
        resized[0],
        format!("ResizeStarted x1: Pod resize started: {summary}}}")
    );
    let error = error.replace('"', "\\\"");
    assert_eq!(
        resized[1],
        format!("ResizeError x1: Pod resize error: {summary},\"error\":\"{error}\"}}")
    );
    // It is tried again, until the process has given its memory back.
    life.run_to(80);
    assert_eq!(life.in_progress(), None);
    assert_eq!(life.limit(), "50Mi");
    assert_eq!(
        life.pod("shrinks")
            .status
            .container_statuses
            .as_ref()
            .unwrap()[0]
            .restart_count,
        0
    );
}

#[test]
fn a_limit_above_what_is_in_use_is_applied_at_once() {
    let mut life = life();
    life.resize("90Mi");
    life.run_to(15);
    assert_eq!(
        (life.in_progress(), life.limit()),
        (None, "90Mi".to_owned())
    );
    let told = life.events("shrinks");
    assert!(
        told.iter().all(|line| !line.starts_with("ResizeError")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|line| line.starts_with("ResizeCompleted")),
        "{told:?}"
    );
}

#[test]
fn the_resources_of_a_pod_as_a_whole_are_resized() {
    let mut life = Life::new(MachineConfig::new("node-1"));
    let whole = |cpu: &str| json!({"requests": {"cpu": cpu, "memory": "64Mi"}});
    life.sleeper("whole", "sleep 1000", &json!({"resources": whole("1")}));
    life.run_to(10);
    let change = |life: &mut Life, cpu: &str| {
        let request = Request::Patch {
            key: ObjectKey::new(Kind::Pod, "default", "whole"),
            subresource: "resize".to_owned(),
            patch_type: PatchType::Strategic,
            patch: json!({"spec": {"resources": whole(cpu)}}),
        };
        life.world.request(request).unwrap();
    };
    change(&mut life, "2");
    life.run_to(15);
    let told = |life: &Life| {
        let told = life.events("whole").into_iter();
        let told = told.filter(|line| line.starts_with("Resize"));
        let words: Vec<String> = told
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        words.join(" ")
    };
    assert_eq!(told(&life), "ResizeStarted ResizeCompleted");
    let allocated = |life: &Life| {
        let status = life.pod("whole").status;
        status.allocated_resources.as_ref().unwrap()["cpu"]
            .0
            .clone()
    };
    assert_eq!(allocated(&life), "2");
    // Beside another pod there is no room for more: it waits with what it has.
    let other = json!({"resources": {"requests": {"cpu": "1500m"}}});
    life.sleeper("other", "sleep 1000", &other);
    life.run_to(20);
    change(&mut life, "3");
    life.run_to(25);
    assert_eq!(told(&life), "ResizeStarted ResizeCompleted ResizeDeferred");
    assert_eq!(allocated(&life), "2");
}
