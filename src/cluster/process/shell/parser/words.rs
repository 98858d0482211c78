//! Words: quotes, expansions, redirections and here-documents.

use std::rc::Rc;

use super::super::ast::{List, Operation, Piece, Redirection, RedirectionKind, Word};
use super::{Parser, Result, is_name_letter, is_operator, parse};

/// Where a word or a piece of text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At blanks and operators.
    WordEnd,
    /// At a closing double quote.
    Quote,
    /// At the `}` of a parameter expansion; `/` ends the pattern of a replacement.
    Brace { slash: bool, colon: bool },
    /// At the end of the text: a here-document, which knows no quotes.
    End,
}

impl Parser {
    /// The letters up to the next blank or operator, if there is neither quote nor expansion:
    /// what may be a reserved word.
    pub(super) fn bare_word(&self) -> Option<String> {
        let rest = &self.letters[self.at..];
        let is_end = |letter: &char| matches!(letter, ' ' | '\t' | '\n') || is_operator(*letter);
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        let word: String = rest[..end].iter().collect();
        let is_bare = !word.is_empty() && !word.contains(['\'', '"', '\\', '$', '`']);
        is_bare.then_some(word)
    }

    /// A word, if one begins here.
    pub(super) fn word(&mut self) -> Result<Option<Word>> {
        let start = self.at;
        let pieces = self.pieces(Until::WordEnd)?;
        Ok((self.at > start).then_some(pieces))
    }

    fn pieces(&mut self, until: Until) -> Result<Word> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let quoted = matches!(until, Until::Quote | Until::End);
        loop {
            let Some(letter) = self.peek() else {
                if matches!(until, Until::Quote | Until::Brace { .. }) {
                    return Err("unterminated quoted string".to_owned());
                }
                break;
            };
            if self.is_piece_end(until, letter) {
                break;
            }
            match letter {
                '\\' => self.escape(until, &mut pieces, &mut text),
                '\'' if !quoted => {
                    flush(&mut pieces, &mut text, false);
                    self.at += 1;
                    let text = self.until_letter('\'')?;
                    pieces.push(Piece::Quoted(text));
                }
                '"' if until != Until::End => {
                    flush(&mut pieces, &mut text, false);
                    self.at += 1;
                    let inner = self.deeper(|parser| parser.pieces(Until::Quote))?;
                    self.at += 1;
                    // `""` is a word of its own.
                    if inner.is_empty() {
                        pieces.push(Piece::Quoted(String::new()));
                    }
                    pieces.extend(inner);
                }
                '$' => match self.deeper(|parser| parser.dollar(quoted))? {
                    Some(piece) => {
                        flush(&mut pieces, &mut text, quoted);
                        pieces.push(piece);
                    }
                    None => text.push('$'),
                },
                '`' => {
                    flush(&mut pieces, &mut text, quoted);
                    self.at += 1;
                    let script = self.backquoted()?;
                    let list = self.deeper(|_| whole(&script))?;
                    pieces.push(Piece::Substitution { list, quoted });
                }
                letter => {
                    self.at += 1;
                    text.push(letter);
                }
            }
        }
        flush(&mut pieces, &mut text, quoted);
        Ok(pieces)
    }

    fn is_piece_end(&self, until: Until, letter: char) -> bool {
        match until {
            Until::WordEnd => matches!(letter, ' ' | '\t' | '\n') || is_operator(letter),
            Until::Quote => letter == '"',
            Until::Brace { slash, colon } => {
                letter == '}' || (slash && letter == '/') || (colon && letter == ':')
            }
            Until::End => false,
        }
    }

    fn escape(&mut self, until: Until, pieces: &mut Word, text: &mut String) {
        let quoted = matches!(until, Until::Quote | Until::End);
        let next = self.peek_at(1);
        self.at += if next.is_some() { 2 } else { 1 };
        match next {
            None => text.push('\\'),
            Some('\n') => {}
            Some(next) if quoted => {
                // In double quotes a backslash stays before anything that it does not protect.
                let protects =
                    matches!(next, '$' | '`' | '\\') || (next == '"' && until == Until::Quote);
                if !protects {
                    text.push('\\');
                }
                text.push(next);
            }
            Some(next) => {
                flush(pieces, text, false);
                pieces.push(Piece::Quoted(next.to_string()));
            }
        }
    }

    fn until_letter(&mut self, end: char) -> Result<String> {
        let rest = &self.letters[self.at..];
        let Some(length) = rest.iter().position(|letter| *letter == end) else {
            return Err("unterminated quoted string".to_owned());
        };
        let text = rest[..length].iter().collect();
        self.at += length + 1;
        Ok(text)
    }

    fn backquoted(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err("EOF in backquote substitution".to_owned()),
                Some('`') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') if matches!(self.peek_at(1), Some('`' | '\\' | '$')) => {
                    text.extend(self.peek_at(1));
                    self.at += 2;
                }
                Some(letter) => {
                    text.push(letter);
                    self.at += 1;
                }
            }
        }
    }

    /// What a dollar begins; `None` if it is only a dollar.
    fn dollar(&mut self, quoted: bool) -> Result<Option<Piece>> {
        self.at += 1;
        if self.looking_at("((") {
            let start = self.at;
            self.at += 2;
            if let Ok(expression) = self.arithmetic_text() {
                return Ok(Some(Piece::Arithmetic { expression, quoted }));
            }
            self.at = start;
        }
        if self.eat("(") {
            self.skip_newlines();
            let list = if self.peek() == Some(')') {
                Rc::default()
            } else {
                self.list_until(&[")"])?
            };
            self.at += 1;
            return Ok(Some(Piece::Substitution { list, quoted }));
        }
        if self.eat("{") {
            return self.braced(quoted).map(Some);
        }
        if self.peek() == Some('\'') && !quoted {
            self.at += 1;
            let raw = self.until_letter('\'')?;
            return Ok(Some(Piece::Quoted(super::super::printf::unescape(&raw))));
        }
        let Some(name) = self.parameter_name() else {
            return Ok(None);
        };
        Ok(Some(Piece::Parameter {
            name,
            operation: Operation::Plain,
            quoted,
        }))
    }

    /// A name, one digit, or one of the special parameters.
    fn parameter_name(&mut self) -> Option<String> {
        let first = self.peek()?;
        if first.is_ascii_digit() || "@*#?-$!".contains(first) {
            self.at += 1;
            return Some(first.to_string());
        }
        let rest = &self.letters[self.at..];
        let length = rest
            .iter()
            .take_while(|letter| is_name_letter(**letter))
            .count();
        let name: String = rest[..length].iter().collect();
        self.at += length;
        (length > 0).then_some(name)
    }

    /// `${…}` behind its brace.
    fn braced(&mut self, quoted: bool) -> Result<Piece> {
        let bad = || "bad substitution".to_owned();
        if self.peek() == Some('#') && self.peek_at(1) != Some('}') {
            self.at += 1;
            let name = self.braced_name().ok_or_else(bad)?;
            if !self.eat("}") {
                return Err(bad());
            }
            return Ok(Piece::Parameter {
                name,
                operation: Operation::Length,
                quoted,
            });
        }
        let name = self.braced_name().ok_or_else(bad)?;
        let operation = self.operation()?;
        if !self.eat("}") {
            return Err(bad());
        }
        Ok(Piece::Parameter {
            name,
            operation,
            quoted,
        })
    }

    fn braced_name(&mut self) -> Option<String> {
        let digits = self.letters[self.at..]
            .iter()
            .take_while(|l| l.is_ascii_digit())
            .count();
        if digits > 0 {
            let name = self.letters[self.at..self.at + digits].iter().collect();
            self.at += digits;
            return Some(name);
        }
        self.parameter_name()
    }

    fn operation(&mut self) -> Result<Operation> {
        let rest = Until::Brace {
            slash: false,
            colon: false,
        };
        let colon =
            self.peek() == Some(':') && matches!(self.peek_at(1), Some('-' | '=' | '?' | '+'));
        if colon {
            self.at += 1;
        }
        let Some(letter) = self.peek() else {
            return Ok(Operation::Plain);
        };
        if letter == '}' {
            return Ok(Operation::Plain);
        }
        self.at += 1;
        let doubled = matches!(letter, '#' | '%' | '/') && self.peek() == Some(letter);
        if doubled {
            self.at += 1;
        }
        Ok(match letter {
            '/' => {
                let pattern = self.pieces(Until::Brace {
                    slash: true,
                    colon: false,
                })?;
                let word = if self.eat("/") {
                    self.pieces(rest)?
                } else {
                    Vec::new()
                };
                Operation::Replace {
                    all: doubled,
                    pattern,
                    word,
                }
            }
            ':' if !colon => {
                let offset = self.pieces(Until::Brace {
                    slash: false,
                    colon: true,
                })?;
                let length = if self.eat(":") {
                    Some(self.pieces(rest)?)
                } else {
                    None
                };
                Operation::Substring { offset, length }
            }
            letter => return with_word(letter, colon, doubled, self.pieces(rest)?),
        })
    }

    /// The expression up to `))`, which is consumed; an error if it does not end so.
    pub(super) fn arithmetic_text(&mut self) -> Result<Word> {
        let start = self.at;
        let mut depth = 0_u32;
        loop {
            match self.peek() {
                None => return Err("unterminated arithmetic".to_owned()),
                Some('(') => depth += 1,
                Some(')') if depth == 0 => break,
                Some(')') => depth -= 1,
                Some(_) => {}
            }
            self.at += 1;
        }
        if self.peek_at(1) != Some(')') {
            return Err("not arithmetic".to_owned());
        }
        let text: String = self.letters[start..self.at].iter().collect();
        self.at += 2;
        let depth = self.depth;
        let mut inner = Self::new(&text);
        inner.depth = depth + 1;
        inner.deeper(|parser| parser.pieces(Until::End))
    }

    /// A redirection, if one begins here.
    pub(super) fn redirection(&mut self) -> Result<Option<Redirection>> {
        let start = self.at;
        let mut number = None;
        if let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10))
            && matches!(self.peek_at(1), Some('<' | '>'))
        {
            self.at += 1;
            number = u8::try_from(digit).ok();
        }
        if self.looking_at("&>") {
            self.at += 1;
            let kind = RedirectionKind::WriteBoth;
            self.eat(">");
            self.eat(">");
            return self.redirection_target(1, kind).map(Some);
        }
        let (kind, usual) = if self.eat("<<<") {
            return self.here_string(number.unwrap_or(0)).map(Some);
        } else if self.eat("<<") {
            return self.here_document(number.unwrap_or(0)).map(Some);
        } else if self.eat(">>") {
            (RedirectionKind::Append, 1)
        } else if self.eat(">&") {
            (RedirectionKind::Duplicate, 1)
        } else if self.eat("<&") {
            (RedirectionKind::Duplicate, 0)
        } else if self.eat("<>") {
            (RedirectionKind::ReadWrite, 0)
        } else if self.eat(">|") || self.eat(">") {
            (RedirectionKind::Write, 1)
        } else if self.eat("<") {
            (RedirectionKind::Read, 0)
        } else {
            self.at = start;
            return Ok(None);
        };
        self.redirection_target(number.unwrap_or(usual), kind)
            .map(Some)
    }

    fn redirection_target(&mut self, descriptor: u8, kind: RedirectionKind) -> Result<Redirection> {
        self.skip_blanks();
        let Some(target) = self.word()? else {
            return self.unexpected();
        };
        Ok(Redirection {
            descriptor,
            kind,
            target,
        })
    }

    fn here_string(&mut self, descriptor: u8) -> Result<Redirection> {
        let mut redirection = self.redirection_target(descriptor, RedirectionKind::Text)?;
        redirection.target.push(Piece::Quoted("\n".to_owned()));
        Ok(redirection)
    }

    fn here_document(&mut self, descriptor: u8) -> Result<Redirection> {
        let strips_tabs = self.eat("-");
        self.skip_blanks();
        let Some(delimiter) = self.word()? else {
            return self.unexpected();
        };
        let is_quoted = delimiter
            .iter()
            .any(|piece| !matches!(piece, Piece::Bare(_)));
        let delimiter: String = delimiter
            .iter()
            .map(|piece| match piece {
                Piece::Bare(text) | Piece::Quoted(text) => text.as_str(),
                _ => "",
            })
            .collect();
        let (body, line, end) = self.document_body(&delimiter, strips_tabs);
        self.documents.push((line, end));
        let target = if is_quoted {
            vec![Piece::Quoted(body)]
        } else {
            let depth = self.depth;
            let mut inner = Self::new(&body);
            inner.depth = depth + 1;
            inner.deeper(|parser| parser.pieces(Until::End))?
        };
        Ok(Redirection {
            descriptor,
            kind: RedirectionKind::Text,
            target,
        })
    }

    /// The lines up to the delimiter: text, the line feed before them, where they end.
    fn document_body(&self, delimiter: &str, strips_tabs: bool) -> (String, usize, usize) {
        let rest = &self.letters[self.at..];
        let Some(to_line_end) = rest.iter().position(|letter| *letter == '\n') else {
            return (String::new(), self.letters.len(), self.letters.len());
        };
        let line = self.at + to_line_end;
        // A second document on the same line follows the first.
        let before = self
            .documents
            .iter()
            .rev()
            .find(|(other, _)| *other == line);
        let mut at = before.map_or(line + 1, |(_, end)| *end);
        let mut body = String::new();
        while at < self.letters.len() {
            let rest = &self.letters[at..];
            let length = rest
                .iter()
                .position(|letter| *letter == '\n')
                .unwrap_or(rest.len());
            let text: String = rest[..length].iter().collect();
            at = (at + length + 1).min(self.letters.len());
            let text = if strips_tabs {
                text.trim_start_matches('\t')
            } else {
                &text
            };
            if text == delimiter {
                break;
            }
            body.push_str(text);
            body.push('\n');
        }
        (body, line, at)
    }
}

/// A substitution's script, which must be whole.
fn whole(script: &str) -> Result<Rc<List>> {
    // Backquotes nest by escaping, which doubles the text each time: its length bounds the depth.
    let parsed = parse(script);
    match parsed.error {
        Some(error) => Err(error),
        None => Ok(parsed.list),
    }
}

fn flush(pieces: &mut Word, text: &mut String, quoted: bool) {
    if !text.is_empty() {
        let text = std::mem::take(text);
        pieces.push(if quoted {
            Piece::Quoted(text)
        } else {
            Piece::Bare(text)
        });
    }
}

/// The operations that have one word.
fn with_word(letter: char, colon: bool, longest: bool, word: Word) -> Result<Operation> {
    Ok(match letter {
        '-' => Operation::Default { colon, word },
        '=' => Operation::Assign { colon, word },
        '?' => Operation::Require { colon, word },
        '+' => Operation::Alternative { colon, word },
        '#' => Operation::RemovePrefix {
            longest,
            pattern: word,
        },
        '%' => Operation::RemoveSuffix {
            longest,
            pattern: word,
        },
        _ => return Err("bad substitution".to_owned()),
    })
}
