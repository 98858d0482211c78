//! Tools that take their time, take memory, or write without end: `sleep`, `dd`, `stress`, `yes`.

use std::time::Duration;

use super::{Call, TOOL_COST, exit, parse_bytes, parse_duration, write};
use crate::cluster::process::machine::{Context, Step, Waits};
use crate::kernel::SimTime;

/// A tool at work.
#[derive(Clone, Debug)]
pub(super) struct Work {
    name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Until then, or for ever.
    Sleep(Option<SimTime>),
    /// Numbers up to the last.
    Numbers { next: i64, step: i64, last: i64 },
    /// The same line again and again.
    Repeat(String),
    /// Memory that is taken by and by; then until the time, or for ever.
    Memory { bytes: u64, until: Option<SimTime> },
    /// A result that takes until then to work out.
    Result { text: String, at: SimTime },
    /// The command again and again.
    Watch(Duration),
}

/// The most digits of π that are worked out; a real machine takes seconds for 2,000.
const MOST_PI_DIGITS: u32 = 3_000;
/// What one step of taking memory takes, and its time: some 2 GiB a second.
const MEMORY_STEP_BYTES: u64 = 20 << 20;
const MEMORY_STEP: Duration = Duration::from_millis(10);
/// Throughput of `dd`, in bytes a second.
const COPY_BYTES_PER_SECOND: u64 = 500 << 20;

pub(super) fn is_known(base: &str) -> bool {
    matches!(
        base,
        "sleep" | "usleep" | "seq" | "yes" | "stress" | "stress-ng" | "dd" | "watch" | "perl"
    )
}

impl Work {
    /// Reads the command line; `Err` is the exit code of one that is done at once.
    pub fn begin(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Self, i32> {
        let kind = match call.name {
            "sleep" => sleep(call, context)?,
            "usleep" => {
                let micros = call
                    .arguments
                    .first()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0);
                Kind::Sleep(Some(context.now + Duration::from_micros(micros)))
            }
            "seq" => numbers(call, context)?,
            "yes" => {
                let words = call.arguments.join(" ");
                Kind::Repeat(if words.is_empty() {
                    "y\n".to_owned()
                } else {
                    words + "\n"
                })
            }
            "dd" => copy(call, context)?,
            "perl" => perl(call, context),
            "watch" => Kind::Watch(Duration::from_secs(2)),
            _ => stress(call, context),
        };
        Ok(Self {
            name: call.name.to_owned(),
            kind,
        })
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        if context.is_full(1) {
            return Step::Wait(Waits::Pipe, None);
        }
        match &mut self.kind {
            Kind::Sleep(None) => Step::Wait(Waits::Nothing, None),
            Kind::Sleep(Some(until)) if *until <= context.now => exit(0),
            Kind::Sleep(Some(until)) => Step::Sleep(*until),
            Kind::Watch(every) => Step::Sleep(context.now + *every),
            Kind::Result { at, .. } if *at > context.now => Step::Sleep(*at),
            Kind::Result { text, .. } => match write(context, &self.name, text) {
                Ok(()) => exit(0),
                Err(step) => step,
            },
            Kind::Numbers { next, step, last } => {
                let mut text = String::new();
                for _ in 0..100 {
                    let is_past = if *step > 0 {
                        *next > *last
                    } else {
                        *next < *last
                    };
                    if is_past {
                        return match write(context, "seq", &text) {
                            Ok(()) => exit(0),
                            Err(step) => step,
                        };
                    }
                    text.push_str(&format!("{next}\n"));
                    *next = next.saturating_add(*step);
                }
                match write(context, "seq", &text) {
                    Ok(()) => Step::Continue(TOOL_COST),
                    Err(step) => step,
                }
            }
            Kind::Repeat(line) => match write(context, &self.name, &line.repeat(20)) {
                Ok(()) => Step::Continue(TOOL_COST),
                Err(step) => step,
            },
            Kind::Memory { bytes, until } => {
                let taken = context.memory_bytes();
                if taken < *bytes {
                    context.set_memory_bytes((taken + MEMORY_STEP_BYTES).min(*bytes));
                    return Step::Sleep(context.now + MEMORY_STEP);
                }
                match until {
                    Some(until) if *until <= context.now => exit(0),
                    Some(until) => Step::Sleep(*until),
                    None => Step::Wait(Waits::Nothing, None),
                }
            }
        }
    }
}

fn sleep(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Kind, i32> {
    if call.arguments.is_empty() {
        return Err(call.fail(context, "missing operand"));
    }
    let mut until = context.now;
    for word in call.arguments {
        if matches!(word.as_str(), "infinity" | "inf") {
            return Ok(Kind::Sleep(None));
        }
        match parse_duration(word) {
            Some(duration) => until += duration,
            None => return Err(call.fail(context, &format!("invalid number '{word}'"))),
        }
    }
    Ok(Kind::Sleep(Some(until)))
}

fn numbers(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Kind, i32> {
    let numbers: Option<Vec<i64>> = call
        .arguments
        .iter()
        .map(|word| word.parse().ok())
        .collect();
    let (next, step, last) = match numbers.as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => return Err(call.fail(context, "invalid argument")),
    };
    Ok(Kind::Numbers { next, step, last })
}

/// `dd if=/dev/zero of=file bs=1M count=100`: writes zeros, which take space and time.
fn copy(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Kind, i32> {
    let value = |name: &str| {
        let found = call
            .arguments
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    let block = value("bs")
        .and_then(|text| parse_bytes(&text))
        .unwrap_or(512);
    let input = value("if").unwrap_or_default();
    let count = value("count").and_then(|text| text.parse::<u64>().ok());
    let is_endless = input.starts_with("/dev/");
    let bytes = match count {
        Some(count) => block.saturating_mul(count),
        None if is_endless => 1 << 40,
        None => {
            let path = call.path(&input);
            let surroundings = &context.surroundings;
            match surroundings.files.node(surroundings.volumes, &path) {
                Ok(node) => node.size_bytes(),
                Err(error) => {
                    return Err(call.fail(context, &format!("can't open '{input}': {error}")));
                }
            }
        }
    };
    if let Some(output) =
        value("of").filter(|output| !output.starts_with("/dev/") || output.starts_with("/dev/shm"))
    {
        let path = call.path(&output);
        let surroundings = &mut *context.surroundings;
        if let Err(error) = surroundings
            .files
            .set_size(surroundings.volumes, &path, bytes)
        {
            return Err(call.fail(context, &format!("can't open '{output}': {error}")));
        }
    }
    let micros = u128::from(bytes) * 1_000_000 / u128::from(COPY_BYTES_PER_SECOND);
    let took = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
    let blocks = bytes / block.max(1);
    // The report goes to standard error, as it should; its failure changes nothing.
    let _ = context.write(
        2,
        &format!("{blocks}+0 records in\n{blocks}+0 records out\n"),
    );
    Ok(Kind::Sleep(Some(context.now + took)))
}

/// Perl's `bpi(N)`: N digits of π. Its time grows with their square: 2,000 take some seconds.
fn perl(call: &Call<'_>, context: &Context<'_, '_>) -> Kind {
    let script = call.arguments.join(" ");
    let Some((_, after)) = script.split_once("bpi(") else {
        return Kind::Sleep(Some(context.now));
    };
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    let digits = digits.parse::<u32>().unwrap_or(40).clamp(1, MOST_PI_DIGITS);
    Kind::Result {
        text: pi(digits as usize) + "\n",
        at: context.now + Duration::from_micros(u64::from(digits * digits)),
    }
}

/// `stress --vm 1 --vm-bytes 250M --vm-hang 1 -t 60`.
fn stress(call: &Call<'_>, context: &mut Context<'_, '_>) -> Kind {
    let value = |names: &[&str]| {
        let at = call
            .arguments
            .iter()
            .position(|word| names.contains(&word.split('=').next().unwrap_or_default()))?;
        match call.arguments[at].split_once('=') {
            Some((_, value)) => Some(value.to_owned()),
            None => call.arguments.get(at + 1).cloned(),
        }
    };
    let workers = value(&["--vm", "-m"])
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0);
    let each = value(&["--vm-bytes"])
        .and_then(|text| parse_bytes(&text))
        .unwrap_or(256 << 20);
    let timeout = value(&["--timeout", "-t"]).and_then(|text| parse_duration(&text));
    let cpu = value(&["--cpu", "-c"]).unwrap_or_else(|| "0".to_owned());
    // What it says is not needed by anybody.
    let _ = context.write(
        1,
        &format!(
            "stress: info: [{}] dispatching hogs: {cpu} cpu, 0 io, {workers} vm, 0 hdd\n",
            context.pid()
        ),
    );
    Kind::Memory {
        bytes: workers.saturating_mul(each).max(1 << 20),
        until: timeout.map(|timeout| context.now + timeout),
    }
}

/// π rounded to that many significant digits.
fn pi(digits: usize) -> String {
    // Rabinowitz and Wagon's spigot, four digits a pass; two groups more than needed.
    const BASE: u64 = 10_000;
    let groups = digits / 4 + 3;
    let length = groups * 14;
    let mut remainders = vec![2_000_u64; length + 1];
    let mut found: Vec<u64> = Vec::new();
    let mut held = 0;
    for group in 0..groups {
        let last = length - group * 14;
        let mut carry = 0;
        for index in (1..=last).rev() {
            let value = carry * index as u64 + remainders[index] * BASE;
            let divisor = 2 * index as u64 - 1;
            remainders[index] = value % divisor;
            carry = value / divisor;
        }
        found.push(held + carry / BASE);
        held = carry % BASE;
    }
    // A group may have run over: pass that on to the one before.
    for index in (1..found.len()).rev() {
        found[index - 1] += found[index] / BASE;
        found[index] %= BASE;
    }
    let all: String = found.iter().map(|group| format!("{group:04}")).collect();
    let mut numbers: Vec<u32> = all.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let rounds_up = numbers.get(digits).is_some_and(|digit| *digit >= 5);
    numbers.truncate(digits);
    for digit in numbers.iter_mut().rev().take_while(|_| rounds_up) {
        *digit = (*digit + 1) % 10;
        if *digit != 0 {
            break;
        }
    }
    let text: String = numbers
        .iter()
        .filter_map(|digit| char::from_digit(*digit, 10))
        .collect();
    match text.split_at_checked(1) {
        Some((first, rest)) if !rest.is_empty() => format!("{first}.{rest}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pi_is_pi() {
        assert_eq!(super::pi(1), "3");
        assert_eq!(super::pi(4), "3.142");
        assert_eq!(super::pi(20), "3.1415926535897932385");
        assert!(super::pi(800).contains("4999999837"));
        assert!(super::pi(1_001).ends_with("2164201989"));
    }
}
