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
}

impl Checkpoints {
    pub fn new(start: Cursor) -> Self {
        Self {
            start: Box::new(start),
            later: Vec::new(),
            spacing: FIRST_SPACING,
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
            let mut index = 0;
            self.later.retain(|_| {
                index += 1;
                index % 2 == 0
            });
            self.spacing *= 2;
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
