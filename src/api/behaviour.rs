//! The annotations by which a text says how what runs in a pod's containers behaves.
//!
//! `podarium/memory` holds for every container of the pod, `main.podarium/memory` for the one called `main`.

use super::Quantity;
use super::quantity::value;

/// One of the annotations.
#[derive(Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Its name behind `podarium/`.
    pub name: &'static str,
    /// The environment variable that says the same to a server; empty where none does.
    pub variable: &'static str,
    /// What it does.
    pub effect: &'static str,
    /// A value.
    pub example: &'static str,
    form: Form,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Amounts with the age from which on each holds: `50Mi@0,900Mi@30`.
    Amounts,
    /// Exit codes with ages: `3@20`.
    ExitCodes,
    /// HTTP statuses, or `hang`, with ages: `200@0,500@20`.
    Statuses,
    /// A whole number up to this one.
    Number(u32),
    /// A time: `15`, `1.5m`.
    Time,
}

/// All of them.
pub const BEHAVIOURS: [Behaviour; 9] = [
    Behaviour {
        name: "memory",
        variable: "",
        effect: "memory in use from each second on; beyond the limit it is OOM-killed",
        example: "50Mi@0,900Mi@30",
        form: Form::Amounts,
    },
    Behaviour {
        name: "exit",
        variable: "",
        effect: "ends with that exit code after so many seconds",
        example: "3@20",
        form: Form::ExitCodes,
    },
    Behaviour {
        name: "health",
        variable: "HEALTH_SCRIPT",
        effect: "HTTP status that it answers from each second on; hang for none",
        example: "200@0,500@20,hang@60",
        form: Form::Statuses,
    },
    Behaviour {
        name: "ready",
        variable: "READY_SCRIPT",
        effect: "the same for paths that contain `ready`",
        example: "500@0,200@10",
        form: Form::Statuses,
    },
    Behaviour {
        name: "start-delay",
        variable: "START_DELAY",
        effect: "seconds until it listens",
        example: "15",
        form: Form::Time,
    },
    Behaviour {
        name: "port",
        variable: "HTTP_PORT",
        effect: "port that it listens on",
        example: "8080",
        form: Form::Number(65_535),
    },
    Behaviour {
        name: "term-delay",
        variable: "TERM_DELAY",
        effect: "seconds from SIGTERM to its end",
        example: "5",
        form: Form::Time,
    },
    Behaviour {
        name: "term-exit",
        variable: "TERM_EXIT",
        effect: "exit code after SIGTERM",
        example: "3",
        form: Form::Number(255),
    },
    Behaviour {
        name: "term-ignore",
        variable: "TERM_IGNORE",
        effect: "1: SIGTERM has no effect",
        example: "1",
        form: Form::Number(1),
    },
];

/// Container and name of an annotation that is one of these or is meant to be; the container is empty for all of
/// the pod.
#[must_use]
pub fn split(annotation: &str) -> Option<(&str, &str)> {
    let (scope, name) = annotation.split_once("podarium/")?;
    let container = scope.strip_suffix('.').unwrap_or(scope);
    (scope.is_empty() || scope.ends_with('.')).then_some((container, name))
}

/// The behaviour of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Behaviour> {
    BEHAVIOURS.iter().find(|one| one.name == name)
}

impl Behaviour {
    /// The example as YAML takes it for a text.
    #[must_use]
    pub fn quoted_example(&self) -> String {
        match self.example.parse::<u32>() {
            Ok(_) => format!("\"{}\"", self.example),
            Err(_) => self.example.to_owned(),
        }
    }

    /// Whether every part of a value can be read.
    #[must_use]
    pub fn reads(&self, value: &str) -> bool {
        value.split(',').all(|part| {
            let (what, age) = part.trim().split_once('@').unwrap_or((part.trim(), "0"));
            let is_steps = matches!(self.form, Form::Amounts | Form::ExitCodes | Form::Statuses);
            let whole = if is_steps { what } else { value };
            is_time(age.trim()) && self.form.reads(whole.trim())
        })
    }
}

impl Form {
    fn reads(self, text: &str) -> bool {
        let up_to = |most: u32| text.parse().is_ok_and(|number: u32| number <= most);
        match self {
            Self::Amounts => value(&Quantity(text.to_owned())).is_ok_and(|bytes| bytes >= 0),
            Self::ExitCodes => up_to(255),
            Self::Statuses => text == "hang" || text.len() == 3 && up_to(599) && !up_to(99),
            Self::Number(most) => up_to(most),
            Self::Time => is_time(text),
        }
    }
}

/// `5`, `0.5`, `2s`, `1m`, `1h`, `1d`.
fn is_time(text: &str) -> bool {
    let number = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
    let is_digit_or_point = |one: u8| one.is_ascii_digit() || one == b'.';
    number.bytes().any(|one| one.is_ascii_digit())
        && number.bytes().all(is_digit_or_point)
        && number.matches('.').count() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_or_not() {
        let check = |name: &str, value: &str, expect: bool| {
            let found = find(name).unwrap();
            assert_eq!(found.reads(value), expect, "{name}: {value}");
        };
        for one in &BEHAVIOURS {
            check(one.name, one.example, true);
            check(one.name, "", false);
            check(one.name, "soon", false);
        }
        check("memory", "1Gi@1m, 2Gi@1.5h", true);
        check("memory", "1Gi@later", false);
        check("memory", "1Gi@", false);
        check("memory", "much@5", false);
        check("exit", "256", false);
        check("health", "hang", true);
        check("health", "99", false);
        check("health", "600", false);
        check("port", "8080@5", false);
        check("port", "65536", false);
        check("start-delay", "1.2.3", false);
    }

    #[test]
    fn names_say_whose_they_are() {
        assert_eq!(split("podarium/exit"), Some(("", "exit")));
        assert_eq!(split("main.podarium/exit"), Some(("main", "exit")));
        assert_eq!(split("mypodarium/exit"), None);
        assert_eq!(split("app/exit"), None);
    }
}
