//! Each score as its documentation has it, over all nodes and pods every time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Cluster;
use super::filters::{
    amount, constraints, counts_nodes, labels, list, means, meets, on, request, required,
    spreading, tolerates, value_of,
};

/// The weighted scores that are not 0, by node and plugin. A single node is not scored.
pub fn of(
    cluster: &Cluster,
    pod: &Value,
    passed: &[&str],
) -> BTreeMap<String, BTreeMap<&'static str, i64>> {
    let mut all: BTreeMap<String, BTreeMap<&'static str, i64>> = BTreeMap::new();
    if passed.len() < 2 {
        return all;
    }
    let nodes: Vec<&Value> = passed.iter().map(|name| &cluster.nodes[*name]).collect();
    let each = |score: &dyn Fn(&Value) -> i64| -> Vec<i64> {
        nodes.iter().map(|node| score(node)).collect()
    };
    let by_plugin = [
        ("TaintToleration", reversed(each(&|node| taints(pod, node)))),
        (
            "NodeAffinity",
            to_hundred(each(&|node| node_affinity(cluster, pod, node))),
        ),
        (
            "NodeResourcesFit",
            each(&|node| by_strategy(cluster, pod, node)),
        ),
        ("PodTopologySpread", spread(cluster, pod, &nodes)),
        (
            "InterPodAffinity",
            stretched(&each(&|node| inter_pod(cluster, pod, node))),
        ),
        (
            "NodeResourcesBalancedAllocation",
            each(&|node| balanced(cluster, pod, node)),
        ),
        ("ImageLocality", each(&|node| images(cluster, pod, node))),
    ];
    for (plugin, scores) in by_plugin {
        let weight = cluster.rules.weights.get(plugin).copied().unwrap_or(0);
        for (name, score) in passed.iter().zip(scores) {
            if score * weight != 0 {
                let of_node = all.entry((*name).to_owned()).or_default();
                of_node.insert(plugin, score * weight);
            }
        }
    }
    all
}

fn to_hundred(scores: Vec<i64>) -> Vec<i64> {
    match scores.iter().max() {
        Some(0) | None => scores,
        Some(most) => scores.iter().map(|score| 100 * score / most).collect(),
    }
}

fn reversed(scores: Vec<i64>) -> Vec<i64> {
    let scores = to_hundred(scores).into_iter();
    scores.map(|score| 100 - score).collect()
}

/// The least becomes 0 and the most 100.
fn stretched(scores: &[i64]) -> Vec<i64> {
    let (least, most) = (*scores.iter().min().unwrap(), *scores.iter().max().unwrap());
    let span = (most - least) as f64;
    let stretch = |score: &i64| (100.0 * ((*score - least) as f64 / span)) as i64;
    if most == least {
        return vec![0; scores.len()];
    }
    scores.iter().map(stretch).collect()
}

fn taints(pod: &Value, node: &Value) -> i64 {
    let mut soft = pod.clone();
    let tolerations = list(&pod["spec"]["tolerations"]).iter();
    let soft_only =
        tolerations.filter(|one| one["effect"].is_null() || one["effect"] == "PreferNoSchedule");
    soft["spec"]["tolerations"] = soft_only.cloned().collect();
    let taints = list(&node["spec"]["taints"]).iter();
    taints
        .filter(|taint| taint["effect"] == "PreferNoSchedule" && !tolerates(&soft, taint))
        .count() as i64
}

fn node_affinity(cluster: &Cluster, pod: &Value, node: &Value) -> i64 {
    [
        &pod["spec"]["affinity"]["nodeAffinity"],
        &cluster.rules.affinity,
    ]
    .iter()
    .flat_map(|affinity| list(&affinity["preferredDuringSchedulingIgnoredDuringExecution"]))
    .filter(|term| meets(&term["preference"], labels(node)))
    .map(|term| term["weight"].as_i64().unwrap())
    .sum()
}

/// Requests with a tenth of a core and 200 MiB for containers that request nothing.
fn at_least(pod: &Value, resource: &str) -> i64 {
    let default = if resource == "cpu" { 100 } else { 200 << 20 };
    let containers = list(&pod["spec"]["containers"]).iter();
    containers
        .map(
            |container| match &container["resources"]["requests"][resource] {
                Value::Null => default,
                quantity => amount(quantity),
            },
        )
        .sum()
}

/// The mean of the points that the strategy gives to the resources, by their weights.
fn by_strategy(cluster: &Cluster, pod: &Value, node: &Value) -> i64 {
    let rules = &cluster.rules;
    let (mut sum, mut weights) = (0, 0);
    for (resource, weight) in &rules.resources {
        let is_basic = matches!(*resource, "cpu" | "memory");
        let wants = |pod: &Value| match is_basic {
            true => at_least(pod, resource),
            false => request(pod, resource),
        };
        let offered = amount(&node["status"]["allocatable"][*resource]);
        if offered == 0 || !is_basic && wants(pod) == 0 {
            continue;
        }
        let others: i64 = on(cluster, node).map(&wants).sum();
        let used = (others + wants(pod)).min(offered);
        let points = match rules.strategy {
            "LeastAllocated" => (offered - used) * 100 / offered,
            "MostAllocated" => used * 100 / offered,
            _ => on_shape(&rules.shape, used * 100 / offered),
        };
        if points > 0 || rules.strategy != "RequestedToCapacityRatio" {
            sum += points * weight;
            weights += weight;
        }
    }
    match rules.strategy {
        _ if weights == 0 => 0,
        "RequestedToCapacityRatio" => (sum as f64 / weights as f64).round() as i64,
        _ => sum / weights,
    }
}

/// Where a broken line through all percents stands at `place`, ten times as high as it is written.
fn on_shape(shape: &[(i64, i64)], place: i64) -> i64 {
    let mut segments = shape.windows(2);
    let segment = segments.find(|ends| ends[0].0 <= place && place <= ends[1].0);
    let [from, to] = segment.unwrap() else {
        unreachable!("windows of two")
    };
    10 * from.1 + 10 * (to.1 - from.1) * (place - from.0) / (to.0 - from.0)
}

fn balanced(cluster: &Cluster, pod: &Value, node: &Value) -> i64 {
    if request(pod, "cpu") == 0 && request(pod, "memory") == 0 {
        return 0;
    }
    let balance = |with: bool| {
        let [cpu, memory] = ["cpu", "memory"].map(|resource| {
            let offered = amount(&node["status"]["allocatable"][resource]);
            let taken: i64 = on(cluster, node)
                .map(|other| request(other, resource))
                .sum();
            let own = if with { request(pod, resource) } else { 0 };
            ((taken + own) as f64 / offered as f64).min(1.0)
        });
        ((1.0 - ((cpu - memory) / 2.0).abs()) * 100.0) as i64
    };
    50 + (50 + balance(true) - balance(false)) / 2
}

fn images(cluster: &Cluster, pod: &Value, node: &Value) -> i64 {
    let size_on = |node: &Value, image: &Value| {
        let mut there = list(&node["status"]["images"]).iter();
        let found = there.find(|one| list(&one["names"]).contains(image))?;
        found["sizeBytes"].as_i64()
    };
    let containers = list(&pod["spec"]["containers"]);
    let sizes = containers.iter().filter_map(|container| {
        let image = &container["image"];
        let holders = cluster
            .nodes
            .values()
            .filter(|node| size_on(node, image).is_some());
        let spread = holders.count() as f64 / cluster.nodes.len() as f64;
        Some((size_on(node, image)? as f64 * spread) as i64)
    });
    let (least, most) = (23 << 20, (1000 << 20) * containers.len() as i64);
    let sum: i64 = sizes.sum();
    100 * (sum.clamp(least, most) - least) / (most - least)
}

/// The sum of weights between the pod and all pods in the same domains.
fn inter_pod(cluster: &Cluster, pod: &Value, node: &Value) -> i64 {
    let mut sum = 0;
    for there in cluster.nodes.values() {
        for other in on(cluster, there) {
            for (owner, about) in [(pod, other), (other, pod)] {
                let mut terms = preferred(owner);
                if owner == other {
                    let hard = required(owner, "podAffinity").into_iter();
                    terms.extend(hard.map(|term| (term, cluster.rules.required_weight)));
                }
                for (term, weight) in terms {
                    let value = value_of(&term, node);
                    let same = value.is_some() && value == value_of(&term, there);
                    if same && means(cluster, &term, owner, about) {
                        sum += weight;
                    }
                }
            }
        }
    }
    sum
}

fn preferred(pod: &Value) -> Vec<(Value, i64)> {
    let mut all = Vec::new();
    for (kind, sign) in [("podAffinity", 1), ("podAntiAffinity", -1)] {
        let terms =
            &pod["spec"]["affinity"][kind]["preferredDuringSchedulingIgnoredDuringExecution"];
        for term in list(terms) {
            let weight = sign * term["weight"].as_i64().unwrap();
            all.push((term["podAffinityTerm"].clone(), weight));
        }
    }
    all
}

/// The constraints that are wishes, and whether nodes without their labels are left out; Kubernetes' own wishes are
/// for pods that are one of a kind and state none.
fn wishes(cluster: &Cluster, pod: &Value) -> (Vec<Value>, bool) {
    let stated = constraints(cluster, pod, "ScheduleAnyway");
    let any_stated = !list(&pod["spec"]["topologySpreadConstraints"]).is_empty();
    if any_stated || cluster.rules.constraints.is_some() || cluster.kin.is_empty() {
        return (stated, true);
    }
    let defaults = [
        ("kubernetes.io/hostname", 3),
        ("topology.kubernetes.io/zone", 5),
    ];
    let defaults = defaults.map(
        |(key, skew)| json!({"topologyKey": key, "maxSkew": skew, "labelSelector": cluster.kin[0]}),
    );
    (defaults.to_vec(), false)
}

// The engine has its own logarithm, which this one checks.
#[allow(clippy::disallowed_methods)]
fn spread(cluster: &Cluster, pod: &Value, nodes: &[&Value]) -> Vec<i64> {
    let (wishes, strict) = wishes(cluster, pod);
    if wishes.is_empty() {
        return vec![0; nodes.len()];
    }
    let complete = |node: &Value| wishes.iter().all(|wish| value_of(wish, node).is_some());
    let scored: Vec<&&Value> = nodes
        .iter()
        .filter(|node| !strict || complete(node))
        .collect();
    let is_host = |wish: &Value| wish["topologyKey"] == "kubernetes.io/hostname";
    let raw: Vec<Option<i64>> = nodes
        .iter()
        .map(|node| {
            if strict && !complete(node) {
                return None;
            }
            let mut sum = 0.0;
            for wish in &wishes {
                let Some(domain) = value_of(wish, node) else {
                    continue;
                };
                let values: BTreeSet<Option<&str>> =
                    scored.iter().map(|node| value_of(wish, node)).collect();
                let size = if is_host(wish) {
                    scored.len()
                } else {
                    values.len()
                };
                let members = cluster.nodes.values().filter(|there| {
                    value_of(wish, there) == Some(domain)
                        && (!strict || complete(there))
                        && counts_nodes(wish, pod, there)
                });
                let count: i64 = if is_host(wish) {
                    spreading(cluster, wish, pod, node)
                } else {
                    members
                        .map(|there| spreading(cluster, wish, pod, there))
                        .sum()
                };
                let skew = wish["maxSkew"].as_i64().unwrap();
                sum += count as f64 * (size as f64 + 2.0).ln() + (skew - 1) as f64;
            }
            Some(sum.round() as i64)
        })
        .collect();
    let least = raw.iter().flatten().min().copied().unwrap_or(0);
    let most = raw.iter().flatten().max().copied().unwrap_or(0);
    let normalized = raw.iter().map(|score| match score {
        None => 0,
        Some(_) if most == 0 => 100,
        Some(score) => 100 * (most + least - score) / most,
    });
    normalized.collect()
}
