//! A place in the text that moves forward, and knows its line and column.

/// A place: bytes for spans, lines and columns for the rules of indentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Bytes from the start of the document.
    pub offset: usize,
    /// Characters from the start of the document.
    pub index: usize,
    /// The line, from 0.
    pub line: usize,
    /// The column in characters, from 0.
    pub column: usize,
}

/// Reads a text character by character.
pub struct Cursor<'text> {
    text: &'text str,
    /// Where it is.
    pub mark: Mark,
}

impl<'text> Cursor<'text> {
    /// At the start of `text`.
    pub fn new(text: &'text str) -> Self {
        // A byte-order mark at the very start is no part of the first line.
        let offset = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            text,
            mark: Mark {
                offset,
                ..Mark::default()
            },
        }
    }

    /// The text that is read.
    pub fn text(&self) -> &'text str {
        self.text
    }

    /// The byte `ahead` of this place; 0 past the end.
    pub fn byte(&self, ahead: usize) -> u8 {
        self.text
            .as_bytes()
            .get(self.mark.offset + ahead)
            .copied()
            .unwrap_or(0)
    }

    /// Whether the text has ended.
    pub fn at_end(&self) -> bool {
        self.mark.offset >= self.text.len()
    }

    /// Whether a line ends here: LF, CR, NEL, LS or PS.
    pub fn at_break(&self) -> bool {
        break_length(self.rest()) > 0
    }

    /// Whether a blank (space or tab) stands `ahead` of this place.
    pub fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// Whether a line or the text ends here.
    pub fn at_break_or_end(&self) -> bool {
        self.at_end() || self.at_break()
    }

    /// Whether a blank, a line end or the text's end stands `ahead` bytes from here.
    pub fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Whether a line end or the text's end stands `ahead` bytes from here.
    pub fn is_break_or_end(&self, ahead: usize) -> bool {
        match self.text.as_bytes().get(self.mark.offset + ahead..) {
            None | Some([]) => true,
            Some(rest) => break_length(rest) > 0,
        }
    }

    /// Whether `---` or `...` stands here at the start of a line, alone.
    pub fn at_document_indicator(&self) -> bool {
        let three = self.rest().get(..3);
        self.mark.column == 0
            && (three == Some(b"---") || three == Some(b"..."))
            && self.is_blank_or_end(3)
    }

    /// Goes on by one character of the line.
    pub fn skip(&mut self) {
        let length = self.character().map_or(0, char::len_utf8);
        self.mark.offset += length;
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Goes on by one character, which is added to `into`.
    pub fn read(&mut self, into: &mut String) {
        into.extend(self.character());
        self.skip();
    }

    /// Goes over a line end. What it means (LF for all but LS and PS) is returned.
    pub fn skip_line(&mut self) -> &'static str {
        let length = break_length(self.rest());
        let meaning = match self.rest() {
            [0xE2, _, 0xA8, ..] => "\u{2028}",
            [0xE2, _, 0xA9, ..] => "\u{2029}",
            _ => "\n",
        };
        if length > 0 {
            self.mark.offset += length;
            self.mark.index += if self.text.as_bytes()[self.mark.offset - length] == b'\r' {
                length
            } else {
                1
            };
            self.mark.line += 1;
            self.mark.column = 0;
        }
        meaning
    }

    /// The character here.
    pub fn character(&self) -> Option<char> {
        self.text.get(self.mark.offset..)?.chars().next()
    }

    fn rest(&self) -> &'text [u8] {
        self.text
            .as_bytes()
            .get(self.mark.offset..)
            .unwrap_or_default()
    }
}

/// How many bytes the line end at the start of `rest` has; 0 if there is none.
fn break_length(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] | [0xC2, 0x85, ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}
