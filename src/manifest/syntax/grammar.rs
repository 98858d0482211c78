//! Tokens to a tree: the grammar of YAML 1.1, of one document. What is to come lies on a stack of its own,
//! so that deep nesting costs no stack of the machine.

use super::builder::Builder;
use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{SyntaxError, Token, TokenKind as Kind};
use std::collections::BTreeMap;

/// Why reading stopped.
pub enum Stop {
    /// The text is not YAML.
    Syntax(SyntaxError),
    /// The builder has found something that cannot be built, and keeps what it is.
    Build,
}

impl From<SyntaxError> for Stop {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

/// Reads one document.
pub struct Grammar<'text> {
    scanner: Scanner<'text>,
    builder: Builder<'text>,
    handles: BTreeMap<String, String>,
    to_come: Vec<Part>,
}

/// What is to be read next; collections know where they began.
enum Part {
    /// A value. `indentless`: whether a list may begin in the column of its key.
    Node { block: bool, indentless: bool },
    /// The next item of a list.
    BlockSequence(Mark),
    /// The next item of a list in the column of its key.
    IndentlessSequence,
    /// The next key of a mapping.
    BlockMapping(Mark),
    /// The value of a key.
    BlockValue,
    /// The next item of a list in brackets.
    FlowSequence { start: Mark, first: bool },
    /// The end of a `key: value` in such a list.
    FlowPairEnd,
    /// The next key of a mapping in braces.
    FlowMapping { start: Mark, first: bool },
    /// The value of a key in brackets that `end` closes.
    FlowValue { end: Kind },
    /// The value of a key that has none.
    NoValue,
}

/// The anchor and the tag before a value.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
    start: Option<Mark>,
}

impl<'text> Grammar<'text> {
    /// A reader of `text` that builds with `builder`.
    pub fn new(text: &'text str, is_json: bool, builder: Builder<'text>) -> Self {
        Self {
            scanner: Scanner::new(text, is_json),
            builder,
            handles: BTreeMap::new(),
            to_come: Vec::new(),
        }
    }

    /// Reads the first document; what follows it is not looked at, as kubectl does.
    pub fn run(mut self) -> (Builder<'text>, Result<(), Stop>) {
        let result = self.document();
        (self.builder, result)
    }

    fn document(&mut self) -> Result<(), Stop> {
        let first = self.scanner.peek()?;
        match first.kind {
            Kind::StreamEnd => return Ok(()),
            Kind::Version(..) | Kind::TagDirective(..) | Kind::DocumentStart => {
                self.directives()?;
                let token = self.scanner.peek()?;
                if token.kind != Kind::DocumentStart {
                    return wrong(token, token.start, "did not find expected <document start>");
                }
                self.scanner.take()?;
                if is_document_end(&self.scanner.peek()?.kind) {
                    return Ok(());
                }
            }
            _ => {}
        }
        self.to_come.push(Part::Node {
            block: true,
            indentless: false,
        });
        while let Some(part) = self.to_come.pop() {
            self.part(part)?;
            if self.builder.is_stopped() {
                return Err(Stop::Build);
            }
        }
        // The end of the document is looked for, which may meet another error.
        self.scanner.peek()?;
        Ok(())
    }

    fn directives(&mut self) -> Result<(), Stop> {
        let mut has_version = false;
        loop {
            let token = self.scanner.peek()?.clone();
            match token.kind {
                Kind::Version(..) if has_version => {
                    return wrong(&token, token.start, "found duplicate %YAML directive");
                }
                Kind::Version(1, 1) => has_version = true,
                Kind::Version(..) => {
                    return wrong(&token, token.start, "found incompatible YAML document");
                }
                Kind::TagDirective(ref handle, ref prefix) => {
                    if self
                        .handles
                        .insert(handle.clone(), prefix.clone())
                        .is_some()
                    {
                        return wrong(&token, token.start, "found duplicate %TAG directive");
                    }
                }
                _ => return Ok(()),
            }
            self.scanner.take()?;
        }
    }

    fn part(&mut self, part: Part) -> Result<(), Stop> {
        match part {
            Part::Node { block, indentless } => self.node(block, indentless),
            Part::BlockSequence(start) => self.block_sequence(start),
            Part::IndentlessSequence => self.indentless_sequence(),
            Part::BlockMapping(start) => self.block_mapping(start),
            Part::BlockValue => self.block_value(),
            Part::FlowSequence { start, first } => self.flow_sequence(start, first),
            Part::FlowPairEnd => {
                self.builder.end(None);
                Ok(())
            }
            Part::FlowMapping { start, first } => self.flow_mapping(start, first),
            Part::FlowValue { end } => self.flow_value(&end),
            Part::NoValue => {
                let at = self.scanner.peek()?.start;
                self.empty(at)
            }
        }
    }

    fn then(&mut self, part: Part) {
        self.to_come.push(part);
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<(), Stop> {
        let Properties {
            anchor,
            tag,
            start: properties,
        } = self.properties()?;
        let token = self.scanner.peek()?;
        let start = token.start;
        match &token.kind {
            Kind::Alias(_) if properties.is_none() => {
                let token = self.scanner.take()?;
                if let Kind::Alias(name) = token.kind {
                    self.builder.alias(&name, start.offset..token.end.offset);
                }
            }
            Kind::Scalar { .. } => {
                let token = self.scanner.take()?;
                if let Kind::Scalar { text, plain } = token.kind {
                    let span = start.offset..token.end.offset;
                    self.builder
                        .scalar(text, plain, anchor, tag.as_deref(), span);
                }
            }
            Kind::BlockEntry if indentless => {
                self.builder.begin_sequence(anchor, start.offset);
                self.then(Part::IndentlessSequence);
            }
            Kind::FlowSequenceStart => {
                self.scanner.take()?;
                self.builder.begin_sequence(anchor, start.offset);
                self.then(Part::FlowSequence { start, first: true });
            }
            Kind::FlowMappingStart => {
                self.scanner.take()?;
                self.builder.begin_mapping(anchor, start.offset);
                self.then(Part::FlowMapping { start, first: true });
            }
            Kind::BlockSequenceStart if block => {
                self.scanner.take()?;
                self.builder.begin_sequence(anchor, start.offset);
                self.then(Part::BlockSequence(start));
            }
            Kind::BlockMappingStart if block => {
                self.scanner.take()?;
                self.builder.begin_mapping(anchor, start.offset);
                self.then(Part::BlockMapping(start));
            }
            _ if properties.is_some() => {
                // An anchor or a tag alone stands for an empty value.
                let span = start.offset..start.offset;
                self.builder
                    .scalar(String::new(), true, anchor, tag.as_deref(), span);
            }
            _ => return wrong(token, start, "did not find expected node content"),
        }
        Ok(())
    }

    /// An anchor and a tag, in either order.
    fn properties(&mut self) -> Result<Properties, Stop> {
        let mut found = Properties::default();
        let mut tag = None;
        for _ in 0..2 {
            let token = self.scanner.peek()?;
            let mark = token.start;
            match &token.kind {
                Kind::Anchor(name) if found.anchor.is_none() => found.anchor = Some(name.clone()),
                Kind::Tag(handle, suffix) if tag.is_none() => {
                    tag = Some((handle.clone(), suffix.clone(), mark));
                }
                _ => break,
            }
            found.start = found.start.or(Some(mark));
            self.scanner.take()?;
        }
        if let Some((handle, suffix, mark)) = tag {
            let prefix = match handle.as_str() {
                "" => Some(""),
                handle => self
                    .handles
                    .get(handle)
                    .map(String::as_str)
                    .or(match handle {
                        "!" => Some("!"),
                        "!!" => Some("tag:yaml.org,2002:"),
                        _ => None,
                    }),
            };
            let Some(prefix) = prefix else {
                let error = SyntaxError {
                    problem: "found undefined tag handle",
                    at: mark,
                    context: mark,
                    in_scanner: false,
                };
                return Err(error.into());
            };
            found.tag = Some(format!("{prefix}{suffix}"));
        }
        Ok(found)
    }

    fn block_sequence(&mut self, start: Mark) -> Result<(), Stop> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::BlockEntry => {
                let after = self.scanner.take()?.end;
                self.then(Part::BlockSequence(start));
                match self.scanner.peek()?.kind {
                    Kind::BlockEntry | Kind::BlockEnd => self.empty(after)?,
                    _ => self.then(Part::Node {
                        block: true,
                        indentless: false,
                    }),
                }
            }
            Kind::BlockEnd => {
                self.scanner.take()?;
                self.builder.end(None);
            }
            _ => return wrong(token, start, "did not find expected '-' indicator"),
        }
        Ok(())
    }

    fn indentless_sequence(&mut self) -> Result<(), Stop> {
        if self.scanner.peek()?.kind != Kind::BlockEntry {
            self.builder.end(None);
            return Ok(());
        }
        let after = self.scanner.take()?.end;
        self.then(Part::IndentlessSequence);
        match self.scanner.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(after)?,
            _ => self.then(Part::Node {
                block: true,
                indentless: false,
            }),
        }
        Ok(())
    }

    fn block_mapping(&mut self, start: Mark) -> Result<(), Stop> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::Key => {
                let after = self.scanner.take()?.end;
                self.then(Part::BlockMapping(start));
                self.then(Part::BlockValue);
                self.block_mapping_part(after)
            }
            Kind::BlockEnd => {
                self.scanner.take()?;
                self.builder.end(None);
                Ok(())
            }
            _ => wrong(token, start, "did not find expected key"),
        }
    }

    fn block_value(&mut self) -> Result<(), Stop> {
        let token = self.scanner.peek()?;
        let mark = token.start;
        if token.kind == Kind::Value {
            let after = self.scanner.take()?.end;
            return self.block_mapping_part(after);
        }
        self.empty(mark)
    }

    /// A key or a value of a block mapping, or nothing.
    fn block_mapping_part(&mut self, after: Mark) -> Result<(), Stop> {
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(after),
            _ => {
                self.then(Part::Node {
                    block: true,
                    indentless: true,
                });
                Ok(())
            }
        }
    }

    fn flow_sequence(&mut self, start: Mark, first: bool) -> Result<(), Stop> {
        if self.scanner.peek()?.kind != Kind::FlowSequenceEnd {
            if !first {
                self.separator(start, "did not find expected ',' or ']'")?;
            }
            match self.scanner.peek()?.kind {
                Kind::Key => {
                    self.then(Part::FlowSequence {
                        start,
                        first: false,
                    });
                    return self.flow_pair();
                }
                Kind::FlowSequenceEnd => {}
                _ => {
                    self.then(Part::FlowSequence {
                        start,
                        first: false,
                    });
                    self.then(Part::Node {
                        block: false,
                        indentless: false,
                    });
                    return Ok(());
                }
            }
        }
        let end = self.scanner.take()?.end;
        self.builder.end(Some(end.offset));
        Ok(())
    }

    /// `key: value` in a list: a mapping of one entry.
    fn flow_pair(&mut self) -> Result<(), Stop> {
        let start = self.scanner.take()?.start;
        self.builder.begin_mapping(None, start.offset);
        self.then(Part::FlowPairEnd);
        self.then(Part::FlowValue {
            end: Kind::FlowSequenceEnd,
        });
        match self.scanner.peek()?.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // libyaml goes over this token, whatever it is.
                let after = self.scanner.take()?.end;
                self.empty(after)
            }
            _ => {
                self.then(Part::Node {
                    block: false,
                    indentless: false,
                });
                Ok(())
            }
        }
    }

    fn flow_mapping(&mut self, start: Mark, first: bool) -> Result<(), Stop> {
        if self.scanner.peek()?.kind != Kind::FlowMappingEnd {
            if !first {
                self.separator(start, "did not find expected ',' or '}'")?;
            }
            let is_key = self.scanner.peek()?.kind == Kind::Key;
            if is_key {
                self.scanner.take()?;
                self.then(Part::FlowMapping {
                    start,
                    first: false,
                });
                self.then(Part::FlowValue {
                    end: Kind::FlowMappingEnd,
                });
                let token = self.scanner.peek()?;
                let mark = token.start;
                return match token.kind {
                    Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => self.empty(mark),
                    _ => {
                        self.then(Part::Node {
                            block: false,
                            indentless: false,
                        });
                        Ok(())
                    }
                };
            }
            if self.scanner.peek()?.kind != Kind::FlowMappingEnd {
                self.then(Part::FlowMapping {
                    start,
                    first: false,
                });
                self.then(Part::NoValue);
                self.then(Part::Node {
                    block: false,
                    indentless: false,
                });
                return Ok(());
            }
        }
        let end = self.scanner.take()?.end;
        self.builder.end(Some(end.offset));
        Ok(())
    }

    /// The value of a key in a flow collection, or nothing.
    fn flow_value(&mut self, end: &Kind) -> Result<(), Stop> {
        let token = self.scanner.peek()?;
        if token.kind != Kind::Value {
            let mark = token.start;
            return self.empty(mark);
        }
        self.scanner.take()?;
        let token = self.scanner.peek()?;
        let mark = token.start;
        if token.kind == Kind::FlowEntry || token.kind == *end {
            return self.empty(mark);
        }
        self.then(Part::Node {
            block: false,
            indentless: false,
        });
        Ok(())
    }

    /// The comma between two entries.
    fn separator(&mut self, start: Mark, problem: &'static str) -> Result<(), Stop> {
        let token = self.scanner.peek()?;
        if token.kind != Kind::FlowEntry {
            return wrong(token, start, problem);
        }
        self.scanner.take()?;
        Ok(())
    }

    fn empty(&mut self, at: Mark) -> Result<(), Stop> {
        self.builder
            .scalar(String::new(), true, None, None, at.offset..at.offset);
        Ok(())
    }
}

fn is_document_end(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Version(..)
            | Kind::TagDirective(..)
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd
    )
}

fn wrong<T>(token: &Token, context: Mark, problem: &'static str) -> Result<T, Stop> {
    let error = SyntaxError {
        problem,
        at: token.start,
        context,
        in_scanner: false,
    };
    Err(error.into())
}
