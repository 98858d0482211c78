//! `read`.

use super::super::Shell;
use super::Outcome;
use crate::cluster::process::machine::{Context, ReadOutcome, Step, Waits, Want};
use crate::cluster::process::utilities::parse_duration;

impl Shell {
    /// `read [-r] [-p prompt] [-t seconds] [-u descriptor] names…`: one line, split into the
    /// names; the last one gets the rest.
    pub(super) fn read(&mut self, arguments: &[String], context: &mut Context<'_, '_>) -> Outcome {
        let (mut raw, mut timeout, mut descriptor) = (false, None, 0);
        let mut words = arguments.iter();
        let mut names: Vec<&str> = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-r" => raw = true,
                "-s" => {}
                "-t" => timeout = words.next().and_then(|text| parse_duration(text)),
                "-p" | "-n" | "-d" => {
                    words.next();
                }
                "-u" => {
                    let number = words.next().and_then(|text| text.parse::<usize>().ok());
                    descriptor = number.filter(|number| *number < 10).unwrap_or(0);
                }
                name => names.push(name),
            }
        }
        if names.is_empty() {
            names.push("REPLY");
        }
        let line = match context.read(descriptor, Want::Line) {
            ReadOutcome::Data(line) => line,
            ReadOutcome::Blocked => {
                // The first time it blocks it notes until when it waits.
                let limit =
                    timeout.map(|timeout| *self.read_limit.get_or_insert(context.now + timeout));
                return match limit {
                    Some(limit) if limit <= context.now => {
                        self.read_limit = None;
                        Outcome::Done(1)
                    }
                    limit => Outcome::Later(Step::Wait(Waits::Pipe, limit)),
                };
            }
            ReadOutcome::End | ReadOutcome::Zeros => {
                self.read_limit = None;
                self.assign_words("", &names);
                return Outcome::Done(1);
            }
            ReadOutcome::Failed(message) => {
                return self.fail(&format!("read: {message}"), 1, context);
            }
        };
        self.read_limit = None;
        let is_whole = line.ends_with('\n');
        let mut text = line.trim_end_matches('\n').to_owned();
        if !raw {
            text = text.replace('\\', "");
        }
        self.assign_words(&text, &names);
        // A last line without line feed counts as the end of the file.
        Outcome::Done(i32::from(!is_whole))
    }

    fn assign_words(&mut self, text: &str, names: &[&str]) {
        let separators = self.parameter("IFS").unwrap_or_else(|| " \t\n".to_owned());
        let is_blank = |letter: char| letter.is_whitespace() && separators.contains(letter);
        let mut rest = text.trim_matches(is_blank);
        for (index, name) in names.iter().enumerate() {
            let is_last = index + 1 == names.len();
            let end = if is_last {
                None
            } else {
                rest.find(|letter| separators.contains(letter))
            };
            let (word, after) = match end {
                Some(end) => {
                    let length = rest[end..].chars().next().map_or(0, char::len_utf8);
                    (
                        &rest[..end],
                        rest[end + length..].trim_start_matches(is_blank),
                    )
                }
                None => (rest, ""),
            };
            // A read-only variable keeps its value.
            let _ = self.assign(name, word);
            rest = after;
        }
    }
}
