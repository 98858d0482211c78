//! Small tools: `sleep`, `cat`, `grep`, `wget` and the like.

use std::rc::Rc;
use std::time::Duration;

use super::Exit;
use super::command::Origin;
use super::machine::{Context, Step, Waits, WriteFailure};
use crate::kernel::SimTime;

pub(super) mod dates;

/// One run of a tool.
#[derive(Clone, Debug)]
pub(super) struct Utility {
    argv: Rc<[String]>,
    until: Option<SimTime>,
    has_begun: bool,
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
    matches!(base, "sleep" | "true" | "false")
}

impl Utility {
    /// The tool of a command line, if there is one of that name.
    pub fn new(argv: &[String], _origin: &Origin<'_>) -> Option<Self> {
        let base = argv.first()?.rsplit('/').next()?;
        is_known(base).then(|| Self {
            argv: Rc::from(argv),
            until: None,
            has_begun: false,
        })
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        let base = self.argv[0].rsplit('/').next().unwrap_or_default();
        if base != "sleep" {
            let code = i32::from(base == "false");
            return Step::Exit(Exit { code, signal: None });
        }
        if !self.has_begun {
            self.has_begun = true;
            self.until = self
                .argv
                .get(1)
                .and_then(|text| parse_duration(text))
                .map(|d| context.now + d);
        }
        match self.until {
            Some(until) if until <= context.now => Step::Exit(Exit {
                code: 0,
                signal: None,
            }),
            Some(until) => Step::Sleep(until),
            None => Step::Wait(Waits::Nothing, None),
        }
    }
}

/// A time as `sleep` takes it: `5`, `0.5`, `2s`, `1m`, `1h`, `1d`. `None` for anything else, and
/// for `infinity`, which has no end.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
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
