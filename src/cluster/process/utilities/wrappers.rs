//! Tools that run another command: `env`, `timeout`, `nohup`, `tini`, `xargs`.

use std::rc::Rc;
use std::time::Duration;

use super::{Call, exit, parse_duration};
use crate::cluster::process::Signal;
use crate::cluster::process::command::{self, Origin};
use crate::cluster::process::machine::{
    ChildState, Context, NewTask, Program, Reaction, ReadOutcome, Step, Waits, Want,
};
use crate::kernel::SimTime;

/// A wrapper whose command runs.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    kind: Kind,
    child: Option<u32>,
    /// Signals that wait to be handed on.
    pending: Vec<Signal>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `timeout`: until when, and with which signal; then KILL after a while.
    Timeout {
        at: SimTime,
        signal: Signal,
        kill_after: Option<Duration>,
        is_late: bool,
    },
    /// `tini`, `dumb-init`: an init that hands signals on.
    Init,
    /// `xargs`: the command, and its words so far.
    Arguments {
        command: Vec<String>,
        words: Vec<String>,
    },
}

/// How a wrapper begins.
pub(super) enum Begun {
    /// With a step that ends it or puts the command in its place.
    Step(Step),
    Wrapper(Wrapper),
}

pub(super) fn is_known(base: &str) -> bool {
    matches!(
        base,
        "env"
            | "nohup"
            | "nice"
            | "ionice"
            | "setsid"
            | "stdbuf"
            | "timeout"
            | "tini"
            | "dumb-init"
            | "gosu"
            | "su-exec"
            | "xargs"
            | "time"
            | "chroot"
            | "catatonit"
    )
}

impl Wrapper {
    pub fn begin(call: &Call<'_>, context: &mut Context<'_, '_>) -> Begun {
        let Parts {
            mut words,
            env,
            flags,
        } = Parts::of(call);
        let value = |flag: &str| {
            let at = flags.iter().position(|word| word.as_str() == flag)?;
            flags.get(at + 1).map(|word| word.as_str())
        };
        match call.name {
            "env" if words.is_empty() => {
                let text: String = env
                    .iter()
                    .map(|(key, value)| format!("{key}={value}\n"))
                    .collect();
                return Begun::Step(exit(i32::from(context.write(1, &text).is_err())));
            }
            "xargs" => {
                let echo = vec!["echo".to_owned()];
                let command = if words.is_empty() {
                    echo
                } else {
                    words.to_vec()
                };
                return Begun::Wrapper(Self::new(Kind::Arguments {
                    command,
                    words: Vec::new(),
                }));
            }
            "timeout" => return timeout(call, words, value("-s"), value("-k"), context),
            "gosu" | "su-exec" | "chroot" => words = words.get(1..).unwrap_or_default(),
            _ => {}
        }
        if words.is_empty() {
            return Begun::Step(exit(call.fail(context, "missing operand")));
        }
        match program(words, &env, call.directory, context) {
            Err(code) => Begun::Step(exit(code)),
            Ok(program) if matches!(call.name, "tini" | "dumb-init" | "catatonit") => {
                let mut wrapper = Self::new(Kind::Init);
                wrapper.spawn(program, words, context);
                Begun::Wrapper(wrapper)
            }
            Ok(program) => Begun::Step(Step::Become(
                Box::new(program),
                Rc::from(words.join(" ").as_str()),
            )),
        }
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            child: None,
            pending: Vec::new(),
        }
    }

    fn spawn(&mut self, program: Program, words: &[String], context: &mut Context<'_, '_>) {
        let ignored_signals = context.ignored_signals();
        self.child = context.spawn(NewTask {
            program,
            title: Rc::from(words.join(" ").as_str()),
            descriptors: context.descriptors(),
            ignored_signals,
            at: context.now + Duration::from_millis(1),
        });
    }

    /// An init hands every signal on; so does `timeout` with those that end it.
    pub fn signal(&mut self, signal: Signal) -> Reaction {
        if matches!(self.kind, Kind::Arguments { .. }) {
            return Reaction::Default;
        }
        self.pending.push(signal);
        Reaction::Handled
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        if let Kind::Arguments { command, words } = &mut self.kind
            && self.child.is_none()
        {
            match context.read(0, Want::Line) {
                ReadOutcome::Data(line) => {
                    words.extend(line.split_whitespace().map(str::to_owned));
                    return Step::Continue(super::TOOL_COST);
                }
                ReadOutcome::Blocked => return Step::Wait(Waits::Pipe, None),
                _ => {}
            }
            let all: Vec<String> = command.iter().chain(words.iter()).cloned().collect();
            return match program(&all, &[], "/", context) {
                Ok(program) => Step::Become(Box::new(program), Rc::from(all.join(" ").as_str())),
                Err(code) => exit(code),
            };
        }
        let Some(child) = self.child else {
            return exit(125);
        };
        for signal in std::mem::take(&mut self.pending) {
            context.kill(child, Some(signal));
        }
        let mut wake = None;
        if let Kind::Timeout {
            at,
            signal,
            kill_after,
            is_late,
        } = &mut self.kind
        {
            if *at <= context.now {
                context.kill(child, Some(*signal));
                *is_late = true;
                *at = kill_after
                    .take()
                    .map_or(SimTime::MAX, |after| context.now + after);
                *signal = Signal::KILL;
            }
            wake = Some(*at).filter(|at| *at < SimTime::MAX);
        }
        match context.reap(child) {
            ChildState::Running => Step::Wait(Waits::Child, wake),
            ChildState::Ended(ended) => match &self.kind {
                // GNU timeout: 124 unless the command had to be killed.
                Kind::Timeout { is_late: true, .. } if ended.signal != Some(Signal::KILL) => {
                    exit(124)
                }
                _ => exit(ended.code),
            },
            ChildState::Unknown => exit(125),
        }
    }
}

/// A wrapper's command line taken apart.
struct Parts<'a> {
    /// The command.
    words: &'a [String],
    env: Vec<(String, String)>,
    flags: Vec<&'a String>,
}

impl<'a> Parts<'a> {
    fn of(call: &Call<'a>) -> Self {
        let mut words = call.arguments;
        let mut env = call.env.to_vec();
        let mut flags: Vec<&String> = Vec::new();
        while let Some((word, rest)) = words.split_first() {
            let takes_value = matches!(
                (call.name, word.as_str()),
                ("nice", "-n")
                    | ("timeout", "-k" | "-s")
                    | ("env", "-u")
                    | ("xargs", "-n" | "-I" | "-P")
            );
            if word == "--" {
                words = rest;
                break;
            }
            if word.starts_with('-') && word.len() > 1 {
                flags.push(word);
                words = rest;
                if takes_value && let Some((value, rest)) = rest.split_first() {
                    flags.push(value);
                    words = rest;
                }
            } else if call.name == "env" && word.contains('=') {
                env.extend(
                    word.split_once('=')
                        .map(|(key, value)| (key.to_owned(), value.to_owned())),
                );
                words = rest;
            } else {
                break;
            }
        }
        Self { words, env, flags }
    }
}

fn program(
    words: &[String],
    env: &[(String, String)],
    directory: &str,
    context: &mut Context<'_, '_>,
) -> Result<Program, i32> {
    let setting = context.setting();
    let origin = Origin {
        setting: &setting,
        env: if env.is_empty() { &setting.env } else { env },
        directory,
        now: context.now,
    };
    command::program_of(words, &origin, context.surroundings).map_err(|missing| {
        let (code, text) = missing.in_words_of_a_shell();
        // With nowhere to complain to, the code has to say it.
        let _ = context.write(
            2,
            &format!("{}: {text}\n", words.first().map_or("", String::as_str)),
        );
        code
    })
}

fn timeout(
    call: &Call<'_>,
    words: &[String],
    signal: Option<&str>,
    kill_after: Option<&str>,
    context: &mut Context<'_, '_>,
) -> Begun {
    let parsed = words
        .split_first()
        .and_then(|(time, rest)| Some((parse_duration(time)?, rest)));
    let Some((duration, rest)) = parsed.filter(|(_, rest)| !rest.is_empty()) else {
        return Begun::Step(exit(call.fail(context, "invalid time interval")));
    };
    match program(rest, call.env, call.directory, context) {
        Err(code) => Begun::Step(exit(code)),
        Ok(program) => {
            let mut wrapper = Wrapper::new(Kind::Timeout {
                at: context.now + duration,
                signal: signal.and_then(Signal::parse).unwrap_or(Signal::TERM),
                kill_after: kill_after.and_then(parse_duration),
                is_late: false,
            });
            wrapper.spawn(program, rest, context);
            Begun::Wrapper(wrapper)
        }
    }
}
