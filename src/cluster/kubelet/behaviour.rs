//! Behaviour that a user scripts by annotation: memory over time, an exit at a moment, and what tunes
//! servers.
//!
//! `podarium/memory: 50Mi@0,900Mi@30` holds for every container of the pod, `main.podarium/memory` for the
//! one called `main`.

use crate::api::behaviour::BEHAVIOURS;
use crate::api::quantity::value;
use crate::api::{Pod, Quantity};
use crate::cluster::Context;
use crate::cluster::process::{Exit, parse_duration};

use super::Timer;
use super::host::Host;
use super::plan::Slot;
use super::runtime::{Ended, RecordState};
use super::worker::Worker;

/// The value of a key for a container.
fn annotation<'a>(pod: &'a Pod, container: &str, key: &str) -> Option<&'a str> {
    let all = pod.meta.annotations.as_ref()?.iter();
    let ranked = all.filter_map(|(name, value)| {
        let rank = match name.strip_suffix(key)? {
            "podarium/" => 1,
            // The recordings of a real cluster tell its runtime so how much memory a pod uses.
            "oracle/" => 2,
            scope if scope.strip_suffix(".podarium/") == Some(container) => 0,
            _ => return None,
        };
        Some((rank, value))
    });
    let (_, value) = ranked.min_by_key(|(rank, _)| *rank)?;
    Some(value)
}

/// The variables that the annotations set for the container's servers.
pub(super) fn settings(pod: &Pod, container: &str) -> Vec<(String, String)> {
    let tuning = BEHAVIOURS.iter().filter(|one| !one.variable.is_empty());
    let set = tuning.filter_map(|one| {
        let value = annotation(pod, container, one.name)?;
        Some((one.variable.to_owned(), value.to_owned()))
    });
    set.collect()
}

/// `a@0,b@30`: what holds at the age of `seconds`, and the age of the next step.
fn step_at(script: &str, age: std::time::Duration) -> (Option<&str>, Option<std::time::Duration>) {
    let (mut present, mut next) = (None, None);
    for part in script.split(',') {
        let (what, from) = part.trim().split_once('@').unwrap_or((part.trim(), "0"));
        let Some(from) = parse_duration(from) else {
            continue;
        };
        if from <= age {
            present = Some(what);
        } else if next.is_none_or(|next| from < next) {
            next = Some(from);
        }
    }
    (present, next)
}

impl Worker {
    /// Whether the annotations say how much memory the container uses.
    pub fn memory_is_scripted(&self, slot: Slot) -> bool {
        let name = &self.plan.containers[slot].name;
        annotation(&self.pod, name, "memory").is_some()
    }

    /// Brings an instance to where its scripts say that it is by now.
    pub fn behave(&mut self, number: u32, host: &mut Host, context: &mut Context) {
        let Some(record) = self.runtime.instance(number).map(|one| &one.record) else {
            return;
        };
        let RecordState::Running { started } = record.state else {
            return;
        };
        let (slot, age) = (record.slot, context.now.since(started));
        let name = &self.plan.containers[slot].name;
        let script = |key| annotation(&self.pod, name, key).unwrap_or_default();
        let (memory, next_memory) = step_at(script("memory"), age);
        let (exit, next_exit) = step_at(script("exit"), age);
        let bytes = memory.and_then(|text| value(&Quantity(text.to_owned())).ok());
        let code = exit.and_then(|text| text.parse::<i32>().ok());
        let next = [next_memory, next_exit].into_iter().flatten().min();
        if let Some(next) = next {
            self.arm(Timer::Behaviour(number), started + next, host, context);
        }
        if let Some(bytes) = bytes.and_then(|bytes| u64::try_from(bytes).ok()) {
            self.memory_changed(number, bytes, host, context);
        }
        let alive = self
            .runtime
            .instance(number)
            .is_some_and(|one| one.process.is_some());
        if let Some(code) = code.filter(|_| alive) {
            let exit = Exit {
                code: code & 255,
                signal: None,
            };
            let ended = Ended {
                at: context.now,
                exit,
                reason: None,
            };
            self.ended(number, ended, host, context);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn check(script: &str, age: u64, expect: (Option<&str>, Option<u64>)) {
        let (present, next) = step_at(script, Duration::from_secs(age));
        assert_eq!(
            (present, next.map(|next| next.as_secs())),
            expect,
            "{script} at {age}"
        );
    }

    #[test]
    fn the_last_step_that_began_holds() {
        check("", 5, (Some(""), None));
        check("100Mi", 5, (Some("100Mi"), None));
        check("50Mi@0,1Gi@30", 0, (Some("50Mi"), Some(30)));
        check("50Mi@0, 1Gi@30,2Gi@1m", 30, (Some("1Gi"), Some(60)));
        check("1@20", 3, (None, Some(20)));
    }
}
