//! The scheduler's last decision in one line, for the Nodes mode: while a pod moves to its node, why there.

use std::cmp::Reverse;
use std::rc::Rc;

use crate::api::Pod;
use crate::cluster::scheduler::explanation::{Explanation, Nomination, Outcome};
use crate::cluster::scheduler::steps::heart;

use super::names;
use super::scene::Scene;
use super::time::clock_seconds;
use super::view::nodes::Decision;

/// The last attempt to schedule any pod, as far as the scheduler remembers at the moment shown.
pub(super) fn last(scene: &Scene) -> Option<Rc<Decision>> {
    let last = scene.world.scheduler().last_explanation()?;
    let key = names::with_uid(&last.pod, &last.uid);
    let pod = names::find(scene.world, &key);
    let name = pod
        .and_then(|pod| pod.typed::<Pod>())
        .map(names::short_name);
    let name = name.unwrap_or_else(|| last.pod.name.clone());
    let (text, question) = words(&name, last);
    Some(Rc::new(Decision {
        pod: pod.map(|_| key),
        text: names::sentence(&text),
        question: question.into(),
        at: clock_seconds(last.at),
    }))
}

/// The line, and the question that the whole table answers.
fn words(name: &str, last: &Explanation) -> (String, String) {
    let all = last.all;
    match &last.outcome {
        Outcome::Chosen { node, equals } => {
            let why = match (last.passed, all) {
                (_, 1) => "the only node".to_owned(),
                (1, _) => format!("the only one of {all} nodes that fits"),
                _ => format!("{}; {}", fit(last), scores(node, *equals, last)),
            };
            let text = format!("**{name}** goes to **{node}**: {why}");
            (text, format!("Why {node}?"))
        }
        Outcome::Unschedulable {
            message,
            nomination,
            ..
        } => {
            let mut text = match all {
                0 => format!("**{name}** waits: there is no node"),
                1 => format!("**{name}** does not fit the only node: {}", heart(message)),
                _ => format!("**{name}** fits none of {all} nodes: {}", heart(message)),
            };
            if let Nomination::Of { node, victims } = nomination {
                let names: Vec<&str> = victims.iter().map(|victim| &*victim.name).collect();
                text.push_str(&format!(
                    "; it takes the room of **{}** on {node}",
                    names.join(", ")
                ));
            }
            (text, "Why no node?".to_owned())
        }
    }
}

/// `3 of 5 nodes fit`. In a large cluster enough of the nodes are looked at, not all.
fn fit(last: &Explanation) -> String {
    let (passed, all) = (last.passed, last.all);
    match last.looked_at.min(all) {
        some if some < all => format!("{passed} of {some} nodes looked at fit"),
        _ if passed == all && all == 2 => "both nodes fit".to_owned(),
        _ if passed == all => format!("all {all} nodes fit"),
        _ => format!("{passed} of {all} nodes fit"),
    }
}

/// `node-2 scored 212, node-1 198`.
fn scores(node: &str, equals: usize, last: &Explanation) -> String {
    let (chosen, mut others): (Vec<_>, Vec<_>) =
        last.nodes.iter().partition(|other| *other.node == *node);
    let total = chosen.first().map_or(0, |chosen| chosen.total);
    if equals > 1 {
        let alike = match equals == last.passed {
            true if equals == 2 => "both".to_owned(),
            true => "all".to_owned(),
            false => format!("{equals} of them"),
        };
        return format!("{alike} scored {total}, so chance decided");
    }
    others.retain(|other| other.rejection.is_none());
    let second = others
        .iter()
        .min_by_key(|other| (Reverse(other.total), &other.node));
    let second = second.map_or(String::new(), |second| {
        format!(", {} {}", second.node, second.total)
    });
    format!("{node} scored {total}{second}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api::{Kind, ObjectKey};
    use crate::cluster::scheduler::explanation::NodeExplanation;
    use crate::kernel::SimTime;
    use crate::session::view::StageMode;
    use crate::session::{Action, Session};

    /// What the strip says after a text was applied: the line, and the question of its button.
    fn check(text: &str, expect: &str) {
        let mut session = Session::new();
        session.update(Action::SetMode(StageMode::Nodes));
        assert_eq!(session.view().nodes.decision, None);
        session.update(Action::EditText(text.into()));
        session.update(Action::Apply);
        session.update(Action::Play);
        for _ in 0..20 {
            session.update(Action::Tick {
                elapsed: Duration::from_millis(100),
                step_budget: 1_000_000,
            });
        }
        let decision = session.view().nodes.decision.clone().unwrap();
        let line: String = decision.text.runs.iter().map(|run| &*run.text).collect();
        assert_eq!(format!("{line} [{}]", decision.question), expect);
        assert!(decision.pod.is_some());
    }

    fn pod(spec: &str, cpu: &str) -> String {
        let container =
            format!("{{name: c, image: nginx, resources: {{requests: {{cpu: {cpu}}}}}}}");
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [{container}], {spec}}}\n---\n"
        )
    }

    #[test]
    fn the_line_says_why_there() {
        check(
            &pod("", "1"),
            "web goes to node-1: all 3 nodes fit; all scored 454, so chance decided [Why node-1?]",
        );
        let on = |nodes: &str| {
            let key = "kubernetes.io/hostname";
            format!("matchExpressions: [{{key: {key}, operator: In, values: [{nodes}]}}]")
        };
        let affinity = format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{{}}}]}}, \
             preferredDuringSchedulingIgnoredDuringExecution: [{{weight: 1, preference: {{{}}}}}]}}}}",
            on("node-1, node-2"),
            on("node-2")
        );
        check(
            &pod(&affinity, "1"),
            "web goes to node-2: 2 of 3 nodes fit; node-2 scored 654, node-1 454 [Why node-2?]",
        );
        check(
            &pod("nodeSelector: {kubernetes.io/hostname: node-3}", "1"),
            "web goes to node-3: the only one of 3 nodes that fits [Why node-3?]",
        );
        check(
            &pod("", "5"),
            "web fits none of 3 nodes: 3 Insufficient cpu [Why no node?]",
        );
    }

    #[test]
    fn the_line_says_whose_room_is_taken_and_how_many_were_looked_at() {
        let node = |name: &str, total| NodeExplanation {
            node: name.into(),
            rejection: None,
            scores: Vec::new(),
            total,
        };
        let victim = ObjectKey::new(Kind::Pod, "default", "low");
        let message = "0/9 nodes are available: 9 Insufficient cpu. no new claims to deallocate";
        let mut last = Explanation {
            pod: ObjectKey::new(Kind::Pod, "default", "web"),
            uid: "".into(),
            at: SimTime::ZERO,
            filters: Vec::new(),
            nodes: vec![node("a", 5), node("b", 9), node("c", 9)],
            all: 9,
            looked_at: 9,
            passed: 0,
            outcome: Outcome::Unschedulable {
                message: message.to_owned(),
                plugins: Vec::new(),
                nomination: Nomination::Of {
                    node: "b".into(),
                    victims: vec![victim],
                },
            },
        };
        let line = |last: &Explanation| words("web", last).0;
        let taken =
            "**web** fits none of 9 nodes: 9 Insufficient cpu; it takes the room of **low** on b";
        assert_eq!(line(&last), taken);
        (last.looked_at, last.passed) = (4, 3);
        last.outcome = Outcome::Chosen {
            node: "b".into(),
            equals: 2,
        };
        let partly = "**web** goes to **b**: 3 of 4 nodes looked at fit; 2 of them scored 9, so chance decided";
        assert_eq!(line(&last), partly);
    }
}
