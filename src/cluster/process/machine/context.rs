//! What a program sees while it is stepped: its time, its files, its children, the network.

use std::rc::Rc;

use super::open_files::{CLOSED, Descriptors, OpenFile};
use super::task::{Program, Task};
use super::{MOST_TASKS, Process};
use crate::cluster::process::files::normalize;
use crate::cluster::process::network::{NetworkReply, NetworkRequest, RequestId, RequestKind};
use crate::cluster::process::{
    Effect, Exit, FileError, ProgramSpec, Setting, Signal, Stream, Surroundings,
};
use crate::kernel::{Rng, SimTime};

/// The view of one task on its process and its container.
pub(in crate::cluster::process) struct Context<'a, 's> {
    process: &'a mut Process,
    pub surroundings: &'a mut Surroundings<'s>,
    pid: u32,
    /// The task's own time.
    pub now: SimTime,
    descriptors: Descriptors,
}

/// A child to be made.
pub(in crate::cluster::process) struct NewTask {
    pub program: Program,
    pub title: Rc<str>,
    pub descriptors: Descriptors,
    pub ignored_signals: u64,
    /// When it begins to run.
    pub at: SimTime,
}

/// How much to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum Want {
    /// One line with its line feed, or the rest.
    Line,
    /// Whatever is there.
    Some,
}

/// What reading gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum ReadOutcome {
    Data(String),
    End,
    /// Nothing yet: wait for the pipe.
    Blocked,
    /// Endless zeros.
    Zeros,
    Failed(&'static str),
}

/// Why writing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum WriteFailure {
    /// Nobody reads: the writer gets SIGPIPE.
    BrokenPipe,
    BadDescriptor,
    NoSpace,
    File(FileError),
}

/// The size at which a pipe blocks its writer (Linux `pipe(7)`).
const PIPE_CAPACITY_BYTES: usize = 65_536;
/// The size at which the simulated disk is full.
const MOST_FILE_BYTES: usize = 4 << 20;

impl<'a, 's> Context<'a, 's> {
    pub(super) fn new(
        process: &'a mut Process,
        surroundings: &'a mut Surroundings<'s>,
        pid: u32,
        now: SimTime,
    ) -> Self {
        let index = process.index_of(pid);
        let descriptors = index.map_or([CLOSED; 10], |index| process.tasks[index].descriptors);
        Self {
            process,
            surroundings,
            pid,
            now,
            descriptors,
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn spec(&self) -> &ProgramSpec {
        &self.process.setting.spec
    }

    pub(in crate::cluster::process) fn setting(&self) -> Rc<Setting> {
        Rc::clone(&self.process.setting)
    }

    /// A generator of its own for this task.
    pub fn rng(&self) -> Rng {
        self.process.setting.rng.fork(&format!("pid-{}", self.pid))
    }

    /// Unix time in microseconds.
    pub fn unix_micros(&self) -> i64 {
        let since_start = i64::try_from(self.now.as_micros()).unwrap_or(i64::MAX);
        self.surroundings
            .epoch_unix_micros
            .saturating_add(since_start)
    }

    fn task(&mut self) -> Option<&mut Task> {
        let index = self.process.index_of(self.pid)?;
        self.process.tasks.get_mut(index)
    }

    pub fn descriptors(&self) -> Descriptors {
        self.descriptors
    }

    pub fn set_descriptors(&mut self, descriptors: Descriptors) {
        self.descriptors = descriptors;
        if let Some(task) = self.task() {
            task.descriptors = descriptors;
        }
    }

    pub fn open(&mut self, file: OpenFile) -> u32 {
        self.process.open.add(file)
    }

    pub fn open_pipe(&mut self) -> (u32, u32) {
        self.process.open.add_pipe()
    }

    /// Says what a shell keeps beside its descriptors, and closes what nobody holds any more.
    pub fn set_aside(&mut self, files: Vec<u32>) {
        if let Some(task) = self.task() {
            task.set_aside = files;
        }
        let now = self.now;
        self.process.sweep(now);
    }

    /// Makes a child. `None`: too many processes.
    pub fn spawn(&mut self, new: NewTask) -> Option<u32> {
        if self.process.tasks.len() >= MOST_TASKS {
            return None;
        }
        self.process.next_pid += 1;
        let pid = self.process.next_pid;
        let spec = &self.process.setting.spec;
        let mut task = Task::first(spec, pid, new.program, new.title, CLOSED, new.at);
        task.parent = self.pid;
        task.descriptors = new.descriptors;
        task.ignored_signals = new.ignored_signals;
        self.process.tasks.push(task);
        Some(pid)
    }

    pub fn set_ignored_signals(&mut self, ignored: u64) {
        if let Some(task) = self.task() {
            task.ignored_signals = ignored;
        }
    }

    pub fn ignored_signals(&mut self) -> u64 {
        self.task().map_or(0, |task| task.ignored_signals)
    }

    /// Whether a child still runs, and forgets it if not.
    pub fn reap(&mut self, child: u32) -> ChildState {
        let Some(index) = self.process.index_of(child) else {
            return ChildState::Unknown;
        };
        if self.process.tasks[index].parent != self.pid {
            return ChildState::Unknown;
        }
        match self.process.tasks[index].exit() {
            Some(exit) => {
                self.process.tasks.remove(index);
                ChildState::Ended(exit)
            }
            None => ChildState::Running,
        }
    }

    /// Sends a signal from inside of the container. False: no such process.
    pub fn kill(&mut self, pid: u32, signal: Option<Signal>) -> bool {
        let now = self.now;
        if self.process.index_of(pid).is_some() {
            if let Some(signal) = signal.filter(|_| pid != self.pid) {
                self.process.deliver(pid, signal, now, false);
            }
            return true;
        }
        if pid == 1 && self.process.root != 1 {
            if let Some(signal) = signal {
                self.process.tell(now, Effect::SignalPidOne(signal));
            }
            return true;
        }
        false
    }

    /// Process id and command line of everything in the process namespace.
    pub fn all_processes(&self) -> Vec<(u32, Rc<str>)> {
        let others = self.surroundings.others.iter().cloned();
        let mut all: Vec<_> = others.chain(self.process.command_lines()).collect();
        all.sort();
        all
    }

    /// Process id, parent and command line of everything that runs.
    pub fn processes(&self) -> Vec<(u32, u32, Rc<str>)> {
        let alive = self.process.tasks.iter().filter(|task| !task.is_zombie());
        alive
            .map(|task| (task.pid, task.parent, Rc::clone(&task.title)))
            .collect()
    }

    pub fn memory_bytes(&mut self) -> u64 {
        self.task().map_or(0, |task| task.memory_bytes)
    }

    pub fn set_memory_bytes(&mut self, bytes: u64) {
        if let Some(task) = self.task() {
            task.memory_bytes = bytes;
        }
    }

    /// Asks the network; the answer comes by [`Self::take_reply`].
    pub fn request(&mut self, kind: RequestKind) {
        self.process.next_request += 1;
        let id = RequestId(self.process.next_request);
        let now = self.now;
        if let Some(task) = self.task() {
            task.request = Some(id);
            task.reply = None;
        }
        self.process
            .tell(now, Effect::Request(NetworkRequest { id, kind }));
    }

    pub fn take_reply(&mut self) -> Option<NetworkReply> {
        let task = self.task()?;
        let reply = task.reply.take();
        if reply.is_some() {
            task.request = None;
        }
        reply
    }

    pub fn open_file(&self, descriptor: usize) -> OpenFile {
        self.process.open.get(self.descriptors[descriptor])
    }

    pub fn read(&mut self, descriptor: usize, want: Want) -> ReadOutcome {
        self.read_file(self.descriptors[descriptor], want)
    }

    /// Reads an open file that need not have a descriptor.
    pub fn read_file(&mut self, id: u32, want: Want) -> ReadOutcome {
        match self.process.open.get(id) {
            OpenFile::Closed | OpenFile::PipeWriter(_) => {
                ReadOutcome::Failed("Bad file descriptor")
            }
            OpenFile::Null | OpenFile::Log(_) | OpenFile::Full => ReadOutcome::End,
            OpenFile::Forever => ReadOutcome::Blocked,
            OpenFile::Zero => ReadOutcome::Zeros,
            OpenFile::Text { text, position } => self.read_text(id, &text, position, want),
            OpenFile::File { path, position } => {
                match self
                    .surroundings
                    .files
                    .read(self.surroundings.volumes, &path)
                {
                    Ok(text) => self.read_text(id, &text, position, want),
                    Err(FileError::IsDirectory) => ReadOutcome::Failed("Is a directory"),
                    Err(_) => ReadOutcome::End,
                }
            }
            OpenFile::PipeReader(pipe) => {
                let has_writer = self.process.open.has_writer(pipe);
                let buffer = self.process.open.buffer(pipe);
                let end = match want {
                    Want::Some => Some(buffer.len()),
                    Want::Line => match buffer.find('\n') {
                        Some(end) => Some(end + 1),
                        None => (!has_writer).then_some(buffer.len()),
                    },
                };
                match end {
                    Some(0) | None if has_writer => ReadOutcome::Blocked,
                    Some(0) | None => ReadOutcome::End,
                    Some(end) => {
                        let rest = buffer.split_off(end);
                        let data = std::mem::replace(buffer, rest);
                        let now = self.now;
                        for task in &mut self.process.tasks {
                            task.pipes_changed(now);
                        }
                        ReadOutcome::Data(data)
                    }
                }
            }
        }
    }

    fn read_text(&mut self, id: u32, text: &str, position: usize, want: Want) -> ReadOutcome {
        let rest = text.get(position..).unwrap_or_default();
        if rest.is_empty() {
            return ReadOutcome::End;
        }
        let length = match want {
            Want::Some => rest.len(),
            Want::Line => rest.find('\n').map_or(rest.len(), |end| end + 1),
        };
        self.process.open.move_to(id, position + length);
        ReadOutcome::Data(rest[..length].to_owned())
    }

    /// Whether a write would block.
    pub fn is_full(&mut self, descriptor: usize) -> bool {
        match self.process.open.get(self.descriptors[descriptor]) {
            OpenFile::PipeWriter(pipe) => {
                self.process.open.has_reader(pipe)
                    && self.process.open.buffer(pipe).len() >= PIPE_CAPACITY_BYTES
            }
            _ => false,
        }
    }

    pub fn write(&mut self, descriptor: usize, text: &str) -> Result<(), WriteFailure> {
        let id = self.descriptors[descriptor];
        match self.process.open.get(id) {
            OpenFile::Closed | OpenFile::Text { .. } | OpenFile::PipeReader(_) => {
                Err(WriteFailure::BadDescriptor)
            }
            OpenFile::Null | OpenFile::Zero | OpenFile::Forever => Ok(()),
            OpenFile::Full => Err(WriteFailure::NoSpace),
            OpenFile::Log(stream) => {
                self.log(stream, text);
                Ok(())
            }
            OpenFile::File { path, position } => self.write_file(id, &path, position, text),
            OpenFile::PipeWriter(pipe) => {
                if !self.process.open.has_reader(pipe) {
                    return Err(WriteFailure::BrokenPipe);
                }
                self.process.open.buffer(pipe).push_str(text);
                let now = self.now;
                for task in &mut self.process.tasks {
                    task.pipes_changed(now);
                }
                Ok(())
            }
        }
    }

    /// Files are written at their end: what they hold was cut when they were opened for writing.
    fn write_file(
        &mut self,
        id: u32,
        path: &str,
        position: usize,
        text: &str,
    ) -> Result<(), WriteFailure> {
        if position.saturating_add(text.len()) > MOST_FILE_BYTES {
            return Err(WriteFailure::NoSpace);
        }
        let Surroundings { files, volumes, .. } = self.surroundings;
        files
            .write(volumes, path, text, true)
            .map_err(WriteFailure::File)?;
        self.process.open.move_to(id, position + text.len());
        Ok(())
    }

    fn log(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        let whole_lines = text.bytes().filter(|byte| *byte == b'\n').count();
        for _ in 0..whole_lines + usize::from(!text.ends_with('\n')) {
            self.process.output_cost += self.process.budget.charge();
        }
        let at = self.now;
        let text = text.to_owned();
        self.process.tell(at, Effect::Output { stream, at, text });
    }

    /// An open file for what [`Self::device_at`] found. The descriptors of this task that name
    /// the same device share it.
    pub fn open_at(&mut self, file: &OpenFile) -> u32 {
        let same = self.descriptors.iter().find(|id| {
            matches!(file, OpenFile::PipeWriter(_) | OpenFile::PipeReader(_))
                && self.process.open.get(**id) == *file
        });
        match same {
            Some(id) => *id,
            None => self.process.open.add(file.clone()),
        }
    }

    /// Where a path leads to when it is opened: a device, or a file of the container.
    pub fn device_at(&self, directory: &str, path: &str) -> OpenFile {
        let path = normalize(directory, path);
        let path = self
            .surroundings
            .files
            .real_path(self.surroundings.volumes, &path);
        match path.as_str() {
            "/dev/null" | "/dev/tty" => OpenFile::Null,
            "/dev/zero" | "/dev/urandom" | "/dev/random" => OpenFile::Zero,
            "/dev/full" => OpenFile::Full,
            "/dev/stdin" | "/proc/self/fd/0" => self.open_file(0),
            "/dev/stdout" | "/proc/self/fd/1" => self.open_file(1),
            "/dev/stderr" | "/proc/self/fd/2" => self.open_file(2),
            // Writing to pid 1's own output is how scripts log into `kubectl logs`.
            "/proc/1/fd/1" => OpenFile::Log(Stream::Stdout),
            "/proc/1/fd/2" => OpenFile::Log(Stream::Stderr),
            _ => OpenFile::File {
                path: Rc::from(path.as_str()),
                position: 0,
            },
        }
    }
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum ChildState {
    Running,
    Ended(Exit),
    /// Not a child of this task, or asked for already.
    Unknown,
}
