//! What runs inside a container: shell scripts, well-known programs and servers as state machines
//! on virtual time. Images are never run.
//!
//! A [`Process`] is a container's pid 1 with all its children, or a command that `exec` puts
//! beside it. It is plain data: it can be cloned at any moment and both copies go on alike. Its
//! owner (the kubelet) drives it:
//!
//! 1. [`Process::start`] (or [`Process::exec`] for probes, hooks and `kubectl exec`) chooses the
//!    program and may fail as the runtime does when the executable is missing;
//! 2. [`Process::next_wake`] says when it wants to go on; [`Process::advance`] lets it, does a
//!    bounded amount of work, and returns [`Effect`]s: output, exit, requests to the network;
//! 3. [`Process::signal`], [`Process::reply`] and [`Process::http`] are what happens to it from
//!    outside; call [`Process::next_wake`] anew after each of them.
//!
//! What a process needs from its container comes in as [`Surroundings`]: the container's
//! [`Files`], the pod's [`Volumes`] and the offset of the wall clock.

use std::rc::Rc;

use crate::kernel::{Rng, SimTime};

pub mod files;
pub mod image;
pub mod network;
pub mod signal;

mod command;
mod machine;
mod server;
mod shell;
mod utilities;

pub use files::{FileError, Files, Mount, VolumeId, Volumes};
pub use image::{ImageName, Pull};
pub use machine::Process;
pub use network::{
    GrpcHealth, HttpAnswer, HttpOutcome, HttpRequest, HttpResponse, NetworkReply, NetworkRequest,
    RequestId, RequestKind,
};
pub use signal::Signal;
pub(super) use utilities::parse_duration;

/// What to run: a container's spec as the runtime gets it, with defaults and references resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramSpec {
    /// The image as the pod names it; its repository decides what runs where no command is given.
    pub image: ImageName,
    /// `command`, with `$(VAR)` expanded; empty: the image's entrypoint.
    pub command: Vec<String>,
    /// `args`, with `$(VAR)` expanded; empty: the image's, unless there is a command.
    pub args: Vec<String>,
    /// Environment in order; a later entry of the same name wins.
    pub env: Vec<(String, String)>,
    /// `workingDir`; empty: the image's.
    pub working_dir: String,
    /// Declared TCP `containerPort`s: where a server that nobody knows listens.
    pub ports: Vec<u16>,
    /// The host name of the pod.
    pub hostname: String,
    /// The pod's address, as far as known.
    pub pod_ip: String,
    /// `runAsUser`, or the image's user.
    pub user_id: u32,
    /// The process id inside the pid namespace. 1 is what a container's program gets, and such a
    /// process survives every signal but KILL that it has no handler for (Linux
    /// `pid_namespaces(7)`). With `shareProcessNamespace` it is another number.
    pub pid: u32,
    /// Whether standard input stays open (`stdin: true`): a shell or `cat` then waits for ever
    /// instead of reading the end of file at once.
    pub stdin: bool,
    /// What tunes servers besides the environment: names as in the environment.
    pub settings: Vec<(String, String)>,
}

impl ProgramSpec {
    /// A program of `image` as pid 1, with nothing set.
    #[must_use]
    pub fn new(image: ImageName) -> Self {
        Self {
            image,
            command: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            working_dir: String::new(),
            ports: Vec::new(),
            hostname: "localhost".to_owned(),
            pod_ip: "127.0.0.1".to_owned(),
            user_id: 0,
            pid: 1,
            stdin: false,
            settings: Vec::new(),
        }
    }

    /// The value of an environment variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let found = self.env.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The container around a process.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The container's files.
    pub files: &'a mut Files,
    /// The pod's volumes.
    pub volumes: &'a mut Volumes,
    /// Unix time of [`SimTime::ZERO`] in microseconds: what `date` goes by.
    pub epoch_unix_micros: i64,
    /// Process id and command line of what else runs in its process namespace.
    pub others: &'a [(u32, Rc<str>)],
}

/// Why a program could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFailure {
    /// The runtime's words from `exec: "…"` on:
    /// `exec: "foo": executable file not found in $PATH`.
    pub message: String,
    /// 128 for a container (reason StartError), as containerd reports it; 126 or 127 for an exec.
    pub exit_code: i32,
}

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// File descriptor 1.
    Stdout,
    /// File descriptor 2.
    Stderr,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exit {
    /// 0 to 255; 128 + number for a signal.
    pub code: i32,
    /// The signal that killed it. A program that handles a signal and then exits has none, so a
    /// JVM's 143 comes without signal, as in Kubernetes, which reports the code alone.
    pub signal: Option<Signal>,
}

/// What a process does to the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It wrote to its log. The text is at most one line, with its line feed; a piece without one
    /// is continued by the next piece of the stream.
    Output {
        /// Which stream.
        stream: Stream,
        /// When; never after the call that returned it.
        at: SimTime,
        /// The text as written.
        text: String,
    },
    /// It asks something of the network. See [`Process::reply`].
    Request(NetworkRequest),
    /// The memory of the process and its children changed to so many bytes. Beyond the
    /// container's limit the owner kills it (OOMKilled).
    Memory {
        /// Bytes in use.
        bytes: u64,
    },
    /// A command that runs beside pid 1 signalled it (`kubectl exec … kill 1`).
    SignalPidOne(Signal),
    /// It ended. Comes once; nothing comes after it from a pid 1, but the background children of
    /// an exec may live on: see [`Process::is_over`].
    Exited {
        /// When.
        at: SimTime,
        /// How.
        exit: Exit,
    },
}

/// What of the container every process in it shares.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    spec: ProgramSpec,
    /// What the runtime sets, and the container's own variables behind it.
    env: Rc<[(String, String)]>,
    rng: Rng,
}

impl Setting {
    fn new(spec: ProgramSpec, rng: Rng) -> Rc<Self> {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let home = if spec.user_id == 0 { "/root" } else { "/" };
        let given = [("PATH", path), ("HOSTNAME", &spec.hostname), ("HOME", home)];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let own = spec.env.iter().cloned();
        let env = given
            .into_iter()
            .filter(|(name, _)| spec.variable(name).is_none())
            .chain(own);
        Rc::new(Self {
            env: env.collect(),
            spec,
            rng,
        })
    }
}

#[cfg(test)]
mod tests;
