//! `test`, `[` and `[[`.

use super::ast::{Piece, Word};
use super::expand::{Expander, Interrupt};
use super::pattern;
use crate::cluster::process::files::{Node, normalize};
use crate::cluster::process::machine::Context;

/// How deep parentheses and negations may nest.
const MOST_DEPTH: u32 = 100;

/// The answer of `test` to its arguments, without the closing bracket.
///
/// # Errors
/// A message; the status is 2 then.
pub(super) fn test(
    arguments: &[String],
    directory: &str,
    context: &Context<'_, '_>,
) -> Result<bool, String> {
    let mut reader = Reader {
        words: arguments,
        at: 0,
        depth: 0,
        directory,
        context,
        patterns: None,
    };
    if arguments.is_empty() {
        return Ok(false);
    }
    let value = reader.any()?;
    match reader.peek() {
        None => Ok(value),
        Some(word) => Err(format!("{word}: unknown operand")),
    }
}

impl Expander<'_, '_, '_, '_> {
    /// The status of `[[ … ]]`: words are not split, and `==` matches patterns.
    pub fn double_bracket(&mut self, words: &[Word]) -> Result<i32, Interrupt> {
        let mut texts = Vec::new();
        let mut patterns = Vec::new();
        for word in words {
            let operator = match word.as_slice() {
                [Piece::Bare(text)] => match text.as_str() {
                    "&&" => Some("-a"),
                    "||" => Some("-o"),
                    _ => None,
                },
                _ => None,
            };
            texts.push(match operator {
                Some(operator) => operator.to_owned(),
                None => self.text(word)?,
            });
            patterns.push(self.pattern(word)?);
        }
        let directory = self.shell.directory.to_string();
        let mut reader = Reader {
            words: &texts,
            at: 0,
            depth: 0,
            directory: &directory,
            context: self.context,
            patterns: Some(&patterns),
        };
        let value = if texts.is_empty() {
            Ok(false)
        } else {
            reader.any()
        };
        value
            .map(|value| i32::from(!value))
            .map_err(Interrupt::Failed)
    }
}

struct Reader<'a, 'b, 's> {
    words: &'a [String],
    at: usize,
    depth: u32,
    directory: &'a str,
    context: &'a Context<'b, 's>,
    /// Inside of `[[`: the words as patterns.
    patterns: Option<&'a [String]>,
}

impl Reader<'_, '_, '_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut value = self.all()?;
        while self.peek() == Some("-o") {
            self.at += 1;
            value |= self.all()?;
        }
        Ok(value)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut value = self.not()?;
        while self.peek() == Some("-a") {
            self.at += 1;
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("too many arguments".to_owned());
        }
        let value = match self.peek() {
            Some("!") if self.at + 1 < self.words.len() => {
                self.at += 1;
                !self.not()?
            }
            _ => self.primary()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn primary(&mut self) -> Result<bool, String> {
        let Some(first) = self.peek().map(str::to_owned) else {
            return Err("argument expected".to_owned());
        };
        if let Some(operator) = self.words.get(self.at + 1)
            && is_binary(operator)
            && self.words.len() > self.at + 2
        {
            let right = self.words[self.at + 2].clone();
            let operator = operator.clone();
            let pattern = self.patterns.map(|patterns| patterns[self.at + 2].clone());
            self.at += 3;
            return self.compare(&first, &operator, &right, pattern.as_deref());
        }
        if first == "(" {
            self.at += 1;
            let value = self.any()?;
            if self.peek() != Some(")") {
                return Err("closing paren expected".to_owned());
            }
            self.at += 1;
            return Ok(value);
        }
        let is_unary = first.len() == 2 && first.starts_with('-');
        if is_unary && let Some(operand) = self.words.get(self.at + 1).cloned() {
            self.at += 2;
            return self.unary(&first, &operand);
        }
        self.at += 1;
        Ok(!first.is_empty())
    }

    fn compare(
        &self,
        left: &str,
        operator: &str,
        right: &str,
        pattern: Option<&str>,
    ) -> Result<bool, String> {
        let number = |text: &str| {
            text.trim()
                .parse::<i64>()
                .map_err(|_| format!("{text}: bad number"))
        };
        let equal = || match pattern {
            Some(pattern) => pattern::matches(pattern, left),
            None => left == right,
        };
        Ok(match operator {
            "=" | "==" => equal(),
            "!=" => !equal(),
            "=~" => left.contains(right.trim_start_matches('^').trim_end_matches('$')),
            "<" => left < right,
            ">" => left > right,
            "-eq" => number(left)? == number(right)?,
            "-ne" => number(left)? != number(right)?,
            "-lt" => number(left)? < number(right)?,
            "-le" => number(left)? <= number(right)?,
            "-gt" => number(left)? > number(right)?,
            _ => number(left)? >= number(right)?,
        })
    }

    fn unary(&self, operator: &str, operand: &str) -> Result<bool, String> {
        let surroundings = &self.context.surroundings;
        let path = normalize(self.directory, operand);
        let node = || surroundings.files.node(surroundings.volumes, &path);
        Ok(match operator {
            "-n" => !operand.is_empty(),
            "-z" => operand.is_empty(),
            "-e" | "-r" | "-w" | "-x" => node().is_ok(),
            "-f" => matches!(node(), Ok(Node::File { .. })),
            "-d" => matches!(node(), Ok(Node::Directory)),
            "-s" => node().is_ok_and(|node| node.size_bytes() > 0 || node == Node::Directory),
            "-L" | "-h" => surroundings.files.real_path(surroundings.volumes, &path) != path,
            "-t" | "-p" | "-S" | "-b" | "-c" | "-g" | "-u" | "-k" => false,
            _ => return Err(format!("{operator}: unknown operand")),
        })
    }
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "==" | "!=" | "=~" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"
    )
}
