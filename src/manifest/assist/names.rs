//! Names that a text gives: of its objects, volumes, ports and labels.

use super::lines::Line;
use super::place::Page;
use crate::manifest::lines::LineIndex;
use crate::manifest::path::Step;

/// The names of the objects of a kind in a text.
pub(super) fn objects(text: &str, kind: &str) -> Vec<String> {
    let index = LineIndex::new(text);
    let mut names = Vec::new();
    let mut line = 0;
    while line < index.count() {
        let page = Page::around(text, line);
        if page.top("kind") == Some(kind) {
            let inside = page.lines.clone().filter_map(|line| page.line(line));
            let mut metadata = inside
                .skip_while(|line| line.key != Some("metadata") || line.column > 0)
                .skip(1);
            let name = metadata.find(|line| line.key == Some("name") || line.column == 0);
            names.extend(name.filter(|line| line.column > 0).map(value));
        }
        line = page.lines.end.max(line) + 1;
    }
    names
}

/// The `name`s of the items of lists called `list` in a document.
pub(super) fn items(page: &Page<'_>, list: &str) -> Vec<String> {
    let named = page.lines.clone().filter_map(|at| {
        let line = page.line(at).filter(|line| line.key == Some("name"))?;
        let steps = page.place(at, line.column, line.dashes())?.steps;
        let [.., Step::Key(key), Step::Index(_)] = steps.as_slice() else {
            return None;
        };
        (key == list).then(|| value(line))
    });
    named.collect()
}

/// The labels of a text, as `key: value`, each once.
pub(super) fn labels(text: &str) -> Vec<String> {
    let index = LineIndex::new(text);
    let mut labels: Vec<String> = Vec::new();
    let mut within: Option<usize> = None;
    for line in (0..index.count()).filter_map(|line| Line::read(index.text(line))) {
        if within.is_some_and(|column| line.column <= column) {
            within = None;
        }
        match (within, line.key) {
            (Some(_), Some(key)) if !line.value.is_empty() => {
                labels.push(format!("{key}: {}", line.value));
            }
            (None, Some("labels" | "matchLabels")) => within = Some(line.column),
            _ => {}
        }
    }
    labels.sort();
    labels.dedup();
    labels
}

fn value(line: Line<'_>) -> String {
    line.value.trim_matches(['"', '\'']).to_owned()
}
