//! VolumeBinding and VolumeZone against a reference that is slow and obvious: it tries every way to give the claims
//! their volumes. A failure names its seed.

use std::rc::Rc;

use serde_json::json;

use crate::api::{Kind, Object, ObjectKey, Pod, Resource};
use crate::apiserver::{ApiServer, Clock, Moment};
use crate::cluster::scheduler::filters::{volume_binding, volume_zone};
use crate::cluster::scheduler::nodes::{NodeInfo, Nodes};
use crate::cluster::scheduler::plugin::{FilterPlugin, Preparation, Verdict};
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tests::nodes;
use crate::kernel::{Rng, SimTime, TraceId};

/// A volume: its class, its size, the node that can mount it, its zone.
type Volume = (&'static str, u64, Option<u64>, Option<u64>);
/// A claim: its class, its size, and the volume that it is bound to.
type Claim = (&'static str, u64, Option<usize>);

/// Volumes of `local` are made by hand, those of `made` by a provisioner in zone 0.
const CLASSES: [&str; 2] = ["local", "made"];
const NODES: u64 = 3;

#[test]
fn volumes_are_judged_as_by_the_reference() {
    let mut seen = [0; 4];
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let some = |rng: &mut Rng, below: u64| (rng.below(2) == 0).then(|| rng.below(below));
        let volumes: Vec<Volume> = (0..rng.below(5))
            .map(|_| {
                let class = CLASSES[rng.below(2) as usize];
                let size = 1 + rng.below(3);
                (class, size, some(&mut rng, NODES), some(&mut rng, 2))
            })
            .collect();
        let mut claims: Vec<Claim> = (0..1 + rng.below(2))
            .map(|_| (CLASSES[rng.below(2) as usize], 1 + rng.below(3), None))
            .collect();
        if rng.below(2) == 0 && !volumes.is_empty() {
            let (class, size, ..) = volumes[0];
            claims.push((class, size, Some(0)));
        }
        let info = info(&volumes, &claims);
        let cluster = cluster();
        for (index, node) in cluster.iter().enumerate() {
            let wanted = reference(&volumes, &claims, index as u64);
            let found = [volume_binding::PLUGIN, volume_zone::PLUGIN]
                .map(|plugin| reasons(&plugin, &info, node, &cluster));
            assert_eq!(
                found, wanted,
                "node {index}, seed {seed}, {volumes:?}, {claims:?}"
            );
            seen[usize::from(!wanted[0].is_empty())] += 1;
            seen[2 + usize::from(!wanted[1].is_empty())] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

fn zone_of(node: u64) -> u64 {
    node % 2
}

fn cluster() -> Nodes {
    let manifests: Vec<_> = (0..NODES)
        .map(|index| {
            let (name, zone) = (format!("node-{index}"), zone_of(index).to_string());
            json!({"metadata": {"name": name, "labels": {
                "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}}})
        })
        .collect();
    nodes(&manifests)
}

fn reference(volumes: &[Volume], claims: &[Claim], node: u64) -> [String; 2] {
    let reaches = |volume: &Volume| volume.2.is_none_or(|only| only == node);
    let bound: Vec<usize> = claims.iter().filter_map(|claim| claim.2).collect();
    let mut binding = Vec::new();
    if bound.iter().any(|index| !reaches(&volumes[*index])) {
        binding.push("node(s) didn't match PersistentVolume's node affinity");
    }
    let waiting: Vec<&Claim> = claims.iter().filter(|claim| claim.2.is_none()).collect();
    if !can_all(volumes, &waiting, &mut bound.clone(), node) {
        binding.push("node(s) didn't find available persistent volumes to bind");
    }
    let elsewhere = |index: &usize| volumes[*index].3.is_some_and(|zone| zone != zone_of(node));
    let zone = match bound.iter().any(elsewhere) {
        true => "node(s) had no available volume zone",
        false => "",
    };
    [binding.join(", "), zone.to_owned()]
}

/// Whether each claim can have a volume that is not taken, or one made for it.
fn can_all(volumes: &[Volume], claims: &[&Claim], taken: &mut Vec<usize>, node: u64) -> bool {
    let Some(((class, size, _), others)) =
        claims.split_first().map(|(first, rest)| (**first, rest))
    else {
        return true;
    };
    if class == "made" && zone_of(node) == 0 && can_all(volumes, others, taken, node) {
        return true;
    }
    (0..volumes.len()).any(|index| {
        let volume = &volumes[index];
        let fits = volume.0 == class && volume.1 >= size && !taken.contains(&index);
        if !fits || volume.2.is_some_and(|only| only != node) {
            return false;
        }
        taken.push(index);
        let rest = can_all(volumes, others, taken, node);
        taken.pop();
        rest
    })
}

fn reasons(plugin: &FilterPlugin, info: &Rc<PodInfo>, node: &NodeInfo, nodes: &Nodes) -> String {
    match (plugin.prepare)(info, nodes) {
        Preparation::Filter(judge) => match judge(info, node) {
            Verdict::Pass => String::new(),
            Verdict::Reject { reasons, .. } => reasons.join(", "),
        },
        Preparation::Skip => String::new(),
        _ => panic!("nothing here is refused outright"),
    }
}

/// A pod with all the claims, as the scheduler sees it.
fn info(volumes: &[Volume], claims: &[Claim]) -> Rc<PodInfo> {
    let mut api = ApiServer::new(Clock::default(), Rng::new(1));
    let at = Moment {
        now: SimTime::ZERO,
        cause: TraceId::ROOT,
    };
    let mut create = |manifest| {
        api.create(Object::from_json(manifest).unwrap(), at)
            .unwrap()
    };
    create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
    for (class, provisioner) in CLASSES
        .iter()
        .zip(["kubernetes.io/no-provisioner", "example.com/disk"])
    {
        let zone = json!({"key": "topology.kubernetes.io/zone", "values": ["0"]});
        let mut class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": class}, "provisioner": provisioner,
            "volumeBindingMode": "WaitForFirstConsumer"});
        if provisioner == "example.com/disk" {
            class["allowedTopologies"] = json!([{"matchLabelExpressions": [zone]}]);
        }
        create(class);
    }
    for (index, (class, size, node, zone)) in volumes.iter().enumerate() {
        let mut volume = json!({"apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": format!("volume-{index}")}, "spec": {"accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": format!("{size}Gi")}, "storageClassName": class,
                "hostPath": {"path": "/data"}}});
        if let Some(node) = node {
            let named = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [format!("node-{node}")]});
            volume["spec"]["nodeAffinity"] =
                json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [named]}]}});
        }
        if let Some(zone) = zone {
            volume["metadata"]["labels"] = json!({"topology.kubernetes.io/zone": zone.to_string()});
        }
        create(volume);
    }
    let mut mounts = Vec::new();
    for (index, (class, size, bound)) in claims.iter().enumerate() {
        let name = format!("claim-{index}");
        let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"],
                "storageClassName": class, "resources": {"requests": {"storage": format!("{size}Gi")}}}});
        if let Some(volume) = bound {
            claim["spec"]["volumeName"] = format!("volume-{volume}").into();
            claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
        }
        create(claim);
        mounts.push(json!({"name": name, "persistentVolumeClaim": {"claimName": name}}));
    }
    // The persistentvolume-controller's part: a volume is free, or bound.
    for index in 0..volumes.len() {
        let key = ObjectKey::new(Kind::PersistentVolume, "", &format!("volume-{index}"));
        let Some(Object::PersistentVolume(mut volume)) = api.store().get(&key).cloned() else {
            panic!("it was made just now");
        };
        let taken = claims.iter().any(|claim| claim.2 == Some(index));
        volume.status_mut()["phase"] = if taken { "Bound" } else { "Available" }.into();
        api.update_status(&Object::PersistentVolume(volume), at)
            .unwrap();
    }
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "nginx"}], "volumes": mounts}});
    let object = Object::from_json(manifest).unwrap();
    let pod = Pod::from_object(&object).unwrap();
    PodInfo::new(pod).with(Vec::new(), super::of_pod(pod, &api), None)
}
