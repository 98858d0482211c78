//! Where an object lives: its kind, namespace and name.

use std::fmt;
use std::rc::Rc;

use super::Kind;

/// Names one object of a cluster. Sorts by kind, then namespace, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for cluster-scoped kinds.
    pub namespace: Rc<str>,
    /// The name.
    pub name: Rc<str>,
}

impl ObjectKey {
    /// The key of an object; the namespace of a cluster-scoped kind is dropped.
    #[must_use]
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        let namespace = if kind.namespaced() { namespace } else { "" };
        Self {
            kind,
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The key of an object of another kind and name in the same namespace.
    #[must_use]
    pub fn sibling(&self, kind: Kind, name: &str) -> Self {
        Self::new(kind, &self.namespace, name)
    }
}

/// `Pod default/web`, or `Node node-1` where there is no namespace.
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.name())?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}
