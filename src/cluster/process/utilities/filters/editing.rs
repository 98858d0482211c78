//! Filters that change lines: `sed`, `tr`, `cut`, and `awk` as far as it prints fields.

use super::super::Call;
use super::super::regex::{Groups, Regex};
use super::Flow;
use crate::cluster::process::machine::Context;

/// A change of lines.
#[derive(Clone, Debug)]
pub(in super::super) enum Edit {
    Sed {
        commands: Vec<SedCommand>,
        quiet: bool,
        line: u64,
    },
    Translate {
        from: Vec<char>,
        to: Vec<char>,
        deletes: bool,
        squeezes: bool,
    },
    Cut {
        delimiter: Option<char>,
        ranges: Vec<(usize, usize)>,
    },
    /// `awk '{print $1, $3}'`, perhaps behind a `/pattern/`.
    Fields {
        pattern: Option<Regex>,
        separator: Option<char>,
        fields: Vec<Printed>,
    },
}

#[derive(Clone, Debug)]
pub(in super::super) struct SedCommand {
    /// Only this line, or lines that match.
    address: Option<Address>,
    action: Action,
}

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Match(Regex),
}

#[derive(Clone, Debug)]
enum Action {
    Substitute {
        regex: Regex,
        with: String,
        all: bool,
        prints: bool,
    },
    Delete,
    Print,
    Quit,
}

/// What `print` is given.
#[derive(Clone, Debug)]
pub(in super::super) enum Printed {
    /// `$0` is the line, `usize::MAX` stands for `$NF`.
    Field(usize),
    Text(String),
}

impl Edit {
    pub fn of(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<(Self, Vec<String>), i32> {
        let read = match call.name {
            "sed" => sed(call),
            "tr" => translate(call),
            "cut" => cut(call),
            _ => awk(call),
        };
        read.map_err(|message| call.fail(context, &message))
    }

    pub fn line(&mut self, line: &str, output: &mut String) -> Flow {
        match self {
            Self::Sed {
                commands,
                quiet,
                line: number,
            } => {
                *number += 1;
                return sed_line(line, commands, *quiet, *number, output);
            }
            Self::Translate {
                from,
                to,
                deletes,
                squeezes,
            } => {
                let text = translated(&format!("{line}\n"), from, to, *deletes, *squeezes);
                output.push_str(&text);
            }
            Self::Cut { delimiter, ranges } => {
                output.push_str(&cut_line(line, *delimiter, ranges));
                output.push('\n');
            }
            Self::Fields {
                pattern,
                separator,
                fields,
            } => {
                if pattern
                    .as_ref()
                    .is_none_or(|pattern| pattern.is_match(line))
                {
                    output.push_str(&printed(line, *separator, fields));
                    output.push('\n');
                }
            }
        }
        Flow::More
    }
}

fn sed(call: &Call<'_>) -> Result<(Edit, Vec<String>), String> {
    let mut flags = call.split("ef");
    let script = match flags.value('e') {
        Some(script) => script.to_owned(),
        None if flags.operands.is_empty() => return Err("no script".to_owned()),
        None => flags.operands.remove(0),
    };
    if flags.has('i') {
        return Err("editing in place is not simulated".to_owned());
    }
    let extended = flags.has('E') || flags.has('r');
    let mut commands = Vec::new();
    let mut rest: Vec<char> = script.chars().collect();
    while !rest.is_empty() {
        rest = sed_command(&rest, extended, &mut commands)?;
    }
    let edit = Edit::Sed {
        commands,
        quiet: flags.has('n'),
        line: 0,
    };
    Ok((edit, flags.operands))
}

/// Reads one command; what is left of the script.
fn sed_command(
    script: &[char],
    extended: bool,
    commands: &mut Vec<SedCommand>,
) -> Result<Vec<char>, String> {
    let bad = || "unsupported command".to_owned();
    let start = script
        .iter()
        .position(|letter| !matches!(letter, ' ' | ';' | '\n'));
    let Some(start) = start else {
        return Ok(Vec::new());
    };
    let mut rest = &script[start..];
    let mut address = None;
    if rest[0] == '/' {
        let (pattern, after) = delimited(&rest[1..], '/').ok_or_else(bad)?;
        address = Some(Address::Match(
            Regex::new(&pattern, extended, false, false).ok_or_else(bad)?,
        ));
        rest = after;
    } else {
        let digits: String = rest
            .iter()
            .take_while(|letter| letter.is_ascii_digit())
            .collect();
        if !digits.is_empty() {
            address = digits.parse().ok().map(Address::Line);
            rest = &rest[digits.len()..];
        }
    }
    let Some((letter, after)) = rest.split_first() else {
        return Err(bad());
    };
    rest = after;
    let action = match letter {
        'd' => Action::Delete,
        'p' => Action::Print,
        'q' => Action::Quit,
        's' => {
            let (mark, after) = rest.split_first().ok_or_else(bad)?;
            let (pattern, after) = delimited(after, *mark).ok_or_else(bad)?;
            let (with, after) = delimited(after, *mark).ok_or_else(bad)?;
            let flags: String = after
                .iter()
                .take_while(|letter| letter.is_ascii_alphanumeric())
                .collect();
            rest = &after[flags.len()..];
            let ignores_case = flags.contains(['i', 'I']);
            let regex = Regex::new(&pattern, extended, false, ignores_case).ok_or_else(bad)?;
            Action::Substitute {
                regex,
                with,
                all: flags.contains('g'),
                prints: flags.contains('p'),
            }
        }
        _ => return Err(bad()),
    };
    commands.push(SedCommand { address, action });
    Ok(rest.to_vec())
}

/// The text up to an unprotected mark, and what follows it.
fn delimited(letters: &[char], mark: char) -> Option<(String, &[char])> {
    let mut text = String::new();
    let mut at = 0;
    loop {
        let letter = *letters.get(at)?;
        if letter == mark {
            return Some((text, &letters[at + 1..]));
        }
        if letter == '\\' && letters.get(at + 1) == Some(&mark) {
            at += 1;
            text.push(mark);
        } else if letter == '\\' {
            text.push('\\');
            at += 1;
            text.push(*letters.get(at)?);
        } else {
            text.push(letter);
        }
        at += 1;
    }
}

fn sed_line(
    line: &str,
    commands: &[SedCommand],
    quiet: bool,
    number: u64,
    output: &mut String,
) -> Flow {
    let mut text = line.to_owned();
    let mut flow = Flow::More;
    for command in commands {
        let is_meant = match &command.address {
            None => true,
            Some(Address::Line(line)) => *line == number,
            Some(Address::Match(regex)) => regex.is_match(&text),
        };
        if !is_meant {
            continue;
        }
        match &command.action {
            Action::Delete => return flow,
            Action::Print => output.push_str(&format!("{text}\n")),
            Action::Quit => flow = Flow::Done,
            Action::Substitute {
                regex,
                with,
                all,
                prints,
            } => {
                if let Some(changed) = substituted(&text, regex, with, *all) {
                    text = changed;
                    if *prints {
                        output.push_str(&format!("{text}\n"));
                    }
                }
            }
        }
        if flow == Flow::Done {
            break;
        }
    }
    if !quiet {
        output.push_str(&format!("{text}\n"));
    }
    flow
}

fn substituted(text: &str, regex: &Regex, with: &str, all: bool) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut result = String::new();
    let mut from = 0;
    let mut is_changed = false;
    while let Some(groups) = regex.find(&letters, from) {
        let Some((start, end)) = groups[0] else { break };
        result.extend(&letters[from..start]);
        result.push_str(&replacement(with, &letters, &groups));
        is_changed = true;
        from = end;
        if end == start {
            result.extend(letters.get(end));
            from = end + 1;
        }
        if !all || from > letters.len() {
            break;
        }
    }
    result.extend(letters.get(from..).unwrap_or_default());
    is_changed.then_some(result)
}

fn replacement(with: &str, letters: &[char], groups: &Groups) -> String {
    let mut text = String::new();
    let group = |number: usize| {
        let range = groups.get(number).copied().flatten();
        range.map_or(String::new(), |(start, end)| {
            letters[start..end].iter().collect()
        })
    };
    let mut chars = with.chars();
    while let Some(letter) = chars.next() {
        match letter {
            '&' => text.push_str(&group(0)),
            '\\' => match chars.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    text.push_str(&group(digit as usize - '0' as usize));
                }
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

fn translate(call: &Call<'_>) -> Result<(Edit, Vec<String>), String> {
    let flags = call.split("");
    let from = flags.operands.first().ok_or("missing operand")?;
    let (deletes, squeezes) = (flags.has('d'), flags.has('s'));
    let to = flags
        .operands
        .get(1)
        .map_or(Vec::new(), |to| letters_of(to));
    if to.is_empty() && !deletes && !squeezes {
        return Err("missing operand".to_owned());
    }
    let edit = Edit::Translate {
        from: letters_of(from),
        to,
        deletes,
        squeezes,
    };
    Ok((edit, Vec::new()))
}

/// `a-z`, `[:upper:]` and escapes written out.
fn letters_of(text: &str) -> Vec<char> {
    let named = [
        ("[:upper:]", 'A'..='Z'),
        ("[:lower:]", 'a'..='z'),
        ("[:digit:]", '0'..='9'),
    ];
    for (name, range) in named {
        if text == name {
            return range.collect();
        }
    }
    let letters: Vec<char> = text.replace("[:space:]", " \\n\\t").chars().collect();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        if letter == '\\' {
            all.push(match letters.get(at + 1) {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => *other,
                None => '\\',
            });
            at += 2;
        } else if letters.get(at + 1) == Some(&'-') && at + 2 < letters.len() {
            all.extend((letter..=letters[at + 2]).take(1_000));
            at += 3;
        } else {
            all.push(letter);
            at += 1;
        }
    }
    all
}

fn translated(text: &str, from: &[char], to: &[char], deletes: bool, squeezes: bool) -> String {
    let mut result = String::new();
    for letter in text.chars() {
        let index = from.iter().position(|other| *other == letter);
        let changed = match index {
            Some(_) if deletes => continue,
            Some(index) => to.get(index).or(to.last()).copied().unwrap_or(letter),
            None => letter,
        };
        if squeezes && index.is_some() && result.ends_with(changed) {
            continue;
        }
        result.push(changed);
    }
    result
}

fn cut(call: &Call<'_>) -> Result<(Edit, Vec<String>), String> {
    let flags = call.split("dfcb");
    let list = flags
        .value('f')
        .or_else(|| flags.value('c'))
        .or_else(|| flags.value('b'));
    let list = list.ok_or("expected a list of bytes, characters, or fields")?;
    let delimiter = flags.value('f').map(|_| {
        flags
            .value('d')
            .and_then(|text| text.chars().next())
            .unwrap_or('\t')
    });
    let range = |text: &str| {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let low = if low.is_empty() {
            Some(1)
        } else {
            low.parse().ok()
        };
        let high = if high.is_empty() {
            Some(usize::MAX)
        } else {
            high.parse().ok()
        };
        low.zip(high).filter(|(low, _)| *low > 0)
    };
    let ranges: Option<Vec<_>> = list.split(',').map(range).collect();
    let ranges = ranges.ok_or_else(|| format!("invalid range {list}"))?;
    Ok((Edit::Cut { delimiter, ranges }, flags.operands))
}

fn cut_line(line: &str, delimiter: Option<char>, ranges: &[(usize, usize)]) -> String {
    let is_meant = |index: usize| {
        ranges
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&(index + 1)))
    };
    match delimiter {
        Some(delimiter) if !line.contains(delimiter) => line.to_owned(),
        Some(delimiter) => {
            let parts = line
                .split(delimiter)
                .enumerate()
                .filter(|(index, _)| is_meant(*index));
            let parts: Vec<&str> = parts.map(|(_, part)| part).collect();
            parts.join(&delimiter.to_string())
        }
        None => {
            let letters = line
                .chars()
                .enumerate()
                .filter(|(index, _)| is_meant(*index));
            letters.map(|(_, letter)| letter).collect()
        }
    }
}

fn awk(call: &Call<'_>) -> Result<(Edit, Vec<String>), String> {
    let mut flags = call.split("Fv");
    let bad = || "only '/pattern/ {print …}' is simulated".to_owned();
    if flags.operands.is_empty() {
        return Err("no program".to_owned());
    }
    let program = flags.operands.remove(0);
    let separator = flags.value('F').and_then(|text| text.chars().next());
    let mut rest = program.trim();
    let mut pattern = None;
    if let Some(after) = rest.strip_prefix('/') {
        let (text, after) = after.split_once('/').ok_or_else(bad)?;
        pattern = Some(Regex::new(text, true, false, false).ok_or_else(bad)?);
        rest = after.trim();
    }
    if rest.is_empty() && pattern.is_some() {
        let fields = vec![Printed::Field(0)];
        return Ok((
            Edit::Fields {
                pattern,
                separator,
                fields,
            },
            flags.operands,
        ));
    }
    let inner = rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or_else(bad)?;
    let list = inner
        .trim()
        .trim_end_matches(';')
        .strip_prefix("print")
        .ok_or_else(bad)?;
    let mut fields = Vec::new();
    for part in list
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let field = match part.strip_prefix('$') {
            Some("NF") => Printed::Field(usize::MAX),
            Some(number) => Printed::Field(number.parse().map_err(|_| bad())?),
            None => Printed::Text(part.trim_matches('"').to_owned()),
        };
        fields.push(field);
    }
    if fields.is_empty() {
        fields.push(Printed::Field(0));
    }
    Ok((
        Edit::Fields {
            pattern,
            separator,
            fields,
        },
        flags.operands,
    ))
}

fn printed(line: &str, separator: Option<char>, fields: &[Printed]) -> String {
    let parts: Vec<&str> = match separator {
        Some(separator) => line.split(separator).collect(),
        None => line.split_whitespace().collect(),
    };
    let texts = fields.iter().map(|field| match field {
        Printed::Text(text) => text.as_str(),
        Printed::Field(0) => line,
        Printed::Field(usize::MAX) => parts.last().copied().unwrap_or_default(),
        Printed::Field(number) => parts.get(number - 1).copied().unwrap_or_default(),
    });
    texts.collect::<Vec<_>>().join(" ")
}
