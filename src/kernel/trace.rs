//! The trace: an append-only record of what happened and why, with a rolling hash of all of it.
//!
//! Two runs are the same run exactly if their hashes agree; that is how determinism is tested.

use std::hash::{Hash, Hasher};

use super::time::SimTime;

/// Names a trace entry; entries are numbered from 1 in the order in which they happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u64);

impl TraceId {
    /// The cause of what has no cause inside the simulation.
    pub const ROOT: Self = Self(0);
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// Its number.
    pub id: TraceId,
    /// When it happened.
    pub at: SimTime,
    /// The entry that led to it.
    pub cause: TraceId,
    /// What it was.
    pub what: T,
}

/// The record. Entries that were [drained](Self::drain) are kept by whoever took them; the hash and
/// the numbering go on.
#[derive(Clone, Debug)]
pub struct Trace<T> {
    entries: Vec<Entry<T>>,
    last: TraceId,
    hash: TraceHasher,
}

impl<T> Default for Trace<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            last: TraceId::ROOT,
            hash: TraceHasher::default(),
        }
    }
}

impl<T: Hash> Trace<T> {
    /// Appends an entry and returns its number.
    pub fn record(&mut self, at: SimTime, cause: TraceId, what: T) -> TraceId {
        self.last.0 += 1;
        (at, cause, &what).hash(&mut self.hash);
        self.entries.push(Entry {
            id: self.last,
            at,
            cause,
            what,
        });
        self.last
    }

    /// Adds something to the hash without keeping it.
    pub fn absorb(&mut self, at: SimTime, what: &impl Hash) {
        (at, what).hash(&mut self.hash);
    }
}

impl<T> Trace<T> {
    /// Takes the entries recorded since the last call.
    pub fn drain(&mut self) -> Vec<Entry<T>> {
        std::mem::take(&mut self.entries)
    }

    /// The number of the newest entry.
    #[must_use]
    pub const fn last(&self) -> TraceId {
        self.last
    }

    /// The hash of everything recorded so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }
}

/// FNV-1a with every integer fed as little-endian of a fixed width, so that 32-bit and 64-bit
/// targets agree (`Hasher`'s default feeds `usize` by its size).
#[derive(Clone, Debug)]
pub struct TraceHasher(u64);

impl Default for TraceHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for TraceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u16(&mut self, value: u16) {
        self.write(&value.to_le_bytes());
    }

    fn write_u32(&mut self, value: u32) {
        self.write(&value.to_le_bytes());
    }

    fn write_u64(&mut self, value: u64) {
        self.write(&value.to_le_bytes());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_depends_on_time_cause_content_and_order() {
        let run = |rows: &[(u64, u64, &'static str)]| {
            let mut trace = Trace::default();
            for (at, cause, what) in rows {
                trace.record(SimTime::from_secs(*at), TraceId(*cause), *what);
            }
            trace.hash()
        };
        let base = run(&[(1, 0, "a"), (2, 1, "b")]);
        assert_eq!(base, run(&[(1, 0, "a"), (2, 1, "b")]));
        for other in [
            run(&[(1, 0, "a"), (3, 1, "b")]),
            run(&[(1, 0, "a"), (2, 0, "b")]),
            run(&[(1, 0, "a"), (2, 1, "c")]),
            run(&[(2, 1, "b"), (1, 0, "a")]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn draining_keeps_numbering_and_hash() {
        let mut trace = Trace::default();
        trace.record(SimTime::ZERO, TraceId::ROOT, 1_u8);
        let before = trace.hash();
        assert_eq!(trace.drain().len(), 1);
        assert_eq!((trace.hash(), trace.last()), (before, TraceId(1)));
        assert_eq!(trace.record(SimTime::ZERO, TraceId(1), 2_u8), TraceId(2));
    }

    #[test]
    fn widths_are_the_same_on_every_target() {
        let mut hasher = TraceHasher::default();
        hasher.write_usize(7);
        let mut same = TraceHasher::default();
        same.write_u64(7);
        assert_eq!(hasher.finish(), same.finish());
    }
}
