//! The Inspector: all about the one object that is selected.

use super::common::{ObjectKey, RichText, State, Text};
use super::scheduling::Scheduling;
use super::stage::Countdown;

/// The right panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspector {
    /// Nothing is selected: the cluster in a few lines.
    Overview(Overview),
    /// An object.
    Object(Box<Details>),
}

impl Default for Inspector {
    fn default() -> Self {
        Self::Overview(Overview::default())
    }
}

/// What is there to be selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Deployments, ReplicaSets, Services, Nodes …, each a row like kubectl's.
    pub rows: Vec<OverviewRow>,
}

/// One object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewRow {
    /// The object.
    pub key: ObjectKey,
    /// How it does.
    pub state: State,
    /// `2/2 ready`, `ClusterIP 10.96.0.12`.
    pub text: Text,
}

/// All about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The object.
    pub key: ObjectKey,
    /// Its owners, outermost first, and itself.
    pub crumbs: Vec<Crumb>,
    /// Colour and glyph of the head.
    pub state: State,
    /// The big word: a pod's STATUS, a Deployment's `2/2 ready`, a node's status.
    pub status: Text,
    /// Whether it is there at this moment.
    pub presence: Presence,
    /// Phase, ready, restarts, age; at most four.
    pub facts: Vec<Fact>,
    /// A deadline that runs.
    pub countdown: Option<Countdown>,
    /// Where the deadline's length comes from: `back-off 1m20s`.
    pub countdown_note: Text,
    /// Its conditions in the API's order.
    pub conditions: Vec<Condition>,
    /// A pod's containers.
    pub containers: Vec<Container>,
    /// Which tabs there are, in order.
    pub tabs: Vec<Tab>,
    /// What the open tab shows; only that one is built.
    pub body: Body,
    /// What one may do with it.
    pub can_delete: bool,
}

/// Whether an object is there at the moment shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is to come, or nobody has asked for it.
    NotYet,
    /// It exists.
    There,
    /// It has been deleted; its story stays readable.
    Gone,
}

/// A link upwards in the ownership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// `Deployment`.
    pub kind: Text,
    /// The object, if it still exists.
    pub key: Option<ObjectKey>,
}

/// A labelled value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// `Restarts`.
    pub name: Text,
    /// `4`.
    pub value: Text,
    /// `28s ago`, or empty.
    pub note: Text,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `ContainersReady`.
    pub name: Text,
    /// `True`, `False`, `Unknown`.
    pub status: Text,
    /// Whether this is how it should be.
    pub verdict: Verdict,
    /// Reason and message, or empty.
    pub detail: Text,
}

/// What to think of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Not yet.
    Later,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: Text,
    /// Pattern and colour.
    pub state: State,
    /// `Running`, `Waiting`, `Terminated`.
    pub word: Text,
    /// `last: Terminated, exit 143, ran 22 s`.
    pub detail: Text,
    /// Its probes: `liveness: 2 of 3 failures, next in 4 s`.
    pub probes: Vec<Text>,
}

/// A tab of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tab {
    /// Why it is as it is, newest first.
    #[default]
    Story,
    /// Why it is on its node, or on none.
    Node,
    /// `kubectl describe`.
    Describe,
    /// `kubectl get -o yaml`.
    Yaml,
    /// Its Events.
    Events,
    /// What its containers wrote.
    Logs,
    /// Files that the kubelet made for it.
    Files,
}

impl Tab {
    /// The word on the tab.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Story => "Story",
            Self::Node => "Node",
            Self::Describe => "Describe",
            Self::Yaml => "YAML",
            Self::Events => "Events",
            Self::Logs => "Logs",
            Self::Files => "Files",
        }
    }
}

/// What the open tab shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// [`Tab::Story`].
    Story(Story),
    /// [`Tab::Node`].
    Node(Scheduling),
    /// [`Tab::Describe`].
    Describe(Text),
    /// [`Tab::Yaml`].
    Yaml(Text),
    /// [`Tab::Events`].
    Events(Vec<EventRow>),
    /// [`Tab::Logs`]: one entry per container.
    Logs(Vec<FileText>),
    /// [`Tab::Files`]: `/etc/hosts`, `/etc/resolv.conf`, mounted ConfigMaps.
    Files(Vec<FileText>),
}

impl Body {
    /// The tab it belongs to.
    #[must_use]
    pub const fn tab(&self) -> Tab {
        match self {
            Self::Story(_) => Tab::Story,
            Self::Node(_) => Tab::Node,
            Self::Describe(_) => Tab::Describe,
            Self::Yaml(_) => Tab::Yaml,
            Self::Events(_) => Tab::Events,
            Self::Logs(_) => Tab::Logs,
            Self::Files(_) => Tab::Files,
        }
    }
}

/// The chain of causes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// `Why CrashLoopBackOff?`
    pub question: Text,
    /// Newest first.
    pub steps: Vec<StoryStep>,
    /// What is certain to come if nothing changes.
    pub forecast: Vec<Forecast>,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryStep {
    /// Who did it.
    pub actor: Actor,
    /// In words: `kubelet, node-2`.
    pub actor_text: Text,
    /// When: `3:14.0`.
    pub time: Text,
    /// What and why.
    pub text: RichText,
}

/// Who acts; each has a glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The person at the screen.
    You,
    /// The API server.
    ApiServer,
    /// The scheduler.
    Scheduler,
    /// Any controller.
    Controller,
    /// A kubelet.
    Kubelet,
    /// A process in a container.
    Container,
    /// A probe.
    Probe,
}

/// Something certain to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// `4:34`.
    pub time: Text,
    /// `restart 5`.
    pub text: Text,
}

/// One Event, as `kubectl describe` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// True for `Warning`.
    pub is_warning: bool,
    /// `Unhealthy`.
    pub reason: Text,
    /// `3s (x2 over 8s)`.
    pub age: Text,
    /// `kubelet`.
    pub from: Text,
    /// The message.
    pub message: Text,
}

/// A named text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// `/etc/hosts`, or a container's name.
    pub name: Text,
    /// Its content.
    pub text: Text,
}
