//! The volumes that a pod's claims stand for, looked up when the pod is scheduled.

use std::rc::Rc;

use crate::api::core::TopologySelectorTerm;
use crate::api::{PersistentVolume, PersistentVolumeClaim, Pod, Resource, StorageClass};
use crate::apiserver::quota::claim_class;
use crate::apiserver::{ApiServer, Status};
use crate::cluster::Context;
use crate::cluster::volume_match::{
    self, NO_PROVISIONER, SELECTED_NODE, candidates, claim_names, is_bound, reaches,
};

use super::nodes::NodeInfo;

/// What is known of a pod's claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodVolumes {
    /// The plugin for which no node will do, and why.
    pub refusal: Option<(&'static str, Rc<str>)>,
    /// The volumes of the claims that are bound; `None` where the volume is gone.
    pub bound: Vec<Option<PersistentVolume>>,
    /// The claims that wait for the pod to have a node, the smallest first.
    pub waiting: Vec<WaitingClaim>,
    /// The claims that only one pod may use at a time.
    pub exclusive: Vec<String>,
}

/// A claim of a class that binds when the first consumer has a node.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingClaim {
    /// The claim.
    pub claim: PersistentVolumeClaim,
    /// The volumes that it could be bound to, the best first.
    candidates: Vec<PersistentVolume>,
    /// Where a volume could be made for it; `None` if its class makes none.
    topologies: Option<Vec<TopologySelectorTerm>>,
}

/// Looks up the claims of a pod, in the order in which the plugins would complain (PreFilter).
#[must_use]
pub fn of_pod(pod: &Pod, api: &ApiServer) -> PodVolumes {
    let mut found = PodVolumes::default();
    let mut claims = Vec::new();
    for name in claim_names(pod) {
        match api.get::<PersistentVolumeClaim>(pod.namespace(), name) {
            Some(claim) => claims.push(claim),
            None => {
                let why = format!("persistentvolumeclaim \"{name}\" not found");
                return found.refuse("VolumeRestrictions", &why);
            }
        }
    }
    for claim in &claims {
        let (name, volume) = (claim.name(), claim.spec.volume_name.as_deref());
        if claim.status.phase.as_deref() == Some("Lost") {
            let volume = volume.unwrap_or_default();
            let why = format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
            );
            return found.refuse("VolumeBinding", &why);
        }
        if claim.is_deleting() {
            let why = format!("persistentvolumeclaim \"{name}\" is being deleted");
            return found.refuse("VolumeBinding", &why);
        }
    }
    for claim in claims {
        let modes = claim.spec.access_modes.iter().flatten();
        if modes.into_iter().any(|mode| mode == "ReadWriteOncePod") {
            found.exclusive.push(claim.name().to_owned());
        }
        if is_bound(claim) {
            let name = claim.spec.volume_name.as_deref().unwrap_or_default();
            found.bound.push(volume_match::volume(api, name).cloned());
            continue;
        }
        let class = claim_class(claim).unwrap_or_default();
        let class = api.get::<StorageClass>("", class);
        let waits = |class: &&StorageClass| {
            class.spec.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
        };
        // A claim that names its volume is bound by the controller, whatever its class.
        match class
            .filter(waits)
            .filter(|_| claim.spec.volume_name.is_none())
        {
            Some(class) => found.waiting.push(WaitingClaim {
                claim: claim.clone(),
                candidates: candidates(claim, api),
                topologies: (class.spec.provisioner != NO_PROVISIONER)
                    .then(|| class.spec.allowed_topologies.clone().unwrap_or_default()),
            }),
            None => {
                let why = "pod has unbound immediate PersistentVolumeClaims";
                return found.refuse("VolumeBinding", why);
            }
        }
    }
    found
        .waiting
        .sort_by_cached_key(|waiting| volume_match::size(&waiting.claim));
    found
}

/// Whether every claim of a pod is bound.
#[must_use]
pub fn are_bound(pod: &Pod, api: &ApiServer) -> bool {
    claim_names(pod).all(|name| {
        let claim = api.get::<PersistentVolumeClaim>(pod.namespace(), name);
        claim.is_some_and(is_bound)
    })
}

impl PodVolumes {
    fn refuse(mut self, plugin: &'static str, why: &str) -> Self {
        self.refusal = Some((plugin, why.into()));
        self
    }

    /// A volume for every claim that waits, if the pod came to this node; no volume where one is to be made.
    /// Nothing if a claim can have none there.
    pub fn choose(
        &self,
        node: &NodeInfo,
    ) -> Option<Vec<(&WaitingClaim, Option<&PersistentVolume>)>> {
        let mut chosen: Vec<(&WaitingClaim, Option<&PersistentVolume>)> = Vec::new();
        for waiting in &self.waiting {
            let selected = waiting.claim.annotation(SELECTED_NODE);
            if selected.is_some_and(|selected| *selected != *node.name) {
                return None;
            }
            let taken = |volume: &&PersistentVolume| {
                chosen
                    .iter()
                    .any(|(_, other)| other.is_some_and(|other| other.name() == volume.name()))
            };
            let mut candidates = waiting.candidates.iter().filter(|_| selected.is_none());
            let volume = candidates
                .find(|volume| reaches(volume, &node.name, node.labels()) && !taken(volume));
            if volume.is_none() && !waiting.can_be_made(node) {
                return None;
            }
            chosen.push((waiting, volume));
        }
        Some(chosen)
    }

    /// Reserves the volumes for the claims, and has those made that are missing (PreBind).
    ///
    /// # Errors
    /// A write that the API server refuses.
    pub fn bind(&self, node: &NodeInfo, context: &mut Context) -> Result<(), Status> {
        for (waiting, volume) in self.choose(node).unwrap_or_default() {
            let claim = &waiting.claim;
            let object = match volume {
                Some(volume) => {
                    let mut volume = volume.clone();
                    volume.spec_mut()["claimRef"] = volume_match::reference(claim);
                    crate::api::Object::PersistentVolume(volume)
                }
                None => {
                    let mut claim = claim.clone();
                    let annotations = claim.meta_mut().annotations.get_or_insert_default();
                    annotations.insert(SELECTED_NODE.to_owned(), node.name.to_string());
                    claim.into_object()
                }
            };
            let moment = context.moment();
            context.api.update(object, moment)?;
        }
        Ok(())
    }
}

impl WaitingClaim {
    /// Whether its class makes volumes for this node.
    fn can_be_made(&self, node: &NodeInfo) -> bool {
        let Some(topologies) = &self.topologies else {
            return false;
        };
        let label = |key: &str| node.labels().and_then(|labels| labels.get(key));
        let holds = |term: &TopologySelectorTerm| {
            term.match_label_expressions
                .iter()
                .flatten()
                .all(|one| label(&one.key).is_some_and(|value| one.values.contains(value)))
        };
        topologies.is_empty() || topologies.iter().any(holds)
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
