//! The five steps of a pod's creation on its node.

use crate::api::Pod;
use crate::cluster::kubelet::inspect::{
    ContainerKind, ContainerRuntime, CreationKind, CreationStep, InstanceState, PodRuntime,
    StepProgress,
};
use crate::kernel::SimTime;
use crate::session::scene::Scene;
use crate::session::time;
use crate::session::view::RichText;
use crate::session::view::stage::{Creation, StepState};

/// The steps in the order of [`Creation::steps`].
const KINDS: [CreationKind; 5] = [
    CreationKind::Volumes,
    CreationKind::Sandbox,
    CreationKind::Image,
    CreationKind::Create,
    CreationKind::PostStart,
];

/// How far a pod has come, and what is happening.
#[must_use]
pub fn creation(scene: &Scene, pod: &Pod, runtime: Option<&PodRuntime>) -> Creation {
    let Some(runtime) = runtime else {
        return Creation {
            steps: [StepState::Todo; 5],
            note: RichText::plain("Its kubelet has not seen it yet"),
        };
    };
    let now = scene.now();
    let container = container_in_work(runtime);
    let name = container.map(|container| container.name.as_ref());
    let steps = KINDS.map(|kind| {
        let step = find(runtime, kind, name);
        step.map_or(StepState::Todo, |step| state(step, now))
    });
    Creation {
        steps,
        note: note(scene, pod, runtime, container),
    }
}

/// How far the step that is under way is, if its end is known.
#[must_use]
pub fn percent(creation: &Creation) -> Option<u8> {
    creation.steps.iter().find_map(|step| match step {
        StepState::Active { percent } => Some(*percent),
        _ => None,
    })
}

/// The container that the kubelet works on: the first that does not run and is not done.
fn container_in_work(runtime: &PodRuntime) -> Option<&ContainerRuntime> {
    let mut containers = runtime.containers.iter();
    let unfinished = containers.find(|container| match (&container.state, container.kind) {
        (InstanceState::Running { .. }, ContainerKind::Sidecar) => container.hook.is_some(),
        (InstanceState::Exited { exit_code, .. }, ContainerKind::Init) => *exit_code != 0,
        _ => true,
    });
    unfinished.or(runtime.containers.last())
}

fn find<'a>(
    runtime: &'a PodRuntime,
    kind: CreationKind,
    container: Option<&str>,
) -> Option<&'a CreationStep> {
    runtime.creation.iter().find(|step| {
        step.kind == kind && (step.container.is_none() || step.container.as_deref() == container)
    })
}

fn state(step: &CreationStep, now: SimTime) -> StepState {
    match &step.state {
        StepProgress::Pending => StepState::Todo,
        StepProgress::Active { since, until } => StepState::Active {
            percent: until.map_or(0, |until| {
                time::percent(now.since(*since), until.since(*since))
            }),
        },
        StepProgress::Done { .. } => StepState::Done,
        StepProgress::Failed { .. } => StepState::Failed,
    }
}

fn note(
    scene: &Scene,
    pod: &Pod,
    runtime: &PodRuntime,
    container: Option<&ContainerRuntime>,
) -> RichText {
    let name = container.map_or("", |container| container.name.as_ref());
    let of_container = |kind| find(runtime, kind, Some(name));
    for kind in KINDS {
        let Some(step) = of_container(kind) else {
            continue;
        };
        match &step.state {
            StepProgress::Failed { why } => return failed(scene, pod, runtime, kind, name, why),
            StepProgress::Active { until, .. } => {
                let mut text = RichText::default().strong(doing(runtime, kind, name));
                if let Some(until) = until.filter(|until| *until > scene.now()) {
                    text = text.text(format!(", {} left", time::words(until.since(scene.now()))));
                }
                return text;
            }
            StepProgress::Pending | StepProgress::Done { .. } => {}
        }
    }
    match container {
        Some(container)
            if container.kind == ContainerKind::Init
                && matches!(container.state, InstanceState::Running { .. }) =>
        {
            let (at, of) = position(runtime, name);
            RichText::default()
                .strong(format!("Init container {name} runs"))
                .text(format!(", {at} of {of}; the others wait for its end"))
                .link(scene.link(pod, format!("spec.initContainers[{}]", at - 1)))
        }
        _ => RichText::default(),
    }
}

fn doing(runtime: &PodRuntime, kind: CreationKind, container: &str) -> String {
    match kind {
        CreationKind::Volumes => "Mounts the volumes".to_owned(),
        CreationKind::Sandbox => "Sets up the sandbox and its network".to_owned(),
        CreationKind::Image => {
            let is_init = runtime
                .containers
                .iter()
                .any(|other| other.name.as_ref() == container && is_init(other));
            if is_init {
                let (at, of) = position(runtime, container);
                format!("Pulls init image {at} of {of}")
            } else {
                format!("Pulls the image of {container}")
            }
        }
        CreationKind::Create => format!("Creates and starts {container}"),
        CreationKind::PostStart => format!("Runs the postStart hook of {container}"),
    }
}

fn is_init(container: &ContainerRuntime) -> bool {
    matches!(container.kind, ContainerKind::Init | ContainerKind::Sidecar)
}

/// The place of an init container among those of its pod, from 1, and their number.
fn position(runtime: &PodRuntime, name: &str) -> (usize, usize) {
    let init = || {
        runtime
            .containers
            .iter()
            .filter(|container| is_init(container))
    };
    let place = init().position(|container| container.name.as_ref() == name);
    (place.map_or(1, |place| place + 1), init().count())
}

fn failed(
    scene: &Scene,
    pod: &Pod,
    runtime: &PodRuntime,
    kind: CreationKind,
    container: &str,
    why: &str,
) -> RichText {
    let mut text = RichText::default().strong(why);
    let again = super::deadline(runtime, scene.now())
        .map(|deadline| deadline.at)
        .or(runtime.next_sync)
        .filter(|again| *again > scene.now());
    if let Some(again) = again {
        text = text.text(format!(
            ", tries again in {}",
            time::words(again.since(scene.now()))
        ));
    }
    let path = match kind {
        CreationKind::Volumes => Some("spec.volumes".to_owned()),
        CreationKind::Sandbox => None,
        CreationKind::Image => container_path(pod, container).map(|path| format!("{path}.image")),
        CreationKind::Create => container_path(pod, container),
        CreationKind::PostStart => {
            container_path(pod, container).map(|path| format!("{path}.lifecycle.postStart"))
        }
    };
    text.link(path.and_then(|path| scene.link(pod, path)))
}

/// `spec.containers[0]` of a container by its name.
fn container_path(pod: &Pod, name: &str) -> Option<String> {
    let init = pod.spec.init_containers.iter().flatten();
    if let Some(index) = init
        .into_iter()
        .position(|container| container.name == name)
    {
        return Some(format!("spec.initContainers[{index}]"));
    }
    let index = pod
        .spec
        .containers
        .iter()
        .position(|container| container.name == name)?;
    Some(format!("spec.containers[{index}]"))
}
