//! Where an object lives: its kind, namespace and name.

use std::borrow::Borrow;
use std::cmp::Ordering;
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

/// What names an object without owning the names: a map by [`ObjectKey`] is searched by it, so that a look at an
/// object allocates nothing.
pub trait Naming {
    /// Kind, namespace and name.
    fn parts(&self) -> (Kind, &str, &str);
}

impl Naming for ObjectKey {
    fn parts(&self) -> (Kind, &str, &str) {
        (self.kind, &self.namespace, &self.name)
    }
}

impl Naming for (Kind, &str, &str) {
    fn parts(&self) -> (Kind, &str, &str) {
        let (kind, namespace, name) = *self;
        let namespace = if kind.namespaced() { namespace } else { "" };
        (kind, namespace, name)
    }
}

impl<'a> Borrow<dyn Naming + 'a> for ObjectKey {
    fn borrow(&self) -> &(dyn Naming + 'a) {
        self
    }
}

// In the order of `ObjectKey`, as `Borrow` demands.
impl Ord for dyn Naming + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for dyn Naming + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Naming + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for dyn Naming + '_ {}

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
