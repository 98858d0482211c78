//! The shell: a resumable interpreter for POSIX shell scripts.
//!
//! What would be the host's call stack is a stack of [`Frame`]s, so that a script can stop at any
//! point, be cloned, and go on. Subshells, background commands, the parts of pipelines and
//! command substitutions are tasks of their own that run a copy of the shell.

use crate::kernel::{OrderedMap, OrderedSet};
use std::rc::Rc;
use std::time::Duration;

use super::command::{Missing, Origin, has_gnu_tools, is_shell};
use super::machine::{Context, Reaction, Step};
use super::{Exit, Signal, Surroundings};
use crate::kernel::SimTime;

mod arithmetic;
mod ast;
mod builtins;
mod compound;
mod expand;
mod frames;
mod parser;
pub(super) mod pattern;
mod printf;
mod redirect;
mod run;
mod simple;
mod test_expression;

pub(super) use printf::unescape;

use ast::{Command, List};
use frames::Frame;

/// A running shell.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    frames: Vec<Frame>,
    /// `$?`
    status: i32,
    variables: Rc<OrderedMap<String, Variable>>,
    functions: Rc<OrderedMap<String, Rc<Command>>>,
    /// `$1` …
    positional: Rc<[String]>,
    /// `$0`
    name: Rc<str>,
    /// `$$`: the process id of the shell that is not a subshell.
    own_pid: Option<u32>,
    directory: Rc<str>,
    options: Options,
    /// Actions by signal; signal 0 is EXIT. An empty action ignores the signal.
    traps: Rc<OrderedMap<u8, Rc<str>>>,
    pending: Vec<Signal>,
    /// Background children that nobody waited for yet.
    jobs: Vec<u32>,
    /// Statuses of background children that were waited for by their process id.
    collected: OrderedMap<u32, i32>,
    /// Until when a `read -t` waits.
    read_limit: Option<SimTime>,
    /// `$!`
    last_job: Option<u32>,
    /// Whether its last command takes its place, as `sh -c` and subshells do it.
    replaces_itself: bool,
    /// Whether it is a copy that runs where a failing command must not end it (`set -e`).
    tolerates_failure: bool,
    /// The syntax error behind the commands that could be read.
    syntax_error: Option<Rc<str>>,
    dialect: Dialect,
    random_state: u64,
    started_at: SimTime,
}

/// A shell variable.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    value: Rc<str>,
    exported: bool,
    read_only: bool,
}

/// `set -e` and its like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Options {
    errexit: bool,
    nounset: bool,
    xtrace: bool,
    noglob: bool,
    pipefail: bool,
}

/// Whose words it uses for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// BusyBox ash: `sh: foo: not found`.
    Busybox,
    /// Debian's dash: `sh: 1: foo: not found`.
    Dash,
    /// `bash: line 1: foo: command not found`.
    Bash,
}

/// What a builtin or a bit of syntax costs.
const STEP_COST: Duration = Duration::from_micros(2);
const BUILTIN_COST: Duration = Duration::from_micros(20);
/// What making a child costs.
const FORK_COST: Duration = Duration::from_micros(500);
/// The deepest nesting of running commands, functions included.
const MOST_FRAMES: usize = 2_000;

impl Shell {
    /// `sh -c 'script' name args…`, `sh file args…`, or `sh` alone, which reads its standard
    /// input.
    pub fn from_argv(
        argv: &[String],
        origin: &Origin<'_>,
        surroundings: &mut Surroundings<'_>,
    ) -> Self {
        let name = argv.first().map_or("sh", String::as_str);
        let mut shell = Self::new(name, origin);
        let mut rest = argv.iter().skip(1).peekable();
        let mut is_command = false;
        while let Some(word) = rest.peek() {
            let Some(letters) = word.strip_prefix(['-', '+']).filter(|l| !l.is_empty()) else {
                break;
            };
            let on = word.starts_with('-');
            let (is_end, is_long) = (letters == "-", letters.starts_with('-'));
            let takes_name = letters.ends_with('o');
            is_command |= !is_long && letters.contains('c');
            if !is_long {
                for letter in letters.chars() {
                    shell.set_option(letter, on);
                }
            }
            rest.next();
            if takes_name
                && !is_long
                && let Some(option) = rest.next()
            {
                shell.set_named_option(option, on);
            }
            if is_end {
                break;
            }
        }
        let mut rest = rest.cloned();
        if is_command {
            let script = rest.next().unwrap_or_default();
            shell.replaces_itself = true;
            if let Some(name) = rest.next() {
                shell.name = Rc::from(name.as_str());
            }
            shell.positional = rest.collect();
            shell.load(&script);
            return shell;
        }
        let Some(file) = rest.next() else {
            shell.frames.push(Frame::Input(String::new()));
            return shell;
        };
        shell.positional = rest.collect();
        let path = super::files::normalize(origin.directory, &file);
        match surroundings.files.read(surroundings.volumes, &path) {
            Ok(script) => {
                shell.name = Rc::from(file.as_str());
                shell.load(&script);
            }
            Err(error) => shell.frames.push(Frame::Complaint(
                Rc::from(format!("can't open '{file}': {error}").as_str()),
                if shell.dialect == Dialect::Bash {
                    127
                } else {
                    2
                },
            )),
        }
        shell
    }

    /// An executable script of the container.
    pub fn from_script(text: &str, argv: &[String], origin: &Origin<'_>) -> Self {
        let name = argv.first().map_or("sh", String::as_str);
        let mut shell = Self::new(name, origin);
        // The first line may name bash; anything else reads as a POSIX shell.
        if text
            .lines()
            .next()
            .is_some_and(|line| line.starts_with("#!") && line.contains("bash"))
        {
            shell.dialect = Dialect::Bash;
        }
        if let Some(flags) = text.lines().next().and_then(|line| line.split(" -").nth(1)) {
            for letter in flags.chars() {
                shell.set_option(letter, true);
            }
        }
        shell.positional = argv.iter().skip(1).cloned().collect();
        shell.load(text);
        shell
    }

    fn new(name: &str, origin: &Origin<'_>) -> Self {
        let base = name.rsplit('/').next().unwrap_or_default();
        let dialect = if base == "bash" {
            Dialect::Bash
        } else if has_gnu_tools(&origin.setting.spec.image) {
            Dialect::Dash
        } else {
            Dialect::Busybox
        };
        let variable = |value: &str| Variable {
            value: Rc::from(value),
            exported: true,
            read_only: false,
        };
        let variables = origin
            .env
            .iter()
            .map(|(key, value)| (key.clone(), variable(value)));
        let name = if is_shell(base) { base } else { name };
        Self {
            frames: Vec::new(),
            status: 0,
            variables: Rc::new(variables.collect()),
            functions: Rc::default(),
            positional: Rc::default(),
            name: Rc::from(name),
            own_pid: None,
            directory: Rc::from(origin.directory),
            options: Options::default(),
            traps: Rc::default(),
            pending: Vec::new(),
            jobs: Vec::new(),
            collected: OrderedMap::new(),
            read_limit: None,
            last_job: None,
            replaces_itself: false,
            tolerates_failure: false,
            syntax_error: None,
            dialect,
            random_state: 0,
            started_at: origin.now,
        }
    }

    fn load(&mut self, script: &str) {
        let parsed = parser::parse(script);
        self.syntax_error = parsed.error.map(|error| Rc::from(error.as_str()));
        self.frames.push(Frame::list(parsed.list));
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        self.own_pid.get_or_insert(context.pid());
        if self.frames.len() > MOST_FRAMES {
            self.complain(context, "maximum recursion depth exceeded");
            return Step::Exit(Exit {
                code: 2,
                signal: None,
            });
        }
        self.run(context)
    }

    /// A trapped signal waits until the command in the foreground ends; `wait` is interrupted at
    /// once (POSIX, Shell Command Language 2.12).
    pub fn signal(&mut self, signal: Signal) -> Reaction {
        match self.traps.get(&signal.number()) {
            Some(action) if action.is_empty() => Reaction::Ignored,
            Some(_) => {
                if !self.pending.contains(&signal) {
                    self.pending.push(signal);
                }
                Reaction::Handled
            }
            None => Reaction::Default,
        }
    }

    /// The value of a parameter, special ones included; `None` if it is not set.
    fn parameter(&self, name: &str) -> Option<String> {
        if let Ok(index) = name.parse::<usize>() {
            if index == 0 {
                return Some(self.name.to_string());
            }
            return self.positional.get(index - 1).cloned();
        }
        match name {
            "?" => Some(self.status.to_string()),
            "#" => Some(self.positional.len().to_string()),
            "$" => self.own_pid.map(|pid| pid.to_string()),
            "!" => self.last_job.map(|pid| pid.to_string()),
            "-" => Some(self.option_letters()),
            "@" | "*" => {
                let separator = self.variables.get("IFS").map_or(" ", |ifs| &ifs.value);
                let separator: String = separator.chars().take(1).collect();
                (!self.positional.is_empty()).then(|| self.positional.join(&separator))
            }
            "PWD" => Some(self.directory.to_string()),
            name => self
                .variables
                .get(name)
                .map(|variable| variable.value.to_string()),
        }
    }

    fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    fn assign(&mut self, name: &str, value: &str) -> Result<(), String> {
        let variables = Rc::make_mut(&mut self.variables);
        match variables.get_mut(name) {
            Some(variable) if variable.read_only => Err(format!("{name}: is read only")),
            Some(variable) => {
                variable.value = Rc::from(value);
                Ok(())
            }
            None => {
                let variable = Variable {
                    value: Rc::from(value),
                    exported: false,
                    read_only: false,
                };
                variables.insert(name.to_owned(), variable);
                Ok(())
            }
        }
    }

    /// The environment of its children.
    fn exported(&self) -> Vec<(String, String)> {
        let exported = self
            .variables
            .iter()
            .filter(|(_, variable)| variable.exported);
        exported
            .map(|(name, variable)| (name.clone(), variable.value.to_string()))
            .collect()
    }

    fn random(&mut self, context: &Context<'_, '_>) -> String {
        let mut rng = context.rng().fork(&self.random_state.to_string());
        self.random_state += 1;
        rng.below(32_768).to_string()
    }

    fn set_option(&mut self, letter: char, on: bool) {
        match letter {
            'e' => self.options.errexit = on,
            'u' => self.options.nounset = on,
            'x' => self.options.xtrace = on,
            'f' => self.options.noglob = on,
            _ => {}
        }
    }

    fn set_named_option(&mut self, name: &str, on: bool) {
        match name {
            "errexit" => self.options.errexit = on,
            "nounset" => self.options.nounset = on,
            "xtrace" => self.options.xtrace = on,
            "noglob" => self.options.noglob = on,
            "pipefail" => self.options.pipefail = on,
            _ => {}
        }
    }

    fn option_letters(&self) -> String {
        let all = [
            ('e', self.options.errexit),
            ('f', self.options.noglob),
            ('u', self.options.nounset),
            ('x', self.options.xtrace),
        ];
        all.iter()
            .filter(|(_, on)| *on)
            .map(|(letter, _)| letter)
            .collect()
    }

    /// Writes an error in the words of this kind of shell.
    fn complain(&self, context: &mut Context<'_, '_>, message: &str) {
        let name = &self.name;
        let text = match self.dialect {
            Dialect::Busybox => format!("{name}: {message}\n"),
            Dialect::Dash => format!("{name}: 1: {message}\n"),
            Dialect::Bash => format!("{name}: line 1: {message}\n"),
        };
        // With nowhere to complain to, the status has to say it.
        let _ = context.write(2, &text);
    }

    fn complain_missing(&self, context: &mut Context<'_, '_>, name: &str, missing: Missing) -> i32 {
        let (status, words) = missing.in_words_of_a_shell();
        let words = match self.dialect {
            Dialect::Bash if words == "not found" && !name.contains('/') => "command not found",
            Dialect::Bash if words == "not found" => "No such file or directory",
            _ => words,
        };
        self.complain(context, &format!("{name}: {words}"));
        status
    }

    /// A copy that runs something in a task of its own: traps are reset, ignored signals stay
    /// ignored (POSIX 2.12), and the children belong to the original.
    fn subshell(&self, frame: Frame) -> Self {
        let mut copy = Self {
            frames: vec![frame],
            pending: Vec::new(),
            jobs: Vec::new(),
            replaces_itself: true,
            tolerates_failure: self.is_failure_tolerated(),
            syntax_error: None,
            ..self.clone_without_frames()
        };
        let kept: OrderedSet<u8> = self
            .traps
            .iter()
            .filter(|(signal, action)| **signal != 0 && action.is_empty())
            .map(|(signal, _)| *signal)
            .collect();
        if kept.len() != self.traps.len() {
            Rc::make_mut(&mut copy.traps).retain(|signal, _| kept.contains(signal));
        }
        copy
    }

    fn clone_without_frames(&self) -> Self {
        Self {
            frames: Vec::new(),
            variables: Rc::clone(&self.variables),
            functions: Rc::clone(&self.functions),
            positional: Rc::clone(&self.positional),
            name: Rc::clone(&self.name),
            directory: Rc::clone(&self.directory),
            traps: Rc::clone(&self.traps),
            pending: Vec::new(),
            jobs: Vec::new(),
            collected: OrderedMap::new(),
            syntax_error: None,
            ..*self
        }
    }
}

impl arithmetic::Variables for Shell {
    fn get(&self, name: &str) -> Option<String> {
        self.parameter(name)
    }

    fn set(&mut self, name: &str, value: String) {
        // A read-only variable keeps its value; the expression goes on, as in BusyBox.
        let _ = self.assign(name, &value);
    }
}

/// Parses a piece of script for `eval` and traps.
fn parse_list(text: &str) -> Result<Rc<List>, String> {
    let parsed = parser::parse(text);
    match parsed.error {
        Some(error) => Err(format!("syntax error: {error}")),
        None => Ok(parsed.list),
    }
}
