//! Tools that read lines and write lines: `cat`, `grep`, `head`, `tail`, `sed` and the like.

use std::collections::VecDeque;
use std::rc::Rc;

use super::regex::Regex;
use super::{Call, TOOL_COST, cannot_open, exit, write};
use crate::cluster::process::machine::{Context, ReadOutcome, Step, Waits, Want};

mod editing;
mod selection;

use editing::Edit;

/// A tool in the middle of its input.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    name: String,
    /// Files still to be read; empty from the beginning: standard input.
    files: VecDeque<(String, String)>,
    reads_input: bool,
    /// The present file, and how much of it was looked at.
    text: Rc<String>,
    seen: usize,
    kind: Kind,
    /// `tail -f`: the file, and how much of it was shown.
    follows: Option<(String, usize)>,
    status: i32,
}

#[derive(Clone, Debug)]
enum Kind {
    Cat {
        numbers: bool,
        line: u32,
    },
    Grep(Box<Grep>),
    Head {
        lines_left: u64,
        bytes_left: Option<u64>,
    },
    Tail {
        keep: usize,
        lines: VecDeque<String>,
        from_start: bool,
        seen: usize,
    },
    Count {
        flags: String,
        lines: u64,
        words: u64,
        bytes: u64,
        label: String,
    },
    Tee(Vec<String>),
    Sort {
        lines: Vec<String>,
        flags: String,
    },
    Unique {
        last: Option<String>,
        count: u64,
        counts: bool,
    },
    Reverse(Vec<String>),
    Edit(Edit),
}

#[derive(Clone, Debug)]
struct Grep {
    regex: Regex,
    flags: String,
    line: u64,
    found: u64,
}

/// What a line led to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    More,
    /// Nothing that comes can change the output any more.
    Done,
}

/// Lines looked at in one step.
const LINES_PER_STEP: u32 = 200;
/// How often `tail -f` looks.
const FOLLOW_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

pub(super) fn is_known(base: &str) -> bool {
    matches!(
        base,
        "cat"
            | "tac"
            | "grep"
            | "egrep"
            | "fgrep"
            | "head"
            | "tail"
            | "wc"
            | "tee"
            | "sort"
            | "uniq"
            | "sed"
            | "tr"
            | "cut"
            | "rev"
            | "nl"
            | "awk"
            | "more"
            | "less"
    )
}

impl Filter {
    /// Reads the command line; `Err` is the exit code of one that makes no sense.
    pub fn begin(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Self, i32> {
        let (kind, operands) = Kind::of(call, context)?;
        let mut follows = None;
        if matches!(kind, Kind::Tail { .. })
            && call
                .arguments
                .iter()
                .any(|word| matches!(word.as_str(), "-f" | "-F" | "-fn" | "--follow"))
        {
            follows = operands.last().map(|file| (call.path(file), 0));
        }
        let reads_input = operands.is_empty() || matches!(kind, Kind::Tee(_));
        let files = if reads_input { Vec::new() } else { operands };
        Ok(Self {
            name: call.name.to_owned(),
            files: files
                .into_iter()
                .map(|file| (call.path(&file), file))
                .collect(),
            reads_input,
            text: Rc::default(),
            seen: 0,
            kind,
            follows,
            status: 0,
        })
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        if context.is_full(1) {
            return Step::Wait(Waits::Pipe, None);
        }
        let mut output = String::new();
        for _ in 0..LINES_PER_STEP {
            match self.next_line(context) {
                Next::Line(line) => {
                    if self.kind.line(&line, &mut output, context) == Flow::Done {
                        return self.finish(output, context);
                    }
                }
                Next::Blocked => {
                    return match write(context, &self.name, &output) {
                        Ok(()) => Step::Wait(Waits::Pipe, None),
                        Err(step) => step,
                    };
                }
                Next::Endless => {
                    // `tail /dev/zero` is a way to eat memory; others just go on for ever.
                    let memory = context.memory_bytes().saturating_add(100 << 20);
                    if matches!(self.kind, Kind::Tail { .. } | Kind::Sort { .. })
                        && memory < 1 << 40
                    {
                        context.set_memory_bytes(memory);
                    }
                    let pause = std::time::Duration::from_millis(100);
                    return Step::Sleep(context.now + pause);
                }
                Next::End => return self.finish(output, context),
            }
        }
        match write(context, &self.name, &output) {
            Ok(()) => Step::Continue(TOOL_COST),
            Err(step) => step,
        }
    }

    fn finish(&mut self, mut output: String, context: &mut Context<'_, '_>) -> Step {
        let code = self.kind.end(&mut output);
        if let Err(step) = write(context, &self.name, &output) {
            return step;
        }
        if let Some((path, shown)) = &mut self.follows {
            let surroundings = &context.surroundings;
            if let Ok(text) = surroundings.files.read(surroundings.volumes, path) {
                if *shown == 0 {
                    *shown = text.len();
                }
                // A file that became shorter was written anew.
                *shown = if *shown > text.len() { 0 } else { *shown };
                let new = text.get(*shown..).unwrap_or_default().to_owned();
                *shown = text.len();
                if let Err(step) = write(context, &self.name, &new) {
                    return step;
                }
            }
            self.kind.forget();
            return Step::Sleep(context.now + FOLLOW_EVERY);
        }
        exit(self.status.max(code))
    }

    fn next_line(&mut self, context: &mut Context<'_, '_>) -> Next {
        loop {
            let rest = &self.text[self.seen..];
            if !rest.is_empty() {
                let line = match rest.find('\n') {
                    // What is passed on as it is needs no cutting.
                    Some(end) if !self.kind.is_plain_cat() => &rest[..=end],
                    _ => rest,
                };
                let line = line.to_owned();
                self.seen += line.len();
                return Next::Line(line);
            }
            if self.reads_input {
                match context.read(0, Want::Line) {
                    ReadOutcome::Data(line) => return Next::Line(line),
                    ReadOutcome::Blocked => return Next::Blocked,
                    ReadOutcome::Zeros => return Next::Endless,
                    ReadOutcome::End => return Next::End,
                    ReadOutcome::Failed(message) => {
                        self.complain(context, &format!("read error: {message}"));
                        return Next::End;
                    }
                }
            }
            let Some((path, file)) = self.files.pop_front() else {
                return Next::End;
            };
            if file == "-" {
                self.reads_input = true;
                continue;
            }
            if matches!(path.as_str(), "/dev/zero" | "/dev/urandom" | "/dev/random") {
                self.files.push_front((path, file));
                return Next::Endless;
            }
            let surroundings = &context.surroundings;
            match surroundings.files.read(surroundings.volumes, &path) {
                Ok(text) => (self.text, self.seen) = (text, 0),
                Err(error) => {
                    let message = cannot_open(context, &file, &error.to_string());
                    self.complain(context, &message);
                }
            }
        }
    }

    fn complain(&mut self, context: &mut Context<'_, '_>, message: &str) {
        self.status = if matches!(self.kind, Kind::Grep(_)) {
            2
        } else {
            1
        };
        // With nowhere to complain to, the code has to say it.
        let _ = context.write(2, &format!("{}: {message}\n", self.name));
    }
}

enum Next {
    Line(String),
    Blocked,
    Endless,
    End,
}
