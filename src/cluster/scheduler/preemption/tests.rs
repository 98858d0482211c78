//! Tests of the search for victims.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::{Object, PodDisruptionBudget};
use crate::cluster::scheduler::cycle::Algorithm;
use crate::cluster::scheduler::explanation::{Nomination, Outcome};
use crate::cluster::scheduler::nodes::Nodes;
use crate::cluster::scheduler::pod_info::PodInfo;
use crate::cluster::scheduler::tests::{nodes, pod};
use crate::kernel::{Rng, SimTime};

fn requesting(name: &str, priority: i32, cpu: &str, start: u32) -> Rc<PodInfo> {
    let resources = json!({"requests": {"cpu": cpu}});
    let spec =
        json!({"priority": priority, "containers": [{"name": "main", "resources": resources}]});
    let mut pod = pod(spec);
    let meta = pod.meta_mut();
    meta.name = Some(name.to_owned());
    meta.labels = Some([("name".to_owned(), name.to_owned())].into());
    let start = json!(format!("2026-01-01T00:00:{start:02}Z"));
    pod.status_mut().start_time = serde_json::from_value(start).unwrap();
    PodInfo::new(&pod)
}

/// Nodes of one core each.
fn cluster(count: usize) -> Nodes {
    let allocatable = json!({"cpu": "1", "memory": "1Gi", "pods": "9"});
    nodes(&vec![
        json!({"status": {"allocatable": allocatable}});
        count
    ])
}

/// What becomes of a pod: `node: victims`, or the message.
fn attempt(algorithm: &mut Algorithm, nodes: &mut Nodes, pod: &Rc<PodInfo>) -> String {
    match algorithm.attempt(pod, nodes, SimTime::ZERO).outcome {
        Outcome::Chosen { node, .. } => format!("fits {node}"),
        Outcome::Unschedulable {
            nomination: Nomination::Of { node, victims },
            ..
        } => {
            let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
            format!("{node}: {}", names.join(" "))
        }
        Outcome::Unschedulable { message, .. } => message,
    }
}

/// One core, of which a pod of priority 0 holds 600m and one of priority 9 holds 300m.
fn check(priority: i32, cpu: &str, expect: &str) {
    let mut nodes = cluster(1);
    nodes.put_pod("node-1", &requesting("low", 0, "600m", 1));
    nodes.put_pod("node-1", &requesting("high", 9, "300m", 1));
    let mut algorithm = Algorithm::new(Rng::new(1));
    let new = requesting("new", priority, cpu, 0);
    let answer = attempt(&mut algorithm, &mut nodes, &new);
    let searched = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, \
        preemption: 0/1 nodes are available: 1 ";
    assert_eq!(answer.replace(searched, "… "), expect);
}

#[test]
fn only_pods_of_lower_priority_are_victims() {
    check(0, "500m", "… No preemption victims found for incoming pod.");
    check(0, "2", "… Preemption is not helpful for scheduling.");
    check(5, "800m", "… Insufficient cpu.");
    check(5, "700m", "node-1: low");
    check(10, "1", "node-1: high low");
}

#[test]
fn as_many_as_possible_are_spared_and_the_longest_running_first() {
    let mut nodes = cluster(1);
    for (name, cpu, start) in [
        ("young", "300m", 30),
        ("old", "300m", 10),
        ("large", "400m", 20),
    ] {
        nodes.put_pod("node-1", &requesting(name, 0, cpu, start));
    }
    let mut algorithm = Algorithm::new(Rng::new(1));
    for (cpu, expect) in [
        // Spared in the order old, large, young.
        ("300m", "node-1: young"),
        ("400m", "node-1: large"),
        ("500m", "node-1: large young"),
    ] {
        let new = requesting("new", 5, cpu, 0);
        let answer = attempt(&mut algorithm, &mut nodes, &new);
        assert_eq!(answer, expect, "{cpu}");
    }
}

fn budget(name: &str, allowed: i32) -> PodDisruptionBudget {
    let manifest: Value = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"name": name}}},
        "status": {"disruptionsAllowed": allowed}});
    let object = Object::from_json(manifest).unwrap();
    object.typed::<PodDisruptionBudget>().unwrap().clone()
}

#[test]
fn the_least_loss_is_chosen() {
    let on = |pods: &[(&str, i32, &str, u32)], budgets: &[&str]| {
        let mut nodes = cluster(pods.len());
        for (index, (name, priority, cpu, start)) in pods.iter().enumerate() {
            let node = format!("node-{}", index + 1);
            nodes.put_pod(&node, &requesting(name, *priority, cpu, *start));
        }
        let mut algorithm = Algorithm::new(Rng::new(1));
        algorithm.budgets = budgets.iter().map(|name| budget(name, 0)).collect();
        attempt(&mut algorithm, &mut nodes, &requesting("new", 9, "1", 0))
    };
    // A budget counts before all else, then the priority, then the start.
    let two = [("a", 1, "1", 5), ("b", 2, "1", 5)];
    assert_eq!(on(&two, &[]), "node-1: a");
    assert_eq!(on(&two, &["a"]), "node-2: b");
    assert_eq!(on(&two, &["a", "b"]), "node-1: a");
    assert_eq!(on(&[("a", 1, "1", 5), ("b", 1, "1", 6)], &[]), "node-2: b");
}

#[test]
fn a_nominated_node_is_kept_and_waited_for() {
    let mut nodes = cluster(1);
    let victim = requesting("victim", 0, "1", 1);
    nodes.put_pod("node-1", &victim);
    let mut algorithm = Algorithm::new(Rng::new(1));
    let first = requesting("first", 5, "700m", 0);
    assert_eq!(
        attempt(&mut algorithm, &mut nodes, &first),
        "node-1: victim"
    );
    algorithm.nominations.put(&"node-1".into(), &first);
    nodes.remove_pod("node-1", &victim.key);
    // Less important pods see the node as taken, more important ones do not.
    let message = attempt(
        &mut algorithm,
        &mut nodes,
        &requesting("second", 1, "500m", 0),
    );
    assert!(message.starts_with("0/1 nodes are available: 1 Insufficient cpu."));
    let third = requesting("third", 6, "500m", 0);
    assert_eq!(attempt(&mut algorithm, &mut nodes, &third), "fits node-1");
    assert_eq!(attempt(&mut algorithm, &mut nodes, &first), "fits node-1");
    // While a victim is leaving, no other is chosen.
    let mut leaving = victim.pod.clone();
    leaving.meta_mut().deletion_timestamp =
        serde_json::from_value(json!("2026-01-01T00:01:00Z")).unwrap();
    let condition =
        json!([{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]);
    leaving.status_mut().conditions = serde_json::from_value(condition).unwrap();
    nodes.put_pod("node-1", &PodInfo::new(&leaving));
    let mut waiting = first.pod.clone();
    waiting.status_mut().nominated_node_name = Some("node-1".to_owned());
    let message = attempt(&mut algorithm, &mut nodes, &PodInfo::new(&waiting));
    let expect = "preemption: not eligible due to a terminating pod on the nominated node.";
    assert!(message.ends_with(expect), "{message}");
}
