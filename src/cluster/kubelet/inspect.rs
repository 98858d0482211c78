//! What one may see inside a kubelet: plain data about a pod's life on its node, for screens and
//! command lines. Nothing here can change the simulation.

use std::rc::Rc;
use std::time::Duration;

use crate::cluster::fault::ProbeType;
use crate::kernel::SimTime;

/// A pod as its node knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodRuntime {
    /// The pod's uid.
    pub uid: Rc<str>,
    /// Whether the kubelet sets the pod up, stops it, or is done with it.
    pub work: WorkState,
    /// The steps until the app containers run: volumes, sandbox and network, then for each container
    /// image, create, postStart.
    pub creation: Vec<CreationStep>,
    /// Init containers, sidecars, app containers and ephemeral ones, in the order of the spec.
    pub containers: Vec<ContainerRuntime>,
    /// The grace period, once the pod is being stopped.
    pub grace: Option<GraceRuntime>,
    /// The address of the sandbox.
    pub ip: Option<Rc<str>>,
    /// When the kubelet looks at the pod again if nothing happens before.
    pub next_sync: Option<SimTime>,
}

/// What the pod worker is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkState {
    /// Sets the pod up and keeps it running.
    #[default]
    Syncing,
    /// Stops its containers.
    Terminating,
    /// All containers are stopped; cleans up.
    Terminated,
    /// Nothing is left to do.
    Finished,
}

/// One step of the creation of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationStep {
    /// Which.
    pub kind: CreationKind,
    /// The container that it is for; `None` for volumes and sandbox.
    pub container: Option<Rc<str>>,
    /// How far it is.
    pub state: StepProgress,
}

/// The steps of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CreationKind {
    Volumes,
    Sandbox,
    Image,
    Create,
    PostStart,
}

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StepProgress {
    /// Not begun.
    #[default]
    Pending,
    /// Under way.
    Active {
        /// Since when.
        since: SimTime,
        /// When it will be over, as far as the simulation knows.
        until: Option<SimTime>,
    },
    /// Over.
    Done {
        /// Since when.
        at: SimTime,
    },
    /// Failed; it will be tried again.
    Failed {
        /// In the kubelet's words.
        why: Rc<str>,
    },
}

/// Which list of the spec a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    /// Runs to its end before the app containers start.
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
    /// An app container.
    App,
    /// Has joined the running pod; it is not waited for and never starts again.
    Ephemeral,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRuntime {
    /// Its name.
    pub name: Rc<str>,
    /// Its kind.
    pub kind: ContainerKind,
    /// What the runtime knows of the newest instance.
    pub state: InstanceState,
    /// How often it was started again.
    pub restarts: u32,
    /// The last or running back-off.
    pub back_off: Option<BackOffRuntime>,
    /// Its probes: startup, liveness, readiness, as far as there are any.
    pub probes: Vec<ProbeRuntime>,
    /// The hook that runs now.
    pub hook: Option<HookRuntime>,
    /// How it is being stopped, if it is.
    pub stop: Option<StopRuntime>,
    /// Memory of its processes, in bytes.
    pub memory_bytes: u64,
}

/// The state of a container's newest instance in the runtime: the truth, ahead of the API object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InstanceState {
    /// There was none yet.
    #[default]
    None,
    /// Created, not started.
    Created,
    /// Its process runs.
    Running {
        /// Since when.
        since: SimTime,
    },
    /// Its process has ended.
    Exited {
        /// When.
        at: SimTime,
        /// With which code.
        exit_code: i32,
        /// `Completed`, `Error`, `OOMKilled` …
        reason: Rc<str>,
    },
}

/// The back-off between restarts of a container, or between pulls of its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOffRuntime {
    /// What is held back.
    pub of: BackOffOf,
    /// It counts from here: the end of the last instance, or the last failed pull.
    pub since: SimTime,
    /// From here on the kubelet may try again; it does at its next sync.
    pub until: SimTime,
    /// Its length.
    pub length: Duration,
    /// The length of the next one.
    pub next_length: Duration,
}

/// What a back-off holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BackOffOf {
    Restart,
    ImagePull,
}

/// A probe of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRuntime {
    /// Which.
    pub probe: ProbeType,
    /// The last results, oldest first, at most [`PROBE_HISTORY`].
    pub results: Vec<ProbeResult>,
    /// How many results there were in all for this container.
    pub count: u64,
    /// Consecutive failures.
    pub failures: u32,
    /// Consecutive successes.
    pub successes: u32,
    /// `failureThreshold`.
    pub failure_threshold: u32,
    /// `successThreshold`.
    pub success_threshold: u32,
    /// The worker's next tick; it may find that it has nothing to ask yet.
    pub next_at: Option<SimTime>,
    /// Set by a fault: what it answers whatever the process says.
    pub forced: Option<bool>,
}

/// How many results of a probe are kept.
pub const PROBE_HISTORY: usize = 8;

/// One result of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// When it was known.
    pub at: SimTime,
    /// Whether it passed.
    pub ok: bool,
    /// What it said: `HTTP probe failed with statuscode: 500`.
    pub message: Rc<str>,
}

/// A lifecycle hook under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookRuntime {
    /// `true` for preStop, `false` for postStart.
    pub is_pre_stop: bool,
    /// Since when.
    pub since: SimTime,
    /// When it will end, as far as known (`sleep`).
    pub until: Option<SimTime>,
}

/// A container that is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopRuntime {
    /// Since when; the grace period runs from here.
    pub since: SimTime,
    /// When its preStop hook ended.
    pub pre_stop_done_at: Option<SimTime>,
    /// When it got the stop signal; `None` before.
    pub sigterm_at: Option<SimTime>,
    /// When it gets or got SIGKILL if it does not end before.
    pub sigkill_at: Option<SimTime>,
}

/// The grace period of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraceRuntime {
    /// When the kubelet began to stop the pod.
    pub started: SimTime,
    /// Its length.
    pub length: Duration,
}

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// Whether to standard error.
    pub is_stderr: bool,
    /// The line without its line feed.
    pub text: Rc<str>,
}

/// A command that a user runs in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// What it wrote to standard output.
    pub stdout: String,
    /// … and to standard error.
    pub stderr: String,
    /// Its exit code, once it has ended.
    pub code: Option<i32>,
    /// Whether it could not be started; then standard error holds the runtime's words.
    pub refused: bool,
}

impl Session {
    /// Adds what the command wrote.
    pub(super) fn write(&mut self, is_stderr: bool, text: &str) {
        match is_stderr {
            true => self.stderr.push_str(text),
            false => self.stdout.push_str(text),
        }
    }
}

/// A file inside a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// Its path.
    pub path: Rc<str>,
    /// Its text.
    pub text: Rc<str>,
}
