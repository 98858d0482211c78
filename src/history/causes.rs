//! The chain of causes that led to how an object is.

use crate::api::ObjectKey;
use crate::cluster::Step;
use crate::kernel::trace::Entry;
use crate::kernel::{SimTime, TraceId};

use super::Record;

/// One cause, or several like it in a row.
#[derive(Clone, Debug)]
pub struct Cause<'a> {
    /// The newest of them.
    pub entry: &'a Entry<Step>,
    /// When the oldest of them happened.
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
            chain = cause_of(record, next.cause);
        }
        add(&mut causes, next);
    }
}

fn cause_of(record: &Record, id: TraceId) -> Option<&Entry<Step>> {
    record.step(id).filter(|_| id != TraceId::ROOT)
}

/// Adds an older step, or counts it with the one after it if both say the same.
fn add<'a>(causes: &mut Vec<Cause<'a>>, entry: &'a Entry<Step>) {
    if let Some(last) = causes.last_mut() {
        let (a, b) = (&last.entry.what, &entry.what);
        if a.code == b.code
            && a.about == b.about
            && a.actor == b.actor
            && a.container == b.container
            && a.text == b.text
        {
            last.count += 1;
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
