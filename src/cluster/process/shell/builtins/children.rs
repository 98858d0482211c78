//! `wait` and `kill`.

use super::super::Shell;
use super::Outcome;
use crate::cluster::process::Signal;
use crate::cluster::process::machine::{ChildState, Context, Step, Waits};

impl Shell {
    /// `wait` for all, for some by process id, or `wait -n` for the next.
    pub(super) fn wait(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let wait = || Outcome::Later(Step::Wait(Waits::Child, None));
        if arguments.first().is_some_and(|word| word == "-n") {
            let jobs = self.jobs.clone();
            for job in jobs {
                if let ChildState::Ended(exit) = context.reap(job) {
                    self.jobs.retain(|other| *other != job);
                    return Outcome::Done(exit.code);
                }
            }
            return if self.jobs.is_empty() {
                Outcome::Done(127)
            } else {
                wait()
            };
        }
        if arguments.is_empty() {
            self.jobs
                .retain(|job| context.reap(*job) == ChildState::Running);
            return if self.jobs.is_empty() {
                Outcome::Done(0)
            } else {
                wait()
            };
        }
        // Statuses are kept until the last of them is there, in case of a second look.
        let mut status = 0;
        for word in arguments {
            let pid = match word.strip_prefix('%') {
                Some(number) => number
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| self.jobs.get(n.max(1) - 1).copied()),
                None => word.parse().ok(),
            };
            let Some(pid) = pid else {
                return self.fail(&format!("wait: invalid number '{word}'"), 2, context);
            };
            if !self.jobs.contains(&pid) && !self.collected.contains_key(&pid) {
                status = 127;
                continue;
            }
            match context.reap(pid) {
                ChildState::Running => return wait(),
                ChildState::Ended(exit) => {
                    self.jobs.retain(|job| *job != pid);
                    self.collected.insert(pid, exit.code);
                }
                ChildState::Unknown => {}
            }
            status = self.collected.get(&pid).copied().unwrap_or(127);
        }
        Outcome::Done(status)
    }

    pub(super) fn kill(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let mut words = arguments.iter().peekable();
        let mut signal = Some(Signal::TERM);
        if let Some(flag) = words.peek().and_then(|word| word.strip_prefix('-')) {
            let mut name = flag.to_owned();
            words.next();
            if flag == "l" {
                return self.print("HUP INT QUIT KILL USR1 USR2 TERM\n", context);
            }
            if flag == "s" || flag == "n" {
                name = words.next().cloned().unwrap_or_default();
            }
            signal = match name.as_str() {
                // Signal 0 only asks whether the process is there.
                "0" => None,
                name => match Signal::parse(name) {
                    Some(signal) => Some(signal),
                    None => {
                        return self.fail(&format!("kill: bad signal name '{name}'"), 1, context);
                    }
                },
            };
        }
        let mut status = 0;
        for word in words {
            let pid = match word.strip_prefix('%') {
                Some(number) => number
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| self.jobs.get(n.max(1) - 1).copied()),
                None => word.trim_start_matches('-').parse().ok(),
            };
            let Some(pid) = pid else {
                return self.fail(&format!("kill: invalid number '{word}'"), 1, context);
            };
            if pid == context.pid() {
                let step = signal.and_then(|signal| self.signal_itself(signal, pid));
                if let Some(step) = step {
                    return Outcome::Replaced(step);
                }
            } else if !context.kill(pid, signal) {
                self.complain(
                    context,
                    &format!("kill: can't kill pid {pid}: No such process"),
                );
                status = 1;
            }
        }
        Outcome::Done(status)
    }
}
