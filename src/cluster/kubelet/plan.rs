//! What a kubelet reads from a pod's spec once: its containers in order, and the rules that hold for them.

use std::rc::Rc;

use crate::api::core::{Container, ContainerRestartRule, PodSpec, Probe};
use crate::api::{Pod, Quantity, ephemeral};
use crate::cluster::fault::ProbeType;
use crate::cluster::process::ImageName;

use super::inspect::ContainerKind;

/// A place in the list of a pod's containers: init containers first, then app containers, then ephemeral ones.
pub(super) type Slot = usize;

/// The containers of a pod.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Init containers (sidecars among them), app containers, ephemeral containers.
    pub containers: Vec<ContainerPlan>,
    /// How many of them are init containers.
    pub init_count: usize,
    /// How many of them are app containers.
    app_count: usize,
    /// The ephemeral containers.
    ephemeral: Vec<Container>,
    /// Whether it has a sidecar: then the containers are stopped in order.
    pub has_sidecars: bool,
    /// Whether a container has a rule that restarts all of them.
    pub may_restart_all: bool,
    /// `hostNetwork`.
    pub host_network: bool,
    /// The volumes that are folders of the machine.
    pub host_folders: Vec<HostFolder>,
    /// The volumes that begin empty.
    pub empty_dirs: Vec<EmptyDir>,
}

/// A `hostPath` volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostFolder {
    /// The volume's name.
    pub name: Rc<str>,
    /// The folder of the machine.
    pub path: Rc<str>,
}

/// An `emptyDir` volume.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EmptyDir {
    /// The volume's name.
    pub name: Rc<str>,
    /// Position in the list of volumes.
    pub index: usize,
    /// Whether it takes of the disk, not of the memory.
    pub on_disk: bool,
    /// `sizeLimit`.
    pub limit: Option<Quantity>,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContainerPlan {
    /// Its name.
    pub name: Rc<str>,
    /// Its kind.
    pub kind: ContainerKind,
    /// Position in its list of the spec.
    pub index: usize,
    /// `spec.containers[0]`: the path of the container in the pod.
    pub path: Rc<str>,
    /// `spec.containers{main}`: how events name the container.
    pub field_path: Rc<str>,
    /// Its image; why there can be none if the name is wrong.
    pub image: Result<Rc<Image>, String>,
}

/// What is the same for every instance of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// Its name.
    pub name: ImageName,
    /// The name in full form.
    pub text: Rc<str>,
    /// The name with the digest.
    pub id: Rc<str>,
}

impl Plan {
    /// Reads a pod's spec.
    pub fn new(spec: &PodSpec) -> Self {
        let init = spec.init_containers.iter().flatten().enumerate();
        let init = init.map(|(index, container)| {
            let kind = if container.restart_policy.as_deref() == Some("Always") {
                ContainerKind::Sidecar
            } else {
                ContainerKind::Init
            };
            ContainerPlan::new(&container.name, container.image.as_deref(), kind, index)
        });
        let app = spec.containers.iter().enumerate();
        let app = app.map(|(index, container)| {
            let image = container.image.as_deref();
            ContainerPlan::new(&container.name, image, ContainerKind::App, index)
        });
        let joining = spec.ephemeral_containers.iter().flatten().enumerate();
        let joining = joining.map(|(index, container)| {
            let image = container.image.as_deref();
            ContainerPlan::new(&container.name, image, ContainerKind::Ephemeral, index)
        });
        let containers: Vec<ContainerPlan> = init.chain(app).chain(joining).collect();
        let ephemeral = spec.ephemeral_containers.iter().flatten();
        let ephemeral: Vec<Container> = ephemeral.map(ephemeral::as_container).collect();
        let app_count = spec.containers.len();
        Self {
            init_count: containers.len() - app_count - ephemeral.len(),
            app_count,
            ephemeral,
            has_sidecars: containers
                .iter()
                .any(|one| one.kind == ContainerKind::Sidecar),
            may_restart_all: {
                let init = spec.init_containers.iter().flatten();
                super::restart_all::is_possible(init.chain(&spec.containers))
            },
            host_network: spec.host_network == Some(true),
            host_folders: host_folders(spec),
            empty_dirs: empty_dirs(spec),
            containers,
        }
    }

    /// The slots of the init containers and sidecars.
    pub fn init_slots(&self) -> std::ops::Range<Slot> {
        0..self.init_count
    }

    /// The slots of the app containers.
    pub fn app_slots(&self) -> std::ops::Range<Slot> {
        self.init_count..self.init_count + self.app_count
    }

    /// The slots of the ephemeral containers.
    pub fn ephemeral_slots(&self) -> std::ops::Range<Slot> {
        self.init_count + self.app_count..self.containers.len()
    }

    /// The slot of the container called `name`.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.containers.iter().position(|one| &*one.name == name)
    }

    /// The slot of the container whose processes an ephemeral container sees.
    pub fn target(&self, pod: &PodSpec, slot: Slot) -> Option<Slot> {
        let container = &self.containers[slot];
        let joined = container.kind == ContainerKind::Ephemeral;
        let list = pod.ephemeral_containers.as_ref().filter(|_| joined)?;
        let name = list
            .get(container.index)?
            .target_container_name
            .as_deref()?;
        self.slot(name)
    }

    /// The container's spec.
    pub fn spec<'a>(&'a self, pod: &'a PodSpec, slot: Slot) -> &'a Container {
        let container = &self.containers[slot];
        match (&pod.init_containers, container.kind) {
            (_, ContainerKind::Ephemeral) => &self.ephemeral[container.index],
            (_, ContainerKind::App) | (None, _) => &pod.containers[container.index],
            (Some(init), _) => &init[container.index],
        }
    }
}

impl ContainerPlan {
    fn new(name: &str, image: Option<&str>, kind: ContainerKind, index: usize) -> Self {
        let list = match kind {
            ContainerKind::App => "spec.containers",
            ContainerKind::Init | ContainerKind::Sidecar => "spec.initContainers",
            ContainerKind::Ephemeral => "spec.ephemeralContainers",
        };
        let image = ImageName::parse(image.unwrap_or_default());
        let image = image.map(|name| Rc::new(Image::new(name)));
        Self {
            path: format!("{list}[{index}]").into(),
            field_path: format!("{list}{{{name}}}").into(),
            name: name.into(),
            kind,
            index,
            image,
        }
    }
}

impl Image {
    /// The image of this name.
    pub fn new(name: ImageName) -> Self {
        Self {
            text: name.to_string().into(),
            id: name.image_id().into(),
            name,
        }
    }
}

fn host_folders(spec: &PodSpec) -> Vec<HostFolder> {
    let volumes = spec.volumes.iter().flatten();
    let folders = volumes.filter_map(|volume| {
        let source = volume.host_path.as_ref()?;
        Some(HostFolder {
            name: volume.name.as_str().into(),
            path: source.path.as_str().into(),
        })
    });
    folders.collect()
}

fn empty_dirs(spec: &PodSpec) -> Vec<EmptyDir> {
    let volumes = spec.volumes.iter().flatten().enumerate();
    let empty = volumes.filter_map(|(index, volume)| {
        let source = volume.empty_dir.as_ref()?;
        Some(EmptyDir {
            name: volume.name.as_str().into(),
            index,
            on_disk: source.medium.as_deref() != Some("Memory"),
            limit: source.size_limit.clone(),
        })
    });
    empty.collect()
}

/// The probe of one type, if the container has it.
pub(super) fn probe_of(container: &Container, probe: ProbeType) -> Option<&Probe> {
    match probe {
        ProbeType::Startup => container.startup_probe.as_ref(),
        ProbeType::Liveness => container.liveness_probe.as_ref(),
        ProbeType::Readiness => container.readiness_probe.as_ref(),
    }
}

/// The name of a probe's field in the container.
pub(super) fn probe_field(probe: ProbeType) -> &'static str {
    match probe {
        ProbeType::Startup => "startupProbe",
        ProbeType::Liveness => "livenessProbe",
        ProbeType::Readiness => "readinessProbe",
    }
}

/// Whether a container that exited with `exit_code` is to be started again: its own rules first, then
/// its own policy, then the pod's.
pub(super) fn should_restart(container: &Container, pod: &PodSpec, exit_code: i32) -> bool {
    let by_policy = |policy: &str| match policy {
        "OnFailure" => exit_code != 0,
        "Never" => false,
        _ => true,
    };
    let Some(own) = container.restart_policy.as_deref() else {
        return by_policy(pod.restart_policy.as_deref().unwrap_or("Always"));
    };
    // Whether the rule is about this container or about all of them, it is started again.
    matching_rule(container, exit_code).is_some() || by_policy(own)
}

/// The first of a container's rules that holds for an exit code, with its place in the list.
pub(super) fn matching_rule(
    container: &Container,
    exit_code: i32,
) -> Option<(usize, &ContainerRestartRule)> {
    let rules = container.restart_policy_rules.iter().flatten();
    rules.enumerate().find(|(_, rule)| {
        rule.exit_codes.as_ref().is_some_and(|codes| {
            let listed = codes.values.iter().flatten().any(|code| *code == exit_code);
            listed == (codes.operator == "In")
        })
    })
}

/// Whether the pod's own policy starts failed containers again.
pub(super) fn restarts_on_failure(pod: &PodSpec) -> bool {
    pod.restart_policy.as_deref() != Some("Never")
}

/// The pod's deletion grace period or, without one, its own.
pub(super) fn grace_seconds(pod: &Pod) -> i64 {
    pod.meta
        .deletion_grace_period_seconds
        .or(pod.spec.termination_grace_period_seconds)
        .unwrap_or(30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(policy: &str, container: serde_json::Value, exit_code: i32, expect: bool) {
        let mut container = container;
        container["name"] = "main".into();
        let spec = json!({"restartPolicy": policy, "containers": [container.clone()]});
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        let restarts = should_restart(&spec.containers[0], &spec, exit_code);
        assert_eq!(restarts, expect, "{policy} {container} exit {exit_code}");
    }

    #[test]
    fn containers_restart_by_their_rules_then_their_policy_then_the_pods() {
        for (policy, after_0, after_1) in [
            ("Always", true, true),
            ("OnFailure", false, true),
            ("Never", false, false),
        ] {
            check(policy, json!({}), 0, after_0);
            check(policy, json!({}), 1, after_1);
        }
        check("Never", json!({"restartPolicy": "OnFailure"}), 1, true);
        check("Always", json!({"restartPolicy": "Never"}), 1, false);
        let on_42 = json!({"restartPolicy": "Never", "restartPolicyRules": [
            {"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]});
        check("Never", on_42.clone(), 42, true);
        check("Never", on_42, 1, false);
    }

    #[test]
    fn init_containers_and_sidecars_come_first() {
        let spec: PodSpec = serde_json::from_value(json!({
            "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
            "containers": [{"name": "a"}],
        }))
        .unwrap();
        let plan = Plan::new(&spec);
        let kinds: Vec<ContainerKind> = plan.containers.iter().map(|one| one.kind).collect();
        assert_eq!(
            kinds,
            [
                ContainerKind::Init,
                ContainerKind::Sidecar,
                ContainerKind::App
            ]
        );
        assert_eq!(&*plan.containers[1].path, "spec.initContainers[1]");
        assert_eq!(&*plan.containers[2].field_path, "spec.containers{a}");
        assert_eq!((plan.slot("a"), plan.slot("x")), (Some(2), None));
        assert_eq!(plan.spec(&spec, 1).name, "s");
    }
}
