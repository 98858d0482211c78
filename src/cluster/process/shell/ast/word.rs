//! Words of a script and the expansions in them.

use std::rc::Rc;

use super::List;

/// A word: pieces without blank between them.
pub(in super::super) type Word = Vec<Piece>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Piece {
    /// Text in which `*`, `?` and `[` are patterns.
    Bare(String),
    /// Text from quotes.
    Quoted(String),
    /// `$name`, `${name…}`.
    Parameter {
        name: String,
        operation: Operation,
        quoted: bool,
    },
    /// `$(…)` and backquotes.
    Substitution { list: Rc<List>, quoted: bool },
    /// `$((…))`.
    Arithmetic { expression: Word, quoted: bool },
}

/// What `${…}` does to a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Operation {
    Plain,
    /// `${#name}`
    Length,
    /// `${name:-word}`; without colon only unset counts.
    Default {
        colon: bool,
        word: Word,
    },
    /// `${name:=word}`
    Assign {
        colon: bool,
        word: Word,
    },
    /// `${name:?word}`
    Require {
        colon: bool,
        word: Word,
    },
    /// `${name:+word}`
    Alternative {
        colon: bool,
        word: Word,
    },
    /// `${name#pattern}`, `${name##pattern}`
    RemovePrefix {
        longest: bool,
        pattern: Word,
    },
    /// `${name%pattern}`, `${name%%pattern}`
    RemoveSuffix {
        longest: bool,
        pattern: Word,
    },
    /// `${name/pattern/word}`, `${name//pattern/word}`
    Replace {
        all: bool,
        pattern: Word,
        word: Word,
    },
    /// `${name:offset:length}`
    Substring {
        offset: Word,
        length: Option<Word>,
    },
}
