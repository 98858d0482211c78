//! Spreading pods over topology domains: what the filter and the score of PodTopologySpread share.

use std::collections::BTreeMap;

use crate::api::core::{Taint, TopologySpreadConstraint};
use crate::api::meta::LabelSelector;
use crate::api::selector::{matches, matches_map};
use crate::api::toleration::tolerates;
use crate::api::{Pod, ReplicaSet, Service};
use crate::apiserver::ApiServer;

use super::filters::node_affinity;
use super::nodes::NodeInfo;
use super::pod_info::PodInfo;

/// The label of the domain that is one node.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

/// What Kubernetes asks for where nobody asked: (domain, maxSkew), both as `ScheduleAnyway`.
const SYSTEM_DEFAULTS: [(&str, i32); 2] = [(HOSTNAME, 3), ("topology.kubernetes.io/zone", 5)];

/// One constraint of a pod.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The node label whose values are the domains.
    pub key: String,
    /// By how many pods domains may differ.
    pub max_skew: i32,
    /// With fewer domains than this, the smallest counts as empty.
    pub min_domains: usize,
    selectors: Vec<LabelSelector>,
    honors_affinity: bool,
    honors_taints: bool,
}

/// The constraints of a pod with this `whenUnsatisfiable`.
#[must_use]
pub fn constraints(pod: &PodInfo, when_unsatisfiable: &str) -> Vec<Constraint> {
    let stated = pod.pod.spec.topology_spread_constraints.as_deref();
    let stated = stated.unwrap_or_default();
    // The profile's constraints are for pods that state none and are of a kind, which tells whom they mean.
    let defaults = pod
        .profile
        .as_ref()
        .and_then(|profile| profile.spread.as_deref());
    let defaults = defaults.filter(|_| stated.is_empty() && !pod.kin.is_empty());
    defaults
        .unwrap_or(stated)
        .iter()
        .filter(|constraint| constraint.when_unsatisfiable == when_unsatisfiable)
        .map(|constraint| {
            let mut constraint = Constraint::new(constraint, pod);
            if defaults.is_some() {
                constraint.selectors.clone_from(&pod.kin);
            }
            constraint
        })
        .collect()
}

/// The constraints that every pod has that states none and is one of a kind.
#[must_use]
pub fn system_defaults(pod: &PodInfo) -> Vec<Constraint> {
    let stated = pod.pod.spec.topology_spread_constraints.as_ref();
    let listed = pod
        .profile
        .as_ref()
        .is_some_and(|profile| profile.spread.is_some());
    if listed || stated.is_some_and(|stated| !stated.is_empty()) || pod.kin.is_empty() {
        return Vec::new();
    }
    SYSTEM_DEFAULTS
        .into_iter()
        .map(|(key, max_skew)| Constraint {
            key: key.to_owned(),
            max_skew,
            min_domains: 1,
            selectors: pod.kin.clone(),
            honors_affinity: true,
            honors_taints: false,
        })
        .collect()
}

/// The selectors that tell a pod's kind: those of the Services that select it, and of its ReplicaSet.
#[must_use]
pub fn kin(pod: &Pod, api: &ApiServer) -> Vec<LabelSelector> {
    let labels = pod.meta.labels.as_ref();
    let services = api.list::<Service>(Some(pod.namespace()));
    let mut merged = BTreeMap::new();
    for service in services {
        let selector = service
            .spec
            .selector
            .as_ref()
            .filter(|selector| !selector.is_empty());
        if selector.is_some() && matches_map(selector, labels) {
            merged.extend(selector.cloned().unwrap_or_default());
        }
    }
    let of_services = (!merged.is_empty()).then_some(LabelSelector {
        match_labels: Some(merged),
        match_expressions: None,
    });
    let owner = pod.controller().filter(|owner| owner.kind == "ReplicaSet");
    let set = owner.and_then(|owner| api.get::<ReplicaSet>(pod.namespace(), &owner.name));
    of_services
        .into_iter()
        .chain(set.map(|set| set.spec.selector.clone()))
        .collect()
}

impl Constraint {
    fn new(constraint: &TopologySpreadConstraint, pod: &PodInfo) -> Self {
        let mut selectors: Vec<LabelSelector> =
            constraint.label_selector.clone().into_iter().collect();
        let labels = pod.pod.meta.labels.as_ref();
        let of_keys: BTreeMap<String, String> = constraint
            .match_label_keys
            .iter()
            .flatten()
            .filter_map(|key| Some((key.clone(), labels?.get(key)?.clone())))
            .collect();
        if !of_keys.is_empty() {
            selectors.push(LabelSelector {
                match_labels: Some(of_keys),
                match_expressions: None,
            });
        }
        let honors = |policy: &Option<String>, default| match policy.as_deref() {
            Some("Honor") => true,
            Some("Ignore") => false,
            _ => default,
        };
        Self {
            key: constraint.topology_key.clone(),
            max_skew: constraint.max_skew,
            min_domains: usize::try_from(constraint.min_domains.unwrap_or(1)).unwrap_or(1),
            selectors,
            honors_affinity: honors(&constraint.node_affinity_policy, true),
            honors_taints: honors(&constraint.node_taints_policy, false),
        }
    }

    /// Whether a pod counts. Without a selector none does, with an empty one neither.
    #[must_use]
    pub fn selects(&self, pod: &Pod) -> bool {
        let empty = |selector: &LabelSelector| *selector == LabelSelector::default();
        !self.selectors.iter().all(empty)
            && self
                .selectors
                .iter()
                .all(|selector| matches(selector, pod.meta.labels.as_ref()))
    }

    /// Whether another pod counts for this one: it is selected, of the same namespace, and not going away.
    #[must_use]
    pub fn counts(&self, other: &PodInfo, pod: &PodInfo) -> bool {
        other.key.namespace == pod.key.namespace
            && !other.pod.is_deleting()
            && self.selects(&other.pod)
    }

    /// The domain of a node; `None` without the label.
    #[must_use]
    pub fn domain<'n>(&self, node: &'n NodeInfo) -> Option<&'n str> {
        node.labels()?.get(&self.key).map(String::as_str)
    }

    /// Whether the pods of a node count at all (`nodeAffinityPolicy`, `nodeTaintsPolicy`).
    #[must_use]
    pub fn includes(&self, node: &NodeInfo, pod: &PodInfo) -> bool {
        let kept_out = |taint: &&Taint| {
            matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute")
                && !tolerates(pod.pod.spec.tolerations.iter().flatten(), taint)
        };
        (!self.honors_affinity || node_affinity::suits(pod, &node.name, node.labels()))
            && !(self.honors_taints && node.taints().any(|taint| kept_out(&taint)))
    }
}

/// Whether a node has the labels of all constraints.
#[must_use]
pub fn has_all_domains(node: &NodeInfo, constraints: &[Constraint]) -> bool {
    constraints
        .iter()
        .all(|constraint| constraint.domain(node).is_some())
}
