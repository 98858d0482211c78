//! Pods by the hundred: one glyph each, in groups.

use std::rc::Rc;

use super::common::{State, Text};
use super::stage::PodCell;

/// The crowd mode of the middle panel: all pods by node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crowd {
    /// One per node, by name; before them the pods without a node, if there are any.
    pub groups: Vec<Rc<Group>>,
    /// How many pods there are of each state, those with none left out, in the order of the legend.
    pub tally: Vec<(State, usize)>,
    /// `5,000 pods, 100 nodes`.
    pub summary: Text,
    /// The number of the selected pod, if it is among them.
    pub selected: Option<u64>,
}

/// Pods that stand together: those of a node, or of a zone of a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// What they have in common: the node's name, or empty.
    pub title: Text,
    /// What is wrong with the node: its STATUS if that is not Ready, else empty.
    pub note: Text,
    /// In order of creation.
    pub glyphs: Vec<Glyph>,
}

/// A pod in a crowd: no more than what its glyph shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// Its place in the order of creation; names the pod in actions.
    pub number: u64,
    /// Shape and colour.
    pub state: State,
}

/// The pod under the pointer or the keyboard's cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loupe {
    /// Which.
    pub number: u64,
    /// All that a full cell shows of it.
    pub cell: Rc<PodCell>,
}

impl Group {
    /// Where a pod stands in the group.
    #[must_use]
    pub fn place(&self, number: u64) -> Option<usize> {
        self.find(number).ok()
    }

    /// Puts a pod into the group, or takes it out.
    pub fn set(&mut self, number: u64, state: Option<State>) {
        match (self.find(number), state) {
            (Ok(at), Some(state)) => self.glyphs[at].state = state,
            (Ok(at), None) => drop(self.glyphs.remove(at)),
            (Err(at), Some(state)) => self.glyphs.insert(at, Glyph { number, state }),
            (Err(_), None) => {}
        }
    }

    fn find(&self, number: u64) -> Result<usize, usize> {
        self.glyphs
            .binary_search_by(|glyph| glyph.number.cmp(&number))
    }
}
