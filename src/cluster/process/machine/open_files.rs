//! Open file descriptions: files with a position, pipes and the log, shared by the descriptors
//! that were duplicated from one another.

use crate::kernel::{OrderedMap, OrderedSet};
use std::rc::Rc;

use crate::cluster::process::Stream;

/// The open files behind descriptors 0 to 9 of a task.
pub(in crate::cluster::process) type Descriptors = [u32; 10];

/// No open file.
pub(in crate::cluster::process) const CLOSED: u32 = 0;
/// `/dev/null`.
pub(in crate::cluster::process) const NULL: u32 = 1;
/// The container's standard output.
pub(in crate::cluster::process) const LOG_STDOUT: u32 = 2;
/// The container's standard error.
pub(in crate::cluster::process) const LOG_STDERR: u32 = 3;
/// A standard input that is open and stays silent.
pub(in crate::cluster::process) const FOREVER: u32 = 4;

/// What an open file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum OpenFile {
    Closed,
    Null,
    Log(Stream),
    Forever,
    /// Endless zeros, which count and are not kept.
    Zero,
    /// Every write fails: the device is full.
    Full,
    /// A file of the container, read and written by path.
    File {
        path: Rc<str>,
        position: usize,
    },
    /// The text of a here-document.
    Text {
        text: Rc<str>,
        position: usize,
    },
    /// The end of a pipe that is read.
    PipeReader(u32),
    /// The end of a pipe that is written.
    PipeWriter(u32),
}

/// The table of a process. The constant numbers below 5 are always open.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenFiles {
    files: OrderedMap<u32, OpenFile>,
    pipes: OrderedMap<u32, String>,
    last: u32,
}

impl OpenFiles {
    pub fn get(&self, id: u32) -> OpenFile {
        match id {
            CLOSED => OpenFile::Closed,
            NULL => OpenFile::Null,
            LOG_STDOUT => OpenFile::Log(Stream::Stdout),
            LOG_STDERR => OpenFile::Log(Stream::Stderr),
            FOREVER => OpenFile::Forever,
            _ => self.files.get(&id).cloned().unwrap_or(OpenFile::Closed),
        }
    }

    pub fn add(&mut self, file: OpenFile) -> u32 {
        match file {
            OpenFile::Closed => CLOSED,
            OpenFile::Null => NULL,
            OpenFile::Log(Stream::Stdout) => LOG_STDOUT,
            OpenFile::Log(Stream::Stderr) => LOG_STDERR,
            OpenFile::Forever => FOREVER,
            file => {
                self.last = self.last.max(FOREVER) + 1;
                self.files.insert(self.last, file);
                self.last
            }
        }
    }

    /// A new pipe: (reading end, writing end).
    pub fn add_pipe(&mut self) -> (u32, u32) {
        let pipe = self.last.max(FOREVER) + 1;
        let reader = self.add(OpenFile::PipeReader(pipe));
        let writer = self.add(OpenFile::PipeWriter(pipe));
        self.pipes.insert(pipe, String::new());
        (reader, writer)
    }

    pub fn buffer(&mut self, pipe: u32) -> &mut String {
        self.pipes.entry(pipe).or_default()
    }

    pub fn has_writer(&self, pipe: u32) -> bool {
        self.files
            .values()
            .any(|file| *file == OpenFile::PipeWriter(pipe))
    }

    pub fn has_reader(&self, pipe: u32) -> bool {
        self.files
            .values()
            .any(|file| *file == OpenFile::PipeReader(pipe))
    }

    pub fn move_to(&mut self, id: u32, to: usize) {
        if let Some(OpenFile::File { position, .. } | OpenFile::Text { position, .. }) =
            self.files.get_mut(&id)
        {
            *position = to;
        }
    }

    /// Closes everything that is not held.
    pub fn sweep(&mut self, held: impl Iterator<Item = u32>) {
        if self.files.is_empty() {
            return;
        }
        let held: OrderedSet<u32> = held.collect();
        self.files.retain(|id, _| held.contains(id));
        let files = &self.files;
        self.pipes.retain(|pipe, _| {
            let is_end = |file: &OpenFile| {
                matches!(file, OpenFile::PipeReader(p) | OpenFile::PipeWriter(p) if p == pipe)
            };
            files.values().any(is_end)
        });
    }
}
