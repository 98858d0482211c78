//! The chain of causes that led to how an object is.

use crate::api::{Kind, ObjectKey};
use crate::cluster::{Actor, Step};
use crate::kernel::trace::Entry;
use crate::kernel::{SimTime, TraceId};

use super::Record;

/// One cause, or several like it in a row.
#[derive(Clone, Debug)]
pub struct Cause<'a> {
    /// The newest of them.
    pub entry: &'a Entry<Step>,
    /// When the oldest of them happened, or the first of the failures that it counts.
    pub since: SimTime,
    /// How many they are.
    pub count: u32,
}

/// The causes of how an object is at a moment, newest first: from the newest step about it backwards, each
/// step by what caused it, and the other steps about the object between them.
#[must_use]
pub fn causes<'a>(record: &'a Record, key: &ObjectKey, until: SimTime) -> Vec<Cause<'a>> {
    let mut about = record.steps_about(key, until).peekable();
    let mut chain = about.peek().and_then(|entry| record.step(entry.id));
    let mut causes: Vec<Cause> = Vec::new();
    loop {
        // Ids rise with time, so the greater of the two comes next.
        let next = match (chain, about.peek()) {
            (Some(link), Some(own)) if own.id > link.id => *own,
            (Some(link), _) => link,
            (None, Some(own)) => *own,
            (None, None) => return causes,
        };
        if about.peek().is_some_and(|own| own.id == next.id) {
            about.next();
        }
        if chain.is_some_and(|link| link.id == next.id) {
            chain = cause_of(record, key, next);
        }
        add(&mut causes, next);
    }
}

/// What caused a step, past what its actor did for other pods in the same go.
fn cause_of<'a>(
    record: &'a Record,
    key: &ObjectKey,
    effect: &Entry<Step>,
) -> Option<&'a Entry<Step>> {
    let mut id = effect.cause;
    let mut passed = None;
    loop {
        let cause = record.step(id).filter(|_| id != TraceId::ROOT)?;
        let step = &cause.what;
        // Nor is it a cause that somebody asked for the pod whose turn came first.
        let is_request = step.actor == Actor::User && passed.is_some() && step.about == passed;
        if !is_request && !is_turn_of_another(record, key, &effect.what, step) {
            return Some(cause);
        }
        passed.clone_from(&step.about);
        id = cause.cause;
    }
}

/// Whether a step came before another only because its pod's turn came first: the scheduler takes one pod after
/// the other, and a controller makes them one after the other.
fn is_turn_of_another(record: &Record, key: &ObjectKey, effect: &Step, cause: &Step) -> bool {
    let another = cause.about.as_ref().filter(|about| *about != key);
    let Some(another) = another.filter(|about| about.kind == Kind::Pod) else {
        return false;
    };
    let owner = |pod: &ObjectKey| record.newest_lane(pod)?.owner.as_ref();
    let is_sibling = owner(key).is_some() && owner(key) == owner(another);
    cause.actor == effect.actor
        && (is_sibling || cause.actor == Actor::Scheduler && cause.code == "scheduled")
}

/// Adds an older step, or counts it with the one after it if both say the same.
fn add<'a>(causes: &mut Vec<Cause<'a>>, entry: &'a Entry<Step>) {
    if let Some(last) = causes.last_mut() {
        let (a, b) = (&last.entry.what, &entry.what);
        let is_alike = a.code == b.code
            && a.about == b.about
            && a.actor == b.actor
            && a.container == b.container;
        if is_alike && (a.text == b.text || counts_on(a, b)) {
            last.count += u32::from(a.text == b.text);
            last.since = entry.at;
            return;
        }
    }
    causes.push(Cause {
        entry,
        since: entry.at,
        count: 1,
    });
}

/// Whether a step is one failure further than another: `Liveness probe failed (2 of 3)` after `(1 of 3)`.
fn counts_on(newer: &Step, older: &Step) -> bool {
    let head = |text: &str| text.find(" (").unwrap_or(text.len());
    let (end, other) = (head(&newer.text), head(&older.text));
    newer.code == "probe-failed" && newer.text.get(..end) == older.text.get(..other)
}
