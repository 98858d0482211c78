//! What a user may break, and how it heals.

use std::rc::Rc;

use crate::api::{Kind, ObjectKey};

use super::{Actor, Step};

/// Something breaks, or heals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The kubelet of a node stops; its containers go on.
    KubeletStop(Rc<str>),
    /// The kubelet of a node starts again.
    KubeletStart(Rc<str>),
    /// A machine loses power: kubelet and containers are gone at once.
    MachineStop(Rc<str>),
    /// The machine boots.
    MachineStart(Rc<str>),
    /// The machine is shut down in good order: its kubelet ends the pods first.
    MachineShutdown(Rc<str>),
    /// A container's process is killed with SIGKILL, as if by hand on the node.
    KillContainer {
        /// The pod.
        pod: ObjectKey,
        /// The container.
        container: Rc<str>,
    },
    /// Every probe of one type of a container answers as told, until `outcome` is `None` again.
    Probe {
        /// The pod.
        pod: ObjectKey,
        /// The container.
        container: Rc<str>,
        /// `liveness`, `readiness` or `startup`.
        probe: ProbeType,
        /// `Some(false)` fails, `Some(true)` passes, `None` asks the process again.
        outcome: Option<bool>,
    },
    /// The image registry cannot be reached (`true`), or can again.
    RegistryDown(bool),
}

/// The three probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are Kubernetes' own")]
pub enum ProbeType {
    Startup,
    Liveness,
    Readiness,
}

impl Fault {
    /// The node that the fault is for, if it is for one by name.
    #[must_use]
    pub fn node(&self) -> Option<&Rc<str>> {
        match self {
            Self::KubeletStop(node)
            | Self::KubeletStart(node)
            | Self::MachineStop(node)
            | Self::MachineStart(node)
            | Self::MachineShutdown(node) => Some(node),
            Self::KillContainer { .. } | Self::Probe { .. } | Self::RegistryDown(_) => None,
        }
    }

    /// The pod that the fault is for, if it is for one.
    #[must_use]
    pub const fn pod(&self) -> Option<&ObjectKey> {
        match self {
            Self::KillContainer { pod, .. } | Self::Probe { pod, .. } => Some(pod),
            _ => None,
        }
    }

    /// The step that records the fault.
    pub(super) fn to_step(&self) -> Step {
        let about = self
            .pod()
            .cloned()
            .or_else(|| Some(ObjectKey::new(Kind::Node, "", self.node()?)));
        let text = match self {
            Self::KubeletStop(node) => format!("The kubelet of {node} stops"),
            Self::KubeletStart(node) => format!("The kubelet of {node} starts again"),
            Self::MachineStop(node) => format!("{node} loses power"),
            Self::MachineStart(node) => format!("{node} boots"),
            Self::MachineShutdown(node) => format!("{node} is told to shut down"),
            Self::KillContainer { container, .. } => {
                format!("The process of {container} is killed (SIGKILL)")
            }
            Self::Probe {
                container,
                probe,
                outcome,
                ..
            } => match outcome {
                Some(true) => format!("Every {probe:?} probe of {container} passes from now on"),
                Some(false) => format!("Every {probe:?} probe of {container} fails from now on"),
                None => format!("{probe:?} probes of {container} ask the process again"),
            },
            Self::RegistryDown(true) => "The image registry cannot be reached".to_owned(),
            Self::RegistryDown(false) => "The image registry can be reached again".to_owned(),
        };
        Step {
            actor: Actor::Fault,
            about,
            container: None,
            code: "fault",
            text,
            reads: Vec::new(),
        }
    }
}
