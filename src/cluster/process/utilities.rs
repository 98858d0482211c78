//! Small tools: `sleep`, `cat`, `grep`, `wget` and the like.

use std::rc::Rc;
use std::time::Duration;

use super::command::{self, Origin};
use super::files::normalize;
use super::machine::{Context, Reaction, Step, WriteFailure};
use super::{Exit, Signal};

pub(super) mod dates;
mod file_tools;
mod filters;
mod network_tools;
mod regex;
mod system_tools;
mod work;
mod wrappers;

/// One run of a tool.
#[derive(Clone, Debug)]
pub(super) struct Utility {
    argv: Rc<[String]>,
    directory: Rc<str>,
    env: Rc<[(String, String)]>,
    run: Run,
}

/// How far it is.
#[derive(Clone, Debug)]
enum Run {
    /// Not begun.
    Fresh,
    /// Reads its input line by line.
    Filter(Box<filters::Filter>),
    /// Waits for an answer of the network.
    Ask(Box<network_tools::Ask>),
    /// Takes its time, or memory, or writes without end.
    Work(Box<work::Work>),
    /// Looks after another program.
    Wrapper(Box<wrappers::Wrapper>),
}

/// A failure to write in the words of `strerror(3)`.
pub(super) fn failure_text(failure: WriteFailure) -> String {
    match failure {
        WriteFailure::BrokenPipe => "Broken pipe".to_owned(),
        WriteFailure::BadDescriptor => "Bad file descriptor".to_owned(),
        WriteFailure::NoSpace => "No space left on device".to_owned(),
        WriteFailure::File(error) => error.to_string(),
    }
}

/// Whether a name is that of a tool that is simulated.
pub(super) fn is_known(base: &str) -> bool {
    is_shell_tool(base)
        || file_tools::is_known(base)
        || filters::is_known(base)
        || network_tools::is_known(base)
        || system_tools::is_known(base)
        || work::is_known(base)
        || wrappers::is_known(base)
}

/// Tools that shells have built in, for when they are started without a shell.
fn is_shell_tool(base: &str) -> bool {
    matches!(
        base,
        "true" | "false" | "echo" | "printf" | "test" | "[" | "kill" | "pwd"
    )
}

impl Utility {
    /// The tool of a command line, if there is one of that name.
    pub fn new(argv: &[String], origin: &Origin<'_>) -> Option<Self> {
        let base = argv.first()?.rsplit('/').next()?;
        is_known(base).then(|| Self {
            argv: Rc::from(argv),
            directory: Rc::from(origin.directory),
            env: if std::ptr::eq(origin.env, &*origin.setting.env) {
                Rc::clone(&origin.setting.env)
            } else {
                Rc::from(origin.env)
            },
            run: Run::Fresh,
        })
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        match &mut self.run {
            Run::Fresh => self.begin(context),
            Run::Filter(filter) => filter.step(context),
            Run::Ask(ask) => ask.step(context),
            Run::Work(work) => work.step(context),
            Run::Wrapper(wrapper) => wrapper.step(context),
        }
    }

    pub fn signal(&mut self, signal: Signal) -> Reaction {
        match &mut self.run {
            Run::Wrapper(wrapper) => wrapper.signal(signal),
            _ => Reaction::Default,
        }
    }

    fn begin(&mut self, context: &mut Context<'_, '_>) -> Step {
        let argv = Rc::clone(&self.argv);
        let base = argv[0].rsplit('/').next().unwrap_or_default();
        let call = Call {
            name: base,
            arguments: &argv[1..],
            directory: &self.directory,
            env: &self.env,
        };
        if is_shell_tool(base) {
            return self.by_shell(context);
        }
        if wrappers::is_known(base) {
            return match wrappers::Wrapper::begin(&call, context) {
                wrappers::Begun::Step(step) => step,
                wrappers::Begun::Wrapper(wrapper) => {
                    self.run = Run::Wrapper(Box::new(wrapper));
                    Step::Continue(TOOL_COST)
                }
            };
        }
        let run = if filters::is_known(base) {
            filters::Filter::begin(&call, context).map(|filter| Run::Filter(Box::new(filter)))
        } else if network_tools::is_known(base) {
            network_tools::Ask::begin(&call, context).map(|ask| Run::Ask(Box::new(ask)))
        } else if work::is_known(base) {
            work::Work::begin(&call, context).map(|work| Run::Work(Box::new(work)))
        } else if file_tools::is_known(base) {
            Err(file_tools::run(&call, context))
        } else {
            Err(system_tools::run(&call, context))
        };
        match run {
            Ok(run) => {
                self.run = run;
                Step::Continue(TOOL_COST)
            }
            Err(code) => exit(code),
        }
    }

    /// `kill`, `test` and the like outside of a shell are the shell's own.
    fn by_shell(&self, context: &mut Context<'_, '_>) -> Step {
        let mut argv = vec!["sh".to_owned(), "-c".to_owned(), "\"$0\" \"$@\"".to_owned()];
        let base = self.argv[0].rsplit('/').next().unwrap_or_default();
        argv.push(base.to_owned());
        argv.extend(self.argv[1..].iter().cloned());
        let setting = context.setting();
        let origin = Origin {
            setting: &setting,
            env: &self.env,
            directory: &self.directory,
            now: context.now,
        };
        let shell = super::shell::Shell::from_argv(&argv, &origin, context.surroundings);
        let program = super::machine::Program::Shell(Box::new(shell));
        Step::Become(Box::new(program), Rc::from(self.argv.join(" ").as_str()))
    }
}

/// What a tool takes to look at its arguments.
const TOOL_COST: Duration = Duration::from_micros(50);

/// A tool's command line and where it runs.
struct Call<'a> {
    /// The base name.
    name: &'a str,
    /// Without the name.
    arguments: &'a [String],
    directory: &'a str,
    env: &'a [(String, String)],
}

impl Call<'_> {
    fn path(&self, file: &str) -> String {
        normalize(self.directory, file)
    }

    /// Writes an error and gives the usual code.
    fn fail(&self, context: &mut Context<'_, '_>, message: &str) -> i32 {
        // With nowhere to complain to, the code has to say it.
        let _ = context.write(2, &format!("{}: {message}\n", self.name));
        1
    }

    /// Flags (their letters together), and what is no flag. Flags in `with_value` take the next
    /// word, or what follows them in their own.
    fn split(&self, with_value: &str) -> Flags {
        let mut flags = Flags::default();
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                flags.operands.push(word.clone());
                continue;
            };
            if letters == "-" {
                flags.operands.extend(words.cloned());
                break;
            }
            if let Some(long) = letters.strip_prefix('-') {
                let (name, value) = long.split_once('=').unwrap_or((long, ""));
                flags.long.push((name.to_owned(), value.to_owned()));
                continue;
            }
            for (at, letter) in letters.char_indices() {
                if !with_value.contains(letter) {
                    flags.letters.push(letter);
                    continue;
                }
                let rest = &letters[at + letter.len_utf8()..];
                let value = if rest.is_empty() {
                    words.next().cloned()
                } else {
                    Some(rest.to_owned())
                };
                flags.values.push((letter, value.unwrap_or_default()));
                break;
            }
        }
        flags
    }
}

/// A command line taken apart.
#[derive(Clone, Debug, Default)]
struct Flags {
    letters: String,
    values: Vec<(char, String)>,
    long: Vec<(String, String)>,
    operands: Vec<String>,
}

impl Flags {
    fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    fn has_long(&self, name: &str) -> bool {
        self.long.iter().any(|(long, _)| long == name)
    }

    fn value(&self, letter: char) -> Option<&str> {
        let found = self.values.iter().rev().find(|(flag, _)| *flag == letter);
        found.map(|(_, value)| value.as_str())
    }
}

fn exit(code: i32) -> Step {
    Step::Exit(Exit { code, signal: None })
}

/// What a tool says of a file that it cannot read: GNU's tools and BusyBox differ.
fn cannot_open(context: &Context<'_, '_>, file: &str, error: &str) -> String {
    if command::has_gnu_tools(&context.spec().image) {
        format!("{file}: {error}")
    } else {
        format!("can't open '{file}': {error}")
    }
}

/// Writes; the code to end with if that fails.
fn write(context: &mut Context<'_, '_>, name: &str, text: &str) -> Result<(), Step> {
    match context.write(1, text) {
        Ok(()) => Ok(()),
        Err(WriteFailure::BrokenPipe) => Err(Step::Exit(Exit {
            code: Signal::PIPE.exit_code(),
            signal: Some(Signal::PIPE),
        })),
        Err(failure) => {
            // With nowhere to complain to, the code has to say it.
            let _ = context.write(
                2,
                &format!("{name}: write error: {}\n", failure_text(failure)),
            );
            Err(exit(1))
        }
    }
}

/// A number of bytes as `dd`, `head -c` and `stress` take it: `512`, `10k`, `250M`, `1G`.
fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit: u64 = match text[digits.len()..]
        .to_ascii_lowercase()
        .trim_end_matches(['b', 'i'])
    {
        "" if text.ends_with('b') => 512,
        "" | "c" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// A time as `sleep` takes it: `5`, `0.5`, `2s`, `1m`, `1h`, `1d`. `None` for anything else, and
/// for `infinity`, which has no end.
pub(in crate::cluster) fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit_micros) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1_000_000_u64),
        b'm' => (&text[..text.len() - 1], 60_000_000),
        b'h' => (&text[..text.len() - 1], 3_600_000_000),
        b'd' => (&text[..text.len() - 1], 86_400_000_000),
        _ => (text, 1_000_000),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut micros = whole.checked_mul(unit_micros)?;
    let mut place = unit_micros;
    for digit in fraction.bytes() {
        place /= 10;
        micros = micros.saturating_add(u64::from(digit - b'0') * place);
    }
    Some(Duration::from_micros(micros))
}
