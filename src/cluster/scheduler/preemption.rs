//! Preemption: what a pod that fits nowhere may hope for.
//!
//! The search and its message are here; evicting the victims is not. Only pods of a lower priority can be
//! victims, so among pods of one priority the search is all there is.

use crate::api::ObjectKey;

use super::cycle;
use super::explanation::{NodeExplanation, fit_error};
use super::nodes::Nodes;
use super::pod_info::PodInfo;

const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
const NO_VICTIMS: &str = "No preemption victims found for incoming pod";

/// Says what the search for victims found: `preemption: 0/3 nodes are available: …`; `None` if the pod
/// would fit somewhere without the pods of lower priority.
#[must_use]
pub fn message(pod: &PodInfo, nodes: &Nodes, verdicts: &[NodeExplanation]) -> Option<String> {
    if pod.pod.spec.preemption_policy.as_deref() == Some("Never") {
        return Some("preemption: not eligible due to preemptionPolicy=Never.".to_owned());
    }
    let node_count = nodes.len();
    let mut reasons: Vec<String> = Vec::new();
    for verdict in verdicts {
        // A node that rejects the pod whatever runs there is not searched.
        let rejection = verdict.rejection.as_ref();
        if !rejection.is_some_and(|rejection| rejection.resolvable) {
            reasons.push(NOT_HELPFUL.to_owned());
            continue;
        }
        let victims = lower_priority_pods(pod, nodes, &verdict.node);
        if victims.is_empty() {
            reasons.push(NO_VICTIMS.to_owned());
            continue;
        }
        let mut without = nodes.clone();
        for victim in &victims {
            without.remove_pod(&verdict.node, victim);
        }
        let rejection = cycle::judge_one(pod, &without, &verdict.node)?;
        reasons.extend(rejection.reasons.iter().map(ToString::to_string));
    }
    let unseen = node_count.saturating_sub(verdicts.len());
    let unseen = std::iter::repeat_n(NOT_HELPFUL, unseen);
    let all = reasons.iter().map(String::as_str).chain(unseen);
    Some(format!("preemption: {}", fit_error(node_count, all)))
}

fn lower_priority_pods(pod: &PodInfo, nodes: &Nodes, node: &str) -> Vec<ObjectKey> {
    let on_node = nodes
        .get(node)
        .into_iter()
        .flat_map(|node| node.pods.values());
    on_node
        .filter(|other| other.priority() < pod.priority())
        .map(|other| other.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::cluster::scheduler::cycle::attempt;
    use crate::cluster::scheduler::explanation::Outcome;
    use crate::cluster::scheduler::pod_info::PodInfo;
    use crate::cluster::scheduler::tests::{nodes, pod};
    use crate::kernel::{Rng, SimTime};
    use serde_json::json;

    /// One core, of which a pod of priority 0 holds 600m and one of priority 9 holds 300m.
    fn check(priority: i32, cpu: &str, expect: &str) {
        let requests = |priority: i32, cpu: &str| {
            let resources = json!({"requests": {"cpu": cpu}});
            json!({"priority": priority, "containers": [{"name": "main", "resources": resources}]})
        };
        let allocatable = json!({"cpu": "1", "memory": "1Gi", "pods": "9"});
        let mut nodes = nodes(&[json!({"status": {"allocatable": allocatable}})]);
        for (name, spec) in [("low", requests(0, "600m")), ("high", requests(9, "300m"))] {
            let mut holder = pod(spec);
            holder.meta_mut().name = Some(name.to_owned());
            nodes.put_pod("node-1", &PodInfo::new(&holder));
        }
        let new = PodInfo::new(&pod(requests(priority, cpu)));
        let outcome = attempt(&new, &nodes, &mut 0, &mut Rng::new(1), SimTime::ZERO).outcome;
        let Outcome::Unschedulable { message, .. } = outcome else {
            panic!("{priority} {cpu} fits");
        };
        assert_eq!(
            message,
            format!("0/1 nodes are available: 1 Insufficient cpu.{expect}")
        );
    }

    #[test]
    fn only_pods_of_lower_priority_are_victims() {
        let searched = " no new claims to deallocate, preemption: 0/1 nodes are available: 1 ";
        check(
            0,
            "500m",
            &format!("{searched}No preemption victims found for incoming pod."),
        );
        check(
            0,
            "2",
            &format!("{searched}Preemption is not helpful for scheduling."),
        );
        check(5, "800m", &format!("{searched}Insufficient cpu."));
        check(5, "700m", "");
    }
}
