//! Tests of the proposals.

use serde_json::{Value, json};

use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tests::{nodes, pod};

use super::smallest;

/// Two nodes of 1 and 2 cores; half a core of the second is taken, with the port 8080.
fn check(of_nodes: [Value; 2], spec: Value, expect: &str) {
    let mut manifests = of_nodes;
    for (manifest, cpu) in manifests.iter_mut().zip(["1", "2"]) {
        manifest["status"] = json!({"allocatable": {"cpu": cpu, "memory": "1Gi", "pods": "9"}});
    }
    let mut nodes = nodes(&manifests);
    let resources = json!({"requests": {"cpu": "500m"}});
    let port = json!({"containerPort": 80, "hostPort": 8080});
    let mut holder =
        pod(json!({"containers": [{"name": "main", "resources": resources, "ports": [port]}]}));
    holder.meta_mut().name = Some("holder".to_owned());
    nodes.put_pod("node-2", &PodInfo::new(&holder));
    let answer = match smallest(&PodInfo::new(&pod(spec.clone())), &nodes) {
        None => "nothing".to_owned(),
        Some(remedy) => {
            let fixes = remedy.fixes.iter();
            let fixes: Vec<String> = fixes
                .map(|fix| format!("{} ({})", fix.text, fix.path))
                .collect();
            format!("{}: {}", remedy.node, fixes.join("; "))
        }
    };
    assert_eq!(answer, expect, "{spec}");
}

fn requests(list: Value) -> Value {
    json!({"containers": [{"name": "main", "resources": {"requests": list}}]})
}

#[test]
fn requests_are_lowered_where_the_least_is_missing() {
    let plain = || [json!({}), json!({})];
    check(plain(), requests(json!({"cpu": "1"})), "nothing");
    check(
        plain(),
        requests(json!({"cpu": "1700m"})),
        "node-2: lower the cpu request of main by 200m, to 1500m (spec.containers[0].resources.requests.cpu)",
    );
    check(
        plain(),
        requests(json!({"cpu": "1", "memory": "1500Mi"})),
        "node-1: lower the memory request of main by 476Mi, to 1Gi (spec.containers[0].resources.requests.memory)",
    );
    check(
        plain(),
        requests(json!({"example.com/gpu": "1"})),
        "nothing",
    );
}

#[test]
fn nodes_and_pods_are_brought_together() {
    let tainted =
        json!({"spec": {"taints": [{"key": "team", "value": "db", "effect": "NoSchedule"}]}});
    let cordoned = json!({"spec": {"unschedulable": true}});
    check(
        [tainted.clone(), tainted.clone()],
        requests(json!({})),
        "node-1: tolerate the taint team=db:NoSchedule (spec.tolerations)",
    );
    check(
        [tainted.clone(), cordoned],
        requests(json!({})),
        "node-2: uncordon node-2 (spec.unschedulable)",
    );
    let mut selecting = requests(json!({"cpu": "1"}));
    selecting["nodeSelector"] = json!({"disk": "ssd"});
    check(
        [tainted, json!({})],
        selecting,
        "node-2: label node-2 disk=ssd (metadata.labels)",
    );
    let requirement = json!({"key": "cores", "operator": "Gt", "values": ["7"]});
    let term = json!({"matchExpressions": [requirement]});
    let required =
        json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}});
    let mut choosing = requests(json!({"cpu": "2"}));
    choosing["affinity"] = json!({"nodeAffinity": required});
    check(
        [json!({}), json!({"metadata": {"labels": {"cores": "8"}}})],
        choosing,
        "node-2: lower the cpu request of main by 500m, to 1500m (spec.containers[0].resources.requests.cpu)",
    );
}

#[test]
fn what_kubernetes_says_of_a_node_is_no_label_to_change() {
    let named = |name: &str| json!({"metadata": {"labels": {"kubernetes.io/hostname": name}}});
    let mut selecting = requests(json!({"cpu": "1500m"}));
    selecting["nodeSelector"] = json!({"kubernetes.io/hostname": "node-1"});
    check(
        [named("node-1"), named("node-2")],
        selecting.clone(),
        "node-2: select kubernetes.io/hostname=node-2 in place of node-1 (spec.nodeSelector.kubernetes.io/hostname)",
    );
    check(
        [named("node-1"), json!({})],
        selecting,
        "node-1: lower the cpu request of main by 500m, to 1 (spec.containers[0].resources.requests.cpu)",
    );
}

#[test]
fn ports_move_and_rules_become_wishes() {
    let labelled = || {
        [
            json!({"metadata": {"labels": {"disk": "hdd"}}}),
            json!({"metadata": {"labels": {"disk": "ssd"}}}),
        ]
    };
    let port = json!({"containerPort": 80, "hostPort": 8080});
    let spec =
        json!({"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "main", "ports": [port]}]});
    check(
        labelled(),
        spec,
        "node-2: use the host port 8081 in place of 8080 (spec.containers[0].ports[0].hostPort)",
    );
    let term = json!({"topologyKey": "disk", "labelSelector": {"matchLabels": {"app": "none"}}});
    let mut lonely = requests(json!({}));
    lonely["affinity"] =
        json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    check(
        labelled(),
        lonely,
        "node-1: prefer to be near those pods instead of requiring it \
         (spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution)",
    );
}
