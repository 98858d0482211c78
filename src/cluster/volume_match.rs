//! Which persistent volumes suit a claim: what the scheduler and the persistentvolume-controller agree on.

use serde_json::{Value, json};

use crate::api::codec;
use crate::api::core::NodeSelectorTerm;
use crate::api::quantity::milli_value;
use crate::api::selector::Labels;
use crate::api::{
    Kind, Object, ObjectKey, PersistentVolume, PersistentVolumeClaim, Pod, Quantity, node_selector,
    selector,
};
use crate::apiserver::ApiServer;
use crate::apiserver::quota::claim_class;

/// Names the node for which a volume is to be made or chosen.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Is on a claim whose binding is complete.
pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// The provisioner of classes whose volumes people make themselves.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// The claims that a pod names in its volumes.
pub fn claim_names(pod: &Pod) -> impl Iterator<Item = &str> {
    let volumes = pod.spec.volumes.iter().flatten();
    volumes.filter_map(|volume| {
        let source = volume.persistent_volume_claim.as_ref()?;
        Some(source.claim_name.as_str())
    })
}

/// A volume by name.
#[must_use]
pub fn volume<'a>(api: &'a ApiServer, name: &str) -> Option<&'a PersistentVolume> {
    as_volume(
        api.store()
            .get(&ObjectKey::new(Kind::PersistentVolume, "", name))?,
    )
}

/// The volumes that a claim could be bound to, the best first: one that is reserved for it, else the smallest.
#[must_use]
pub fn candidates(claim: &PersistentVolumeClaim, api: &ApiServer) -> Vec<PersistentVolume> {
    let all = api.store().list(Kind::PersistentVolume, None);
    let mut found: Vec<PersistentVolume> = all
        .filter_map(as_volume)
        .filter(|volume| suits(volume, claim))
        .cloned()
        .collect();
    found.sort_by_cached_key(|volume| (!is_reserved(volume, claim), capacity(volume)));
    found
}

/// The reference that a volume has to its claim.
#[must_use]
pub fn reference(claim: &PersistentVolumeClaim) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim.name(),
        "namespace": claim.namespace(), "resourceVersion": claim.version.to_string(), "uid": claim.uid(),
    })
}

/// Whether somebody has reserved the volume for this claim.
#[must_use]
pub fn is_reserved(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let reference = &volume.spec["claimRef"];
    reference["name"] == claim.name()
        && reference["namespace"] == claim.namespace()
        && reference["uid"]
            .as_str()
            .is_none_or(|uid| uid == claim.uid())
}

/// Whether a node can mount a volume (`CheckNodeAffinity`).
#[must_use]
pub fn reaches(volume: &PersistentVolume, node: &str, labels: Option<&Labels>) -> bool {
    let terms = &volume.spec["nodeAffinity"]["required"]["nodeSelectorTerms"];
    if terms.is_null() {
        return true;
    }
    let terms = codec::decode::<Vec<NodeSelectorTerm>>(terms.clone());
    terms.is_ok_and(|terms| node_selector::matches_any(&terms, node, labels))
}

/// Whether the claim and its volume name each other for good.
#[must_use]
pub fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    claim.spec.volume_name.is_some() && claim.annotation(BIND_COMPLETED).is_some()
}

/// The size that a claim asks for, in thousandths of a byte.
#[must_use]
pub fn size(claim: &PersistentVolumeClaim) -> Option<i128> {
    let requests = claim.spec.resources.as_ref()?.requests.as_ref()?;
    milli_value(requests.get("storage")?).ok()
}

/// The size of a volume, in thousandths of a byte.
#[must_use]
pub fn capacity(volume: &PersistentVolume) -> i128 {
    let text = volume.spec["capacity"]["storage"].as_str();
    let amount = text.and_then(|text| milli_value(&Quantity(text.to_owned())).ok());
    amount.unwrap_or(0)
}

fn as_volume(object: &Object) -> Option<&PersistentVolume> {
    match object {
        Object::PersistentVolume(volume) => Some(volume),
        _ => None,
    }
}

/// Whether the volume is free and has what the claim asks for.
fn suits(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let (spec, wants) = (&volume.spec, &claim.spec);
    let has_mode = |mode: &String| {
        let modes = spec["accessModes"].as_array();
        modes.is_some_and(|all| all.iter().any(|one| one == mode))
    };
    let named = wants.volume_name.as_deref();
    volume.status["phase"] == "Available"
        && (spec["claimRef"].is_null() || is_reserved(volume, claim))
        && named.is_none_or(|name| name == volume.name())
        && spec["storageClassName"].as_str().unwrap_or_default()
            == claim_class(claim).unwrap_or_default()
        && spec["volumeMode"].as_str() == wants.volume_mode.as_deref()
        && wants.access_modes.iter().flatten().all(has_mode)
        && size(claim).is_some_and(|size| capacity(volume) >= size)
        && wants
            .selector
            .as_ref()
            .is_none_or(|selector| selector::matches(selector, volume.meta.labels.as_ref()))
}
