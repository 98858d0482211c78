//! Signals: their Linux numbers and names, and what they do to a process that has no handler.

use std::fmt;

/// A signal by its Linux number, 1 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(u8);

impl Signal {
    /// Terminal hang-up.
    pub const HUP: Self = Self(1);
    /// Interrupt; PostgreSQL's image asks to be stopped by it.
    pub const INT: Self = Self(2);
    /// Quit; nginx' image asks to be stopped by it.
    pub const QUIT: Self = Self(3);
    /// Kills, always: neither handlers nor the protection of pid 1 apply.
    pub const KILL: Self = Self(9);
    /// Writing to a pipe that nobody reads.
    pub const PIPE: Self = Self(13);
    /// The polite request to end that the kubelet sends first.
    pub const TERM: Self = Self(15);
    /// A child ended.
    pub const CHLD: Self = Self(17);
    /// Window change; Apache's image asks to be stopped by it.
    pub const WINCH: Self = Self(28);

    /// The Linux number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The exit code that shells and runtimes report for a process that it killed: 128 + number.
    #[must_use]
    pub const fn exit_code(self) -> i32 {
        128 + self.0 as i32
    }

    /// Reads `SIGTERM`, `TERM`, `term`, `15`, and the real-time forms `SIGRTMIN+3` and
    /// `SIGRTMAX-1` that a container's `lifecycle.stopSignal` may hold.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        if let Ok(number) = upper.parse::<u8>() {
            return (1..=64).contains(&number).then_some(Self(number));
        }
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            return u8::try_from(index + 1).ok().map(Self);
        }
        let number = match name {
            "RTMIN" => Some(34),
            "RTMAX" => Some(64),
            _ => {
                let above = name
                    .strip_prefix("RTMIN+")
                    .and_then(|n| n.parse::<u8>().ok());
                let below = name
                    .strip_prefix("RTMAX-")
                    .and_then(|n| n.parse::<u8>().ok());
                above
                    .and_then(|n| n.checked_add(34))
                    .or_else(|| below.and_then(|n| 64_u8.checked_sub(n)))
            }
        };
        number.filter(|n| (34..=64).contains(n)).map(Self)
    }

    /// The name without `SIG`, such as `TERM`; real-time signals are `RTMIN+N`.
    #[must_use]
    pub fn name(self) -> String {
        match NAMES.get(usize::from(self.0).wrapping_sub(1)) {
            Some(name) => (*name).to_owned(),
            None => format!("RTMIN+{}", self.0.saturating_sub(34)),
        }
    }

    /// Whether a process without a handler survives it (Linux `signal(7)`: the default action of
    /// these is to be ignored, or to continue; stopping is not modelled).
    #[must_use]
    pub const fn is_ignored_by_default(self) -> bool {
        matches!(self.0, 17..=23 | 28)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.name())
    }
}

/// Names of signals 1 to 31 on x86-64 and arm64.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (text, number) in [
            ("SIGTERM", Some(15)),
            ("term", Some(15)),
            ("9", Some(9)),
            ("WINCH", Some(28)),
            ("SIGRTMIN+3", Some(37)),
            ("SIGRTMAX-1", Some(63)),
            ("RTMIN+40", None),
            ("0", None),
            ("65", None),
            ("SIGNOPE", None),
            ("", None),
        ] {
            assert_eq!(Signal::parse(text).map(Signal::number), number, "{text}");
        }
        for number in 1..=64 {
            let signal = Signal(number);
            if number <= 31 || number >= 34 {
                assert_eq!(Signal::parse(&signal.to_string()), Some(signal));
            }
        }
    }
}
