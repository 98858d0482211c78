//! Characters to tokens, by the rules of YAML 1.1 as go-yaml (a libyaml) applies them: what it accepts
//! is accepted, and what it refuses is refused at the same place.

use super::cursor::{Cursor, Mark};
use super::token::{SyntaxError, Token, TokenKind};
use std::collections::VecDeque;

/// How far a key may reach without `? `.
const KEY_LENGTH: usize = 1024;

/// Makes tokens on demand.
pub struct Scanner<'text> {
    pub(super) cursor: Cursor<'text>,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    /// The column of the innermost block collection; -1 outside.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) flow_level: usize,
    pub(super) key_allowed: bool,
    /// For each flow level, what may turn out to be a key when a `:` follows.
    keys: Vec<PossibleKey>,
    ended: bool,
    is_json: bool,
}

#[derive(Clone, Copy, Default)]
struct PossibleKey {
    possible: bool,
    /// Whether nothing but a key can stand there.
    required: bool,
    token: usize,
    mark: Mark,
}

impl<'text> Scanner<'text> {
    /// A scanner at the start of `text`.
    pub fn new(text: &'text str, is_json: bool) -> Self {
        Self {
            is_json,
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            key_allowed: true,
            keys: vec![PossibleKey::default()],
            ended: false,
        }
    }

    /// The next token, which stays the next one.
    pub fn peek(&mut self) -> Result<&Token, SyntaxError> {
        while self.needs_more()? {
            self.fetch()?;
        }
        // The loop ends with a token, if only the last one again.
        let end = Token {
            kind: TokenKind::StreamEnd,
            start: self.cursor.mark,
            end: self.cursor.mark,
        };
        if self.tokens.is_empty() {
            self.tokens.push_back(end);
        }
        Ok(&self.tokens[0])
    }

    /// Takes the next token.
    pub fn take(&mut self) -> Result<Token, SyntaxError> {
        self.peek()?;
        self.taken += 1;
        let end = Token {
            kind: TokenKind::StreamEnd,
            start: self.cursor.mark,
            end: self.cursor.mark,
        };
        Ok(self.tokens.pop_front().unwrap_or(end))
    }

    /// An error of the characters here, in what began at `context`.
    pub(super) fn error<T>(&self, context: Mark, problem: &'static str) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            problem,
            at: self.cursor.mark,
            context,
            in_scanner: true,
        })
    }

    /// Whether the first token can change yet: a `:` after it would put a key before it.
    fn needs_more(&mut self) -> Result<bool, SyntaxError> {
        if self.tokens.is_empty() {
            return Ok(!self.ended);
        }
        let first = self.taken;
        match self
            .keys
            .iter()
            .position(|key| key.possible && key.token == first)
        {
            Some(at) => self.is_valid(at),
            None => Ok(false),
        }
    }

    /// Whether a possible key is still one: keys end on their line, after at most 1024 characters.
    fn is_valid(&mut self, at: usize) -> Result<bool, SyntaxError> {
        let (key, mark) = (self.keys[at], self.cursor.mark);
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < mark.line || key.mark.index + KEY_LENGTH < mark.index {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.keys[at].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn top(&self) -> usize {
        // There is one entry for the block level, and one more per flow level.
        self.keys.len() - 1
    }

    /// Remembers that the token to come may be a key.
    fn save_key(&mut self) -> Result<(), SyntaxError> {
        if !self.key_allowed {
            return Ok(());
        }
        self.remove_key()?;
        let top = self.top();
        self.keys[top] = PossibleKey {
            possible: true,
            required: self.flow_level == 0 && self.indent == self.column(),
            token: self.taken + self.tokens.len(),
            mark: self.cursor.mark,
        };
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), SyntaxError> {
        let top = self.top();
        let key = self.keys[top];
        if key.possible && key.required {
            return self.error(key.mark, "could not find expected ':'");
        }
        self.keys[top].possible = false;
        Ok(())
    }

    pub(super) fn column(&self) -> isize {
        // A column never passes the length of the text, which fits.
        self.cursor.mark.column as isize
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token {
            kind,
            start,
            end: self.cursor.mark,
        });
    }

    /// Opens a block collection at `column`, if it is further in. `before` is the number of the token that
    /// it goes before.
    fn roll(&mut self, column: isize, before: Option<usize>, kind: TokenKind, mark: Mark) {
        if self.flow_level > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = Token {
            kind,
            start: mark,
            end: mark,
        };
        let at = before.map_or(self.tokens.len(), |number| {
            number.saturating_sub(self.taken)
        });
        self.tokens.insert(at.min(self.tokens.len()), token);
    }

    /// Closes the block collections that are further in than `column`.
    fn unroll(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(TokenKind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_token();
        self.unroll(self.column());
        let mark = self.cursor.mark;
        if self.cursor.at_end() {
            return self.stream_end();
        }
        let byte = self.cursor.byte(0);
        if mark.column == 0 && byte == b'%' {
            self.leave_blocks()?;
            let kind = self.directive()?;
            self.push(kind, mark);
            return Ok(());
        }
        if self.cursor.at_document_indicator() {
            self.leave_blocks()?;
            let kind = if byte == b'-' {
                TokenKind::DocumentStart
            } else {
                TokenKind::DocumentEnd
            };
            (0..3).for_each(|_| self.cursor.skip());
            self.push(kind, mark);
            return Ok(());
        }
        let in_flow = self.flow_level > 0;
        let alone = self.cursor.is_blank_or_end(1);
        match byte {
            b'[' => self.flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.flow_start(TokenKind::FlowMappingStart),
            b']' => self.flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.flow_end(TokenKind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.indicator(TokenKind::FlowEntry)
            }
            b'-' if alone => self.block_entry(),
            b'?' if in_flow || alone => self.key(),
            b':' if in_flow || alone => self.value(),
            b'*' | b'&' | b'!' => self.property(byte),
            b'|' | b'>' if !in_flow => {
                self.remove_key()?;
                self.key_allowed = true;
                let (text, end) = self.block_scalar(byte == b'|')?;
                self.push_scalar(text, false, mark, end)
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                let text = if self.is_json {
                    self.json_string()
                } else {
                    self.quoted_scalar(byte == b'\'')?
                };
                self.push_scalar(text, false, mark, self.cursor.mark)
            }
            _ if self.plain_can_start(byte, in_flow) => {
                self.save_key()?;
                self.key_allowed = false;
                let (text, end) = self.plain_scalar()?;
                self.push_scalar(text, true, mark, end)
            }
            _ => self.error(mark, "found character that cannot start any token"),
        }
    }

    /// An anchor, an alias or a tag.
    fn property(&mut self, byte: u8) -> Result<(), SyntaxError> {
        let mark = self.cursor.mark;
        self.save_key()?;
        self.key_allowed = false;
        let kind = if byte == b'!' {
            self.tag()?
        } else {
            self.anchor(byte == b'*')?
        };
        self.push(kind, mark);
        Ok(())
    }

    fn push_scalar(
        &mut self,
        text: String,
        plain: bool,
        start: Mark,
        end: Mark,
    ) -> Result<(), SyntaxError> {
        let kind = TokenKind::Scalar { text, plain };
        self.tokens.push_back(Token { kind, start, end });
        Ok(())
    }

    /// Closes all block collections, before a directive or the start or end of a document.
    fn leave_blocks(&mut self) -> Result<(), SyntaxError> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn plain_can_start(&self, byte: u8, in_flow: bool) -> bool {
        match byte {
            b'-' => !self.cursor.is_blank(1),
            b'?' | b':' => !in_flow && !self.cursor.is_blank_or_end(1),
            _ => !self.cursor.is_blank_or_end(0) && !b",[]{}#&*!|>'\"%@`".contains(&byte),
        }
    }

    fn stream_end(&mut self) -> Result<(), SyntaxError> {
        if self.cursor.mark.column != 0 {
            // libyaml: the end stands on a line of its own.
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(TokenKind::StreamEnd, self.cursor.mark);
        Ok(())
    }

    /// Goes over blanks, comments and line ends.
    fn skip_to_token(&mut self) {
        loop {
            if self.cursor.mark.column == 0 && self.cursor.character() == Some('\u{feff}') {
                self.cursor.skip();
            }
            // A tab may not stand where indentation counts.
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.cursor.byte(0) == b' ' || (tabs && self.cursor.byte(0) == b'\t') {
                self.cursor.skip();
            }
            if self.cursor.byte(0) == b'#' {
                while !self.cursor.at_break_or_end() {
                    self.cursor.skip();
                }
            }
            if !self.cursor.at_break() {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn indicator(&mut self, kind: TokenKind) -> Result<(), SyntaxError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        self.push(kind, start);
        Ok(())
    }

    fn flow_start(&mut self, kind: TokenKind) -> Result<(), SyntaxError> {
        self.save_key()?;
        self.keys.push(PossibleKey::default());
        self.flow_level += 1;
        self.key_allowed = true;
        self.indicator(kind)
    }

    fn flow_end(&mut self, kind: TokenKind) -> Result<(), SyntaxError> {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        self.indicator(kind)
    }

    fn block_entry(&mut self) -> Result<(), SyntaxError> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.key_allowed {
                return self.error(
                    mark,
                    "block sequence entries are not allowed in this context",
                );
            }
            self.roll(self.column(), None, TokenKind::BlockSequenceStart, mark);
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.indicator(TokenKind::BlockEntry)
    }

    fn key(&mut self) -> Result<(), SyntaxError> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 {
            if !self.key_allowed {
                return self.error(mark, "mapping keys are not allowed in this context");
            }
            self.roll(self.column(), None, TokenKind::BlockMappingStart, mark);
        }
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.indicator(TokenKind::Key)
    }

    fn value(&mut self) -> Result<(), SyntaxError> {
        let (mark, top) = (self.cursor.mark, self.top());
        if self.is_valid(top)? {
            let key = self.keys[top];
            let token = Token {
                kind: TokenKind::Key,
                start: key.mark,
                end: key.mark,
            };
            let at = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(at, token);
            // A column never passes the length of the text, which fits.
            self.roll(
                key.mark.column as isize,
                Some(key.token),
                TokenKind::BlockMappingStart,
                key.mark,
            );
            self.keys[top].possible = false;
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return self.error(mark, "mapping values are not allowed in this context");
                }
                self.roll(self.column(), None, TokenKind::BlockMappingStart, mark);
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.indicator(TokenKind::Value)
    }
}
