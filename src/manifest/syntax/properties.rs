//! Anchors, aliases, tags and directives.

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{SyntaxError, TokenKind};

impl Scanner<'_> {
    /// `&name` or `*name`.
    pub(super) fn anchor(&mut self, is_alias: bool) -> Result<TokenKind, SyntaxError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let name = self.word();
        let ends = self.cursor.is_blank_or_end(0) || b"?:,]}%@`".contains(&self.cursor.byte(0));
        if name.is_empty() || !ends {
            return self.error(
                start,
                "did not find expected alphabetic or numeric character",
            );
        }
        Ok(if is_alias {
            TokenKind::Alias(name)
        } else {
            TokenKind::Anchor(name)
        })
    }

    /// `!suffix`, `!!suffix`, `!handle!suffix` or `!<uri>`.
    pub(super) fn tag(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.cursor.mark;
        let (handle, suffix);
        if self.cursor.byte(1) == b'<' {
            self.cursor.skip();
            self.cursor.skip();
            (handle, suffix) = (String::new(), self.uri("", start)?);
            if self.cursor.byte(0) != b'>' {
                return self.error(start, "did not find the expected '>'");
            }
            self.cursor.skip();
        } else {
            let head = self.tag_handle(false, start)?;
            if head.len() > 1 && head.ends_with('!') {
                (handle, suffix) = (head, self.uri("", start)?);
            } else {
                let uri = self.uri(&head, start)?;
                // A lone `!` is the tag of no type.
                (handle, suffix) = if uri.is_empty() {
                    (uri, "!".to_owned())
                } else {
                    ("!".to_owned(), uri)
                };
            }
        }
        if !self.cursor.is_blank_or_end(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        Ok(TokenKind::Tag(handle, suffix))
    }

    fn tag_handle(&mut self, in_directive: bool, start: Mark) -> Result<String, SyntaxError> {
        if self.cursor.byte(0) != b'!' {
            return self.error(start, "did not find expected '!'");
        }
        let mut handle = String::new();
        self.cursor.read(&mut handle);
        handle.push_str(&self.word());
        if self.cursor.byte(0) == b'!' {
            self.cursor.read(&mut handle);
        } else if in_directive && handle != "!" {
            return self.error(start, "did not find expected '!'");
        }
        Ok(handle)
    }

    /// A URI; `head` (without its first character) is its beginning.
    fn uri(&mut self, head: &str, start: Mark) -> Result<String, SyntaxError> {
        let mut bytes = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut found = !head.is_empty();
        loop {
            let byte = self.cursor.byte(0);
            if byte == b'%' {
                self.uri_escape(&mut bytes, start)?;
            } else if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) {
                bytes.push(byte);
                self.cursor.skip();
            } else {
                break;
            }
            found = true;
        }
        if !found {
            return self.error(start, "did not find expected tag URI");
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// One `%xx`.
    fn uri_escape(&mut self, bytes: &mut Vec<u8>, start: Mark) -> Result<(), SyntaxError> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(self.cursor.byte(1)), digit(self.cursor.byte(2)))
        else {
            return self.error(start, "did not find URI escaped octet");
        };
        // Two digits of 4 bits each fit a byte.
        bytes.push((high * 16 + low) as u8);
        (0..3).for_each(|_| self.cursor.skip());
        Ok(())
    }

    /// `%YAML 1.1` or `%TAG !handle! prefix`, with its line end.
    pub(super) fn directive(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let name = self.word();
        if name.is_empty() {
            return self.error(start, "could not find expected directive name");
        }
        if !self.cursor.is_blank_or_end(0) {
            return self.error(start, "found unexpected non-alphabetical character");
        }
        let kind = match name.as_str() {
            "YAML" => {
                self.skip_blanks();
                let major = self.version_number(start)?;
                if self.cursor.byte(0) != b'.' {
                    return self.error(start, "did not find expected digit or '.' character");
                }
                self.cursor.skip();
                TokenKind::Version(major, self.version_number(start)?)
            }
            "TAG" => {
                self.skip_blanks();
                let handle = self.tag_handle(true, start)?;
                if !self.cursor.is_blank(0) {
                    return self.error(start, "did not find expected whitespace");
                }
                self.skip_blanks();
                let prefix = self.uri("", start)?;
                if !self.cursor.is_blank_or_end(0) {
                    return self.error(start, "did not find expected whitespace or line break");
                }
                TokenKind::TagDirective(handle, prefix)
            }
            _ => return self.error(start, "found unknown directive name"),
        };
        self.end_of_header(start)?;
        Ok(kind)
    }

    fn version_number(&mut self, start: Mark) -> Result<u8, SyntaxError> {
        let (mut value, mut length) = (0_u8, 0);
        while self.cursor.byte(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.error(start, "found extremely long version number");
            }
            // At most two digits.
            value = value * 10 + (self.cursor.byte(0) - b'0');
            self.cursor.skip();
        }
        if length == 0 {
            return self.error(start, "did not find expected version number");
        }
        Ok(value)
    }

    /// Blanks and a comment up to the line end, after a directive or the header of a block scalar.
    pub(super) fn end_of_header(&mut self, start: Mark) -> Result<(), SyntaxError> {
        self.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            while !self.cursor.at_break_or_end() {
                self.cursor.skip();
            }
        }
        if !self.cursor.at_break_or_end() {
            return self.error(start, "did not find expected comment or line break");
        }
        self.cursor.skip_line();
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
    }

    /// Letters, digits, `_` and `-`.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while is_word(self.cursor.byte(0)) {
            self.cursor.read(&mut word);
        }
        word
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}
