//! `HEALTH_SCRIPT` and `READY_SCRIPT`: which status a server answers from which second on.

use std::time::Duration;

/// What a script says at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// An HTTP status.
    Code(u16),
    /// No answer at all.
    Hang,
}

/// Steps such as `200@0,500@20,hang@60`: a status from that second of the process on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatusScript {
    steps: Vec<(Duration, Status)>,
}

impl StatusScript {
    /// Reads a script; what cannot be read is left out. `500` alone is `500@0`.
    pub fn parse(text: &str) -> Self {
        let step = |part: &str| {
            let (status, second) = part.split_once('@').unwrap_or((part, "0"));
            let status = match status.trim() {
                "hang" => Status::Hang,
                code => Status::Code(code.parse().ok().filter(|c| (100..600).contains(c))?),
            };
            Some((
                crate::cluster::process::utilities::parse_duration(second.trim())?,
                status,
            ))
        };
        let mut steps: Vec<_> = text.split(',').filter_map(step).collect();
        steps.sort_by_key(|(from, _)| *from);
        Self { steps }
    }

    /// The status at an age of the process; 200 before the first step.
    pub fn at(&self, age: Duration) -> Status {
        let past = self.steps.iter().rev().find(|(from, _)| *from <= age);
        past.map_or(Status::Code(200), |(_, status)| *status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_that_began_counts() {
        let check = |script: &str, second: u64, expected: Status| {
            let at = StatusScript::parse(script).at(Duration::from_secs(second));
            assert_eq!(at, expected, "{script} at {second}");
        };
        let script = "200@0,500@20,hang@30,200@60";
        check(script, 0, Status::Code(200));
        check(script, 19, Status::Code(200));
        check(script, 20, Status::Code(500));
        check(script, 45, Status::Hang);
        check(script, 600, Status::Code(200));
        check("503", 0, Status::Code(503));
        check("503@5", 1, Status::Code(200));
        check("500@9, 404@3", 4, Status::Code(404));
        check("nonsense,99@0,500@x", 4, Status::Code(200));
    }
}
