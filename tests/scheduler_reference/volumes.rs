//! Volumes and claims of a random cluster, and the filters that heed them: every way to give the claims of a pod
//! their volumes is tried.

use podarium::api::{Kind, Object, ObjectKey};
use podarium::apiserver::{ApiServer, Clock, Moment};
use podarium::kernel::{Rng, SimTime, TraceId};
use serde_json::{Value, json};

use super::Cluster;
use super::filters::{labels, list};

/// Volumes of `local` are made by hand, those of `made` by a provisioner in zone a.
pub const CLASSES: [&str; 2] = ["local", "made"];
const ZONE: &str = "topology.kubernetes.io/zone";

/// The storage of a cluster. Nothing is bound while pods are placed.
#[derive(Clone, Default)]
pub struct Storage {
    pub volumes: Vec<Volume>,
    pub claims: Vec<Claim>,
}

/// A persistent volume.
#[derive(Clone)]
pub struct Volume {
    pub class: &'static str,
    pub gibibytes: u64,
    /// Whether only one pod at a time may use it (ReadWriteOncePod).
    pub exclusive: bool,
    /// The only node that can mount it.
    pub host: Option<String>,
    /// Its zone, or several: `a__b`.
    pub zone: Option<&'static str>,
}

/// A claim.
#[derive(Clone)]
pub struct Claim {
    pub namespace: &'static str,
    pub class: &'static str,
    pub gibibytes: u64,
    pub exclusive: bool,
    /// The volume that it is bound to.
    pub bound: Option<usize>,
}

/// The claims of a pod, by their indices.
fn claims_of(cluster: &Cluster, pod: &Value) -> Vec<usize> {
    let volumes = list(&pod["spec"]["volumes"]).iter();
    let names = volumes.map(|volume| &volume["persistentVolumeClaim"]["claimName"]);
    let is_it = |index: usize, name: &Value| {
        let namespace = cluster.storage.claims[index].namespace;
        pod["metadata"]["namespace"] == namespace && *name == cluster.storage.name(index)
    };
    let indices =
        names.map(|name| (0..cluster.storage.claims.len()).find(|index| is_it(*index, name)));
    indices.map(Option::unwrap).collect()
}

/// VolumeRestrictions: a claim for one pod that another pod uses.
pub fn restrictions(cluster: &Cluster, pod: &Value, _node: &Value) -> Option<String> {
    let mut own = claims_of(cluster, pod);
    own.retain(|index| cluster.storage.claims[*index].exclusive);
    let used = cluster
        .pods
        .iter()
        .flat_map(|other| claims_of(cluster, other));
    let in_use = used.into_iter().any(|index| own.contains(&index));
    in_use.then(|| {
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by \
         another pod"
            .to_owned()
    })
}

/// VolumeBinding: bound volumes that the node cannot mount, and claims that can have no volume there.
pub fn binding(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let storage = &cluster.storage;
    let claims = claims_of(cluster, pod).into_iter();
    let claims: Vec<&Claim> = claims.map(|index| &storage.claims[index]).collect();
    let reaches = |volume: &Volume| {
        let host = volume.host.as_ref();
        host.is_none_or(|host| node["metadata"]["name"] == **host)
    };
    let mut reasons = Vec::new();
    let mut bound = claims.iter().filter_map(|claim| claim.bound);
    if bound.any(|index| !reaches(&storage.volumes[index])) {
        reasons.push("node(s) didn't match PersistentVolume's node affinity");
    }
    let waiting: Vec<&Claim> = claims
        .into_iter()
        .filter(|one| one.bound.is_none())
        .collect();
    let mut taken: Vec<usize> = storage.claims.iter().filter_map(|one| one.bound).collect();
    let elsewhere = (0..storage.volumes.len()).filter(|index| !reaches(&storage.volumes[*index]));
    taken.extend(elsewhere);
    let made_here = labels(node).is_some_and(|labels| labels.get(ZONE) == Some(&json!("a")));
    if !can_all(&storage.volumes, &waiting, &mut taken, made_here) {
        reasons.push("node(s) didn't find available persistent volumes to bind");
    }
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// Whether each claim can have a volume that is not taken, or one made for it.
fn can_all(volumes: &[Volume], claims: &[&Claim], taken: &mut Vec<usize>, made: bool) -> bool {
    let Some((claim, others)) = claims.split_first() else {
        return true;
    };
    if claim.class == "made" && made && can_all(volumes, others, taken, made) {
        return true;
    }
    (0..volumes.len()).any(|index| {
        let volume = &volumes[index];
        let suits = volume.class == claim.class
            && volume.gibibytes >= claim.gibibytes
            && volume.exclusive == claim.exclusive;
        if !suits || taken.contains(&index) {
            return false;
        }
        taken.push(index);
        let rest = can_all(volumes, others, taken, made);
        taken.pop();
        rest
    })
}

/// VolumeZone: bound volumes of other zones; a node that is in no zone takes all.
pub fn zone(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let of_node = labels(node)?.get(ZONE)?.as_str()?;
    let storage = &cluster.storage;
    let claims = claims_of(cluster, pod).into_iter();
    let bound = claims.filter_map(|index| storage.claims[index].bound);
    let mut zones = bound.filter_map(|index| storage.volumes[index].zone);
    let elsewhere = zones.any(|zones| !zones.split("__").any(|zone| zone == of_node));
    elsewhere.then(|| "node(s) had no available volume zone".to_owned())
}

impl Storage {
    /// The name of a claim: those of every namespace are counted.
    pub fn name(&self, index: usize) -> String {
        let namespace = self.claims[index].namespace;
        let before = self.claims[..index].iter();
        let number = before.filter(|claim| claim.namespace == namespace).count();
        format!("claim-{number}")
    }

    /// An API server that holds all of it.
    pub fn api(&self) -> ApiServer {
        let mut api = ApiServer::new(Clock::default(), Rng::new(1));
        let at = Moment {
            now: SimTime::ZERO,
            cause: TraceId::ROOT,
        };
        let manifests = self.manifests();
        for manifest in manifests {
            api.create(Object::from_json(manifest).unwrap(), at)
                .unwrap();
        }
        // The persistentvolume-controller's part: a volume is free, or bound.
        for index in 0..self.volumes.len() {
            let key = ObjectKey::new(Kind::PersistentVolume, "", &format!("volume-{index}"));
            let Some(Object::PersistentVolume(mut volume)) = api.store().get(&key).cloned() else {
                panic!("it was made just now");
            };
            let taken = self.claims.iter().any(|claim| claim.bound == Some(index));
            volume.status_mut()["phase"] = if taken { "Bound" } else { "Available" }.into();
            api.update_status(&Object::PersistentVolume(volume), at)
                .unwrap();
        }
        api
    }

    fn manifests(&self) -> Vec<Value> {
        let mode = |exclusive: bool| match exclusive {
            true => json!(["ReadWriteOncePod"]),
            false => json!(["ReadWriteOnce"]),
        };
        let mut all: Vec<Value> = ["default", "other"]
            .map(
                |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
            )
            .into();
        for (class, provisioner) in CLASSES
            .iter()
            .zip(["kubernetes.io/no-provisioner", "example.com/disk"])
        {
            let mut class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
                "metadata": {"name": class}, "provisioner": provisioner,
                "volumeBindingMode": "WaitForFirstConsumer"});
            if provisioner == "example.com/disk" {
                let zone = json!({"key": ZONE, "values": ["a"]});
                class["allowedTopologies"] = json!([{"matchLabelExpressions": [zone]}]);
            }
            all.push(class);
        }
        for (index, volume) in self.volumes.iter().enumerate() {
            let mut manifest = json!({"apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {"name": format!("volume-{index}")},
                "spec": {"accessModes": mode(volume.exclusive), "storageClassName": volume.class,
                    "capacity": {"storage": format!("{}Gi", volume.gibibytes)},
                    "hostPath": {"path": "/data"}}});
            if let Some(host) = &volume.host {
                let named =
                    json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [host]});
                manifest["spec"]["nodeAffinity"] =
                    json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [named]}]}});
            }
            if let Some(zone) = volume.zone {
                manifest["metadata"]["labels"] = json!({ZONE: zone});
            }
            all.push(manifest);
        }
        for (index, claim) in self.claims.iter().enumerate() {
            let mut manifest = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": self.name(index), "namespace": claim.namespace},
                "spec": {"accessModes": mode(claim.exclusive), "storageClassName": claim.class,
                    "resources": {"requests": {"storage": format!("{}Gi", claim.gibibytes)}}}});
            if let Some(volume) = claim.bound {
                manifest["spec"]["volumeName"] = format!("volume-{volume}").into();
                manifest["metadata"]["annotations"] =
                    json!({"pv.kubernetes.io/bind-completed": "yes"});
            }
            all.push(manifest);
        }
        all
    }
}
