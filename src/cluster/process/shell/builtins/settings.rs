//! Builtins that change variables, parameters and options.

use std::rc::Rc;

use super::super::Shell;
use super::super::frames::Frame;
use super::super::parser::is_name;
use super::Outcome;
use crate::cluster::process::machine::Context;

impl Shell {
    pub(super) fn shift(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let count = arguments
            .first()
            .map_or(Ok(1), |text| text.parse::<usize>());
        match count {
            Ok(count) if count <= self.positional.len() => {
                self.positional = Rc::from(&self.positional[count..]);
                Outcome::Done(0)
            }
            Ok(_) => self.fail("shift: can't shift that many", 1, context),
            Err(_) => self.fail("shift: Illegal number", 2, context),
        }
    }

    pub(super) fn set(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        if arguments.is_empty() {
            let text = self.quoted_variables(false);
            return self.print(&text, context);
        }
        let mut words = arguments.iter();
        while let Some(word) = words.as_slice().first() {
            let on = word.starts_with('-');
            let letters = word
                .strip_prefix(['-', '+'])
                .filter(|letters| !letters.is_empty());
            let Some(letters) = letters else { break };
            words.next();
            if letters == "-" {
                self.positional = Rc::from(words.as_slice());
                return Outcome::Done(0);
            }
            for letter in letters.chars() {
                if letter == 'o' {
                    if let Some(name) = words.next() {
                        self.set_named_option(name, on);
                    }
                } else {
                    self.set_option(letter, on);
                }
            }
        }
        if !words.as_slice().is_empty() {
            self.positional = Rc::from(words.as_slice());
        }
        Outcome::Done(0)
    }

    pub(super) fn unset(&mut self, arguments: &[String]) -> Outcome {
        let mut status = 0;
        let mut functions = false;
        for name in arguments {
            match name.as_str() {
                "-f" => functions = true,
                "-v" => functions = false,
                name if functions => {
                    Rc::make_mut(&mut self.functions).remove(name);
                }
                name => {
                    let read_only = self.variables.get(name).is_some_and(|v| v.read_only);
                    if read_only {
                        status = 1;
                    } else {
                        Rc::make_mut(&mut self.variables).remove(name);
                    }
                }
            }
        }
        Outcome::Done(status)
    }

    pub(super) fn declare_all(
        &mut self,
        arguments: &[String],
        exported: bool,
        read_only: bool,
        context: &mut Context<'_, '_>,
    ) -> Outcome {
        if arguments.iter().all(|word| word == "-p") {
            let text = self.quoted_variables(exported);
            return if text.is_empty() {
                Outcome::Done(0)
            } else {
                self.print(&text, context)
            };
        }
        let (flags, names): (Vec<_>, Vec<_>) =
            arguments.iter().partition(|word| word.starts_with('-'));
        if flags.iter().any(|flag| flag.contains('n')) {
            for name in names {
                if let Some(variable) = Rc::make_mut(&mut self.variables).get_mut(name.as_str()) {
                    variable.exported = false;
                }
            }
            return Outcome::Done(0);
        }
        for word in names {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !is_name(name) {
                self.complain(context, &format!("export: {name}: bad variable name"));
                return Outcome::Replaced(self.exit(2, context));
            }
            if let Err(message) = self.declare(name, value, exported, read_only) {
                return self.fail(&message, 1, context);
            }
        }
        Outcome::Done(0)
    }

    /// A variable that gets its old value back when the function returns.
    pub(super) fn local(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let exported = arguments
            .iter()
            .any(|word| word.starts_with('-') && word.contains('x'));
        let read_only = arguments
            .iter()
            .any(|word| word.starts_with('-') && word.contains('r'));
        for word in arguments.iter().filter(|word| !word.starts_with('-')) {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            let before = self.variables.get(name).cloned();
            let call = self.frames.iter_mut().rev().find_map(|frame| match frame {
                Frame::Call { locals, .. } => Some(locals),
                _ => None,
            });
            if let Some(locals) = call {
                locals.push((name.to_owned(), before));
            }
            if let Err(message) = self.declare(name, value, exported, read_only) {
                return self.fail(&message, 1, context);
            }
        }
        Outcome::Done(0)
    }
}
