//! JSON as kubectl reads it first when a text begins with `{`: where a value ends, or what is wrong with it, in
//! the words of Go's decoder.

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// The text ends inside the value.
    UnexpectedEnd,
    /// A byte that cannot stand there.
    Invalid {
        /// How many bytes were read, the wrong one included.
        offset: usize,
        /// What Go says.
        problem: String,
    },
}

impl JsonError {
    /// kubectl's words; `before` is how many bytes of the stream came before the text.
    #[must_use]
    pub fn text(&self, before: usize) -> String {
        match self {
            Self::UnexpectedEnd => "unexpected EOF".to_owned(),
            Self::Invalid { offset, problem } => {
                format!("json: offset {}: {problem}", before + offset)
            }
        }
    }
}

/// The end of the JSON value that `text` begins with, after blanks; none where there are only blanks.
///
/// # Errors
/// What is wrong with the value.
pub fn value_end(text: &str) -> Result<Option<usize>, JsonError> {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: 0,
    };
    reader.blanks();
    if reader.at == text.len() {
        return Ok(None);
    }
    reader.value()?;
    Ok(Some(reader.at))
}

struct Reader<'text> {
    bytes: &'text [u8],
    at: usize,
}

/// What is open, and what may come next.
#[derive(Clone, Copy)]
enum Open {
    Object,
    Array,
}

impl Reader<'_> {
    /// One value with all in it; open collections lie on a stack of their own.
    fn value(&mut self) -> Result<(), JsonError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // At the start of a value.
            self.blanks();
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    self.blanks();
                    if self.peek()? != b'}' {
                        open.push(Open::Object);
                        self.key()?;
                        continue;
                    }
                    self.at += 1;
                }
                b'[' => {
                    self.at += 1;
                    self.blanks();
                    if self.peek()? != b']' {
                        open.push(Open::Array);
                        continue;
                    }
                    self.at += 1;
                }
                _ => self.literal()?,
            }
            if self.after_value(&mut open)? {
                return Ok(());
            }
        }
    }

    /// What follows a value: commas and closing brackets. Whether the outermost value has ended.
    fn after_value(&mut self, open: &mut Vec<Open>) -> Result<bool, JsonError> {
        while let Some(inner) = open.last() {
            self.blanks();
            match (inner, self.peek()?) {
                (Open::Object, b',') => {
                    self.at += 1;
                    self.blanks();
                    self.key()?;
                    return Ok(false);
                }
                (Open::Array, b',') => {
                    self.at += 1;
                    return Ok(false);
                }
                (Open::Object, b'}') | (Open::Array, b']') => {
                    self.at += 1;
                    open.pop();
                }
                (Open::Object, _) => return self.invalid("after object key:value pair"),
                (Open::Array, _) => return self.invalid("after array element"),
            }
        }
        Ok(true)
    }

    fn key(&mut self) -> Result<(), JsonError> {
        if self.peek()? != b'"' {
            return self.invalid("looking for beginning of object key string");
        }
        self.string()?;
        self.blanks();
        if self.peek()? != b':' {
            return self.invalid("after object key");
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self) -> Result<(), JsonError> {
        match self.peek()? {
            b'"' => self.string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.invalid("looking for beginning of value"),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        for expected in word.bytes() {
            if self.peek()? != expected {
                return self.invalid(&format!(
                    "in literal {word} (expecting '{}')",
                    char::from(expected)
                ));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek()? {
                        b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => self.at += 1,
                        b'u' => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.peek()?.is_ascii_hexdigit() {
                                    return self.invalid("in \\u hexadecimal character escape");
                                }
                                self.at += 1;
                            }
                        }
                        _ => return self.invalid("in string escape code"),
                    }
                }
                0..0x20 => return self.invalid("in string literal"),
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return self.invalid("in numeric literal"),
        }
        if self.here() == Some(b'.') {
            self.at += 1;
            if !self.peek()?.is_ascii_digit() {
                return self.invalid("after decimal point in numeric literal");
            }
            self.digits();
        }
        if matches!(self.here(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            if !self.peek()?.is_ascii_digit() {
                return self.invalid("in exponent of numeric literal");
            }
            self.digits();
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.here().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn blanks(&mut self) {
        while matches!(self.here(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek(&self) -> Result<u8, JsonError> {
        self.here().ok_or(JsonError::UnexpectedEnd)
    }

    fn invalid<T>(&self, place: &str) -> Result<T, JsonError> {
        let shown = match self.here().unwrap_or_default() {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            byte => format!("'{}'", char::from(byte).escape_debug()),
        };
        Err(JsonError::Invalid {
            offset: self.at + 1,
            problem: format!("invalid character {shown} {place}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::value_end;

    #[test]
    fn values_end_where_they_end() {
        let check = |text: &str, end: Option<usize>| assert_eq!(value_end(text), Ok(end), "{text}");
        check(" {} x", Some(3));
        check(r#"{"a":[1,-2.5e3,true,null,"\u00e9\n"],"b":{}}{"#, Some(44));
        check("[] ", Some(2));
        check(" \n", None);
    }

    #[test]
    fn problems_are_told_in_gos_words() {
        let check = |text: &str, expect: &str| {
            let have = value_end(text).err().map(|error| error.text(0));
            assert_eq!(have.as_deref(), Some(expect), "{text}");
        };
        check(
            "{\"a\":1,}",
            "json: offset 8: invalid character '}' looking for beginning of object key string",
        );
        check(
            "{a: 1}",
            "json: offset 2: invalid character 'a' looking for beginning of object key string",
        );
        check(
            "{\"a\" 1}",
            "json: offset 6: invalid character '1' after object key",
        );
        check(
            "{\"a\":1 2}",
            "json: offset 8: invalid character '2' after object key:value pair",
        );
        check(
            "{\"a\":[1 2]}",
            "json: offset 9: invalid character '2' after array element",
        );
        check(
            "{\"a\":tru}",
            "json: offset 9: invalid character '}' in literal true (expecting 'e')",
        );
        check(
            "{\"a\":\"\\q\"}",
            "json: offset 8: invalid character 'q' in string escape code",
        );
        check(
            "{\"a\":\"\n\"}",
            "json: offset 7: invalid character '\\n' in string literal",
        );
        check("{\"a\":", "unexpected EOF");
        check(
            "{\"a\":@}",
            "json: offset 6: invalid character '@' looking for beginning of value",
        );
    }
}
