//! Simple commands: assignments, functions, builtins and everything else.

use std::rc::Rc;

use super::ast::{Command, Word};
use super::builtins;
use super::expand::{Expander, Interrupt};
use super::frames::{Frame, SavedVariables};
use super::{BUILTIN_COST, FORK_COST, STEP_COST, Shell, Variable};
use crate::cluster::process::command::{self, Origin};
use crate::cluster::process::machine::{Context, NewTask, Program, Step};

impl Shell {
    pub(super) fn simple(
        &mut self,
        command: &Rc<Command>,
        assignments: &[(String, Word)],
        words: &[Word],
        captured: &[String],
        context: &mut Context<'_, '_>,
    ) -> Result<Step, Interrupt> {
        let mut expander = Expander::new(self, context, captured);
        let fields = expander.arguments(words)?;
        let redirections = expander.redirections(&command.redirections)?;
        let mut values = Vec::new();
        for (name, word) in assignments {
            values.push((name.clone(), expander.text(word)?));
        }
        self.frames.pop();
        if self.options.xtrace {
            self.trace(&values, &fields, context);
        }
        let saved = context.descriptors();
        if let Err(message) = self.redirect(&redirections, context) {
            self.complain(context, &message);
            context.set_descriptors(saved);
            self.status = self.redirection_failure();
            return Ok(self.after_command(context));
        }
        if fields.is_empty() {
            context.set_descriptors(saved);
            self.hold_files(context);
            if captured.is_empty() {
                self.status = 0;
            }
            for (name, value) in &values {
                self.assign(name, value).map_err(Interrupt::Failed)?;
            }
            return Ok(self.after_command(context));
        }
        if fields[0] == "exec" && fields.len() == 1 {
            // Its redirections stay.
            self.hold_files(context);
            self.status = 0;
            return Ok(Step::Continue(BUILTIN_COST));
        }
        if !redirections.is_empty() {
            self.frames.push(Frame::Restore(saved));
            self.hold_files(context);
        }
        self.call(fields, &values, context)
    }

    /// Runs a function, a builtin or a program.
    fn call(
        &mut self,
        mut fields: Vec<String>,
        values: &[(String, String)],
        context: &mut Context<'_, '_>,
    ) -> Result<Step, Interrupt> {
        let mut skips_functions = false;
        while matches!(fields[0].as_str(), "command" | "builtin")
            && fields.get(1).is_some_and(|word| !word.starts_with('-'))
        {
            fields.remove(0);
            skips_functions = true;
        }
        let function = self
            .functions
            .get(&fields[0])
            .filter(|_| !skips_functions)
            .cloned();
        if let Some(body) = function {
            let locals = self.assign_for_now(values)?;
            let positional = Rc::from(&fields[1..]);
            let positional = std::mem::replace(&mut self.positional, positional);
            self.frames.push(Frame::Call { positional, locals });
            self.frames.push(Frame::command(&body));
            return Ok(Step::Continue(BUILTIN_COST));
        }
        if fields[0] == "exec" {
            return self.exec(&fields[1..], values, context);
        }
        if builtins::is_builtin(&fields[0]) {
            // What special builtins are given stays (POSIX 2.14).
            let saved = self.assign_for_now(values)?;
            if !builtins::is_special(&fields[0]) && !saved.is_empty() {
                self.frames.push(Frame::RestoreVariables(saved));
            }
            self.frames.push(Frame::Builtin(Rc::from(fields)));
            return Ok(Step::Continue(STEP_COST));
        }
        Ok(self.external(&fields, values, context))
    }

    fn assign_for_now(&mut self, values: &[(String, String)]) -> Result<SavedVariables, Interrupt> {
        let mut saved = Vec::new();
        for (name, value) in values {
            saved.push((name.clone(), self.variables.get(name).cloned()));
            self.assign(name, value).map_err(Interrupt::Failed)?;
        }
        Ok(saved)
    }

    /// Starts a program as a child, or in the shell's own place if nothing comes after it.
    fn external(
        &mut self,
        fields: &[String],
        values: &[(String, String)],
        context: &mut Context<'_, '_>,
    ) -> Step {
        let takes_place = self.is_last_command();
        let program = match self.program(fields, values, context) {
            Ok(program) => program,
            Err(missing) => {
                self.status = self.complain_missing(context, &fields[0], missing);
                return self.after_command(context);
            }
        };
        let title = Rc::from(fields.join(" ").as_str());
        if takes_place {
            context.set_aside(Vec::new());
            return Step::Become(Box::new(program), title);
        }
        let ignored_signals = context.ignored_signals();
        let child = context.spawn(NewTask {
            program,
            title,
            descriptors: context.descriptors(),
            ignored_signals,
            at: context.now + FORK_COST + FORK_COST,
        });
        match child {
            Some(child) => self.frames.push(Frame::Await {
                children: Rc::from([child]),
                statuses: vec![None],
            }),
            None => {
                self.complain(context, "can't fork: Resource temporarily unavailable");
                self.status = 2;
            }
        }
        Step::Continue(FORK_COST)
    }

    fn program(
        &self,
        fields: &[String],
        values: &[(String, String)],
        context: &mut Context<'_, '_>,
    ) -> Result<Program, command::Missing> {
        let mut env = self.exported();
        env.extend(values.iter().cloned());
        let setting = context.setting();
        let origin = Origin {
            setting: &setting,
            env: &env,
            directory: &self.directory,
            now: context.now,
        };
        command::program_of(fields, &origin, context.surroundings)
    }

    /// `exec command`: the shell is gone, its traps with it.
    fn exec(
        &mut self,
        fields: &[String],
        values: &[(String, String)],
        context: &mut Context<'_, '_>,
    ) -> Result<Step, Interrupt> {
        match self.program(fields, values, context) {
            Ok(program) => {
                context.set_aside(Vec::new());
                Ok(Step::Become(
                    Box::new(program),
                    Rc::from(fields.join(" ").as_str()),
                ))
            }
            Err(missing) => {
                let status = self.complain_missing(context, &fields[0], missing);
                Ok(self.exit(status, context))
            }
        }
    }

    /// Whether nothing is left to do after the command at hand, so that it takes the shell's
    /// place: `sh -c` and subshells do so unless a trap is set.
    pub(super) fn is_last_command(&self) -> bool {
        self.replaces_itself
            && self.syntax_error.is_none()
            && self.traps.values().all(|action| action.is_empty())
            && self.frames.iter().all(Frame::is_at_end)
    }

    fn trace(&self, values: &[(String, String)], fields: &[String], context: &mut Context<'_, '_>) {
        let values = values.iter().map(|(name, value)| format!("{name}={value}"));
        let words: Vec<String> = values
            .chain(fields.iter().map(|field| quote(field)))
            .collect();
        // A trace that cannot be written changes nothing.
        let _ = context.write(2, &format!("+ {}\n", words.join(" ")));
    }

    /// Sets a variable that may be exported or read-only.
    pub(super) fn declare(
        &mut self,
        name: &str,
        value: Option<&str>,
        exported: bool,
        read_only: bool,
    ) -> Result<(), String> {
        if let Some(value) = value {
            self.assign(name, value)?;
        }
        let variables = Rc::make_mut(&mut self.variables);
        let variable = variables
            .entry(name.to_owned())
            .or_insert_with(|| Variable {
                value: Rc::from(""),
                exported: false,
                read_only: false,
            });
        variable.exported |= exported;
        variable.read_only |= read_only;
        Ok(())
    }
}

/// A word as it would have to be written.
pub(super) fn quote(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
