//! Commands that the shell does itself.

use std::rc::Rc;

use super::frames::Frame;
use super::printf::{printf, unescape};
use super::simple::quote;
use super::test_expression::test;
use super::{BUILTIN_COST, Shell, parse_list};
use crate::cluster::process::Signal;
use crate::cluster::process::files::{FileError, Node, normalize};
use crate::cluster::process::machine::{Context, Reaction, Step, WriteFailure};
use crate::cluster::process::{Exit, utilities};

mod children;
mod input;
mod options;
mod settings;
mod traps;

/// What a builtin does to its shell.
pub(super) enum Outcome {
    /// It is done, with this status.
    Done(i32),
    /// It has to wait; it is run again then.
    Later(Step),
    /// It put something on the stack in its own place.
    Replaced(Step),
}

/// Whether a name is a builtin's.
pub(super) fn is_builtin(name: &str) -> bool {
    is_special(name)
        || matches!(
            name,
            "true"
                | "false"
                | "["
                | "test"
                | "echo"
                | "printf"
                | "cd"
                | "pwd"
                | "local"
                | "declare"
                | "typeset"
                | "wait"
                | "kill"
                | "read"
                | "type"
                | "command"
                | "alias"
                | "unalias"
                | "hash"
                | "umask"
                | "ulimit"
                | "getopts"
                | "jobs"
                | "let"
                | "source"
                | "builtin"
                | "shopt"
        )
}

/// Whether assignments before it stay.
pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        ":" | "."
            | "break"
            | "continue"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "times"
            | "trap"
            | "unset"
    )
}

impl Shell {
    pub(super) fn builtin_step(
        &mut self,
        fields: &Rc<[String]>,
        context: &mut Context<'_, '_>,
    ) -> Step {
        match self.builtin(fields, context) {
            Outcome::Done(status) => {
                self.status = status;
                self.frames.pop();
                match self.after_command(context) {
                    Step::Continue(_) => Step::Continue(BUILTIN_COST),
                    step => step,
                }
            }
            Outcome::Later(step) | Outcome::Replaced(step) => step,
        }
    }

    fn builtin(&mut self, fields: &Rc<[String]>, context: &mut Context<'_, '_>) -> Outcome {
        let arguments = &fields[1..];
        match fields[0].as_str() {
            ":" | "true" | "hash" | "umask" | "alias" | "unalias" | "times" | "jobs" | "shopt" => {
                Outcome::Done(0)
            }
            "false" => Outcome::Done(1),
            "ulimit" => self.print("unlimited\n", context),
            "echo" => self.echo(arguments, context),
            "printf" => self.printf(arguments, context),
            "test" => self.test(arguments, context),
            "[" => match arguments.split_last() {
                Some((last, arguments)) if last == "]" => self.test(arguments, context),
                _ => self.fail("[: missing ]", 2, context),
            },
            "pwd" => self.print(&format!("{}\n", self.directory), context),
            "cd" => self.change_directory(arguments, context),
            "exit" => self.exit_builtin(arguments, context),
            "return" => self.return_builtin(arguments, context),
            "break" | "continue" => self.leave_loop(&fields[0], arguments, context),
            "eval" => self.eval(&arguments.join(" "), context),
            "." | "source" => self.source(arguments, context),
            "shift" => self.shift(arguments, context),
            "set" => self.set(arguments, context),
            "unset" => self.unset(arguments),
            "export" => self.declare_all(arguments, true, false, context),
            "readonly" => self.declare_all(arguments, false, true, context),
            "local" | "declare" | "typeset" => self.local(arguments, context),
            "trap" => self.trap(arguments, context),
            "wait" => self.wait(arguments, context),
            "kill" => self.kill(arguments, context),
            "read" => self.read(arguments, context),
            "getopts" => self.getopts(arguments),
            "let" => self.let_builtin(arguments, context),
            "type" | "command" => self.describe(&fields[0], arguments, context),
            // `exec` and `builtin` alone do nothing more than their redirections.
            _ => Outcome::Done(0),
        }
    }

    /// Writes to standard output; without a reader the shell dies of SIGPIPE.
    fn print(&self, text: &str, context: &mut Context<'_, '_>) -> Outcome {
        match context.write(1, text) {
            Ok(()) => Outcome::Done(0),
            Err(WriteFailure::BrokenPipe) => Outcome::Replaced(Step::Exit(Exit {
                code: Signal::PIPE.exit_code(),
                signal: Some(Signal::PIPE),
            })),
            Err(failure) => {
                self.complain(
                    context,
                    &format!("write error: {}", utilities::failure_text(failure)),
                );
                Outcome::Done(1)
            }
        }
    }

    fn fail(&self, message: &str, status: i32, context: &mut Context<'_, '_>) -> Outcome {
        self.complain(context, message);
        Outcome::Done(status)
    }

    fn echo(&self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let is_dash = self.dialect == super::Dialect::Dash;
        let (mut newline, mut escapes) = (true, is_dash);
        let mut words = arguments;
        while let Some((flag, rest)) = words.split_first() {
            let letters = flag.strip_prefix('-').unwrap_or_default();
            let known = if is_dash { "n" } else { "neE" };
            if letters.is_empty() || !letters.chars().all(|letter| known.contains(letter)) {
                break;
            }
            newline &= !letters.contains('n');
            escapes = (escapes || letters.contains('e')) && !letters.contains('E');
            words = rest;
        }
        let mut text = words.join(" ");
        if escapes {
            newline &= !text.contains("\\c");
            text = unescape(&text);
        }
        if newline {
            text.push('\n');
        }
        self.print(&text, context)
    }

    fn printf(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let Some((format, rest)) = arguments.split_first() else {
            return self.fail("printf: usage: printf FORMAT [ARG]...", 2, context);
        };
        if format == "-v" && rest.len() >= 2 {
            let (text, _) = printf(&rest[1], &rest[2..]);
            return match self.assign(&rest[0], &text) {
                Ok(()) => Outcome::Done(0),
                Err(message) => self.fail(&message, 1, context),
            };
        }
        let (text, problem) = printf(format, rest);
        let outcome = if text.is_empty() {
            Outcome::Done(0)
        } else {
            self.print(&text, context)
        };
        match problem {
            Some(problem) => self.fail(&format!("printf: {problem}"), 1, context),
            None => outcome,
        }
    }

    fn test(&self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        match test(arguments, &self.directory, context) {
            Ok(value) => Outcome::Done(i32::from(!value)),
            Err(message) => self.fail(&message, 2, context),
        }
    }

    fn change_directory(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let target = match arguments
            .iter()
            .find(|word| !matches!(word.as_str(), "-P" | "-L" | "--"))
        {
            Some(target) if target == "-" => self.parameter("OLDPWD").unwrap_or_default(),
            Some(target) => target.clone(),
            None => self.parameter("HOME").unwrap_or_else(|| "/".to_owned()),
        };
        let path = normalize(&self.directory, &target);
        let node = context
            .surroundings
            .files
            .node(context.surroundings.volumes, &path);
        let problem = match node {
            Ok(Node::Directory) => {
                let before = std::mem::replace(&mut self.directory, Rc::from(path.as_str()));
                // A read-only OLDPWD keeps its value.
                let _ = self.declare("OLDPWD", Some(&before), true, false);
                return Outcome::Done(0);
            }
            Ok(_) => FileError::NotDirectory,
            Err(error) => error,
        };
        let message = match self.dialect {
            super::Dialect::Bash => format!("cd: {target}: {problem}"),
            _ => format!("cd: can't cd to {target}: {problem}"),
        };
        self.fail(&message, 1, context)
    }

    fn exit_builtin(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        // In a trap, `exit` alone gives the status from before it (POSIX, `exit`).
        let before_trap = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Trap { status } => Some(*status),
            _ => None,
        });
        let code = match arguments.first() {
            Some(text) => match text.parse::<i32>() {
                Ok(code) => code,
                Err(_) => {
                    self.complain(context, &format!("exit: Illegal number: {text}"));
                    2
                }
            },
            None => before_trap.unwrap_or(self.status),
        };
        Outcome::Replaced(self.exit(code, context))
    }

    fn return_builtin(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let code = arguments.first().and_then(|text| text.parse::<i32>().ok());
        let code = code.unwrap_or(self.status) & 0xff;
        let is_function = |frame: &Frame| matches!(frame, Frame::Call { .. });
        if !self.frames.iter().any(is_function) {
            return Outcome::Replaced(self.exit(code, context));
        }
        while self.frames.last().is_some_and(|frame| !is_function(frame)) {
            self.pop_frame(context);
        }
        self.pop_frame(context);
        self.status = code;
        // The call is a command whose status `set -e` looks at.
        Outcome::Replaced(self.after_command(context))
    }

    fn leave_loop(
        &mut self,
        name: &str,
        arguments: &[String],
        context: &mut Context<'_, '_>,
    ) -> Outcome {
        let wanted = arguments
            .first()
            .and_then(|text| text.parse::<usize>().ok())
            .unwrap_or(1);
        let inside = self
            .frames
            .iter()
            .rev()
            .take_while(|f| !matches!(f, Frame::Call { .. }));
        let loops = inside.filter(|frame| frame.is_loop()).count();
        let mut left = wanted.clamp(1, loops.max(1));
        self.status = 0;
        if loops == 0 {
            return Outcome::Done(0);
        }
        while let Some(frame) = self.frames.last() {
            if frame.is_loop() {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
            self.pop_frame(context);
        }
        if name == "break" {
            self.pop_frame(context);
        } else if let Some(Frame::Loop { phase, .. }) = self.frames.last_mut() {
            *phase = super::frames::Phase::Body;
        }
        Outcome::Replaced(Step::Continue(BUILTIN_COST))
    }

    fn eval(&mut self, text: &str, context: &mut Context<'_, '_>) -> Outcome {
        match parse_list(text) {
            Ok(list) => {
                self.frames.pop();
                self.status = 0;
                self.frames.push(Frame::list(list));
                Outcome::Replaced(Step::Continue(BUILTIN_COST))
            }
            Err(message) => {
                self.complain(context, &message);
                Outcome::Replaced(self.exit(2, context))
            }
        }
    }

    fn source(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let Some(file) = arguments.first() else {
            return self.fail(".: filename argument required", 2, context);
        };
        let path = normalize(&self.directory, file);
        let text = context
            .surroundings
            .files
            .read(context.surroundings.volumes, &path);
        match text {
            Ok(text) => self.eval(&text, context),
            Err(error) => {
                self.complain(context, &format!(".: can't open '{file}': {error}"));
                Outcome::Replaced(self.exit(2, context))
            }
        }
    }

    fn let_builtin(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let mut value = 0;
        for text in arguments {
            match super::arithmetic::evaluate(text, self) {
                Ok(result) => value = result,
                Err(message) => return self.fail(&message, 1, context),
            }
        }
        Outcome::Done(i32::from(value == 0))
    }

    /// `command -v name` and `type name`.
    fn describe(&mut self, verb: &str, names: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let mut status = 0;
        let mut text = String::new();
        for name in names.iter().filter(|name| !name.starts_with('-')) {
            let place = if self.functions.contains_key(name) {
                (name.clone(), "a function")
            } else if is_builtin(name) {
                (name.clone(), "a shell builtin")
            } else if utilities::is_known(name) || name == "sh" {
                (format!("/bin/{name}"), "")
            } else {
                status = 127;
                if verb == "type" {
                    text.push_str(&format!("{name}: not found\n"));
                }
                continue;
            };
            text.push_str(&match (verb, place) {
                ("command", (path, _)) => format!("{path}\n"),
                (_, (path, "")) => format!("{name} is {path}\n"),
                (_, (_, kind)) => format!("{name} is {kind}\n"),
            });
        }
        if !text.is_empty() {
            self.print(&text, context);
        }
        Outcome::Done(status)
    }

    /// A signal that the shell sends to itself.
    fn signal_itself(&mut self, signal: Signal, pid: u32) -> Option<Step> {
        let die = Step::Exit(Exit {
            code: signal.exit_code(),
            signal: Some(signal),
        });
        if pid == 1 {
            // Linux protects the init of a namespace from its own children and itself.
            self.signal(signal);
            return None;
        }
        if signal == Signal::KILL {
            return Some(die);
        }
        let is_deadly = self.signal(signal) == Reaction::Default && !signal.is_ignored_by_default();
        is_deadly.then_some(die)
    }

    fn quoted_variables(&self, exported: bool) -> String {
        let variables = self
            .variables
            .iter()
            .filter(|(_, variable)| variable.exported || !exported);
        let prefix = if exported { "export " } else { "" };
        variables
            .map(|(name, variable)| format!("{prefix}{name}={}\n", quote_always(&variable.value)))
            .collect()
    }
}

fn quote_always(text: &str) -> String {
    let quoted = quote(text);
    if quoted.starts_with('\'') {
        quoted
    } else {
        format!("'{quoted}'")
    }
}
