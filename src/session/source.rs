//! The text of the editor, read: its objects, and where their fields stand.

use crate::api::{Kind, Object, ObjectKey};
use crate::cluster::{FieldRead, World};
use crate::manifest::lines::utf16_len;
use crate::manifest::path::find;
use crate::manifest::{self, Diagnostic, Document, Manifest};

use super::view::{Link, Text};

/// The longest text that is read at every keystroke, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// A text with what was read from it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The text.
    pub text: Text,
    /// What it says.
    pub manifest: Manifest,
    /// Where the lines begin, in bytes.
    starts: Vec<usize>,
}

impl Default for Source {
    fn default() -> Self {
        Self::new("".into())
    }
}

impl Source {
    /// Reads a text.
    #[must_use]
    pub fn new(text: Text) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        Self {
            manifest: read(&text),
            starts,
            text,
        }
    }

    /// The line, from 1, that holds a byte.
    #[must_use]
    pub fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// A place in UTF-16 units from the start, as editors count.
    #[must_use]
    pub fn utf16(&self, offset: usize) -> u32 {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        u32::try_from(utf16_len(before)).unwrap_or(u32::MAX)
    }

    /// The document that made an object, if the text has it.
    #[must_use]
    pub fn document(&self, key: &ObjectKey) -> Option<&Document> {
        self.manifest.documents.iter().rev().find(|document| {
            let kind = Kind::from_manifest(
                document.api_version.as_deref().unwrap_or_default(),
                document.kind.as_deref().unwrap_or_default(),
            );
            let namespace = document.namespace.as_deref().unwrap_or("default");
            kind == Some(key.kind)
                && document.name.as_deref() == Some(&key.name)
                && (!key.kind.namespaced() || namespace == key.namespace.as_ref())
        })
    }

    /// The link to a field that a decision read. A pod's fields are those of its owner's template.
    #[must_use]
    pub fn link(&self, world: &World, read: &FieldRead) -> Option<Link> {
        let mut link = self.named_link(world, read)?;
        link.label = format!("line {}", link.line).into();
        Some(link)
    }

    /// As [`Source::link`], with the field's name: `failureThreshold, line 24`, or, where the text leaves it to its
    /// default, `failureThreshold by default, line 18`.
    #[must_use]
    pub fn named_link(&self, world: &World, read: &FieldRead) -> Option<Link> {
        let (document, path) = self.resolve(world, &read.object, &read.path)?;
        let line = self.line(document.locate(&path).start);
        // The keys of labels have dots of their own.
        let name = match path.contains('/') {
            true => path.rsplit("spec.").next(),
            false => path.rsplit('.').next(),
        };
        let by_default = match find(&document.tree, &path) {
            Some(_) => "",
            None => " by default",
        };
        Some(Link {
            label: format!("{}{by_default}, line {line}", name.unwrap_or(&path)).into(),
            line,
            field: path.into(),
        })
    }

    fn resolve(
        &self,
        world: &World,
        object: &ObjectKey,
        path: &str,
    ) -> Option<(&Document, String)> {
        let (mut key, mut path) = (object.clone(), path.to_owned());
        // At most pod, ReplicaSet, Deployment.
        for _ in 0..4 {
            if let Some(document) = self.document(&key) {
                return Some((document, path));
            }
            let (owner, inside) = owner_path(world, &key, &path)?;
            (key, path) = (owner, inside);
        }
        None
    }
}

/// Reads a text, unless it is so long that typing would stop.
fn read(text: &str) -> Manifest {
    if text.len() <= MAX_BYTES {
        return manifest::read(text);
    }
    let first = text.lines().next().unwrap_or_default();
    let size = text.len() >> 10;
    let message = format!("A text of {size} KiB is not read here; the editor takes 1024 KiB");
    let span = manifest::lines::clamp(text, 0..first.len().min(80));
    let problem = Diagnostic::error("text-too-long", message, span)
        .with_hint("`podarium check` reads texts of any length");
    Manifest {
        documents: Vec::new(),
        diagnostics: vec![problem],
    }
}

/// The owner of an object, and the field of the owner that the object's field came from.
fn owner_path(world: &World, key: &ObjectKey, path: &str) -> Option<(ObjectKey, String)> {
    let object = world.api().store().get(key)?;
    let owner = controller(object)?;
    let copied = match (key.kind, owner.kind) {
        (Kind::Pod, _) => format!("spec.template.{path}"),
        // A ReplicaSet is made in the image of its Deployment.
        _ => path.to_owned(),
    };
    Some((owner, copied))
}

/// The controller of an object.
#[must_use]
pub fn controller(object: &Object) -> Option<ObjectKey> {
    let owner = crate::api::owner::controller_of(object.meta())?;
    let kind = Kind::from_manifest(&owner.api_version, &owner.kind)?;
    Some(ObjectKey::new(kind, object.namespace(), &owner.name))
}
