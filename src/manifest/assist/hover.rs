//! What the field at a place is.

use super::place::Page;
use super::resolve;
use crate::api::behaviour;
use crate::manifest::path::{self, Step};
use crate::manifest::schema::{self, Field, Form, Type, enums};
use crate::manifest::{Manifest, effects};
use std::ops::Range;

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The bytes it is about: the key, or the line's key where the document does not read.
    pub span: Range<usize>,
    /// The field: `spec.containers[0].image`.
    pub path: String,
    /// What it holds: `text, required`.
    pub detail: String,
    /// The values that it takes, if they are few.
    pub values: Vec<&'static str>,
    /// Why it has no effect here, if so.
    pub without_effect: Option<&'static str>,
    /// The name of its documentation: `Container.image`.
    pub topic: String,
}

/// What the field at byte `offset` is; none where no field of a known kind is.
#[must_use]
pub fn hover(text: &str, manifest: &Manifest, offset: usize) -> Option<Hover> {
    let (of, path, span) = by_tree(manifest, offset).or_else(|| by_lines(text, offset))?;
    let steps = path::parse(&path);
    let (owner, field) = resolve(of, &steps)?.field?;
    Some(Hover {
        span,
        path,
        detail: behaviour(&steps).unwrap_or_else(|| detail(field)),
        values: enums::values(owner.name, field.name).collect(),
        without_effect: effects::find(owner.name, field.name).map(|row| row.why),
        topic: format!("{}.{}", owner.name, field.name),
    })
}

/// What an annotation of ours does.
fn behaviour(steps: &[Step]) -> Option<String> {
    let [.., Step::Key(annotations), Step::Key(key)] = steps else {
        return None;
    };
    let (_, name) = behaviour::split(key).filter(|_| annotations == "annotations")?;
    behaviour::find(name).map(|one| one.effect.to_owned())
}

fn detail(field: &Field) -> String {
    let required = if field.required { ", required" } else { "" };
    let what = match field.shape.form() {
        Form::Object(name) => name,
        _ => field.shape.in_words(),
    };
    format!("{what}{required}")
}

/// The path at a place of a document that reads, with its type.
pub(super) fn by_tree(
    manifest: &Manifest,
    offset: usize,
) -> Option<(&'static Type, String, Range<usize>)> {
    let document = manifest.document_at(offset)?;
    let of = schema::kind_type(document.api_version.as_deref()?, document.kind.as_deref()?)?;
    let path = path::at(&document.tree, offset);
    let span = path::locate_key(&document.tree, &path);
    // Beside the fields there is nothing to say.
    let value = path::locate(&document.tree, &path);
    let near = |span: &Range<usize>| span.start <= offset && offset <= span.end;
    (near(&span) || near(&value)).then_some((of, path, span))
}

/// The path of the key on the line of a place.
fn by_lines(text: &str, offset: usize) -> Option<(&'static Type, String, Range<usize>)> {
    let at = crate::manifest::LineIndex::new(text).line_of(offset);
    let page = Page::around(text, at);
    let line = page.line(at)?;
    let start = page.index.range(at).start + line.column;
    let key = line.key?;
    let mut steps = page.place(at, line.column, line.dashes())?.steps;
    steps.push(Step::Key(key.to_owned()));
    let mut path = String::new();
    for step in &steps {
        match step {
            Step::Key(key) => path::push_key(&mut path, key),
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    Some((page.kind_type()?, path, start..start + key.len()))
}
