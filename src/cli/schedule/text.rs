//! An attempt to schedule a pod as text: the verdict and the scores of every node, and what would help.

use std::fmt::Write;
use std::rc::Rc;

use podarium::session::cluster::scheduler::explanation::{Explanation, Nomination, Outcome};
use podarium::session::cluster::scheduler::nodes::Nodes;
use podarium::session::cluster::scheduler::pod_info::PodInfo;
use podarium::session::cluster::scheduler::remedy;

/// Everything about one attempt.
pub fn of(pod: &Rc<PodInfo>, nodes: &Nodes, explanation: &Explanation) -> String {
    let mut text = format!("{}/{}: ", pod.key.namespace, pod.key.name);
    match &explanation.outcome {
        Outcome::Chosen { node, equals } => {
            text.push_str(&format!("goes to {node}"));
            text.push_str(&match (explanation.passed, equals) {
                (1, _) => ", the only node that can take it".to_owned(),
                (passed, 1) => format!(", the best of {passed} nodes"),
                (passed, equals) => {
                    format!(", one of {equals} equally good among {passed} nodes")
                }
            });
        }
        Outcome::Unschedulable { message, .. } => text.push_str(message),
    }
    text.push_str("\n\n");
    text.push_str(&table(&rows(explanation)));
    if let Outcome::Unschedulable { nomination, .. } = &explanation.outcome {
        text.push_str(&help(pod, nodes, nomination));
    }
    text
}

/// A line per node: its total and the scores of the plugins, or the plugin that rejected it and why.
fn rows(explanation: &Explanation) -> Vec<Vec<String>> {
    let scored = explanation
        .nodes
        .iter()
        .find(|node| !node.scores.is_empty());
    let mut heads = vec!["NODE".to_owned(), "TOTAL".to_owned()];
    let plugins = scored.into_iter().flat_map(|node| &node.scores);
    heads.extend(plugins.map(|score| score.plugin.to_owned()));
    let mut rows = vec![heads];
    for node in &explanation.nodes {
        let mut row = vec![node.node.to_string()];
        match &node.rejection {
            Some(rejection) => {
                row.push("-".to_owned());
                let reasons = rejection.reasons.join(", ");
                row.push(format!("{}: {reasons}", rejection.plugin));
            }
            None => {
                row.push(node.total.to_string());
                row.extend(node.scores.iter().map(|score| match score.raw {
                    raw if raw == score.weighted => raw.to_string(),
                    raw => format!("{} ({raw})", score.weighted),
                }));
            }
        }
        rows.push(row);
    }
    rows
}

/// Columns side by side; what rejects a node may run over the columns of the scores.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let is_reason = |row: &Vec<String>, column: usize| column >= 2 && row[1] == "-";
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| !is_reason(row, column));
        cells
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = widths.get(column).copied().unwrap_or(0);
            format!("{cell:width$}")
        });
        let line = cells.collect::<Vec<_>>().join("   ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Who makes room for the pod, or what to change so that it fits.
fn help(pod: &Rc<PodInfo>, nodes: &Nodes, nomination: &Nomination) -> String {
    if let Nomination::Of { node, victims } = nomination {
        let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
        return format!("\nIt takes the room of {} on {node}.\n", names.join(", "));
    }
    let Some(remedy) = remedy::smallest(pod, nodes) else {
        return "\nNo small change would make it fit.\n".to_owned();
    };
    let mut text = format!("\n{} could take it, if you\n", remedy.node);
    for fix in &remedy.fixes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}   ({}: {})", fix.text, fix.object, fix.path);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use podarium::api::{Node, Object, Pod};
    use podarium::kernel::{Rng, SimTime};
    use podarium::session::cluster::scheduler::cycle::Algorithm;
    use serde_json::{Value, json};

    fn check(cpu: &str, expect: &[&str]) {
        let mut nodes = Nodes::default();
        let node = |name: &str, cpu: &str| {
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
                "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "9"}}})
        };
        let object = |manifest: Value| Object::from_json(manifest).unwrap();
        for manifest in [node("one", "1"), node("two", "2")] {
            nodes.put_node(object(manifest).typed::<Node>().unwrap());
        }
        let container =
            json!({"name": "main", "resources": {"requests": {"cpu": cpu, "memory": "4Gi"}}});
        let manifest = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]},
            "metadata": {"name": "web", "namespace": "default"}});
        let pod = PodInfo::new(object(manifest).typed::<Pod>().unwrap());
        let explanation = Algorithm::new(Rng::new(1)).attempt(&pod, &mut nodes, SimTime::ZERO);
        let text = of(&pod, &nodes, &explanation);
        assert_eq!(text.lines().collect::<Vec<_>>(), expect);
    }

    #[test]
    fn attempts_are_told_in_full() {
        let heads = "NODE   TOTAL   TaintToleration   NodeResourcesFit   NodeResourcesBalancedAllocation   ImageLocality";
        check(
            "500m",
            &[
                "default/web: goes to two, the best of 2 nodes",
                "",
                heads,
                "one    425     300 (0)           50                 75                                0",
                "two    430     300 (0)           62                 68                                0",
            ],
        );
        check(
            "3",
            &[
                "default/web: 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: \
                 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
                "",
                "NODE   TOTAL",
                "one    -       NodeResourcesFit: Insufficient cpu",
                "two    -       NodeResourcesFit: Insufficient cpu",
                "",
                "two could take it, if you",
                "  lower the cpu request of main by 1, to 2   (Pod default/web: spec.containers[0].resources.requests.cpu)",
            ],
        );
    }
}
