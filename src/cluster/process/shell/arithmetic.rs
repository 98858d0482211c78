//! `$((…))`: integer expressions over shell variables.

/// Reads and sets variables; what is no number counts as an expression's 0 in a shell, too.
pub(super) trait Variables {
    fn get(&self, name: &str) -> Option<String>;
    fn set(&mut self, name: &str, value: String);
}

/// How deep parentheses may nest.
const MOST_DEPTH: u32 = 60;

/// The value of an expression.
///
/// # Errors
/// A message such as `arithmetic syntax error` or `divide by zero`.
pub(super) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    let mut reader = Reader {
        letters: text.chars().collect(),
        at: 0,
        depth: 0,
        is_skipping: 0,
        variables,
    };
    reader.skip_blanks();
    if reader.peek().is_none() {
        return Ok(0);
    }
    let value = reader.comma()?;
    if reader.peek().is_some() {
        return Err(syntax_error());
    }
    Ok(value)
}

struct Reader<'a> {
    letters: Vec<char>,
    at: usize,
    depth: u32,
    /// Above 0 in the part of `&&`, `||` and `?:` that does not count: nothing is assigned there.
    is_skipping: u32,
    variables: &'a mut dyn Variables,
}

/// Binary operators by how strongly they bind, weakest first; longer ones before their prefixes.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

const ASSIGNMENTS: [&str; 11] = [
    "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "=",
];

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn looking_at(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(i, c)| self.letters.get(self.at + i) == Some(&c))
    }

    fn eat(&mut self, text: &str) -> bool {
        let is_there = self.looking_at(text);
        if is_there {
            self.at += text.len();
            self.skip_blanks();
        }
        is_there
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.eat(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("expression nested too deeply".to_owned());
        }
        let start = self.at;
        let value = match self.name() {
            Some(name) => match self.assignment_operator() {
                Some(operator) => {
                    let right = self.assignment()?;
                    let value = match operator.trim_end_matches('=') {
                        "" => right,
                        operator => {
                            let left = self.variable(&name)?;
                            self.apply(operator, left, right)?
                        }
                    };
                    self.set(&name, value);
                    value
                }
                None => {
                    self.at = start;
                    self.ternary()?
                }
            },
            None => self.ternary()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn assignment_operator(&mut self) -> Option<&'static str> {
        if self.looking_at("==") {
            return None;
        }
        ASSIGNMENTS.into_iter().find(|operator| self.eat(operator))
    }

    fn ternary(&mut self) -> Result<i64, String> {
        let condition = self.binary(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let first = self.skipped_if(condition == 0, Self::assignment)?;
        if !self.eat(":") {
            return Err(syntax_error());
        }
        let second = self.skipped_if(condition != 0, Self::assignment)?;
        Ok(if condition != 0 { first } else { second })
    }

    fn skipped_if(
        &mut self,
        skipped: bool,
        read: impl FnOnce(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        self.is_skipping += u32::from(skipped);
        let value = read(self);
        self.is_skipping -= u32::from(skipped);
        value
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let is_decided = match operator {
                "&&" => left == 0,
                "||" => left != 0,
                _ => false,
            };
            let right = self.skipped_if(is_decided, |reader| reader.binary(level + 1))?;
            left = self.apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let found = operators
            .iter()
            .find(|operator| self.looking_at(operator))?;
        // `&` is not the beginning of `&&`, and `<` not that of `<<` or `<=`; nor `+` of `+=`.
        let next = self.letters.get(self.at + found.len());
        let is_other = match (*found, next) {
            ("&", Some('&')) | ("|", Some('|')) | ("<", Some('<')) | (">", Some('>')) => true,
            ("==" | "!=" | "<=" | ">=" | "<" | ">" | "&&" | "||", _) => false,
            (_, Some('=')) => true,
            _ => false,
        };
        if is_other {
            return None;
        }
        self.eat(found);
        Some(found)
    }

    fn unary(&mut self) -> Result<i64, String> {
        for step in ["++", "--"] {
            if self.looking_at(step) {
                self.eat(step);
                let name = self.name().ok_or_else(syntax_error)?;
                let change = if step == "++" { 1 } else { -1 };
                let value = self.variable(&name)?.wrapping_add(change);
                self.set(&name, value);
                return Ok(value);
            }
        }
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("expression nested too deeply".to_owned());
        }
        let value = if self.eat("!") {
            i64::from(self.unary()? == 0)
        } else if self.eat("-") {
            self.unary()?.wrapping_neg()
        } else if self.eat("+") {
            self.unary()?
        } else if self.eat("~") {
            !self.unary()?
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn primary(&mut self) -> Result<i64, String> {
        if self.eat("(") {
            let value = self.comma()?;
            return if self.eat(")") {
                Ok(value)
            } else {
                Err(syntax_error())
            };
        }
        if let Some(name) = self.name() {
            let value = self.variable(&name)?;
            for (step, change) in [("++", 1), ("--", -1)] {
                if self.eat(step) {
                    self.set(&name, value.wrapping_add(change));
                }
            }
            return Ok(value);
        }
        let rest = &self.letters[self.at..];
        let digits: String = rest
            .iter()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        let value = number(&digits).ok_or_else(syntax_error)?;
        self.at += digits.len();
        self.skip_blanks();
        Ok(value)
    }

    fn name(&mut self) -> Option<String> {
        let rest = &self.letters[self.at..];
        let is_letter = |c: &&char| c.is_ascii_alphanumeric() || **c == '_';
        let name: String = rest.iter().take_while(is_letter).collect();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.at += name.len();
        self.skip_blanks();
        Some(name)
    }

    fn variable(&self, name: &str) -> Result<i64, String> {
        let text = self.variables.get(name).unwrap_or_default();
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        if digits.is_empty() {
            return Ok(0);
        }
        let value = number(digits).ok_or_else(|| format!("bad number '{text}'"))?;
        Ok(value.wrapping_mul(sign))
    }

    fn set(&mut self, name: &str, value: i64) {
        if self.is_skipping == 0 {
            self.variables.set(name, value.to_string());
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        let by_zero = right == 0 && matches!(operator, "/" | "%");
        if by_zero && self.is_skipping > 0 {
            return Ok(0);
        }
        if by_zero {
            return Err("divide by zero".to_owned());
        }
        // Shifts take the low six bits of their count, as the hardware does.
        let count = (right & 63) as u32;
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(count),
            ">>" => left.wrapping_shr(count),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }
}

/// Decimal, `0x` hexadecimal or `0` octal.
fn number(digits: &str) -> Option<i64> {
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        return i64::from_str_radix(hex, 16).ok();
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => digits.parse().ok(),
    }
}

fn syntax_error() -> String {
    "arithmetic syntax error".to_owned()
}

#[cfg(test)]
mod tests;
