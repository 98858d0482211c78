//! A disk that fills up: unused images go first, then pods.

use serde_json::json;

use super::Life;
use crate::api::{Kind, Node, ObjectKey};
use crate::apiserver::DeleteOptions;
use crate::cluster::{Client, MachineConfig, Request, Step};

/// A node with a small disk.
fn life(disk_bytes: u64) -> Life {
    Life::new(MachineConfig {
        disk_bytes,
        ..MachineConfig::new("node-1")
    })
}

const MIB: u64 = 1 << 20;

impl Life {
    /// The names of the images on the node without their registry, as its status has them, sorted.
    fn images(&self) -> String {
        let node = self.world.api().get::<Node>("", "node-1").unwrap();
        let all = node.status.images.iter().flatten();
        let names = all.filter_map(|image| image.names.as_ref()?.last());
        let mut names: Vec<&str> = names.filter_map(|name| name.rsplit('/').next()).collect();
        names.sort_unstable();
        names.join(" ")
    }

    /// A pod that sleeps with an image for so many seconds.
    fn uses(&mut self, name: &str, image: &str, seconds: u64) {
        let script = format!("sleep {seconds}");
        let container = json!({"name": "main", "image": image, "command": ["sh", "-c", script]});
        let spec = json!({"containers": [container], "restartPolicy": "Never"});
        self.sleeper(name, "", &spec);
    }

    fn delete(&mut self, name: &str) {
        let key = ObjectKey::new(Kind::Pod, "default", name);
        let options = DeleteOptions::default();
        self.world
            .request(Request::Delete { key, options })
            .unwrap();
    }

    fn told(&self, reason: &str) -> Vec<String> {
        let all = self.events("node-1").into_iter();
        all.filter(|line| line.starts_with(reason)).collect()
    }
}

#[test]
fn unused_images_go_before_pods_do() {
    let mut life = life(1_000 * MIB);
    life.uses("short", "redis:7", 5);
    life.uses("long", "nginx:1", 10_000);
    life.run_to(400);
    // Of 1,000 MiB 126 are left, and 169 without the image that nobody uses.
    let fill = "dd if=/dev/zero of=/data/file bs=1M count=760; sleep 10000";
    let volume = json!({"volumes": [{"name": "data", "emptyDir": {}}], "containers": [
        {"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", fill],
         "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]});
    assert_eq!(life.images(), "busybox:1.36 nginx:1 redis:7");
    life.sleeper("writer", "", &volume);
    life.run_to(430);
    assert_eq!(
        life.told("Eviction"),
        ["EvictionThresholdMet x1: Attempting to reclaim ephemeral-storage"]
    );
    assert_eq!(life.images(), "busybox:1.36 nginx:1");
    assert_eq!(
        life.node_condition("DiskPressure"),
        "True:KubeletHasDiskPressure"
    );
    assert_eq!(life.told("NodeHasDisk").len(), 1);
    assert_eq!(life.pod("writer").status.phase.as_deref(), Some("Running"));
    // Everything is refused that is not critical.
    life.sleeper("late", "sleep 9", &json!({"nodeName": "node-1"}));
    life.run_to(440);
    let late = life.pod("late").status;
    assert_eq!(
        late.message.as_deref(),
        Some("Pod was rejected: The node had condition: [DiskPressure]. ")
    );
    // kubelet: `evictionPressureTransitionPeriod`.
    life.run_to(760);
    assert_eq!(
        life.node_condition("DiskPressure"),
        "False:KubeletHasNoDiskPressure"
    );
}

#[test]
fn the_pod_that_holds_most_of_the_disk_is_evicted() {
    let mut life = life(1_000 * MIB);
    for (name, count) in [("small", 200), ("large", 700)] {
        let fill = format!("dd if=/dev/zero of=/tmp/file bs=1M count={count}; sleep 10000");
        life.sleeper(name, &fill, &json!({}));
    }
    life.run_to(20);
    let status = life.pod("large").status;
    assert_eq!(status.reason.as_deref(), Some("Evicted"));
    let message = status.message.as_deref().unwrap_or_default();
    assert_eq!(
        message.split(". ").next(),
        Some("The node was low on resource: ephemeral-storage")
    );
    assert!(
        message.ends_with(
            "Container main was using 700Mi, request is 0, has larger consumption of ephemeral-storage. "
        ),
        "{message}"
    );
    assert_eq!(life.pod("small").status.phase.as_deref(), Some("Running"));
}

#[test]
fn the_image_manager_frees_down_to_its_low_threshold_and_says_if_it_cannot() {
    // 153 MiB are left: not short for the eviction manager, too few for the image manager.
    let mut life = life(1_000 * MIB);
    let fill = "dd if=/dev/zero of=/tmp/file bs=1M count=845; sleep 10000";
    life.sleeper("writer", fill, &json!({}));
    life.run_to(230);
    assert_eq!(life.told("FreeDisk"), Vec::<String>::new());
    // 5 minutes after its start at second -60.
    life.run_to(241);
    let message = "Insufficient free disk space on the node's image filesystem (85% of 1000.0 MiB used). \
                   Failed to free sufficient space by deleting unused images (freed 0 bytes). Investigate disk \
                   usage, as it could be used by active images, logs, volumes, or other data.";
    assert_eq!(
        life.told("FreeDisk"),
        [format!("FreeDiskSpaceFailed x1: {message}")]
    );
    assert_eq!(life.told("ImageGC"), Vec::<String>::new());
    life.run_to(541);
    assert_eq!(
        life.told("FreeDisk"),
        [format!("FreeDiskSpaceFailed x2: {message}")]
    );
    assert_eq!(
        life.told("ImageGC"),
        [format!("ImageGCFailed x1: {message}")]
    );
    assert_eq!(life.told("Eviction"), Vec::<String>::new());
}

#[test]
fn images_go_in_the_order_of_their_last_use_once_they_are_old_enough() {
    let mut life = life(1_000 * MIB);
    life.uses("first", "redis:7", 5);
    life.run_to(20);
    life.uses("second", "nginx:1", 5);
    life.run_to(30);
    life.delete("first");
    life.delete("second");
    life.run_to(50);
    let fill = "dd if=/dev/zero of=/tmp/file bs=1M count=672; sleep 10000";
    life.sleeper("writer", fill, &json!({}));
    life.run_to(235);
    life.uses("young", "httpd:2", 1);
    life.run_to(238);
    life.delete("young");
    life.run_to(255);
    // The image manager sees them now for the first time: they are too young for it.
    assert_eq!(life.told("FreeDisk").len(), 1);
    assert_eq!(life.images(), "busybox:1.36 httpd:2 nginx:1 redis:7");
    life.run_to(555);
    // One image is enough to be at 80 %: the one that was used longest ago.
    assert_eq!(life.images(), "busybox:1.36 httpd:2 nginx:1");
}

#[test]
fn a_pod_beyond_its_limit_of_ephemeral_storage_is_evicted() {
    let mut life = life(1_000 * MIB);
    let containers = |own: &str, other: &str| {
        let fill = "dd if=/dev/zero of=/tmp/file bs=1M count=60; sleep 10000";
        let one = |name: &str, script: &str, limit: &str| {
            json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script],
                "resources": {"limits": {"ephemeral-storage": limit}}})
        };
        json!({"containers": [one("main", fill, own), one("other", "sleep 10000", other)]})
    };
    life.sleeper("pod", "", &containers("30Mi", "20Mi"));
    life.sleeper("container", "", &containers("50Mi", "20Mi"));
    life.sleeper("within", "", &containers("70Mi", "20Mi"));
    life.run_to(30);
    let message = |name: &str| life.pod(name).status.message.clone();
    let total = "Pod ephemeral local storage usage exceeds the total limit of containers 50Mi. ";
    assert_eq!(message("pod").as_deref(), Some(total));
    let own = "Container main exceeded its local ephemeral storage limit \"50Mi\". ";
    assert_eq!(message("container").as_deref(), Some(own));
    assert_eq!(message("within"), None);
}

#[test]
fn an_eviction_for_storage_names_the_field_that_set_the_limit() {
    let mut life = life(1_000 * MIB);
    let fill = "dd if=/dev/zero of=$0/file bs=1M count=60; sleep 10000";
    let pod = |folder: &str, limit: &str| {
        json!({"volumes": [{"name": "memory", "emptyDir": {"medium": "Memory"}},
                           {"name": "data", "emptyDir": {"sizeLimit": "10Mi"}}],
            "containers": [
                {"name": "other", "image": "busybox:1.36", "command": ["sleep", "10000"]},
                {"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", fill, folder],
                 "resources": {"limits": {"ephemeral-storage": limit}},
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]})
    };
    life.sleeper("volume", "", &pod("/data", "500Mi"));
    life.sleeper("container", "", &pod("/tmp", "10Mi"));
    life.run_to(30);
    let steps = life.world.drain_steps();
    let reads = |name: &str| {
        let about = |step: &&Step| step.about.as_ref().is_some_and(|key| &*key.name == name);
        let evictions = steps.iter().map(|entry| &entry.what);
        let evictions = evictions.filter(|step| step.code == "pod-evicted");
        let reads = evictions.filter(about).flat_map(|step| &step.reads);
        reads.map(|read| read.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(reads("volume"), ["spec.volumes[1].emptyDir.sizeLimit"]);
    assert_eq!(
        reads("container"),
        ["spec.containers[1].resources.limits.ephemeral-storage"]
    );
}
