//! Expansion of words: parameters, substitutions, arithmetic, field splitting, file names.
//!
//! A command substitution has to be run, which takes time: expansion then stops with
//! [`Interrupt::Substitute`] and is done anew from the beginning once the output is there.

use std::rc::Rc;

use super::Shell;
use super::arithmetic;
use super::ast::{List, Operation, Piece, Word};
use super::pattern;
use crate::cluster::process::files::normalize;
use crate::cluster::process::machine::Context;

/// Why expansion stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// The output of these commands is needed.
    Substitute(Rc<List>),
    /// It cannot be done; a script ends here.
    Failed(String),
}

/// The longest text that expansion makes.
const MOST_BYTES: usize = 1 << 20;
/// The most fields of one command, as `ARG_MAX` would limit them.
const MOST_FIELDS: usize = 50_000;

/// One expansion of a command.
pub(super) struct Expander<'e, 'c, 'a, 's> {
    pub shell: &'e mut Shell,
    pub context: &'c mut Context<'a, 's>,
    /// Outputs of the command substitutions so far, in the order in which they come.
    captured: &'e [String],
    used: usize,
}

/// The fields of a word while they grow.
#[derive(Default)]
struct Fields {
    done: Vec<Field>,
    current: Option<Field>,
}

#[derive(Default)]
struct Field {
    text: String,
    /// The same as a pattern, with what was quoted protected.
    pattern: String,
}

impl<'e, 'c, 'a, 's> Expander<'e, 'c, 'a, 's> {
    pub fn new(
        shell: &'e mut Shell,
        context: &'c mut Context<'a, 's>,
        captured: &'e [String],
    ) -> Self {
        Self {
            shell,
            context,
            captured,
            used: 0,
        }
    }

    /// Words to arguments, with field splitting and file names.
    pub fn arguments(&mut self, words: &[Word]) -> Result<Vec<String>, Interrupt> {
        let mut arguments = Vec::new();
        for word in words {
            let mut fields = Fields::default();
            self.add_fields(word, &mut fields, false)?;
            fields.end_field();
            for field in fields.done {
                self.file_names(field, &mut arguments);
            }
            if arguments.len() > MOST_FIELDS {
                return Err(Interrupt::Failed("Argument list too long".to_owned()));
            }
        }
        Ok(arguments)
    }

    /// A word to one text: assignments, `case` words, file names of redirections.
    pub fn text(&mut self, word: &Word) -> Result<String, Interrupt> {
        self.joined(word).map(|field| field.text)
    }

    /// A word to a pattern.
    pub fn pattern(&mut self, word: &Word) -> Result<String, Interrupt> {
        self.joined(word).map(|field| field.pattern)
    }

    fn joined(&mut self, word: &Word) -> Result<Field, Interrupt> {
        let mut field = Field::default();
        for (index, piece) in word.iter().enumerate() {
            match piece {
                Piece::Bare(text) => {
                    let text = if index == 0 {
                        self.tilde(text)
                    } else {
                        text.clone()
                    };
                    field.text.push_str(&text);
                    field.pattern.push_str(&text);
                }
                Piece::Quoted(text) => field.push_quoted(text),
                piece => {
                    let value = self.value(piece)?;
                    if is_quoted(piece) {
                        field.push_quoted(&value);
                    } else {
                        field.text.push_str(&value);
                        field.pattern.push_str(&value);
                    }
                }
            }
            if field.text.len() > MOST_BYTES {
                return Err(Interrupt::Failed("out of memory".to_owned()));
            }
        }
        Ok(field)
    }

    /// `split_bare`: bare text comes from the word of a `${x:-…}` and is split as its value is.
    fn add_fields(
        &mut self,
        word: &Word,
        fields: &mut Fields,
        split_bare: bool,
    ) -> Result<(), Interrupt> {
        for (index, piece) in word.iter().enumerate() {
            match piece {
                Piece::Bare(text) if split_bare => self.split(text, fields),
                Piece::Bare(text) => {
                    let text = if index == 0 {
                        self.tilde(text)
                    } else {
                        text.clone()
                    };
                    let field = fields.current();
                    field.text.push_str(&text);
                    field.pattern.push_str(&text);
                }
                Piece::Quoted(text) => fields.current().push_quoted(text),
                Piece::Parameter {
                    name,
                    operation: Operation::Plain,
                    quoted,
                } if name == "@" || (name == "*" && !quoted) => {
                    self.positional_fields(*quoted, fields);
                }
                Piece::Parameter {
                    name,
                    operation,
                    quoted: false,
                } => {
                    if let Some(word) = self.chosen_word(name, operation)? {
                        self.add_fields(&word, fields, true)?;
                    } else {
                        let value = self.value(piece)?;
                        self.split(&value, fields);
                    }
                }
                piece => {
                    let value = self.value(piece)?;
                    if is_quoted(piece) {
                        fields.current().push_quoted(&value);
                    } else {
                        self.split(&value, fields);
                    }
                }
            }
            let bytes = fields.current.as_ref().map_or(0, |field| field.text.len());
            if bytes > MOST_BYTES || fields.done.len() > MOST_FIELDS {
                return Err(Interrupt::Failed("out of memory".to_owned()));
            }
        }
        Ok(())
    }

    /// The word of `${x:-word}` or `${x:+word}` where that is what counts.
    fn chosen_word(
        &mut self,
        name: &str,
        operation: &Operation,
    ) -> Result<Option<Word>, Interrupt> {
        let is_set = |shell: &Shell, colon: bool| match shell.parameter(name) {
            Some(value) => !(colon && value.is_empty()),
            None => false,
        };
        Ok(match operation {
            Operation::Default { colon, word } => {
                (!is_set(self.shell, *colon)).then(|| word.clone())
            }
            Operation::Alternative { colon, word } => {
                is_set(self.shell, *colon).then(|| word.clone())
            }
            _ => None,
        })
    }

    fn positional_fields(&mut self, quoted: bool, fields: &mut Fields) {
        let positional = Rc::clone(&self.shell.positional);
        for (index, value) in positional.iter().enumerate() {
            if index > 0 {
                fields.end_field();
            }
            if quoted {
                fields.current().push_quoted(value);
            } else {
                self.split(value, fields);
            }
        }
    }

    /// Splits at the characters of IFS: blanks together, others one by one.
    fn split(&mut self, text: &str, fields: &mut Fields) {
        let separators = self
            .shell
            .parameter("IFS")
            .unwrap_or_else(|| " \t\n".to_owned());
        let mut after_mark = false;
        for letter in text.chars() {
            if !separators.contains(letter) {
                let field = fields.current();
                field.text.push(letter);
                field.pattern.push(letter);
                after_mark = false;
            } else if letter.is_whitespace() {
                fields.end_field();
            } else {
                // Two marks in a row enclose an empty field.
                if after_mark {
                    fields.current();
                }
                fields.end_field();
                after_mark = true;
            }
        }
    }

    fn tilde(&self, text: &str) -> String {
        match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                let home = self
                    .shell
                    .parameter("HOME")
                    .unwrap_or_else(|| "/root".to_owned());
                format!("{home}{rest}")
            }
            _ => text.to_owned(),
        }
    }

    /// The value of anything that is not plain text.
    fn value(&mut self, piece: &Piece) -> Result<String, Interrupt> {
        match piece {
            Piece::Bare(text) | Piece::Quoted(text) => Ok(text.clone()),
            Piece::Substitution { list, .. } => match self.captured.get(self.used) {
                Some(output) => {
                    self.used += 1;
                    Ok(output.clone())
                }
                None => Err(Interrupt::Substitute(Rc::clone(list))),
            },
            Piece::Arithmetic { expression, .. } => {
                let text = self.text(expression)?;
                self.arithmetic(&text).map(|value| value.to_string())
            }
            Piece::Parameter {
                name, operation, ..
            } => self.parameter(name, operation),
        }
    }

    pub fn arithmetic(&mut self, text: &str) -> Result<i64, Interrupt> {
        arithmetic::evaluate(text, self.shell).map_err(Interrupt::Failed)
    }

    fn parameter(&mut self, name: &str, operation: &Operation) -> Result<String, Interrupt> {
        let value = match name {
            "RANDOM" if !self.shell.is_set("RANDOM") => Some(self.shell.random(self.context)),
            "SECONDS" if !self.shell.is_set("SECONDS") => {
                let age = self.context.now.since(self.shell.started_at);
                Some(age.as_secs().to_string())
            }
            name => self.shell.parameter(name),
        };
        if let Some(word) = self.chosen_word(name, operation)? {
            return self.text(&word);
        }
        let is_empty = value.as_deref().unwrap_or_default().is_empty();
        match operation {
            Operation::Assign { colon, word } if value.is_none() || (*colon && is_empty) => {
                let text = self.text(word)?;
                self.shell.assign(name, &text).map_err(Interrupt::Failed)?;
                return Ok(text);
            }
            Operation::Require { colon, word } if value.is_none() || (*colon && is_empty) => {
                let text = self.text(word)?;
                let text = if text.is_empty() {
                    "parameter not set"
                } else {
                    &text
                };
                return Err(Interrupt::Failed(format!("{name}: {text}")));
            }
            Operation::Alternative { .. } => return Ok(String::new()),
            _ => {}
        }
        let is_special = matches!(name, "@" | "*");
        if value.is_none() && self.shell.options.nounset && !is_special {
            return Err(Interrupt::Failed(format!("{name}: parameter not set")));
        }
        self.operate(value.unwrap_or_default(), operation, name)
    }

    fn operate(
        &mut self,
        value: String,
        operation: &Operation,
        name: &str,
    ) -> Result<String, Interrupt> {
        Ok(match operation {
            Operation::Length if matches!(name, "@" | "*") => {
                self.shell.positional.len().to_string()
            }
            Operation::Length => value.chars().count().to_string(),
            Operation::RemovePrefix { longest, pattern } => {
                let pattern = self.pattern(pattern)?;
                let length = pattern::prefix_length(&pattern, &value, *longest).unwrap_or(0);
                value[length..].to_owned()
            }
            Operation::RemoveSuffix { longest, pattern } => {
                let pattern = self.pattern(pattern)?;
                let start = pattern::suffix_start(&pattern, &value, *longest);
                value[..start.unwrap_or(value.len())].to_owned()
            }
            Operation::Replace { all, pattern, word } => {
                let pattern = self.pattern(pattern)?;
                let word = self.text(word)?;
                replace(&value, &pattern, &word, *all)
            }
            Operation::Substring { offset, length } => {
                let offset = self.text(offset)?;
                let offset = self.arithmetic(&offset)?;
                let length = match length {
                    Some(length) => {
                        let length = self.text(length)?;
                        Some(self.arithmetic(&length)?)
                    }
                    None => None,
                };
                substring(&value, offset, length)
            }
            _ => value,
        })
    }

    /// A field that is a pattern becomes the files that match; itself, if none does.
    fn file_names(&mut self, field: Field, arguments: &mut Vec<String>) {
        if !pattern::is_pattern(&field.pattern) || self.shell.options.noglob {
            arguments.push(field.text);
            return;
        }
        let is_absolute = field.pattern.starts_with('/');
        let mut found = vec![if is_absolute {
            "/".to_owned()
        } else {
            String::new()
        }];
        for part in field.pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for directory in &found {
                let path = normalize(&self.shell.directory, directory);
                let surroundings = &self.context.surroundings;
                let names = surroundings.files.list(surroundings.volumes, &path);
                for name in names.unwrap_or_default() {
                    let is_hidden = name.starts_with('.') && !part.starts_with('.');
                    if !is_hidden && pattern::matches(part, &name) {
                        let slash = if directory.is_empty() || directory.ends_with('/') {
                            ""
                        } else {
                            "/"
                        };
                        next.push(format!("{directory}{slash}{name}"));
                    }
                }
            }
            next.truncate(MOST_FIELDS);
            found = next;
        }
        if found.is_empty() {
            arguments.push(field.text);
        } else {
            arguments.extend(found);
        }
    }
}

impl Fields {
    fn current(&mut self) -> &mut Field {
        self.current.get_or_insert_with(Field::default)
    }

    fn end_field(&mut self) {
        self.done.extend(self.current.take());
    }
}

impl Field {
    fn push_quoted(&mut self, text: &str) {
        self.text.push_str(text);
        self.pattern.push_str(&pattern::protect(text));
    }
}

fn is_quoted(piece: &Piece) -> bool {
    match piece {
        Piece::Bare(_) => false,
        Piece::Quoted(_) => true,
        Piece::Parameter { quoted, .. }
        | Piece::Substitution { quoted, .. }
        | Piece::Arithmetic { quoted, .. } => *quoted,
    }
}

fn replace(value: &str, pattern: &str, word: &str, all: bool) -> String {
    let mut result = String::new();
    let mut rest = value;
    while !rest.is_empty() {
        match pattern::prefix_length(pattern, rest, true).filter(|length| *length > 0) {
            Some(length) => {
                result.push_str(word);
                rest = &rest[length..];
                if !all {
                    break;
                }
            }
            None => {
                let length = rest.chars().next().map_or(0, char::len_utf8);
                result.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
        if result.len() > MOST_BYTES {
            break;
        }
    }
    result + rest
}

/// Negative offsets count from the end, and so does a negative length.
fn substring(value: &str, offset: i64, length: Option<i64>) -> String {
    let count = value.chars().count() as i64;
    let start = if offset < 0 {
        (count + offset).max(0)
    } else {
        offset.min(count)
    };
    let end = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => start.saturating_add(length).min(count),
    };
    let letters = value.chars().skip(start as usize);
    letters.take((end - start) as usize).collect()
}
