//! `trap`.

use std::rc::Rc;

use super::super::Shell;
use super::{Outcome, quote_always};
use crate::cluster::process::Signal;
use crate::cluster::process::machine::Context;

impl Shell {
    pub(super) fn trap(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let arguments = match arguments.first() {
            Some(word) if word == "--" => &arguments[1..],
            _ => arguments,
        };
        let Some((action, signals)) = arguments.split_first() else {
            let lines = self.traps.iter().map(|(number, action)| {
                let name = match number {
                    0 => "EXIT".to_owned(),
                    number => {
                        Signal::parse(&number.to_string()).map_or(String::new(), Signal::name)
                    }
                };
                format!("trap -- {} {name}\n", quote_always(action))
            });
            let text: String = lines.collect();
            return if text.is_empty() {
                Outcome::Done(0)
            } else {
                self.print(&text, context)
            };
        };
        // A signal alone, or `-`, resets.
        let is_reset = action == "-" || (signals.is_empty() && number_of(action).is_some());
        let signals = if signals.is_empty() {
            arguments
        } else {
            signals
        };
        for name in signals {
            let Some(number) = number_of(name) else {
                return self.fail(
                    &format!("trap: {name}: invalid signal specification"),
                    1,
                    context,
                );
            };
            let traps = Rc::make_mut(&mut self.traps);
            let mut ignored = context.ignored_signals();
            let bit = 1_u64 << (number % 64);
            ignored &= !bit;
            if is_reset {
                traps.remove(&number);
            } else {
                traps.insert(number, Rc::from(action.as_str()));
                if action.is_empty() && number > 0 {
                    ignored |= bit;
                }
            }
            context.set_ignored_signals(ignored);
        }
        Outcome::Done(0)
    }
}

/// The number of a signal; 0 for EXIT.
fn number_of(name: &str) -> Option<u8> {
    match name {
        "0" | "EXIT" => Some(0),
        name => Signal::parse(name).map(Signal::number),
    }
}
