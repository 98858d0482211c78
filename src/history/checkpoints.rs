//! Checkpoints: clones of the world along the run, few enough to keep and near enough to run from.

use crate::kernel::SimTime;

use super::cursor::Cursor;

/// How many are kept at most.
const MOST: usize = 48;

/// Events between two checkpoints at first; doubled whenever [`MOST`] are reached.
const FIRST_SPACING: u64 = 2_000;

/// Checkpoints in the order of the run; the first is its start.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    start: Box<Cursor>,
    later: Vec<Cursor>,
    spacing: u64,
    /// How many of the first have been thinned out since the spacing was doubled; none are to be if as many as there
    /// are.
    thinned: usize,
}

impl Checkpoints {
    pub fn new(start: Cursor) -> Self {
        Self {
            start: Box::new(start),
            later: Vec::new(),
            spacing: FIRST_SPACING,
            thinned: MOST / 2,
        }
    }

    /// The newest one at or before `moment`.
    pub fn before(&self, moment: SimTime) -> &Cursor {
        let after = self
            .later
            .partition_point(|cursor| cursor.world.now() <= moment);
        after
            .checked_sub(1)
            .map_or(&self.start, |index| &self.later[index])
    }

    /// How many events the head may go on until a checkpoint is due.
    pub fn slice(&self, head: &Cursor) -> usize {
        let due = self.newest().events + self.spacing;
        usize::try_from(due.saturating_sub(head.events).max(1)).unwrap_or(usize::MAX)
    }

    /// Keeps a clone of the head if one is due; thins out the others if they become too many.
    pub fn offer(&mut self, head: &Cursor) {
        if head.events < self.newest().events + self.spacing {
            return;
        }
        self.later.push(head.clone());
        if self.later.len() >= MOST {
            self.spacing *= 2;
            self.thinned = 0;
        }
        // Every second one goes, but two at a time: to drop a world takes about as long as to clone it.
        for _ in 0..2 {
            if self.thinned < MOST / 2 && self.thinned + 1 < self.later.len() {
                drop(self.later.remove(self.thinned));
                self.thinned += 1;
            }
        }
    }

    /// Drops those that lie after `end`.
    pub fn cut(&mut self, end: &Cursor) {
        self.later
            .retain(|cursor| cursor.position() <= end.position());
    }

    fn newest(&self) -> &Cursor {
        self.later.last().unwrap_or(&self.start)
    }
}
