//! What may stand at a place: keys, values, names and snippets.

use super::lines::Line;
use super::place::Page;
use super::snippets::SNIPPETS;
use super::{Spot, names, resolve};
use crate::api::behaviour::BEHAVIOURS;
use crate::manifest::path::Step;
use crate::manifest::references;
use crate::manifest::schema::{self, Form, Shape, Type, enums};
use std::ops::Range;

/// What may stand at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that an item replaces: what is typed of it already.
    pub span: Range<usize>,
    /// The items, required fields first.
    pub items: Vec<Item>,
}

/// One thing that may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What the list shows and typing is compared with.
    pub label: String,
    /// What it is: `a list, required`.
    pub detail: String,
    /// The text to put in.
    pub insert: String,
    /// The bytes of `insert` to select afterwards; empty at its end for none.
    pub select: Range<usize>,
    /// Its kind.
    pub kind: ItemKind,
    /// The name of its documentation: `Container.image`; empty where there is none.
    pub topic: String,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A field.
    Field,
    /// A value.
    Value,
    /// A text with several lines.
    Snippet,
}

/// The resources that amounts are given for.
const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// What may stand at byte `offset` of `text`; nothing inside of brackets, braces and block scalars.
#[must_use]
pub fn complete(text: &str, offset: usize) -> Completion {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    completion(text, offset).unwrap_or_default()
}

fn completion(text: &str, offset: usize) -> Option<Completion> {
    let at = crate::manifest::LineIndex::new(text).line_of(offset);
    let page = Page::around(text, at);
    let start = page.index.range(at).start;
    let before = text.get(start..offset)?;
    if before.trim_start().starts_with('#') || before.contains(" #") || before.contains('\t') {
        return None;
    }
    // The line up to the cursor; behind blanks only, the cursor's column counts.
    let line = Line::read(before).unwrap_or(Line {
        column: before.len(),
        value_column: before.len(),
        ..Line::default()
    });
    let word = start + line.value_column..offset;
    if line
        .value
        .starts_with(['{', '[', '"', '\'', '|', '>', '&', '*'])
    {
        return None;
    }
    let place = page.place(at, line.column, line.dashes())?;
    let found = Found {
        text,
        page: &page,
        column: line.column,
        siblings: &place.siblings,
    };
    let Some(of) = page.kind_type() else {
        let is_top = place.steps.is_empty() && line.dashes == 0;
        return is_top.then(|| Completion {
            span: word,
            items: match line.key {
                Some(key) => found.header(key),
                None => found.top(),
            },
        });
    };
    let mut steps = place.steps;
    steps.extend(line.key.map(|key| Step::Key(key.to_owned())));
    let items = match line.key {
        Some(key) if steps.len() == 1 && matches!(key, "kind" | "apiVersion") => found.header(key),
        Some(_) => found.values(resolve(of, &steps)?),
        None => found.keys_or_values(of, &steps)?,
    };
    Some(Completion { span: word, items })
}

/// What the items are made from.
struct Found<'a> {
    text: &'a str,
    page: &'a Page<'a>,
    /// Where the word begins.
    column: usize,
    siblings: &'a [String],
}

impl Found<'_> {
    /// The fields of a document without a kind, and whole objects.
    fn top(&self) -> Vec<Item> {
        let mut items: Vec<Item> = ["apiVersion", "kind", "metadata", "spec"]
            .into_iter()
            .filter(|key| !self.siblings.iter().any(|one| one == key))
            .map(|key| Item::plain(key, "", format!("{key}: "), ItemKind::Field))
            .collect();
        if self.siblings.is_empty() {
            self.snippets("", &mut items);
        }
        items
    }

    /// The values of `apiVersion` and `kind`, each by the other where it is there.
    fn header(&self, key: &str) -> Vec<Item> {
        let (version, kind) = (self.page.top("apiVersion"), self.page.top("kind"));
        let mut words: Vec<&str> = schema::kinds()
            .iter()
            .filter(|one| match key {
                "kind" => {
                    version.is_none_or(|version| version.is_empty() || one.api_version == version)
                }
                _ => kind.is_none_or(|kind| kind.is_empty() || one.name == kind),
            })
            .map(|one| {
                if key == "kind" {
                    one.name
                } else {
                    one.api_version
                }
            })
            .collect();
        words.dedup();
        words.into_iter().map(Item::value).collect()
    }

    /// What may stand where no key is typed yet: the keys of a mapping, or an item of a list.
    fn keys_or_values(&self, of: &'static Type, steps: &[Step]) -> Option<Vec<Item>> {
        let spot = resolve(of, steps)?;
        Some(match spot.shape.form() {
            Form::Object(name) => self.keys(schema::find(name)?, ""),
            // A list whose dash is not there yet.
            Form::Array(item) => match item.form() {
                Form::Object(name) => self.keys(schema::find(name)?, "- "),
                _ => Vec::new(),
            },
            Form::Map(_) if self.annotates_pods(steps) => self.behaviours(),
            Form::Map(_) => self.entries(spot),
            _ => self.values(spot),
        })
    }

    /// The fields of a type, and its snippets; each behind `dash`.
    fn keys(&self, of: &'static Type, dash: &str) -> Vec<Item> {
        let mut items = Vec::new();
        for is_required in [true, false] {
            for field in of
                .fields
                .iter()
                .filter(|field| field.required == is_required)
            {
                let is_there = dash.is_empty() && self.siblings.iter().any(|one| one == field.name);
                // The server writes these.
                if is_there || matches!(field.name, "status" | "managedFields") {
                    continue;
                }
                let required = if is_required { ", required" } else { "" };
                let detail = format!("{}{required}", field.shape.in_words());
                let after = after_key(field.shape, self.column + dash.len());
                let insert = format!("{dash}{}:{after}", field.name);
                let topic = format!("{}.{}", of.name, field.name);
                items.push(Item {
                    topic,
                    ..Item::plain(field.name, &detail, insert, ItemKind::Field)
                });
            }
        }
        if dash.is_empty() {
            self.snippets(of.name, &mut items);
        }
        items
    }

    /// The entries that are usual in a map.
    fn entries(&self, spot: Spot) -> Vec<Item> {
        let name = spot.field.map_or("", |(_, field)| field.name);
        let is_amounts =
            matches!(spot.shape.form(), Form::Map(value) if value.form() == Form::Quantity);
        let words: Vec<String> = match name {
            "labels" | "matchLabels" | "selector" => names::labels(self.text),
            _ if is_amounts => RESOURCES.iter().map(|name| format!("{name}: ")).collect(),
            _ => Vec::new(),
        };
        let is_free = |word: &String| {
            let key = word.split(": ").next().unwrap_or_default();
            !self.siblings.iter().any(|one| one == key)
        };
        words
            .into_iter()
            .filter(is_free)
            .map(|word| {
                Item::plain(
                    word.trim_end_matches([':', ' ']),
                    "",
                    word.clone(),
                    ItemKind::Value,
                )
            })
            .collect()
    }

    /// Whether the annotations of a pod, or of a template of pods, are at the end of a path.
    fn annotates_pods(&self, steps: &[Step]) -> bool {
        let is = |step: &Step, name: &str| matches!(step, Step::Key(key) if key == name);
        let [before @ .., metadata, annotations] = steps else {
            return false;
        };
        let is_pod = match before.last() {
            Some(template) => is(template, "template"),
            None => self.page.top("kind") == Some("Pod"),
        };
        is_pod && is(metadata, "metadata") && is(annotations, "annotations")
    }

    /// The annotations that script what runs in a container, for the pods or for one container by name.
    fn behaviours(&self) -> Vec<Item> {
        let free = BEHAVIOURS.iter().filter_map(|one| {
            let key = format!("podarium/{}", one.name);
            (!self.siblings.contains(&key)).then_some((key, one))
        });
        let items = free.map(|(key, one)| {
            let insert = format!("{key}: {}", one.quoted_example());
            let start = insert.len() - one.quoted_example().len();
            Item {
                select: start..insert.len(),
                ..Item::plain(&key, one.effect, insert, ItemKind::Value)
            }
        });
        items.collect()
    }

    /// The values that a field takes.
    fn values(&self, spot: Spot) -> Vec<Item> {
        let Some((of, field)) = spot.field else {
            return Vec::new();
        };
        let mut words: Vec<String> = enums::values(of.name, field.name)
            .map(str::to_owned)
            .collect();
        if field.shape.form() == Form::Bool {
            words = vec!["true".to_owned(), "false".to_owned()];
        }
        if let Some(kind) = references::kind(of.name, field.name) {
            words = names::objects(self.text, kind);
        }
        match (of.name, field.name) {
            ("VolumeMount", "name") => words = names::items(self.page, "volumes"),
            ("HTTPGetAction" | "TCPSocketAction", "port") => {
                words = names::items(self.page, "ports");
            }
            _ => {}
        }
        words.iter().map(|word| Item::value(word)).collect()
    }

    fn snippets(&self, of: &str, items: &mut Vec<Item>) {
        for snippet in SNIPPETS.iter().filter(|snippet| snippet.of == of) {
            let first = snippet.text.split(':').next().unwrap_or_default();
            if !of.is_empty() && self.siblings.iter().any(|one| one == first) {
                continue;
            }
            let text = snippet
                .text
                .replace('\n', &format!("\n{}", " ".repeat(self.column)));
            let start = text.find('‹').unwrap_or(text.len());
            let end = text.find('›').map_or(start, |end| end - '‹'.len_utf8());
            items.push(Item {
                select: start..end,
                ..Item::plain(
                    snippet.label,
                    "",
                    text.replace(['‹', '›'], ""),
                    ItemKind::Snippet,
                )
            });
        }
    }
}

/// What follows a key, up to where its value is typed.
fn after_key(shape: Shape, column: usize) -> String {
    match shape.form() {
        Form::Object(_) | Form::Map(_) => format!("\n{}", " ".repeat(column + 2)),
        Form::Array(_) => format!("\n{}- ", " ".repeat(column)),
        _ => " ".to_owned(),
    }
}

impl Item {
    fn plain(label: &str, detail: &str, insert: String, kind: ItemKind) -> Self {
        Self {
            label: label.to_owned(),
            detail: detail.to_owned(),
            select: insert.len()..insert.len(),
            insert,
            kind,
            topic: String::new(),
        }
    }

    fn value(word: &str) -> Self {
        Self::plain(word, "", word.to_owned(), ItemKind::Value)
    }
}
