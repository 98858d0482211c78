//! Lines and columns of a text: bytes for the engine, UTF-16 units for editors.

use std::ops::Range;

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct LineIndex<'text> {
    text: &'text str,
    starts: Vec<usize>,
}

/// A place in a text, as people and editors count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The column in UTF-16 units, from 0, as the browser's editors count.
    pub utf16_column: usize,
}

impl<'text> LineIndex<'text> {
    /// The lines of `text`; a line ends at `\n`.
    #[must_use]
    pub fn new(text: &'text str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        Self { text, starts }
    }

    /// How many lines there are; an empty text has one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line (from 0) that holds byte `offset`.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The bytes of line `line` (from 0) without its line end; empty past the last line.
    #[must_use]
    pub fn range(&self, line: usize) -> Range<usize> {
        let Some(start) = self.starts.get(line).copied() else {
            return self.text.len()..self.text.len();
        };
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        let end = if self.text[start..end].ends_with('\r') {
            end - 1
        } else {
            end
        };
        start..end
    }

    /// The text of line `line` (from 0) without its line end.
    #[must_use]
    pub fn text(&self, line: usize) -> &'text str {
        &self.text[self.range(line)]
    }

    /// The position of byte `offset`; past the end, the end's.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.line_of(offset);
        let before = self.text.get(self.starts[line]..offset).unwrap_or_default();
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
            utf16_column: utf16_len(before),
        }
    }

    /// The span of line `line` (from 0) without indentation and trailing blanks: what a squiggle
    /// shows when only the line is known. At least one character where the line has one.
    #[must_use]
    pub fn content(&self, line: usize) -> Range<usize> {
        let range = self.range(line);
        let text = &self.text[range.clone()];
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return range;
        }
        let start = range.start + (text.len() - text.trim_start().len());
        start..start + trimmed.len()
    }
}

/// `span` moved into `text` and onto character boundaries.
#[must_use]
pub fn clamp(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(span.end.min(text.len()));
    let start = text.floor_char_boundary(span.start.min(end));
    start..end
}

/// The length of a text in UTF-16 units, as editors count.
#[must_use]
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_utf16_units() {
        let lines = LineIndex::new("a: é😀x\r\nb\n");
        let at = |offset| {
            let Position {
                line,
                column,
                utf16_column,
            } = lines.position(offset);
            (line, column, utf16_column)
        };
        assert_eq!(at(0), (1, 1, 0));
        assert_eq!(at(9), (1, 6, 6));
        assert_eq!(at(12), (2, 1, 0));
        assert_eq!(at(99), (3, 1, 0));
        assert_eq!(lines.text(0), "a: é😀x");
        assert_eq!(lines.count(), 3);
        assert_eq!(lines.text(7), "");
    }

    #[test]
    fn content_leaves_out_blanks_and_clamp_keeps_to_characters() {
        assert_eq!(LineIndex::new("x\n  a b \t\n").content(1), 4..7);
        assert_eq!(clamp("é", 1..1), 0..2);
        assert_eq!(clamp("ab", 5..9), 2..2);
    }
}
