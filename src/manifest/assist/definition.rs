//! Where what a place names is defined.

use super::hover::by_tree;
use super::resolve;
use crate::manifest::path::{self, Step};
use crate::manifest::tree::{Node, Value};
use crate::manifest::{Manifest, references};
use std::ops::Range;

/// The bytes of the definition of what is named at byte `offset`: the name of a ConfigMap, Secret, claim or another
/// object, the key in its data, a volume, a port.
#[must_use]
pub fn definition(manifest: &Manifest, offset: usize) -> Option<Range<usize>> {
    let (of, path, _) = by_tree(manifest, offset)?;
    let document = manifest.document_at(offset)?;
    let (owner, field) = resolve(of, &path::parse(&path))?.field?;
    let name = path::find(&document.tree, &path)?.as_str()?;
    let namespace = document.namespace.as_deref().unwrap_or("default");
    if let Some(kind) = references::kind(owner.name, field.name) {
        return references::target(&manifest.documents, kind, namespace, name);
    }
    let (parent, _) = path.rsplit_once('.')?;
    match (owner.name, field.name) {
        ("VolumeMount", "name") => {
            let spec = outer(&path, &["containers", "initContainers"])?;
            named(path::find(&document.tree, &spec)?.get("volumes")?, name)
        }
        ("HTTPGetAction" | "TCPSocketAction", "port") => {
            let container = path.find("Probe").and_then(|at| path[..at].rfind('.'));
            named(
                path::find(&document.tree, &path[..container?])?.get("ports")?,
                name,
            )
        }
        ("ConfigMapKeySelector" | "SecretKeySelector", "key") => {
            let kind = references::kind(owner.name, "name")?;
            let object = path::find(&document.tree, parent)?.get("name")?.as_str()?;
            let place = references::target(&manifest.documents, kind, namespace, object)?;
            let tree = &manifest.document_at(place.start)?.tree;
            let mut data = ["data", "stringData", "binaryData"]
                .iter()
                .filter_map(|data| tree.get(data));
            data.find_map(|data| data.entry(name))
                .map(|entry| entry.key_span.clone())
        }
        _ => None,
    }
}

/// The path up to what holds one of the fields: `spec.template.spec` of `spec.template.spec.containers[0].…`.
fn outer(path: &str, fields: &[&str]) -> Option<String> {
    let steps = path::parse(path);
    let at = steps
        .iter()
        .rposition(|step| matches!(step, Step::Key(key) if fields.contains(&key.as_str())))?;
    let mut outer = String::new();
    for step in &steps[..at] {
        match step {
            Step::Key(key) => path::push_key(&mut outer, key),
            Step::Index(index) => outer.push_str(&format!("[{index}]")),
        }
    }
    Some(outer)
}

/// The bytes of the name of the item of a list that is called so.
fn named(list: &Node, name: &str) -> Option<Range<usize>> {
    let Value::Sequence(items) = &list.value else {
        return None;
    };
    let mut names = items.iter().filter_map(|item| item.get("name"));
    names
        .find(|node| node.as_str() == Some(name))
        .map(|node| node.span.clone())
}
