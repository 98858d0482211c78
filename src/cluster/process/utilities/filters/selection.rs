//! What each filter does with a line, and at the end.

use std::collections::VecDeque;

use super::super::regex::Regex;
use super::super::{Call, parse_bytes};
use super::editing::Edit;
use super::{Flow, Grep, Kind};
use crate::cluster::process::machine::Context;

impl Kind {
    /// Whether it passes on what it reads without looking at it.
    pub(super) const fn is_plain_cat(&self) -> bool {
        matches!(self, Self::Cat { numbers: false, .. })
    }

    /// The filter of a command line, and its files.
    pub(super) fn of(
        call: &Call<'_>,
        context: &mut Context<'_, '_>,
    ) -> Result<(Self, Vec<String>), i32> {
        let kind = match call.name {
            "tac" | "rev" => Self::Reverse(Vec::new()),
            "grep" | "egrep" | "fgrep" => return grep(call, context),
            "head" | "tail" => return Ok(head_or_tail(call)),
            "wc" => {
                let flags = call.split("");
                let label = flags.operands.first().cloned().unwrap_or_default();
                let letters = if flags.letters.is_empty() {
                    "lwc".to_owned()
                } else {
                    flags.letters
                };
                let kind = Self::Count {
                    flags: letters,
                    lines: 0,
                    words: 0,
                    bytes: 0,
                    label,
                };
                return Ok((kind, flags.operands));
            }
            "tee" => Self::Tee(tee_files(call, context)?),
            "sort" => {
                let flags = call.split("kto");
                let kind = Self::Sort {
                    lines: Vec::new(),
                    flags: flags.letters,
                };
                return Ok((kind, flags.operands));
            }
            "uniq" => {
                let flags = call.split("");
                let kind = Self::Unique {
                    last: None,
                    count: 0,
                    counts: flags.has('c'),
                };
                return Ok((kind, flags.operands));
            }
            "sed" | "tr" | "cut" | "awk" => {
                let (edit, files) = Edit::of(call, context)?;
                return Ok((Self::Edit(edit), files));
            }
            _ => Self::Cat {
                numbers: call.name == "nl" || call.split("").has('n'),
                line: 0,
            },
        };
        Ok((kind, call.split("").operands))
    }

    /// Looks at one line, with its line feed if it has one.
    pub(super) fn line(
        &mut self,
        line: &str,
        output: &mut String,
        context: &mut Context<'_, '_>,
    ) -> Flow {
        let bare = line.trim_end_matches('\n');
        match self {
            Self::Cat {
                numbers,
                line: number,
            } => {
                if *numbers {
                    *number += 1;
                    output.push_str(&format!("{number:6}\t"));
                }
                output.push_str(line);
            }
            Self::Grep(grep) => return grep.line(bare, output),
            Self::Head {
                lines_left,
                bytes_left,
            } => return head_line(line, lines_left, bytes_left, output),
            Self::Tail {
                keep,
                lines,
                from_start,
                seen,
            } => {
                *seen += 1;
                if *from_start && *seen >= *keep {
                    output.push_str(line);
                } else if !*from_start {
                    lines.push_back(line.to_owned());
                    lines.drain(..lines.len().saturating_sub(*keep));
                }
            }
            Self::Count {
                lines,
                words,
                bytes,
                ..
            } => {
                *lines += u64::from(line.ends_with('\n'));
                *words += bare.split_whitespace().count() as u64;
                *bytes += line.len() as u64;
            }
            Self::Tee(files) => {
                output.push_str(line);
                append(files, line, context);
            }
            Self::Sort { lines, .. } | Self::Reverse(lines) => lines.push(bare.to_owned()),
            Self::Unique {
                last,
                count,
                counts,
            } => {
                if last.as_deref() == Some(bare) {
                    *count += 1;
                } else {
                    let before = last.replace(bare.to_owned());
                    unique_line(before.as_deref(), *count, *counts, output);
                    *count = 1;
                }
            }
            Self::Edit(edit) => return edit.line(bare, output),
        }
        Flow::More
    }

    /// The end of the input; the exit code.
    pub(super) fn end(&mut self, output: &mut String) -> i32 {
        match self {
            Self::Grep(grep) => return grep.end(output),
            Self::Tail { lines, .. } => output.extend(lines.drain(..)),
            Self::Count {
                flags,
                lines,
                words,
                bytes,
                label,
            } => {
                let all = [('l', *lines), ('w', *words), ('c', *bytes)];
                let wanted: Vec<String> = all
                    .iter()
                    .filter(|(flag, _)| flags.contains(*flag))
                    .map(|(_, count)| count.to_string())
                    .collect();
                let is_one = wanted.len() == 1;
                let text = if is_one {
                    wanted.join("")
                } else {
                    wanted
                        .iter()
                        .map(|count| format!("{count:>9} "))
                        .collect::<String>()
                        .trim_end()
                        .to_owned()
                };
                let space = if label.is_empty() { "" } else { " " };
                output.push_str(&format!("{text}{space}{label}\n"));
            }
            Self::Sort { lines, flags } => {
                sort(lines, flags);
                output.extend(lines.drain(..).map(|line| line + "\n"));
            }
            Self::Reverse(lines) => output.extend(lines.drain(..).rev().map(|line| line + "\n")),
            Self::Unique {
                last,
                count,
                counts,
            } => {
                unique_line(last.as_deref(), *count, *counts, output);
            }
            _ => {}
        }
        0
    }

    /// Begins anew, for `tail -f`.
    pub(super) fn forget(&mut self) {
        if let Self::Tail { lines, .. } = self {
            lines.clear();
        }
    }
}

/// The files that `tee` writes, emptied unless it appends.
fn tee_files(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Vec<String>, i32> {
    let flags = call.split("");
    let files: Vec<String> = flags.operands.iter().map(|file| call.path(file)).collect();
    for path in files.iter().filter(|_| !flags.has('a')) {
        let surroundings = &mut *context.surroundings;
        let written = surroundings
            .files
            .write(surroundings.volumes, path, "", false);
        if let Err(error) = written {
            return Err(call.fail(context, &format!("{path}: {error}")));
        }
    }
    Ok(files)
}

fn grep(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<(Kind, Vec<String>), i32> {
    let mut flags = call.split("eAmBCf");
    let pattern = match flags.value('e') {
        Some(pattern) => pattern.to_owned(),
        None if flags.operands.is_empty() => {
            call.fail(context, "pattern missing");
            return Err(2);
        }
        None => flags.operands.remove(0),
    };
    let extended = flags.has('E') || flags.has('P') || call.name == "egrep";
    let literal = flags.has('F') || call.name == "fgrep";
    let Some(regex) = Regex::new(&pattern, extended, literal, flags.has('i')) else {
        call.fail(context, &format!("bad regex '{pattern}'"));
        return Err(2);
    };
    let grep = Grep {
        regex,
        flags: flags.letters,
        line: 0,
        found: 0,
    };
    Ok((Kind::Grep(Box::new(grep)), flags.operands))
}

impl Grep {
    fn line(&mut self, line: &str, output: &mut String) -> Flow {
        self.line += 1;
        let has = |flag| self.flags.contains(flag);
        if self.regex.is_match(line) == has('v') {
            return Flow::More;
        }
        self.found += 1;
        if has('q') {
            return Flow::Done;
        }
        if has('c') {
            return Flow::More;
        }
        let prefix = if has('n') {
            format!("{}:", self.line)
        } else {
            String::new()
        };
        if !has('o') {
            output.push_str(&format!("{prefix}{line}\n"));
            return Flow::More;
        }
        let letters: Vec<char> = line.chars().collect();
        let mut from = 0;
        while let Some((start, end)) = self.regex.find(&letters, from).and_then(|groups| groups[0])
        {
            if end > start {
                let text: String = letters[start..end].iter().collect();
                output.push_str(&format!("{prefix}{text}\n"));
            }
            from = end.max(start + 1);
            if from > letters.len() {
                break;
            }
        }
        Flow::More
    }

    fn end(&self, output: &mut String) -> i32 {
        if self.flags.contains('c') {
            output.push_str(&format!("{}\n", self.found));
        }
        i32::from(self.found == 0)
    }
}

fn head_or_tail(call: &Call<'_>) -> (Kind, Vec<String>) {
    let mut flags = call.split("nc");
    let mut count = flags.value('n').unwrap_or("10").to_owned();
    // The old form: `head -5`.
    let digits: String = flags.letters.chars().filter(char::is_ascii_digit).collect();
    if !digits.is_empty() {
        count = digits;
    }
    let number: u64 = count.trim_start_matches(['-', '+']).parse().unwrap_or(10);
    let operands = std::mem::take(&mut flags.operands);
    if call.name == "head" {
        let kind = Kind::Head {
            lines_left: number,
            bytes_left: flags.value('c').and_then(parse_bytes),
        };
        return (kind, operands);
    }
    let kind = Kind::Tail {
        keep: usize::try_from(number.min(100_000)).unwrap_or(10),
        lines: VecDeque::new(),
        from_start: count.starts_with('+'),
        seen: 0,
    };
    (kind, operands)
}

fn head_line(
    line: &str,
    lines_left: &mut u64,
    bytes_left: &mut Option<u64>,
    output: &mut String,
) -> Flow {
    if let Some(bytes) = bytes_left {
        for letter in line.chars() {
            let width = letter.len_utf8() as u64;
            if *bytes < width {
                return Flow::Done;
            }
            *bytes -= width;
            output.push(letter);
        }
        return if *bytes == 0 { Flow::Done } else { Flow::More };
    }
    if *lines_left == 0 {
        return Flow::Done;
    }
    *lines_left -= 1;
    output.push_str(line);
    if *lines_left == 0 {
        Flow::Done
    } else {
        Flow::More
    }
}

fn append(files: &[String], line: &str, context: &mut Context<'_, '_>) {
    let surroundings = &mut *context.surroundings;
    for path in files {
        // What cannot be written still goes to the output.
        let _ = surroundings
            .files
            .write(surroundings.volumes, path, line, true);
    }
}

fn unique_line(line: Option<&str>, count: u64, counts: bool, output: &mut String) {
    if let Some(line) = line {
        let prefix = if counts {
            format!("{count:7} ")
        } else {
            String::new()
        };
        output.push_str(&format!("{prefix}{line}\n"));
    }
}

fn sort(lines: &mut Vec<String>, flags: &str) {
    if flags.contains('n') {
        let number = |line: &str| {
            let digits: String = line
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '-')
                .collect();
            digits.parse::<i64>().unwrap_or(0)
        };
        lines.sort_by_key(|line| number(line));
    } else {
        lines.sort();
    }
    if flags.contains('r') {
        lines.reverse();
    }
    if flags.contains('u') {
        lines.dedup();
    }
}
