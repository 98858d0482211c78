//! From the text of a script to its syntax tree.

use std::rc::Rc;

use super::ast::{
    Command, CommandKind, Connector, Item, List, Pipeline, Redirection, RedirectionKind, Word,
};

mod words;

/// A script as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    /// The commands of the lines before the error, or all.
    pub list: Rc<List>,
    /// What a shell says to the rest: `unexpected "done"`.
    pub error: Option<String>,
}

/// How deep commands and expansions may nest.
const MOST_DEPTH: u32 = 100;

/// Reads a script. Like a shell, it can run the lines before a syntax error.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text);
    let mut list = List::default();
    let mut complete = 0;
    let error = loop {
        parser.skip_newlines();
        if parser.is_at_end() {
            break None;
        }
        match parser.line(&mut list) {
            Ok(()) => complete = list.items.len(),
            Err(error) => break Some(error),
        }
    };
    if error.is_some() {
        list.items.truncate(complete);
    }
    Parsed {
        list: Rc::new(list),
        error,
    }
}

/// The state of reading.
struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: u32,
    /// Where the bodies of here-documents lie: (line feed before them, end).
    documents: Vec<(usize, usize)>,
}

type Result<T> = std::result::Result<T, String>;

impl Parser {
    fn new(text: &str) -> Self {
        Self {
            letters: text.chars().filter(|letter| *letter != '\r').collect(),
            at: 0,
            depth: 0,
            documents: Vec::new(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn looking_at(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, letter)| self.peek_at(ahead) == Some(letter))
    }

    fn eat(&mut self, text: &str) -> bool {
        let is_there = self.looking_at(text);
        if is_there {
            self.at += text.chars().count();
        }
        is_there
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.letters.len()
    }

    /// Blanks, continued lines and comments.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.peek_at(1) == Some('\n') => self.at += 2,
                Some('#') if self.is_word_start() => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Whether the letter before ends a token, so that `#` begins a comment.
    fn is_word_start(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.letters.get(at));
        before.is_none_or(|letter| " \t\n;|&()".contains(*letter))
    }

    /// A line feed with the here-documents behind it.
    fn newline(&mut self) -> bool {
        if self.peek() != Some('\n') {
            return false;
        }
        let here = self.at;
        self.at += 1;
        if let Some((_, end)) = self.documents.iter().rev().find(|(line, _)| *line == here) {
            self.at = *end;
        }
        true
    }

    fn skip_newlines(&mut self) {
        loop {
            self.skip_blanks();
            if !self.newline() {
                return;
            }
        }
    }

    fn unexpected<T>(&self) -> Result<T> {
        let token: String = match self.peek() {
            None => return Err("unexpected end of file".to_owned()),
            Some('\n') => return Err("unexpected newline".to_owned()),
            Some(letter) if is_operator(letter) => {
                let twice = matches!(self.peek_at(1), Some(next) if next == letter);
                std::iter::repeat_n(letter, if twice { 2 } else { 1 }).collect()
            }
            Some(_) => self.bare_word().unwrap_or_default(),
        };
        Err(format!("unexpected \"{token}\""))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MOST_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// One line of the script with everything that it opens.
    fn line(&mut self, list: &mut List) -> Result<()> {
        loop {
            let item = self.item()?;
            list.items.push(item);
            self.skip_blanks();
            if self.newline() || self.is_at_end() {
                return Ok(());
            }
            if self.is_operator_next() && !self.ends_item() {
                return self.unexpected();
            }
        }
    }

    /// Whether the item before was closed by `;` or `&`.
    fn ends_item(&self) -> bool {
        let mut before = self.letters[..self.at].iter().rev();
        let last = before.find(|letter| !matches!(letter, ' ' | '\t'));
        matches!(last, Some(';' | '&')) && !matches!(self.peek(), Some(';' | '&' | '|' | ')'))
    }

    fn is_operator_next(&self) -> bool {
        self.peek().is_some_and(is_operator)
    }

    /// Commands up to one of these words, which is not consumed.
    fn list_until(&mut self, ends: &[&str]) -> Result<Rc<List>> {
        self.deeper(|parser| {
            let mut list = List::default();
            loop {
                parser.skip_newlines();
                if parser.is_at_end() {
                    return parser.unexpected();
                }
                if parser.is_end(ends) {
                    break;
                }
                list.items.push(parser.item()?);
            }
            if list.items.is_empty() {
                return parser.unexpected();
            }
            Ok(Rc::new(list))
        })
    }

    fn is_end(&self, ends: &[&str]) -> bool {
        ends.iter().any(|end| match *end {
            ")" | ";;" => self.looking_at(end),
            word => self.bare_word().as_deref() == Some(word),
        })
    }

    /// Pipelines joined by `&&` and `||`, with the `;` or `&` behind them.
    fn item(&mut self) -> Result<Item> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let connector = if self.eat("&&") {
                Connector::And
            } else if self.eat("||") {
                Connector::Or
            } else {
                break;
            };
            self.skip_newlines();
            rest.push((connector, self.pipeline()?));
        }
        let mut background = false;
        if self.peek() == Some('&') && self.peek_at(1) != Some('>') {
            self.at += 1;
            background = true;
        } else if self.peek() == Some(';') && self.peek_at(1) != Some(';') {
            self.at += 1;
        }
        Ok(Item {
            first,
            rest,
            background,
        })
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        self.skip_blanks();
        let mut negated = false;
        while self.bare_word().as_deref() == Some("!") {
            self.at += 1;
            negated = !negated;
            self.skip_blanks();
        }
        let mut commands = vec![Rc::new(self.command()?)];
        loop {
            self.skip_blanks();
            if self.looking_at("||") || self.peek() != Some('|') {
                break;
            }
            self.at += 1;
            if self.eat("&") {
                // `|&` pipes both outputs.
                let last = commands.last_mut().and_then(Rc::get_mut);
                if let Some(last) = last {
                    last.redirections.push(both_outputs());
                }
            }
            self.skip_newlines();
            commands.push(Rc::new(self.command()?));
        }
        Ok(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Result<Command> {
        self.deeper(|parser| {
            parser.skip_blanks();
            let Some(kind) = parser.compound()? else {
                return parser.simple();
            };
            let mut redirections = Vec::new();
            loop {
                parser.skip_blanks();
                match parser.redirection()? {
                    Some(redirection) => redirections.push(redirection),
                    None => break,
                }
            }
            Ok(Command { kind, redirections })
        })
    }

    /// A compound command, if one begins here.
    fn compound(&mut self) -> Result<Option<CommandKind>> {
        if self.looking_at("((") {
            let start = self.at;
            self.at += 2;
            if let Ok(expression) = self.arithmetic_text() {
                return Ok(Some(CommandKind::Arithmetic(expression)));
            }
            self.at = start;
        }
        if self.eat("(") {
            let list = self.list_until(&[")"])?;
            self.at += 1;
            return Ok(Some(CommandKind::Subshell(list)));
        }
        let Some(word) = self.bare_word() else {
            return Ok(None);
        };
        let length = word.chars().count();
        let kind = match word.as_str() {
            "{" => {
                self.at += length;
                let list = self.list_until(&["}"])?;
                self.at += 1;
                CommandKind::Brace(list)
            }
            "if" => self.if_command()?,
            "while" | "until" => {
                self.at += length;
                let condition = self.list_until(&["do"])?;
                let body = self.do_group()?;
                CommandKind::Loop {
                    until: word == "until",
                    condition,
                    body,
                }
            }
            "for" => self.for_command()?,
            "case" => self.case_command()?,
            "[[" => self.test_command()?,
            "function" => {
                self.at += length;
                self.skip_blanks();
                let name = self.bare_word().unwrap_or_default();
                self.at += name.chars().count();
                self.skip_blanks();
                self.eat("()");
                self.function_body(name)?
            }
            "then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}" | "in" => {
                if word == "in" {
                    return Ok(None);
                }
                return self.unexpected();
            }
            name if is_name(name) && self.is_function_definition(length) => {
                self.at += length;
                self.skip_blanks();
                self.at += 1;
                self.skip_blanks();
                self.at += 1;
                self.function_body(word)?
            }
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    fn is_function_definition(&self, length: usize) -> bool {
        let mut rest = self.letters[self.at + length..]
            .iter()
            .filter(|letter| !matches!(letter, ' ' | '\t'));
        rest.next() == Some(&'(') && rest.next() == Some(&')')
    }

    fn function_body(&mut self, name: String) -> Result<CommandKind> {
        self.skip_newlines();
        let body = Rc::new(self.command()?);
        Ok(CommandKind::Function { name, body })
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        self.skip_newlines();
        if self.bare_word().as_deref() != Some(word) {
            return self.unexpected();
        }
        self.at += word.chars().count();
        Ok(())
    }

    fn do_group(&mut self) -> Result<Rc<List>> {
        self.expect("do")?;
        let body = self.list_until(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    fn if_command(&mut self) -> Result<CommandKind> {
        self.expect("if")?;
        let mut branches = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.list_until(&["then"])?;
            self.expect("then")?;
            let body = self.list_until(&["elif", "else", "fi"])?;
            branches.push((condition, body));
            if self.expect("elif").is_ok() {
                continue;
            }
            if self.expect("else").is_ok() {
                otherwise = Some(self.list_until(&["fi"])?);
            }
            self.expect("fi")?;
            return Ok(CommandKind::If {
                branches,
                otherwise,
            });
        }
    }

    fn for_command(&mut self) -> Result<CommandKind> {
        self.expect("for")?;
        self.skip_blanks();
        let name = self.bare_word().filter(|name| is_name(name));
        let Some(name) = name else {
            return self.unexpected();
        };
        self.at += name.chars().count();
        self.skip_newlines();
        let mut words = None;
        if self.bare_word().as_deref() == Some("in") {
            self.at += 2;
            let mut found = Vec::new();
            loop {
                self.skip_blanks();
                match self.word()? {
                    Some(word) => found.push(word),
                    None => break,
                }
            }
            words = Some(found);
        }
        self.skip_blanks();
        self.eat(";");
        let body = self.do_group()?;
        Ok(CommandKind::For { name, words, body })
    }

    fn case_command(&mut self) -> Result<CommandKind> {
        self.expect("case")?;
        self.skip_blanks();
        let Some(word) = self.word()? else {
            return self.unexpected();
        };
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.expect("esac").is_ok() {
                return Ok(CommandKind::Case { word, arms });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.skip_blanks();
                match self.word()? {
                    Some(pattern) => patterns.push(pattern),
                    None => return self.unexpected(),
                }
                self.skip_blanks();
                if self.eat(")") {
                    break;
                }
                if !self.eat("|") {
                    return self.unexpected();
                }
            }
            self.skip_newlines();
            let body = if self.is_end(&[";;", "esac"]) {
                Rc::default()
            } else {
                self.list_until(&[";;", "esac"])?
            };
            self.eat(";;");
            arms.push((patterns, body));
        }
    }

    fn test_command(&mut self) -> Result<CommandKind> {
        self.at += 2;
        let mut words = Vec::new();
        loop {
            self.skip_newlines();
            if self.bare_word().as_deref() == Some("]]") {
                self.at += 2;
                return Ok(CommandKind::Test(words));
            }
            let operator = ["&&", "||", "(", ")", "<", ">"]
                .into_iter()
                .find(|o| self.eat(o));
            match operator {
                Some(operator) => words.push(vec![super::ast::Piece::Bare(operator.to_owned())]),
                None => match self.word()? {
                    Some(word) => words.push(word),
                    None => return self.unexpected(),
                },
            }
        }
    }

    fn simple(&mut self) -> Result<Command> {
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirections = Vec::new();
        loop {
            self.skip_blanks();
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
                continue;
            }
            if words.is_empty()
                && let Some(name) = self.assignment_name()
            {
                self.at += name.chars().count() + 1;
                let value = self.word()?.unwrap_or_default();
                assignments.push((name, value));
                continue;
            }
            match self.word()? {
                Some(word) => words.push(word),
                None => break,
            }
        }
        if words.is_empty() && assignments.is_empty() && redirections.is_empty() {
            return self.unexpected();
        }
        Ok(Command {
            kind: CommandKind::Simple { assignments, words },
            redirections,
        })
    }

    /// The name in `name=…` at this place.
    fn assignment_name(&self) -> Option<String> {
        let rest = &self.letters[self.at..];
        let end = rest.iter().position(|letter| !is_name_letter(*letter))?;
        let name: String = rest[..end].iter().collect();
        (rest[end] == '=' && is_name(&name)).then_some(name)
    }
}

fn both_outputs() -> Redirection {
    Redirection {
        descriptor: 2,
        kind: RedirectionKind::Duplicate,
        target: vec![super::ast::Piece::Bare("1".to_owned())],
    }
}

fn is_operator(letter: char) -> bool {
    matches!(letter, ';' | '&' | '|' | '(' | ')' | '<' | '>')
}

pub(super) fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.chars().all(is_name_letter)
}

#[cfg(test)]
mod tests;
