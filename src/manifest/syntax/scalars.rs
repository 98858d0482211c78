//! The texts of scalars: plain, in quotes, and in blocks, with their folding and escapes.

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::SyntaxError;

/// Blanks and line ends between two words, until it is known what they mean.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: String,
    more_breaks: String,
    /// Whether a line has ended in the gap.
    broken: bool,
}

impl Gap {
    /// Adds what the gap means: one line end is a space, several are one less, else the blanks stay.
    fn close(&mut self, text: &mut String) {
        if !self.broken {
            text.push_str(&self.blanks);
        } else if self.first_break != "\n" {
            text.push_str(&self.first_break);
            text.push_str(&self.more_breaks);
        } else if self.more_breaks.is_empty() {
            text.push(' ');
        } else {
            text.push_str(&self.more_breaks);
        }
        *self = Self::default();
    }

    fn line_end(&mut self, meaning: &str) {
        if self.broken {
            self.more_breaks.push_str(meaning);
        } else {
            self.blanks.clear();
            self.first_break.push_str(meaning);
            self.broken = true;
        }
    }
}

impl Scanner<'_> {
    /// A plain scalar, and where its last word ends.
    pub(super) fn plain_scalar(&mut self) -> Result<(String, Mark), SyntaxError> {
        let (start, indent) = (self.cursor.mark, self.indent + 1);
        let (mut text, mut end, mut gap) = (String::new(), start, Gap::default());
        loop {
            if self.cursor.at_document_indicator() || self.cursor.byte(0) == b'#' {
                break;
            }
            while !self.cursor.is_blank_or_end(0) && !self.ends_plain() {
                gap.close(&mut text);
                self.cursor.read(&mut text);
                end = self.cursor.mark;
            }
            if !(self.cursor.is_blank(0) || self.cursor.at_break()) {
                break;
            }
            while self.cursor.is_blank(0) || self.cursor.at_break() {
                if self.cursor.at_break() {
                    let meaning = self.cursor.skip_line();
                    gap.line_end(meaning);
                } else if !gap.broken {
                    self.cursor.read(&mut gap.blanks);
                } else if self.column() < indent && self.cursor.byte(0) == b'\t' {
                    return self.error(start, "found a tab character that violates indentation");
                } else {
                    self.cursor.skip();
                }
            }
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        Ok((text, end))
    }

    fn ends_plain(&self) -> bool {
        let byte = self.cursor.byte(0);
        (byte == b':' && self.cursor.is_blank_or_end(1))
            || (self.flow_level > 0 && b",?[]{}".contains(&byte))
    }

    /// A scalar in single or double quotes.
    pub(super) fn quoted_scalar(&mut self, single: bool) -> Result<String, SyntaxError> {
        let (start, quote) = (self.cursor.mark, if single { b'\'' } else { b'"' });
        self.cursor.skip();
        let mut text = String::new();
        loop {
            if self.cursor.at_document_indicator() {
                return self.error(start, "found unexpected document indicator");
            }
            if self.cursor.at_end() {
                return self.error(start, "found unexpected end of stream");
            }
            let mut gap = Gap::default();
            while !self.cursor.is_blank_or_end(0) {
                let byte = self.cursor.byte(0);
                if single && byte == quote && self.cursor.byte(1) == quote {
                    text.push('\'');
                    self.cursor.skip();
                    self.cursor.skip();
                } else if byte == quote {
                    break;
                } else if !single
                    && byte == b'\\'
                    && self.cursor.is_break_or_end(1)
                    && !self.ends_after(1)
                {
                    self.cursor.skip();
                    self.cursor.skip_line();
                    // The line goes on as if there were no line end.
                    gap.broken = true;
                    break;
                } else if !single && byte == b'\\' {
                    self.escape(&mut text, start)?;
                } else {
                    self.cursor.read(&mut text);
                }
            }
            if self.cursor.byte(0) == quote {
                self.cursor.skip();
                return Ok(text);
            }
            while self.cursor.is_blank(0) || self.cursor.at_break() {
                if self.cursor.at_break() {
                    let meaning = self.cursor.skip_line();
                    gap.line_end(meaning);
                } else if gap.broken {
                    self.cursor.skip();
                } else {
                    self.cursor.read(&mut gap.blanks);
                }
            }
            gap.close(&mut text);
        }
    }

    /// A string of JSON that is known to be well-formed. Half of a surrogate pair becomes U+FFFD, as in Go.
    pub(super) fn json_string(&mut self) -> String {
        self.cursor.skip();
        let mut text = String::new();
        while !self.cursor.at_end() && self.cursor.byte(0) != b'"' {
            if self.cursor.byte(0) != b'\\' {
                self.cursor.read(&mut text);
                continue;
            }
            let escape = self.cursor.byte(1);
            self.cursor.skip();
            self.cursor.skip();
            if escape != b'u' {
                text.push(short_escape(escape).unwrap_or(char::from(escape)));
                continue;
            }
            let high = self.four_digits(0);
            (0..4).for_each(|_| self.cursor.skip());
            let is_pair = self.cursor.byte(0) == b'\\' && self.cursor.byte(1) == b'u';
            let low = if is_pair { self.four_digits(2) } else { 0 };
            let character = match (high, low) {
                (0xD800..=0xDBFF, 0xDC00..=0xDFFF) => {
                    (0..6).for_each(|_| self.cursor.skip());
                    char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))
                }
                _ => char::from_u32(high),
            };
            text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.cursor.skip();
        text
    }

    fn four_digits(&self, ahead: usize) -> u32 {
        (ahead..ahead + 4).fold(0, |value, at| {
            (value << 4) | char::from(self.cursor.byte(at)).to_digit(16).unwrap_or(0)
        })
    }

    fn ends_after(&self, ahead: usize) -> bool {
        self.cursor.mark.offset + ahead >= self.cursor.text().len()
    }

    /// An escape in double quotes.
    fn escape(&mut self, text: &mut String, start: Mark) -> Result<(), SyntaxError> {
        let digits = match self.cursor.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            other => {
                let Some(meaning) = short_escape(other) else {
                    return self.error(start, "found unknown escape character");
                };
                text.push(meaning);
                self.cursor.skip();
                self.cursor.skip();
                return Ok(());
            }
        };
        self.cursor.skip();
        self.cursor.skip();
        let mut value = 0_u32;
        for at in 0..digits {
            let Some(digit) = char::from(self.cursor.byte(at)).to_digit(16) else {
                return self.error(start, "did not find expected hexdecimal number");
            };
            // At most eight digits of 4 bits each.
            value = (value << 4) | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return self.error(start, "found invalid Unicode character escape code");
        };
        text.push(character);
        (0..digits).for_each(|_| self.cursor.skip());
        Ok(())
    }

    /// A block scalar (`|` or `>`), and where its last line ends.
    pub(super) fn block_scalar(&mut self, literal: bool) -> Result<(String, Mark), SyntaxError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let (chomping, increment) = self.block_header(start)?;
        self.end_of_header(start)?;
        let mut indent = increment.map_or(0, |increment| self.indent.max(0) + increment);
        let (mut text, mut first_break, mut breaks) = (String::new(), String::new(), String::new());
        let mut end = self.block_breaks(&mut indent, &mut breaks, start)?;
        let mut blank_before = false;
        while self.column() == indent && !self.cursor.at_end() {
            // A line that begins with a blank is not folded.
            let blank = self.cursor.is_blank(0);
            if !literal && first_break.starts_with('\n') && !blank_before && !blank {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&first_break);
            }
            text.push_str(&breaks);
            breaks.clear();
            blank_before = blank;
            while !self.cursor.at_break_or_end() {
                self.cursor.read(&mut text);
            }
            first_break.clear();
            end = self.cursor.mark;
            if self.cursor.at_break() {
                first_break.push_str(self.cursor.skip_line());
            }
            let after = self.block_breaks(&mut indent, &mut breaks, start)?;
            if chomping == Some(b'+') {
                end = after;
            }
        }
        if chomping != Some(b'-') {
            text.push_str(&first_break);
        }
        if chomping == Some(b'+') {
            text.push_str(&breaks);
        }
        Ok((text, end))
    }

    /// The chomping indicator and the indentation after `|` or `>`, in either order.
    fn block_header(&mut self, start: Mark) -> Result<(Option<u8>, Option<isize>), SyntaxError> {
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            let byte = self.cursor.byte(0);
            if matches!(byte, b'+' | b'-') && chomping.is_none() {
                chomping = Some(byte);
            } else if byte.is_ascii_digit() && increment.is_none() {
                if byte == b'0' {
                    return self.error(start, "found an indentation indicator equal to 0");
                }
                increment = Some(isize::from(byte - b'0'));
            } else {
                break;
            }
            self.cursor.skip();
        }
        Ok((chomping, increment))
    }

    /// Goes over indentation and empty lines; finds the indentation where it is 0 yet. Returns where the last
    /// empty line ends.
    fn block_breaks(
        &mut self,
        indent: &mut isize,
        breaks: &mut String,
        start: Mark,
    ) -> Result<Mark, SyntaxError> {
        let (mut widest, mut end) = (0, self.cursor.mark);
        loop {
            let inside = |column: isize, indent: isize| indent == 0 || column < indent;
            while inside(self.column(), *indent) && self.cursor.byte(0) == b' ' {
                self.cursor.skip();
            }
            widest = widest.max(self.column());
            if inside(self.column(), *indent) && self.cursor.byte(0) == b'\t' {
                return self.error(
                    start,
                    "found a tab character where an indentation space is expected",
                );
            }
            if !self.cursor.at_break() {
                break;
            }
            breaks.push_str(self.cursor.skip_line());
            end = self.cursor.mark;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }
}

fn short_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::manifest::read;
    use crate::manifest::split::split;
    use crate::manifest::syntax::parse;

    /// The value of `a` in a YAML text.
    fn check(text: &str, expect: &str) {
        let root = parse(text, &split(text)[0]).root;
        let value = root
            .as_ref()
            .and_then(|root| root.get("a"))
            .and_then(|node| node.as_str());
        assert_eq!(value, Some(expect), "{text:?}");
    }

    #[test]
    fn plain_scalars_fold_their_lines() {
        check("a: b c\n", "b c");
        check("a: b\n  c\n\n  d # e\n", "b c\nd");
        check("a: b:c#d\n", "b:c#d");
        check("{a: b\n c}", "b c");
    }

    #[test]
    fn quoted_scalars_fold_and_escape() {
        check("a: 'it''s'\n", "it's");
        check("a: \"b\\n\\x41\\u00e9\\U0001F600\\\"\"\n", "b\nAé😀\"");
        check("a: \"b \\\n   c\"\n", "b c");
        check("a: \"b\n\n  c  \n d\"\n", "b\nc d");
    }

    #[test]
    fn block_scalars_keep_or_fold_and_chomp() {
        check("a: |\n  b\n   c\n\n", "b\n c\n");
        check("a: |-\n  b\n\n", "b");
        check("a: |+\n  b\n\n", "b\n\n");
        check("a: >\n  b\n  c\n\n  d\n   e\n  f\n", "b c\nd\n e\nf\n");
        check("a: |2\n   b\n", " b\n");
        check("a: |\r\n  b\r\n  c\r\n", "b\nc\n");
    }

    #[test]
    fn json_has_its_own_escapes() {
        let text = r#"{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"\/\ud83d\ude00\ud83d"}}"#;
        let manifest = read(text);
        assert_eq!(manifest.diagnostics, []);
        assert_eq!(manifest.documents[0].json["data"]["a"], "/😀\u{fffd}");
    }
}
