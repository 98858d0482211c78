//! What a container did to the files of its image.

use std::rc::Rc;

use super::base;
use super::tree::Node;
use crate::kernel::OrderedMap;
use crate::kernel::ordered::Entries;

/// What the container did to a path of its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Put(Node),
    Removed,
}

/// All changes, by absolute path. What they take is kept, since somebody asks after every step of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    by_path: Rc<OrderedMap<String, Change>>,
    bytes: u64,
}

impl Changes {
    /// What was done to a path.
    pub fn get(&self, path: &str) -> Option<&Change> {
        self.by_path.get(path)
    }

    /// The changes whose paths begin with `prefix`, in order.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Change)> {
        let from: Entries<'a, _, _> = self.by_path.split(prefix).1;
        from.iter()
            .map_while(move |(path, change)| Some((path.strip_prefix(prefix)?, change)))
    }

    /// Does something to a path, in place of what was done before.
    pub fn insert(&mut self, path: String, change: Change) {
        let counts = !base::is_provided(&path);
        let after = change.size_bytes();
        let before = Rc::make_mut(&mut self.by_path).insert(path, change);
        if counts {
            self.bytes += after;
            self.bytes -= before.map_or(0, |before| before.size_bytes());
        }
    }

    /// Takes back what was done to a path.
    pub fn remove(&mut self, path: &str) -> Option<Change> {
        if !self.by_path.contains_key(path) {
            return None;
        }
        let change = Rc::make_mut(&mut self.by_path).remove(path)?;
        if !base::is_provided(path) {
            self.bytes -= change.size_bytes();
        }
        Some(change)
    }

    /// What was written, but for the files that the runtime provides.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Change {
    fn size_bytes(&self) -> u64 {
        match self {
            Self::Put(node) => node.size_bytes(),
            Self::Removed => 0,
        }
    }
}
