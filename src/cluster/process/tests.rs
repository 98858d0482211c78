//! Tests of processes as their owner sees them.

use super::*;

mod cost;
mod fuzz;
mod scripts;
mod servers;
mod signals;
mod tools;

/// A container with one process, and what it said so far.
struct Container {
    process: Process,
    files: Files,
    volumes: Volumes,
    log: String,
    now: SimTime,
    exit: Option<(SimTime, Exit)>,
    requests: Vec<NetworkRequest>,
}

/// 2026-11-21 18:05:40 UTC.
const EPOCH_UNIX_MICROS: i64 = 1_795_284_340_000_000;

impl Container {
    fn start(spec: ProgramSpec) -> Result<Self, StartFailure> {
        let files = Files::for_image(&spec.image);
        Self::start_with(spec, files, Volumes::default())
    }

    fn start_with(
        spec: ProgramSpec,
        mut files: Files,
        mut volumes: Volumes,
    ) -> Result<Self, StartFailure> {
        let mut surroundings = Surroundings {
            files: &mut files,
            volumes: &mut volumes,
            epoch_unix_micros: EPOCH_UNIX_MICROS,
            others: &[],
        };
        let process = Process::start(spec, &mut surroundings, SimTime::ZERO, Rng::new(7))?;
        Ok(Self {
            process,
            files,
            volumes,
            log: String::new(),
            now: SimTime::ZERO,
            exit: None,
            requests: Vec::new(),
        })
    }

    /// Lets it go on until `until`; the number of calls that it took.
    fn run_until(&mut self, until: SimTime) -> u32 {
        let mut calls = 0;
        while let Some(at) = self.process.next_wake().filter(|at| *at <= until) {
            assert!(at >= self.now, "it wants to wake in the past");
            self.now = at;
            let mut surroundings = Surroundings {
                files: &mut self.files,
                volumes: &mut self.volumes,
                epoch_unix_micros: EPOCH_UNIX_MICROS,
                others: &[],
            };
            let effects = self.process.advance(at, &mut surroundings);
            if let Some(next) = self.process.next_wake() {
                assert!(next > at, "it wants to wake again at once");
            }
            self.note(effects);
            calls += 1;
        }
        self.now = until;
        calls
    }

    fn note(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Output { text, at, .. } => {
                    assert!(at <= self.now, "output of the future");
                    self.log.push_str(&text);
                }
                Effect::Exited { at, exit } => {
                    assert_eq!(self.exit, None, "it ends once");
                    self.exit = Some((at, exit));
                }
                Effect::Request(request) => self.requests.push(request),
                Effect::Memory { .. } | Effect::SignalPidOne(_) => {}
            }
        }
    }

    fn http(&mut self, port: u16, path: &str) -> HttpAnswer {
        let request = HttpRequest::get(path, "pod", "test");
        let surroundings = Surroundings {
            files: &mut self.files,
            volumes: &mut self.volumes,
            epoch_unix_micros: EPOCH_UNIX_MICROS,
            others: &[],
        };
        self.process.http(port, &request, &surroundings, self.now)
    }
}

fn image(name: &str) -> ImageName {
    ImageName::parse(name).expect("tests use valid names")
}

fn spec(name: &str, command: &[&str]) -> ProgramSpec {
    ProgramSpec {
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        hostname: "web-0".to_owned(),
        ..ProgramSpec::new(image(name))
    }
}

fn seconds(text: &str) -> SimTime {
    SimTime::ZERO + parse_duration(text).expect("tests use valid times")
}
