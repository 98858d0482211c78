//! One tree of files: an image's, or a volume's.

use crate::kernel::{OrderedMap, OrderedSet};
use std::rc::Rc;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory,
    /// A file of text, followed by zeros that are counted and not kept.
    File {
        /// The text.
        content: Rc<String>,
        /// Number of zero bytes behind it.
        zero_bytes: u64,
    },
    /// A symbolic link.
    Link(Rc<str>),
}

/// Files by their path relative to the root, without leading slash. Parent directories of a file
/// exist by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: OrderedMap<String, Node>,
}

impl Node {
    /// A file with this text.
    #[must_use]
    pub fn file(content: String) -> Self {
        Self::File {
            content: Rc::new(content),
            zero_bytes: 0,
        }
    }

    /// Bytes that it takes; directories and links take none.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::File {
                content,
                zero_bytes,
            } => content.len() as u64 + zero_bytes,
            Self::Directory | Self::Link(_) => 0,
        }
    }
}

impl Tree {
    /// The node at a path; the empty path is the root directory.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Node> {
        if path.is_empty() {
            return Some(Node::Directory);
        }
        self.nodes
            .get(path)
            .cloned()
            .or_else(|| self.has_below(path).then_some(Node::Directory))
    }

    /// Puts a node at a path, over whatever is there.
    pub fn put(&mut self, path: &str, node: Node) {
        self.nodes.insert(path.to_owned(), node);
    }

    /// Puts a file at a path.
    pub fn put_file(&mut self, path: &str, content: String) {
        self.put(path.trim_matches('/'), Node::file(content));
    }

    /// Takes a node out. A parent directory that existed only through it goes on existing.
    pub fn take(&mut self, path: &str) -> Option<Node> {
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.nodes
                .entry(parent.to_owned())
                .or_insert(Node::Directory);
        }
        self.nodes.remove(path)
    }

    /// The names directly below a directory, sorted.
    #[must_use]
    pub fn children(&self, path: &str) -> OrderedSet<String> {
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        self.nodes
            .split(&prefix)
            .1
            .iter()
            .map_while(|(full, _)| full.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('/').next())
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// All files with their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.nodes.values().map(Node::size_bytes).sum()
    }

    fn has_below(&self, path: &str) -> bool {
        // What lies below has `/` behind the path; before those stand its siblings with a lesser character there.
        let next = |full: &String| full.strip_prefix(path)?.as_bytes().first().copied();
        let from = self.nodes.split(path).1.iter();
        let mut after = from.map_while(|(full, _)| next(full));
        after.find(|byte| *byte >= b'/') == Some(b'/')
    }
}
