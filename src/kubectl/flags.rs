//! Flags: `--name=value`, `--name value`, `-n value`, `-nvalue`, `--switch`, in any place, up to `--`.

use super::Failure;
use crate::kernel::OrderedMap;

/// A flag that a command knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    /// The long name.
    pub name: &'static str,
    /// The letter, if it has one.
    pub letter: Option<char>,
    /// What it takes.
    pub takes: Takes,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A value, in the same word or the next.
    Value,
    /// Nothing; a value only after `=`. Without one it means this.
    Optional(&'static str),
}

/// A flag with a value.
pub(super) const fn value(name: &'static str, letter: Option<char>) -> Flag {
    Flag {
        name,
        letter,
        takes: Takes::Value,
    }
}

/// A flag that is on when it is there.
pub(super) const fn switch(name: &'static str, letter: Option<char>) -> Flag {
    Flag {
        name,
        letter,
        takes: Takes::Optional("true"),
    }
}

/// Flags that every command knows.
const COMMON: &[Flag] = &[value("namespace", Some('n')), switch("help", Some('h'))];

/// A command's words, sorted into flags and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The words that are not flags.
    pub words: Vec<String>,
    /// What follows `--`.
    pub rest: Vec<String>,
    flags: OrderedMap<&'static str, Vec<String>>,
}

impl Arguments {
    /// Sorts the words of `command` (for the texts of errors).
    pub(super) fn parse(command: &str, words: &[String], known: &[Flag]) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                arguments.rest = words.cloned().collect();
                break;
            }
            let parsed = if let Some(long) = word.strip_prefix("--") {
                let (name, inline) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                };
                let flag = find(known, |flag| flag.name == name);
                (
                    flag,
                    inline,
                    format!("unknown flag: --{name}"),
                    format!("flag needs an argument: --{name}"),
                )
            } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
                let letter = short.chars().next().unwrap_or_default();
                let inline = short
                    .strip_prefix(letter)
                    .filter(|inline| !inline.is_empty());
                let inline = inline.map(|inline| inline.strip_prefix('=').unwrap_or(inline));
                let flag = find(known, |flag| flag.letter == Some(letter));
                let unknown = format!("unknown shorthand flag: '{letter}' in -{short}");
                (
                    flag,
                    inline,
                    unknown,
                    format!("flag needs an argument: '{letter}' in -{letter}"),
                )
            } else {
                arguments.words.push(word.clone());
                continue;
            };
            let (flag, inline, unknown, needs) = parsed;
            let help = |text: String| format!("{text}\nSee 'kubectl {command} --help' for usage.");
            let Some(flag) = flag else {
                return Failure::usage(help(unknown));
            };
            let value = match (inline, flag.takes) {
                (Some(inline), _) => inline.to_owned(),
                (None, Takes::Optional(implied)) => implied.to_owned(),
                (None, Takes::Value) => match words.next() {
                    Some(next) => next.clone(),
                    None => return Failure::usage(help(needs)),
                },
            };
            arguments.flags.entry(flag.name).or_default().push(value);
        }
        Ok(arguments)
    }

    /// The last value of a flag.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.flags.get(name)?.last().map(String::as_str)
    }

    /// All values of a flag, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.flags
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "true")
    }

    /// The namespace that the command is for.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.get("namespace").unwrap_or("default")
    }
}

fn find(known: &[Flag], is: impl Fn(&Flag) -> bool) -> Option<Flag> {
    known.iter().chain(COMMON).find(|flag| is(flag)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[
        value("replicas", None),
        switch("wait", None),
        value("filename", Some('f')),
    ];

    fn parse(line: &str) -> Result<Arguments, Failure> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Arguments::parse("scale", &words, KNOWN)
    }

    #[test]
    fn flags_stand_anywhere_and_in_every_form() {
        let parsed = parse("web --replicas=3 --wait -f- -n other x --replicas 4 -- -n z").unwrap();
        assert_eq!(parsed.words, ["web", "x"]);
        assert_eq!(parsed.rest, ["-n", "z"]);
        assert_eq!(parsed.get("replicas"), Some("4"));
        assert_eq!(parsed.all("replicas").collect::<Vec<_>>(), ["3", "4"]);
        assert_eq!(parsed.get("filename"), Some("-"));
        assert!(parsed.is_on("wait"));
        assert_eq!(parsed.namespace(), "other");
        assert!(!parse("--wait=false").unwrap().is_on("wait"));
    }

    #[test]
    fn errors_are_kubectls() {
        let help = "See 'kubectl scale --help' for usage.";
        for (line, text) in [
            ("--nosuch=3", "unknown flag: --nosuch"),
            ("-f", "flag needs an argument: 'f' in -f"),
            ("--replicas", "flag needs an argument: --replicas"),
            ("-x", "unknown shorthand flag: 'x' in -x"),
        ] {
            assert_eq!(
                parse(line),
                Failure::usage(format!("{text}\n{help}")),
                "{line}"
            );
        }
    }
}
