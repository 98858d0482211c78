//! kubectl's JSONPath templates: `{.items[*].metadata.name}`, `{range …}…{end}`, `{"\n"}`, filters, slices.

use crate::api::json_text;
use serde_json::Value;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    /// `*` or `[*]`
    All,
    /// `..name`
    Deep(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    Filter(Vec<Step>, String, Option<Value>),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text };
        let parts = parser.parts(false)?;
        Ok(Self(parts))
    }

    /// The text for a document. Missing fields print nothing.
    #[must_use]
    pub fn print(&self, document: &Value) -> String {
        let mut out = String::new();
        print(&self.0, document, &mut out);
        out
    }

    /// The values that the paths of the template find, each as text.
    #[must_use]
    pub fn values(&self, document: &Value) -> Vec<String> {
        let paths = self.0.iter().filter_map(|part| match part {
            Part::Path(steps) => Some(steps),
            _ => None,
        });
        paths
            .flat_map(|steps| walk(steps, document))
            .map(text_of)
            .collect()
    }
}

fn print(parts: &[Part], current: &Value, out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(steps) => {
                let values: Vec<String> = walk(steps, current).into_iter().map(text_of).collect();
                out.push_str(&values.join(" "));
            }
            Part::Range(steps, inner) => {
                walk(steps, current)
                    .into_iter()
                    .for_each(|value| print(inner, value, out));
            }
        }
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => json_text::text(other),
    }
}

fn walk<'a>(steps: &[Step], start: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![start];
    for step in steps {
        found = found
            .into_iter()
            .flat_map(|value| apply(step, value))
            .collect();
    }
    found
}

fn apply<'a>(step: &Step, value: &'a Value) -> Vec<&'a Value> {
    let items = || value.as_array().map(Vec::as_slice).unwrap_or_default();
    match step {
        Step::Field(name) => value.get(name).into_iter().collect(),
        Step::All => children(value),
        Step::Deep(name) => {
            let mut found: Vec<&Value> = value.get(name).into_iter().collect();
            found.extend(
                children(value)
                    .into_iter()
                    .flat_map(|child| apply(step, child)),
            );
            found
        }
        Step::Index(index) => items()
            .get(position(*index, items().len()))
            .into_iter()
            .collect(),
        Step::Slice(from, to) => {
            let length = items().len();
            let from = from.map_or(0, |from| position(from, length)).min(length);
            let to = to
                .map_or(length, |to| position(to, length))
                .clamp(from, length);
            items()[from..to].iter().collect()
        }
        Step::Filter(path, operator, wanted) => items()
            .iter()
            .filter(|item| passes(&walk(path, item), operator, wanted.as_ref()))
            .collect(),
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

/// A negative index counts from the end; one before the start is out of range.
fn position(index: i64, length: usize) -> usize {
    let from_end = i64::try_from(length)
        .unwrap_or(i64::MAX)
        .saturating_add(index);
    usize::try_from(if index < 0 { from_end } else { index }).unwrap_or(usize::MAX)
}

fn passes(found: &[&Value], operator: &str, wanted: Option<&Value>) -> bool {
    let Some(wanted) = wanted else {
        return !found.is_empty();
    };
    found.iter().any(|value| {
        let order = match (value.as_f64(), wanted.as_f64()) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => value.as_str().zip(wanted.as_str()).map(|(a, b)| a.cmp(b)),
        };
        match operator {
            "==" => *value == wanted,
            "!=" => *value != wanted,
            "<" => order.is_some_and(std::cmp::Ordering::is_lt),
            "<=" => order.is_some_and(std::cmp::Ordering::is_le),
            ">" => order.is_some_and(std::cmp::Ordering::is_gt),
            _ => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    })
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// Parts up to the end, or up to `{end}` inside a range.
    fn parts(&mut self, in_range: bool) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        while !self.rest.is_empty() {
            let Some(open) = self.rest.find('{') else {
                parts.push(Part::Text(std::mem::take(&mut self.rest).to_owned()));
                break;
            };
            if open > 0 {
                parts.push(Part::Text(self.rest[..open].to_owned()));
            }
            self.rest = &self.rest[open + 1..];
            let inside = self.until_close()?.trim();
            if inside == "end" {
                return if in_range {
                    Ok(parts)
                } else {
                    Err("not in range, nothing to end".to_owned())
                };
            } else if let Some(path) = inside.strip_prefix("range ") {
                let steps = path_steps(path.trim())?;
                parts.push(Part::Range(steps, self.parts(true)?));
            } else if let Some(quoted) = inside.strip_prefix(['"', '\'']) {
                parts.push(Part::Text(unescape(quoted.trim_end_matches(['"', '\'']))));
            } else {
                parts.push(Part::Path(path_steps(inside)?));
            }
        }
        if in_range {
            Err("unclosed range".to_owned())
        } else {
            Ok(parts)
        }
    }

    /// What stands before the closing brace; braces in quotes do not close.
    fn until_close(&mut self) -> Result<&'a str, String> {
        let mut quote = None;
        for (index, character) in self.rest.char_indices() {
            match (quote, character) {
                (None, '}') => {
                    let inside = &self.rest[..index];
                    self.rest = &self.rest[index + 1..];
                    return Ok(inside);
                }
                (None, '"' | '\'') => quote = Some(character),
                (Some(open), character) if open == character => quote = None,
                _ => {}
            }
        }
        Err("unclosed action".to_owned())
    }
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}

fn path_steps(path: &str) -> Result<Vec<Step>, String> {
    let mut rest = path.strip_prefix(['$', '@']).unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            let (name, tail) = word(after);
            steps.push(Step::Deep(name));
            rest = tail;
        } else if let Some(after) = rest.strip_prefix('[') {
            let close = closing_bracket(after).ok_or("unterminated array")?;
            steps.push(bracket(&after[..close])?);
            rest = &after[close + 1..];
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, tail) = word(after);
            match name.as_str() {
                "" if tail.is_empty() || tail.starts_with('[') => {}
                "" => return Err(format!("unrecognized character in action: {tail}")),
                "*" => steps.push(Step::All),
                _ => steps.push(Step::Field(name)),
            }
            rest = tail;
        } else {
            return Err(format!("unrecognized identifier {rest}"));
        }
    }
    Ok(steps)
}

/// A field name; a backslash takes the next character literally (`\.`).
fn word(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '.' | '[' => return (name, &text[index..]),
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            other => name.push(other),
        }
    }
    (name, "")
}

fn closing_bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_u32, None);
    for (index, character) in text.char_indices() {
        match (quote, character) {
            (None, ']') if depth == 0 => return Some(index),
            (None, ']') => depth -= 1,
            (None, '[') => depth += 1,
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            _ => {}
        }
    }
    None
}

fn bracket(inside: &str) -> Result<Step, String> {
    let inside = inside.trim();
    if inside == "*" {
        return Ok(Step::All);
    }
    if let Some(name) = inside
        .strip_prefix('\'')
        .and_then(|name| name.strip_suffix('\''))
    {
        return Ok(Step::Field(name.to_owned()));
    }
    if let Some(filter) = inside
        .strip_prefix("?(")
        .and_then(|filter| filter.strip_suffix(')'))
    {
        return self::filter(filter);
    }
    let number = |text: &str| {
        text.parse::<i64>()
            .map_err(|_| format!("invalid array index {inside}"))
    };
    let optional = |text: &str| {
        if text.is_empty() {
            Ok(None)
        } else {
            number(text).map(Some)
        }
    };
    match inside.split_once(':') {
        Some((from, to)) => Ok(Step::Slice(optional(from)?, optional(to)?)),
        None => number(inside).map(Step::Index),
    }
}

fn filter(text: &str) -> Result<Step, String> {
    for operator in ["==", "!=", "<=", ">=", "<", ">"] {
        if let Some((path, wanted)) = text.split_once(operator) {
            let wanted = wanted.trim().replace('\'', "\"");
            let wanted = serde_json::from_str(&wanted)
                .map_err(|_| format!("unrecognized value {wanted}"))?;
            return Ok(Step::Filter(
                path_steps(path.trim())?,
                operator.to_owned(),
                Some(wanted),
            ));
        }
    }
    Ok(Step::Filter(path_steps(text.trim())?, String::new(), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(template: &str, expect: &str) {
        let document = json!({
            "kind": "List",
            "items": [
                {"metadata": {"name": "a", "labels": {"x.y/z": "1"}}, "n": 1, "ready": true},
                {"metadata": {"name": "b"}, "n": 2, "list": [1, {"q": null}]},
            ],
        });
        let printed = Template::parse(template).map(|template| template.print(&document));
        assert_eq!(
            printed.as_deref().unwrap_or_else(|problem| problem),
            expect,
            "{template}"
        );
    }

    #[test]
    fn templates_print_as_kubectl_does() {
        check("{.kind}", "List");
        check("{.items[*].metadata.name}", "a b");
        check(
            "{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}",
            "a\t1\nb\t2\n",
        );
        check("{.items[0].metadata.labels}", r#"{"x.y/z":"1"}"#);
        check(r"{.items[0].metadata.labels.x\.y/z}", "1");
        check("{.items[0].metadata.labels['x.y/z']}", "1");
        check("{.items[-1].metadata.name}", "b");
        check("{.items[0:1].metadata.name}", "a");
        check("{.items[?(@.n>1)].metadata.name}", "b");
        check("{.items[?(@.metadata.name=='a')].n}", "1");
        check("{.items[?(@.list)].n}", "2");
        check("{..name}", "a b");
        check("x {.nosuch} y", "x  y");
        check("{.items[1].list}", r#"[1,{"q":null}]"#);
        check("{$.kind}-{@.kind}", "List-List");
    }

    #[test]
    fn mistakes_are_told() {
        check("{.items", "unclosed action");
        check("{end}", "not in range, nothing to end");
        check("{range .items[*]}{.n}", "unclosed range");
        check("{.items[x]}", "invalid array index x");
        check("{kind}", "unrecognized identifier kind");
    }
}
