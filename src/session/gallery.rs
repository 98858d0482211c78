//! The gallery: scenarios that are built in, each a manifest with a few lines about itself in front.
//!
//! The lines are comments: `# title:`, `# about:` (one line), `# topic:` (the group), `# pulled:` (images,
//! separated by commas, that lie on every node), and one `# node:` for each node if it is not the usual
//! three: a name, then `cpu=2`, `memory=3Gi`, `disk=20Gi`, `pods=20`, `label=key=value` and `taint=key=value:Effect`.
//! `# nodes:` stands for many alike: their number, then the same words.

use std::rc::Rc;

use crate::cluster::{ClusterConfig, MachineConfig};

use super::view::Text;
use super::view::gallery::{Gallery, GalleryEntry, GalleryGroup};

/// The texts, in teaching order.
const TEXTS: &[(&str, &str)] = &[
    (
        "01-two-pods",
        include_str!("../../scenarios/01-two-pods.yaml"),
    ),
    (
        "02-shared-volume-broken",
        include_str!("../../scenarios/02-shared-volume-broken.yaml"),
    ),
    (
        "03-shared-volume",
        include_str!("../../scenarios/03-shared-volume.yaml"),
    ),
    (
        "04-key-properties-broken",
        include_str!("../../scenarios/04-key-properties-broken.yaml"),
    ),
    (
        "05-key-properties",
        include_str!("../../scenarios/05-key-properties.yaml"),
    ),
    (
        "06-liveness-wrong-port",
        include_str!("../../scenarios/06-liveness-wrong-port.yaml"),
    ),
    (
        "07-no-spec",
        include_str!("../../scenarios/07-no-spec.yaml"),
    ),
    (
        "08-replicaset-exported",
        include_str!("../../scenarios/08-replicaset-exported.yaml"),
    ),
    (
        "09-replicaset",
        include_str!("../../scenarios/09-replicaset.yaml"),
    ),
    (
        "10-deployment",
        include_str!("../../scenarios/10-deployment.yaml"),
    ),
    (
        "11-image-pull-secret",
        include_str!("../../scenarios/11-image-pull-secret.yaml"),
    ),
    (
        "12-configured-pod",
        include_str!("../../scenarios/12-configured-pod.yaml"),
    ),
    (
        "13-post-start",
        include_str!("../../scenarios/13-post-start.yaml"),
    ),
    (
        "14-probes-and-gate",
        include_str!("../../scenarios/14-probes-and-gate.yaml"),
    ),
    (
        "15-pre-stop",
        include_str!("../../scenarios/15-pre-stop.yaml"),
    ),
    (
        "16-crash-loop",
        include_str!("../../scenarios/16-crash-loop.yaml"),
    ),
    (
        "17-exit-zero",
        include_str!("../../scenarios/17-exit-zero.yaml"),
    ),
    (
        "18-readiness-and-service",
        include_str!("../../scenarios/18-readiness-and-service.yaml"),
    ),
    (
        "19-liveness-too-eager",
        include_str!("../../scenarios/19-liveness-too-eager.yaml"),
    ),
    (
        "20-exec-liveness",
        include_str!("../../scenarios/20-exec-liveness.yaml"),
    ),
    (
        "21-init-containers",
        include_str!("../../scenarios/21-init-containers.yaml"),
    ),
    (
        "22-sidecar",
        include_str!("../../scenarios/22-sidecar.yaml"),
    ),
    (
        "23-grace-period",
        include_str!("../../scenarios/23-grace-period.yaml"),
    ),
    (
        "24-unschedulable",
        include_str!("../../scenarios/24-unschedulable.yaml"),
    ),
    (
        "25-three-pods",
        include_str!("../../scenarios/25-three-pods.yaml"),
    ),
    (
        "26-one-pod",
        include_str!("../../scenarios/26-one-pod.yaml"),
    ),
    (
        "27-node-labels",
        include_str!("../../scenarios/27-node-labels.yaml"),
    ),
    ("28-taints", include_str!("../../scenarios/28-taints.yaml")),
    (
        "29-image-not-found",
        include_str!("../../scenarios/29-image-not-found.yaml"),
    ),
    (
        "30-config-missing",
        include_str!("../../scenarios/30-config-missing.yaml"),
    ),
    (
        "31-rolling-update",
        include_str!("../../scenarios/31-rolling-update.yaml"),
    ),
    (
        "32-node-dies",
        include_str!("../../scenarios/32-node-dies.yaml"),
    ),
    (
        "33-quality-of-service",
        include_str!("../../scenarios/33-quality-of-service.yaml"),
    ),
    (
        "34-three-hundred",
        include_str!("../../scenarios/34-three-hundred.yaml"),
    ),
    (
        "35-slow-start",
        include_str!("../../scenarios/35-slow-start.yaml"),
    ),
    (
        "36-names-and-resolvers",
        include_str!("../../scenarios/36-names-and-resolvers.yaml"),
    ),
    (
        "37-hundred-nodes",
        include_str!("../../scenarios/37-hundred-nodes.yaml"),
    ),
    (
        "38-scheduler-profiles",
        include_str!("../../scenarios/38-scheduler-profiles.yaml"),
    ),
    ("39-claims", include_str!("../../scenarios/39-claims.yaml")),
    (
        "40-full-disk",
        include_str!("../../scenarios/40-full-disk.yaml"),
    ),
    (
        "41-restart-all",
        include_str!("../../scenarios/41-restart-all.yaml"),
    ),
];

/// The group of a scenario that names none.
const ARTICLES: &str = "From the articles";

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What the action names it by.
    pub id: &'static str,
    /// The whole text, the lines in front included.
    pub text: &'static str,
    /// Its title.
    pub title: String,
    /// What it is about, in one line.
    pub about: String,
    /// Its group.
    pub topic: String,
    /// Images that lie on every node.
    pub pulled_images: Vec<String>,
    /// The nodes, if not the usual ones.
    pub machines: Vec<MachineConfig>,
}

/// All scenarios in order.
pub fn scenarios() -> impl Iterator<Item = Scenario> {
    TEXTS.iter().map(|(id, text)| Scenario::read(id, text))
}

/// A scenario by its id.
#[must_use]
pub fn find(id: &str) -> Option<Scenario> {
    scenarios().find(|scenario| scenario.id == id)
}

/// The menu.
#[must_use]
pub fn gallery(current: &str) -> Gallery {
    let mut groups: Vec<GalleryGroup> = Vec::new();
    let mut title: Text = "Untitled".into();
    for scenario in scenarios() {
        let entry = GalleryEntry {
            id: scenario.id.into(),
            title: scenario.title.as_str().into(),
            summary: scenario.about.as_str().into(),
            is_current: scenario.id == current,
        };
        if entry.is_current {
            title = Rc::clone(&entry.title);
        }
        match groups
            .iter_mut()
            .find(|group| *group.title == *scenario.topic)
        {
            Some(group) => group.entries.push(entry),
            None => groups.push(GalleryGroup {
                title: scenario.topic.as_str().into(),
                entries: vec![entry],
            }),
        }
    }
    Gallery {
        current: title,
        groups,
    }
}

impl Scenario {
    fn read(id: &'static str, text: &'static str) -> Self {
        let mut scenario = Self {
            id,
            text,
            title: id.to_owned(),
            about: String::new(),
            topic: ARTICLES.to_owned(),
            pulled_images: Vec::new(),
            machines: Vec::new(),
        };
        let front = text.lines().map_while(|line| line.strip_prefix("# "));
        for (name, value) in front.filter_map(|line| line.split_once(": ")) {
            let value = value.trim();
            match name {
                "title" => scenario.title = value.to_owned(),
                "about" => scenario.about = value.to_owned(),
                "topic" => scenario.topic = value.to_owned(),
                "pulled" => {
                    scenario.pulled_images = value
                        .split(',')
                        .map(|image| image.trim().to_owned())
                        .collect();
                }
                "node" => scenario.machines.extend(MachineConfig::read(value)),
                "nodes" => scenario.machines.extend(machines(value)),
                _ => {}
            }
        }
        scenario
    }

    /// The cluster that it starts with.
    #[must_use]
    pub fn cluster(&self, seed: u64) -> ClusterConfig {
        let mut config = ClusterConfig {
            seed,
            pulled_images: self.pulled_images.clone(),
            ..ClusterConfig::default()
        };
        if !self.machines.is_empty() {
            config.machines = self.machines.clone();
        }
        config
    }
}

/// `100 cpu=8`: machines named `node-001` and so on.
fn machines(line: &str) -> Vec<MachineConfig> {
    let (count, words) = line.split_once(' ').unwrap_or((line, ""));
    (1..=count.parse().unwrap_or(0))
        .filter_map(|number: u32| MachineConfig::read(&format!("node-{number:03} {words}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{gallery, machines, scenarios};
    use crate::manifest;
    use crate::session::view::Severity;
    use crate::session::{Action, Session};

    #[test]
    fn many_nodes_are_read_from_one_line() {
        let many = machines("100 cpu=8");
        assert_eq!((many.len(), many[0].cpu_millis), (100, 8_000));
        assert_eq!((&*many[0].name, &*many[99].name), ("node-001", "node-100"));
        assert!(machines("many").is_empty());
    }

    /// As the articles print them.
    const BROKEN: [&str; 4] = [
        "02-shared-volume-broken",
        "04-key-properties-broken",
        "07-no-spec",
        "11-image-pull-secret",
    ];

    /// What was accepted once is not called wrong in the editor afterwards: it could be applied again.
    #[test]
    fn every_scenario_can_be_applied_again() {
        let errors = |session: &mut Session| {
            let problems = session.view().problems;
            let errors = problems.rows.iter();
            let errors = errors.filter(|problem| problem.severity == Severity::Error);
            errors
                .map(|problem| problem.message.to_string())
                .collect::<Vec<_>>()
        };
        let mut session = Session::new();
        for scenario in scenarios().filter(|one| one.machines.len() < 50) {
            session.update(Action::LoadScenario(scenario.id.into()));
            let before = errors(&mut session);
            session.update(Action::Apply);
            for _ in 0..50 {
                session.update(Action::Tick {
                    elapsed: Duration::from_millis(100),
                    step_budget: 1_000_000,
                });
            }
            assert_eq!(errors(&mut session), before, "{}", scenario.id);
        }
    }

    /// Every scenario says what it is, every `# node:` line is understood, and those that are not meant
    /// to be broken are not.
    #[test]
    fn every_scenario_is_sound() {
        for scenario in scenarios() {
            let id = scenario.id;
            assert!(
                !scenario.title.is_empty() && !scenario.about.is_empty(),
                "{id}"
            );
            let node_lines = scenario
                .text
                .lines()
                .filter(|line| line.starts_with("# node: "))
                .count();
            let many = scenario.text.contains("# nodes: ");
            assert_eq!(scenario.machines.len() > node_lines, many, "{id}");
            if !BROKEN.contains(&id) {
                let read = manifest::read(scenario.text);
                assert!(read.is_valid(), "{id}: {:?}", read.diagnostics);
            }
        }
    }

    #[test]
    fn the_menu_knows_which_is_loaded() {
        let first = scenarios().next().unwrap();
        let menu = gallery(first.id);
        assert_eq!(*menu.current, *first.title);
        assert!(menu.groups[0].entries[0].is_current);
        assert_eq!(gallery("no-such").current.as_ref(), "Untitled");
    }
}
