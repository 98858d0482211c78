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

/// Rotates and multiplies for every eight bytes, as FxHash does: no two inputs that differ in one word can agree, and
/// it costs little beside the simulation, of which it takes in everything. Texts are fed as little-endian words and
/// integers by a fixed width, so that 32-bit and 64-bit targets agree (`Hasher`'s default feeds `usize` by its size).
#[derive(Clone, Debug)]
pub struct TraceHasher(u64);

/// The hash of one thing.
#[must_use]
pub fn digest(what: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = TraceHasher::default();
    what.hash(&mut hasher);
    hasher.finish()
}

impl TraceHasher {
    const fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

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
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        // The length stands above the bytes of the rest, so that zeros at its end count.
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        last[7] = rest.len() as u8;
        if !rest.is_empty() {
            self.add(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.add(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
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
    fn every_byte_of_a_text_counts() {
        let hash = |text: &str| {
            let mut hasher = TraceHasher::default();
            text.hash(&mut hasher);
            hasher.finish()
        };
        let text = "crash-7d9f8c6b5-x4skz/main";
        let mut hashes = vec![hash(text), hash(""), hash("\0"), hash("\0\0")];
        hashes.extend((0..text.len()).map(|end| hash(&text[..end])).skip(1));
        for at in 0..text.len() {
            let mut other = text.as_bytes().to_vec();
            other[at] ^= 1;
            hashes.push(hash(&String::from_utf8_lossy(&other)));
        }
        let all = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
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
