//! A text in good order: two spaces per level, one blank after a colon, no blanks at the ends of lines.
//!
//! Comments, quotes and the order of the fields stay, and so does the meaning: a text whose objects would change,
//! and one that does not read, is left as it is.

use crate::manifest::lines::LineIndex;
use crate::manifest::tree::{Node, Value};
use crate::manifest::{Manifest, read, split, syntax};

/// The text in good order; none if it has a syntax error.
#[must_use]
pub fn format(text: &str) -> Option<String> {
    let mut layout = Layout {
        lines: LineIndex::new(text),
        text,
        columns: Vec::new(),
        gaps: Vec::new(),
    };
    layout.columns = vec![None; layout.lines.count()];
    for piece in split::split(text) {
        let parsed = syntax::parse(text, &piece);
        if piece.is_json
            || parsed
                .diagnostics
                .iter()
                .any(crate::manifest::Diagnostic::is_error)
        {
            return None;
        }
        if let Some(root) = &parsed.root {
            layout.node(root, 0);
        }
    }
    let formatted = layout.write();
    same_objects(&read(text), &read(&formatted)).then_some(formatted)
}

fn same_objects(one: &Manifest, other: &Manifest) -> bool {
    let objects = |manifest: &Manifest| {
        manifest
            .documents
            .iter()
            .map(|document| document.json.clone())
            .collect::<Vec<_>>()
    };
    objects(one) == objects(other)
}

struct Layout<'text> {
    lines: LineIndex<'text>,
    text: &'text str,
    /// The column in which a line is to begin, where it begins a field or an item.
    columns: Vec<Option<usize>>,
    /// Blanks to be one blank: the bytes between a colon or dash and what follows.
    gaps: Vec<std::ops::Range<usize>>,
}

impl Layout<'_> {
    /// Lays out a value whose block begins in `column`.
    fn node(&mut self, node: &Node, column: usize) {
        if self
            .text
            .get(node.span.clone())
            .is_some_and(|text| text.starts_with(['{', '[', '*']))
        {
            return;
        }
        match &node.value {
            Value::Scalar(_) => {}
            Value::Mapping(entries) => {
                for entry in entries.iter().filter(|entry| !entry.merged) {
                    self.begin(entry.key_span.start, column);
                    let inner = match &entry.value.value {
                        // A list stays where it was: below its key, or further in.
                        Value::Sequence(_)
                            if !self.is_further_in(entry.key_span.start, &entry.value) =>
                        {
                            column
                        }
                        _ => column + 2,
                    };
                    self.gap(entry.key_span.end, entry.value.span.start, ":");
                    self.node(&entry.value, inner);
                }
            }
            Value::Sequence(items) => {
                for item in items {
                    let dash = self.text[..item.span.start]
                        .rfind('-')
                        .unwrap_or(item.span.start);
                    self.begin(dash, column);
                    self.gap(dash, item.span.start, "-");
                    self.node(item, column + 2);
                }
            }
        }
    }

    /// Whether a list begins to the right of its key.
    fn is_further_in(&self, key: usize, list: &Node) -> bool {
        let column = |offset: usize| offset - self.lines.range(self.lines.line_of(offset)).start;
        let dash = self.text[..list.span.start + 1]
            .rfind('-')
            .unwrap_or(list.span.start);
        column(dash) > column(key)
    }

    /// Notes that what begins at `offset` belongs into `column`, if it is the first of its line.
    fn begin(&mut self, offset: usize, column: usize) {
        let line = self.lines.line_of(offset);
        if self.lines.content(line).start == offset {
            self.columns[line] = Some(column);
        }
    }

    /// Notes the blanks between `mark` behind `from` and `to`, if nothing else stands there.
    fn gap(&mut self, from: usize, to: usize, mark: &str) {
        let Some(between) = self.text.get(from..to) else {
            return;
        };
        let blanks = between.trim_start_matches(mark);
        if blanks.len() > 1
            && blanks.bytes().all(|byte| byte == b' ')
            && blanks.len() + mark.len() == between.len()
        {
            self.gaps.push(to - blanks.len()..to);
        }
    }

    fn write(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        // Lines inside of a value move along with the line that begins it.
        let mut shift = 0_isize;
        for line in 0..self.lines.count() {
            let range = self.lines.range(line);
            let text = self.lines.text(line);
            let content = text.trim_start_matches(' ');
            let old = text.len() - content.len();
            let target = match self.columns[line] {
                Some(column) => {
                    shift = column as isize - old as isize;
                    column
                }
                None if content.starts_with('#') => self.comment_column(line).unwrap_or(old),
                None if content.starts_with("---") => 0,
                None => old.saturating_add_signed(shift),
            };
            if !content.trim().is_empty() {
                out.push_str(&" ".repeat(target));
                let mut from = range.start + old;
                for gap in self.gaps.iter().filter(|gap| range.contains(&gap.start)) {
                    out.push_str(&self.text[from..gap.start]);
                    out.push(' ');
                    from = gap.end;
                }
                out.push_str(self.text[from..range.end].trim_end());
            }
            if line + 1 < self.lines.count() {
                out.push('\n');
            }
        }
        while out.ends_with("\n\n") {
            out.pop();
        }
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out
    }

    /// A comment stands where what follows it stands.
    fn comment_column(&self, line: usize) -> Option<usize> {
        self.columns[line..].iter().flatten().next().copied()
    }
}
