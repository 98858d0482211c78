//! What runs pods, however deep its template lies.

use crate::manifest::tree::{Node, Value};
use crate::manifest::{Document, path};

/// A pod, or a template of pods.
pub(super) struct Workload<'a> {
    /// The index of its document.
    pub index: usize,
    /// Its kind.
    pub kind: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Where the pods' metadata and spec are: the document, or a template in it.
    pub pod: &'a Node,
    /// The pods' spec.
    pub spec: &'a Node,
}

/// Where the pod template of a kind is.
const TEMPLATES: &[(&str, &str)] = &[
    ("Pod", ""),
    ("Deployment", "spec.template"),
    ("ReplicaSet", "spec.template"),
    ("StatefulSet", "spec.template"),
    ("DaemonSet", "spec.template"),
    ("Job", "spec.template"),
    ("CronJob", "spec.jobTemplate.spec.template"),
];

impl<'a> Workload<'a> {
    /// The workload of a document, if it is one.
    pub fn of(index: usize, document: &'a Document) -> Option<Self> {
        let kind = document.kind.as_deref()?;
        let (_, template) = TEMPLATES.iter().find(|(known, _)| *known == kind)?;
        let pod = path::find(&document.tree, template)?;
        Some(Self {
            index,
            kind,
            namespace: namespace(document),
            pod,
            spec: pod.get("spec")?,
        })
    }

    /// Its containers that run at the same time; init containers are not among them.
    pub fn containers(&self) -> &'a [Node] {
        items(self.spec.get("containers"))
    }

    /// The labels of its pods.
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.pod.get("metadata")?.get("labels")?.get(key)?.as_str()
    }

    /// Whether its pods have all these labels.
    pub fn is_selected_by(&self, selector: &Node) -> bool {
        selector
            .sorted_entries()
            .iter()
            .all(|entry| self.label(&entry.key) == entry.value.as_str())
    }
}

/// The namespace that an object goes to.
pub(super) fn namespace(document: &Document) -> &str {
    document.namespace.as_deref().unwrap_or("default")
}

/// The items of a list; none of anything else.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Value::Sequence(items)) => items,
        _ => &[],
    }
}

/// The text of a field.
pub(super) fn text<'a>(node: &'a Node, field: &str) -> Option<&'a str> {
    node.get(field)?.as_str()
}

/// The whole number in a field.
pub(super) fn number(node: &Node, field: &str) -> Option<i64> {
    match &node.get(field)?.value {
        Value::Scalar(scalar) => scalar.text.parse().ok(),
        _ => None,
    }
}
