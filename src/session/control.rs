//! The control plane in the Nodes mode: how far its controllers are, what the API server wrote last, and what pods wait
//! for in the scheduler's queue.

use crate::api::{DaemonSet, Deployment, Node, ObjectKey, Pod, ReplicaSet};
use crate::apiserver::ApiServer;
use crate::cluster::scheduler::queue::Place;
use crate::kernel::SimTime;

use super::names;
use super::scene::Scene;
use super::time;
use super::view::nodes::ControlPlane;
use super::view::{Text, grouped};

/// The control plane as it is now; so many pods wait for a node, and so many nodes are not ready.
pub(super) fn plane(scene: &Scene, waiting: usize, not_ready: usize) -> ControlPlane {
    let api = scene.world.api();
    ControlPlane {
        controllers: controllers(api, not_ready),
        server: server(api),
        queue: match waiting {
            0 => "queue empty".into(),
            _ => format!("queue, {} waiting", grouped(waiting as u64)).into(),
        },
    }
}

/// Of each controller that minds something whether all of it is as it should be, or how much.
fn controllers(api: &ApiServer, not_ready: usize) -> Vec<(Text, Text)> {
    let mut rows = Vec::new();
    let mut row = |name: &str, counts: Option<Counts>, word: &str| {
        if let Some(counts) = counts {
            rows.push((name.into(), counts.words(word)));
        }
    };
    let deployments = api.list::<Deployment>(None).map(|one| {
        let (meta, status) = (&one.meta, &one.status);
        let wanted = one.spec.replicas.unwrap_or(1);
        let updated = status.updated_replicas.unwrap_or(0);
        let available = status.available_replicas.unwrap_or(0).min(updated);
        let is_seen = status.observed_generation == meta.generation;
        (
            available,
            wanted,
            is_seen && status.replicas.unwrap_or(0) == wanted,
        )
    });
    row("Deployment", Counts::of(deployments), "available");
    let sets = api.list::<ReplicaSet>(None).map(|one| {
        let is_seen = one.status.observed_generation == one.meta.generation;
        (one.status.replicas, one.spec.replicas.unwrap_or(1), is_seen)
    });
    row("ReplicaSet", Counts::of(sets), "pods");
    let daemons = api.list::<DaemonSet>(None).map(|one| {
        let status = &one.status;
        let is_seen = status.observed_generation == one.meta.generation;
        (
            status.current_number_scheduled,
            status.desired_number_scheduled,
            is_seen,
        )
    });
    row("DaemonSet", Counts::of(daemons), "pods");
    let nodes = api.list::<Node>(None).count();
    let word = match not_ready {
        0 => "in step".to_owned(),
        _ => format!("{not_ready} of {nodes} silent"),
    };
    rows.push(("Node life cycle".into(), word.into()));
    rows
}

/// Sums over the objects of a kind.
struct Counts {
    have: i32,
    wanted: i32,
    is_in_step: bool,
}

impl Counts {
    /// Of objects that have so many, want so many, and say so after their last change; `None` where there is none.
    fn of(objects: impl Iterator<Item = (i32, i32, bool)>) -> Option<Self> {
        objects.fold(None, |sum, (have, wanted, is_seen)| {
            let sum: Self = sum.unwrap_or(Self {
                have: 0,
                wanted: 0,
                is_in_step: true,
            });
            Some(Self {
                have: sum.have.saturating_add(have),
                wanted: sum.wanted.saturating_add(wanted),
                is_in_step: sum.is_in_step && is_seen && have == wanted,
            })
        })
    }

    fn words(&self, word: &str) -> Text {
        match self.is_in_step {
            true => "in step".into(),
            false => format!("{} of {} {word}", self.have, self.wanted).into(),
        }
    }
}

fn server(api: &ApiServer) -> Vec<(Text, Text)> {
    let store = api.store();
    let newest = store.newest().map(|key| key_words(api, key));
    let number = |count: u64| Text::from(grouped(count));
    vec![
        ("revision".into(), number(store.version())),
        ("last write".into(), newest.unwrap_or_default()),
        ("objects".into(), number(store.len() as u64)),
    ]
}

/// `Pod web-x7k2p`, `Node node-1`.
fn key_words(api: &ApiServer, key: &ObjectKey) -> Text {
    let pod = api
        .store()
        .get(key)
        .and_then(|object| object.typed::<Pod>());
    let name = pod.map_or_else(|| key.name.clone(), names::short_name);
    format!("{} {name}", key.kind.name()).into()
}

/// What a pod of the scheduler's queue waits for.
pub(super) fn waits_for(place: Place, now: SimTime) -> Text {
    match place {
        Place::Active => "active".into(),
        Place::BackingOff { until } | Place::Erred { until } => {
            format!("again in {}", time::words(until.since(now))).into()
        }
        Place::Unschedulable => "waits for a change".into(),
        Place::Gated => "gated".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::session::view::StageMode;
    use crate::session::{Action, Session, View};

    /// Plays frame by frame until something holds.
    fn run_until(session: &mut Session, holds: impl Fn(&View) -> bool) -> View {
        session.update(Action::Play);
        for _ in 0..1_000 {
            session.update(Action::Tick {
                elapsed: Duration::from_millis(10),
                step_budget: 1_000_000,
            });
            let view = session.view();
            if holds(&view) {
                return view;
            }
        }
        panic!("{:?}", session.view().nodes.control);
    }

    fn facts(facts: &[(Text, Text)]) -> String {
        let facts = facts.iter().map(|(name, value)| format!("{name}: {value}"));
        facts.collect::<Vec<String>>().join(", ")
    }

    #[test]
    fn controllers_tell_how_far_they_are_and_waiting_pods_for_what() {
        let mut session = Session::new();
        session.update(Action::SetMode(StageMode::Nodes));
        let begins = facts(&session.view().nodes.control.controllers);
        assert_eq!(begins, "Node life cycle: in step");
        session.update(Action::Apply);
        let said = |words: &'static str| {
            move |view: &View| facts(&view.nodes.control.controllers) == words
        };
        run_until(
            &mut session,
            said("Deployment: 0 of 2 available, ReplicaSet: in step, Node life cycle: in step"),
        );
        let view = run_until(
            &mut session,
            said("Deployment: in step, ReplicaSet: in step, Node life cycle: in step"),
        );
        let [revision, newest, objects] = &view.nodes.control.server[..] else {
            panic!("{:?}", view.nodes.control.server);
        };
        let number = |fact: &(Text, Text)| fact.1.parse::<u32>().unwrap();
        assert!(number(revision) > number(objects));
        assert_eq!(
            (&*newest.0, &*newest.1),
            ("last write", "Deployment springboot-mybatis-deployment")
        );
        assert_eq!(&*view.nodes.control.queue, "queue empty");

        session.update(Action::LoadScenario("24-unschedulable".into()));
        session.update(Action::Apply);
        let view = run_until(&mut session, |view| view.nodes.queue.len() == 1);
        assert_eq!(&*view.nodes.control.queue, "queue, 1 waiting");
        assert_eq!(&*view.nodes.queue[0].word, "waits for a change");
    }
}
