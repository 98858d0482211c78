//! One step of a shell: what the top of its stack does next.

use std::rc::Rc;

use super::ast::{Command, CommandKind, Connector, List};
use super::expand::Interrupt;
use super::frames::{Frame, SavedVariables};
use super::{BUILTIN_COST, Dialect, FORK_COST, STEP_COST, Shell, Signal, parse_list};
use crate::cluster::process::Exit;
use crate::cluster::process::machine::{
    ChildState, Context, Descriptors, LOG_STDOUT, NULL, NewTask, Program, ReadOutcome, Step, Waits,
    Want,
};

/// The longest output of a command substitution.
const MOST_OUTPUT_BYTES: usize = 1 << 20;

impl Shell {
    pub(super) fn run(&mut self, context: &mut Context<'_, '_>) -> Step {
        if let Some(step) = self.run_trap(context) {
            return step;
        }
        let Some(frame) = self.frames.last_mut() else {
            return self.finish(context);
        };
        match frame {
            Frame::List { list, next } => {
                let (list, index) = (Rc::clone(list), *next);
                *next += 1;
                self.list_item(&list, index, context)
            }
            Frame::Item { list, index, next } => {
                let (list, index, at) = (Rc::clone(list), *index, *next);
                self.item(&list, index, at, context)
            }
            Frame::Negate => {
                self.frames.pop();
                self.status = i32::from(self.status == 0);
                Step::Continue(STEP_COST)
            }
            Frame::Command { command, captured } => {
                let (command, captured) = (Rc::clone(command), captured.clone());
                self.command(&command, &captured, context)
            }
            Frame::If { .. } | Frame::Loop { .. } | Frame::For { .. } => self.compound_step(),
            Frame::Restore(_) | Frame::RestoreVariables(_) | Frame::Call { .. } => {
                self.pop_frame(context);
                Step::Continue(STEP_COST)
            }
            Frame::Trap { status } => {
                self.status = *status;
                self.frames.pop();
                Step::Continue(STEP_COST)
            }
            Frame::ExitTrap { code } => {
                let code = *code;
                Step::Exit(Exit { code, signal: None })
            }
            Frame::Await { .. } => self.await_children(context),
            Frame::Substitution { .. } => self.collect_output(context),
            Frame::Builtin(fields) => {
                let fields = Rc::clone(fields);
                self.builtin_step(&fields, context)
            }
            Frame::Input(_) => self.read_input(context),
            Frame::Complaint(message, code) => {
                let (message, code) = (Rc::clone(message), *code);
                self.complain(context, &message);
                Step::Exit(Exit { code, signal: None })
            }
        }
    }

    /// The end of the script: its syntax error, the EXIT trap, the status.
    fn finish(&mut self, context: &mut Context<'_, '_>) -> Step {
        let mut code = self.status;
        if let Some(error) = self.syntax_error.take() {
            self.complain(context, &format!("syntax error: {error}"));
            code = 2;
        }
        self.exit(code, context)
    }

    /// Ends the shell, by way of its EXIT trap.
    pub(super) fn exit(&mut self, code: i32, context: &mut Context<'_, '_>) -> Step {
        let code = code & 0xff;
        let action = Rc::make_mut(&mut self.traps).remove(&0);
        self.frames.clear();
        self.syntax_error = None;
        match action.map(|action| parse_list(&action)) {
            None => Step::Exit(Exit { code, signal: None }),
            Some(Err(message)) => {
                self.complain(context, &message);
                Step::Exit(Exit { code, signal: None })
            }
            Some(Ok(list)) => {
                self.status = code;
                self.frames.push(Frame::ExitTrap { code });
                self.frames.push(Frame::list(list));
                Step::Continue(STEP_COST)
            }
        }
    }

    /// Starts the action of a trapped signal, unless a foreground command still runs.
    fn run_trap(&mut self, context: &mut Context<'_, '_>) -> Option<Step> {
        let signal: Signal = *self.pending.first()?;
        match self.frames.last() {
            Some(Frame::Await { .. } | Frame::Substitution { .. }) => return None,
            Some(Frame::Builtin(fields)) if fields[0] == "wait" => {
                self.frames.pop();
                self.status = signal.exit_code();
            }
            _ => {}
        }
        self.pending.remove(0);
        let action = self.traps.get(&signal.number()).cloned()?;
        self.frames.push(Frame::Trap {
            status: self.status,
        });
        match parse_list(&action) {
            Ok(list) => self.frames.push(Frame::list(list)),
            Err(message) => self.complain(context, &message),
        }
        Some(Step::Continue(BUILTIN_COST))
    }

    fn list_item(&mut self, list: &Rc<List>, index: usize, context: &mut Context<'_, '_>) -> Step {
        let Some(item) = list.items.get(index) else {
            self.frames.pop();
            return Step::Continue(STEP_COST);
        };
        let frame = Frame::Item {
            list: Rc::clone(list),
            index,
            next: 0,
        };
        if !item.background {
            self.frames.push(frame);
            return Step::Continue(STEP_COST);
        }
        let mut descriptors = context.descriptors();
        // Without job control a background command reads nothing (POSIX 2.9.3).
        descriptors[0] = NULL;
        let Some(pid) = self.spawn(frame, descriptors, context) else {
            return Step::Continue(FORK_COST);
        };
        self.jobs.push(pid);
        self.last_job = Some(pid);
        self.status = 0;
        Step::Continue(FORK_COST)
    }

    /// Runs a copy of the shell in a task of its own.
    pub(super) fn spawn(
        &mut self,
        frame: Frame,
        descriptors: Descriptors,
        context: &mut Context<'_, '_>,
    ) -> Option<u32> {
        let program = Program::Shell(Box::new(self.subshell(frame)));
        let ignored = context.ignored_signals();
        let pid = context.spawn(NewTask {
            program,
            title: Rc::clone(&self.name),
            descriptors,
            ignored_signals: ignored,
            at: context.now + FORK_COST,
        });
        if pid.is_none() {
            self.complain(context, "can't fork: Resource temporarily unavailable");
            self.status = 2;
        }
        pid
    }

    fn item(
        &mut self,
        list: &Rc<List>,
        index: usize,
        at: usize,
        context: &mut Context<'_, '_>,
    ) -> Step {
        // The frame was made for an item of this list.
        let item = &list.items[index];
        let mut at = at;
        let pipeline = loop {
            if at == 0 {
                break &item.first;
            }
            let Some((connector, pipeline)) = item.rest.get(at - 1) else {
                self.frames.pop();
                return Step::Continue(STEP_COST);
            };
            if (*connector == Connector::And) == (self.status == 0) {
                break pipeline;
            }
            at += 1;
        };
        if let Some(Frame::Item { next, .. }) = self.frames.last_mut() {
            *next = at + 1;
        }
        if pipeline.negated {
            self.frames.push(Frame::Negate);
        }
        if let [command] = pipeline.commands.as_slice() {
            self.frames.push(Frame::command(command));
            return Step::Continue(STEP_COST);
        }
        self.start_pipeline(&pipeline.commands, context)
    }

    fn start_pipeline(&mut self, commands: &[Rc<Command>], context: &mut Context<'_, '_>) -> Step {
        let outer = context.descriptors();
        let mut input = outer[0];
        let mut children = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            let mut descriptors = outer;
            descriptors[0] = input;
            if index + 1 < commands.len() {
                let (reader, writer) = context.open_pipe();
                descriptors[1] = writer;
                input = reader;
            }
            children.extend(self.spawn(Frame::command(command), descriptors, context));
        }
        let statuses = vec![None; children.len()];
        self.frames.push(Frame::Await {
            children: Rc::from(children),
            statuses,
        });
        Step::Continue(FORK_COST)
    }

    fn await_children(&mut self, context: &mut Context<'_, '_>) -> Step {
        let Some(Frame::Await { children, statuses }) = self.frames.last_mut() else {
            return Step::Continue(STEP_COST);
        };
        for (child, status) in children.iter().zip(statuses.iter_mut()) {
            if status.is_none() {
                *status = match context.reap(*child) {
                    ChildState::Running => None,
                    ChildState::Ended(exit) => Some(exit.code),
                    ChildState::Unknown => Some(127),
                };
            }
        }
        if statuses.iter().any(Option::is_none) {
            return Step::Wait(Waits::Child, None);
        }
        let codes = statuses.iter().rev().flatten();
        let failed = codes
            .clone()
            .find(|code| **code != 0 && self.options.pipefail);
        self.status = *failed.or(codes.clone().next()).unwrap_or(&self.status);
        self.frames.pop();
        self.after_command(context)
    }

    /// Ends the shell if `set -e` wants it after a command that failed.
    pub(super) fn after_command(&mut self, context: &mut Context<'_, '_>) -> Step {
        if self.status != 0 && self.options.errexit && !self.is_failure_tolerated() {
            return self.exit(self.status, context);
        }
        Step::Continue(STEP_COST)
    }

    pub(super) fn is_failure_tolerated(&self) -> bool {
        self.tolerates_failure || self.frames.iter().any(Frame::asks_for_status)
    }

    /// Starts the commands whose output a word needs.
    pub(super) fn substitute(&mut self, list: Rc<List>, context: &mut Context<'_, '_>) -> Step {
        let (reader, writer) = context.open_pipe();
        let mut descriptors = context.descriptors();
        descriptors[1] = writer;
        let Some(child) = self.spawn(Frame::list(list), descriptors, context) else {
            // Nothing was started: its output is empty.
            if let Some(Frame::Command { captured, .. }) = self.frames.last_mut() {
                captured.push(String::new());
            }
            return Step::Continue(FORK_COST);
        };
        self.frames.push(Frame::Substitution {
            child,
            reader,
            output: String::new(),
        });
        self.hold_files(context);
        Step::Continue(FORK_COST)
    }

    fn collect_output(&mut self, context: &mut Context<'_, '_>) -> Step {
        let Some(Frame::Substitution {
            child,
            reader,
            output,
        }) = self.frames.last_mut()
        else {
            return Step::Continue(STEP_COST);
        };
        match context.read_file(*reader, Want::Some) {
            ReadOutcome::Data(data) => {
                if output.len() < MOST_OUTPUT_BYTES {
                    output.push_str(&data);
                }
                return Step::Continue(STEP_COST);
            }
            ReadOutcome::Blocked => return Step::Wait(Waits::Pipe, None),
            ReadOutcome::End | ReadOutcome::Zeros | ReadOutcome::Failed(_) => {}
        }
        let status = match context.reap(*child) {
            ChildState::Running => return Step::Wait(Waits::Child, None),
            ChildState::Ended(exit) => exit.code,
            ChildState::Unknown => 127,
        };
        let output = output.trim_end_matches('\n').to_owned();
        self.status = status;
        self.frames.pop();
        if let Some(Frame::Command { captured, .. }) = self.frames.last_mut() {
            captured.push(output);
        }
        self.hold_files(context);
        Step::Continue(STEP_COST)
    }

    /// A shell without script reads its standard input to the end.
    fn read_input(&mut self, context: &mut Context<'_, '_>) -> Step {
        match context.read(0, Want::Some) {
            ReadOutcome::Blocked => Step::Wait(Waits::Pipe, None),
            ReadOutcome::Data(data) => {
                if let Some(Frame::Input(text)) = self.frames.last_mut() {
                    text.push_str(&data);
                }
                Step::Continue(STEP_COST)
            }
            _ => {
                if let Some(Frame::Input(text)) = self.frames.pop() {
                    self.load(&text);
                }
                Step::Continue(STEP_COST)
            }
        }
    }

    fn command(
        &mut self,
        command: &Rc<Command>,
        captured: &[String],
        context: &mut Context<'_, '_>,
    ) -> Step {
        // Expansion may assign; what it did is undone if it has to be done again.
        let before = (Rc::clone(&self.variables), self.random_state);
        let result = match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.simple(command, assignments, words, captured, context)
            }
            _ => self.compound(command, captured, context),
        };
        match result {
            Ok(step) => step,
            Err(Interrupt::Substitute(list)) => {
                (self.variables, self.random_state) = before;
                self.substitute(list, context)
            }
            Err(Interrupt::Failed(message)) => {
                self.complain(context, &message);
                self.exit(if self.dialect == Dialect::Bash { 1 } else { 2 }, context)
            }
        }
    }

    /// Takes the top frame away and undoes what it stands for.
    pub(super) fn pop_frame(&mut self, context: &mut Context<'_, '_>) {
        match self.frames.pop() {
            Some(Frame::Restore(descriptors)) => {
                context.set_descriptors(descriptors);
                self.hold_files(context);
            }
            Some(Frame::RestoreVariables(saved)) => self.restore_variables(saved),
            Some(Frame::Call { positional, locals }) => {
                self.positional = positional;
                self.restore_variables(locals);
            }
            Some(Frame::Substitution { .. }) => self.hold_files(context),
            _ => {}
        }
    }

    pub(super) fn restore_variables(&mut self, saved: SavedVariables) {
        if saved.is_empty() {
            return;
        }
        let variables = Rc::make_mut(&mut self.variables);
        // In reverse: the oldest value of a name that was saved twice comes last.
        for (name, variable) in saved.into_iter().rev() {
            match variable {
                Some(variable) => variables.insert(name, variable),
                None => variables.remove(&name),
            };
        }
    }

    /// Tells the task which open files the stack still needs.
    pub(super) fn hold_files(&self, context: &mut Context<'_, '_>) {
        let mut held = Vec::new();
        for frame in &self.frames {
            match frame {
                Frame::Restore(descriptors) => {
                    held.extend(descriptors.iter().filter(|id| **id > LOG_STDOUT));
                }
                Frame::Substitution { reader, .. } => held.push(*reader),
                _ => {}
            }
        }
        context.set_aside(held);
    }
}
