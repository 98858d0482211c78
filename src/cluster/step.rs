//! Steps: what an actor decided or did, in words, with its cause. "Why?" is a walk over these.

use std::rc::Rc;

use crate::api::ObjectKey;

/// One decision or deed, as the trace keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Who.
    pub actor: Actor,
    /// The object that it is about.
    pub about: Option<ObjectKey>,
    /// The container that it is about, if it is about one of a pod's.
    pub container: Option<Rc<str>>,
    /// Stable kebab-case code, for icons, filters and tests: `probe-failed`, `back-off` …
    pub code: &'static str,
    /// One plain sentence. Parts between `**` are the heart of it.
    pub text: String,
    /// The fields that the decision read.
    pub reads: Vec<FieldRead>,
}

/// A field of an object that a decision read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldRead {
    /// The object.
    pub object: ObjectKey,
    /// The path inside it: `spec.containers[0].livenessProbe.failureThreshold`.
    pub path: String,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The person at the keyboard.
    User,
    /// kube-apiserver.
    ApiServer,
    /// kube-scheduler.
    Scheduler,
    /// A controller of kube-controller-manager, by its event source name: `deployment-controller`.
    Controller(&'static str),
    /// The kubelet of a node.
    Kubelet(Rc<str>),
    /// A probe of the kubelet on a node.
    Probe(Rc<str>),
    /// A process in a container on a node.
    Container(Rc<str>),
    /// The image registry.
    Registry,
    /// A fault that was injected.
    Fault,
}

impl Step {
    /// A step about an object.
    #[must_use]
    pub fn new(
        actor: Actor,
        about: ObjectKey,
        code: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self {
            actor,
            about: Some(about),
            container: None,
            code,
            text: text.into(),
            reads: Vec::new(),
        }
    }

    /// Names the container that the step is about.
    #[must_use]
    pub fn of_container(mut self, name: &str) -> Self {
        self.container = Some(name.into());
        self
    }

    /// Adds a field that the decision read, of the object that the step is about.
    #[must_use]
    pub fn reading(mut self, path: impl Into<String>) -> Self {
        if let Some(about) = &self.about {
            self.reads.push(FieldRead {
                object: about.clone(),
                path: path.into(),
            });
        }
        self
    }

    /// Adds a field of another object that the decision read.
    #[must_use]
    pub fn reading_of(mut self, object: ObjectKey, path: impl Into<String>) -> Self {
        self.reads.push(FieldRead {
            object,
            path: path.into(),
        });
        self
    }
}
