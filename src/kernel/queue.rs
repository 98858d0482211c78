//! The event queue: ordered by (time, sequence), so that ties are broken by who asked first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use slab::Slab;

use super::time::SimTime;
use super::trace::TraceId;

/// Pending events in the order in which they will happen.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    /// Which place is next. Events are several times as large as this, and a heap moves what it holds often.
    heap: BinaryHeap<Reverse<Turn>>,
    places: Slab<Scheduled<E>>,
    next_sequence: u64,
}

/// When the event in a place happens. From the highest bits to the lowest: 64 of the moment, 40 of the sequence, 24 of
/// the place; so two turns are compared at once, without a branch, and the heap is two thirds as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn(u128);

impl Turn {
    const PLACE_BITS: u32 = 24;

    /// A run has fewer than 10^12 events, of which fewer than 16 million are pending.
    fn new(at: SimTime, sequence: u64, place: usize) -> Self {
        let order = sequence << Self::PLACE_BITS | place as u64;
        Self(u128::from(at.as_micros()) << 64 | u128::from(order))
    }

    const fn at(self) -> SimTime {
        SimTime::from_micros((self.0 >> 64) as u64)
    }

    const fn place(self) -> usize {
        self.0 as usize & ((1 << Self::PLACE_BITS) - 1)
    }
}

/// An event with its moment and the trace entry that caused it.
#[derive(Clone, Debug)]
pub struct Scheduled<E> {
    /// When it happens.
    pub at: SimTime,
    /// Position among all events ever pushed; breaks ties of `at`.
    pub sequence: u64,
    /// What caused it.
    pub cause: TraceId,
    /// What happens.
    pub event: E,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            places: Slab::new(),
            next_sequence: 0,
        }
    }
}

impl<E> Queue<E> {
    /// Adds an event.
    pub fn push(&mut self, at: SimTime, cause: TraceId, event: E) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let place = self.places.insert(Scheduled {
            at,
            sequence,
            cause,
            event,
        });
        self.heap.push(Reverse(Turn::new(at, sequence, place)));
    }

    /// Takes the earliest event.
    pub fn pop(&mut self) -> Option<Scheduled<E>> {
        let Reverse(turn) = self.heap.pop()?;
        self.places.try_remove(turn.place())
    }

    /// The moment of the earliest event.
    #[must_use]
    pub fn next_time(&self) -> Option<SimTime> {
        self.heap.peek().map(|turn| turn.0.at())
    }

    /// The pending events, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Scheduled<E>> {
        self.places.iter().map(|(_, scheduled)| scheduled)
    }

    /// The number of pending events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pops_by_time_and_then_by_order_of_pushing() {
        let mut queue = Queue::default();
        for (at, event) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            queue.push(SimTime::from_secs(at), TraceId::ROOT, event);
        }
        assert_eq!(queue.next_time(), Some(SimTime::from_secs(1)));
        let order: String = std::iter::from_fn(|| queue.pop())
            .map(|s| s.event)
            .collect();
        assert_eq!(order, "abcd");
    }
}
