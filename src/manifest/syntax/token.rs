//! The tokens of YAML, and what is wrong where there is none.

use super::cursor::Mark;

/// A token with its place.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub start: Mark,
    /// Where it ends.
    pub end: Mark,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The end of the text.
    StreamEnd,
    /// `%YAML major.minor`
    Version(u8, u8),
    /// `%TAG handle prefix`
    TagDirective(String, String),
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// Indentation opens a list.
    BlockSequenceStart,
    /// Indentation opens a mapping.
    BlockMappingStart,
    /// Indentation closes a list or a mapping.
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    /// `}`
    FlowMappingEnd,
    /// `- `
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `? `, or the start of what turned out to be a key.
    Key,
    /// `: `
    Value,
    /// `*name`
    Alias(String),
    /// `&name`
    Anchor(String),
    /// `!handle!suffix`
    Tag(String, String),
    /// A value; `plain` without quotes.
    Scalar {
        /// Its text.
        text: String,
        /// Whether it stands without quotes and not in a block.
        plain: bool,
    },
}

/// A text that is not YAML.
#[derive(Clone, Debug)]
pub struct SyntaxError {
    /// go-yaml's words.
    pub problem: &'static str,
    /// Where it was noticed.
    pub at: Mark,
    /// Where the thing begins that is wrong.
    pub context: Mark,
    /// Whether characters were looked at, not tokens. go-yaml counts lines from 1 then, else from 0.
    pub in_scanner: bool,
}

impl SyntaxError {
    /// The text of go-yaml, as kubectl shows it: `yaml: line 3: could not find expected ':'`.
    pub fn text(&self) -> String {
        // go-yaml: no line at all for the first one.
        match self.at.line {
            0 => format!("yaml: {}", self.problem),
            line => format!(
                "yaml: line {}: {}",
                line + usize::from(self.in_scanner),
                self.problem
            ),
        }
    }
}
