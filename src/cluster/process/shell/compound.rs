//! Compound commands: `if`, `while`, `for`, `case`, functions, groups and subshells.

use std::rc::Rc;

use super::ast::{Command, CommandKind, List};
use super::expand::{Expander, Interrupt};
use super::frames::{Frame, Phase};
use super::{FORK_COST, STEP_COST, Shell, pattern};
use crate::cluster::process::machine::{Context, Step};

impl Shell {
    /// Expands what a compound command needs and puts its body on the stack.
    pub(super) fn compound(
        &mut self,
        command: &Rc<Command>,
        captured: &[String],
        context: &mut Context<'_, '_>,
    ) -> Result<Step, Interrupt> {
        let mut expander = Expander::new(self, context, captured);
        let redirections = expander.redirections(&command.redirections)?;
        let (next, status) = expander.body(command)?;
        self.frames.pop();
        let saved = context.descriptors();
        if let Err(message) = self.redirect(&redirections, context) {
            self.complain(context, &message);
            context.set_descriptors(saved);
            self.status = self.redirection_failure();
            return Ok(self.after_command(context));
        }
        if let CommandKind::Subshell(list) = &command.kind {
            if self.is_last_command() {
                // Nothing comes after it: it needs no process of its own.
                self.frames.push(Frame::list(Rc::clone(list)));
                return Ok(Step::Continue(STEP_COST));
            }
            let inner = context.descriptors();
            context.set_descriptors(saved);
            if let Some(child) = self.spawn(Frame::list(Rc::clone(list)), inner, context) {
                self.frames.push(Frame::Await {
                    children: Rc::from([child]),
                    statuses: vec![None],
                });
            }
            return Ok(Step::Continue(FORK_COST));
        }
        if !redirections.is_empty() {
            self.frames.push(Frame::Restore(saved));
            self.hold_files(context);
        }
        match next {
            Some(frame) => self.frames.push(frame),
            None => {
                self.status = status;
                return Ok(self.after_command(context));
            }
        }
        Ok(Step::Continue(STEP_COST))
    }

    /// Goes on with `if`, `while`, `until` and `for`.
    pub(super) fn compound_step(&mut self) -> Step {
        let status = self.status;
        let Some(frame) = self.frames.last_mut() else {
            return Step::Continue(STEP_COST);
        };
        let mut assign = None;
        let next: Option<Rc<List>> = match frame {
            Frame::If {
                command,
                branch,
                checking,
            } => if_step(command, branch, checking, status, &mut self.status),
            Frame::Loop {
                command,
                phase,
                last,
            } => loop_step(command, phase, last, &mut self.status),
            Frame::For {
                command,
                values,
                next,
            } => {
                let CommandKind::For { name, body, .. } = &command.kind else {
                    return Step::Continue(STEP_COST);
                };
                if *next == 0 {
                    self.status = 0;
                }
                let value = values.get(*next).cloned();
                *next += 1;
                value.map(|value| {
                    assign = Some((name.clone(), value));
                    Rc::clone(body)
                })
            }
            _ => None,
        };
        if let Some((name, value)) = assign {
            // A read-only loop variable keeps its value, and the loop runs all the same.
            let _ = self.assign(&name, &value);
        }
        match next {
            Some(list) => self.frames.push(Frame::list(list)),
            None => {
                self.frames.pop();
            }
        }
        Step::Continue(STEP_COST)
    }
}

impl Expander<'_, '_, '_, '_> {
    /// What of a compound command runs, or the status if nothing does.
    fn body(&mut self, command: &Rc<Command>) -> Result<(Option<Frame>, i32), Interrupt> {
        let mut next = None;
        let mut status = 0;
        match &command.kind {
            CommandKind::Brace(list) => next = Some(Frame::list(Rc::clone(list))),
            CommandKind::If { branches, .. } => {
                next = Some(Frame::If {
                    command: Rc::clone(command),
                    branch: 0,
                    checking: true,
                });
                debug_assert!(!branches.is_empty(), "the parser reads at least one branch");
            }
            CommandKind::Loop { .. } => {
                next = Some(Frame::Loop {
                    command: Rc::clone(command),
                    phase: Phase::Fresh,
                    last: 0,
                });
            }
            CommandKind::For { words, .. } => {
                let values = match words {
                    Some(words) => Rc::from(self.arguments(words)?),
                    None => Rc::clone(&self.shell.positional),
                };
                next = Some(Frame::For {
                    command: Rc::clone(command),
                    values,
                    next: 0,
                });
            }
            CommandKind::Case { word, arms } => {
                let text = self.text(word)?;
                'arms: for (patterns, body) in arms {
                    for pattern in patterns {
                        if pattern::matches(&self.pattern(pattern)?, &text) {
                            next = Some(Frame::list(Rc::clone(body)));
                            break 'arms;
                        }
                    }
                }
            }
            CommandKind::Function { name, body } => {
                let functions = Rc::make_mut(&mut self.shell.functions);
                functions.insert(name.clone(), Rc::clone(body));
            }
            CommandKind::Arithmetic(expression) => {
                let text = self.text(expression)?;
                status = i32::from(self.arithmetic(&text)? == 0);
            }
            CommandKind::Test(words) => status = self.double_bracket(words)?,
            CommandKind::Subshell(_) | CommandKind::Simple { .. } => {}
        }
        Ok((next, status))
    }
}

fn if_step(
    command: &Rc<Command>,
    branch: &mut usize,
    checking: &mut bool,
    status: i32,
    result: &mut i32,
) -> Option<Rc<List>> {
    let CommandKind::If {
        branches,
        otherwise,
    } = &command.kind
    else {
        return None;
    };
    if !*checking {
        return None;
    }
    // `branch` counts the conditions that were started.
    if *branch > 0 && status == 0 {
        *checking = false;
        return branches.get(*branch - 1).map(|(_, body)| Rc::clone(body));
    }
    if let Some((condition, _)) = branches.get(*branch) {
        *branch += 1;
        return Some(Rc::clone(condition));
    }
    *checking = false;
    if otherwise.is_none() {
        *result = 0;
    }
    otherwise.clone()
}

fn loop_step(
    command: &Rc<Command>,
    phase: &mut Phase,
    last: &mut i32,
    status: &mut i32,
) -> Option<Rc<List>> {
    let CommandKind::Loop {
        until,
        condition,
        body,
    } = &command.kind
    else {
        return None;
    };
    if *phase == Phase::Condition {
        if (*status == 0) == *until {
            *status = *last;
            return None;
        }
        *phase = Phase::Body;
        return Some(Rc::clone(body));
    }
    if *phase == Phase::Body {
        *last = *status;
    }
    *phase = Phase::Condition;
    Some(Rc::clone(condition))
}
