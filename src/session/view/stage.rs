//! The Stage: five lanes, and pods as cells that move down them.

use std::rc::Rc;

use super::common::{Link, ObjectKey, RichText, State, Text};
use super::crowd::Group;

/// The life-cycle mode of the middle panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Always all five, in the order of [`LaneKind`].
    pub lanes: Vec<Rc<Lane>>,
    /// `10 pods, 3 nodes`.
    pub summary: Text,
    /// The selected pod, if it is on the stage.
    pub selected: Option<ObjectKey>,
    /// The number of its glyph.
    pub selected_number: Option<u64>,
}

/// Which part of its life a pod is in. Not the phase: Pending and Creating are phase Pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaneKind {
    /// Not bound to a node.
    Pending,
    /// Bound; no app container has started yet.
    Creating,
    /// Some app container has started.
    Running,
    /// Deletion asked.
    Terminating,
    /// Succeeded or Failed.
    Done,
}

/// How much is shown of each pod of a lane, most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Few pods and much room.
    #[default]
    Large,
    /// The full cell.
    Full,
    /// Dial, name, status.
    Compact,
    /// Mark, name, one word.
    Pill,
    /// Shape and colour.
    Glyph,
}

/// One lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Which.
    pub kind: LaneKind,
    /// How much to show of each pod.
    pub detail: Detail,
    /// In order of creation within each zone; the order must not change while pods stay in the lane. Empty where
    /// pods are glyphs.
    pub cells: Vec<Rc<PodCell>>,
    /// The pods as glyphs, where there are too many for cells: one group, or one per zone (not ready, ready).
    pub groups: Vec<Rc<Group>>,
    /// Pods that were deleted a short while ago (only in Done).
    pub ghosts: Vec<Ghost>,
}

impl Lane {
    /// How many pods are in it.
    #[must_use]
    pub fn count(&self) -> usize {
        let glyphs: usize = self.groups.iter().map(|group| group.glyphs.len()).sum();
        self.cells.len() + glyphs
    }
}

/// A pod that is gone, kept for a while so that one sees where it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// The pod that was.
    pub key: ObjectKey,
    /// Its name as on the cell.
    pub name: Text,
    /// `deleted 18 s ago`.
    pub text: Text,
}

/// A pod on the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodCell {
    /// The pod.
    pub key: ObjectKey,
    /// The part of the name that it shares with its siblings: `mybatis-`. May be empty.
    pub name_prefix: Text,
    /// The part that is its own: `x7k2p`. Never empty, never cut off.
    pub name_suffix: Text,
    /// Colour, shape and pattern.
    pub state: State,
    /// The STATUS column of `kubectl get pods`, to the word.
    pub status: Text,
    /// The READY column: `0/1`.
    pub ready: Text,
    /// Whether it receives Service traffic: the right zone of the Running lane.
    pub is_ready: bool,
    /// What the dial shows.
    pub dial: Dial,
    /// Init containers, sidecars and app containers, in the order of the spec.
    pub segments: Vec<Segment>,
    /// The last results of each probe of the first container that has any.
    pub pips: Vec<ProbePips>,
    /// The sum over its containers, as kubectl counts.
    pub restarts: u32,
    /// The node's name, empty while it has none.
    pub node: Text,
    /// The QoS class.
    pub qos: Qos,
    /// Why it is so, in words; for Pending pods the scheduler's own message comes first.
    pub sentence: RichText,
    /// What has been done and is to be done on the node; only in the Creating lane.
    pub creation: Option<Creation>,
    /// The grace period as it runs; only in the Terminating lane.
    pub grace: Option<Grace>,
    /// The whole cell in one sentence, for screen readers: full name, STATUS, ready, restarts, node, countdown.
    pub label: Text,
}

/// What the dial of a cell shows: a running deadline wins over readiness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dial {
    /// One arc per app container and sidecar, in order; true = ready.
    Readiness(Vec<bool>),
    /// A deadline the simulation holds.
    Countdown(Countdown),
    /// Progress of the current step while creating, 0 – 100.
    Progress {
        /// How far.
        percent: u8,
    },
    /// Time spent so far where nothing is known of the end (an unschedulable pod).
    Waited {
        /// `1m42`.
        text: Text,
    },
}

/// A deadline that the simulation holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// What happens then.
    pub kind: CountdownKind,
    /// In words: `restarts in 51 s`.
    pub label: Text,
    /// What stands in the dial: `51`, `1m20`. At most 4 characters.
    pub remaining_text: Text,
    /// The unit after it, smaller: `s`, or empty.
    pub unit: Text,
    /// How much is left, 0 – 100.
    pub percent_left: u8,
}

/// What a countdown counts down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountdownKind {
    /// The next start of a container in CrashLoopBackOff.
    Restart,
    /// The next image pull.
    ImagePull,
    /// SIGKILL at the end of the grace period.
    Kill,
    /// Eviction when `tolerationSeconds` are over.
    Eviction,
}

/// One container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The container's name.
    pub name: Text,
    /// Which list it stands in.
    pub kind: SegmentKind,
    /// How it is.
    pub state: State,
}

/// Which kind of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Runs to its end before the app containers.
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
    /// An app container.
    App,
}

impl SegmentKind {
    /// The value of `data-kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Sidecar => "sidecar",
            Self::App => "app",
        }
    }
}

/// Which of the three probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// `startupProbe`.
    Startup,
    /// `livenessProbe`.
    Liveness,
    /// `readinessProbe`.
    Readiness,
}

impl ProbeKind {
    /// `Startup`, `Liveness`, `Readiness`; the pips show the first letter.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }
}

/// The last results of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePips {
    /// Which probe.
    pub probe: ProbeKind,
    /// The last results, oldest first, at most `threshold` of them; true = passed.
    pub results: Vec<bool>,
    /// `failureThreshold`: how many places to show, at most 8.
    pub threshold: u8,
    /// Consecutive failures so far.
    pub failures: u32,
    /// Counts the results of this container: when it rises, the last pip pulses.
    pub serial: u64,
}

/// The QoS class of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// Requests equal limits for every container.
    Guaranteed,
    /// Something requested.
    Burstable,
    /// Nothing requested.
    BestEffort,
}

impl Qos {
    /// As the API writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// How far a pod has come on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// Volumes, sandbox and network, image pull, create, postStart; of the container that is on now.
    pub steps: [StepState; 5],
    /// What is happening: `Pulls image 1 of 2, 133 of 214 MB, 9 s left`.
    pub note: RichText,
}

/// The names of the creation steps, in the order of [`Creation::steps`].
pub const CREATION_STEPS: [&str; 5] = [
    "volumes",
    "sandbox, net",
    "pull image",
    "create",
    "postStart",
];

/// One creation step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    Todo,
    /// Under way, 0 – 100.
    Active {
        /// How far.
        percent: u8,
    },
    /// Over.
    Done,
    /// Fails and will be tried again.
    Failed,
}

/// The grace period of a pod that is being deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grace {
    /// `preStop`, `SIGTERM`, `SIGKILL` at their places.
    pub marks: Vec<GraceMark>,
    /// How much of the period is over, 0 – 100.
    pub percent: u8,
    /// `17.6 s of 30 s used`.
    pub used: Text,
    /// `SIGKILL in 12.4 s`, or what else comes next.
    pub next: Text,
    /// Where the period's length was set, if it was.
    pub link: Option<Link>,
}

/// A mark over the grace bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraceMark {
    /// `preStop sleep 20`, `SIGTERM`, `SIGKILL`.
    pub label: Text,
    /// Its place, 0 – 100.
    pub percent: u8,
}
