//! Each filter as its documentation has it, over all nodes and pods every time.

use serde_json::{Map, Value};

use super::{Cluster, volumes};

/// Why a pod may not go to a node.
type Filter = fn(&Cluster, &Value, &Value) -> Option<String>;

/// The first plugin that rejects the pod on a node, with its reasons.
pub fn rejection(cluster: &Cluster, pod: &Value, node: &str) -> Option<(String, String)> {
    let checks: [(&str, Filter); 11] = [
        ("NodeUnschedulable", unschedulable),
        ("NodeName", node_name),
        ("TaintToleration", taints),
        ("NodeAffinity", node_affinity),
        ("NodePorts", ports),
        ("NodeResourcesFit", fit),
        ("VolumeRestrictions", volumes::restrictions),
        ("VolumeBinding", volumes::binding),
        ("VolumeZone", volumes::zone),
        ("PodTopologySpread", spread),
        ("InterPodAffinity", inter_pod),
    ];
    let node = &cluster.nodes[node];
    checks
        .into_iter()
        .filter(|(plugin, _)| !cluster.rules.off.contains(plugin))
        .find_map(|(plugin, check)| Some((plugin.to_owned(), check(cluster, pod, node)?)))
}

fn unschedulable(_cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let taint =
        serde_json::json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"});
    let refused = node["spec"]["unschedulable"] == true && !tolerates(pod, &taint);
    refused.then(|| "node(s) were unschedulable".to_owned())
}

fn taints(_cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let refused = list(&node["spec"]["taints"])
        .iter()
        .any(|taint| taint["effect"] != "PreferNoSchedule" && !tolerates(pod, taint));
    refused.then(|| "node(s) had untolerated taint(s)".to_owned())
}

/// Whether any toleration of the pod covers a taint.
pub fn tolerates(pod: &Value, taint: &Value) -> bool {
    list(&pod["spec"]["tolerations"]).iter().any(|toleration| {
        let key = toleration["key"].is_null() || toleration["key"] == taint["key"];
        let effect = toleration["effect"].is_null() || toleration["effect"] == taint["effect"];
        let value = toleration["operator"] == "Exists" || toleration["value"] == taint["value"];
        key && effect && value
    })
}

fn node_name(_cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let wanted = &pod["spec"]["nodeName"];
    let other = !wanted.is_null() && *wanted != node["metadata"]["name"];
    other.then(|| "node(s) didn't match the requested node name".to_owned())
}

fn node_affinity(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    if !meets_any(&cluster.rules.affinity, node) {
        return Some("node(s) didn't match scheduler-enforced node affinity".to_owned());
    }
    (!suits(pod, node)).then(|| "node(s) didn't match Pod's node affinity/selector".to_owned())
}

/// Whether a node has what the selector and the required affinity of a pod ask for.
pub fn suits(pod: &Value, node: &Value) -> bool {
    let labels = labels(node);
    let selected = entries(&pod["spec"]["nodeSelector"])
        .all(|(key, value)| labels.is_some_and(|labels| labels.get(key) == Some(value)));
    selected && meets_any(&pod["spec"]["affinity"]["nodeAffinity"], node)
}

/// Whether a node meets a required term of a node affinity that has any.
fn meets_any(affinity: &Value, node: &Value) -> bool {
    let required = &affinity["requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = list(&required["nodeSelectorTerms"]);
    terms.is_empty() || terms.iter().any(|term| meets(term, labels(node)))
}

/// Whether labels meet all expressions of a node selector term.
pub fn meets(term: &Value, labels: Option<&Map<String, Value>>) -> bool {
    list(&term["matchExpressions"]).iter().all(|expression| {
        let found = labels.and_then(|labels| labels.get(expression["key"].as_str().unwrap()));
        let number = |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok());
        match expression["operator"].as_str().unwrap() {
            "In" => found.is_some_and(|found| list(&expression["values"]).contains(found)),
            "NotIn" => !found.is_some_and(|found| list(&expression["values"]).contains(found)),
            "Exists" => found.is_some(),
            "DoesNotExist" => found.is_none(),
            "Gt" => found.and_then(number) > number(&expression["values"][0]),
            other => panic!("{other}"),
        }
    })
}

fn ports(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let wanted = host_ports(pod);
    let taken: Vec<(i64, String)> = on(cluster, node).flat_map(host_ports).collect();
    let any = "0.0.0.0";
    let clash = wanted.iter().any(|(port, address)| {
        taken
            .iter()
            .any(|(other, at)| port == other && (address == at || address == any || at == any))
    });
    clash.then(|| "node(s) didn't have free ports for the requested pod ports".to_owned())
}

fn host_ports(pod: &Value) -> Vec<(i64, String)> {
    let containers = list(&pod["spec"]["containers"]).iter();
    let ports = containers.flat_map(|container| list(&container["ports"]));
    ports
        .map(|port| {
            let address = port["hostIP"].as_str().unwrap_or("0.0.0.0");
            (port["hostPort"].as_i64().unwrap(), address.to_owned())
        })
        .collect()
}

fn fit(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let allocatable = &node["status"]["allocatable"];
    let there: Vec<&Value> = on(cluster, node).collect();
    let mut reasons = Vec::new();
    if there.len() as i64 + 1 > amount(&allocatable["pods"]) {
        reasons.push("Too many pods".to_owned());
    }
    for resource in ["cpu", "memory", "example.com/gpu"] {
        let wanted = request(pod, resource);
        let taken: i64 = there.iter().map(|other| request(other, resource)).sum();
        if wanted > 0 && wanted > amount(&allocatable[resource]) - taken {
            reasons.push(format!("Insufficient {resource}"));
        }
    }
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// What the containers of a pod request in all.
pub fn request(pod: &Value, resource: &str) -> i64 {
    let containers = list(&pod["spec"]["containers"]).iter();
    containers
        .map(|container| amount(&container["resources"]["requests"][resource]))
        .sum()
}

/// A quantity as these tests write it: `500m`, `300Mi` or a number.
pub fn amount(quantity: &Value) -> i64 {
    let Some(text) = quantity.as_str() else {
        return 0;
    };
    let number = |digits: &str| digits.parse::<i64>().unwrap();
    if let Some(mebibytes) = text.strip_suffix("Mi") {
        return number(mebibytes) << 20;
    }
    text.strip_suffix('m').map_or_else(|| number(text), number)
}

fn spread(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let words = "node(s) didn't match pod topology spread constraints";
    let hard = constraints(cluster, pod, "DoNotSchedule");
    for constraint in &hard {
        let Some(domain) = value_of(constraint, node) else {
            return Some(format!("{words} (missing required label)"));
        };
        let mut domains = std::collections::BTreeMap::new();
        let mut here = 0;
        for other in cluster.nodes.values() {
            let complete = hard.iter().all(|one| value_of(one, other).is_some());
            if complete && counts_nodes(constraint, pod, other) {
                let value = value_of(constraint, other).unwrap();
                let count = spreading(cluster, constraint, pod, other);
                *domains.entry(value).or_insert(0) += count;
                here += if value == domain { count } else { 0 };
            }
        }
        let enough = domains.len() as i64 >= constraint["minDomains"].as_i64().unwrap_or(1);
        let least = domains
            .values()
            .copied()
            .min()
            .filter(|_| enough)
            .unwrap_or(0);
        let own = i64::from(selects(&constraint["labelSelector"], labels(pod)));
        if here + own - least > constraint["maxSkew"].as_i64().unwrap() {
            return Some(words.to_owned());
        }
    }
    None
}

/// The constraints of one severity: the pod's own, or those of the profile, for pods that have none and are one of a
/// kind.
pub fn constraints(cluster: &Cluster, pod: &Value, severity: &str) -> Vec<Value> {
    let stated = list(&pod["spec"]["topologySpreadConstraints"]);
    let defaults = cluster.rules.constraints.as_deref().unwrap_or_default();
    let kin = cluster.kin.first().filter(|_| stated.is_empty());
    let mut all = stated.to_vec();
    for constraint in defaults.iter().filter(|_| kin.is_some()) {
        let mut constraint = constraint.clone();
        constraint["labelSelector"] = kin.cloned().unwrap_or_default();
        all.push(constraint);
    }
    all.retain(|constraint| constraint["whenUnsatisfiable"] == severity);
    all
}

/// The domain of a node for a constraint or a term.
pub fn value_of<'n>(constraint: &Value, node: &'n Value) -> Option<&'n str> {
    let key = constraint["topologyKey"].as_str().unwrap();
    labels(node)?.get(key)?.as_str()
}

/// Whether the policies of a constraint let the pods of a node count.
pub fn counts_nodes(constraint: &Value, pod: &Value, node: &Value) -> bool {
    let affinity = constraint["nodeAffinityPolicy"] == "Ignore" || suits(pod, node);
    let honors_taints = constraint["nodeTaintsPolicy"] == "Honor";
    affinity && !(honors_taints && taints_refuse(pod, node))
}

fn taints_refuse(pod: &Value, node: &Value) -> bool {
    list(&node["spec"]["taints"])
        .iter()
        .any(|taint| taint["effect"] != "PreferNoSchedule" && !tolerates(pod, taint))
}

/// How many pods on a node a constraint counts.
pub fn spreading(cluster: &Cluster, constraint: &Value, pod: &Value, node: &Value) -> i64 {
    let counts = |other: &&Value| {
        other["metadata"]["namespace"] == pod["metadata"]["namespace"]
            && selects(&constraint["labelSelector"], labels(other))
    };
    on(cluster, node).filter(counts).count() as i64
}

fn inter_pod(cluster: &Cluster, pod: &Value, node: &Value) -> Option<String> {
    let near = required(pod, "podAffinity");
    let far = required(pod, "podAntiAffinity");
    let everywhere = || {
        cluster
            .nodes
            .values()
            .flat_map(|there| on(cluster, there).map(move |other| (there, other)))
    };
    let same = |term: &Value, there: &Value| {
        let value = value_of(term, node);
        value.is_some() && value == value_of(term, there)
    };
    let friend = |other: &Value| near.iter().all(|term| means(cluster, term, pod, other));
    let wanted = near.iter().all(|term| {
        value_of(term, node).is_some()
            && everywhere().any(|(there, other)| friend(other) && same(term, there))
    });
    // The first of its kind may go anywhere that has the labels.
    let nobody = !everywhere().any(|(there, other)| {
        friend(other) && near.iter().any(|term| value_of(term, there).is_some())
    });
    let labelled = near.iter().all(|term| value_of(term, node).is_some());
    if !(near.is_empty() || wanted || labelled && nobody && friend(pod)) {
        return Some("node(s) didn't match pod affinity rules".to_owned());
    }
    let foe = |term: &&Value| {
        everywhere().any(|(there, other)| means(cluster, term, pod, other) && same(term, there))
    };
    if far.iter().any(|term| foe(&term)) {
        return Some("node(s) didn't match pod anti-affinity rules".to_owned());
    }
    let refused = everywhere().any(|(there, other)| {
        required(other, "podAntiAffinity")
            .iter()
            .any(|term| means(cluster, term, other, pod) && same(term, there))
    });
    refused.then(|| "node(s) didn't satisfy existing pods anti-affinity rules".to_owned())
}

/// The required terms of one kind.
pub fn required(pod: &Value, kind: &str) -> Vec<Value> {
    list(&pod["spec"]["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"]).to_vec()
}

/// Whether a term of `owner` means `other`.
pub fn means(cluster: &Cluster, term: &Value, owner: &Value, other: &Value) -> bool {
    let namespace = other["metadata"]["namespace"].as_str().unwrap();
    let listed = list(&term["namespaces"]);
    let selector = &term["namespaceSelector"];
    let of_namespace = cluster.namespaces[namespace].as_object();
    let there = listed.iter().any(|one| one == namespace)
        || !selector.is_null() && selects_or_all(selector, of_namespace)
        || listed.is_empty() && selector.is_null() && owner["metadata"]["namespace"] == namespace;
    there && selects_or_all(&term["labelSelector"], labels(other))
}

/// Whether a selector that is not empty selects labels.
pub fn selects(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
    entries(&selector["matchLabels"]).next().is_some() && selects_or_all(selector, labels)
}

fn selects_or_all(selector: &Value, labels: Option<&Map<String, Value>>) -> bool {
    entries(&selector["matchLabels"])
        .all(|(key, value)| labels.is_some_and(|labels| labels.get(key) == Some(value)))
}

/// The pods on a node.
pub fn on<'c>(cluster: &'c Cluster, node: &Value) -> impl Iterator<Item = &'c Value> {
    let name = node["metadata"]["name"].clone();
    let on_node = cluster.pods.iter();
    on_node.filter(move |pod| pod["spec"]["nodeName"] == name)
}

/// The labels of an object.
pub fn labels(object: &Value) -> Option<&Map<String, Value>> {
    object["metadata"]["labels"].as_object()
}

/// The items of a list; none if there is no list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
