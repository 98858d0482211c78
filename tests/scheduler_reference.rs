//! The scheduler against a reference that is slow and obvious: on random clusters every node must be judged and
//! scored alike, and what preemption chooses must be right.
//!
//! One scheduler lives through a whole history of its cluster, so that what it remembers from cycle to cycle is
//! tried too; the reference looks at everything anew each time. A failure names its seed.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "what the test reads it wrote itself")]

#[path = "scheduler_reference/filters.rs"]
mod filters;
#[path = "scheduler_reference/forms.rs"]
mod forms;
#[path = "scheduler_reference/rules.rs"]
mod rules;
#[path = "scheduler_reference/scores.rs"]
mod scores;
#[path = "scheduler_reference/volumes.rs"]
mod volumes;

use std::collections::BTreeMap;

use forms::Forms;
use podarium::api::meta::LabelSelector;
use podarium::api::{Node, Object, Pod};
use podarium::cluster::scheduler::cycle::Algorithm;
use podarium::cluster::scheduler::explanation::{Explanation, Nomination, Outcome};
use podarium::cluster::scheduler::nodes::Nodes;
use podarium::cluster::scheduler::pod_info::PodInfo;
use podarium::cluster::scheduler::volumes::of_pod;
use podarium::kernel::{Rng, SimTime};
use rules::Rules;
use serde_json::Value;
use volumes::Storage;

/// How many clusters are tried.
const CLUSTERS: u64 = 150;
/// How many pods are scheduled in each.
const PODS: usize = 25;

/// A cluster as the reference sees it.
pub struct Cluster {
    /// Manifests by name.
    pub nodes: BTreeMap<String, Value>,
    /// The pods on nodes.
    pub pods: Vec<Value>,
    /// The labels of the namespaces.
    pub namespaces: BTreeMap<&'static str, Value>,
    /// The volumes and claims.
    pub storage: Storage,
    /// What the profile of the pod at hand says.
    pub rules: Rules,
    /// The selectors of its kind, as its Service would have them.
    pub kin: Vec<Value>,
}

#[test]
fn every_node_is_judged_and_scored_as_by_the_reference() {
    let mut seen = BTreeMap::new();
    for seed in 0..CLUSTERS {
        live(seed, &mut seen);
    }
    // What never happened was not tried.
    for plugin in [
        "NodeUnschedulable",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "PodTopologySpread",
        "InterPodAffinity",
        "score TaintToleration",
        "score NodeAffinity",
        "score NodeResourcesFit",
        "score PodTopologySpread",
        "score InterPodAffinity",
        "score NodeResourcesBalancedAllocation",
        "score ImageLocality",
        "preemption",
        "NodeName",
        "VolumeRestrictions",
        "VolumeBinding",
        "VolumeZone",
        "NodeAffinity of the profile",
        "PodTopologySpread of the profile",
        "score NodeAffinity of the profile",
        "score PodTopologySpread of the profile",
        "score InterPodAffinity of the profile",
        "score NodeResourcesFit of MostAllocated",
        "score NodeResourcesFit of RequestedToCapacityRatio",
    ] {
        assert!(seen.get(plugin) > Some(&20), "{plugin}: {seen:?}");
    }
}

/// One history of a cluster: pods come and go, nodes change.
fn live(seed: u64, seen: &mut BTreeMap<String, usize>) {
    let mut forms = Forms::new(seed);
    let mut nodes = Nodes::default();
    let mut cluster = forms.cluster();
    for (name, labels) in &cluster.namespaces {
        let labels = serde_json::from_value(labels.clone()).unwrap();
        nodes.put_namespace(name, Some(labels));
    }
    for manifest in cluster.nodes.values() {
        nodes.put_node(&node(manifest));
    }
    let mut algorithm = Algorithm::new(Rng::new(seed));
    let api = cluster.storage.api();
    let profiles = [Rules::default(), forms.rules(), forms.rules()];
    for index in 0..PODS {
        let manifest = forms.pod(index);
        cluster.rules = profiles[index % profiles.len()].clone();
        cluster.kin = forms.kin(&manifest);
        let pod = pod(&manifest);
        let (volumes, profile) = (of_pod(&pod, &api), cluster.rules.profile());
        let info = PodInfo::new(&pod).with(selectors(&cluster.kin), volumes, profile.as_ref());
        let explanation = algorithm.attempt(&info, &mut nodes, SimTime::ZERO);
        compare(&cluster, &manifest, &explanation, seed, seen);
        match explanation.outcome {
            Outcome::Chosen { node, .. } => put(&mut cluster, &mut nodes, &manifest, &node),
            Outcome::Unschedulable {
                nomination: Nomination::Of { node, victims },
                ..
            } => {
                let victims: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
                check_victims(&cluster, &manifest, &node, &victims, seed);
                *seen.entry("preemption".to_owned()).or_insert(0) += 1;
                for victim in victims {
                    remove(&mut cluster, &mut nodes, victim);
                }
                put(&mut cluster, &mut nodes, &manifest, &node);
            }
            Outcome::Unschedulable { .. } => {}
        }
        if let Some(changed) = forms.changed_node(&cluster) {
            nodes.put_node(&node(&changed));
            let name = changed["metadata"]["name"].as_str().unwrap().to_owned();
            cluster.nodes.insert(name, changed);
        }
        if let Some(leaving) = forms.leaving_pod(&cluster) {
            remove(&mut cluster, &mut nodes, &leaving);
        }
    }
}

fn put(cluster: &mut Cluster, nodes: &mut Nodes, manifest: &Value, node: &str) {
    let mut bound = manifest.clone();
    bound["spec"]["nodeName"] = node.into();
    nodes.put_pod(node, &PodInfo::new(&pod(&bound)));
    cluster.pods.push(bound);
}

fn remove(cluster: &mut Cluster, nodes: &mut Nodes, name: &str) {
    let is_it = |manifest: &Value| manifest["metadata"]["name"] == name;
    let index = cluster.pods.iter().position(is_it).unwrap();
    let manifest = cluster.pods.remove(index);
    let node = manifest["spec"]["nodeName"].as_str().unwrap();
    nodes.remove_pod(node, &pod(&manifest).key());
}

/// Holds every verdict and every score against the reference.
fn compare(
    cluster: &Cluster,
    pod: &Value,
    explanation: &Explanation,
    seed: u64,
    seen: &mut BTreeMap<String, usize>,
) {
    let passed: Vec<&str> = cluster
        .nodes
        .keys()
        .filter(|name| filters::rejection(cluster, pod, name).is_none())
        .map(String::as_str)
        .collect();
    let mut count = |what: String| *seen.entry(what).or_insert(0) += 1;
    let expected = scores::of(cluster, pod, &passed);
    for verdict in &explanation.nodes {
        let name = &*verdict.node;
        let found = verdict
            .rejection
            .as_ref()
            .map(|rejection| (rejection.plugin.to_owned(), rejection.reasons.join(", ")));
        let wanted = filters::rejection(cluster, pod, name);
        assert_eq!(found, wanted, "{name}, seed {seed}, {pod}");
        let Some((plugin, _)) = wanted else {
            let nonzero = verdict.scores.iter().filter(|score| score.weighted != 0);
            let found: BTreeMap<&str, i64> = nonzero
                .map(|score| (score.plugin, score.weighted))
                .collect();
            let wanted = expected.get(name).cloned().unwrap_or_default();
            assert_eq!(found, wanted, "{name}, seed {seed}, {pod}");
            for plugin in wanted.keys() {
                count(format!("score {plugin}"));
                count(format!("score {plugin} of {}", of_profile(plugin, cluster)));
            }
            continue;
        };
        count(format!("{plugin} of {}", of_profile(&plugin, cluster)));
        count(plugin);
    }
}

/// Which rules of the profile a plugin followed.
fn of_profile(plugin: &str, cluster: &Cluster) -> &'static str {
    let rules = &cluster.rules;
    match plugin {
        "NodeResourcesFit" => rules.strategy,
        "NodeAffinity" if !rules.affinity.is_null() => "the profile",
        "PodTopologySpread" if rules.constraints.is_some() => "the profile",
        "InterPodAffinity" if rules.required_weight > 1 => "the profile",
        _ if rules.configured => "weights",
        _ => "Kubernetes",
    }
}

/// The pod must fit without the victims, none of whom may be more important, and with none of them spared.
fn check_victims(cluster: &Cluster, pod: &Value, node: &str, victims: &[&str], seed: u64) {
    let priority = |pod: &Value| pod["spec"]["priority"].as_i64().unwrap_or(0);
    let without = |gone: &[&str]| {
        let stays = |other: &&Value| !gone.contains(&other["metadata"]["name"].as_str().unwrap());
        Cluster {
            nodes: cluster.nodes.clone(),
            pods: cluster.pods.iter().filter(stays).cloned().collect(),
            namespaces: cluster.namespaces.clone(),
            storage: cluster.storage.clone(),
            rules: cluster.rules.clone(),
            kin: cluster.kin.clone(),
        }
    };
    assert!(!victims.is_empty(), "seed {seed}");
    assert_eq!(
        filters::rejection(&without(victims), pod, node),
        None,
        "seed {seed}"
    );
    for (index, victim) in victims.iter().enumerate() {
        let is_it = |other: &&Value| other["metadata"]["name"] == *victim;
        let manifest = cluster.pods.iter().find(is_it).unwrap();
        assert!(priority(manifest) < priority(pod), "seed {seed}");
        let mut others = victims.to_vec();
        others.remove(index);
        // The least important victim could be spared only if the search were wrong; for more important ones that
        // were tried earlier, what was spared after them may stand in the way.
        if index + 1 == victims.len() {
            assert!(
                filters::rejection(&without(&others), pod, node).is_some(),
                "{victim} need not go, seed {seed}"
            );
        }
    }
}

fn selectors(kin: &[Value]) -> Vec<LabelSelector> {
    let selectors = kin
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap());
    selectors.collect()
}

fn pod(manifest: &Value) -> Pod {
    let object = Object::from_json(manifest.clone()).unwrap();
    object.typed::<Pod>().unwrap().clone()
}

fn node(manifest: &Value) -> Node {
    let object = Object::from_json(manifest.clone()).unwrap();
    object.typed::<Node>().unwrap().clone()
}
