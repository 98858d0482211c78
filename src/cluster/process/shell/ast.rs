//! The syntax tree of a script. Shared by `Rc`: a running shell points into it.

use std::rc::Rc;

mod word;

pub(super) use word::{Operation, Piece, Word};

/// Commands one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub items: Vec<Item>,
}

/// Pipelines joined by `&&` and `||`, perhaps in the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub first: Pipeline,
    pub rest: Vec<(Connector, Pipeline)>,
    pub background: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connector {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pipeline {
    pub negated: bool,
    /// At least one.
    pub commands: Vec<Rc<Command>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub kind: CommandKind,
    pub redirections: Vec<Redirection>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CommandKind {
    Simple {
        assignments: Vec<(String, Word)>,
        words: Vec<Word>,
    },
    Brace(Rc<List>),
    Subshell(Rc<List>),
    If {
        branches: Vec<(Rc<List>, Rc<List>)>,
        otherwise: Option<Rc<List>>,
    },
    Loop {
        until: bool,
        condition: Rc<List>,
        body: Rc<List>,
    },
    For {
        name: String,
        /// `None`: the positional parameters.
        words: Option<Vec<Word>>,
        body: Rc<List>,
    },
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, Rc<List>)>,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    /// `(( … ))`.
    Arithmetic(Word),
    /// `[[ … ]]`, without the brackets; operators are plain words.
    Test(Vec<Word>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirection {
    /// The descriptor that is redirected, 0 to 9.
    pub descriptor: u8,
    pub kind: RedirectionKind,
    /// File name, descriptor number or text.
    pub target: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedirectionKind {
    /// `<`
    Read,
    /// `>` and `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `>&` and `<&`
    Duplicate,
    /// `&>`: both outputs.
    WriteBoth,
    /// A here-document, or a here-string with its line feed.
    Text,
}
