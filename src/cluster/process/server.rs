//! Servers: programs that listen, answer, and end when they are told to.

use std::rc::Rc;
use std::time::Duration;

use super::machine::{Context, Reaction, Step, Waits};
use super::network::{GrpcHealth, HttpAnswer, HttpOutcome, HttpRequest, HttpResponse};
use super::{Exit, ProgramSpec, Signal, Stream, Surroundings};
use crate::kernel::SimTime;

mod answers;
mod kinds;
mod status_script;

pub(super) use kinds::{ServerKind, Stopping};
use status_script::{Status, StatusScript};

/// A server. Between events it costs nothing.
#[derive(Clone, Debug)]
pub(super) struct Server {
    kind: ServerKind,
    settings: Rc<Settings>,
    started_at: SimTime,
    has_greeted: bool,
    /// When it ends, and with which code, once that is decided.
    end: Option<(SimTime, i32)>,
}

/// What does not change over the life of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Settings {
    ports: Vec<u16>,
    start_delay: Duration,
    health: Option<StatusScript>,
    ready: Option<StatusScript>,
    term_exit: Option<i32>,
    term_delay: Option<Duration>,
    term_ignore: bool,
    /// Where files are served from, if they are.
    root: Option<String>,
}

/// How a server is asked to run by its command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerOptions {
    /// Ports given on the command line, in place of the usual ones.
    pub ports: Option<Vec<u16>>,
    /// Directory given on the command line.
    pub root: Option<String>,
}

impl Server {
    /// A server that starts now. The environment may tune it: `HTTP_PORT`, `HEALTH_SCRIPT`,
    /// `READY_SCRIPT`, `START_DELAY`, `TERM_EXIT`, `TERM_DELAY`, `TERM_IGNORE`.
    pub fn new(
        kind: ServerKind,
        options: ServerOptions,
        env: &[(String, String)],
        spec: &ProgramSpec,
        now: SimTime,
    ) -> Self {
        let variable = |name: &str| {
            let settings = spec.settings.iter();
            let mut found = settings.chain(env.iter().rev());
            let found = found.find(|(key, _)| key == name);
            found.map(|(_, value)| value.trim())
        };
        let seconds = |name: &str| variable(name).and_then(super::utilities::parse_duration);
        let from_env = variable("HTTP_PORT").and_then(|port| port.parse().ok());
        let ports = match (from_env, options.ports) {
            (Some(port), _) => vec![port],
            (None, Some(ports)) => ports,
            (None, None) => kind.usual_ports(spec),
        };
        let settings = Settings {
            ports,
            start_delay: seconds("START_DELAY").unwrap_or_else(|| kind.start_delay()),
            health: variable("HEALTH_SCRIPT").map(StatusScript::parse),
            ready: variable("READY_SCRIPT").map(StatusScript::parse),
            term_exit: variable("TERM_EXIT").and_then(|code| code.parse().ok()),
            term_delay: seconds("TERM_DELAY"),
            term_ignore: variable("TERM_IGNORE").is_some_and(|v| !matches!(v, "" | "0" | "false")),
            root: options.root.or_else(|| kind.root().map(str::to_owned)),
        };
        Self {
            kind,
            settings: Rc::new(settings),
            started_at: now,
            has_greeted: false,
            end: None,
        }
    }

    pub fn memory_bytes(&self, spec: &ProgramSpec) -> u64 {
        self.kind.memory_bytes(spec)
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        if !self.has_greeted {
            self.has_greeted = true;
            // From its first step on its time counts: a shell may have started it late.
            self.started_at = context.now;
            if let Some((message, code)) = self.kind.refusal(context.spec()) {
                let _ = context.write(2, message);
                return Step::Exit(Exit { code, signal: None });
            }
            for line in self.kind.greeting(context.spec()) {
                // A log that cannot be written does not stop a server.
                let _ = context.write(1, &line);
            }
        }
        match self.end {
            None => Step::Wait(Waits::Nothing, None),
            Some((at, code)) if at <= context.now => {
                if let Some(line) = self.kind.farewell() {
                    let _ = context.write(1, line);
                }
                Step::Exit(Exit { code, signal: None })
            }
            Some((at, _)) => Step::Sleep(at),
        }
    }

    pub fn signal(&mut self, signal: Signal, now: SimTime, spec: &ProgramSpec) -> Reaction {
        let settings = &self.settings;
        if settings.term_ignore && signal == Signal::TERM {
            return Reaction::Ignored;
        }
        let stopping = self.kind.stopping(signal, spec.pid);
        let is_tuned = settings.term_exit.is_some() || settings.term_delay.is_some();
        let (code, after) = match stopping {
            Stopping::Exit(code, after) => (code, after),
            _ if is_tuned && signal == Signal::TERM => (0, Duration::ZERO),
            Stopping::Ignores => return Reaction::Ignored,
            Stopping::Default => return Reaction::Default,
        };
        let code = settings.term_exit.unwrap_or(code);
        let after = settings.term_delay.unwrap_or(after);
        // A second request does not lengthen the first.
        self.end.get_or_insert((now + after, code));
        Reaction::Handled
    }

    /// Lets it end at once.
    pub fn end(&mut self, code: i32) {
        self.end = Some((SimTime::ZERO, code));
    }

    pub fn listens(&self, port: u16, now: SimTime) -> bool {
        self.settings.ports.contains(&port) && now >= self.started_at + self.settings.start_delay
    }

    /// The answer, and an exit code if the request ends the server.
    pub fn http(
        &self,
        port: u16,
        request: &HttpRequest,
        spec: &ProgramSpec,
        surroundings: &Surroundings<'_>,
        now: SimTime,
    ) -> (HttpAnswer, Option<i32>) {
        let outcome = |outcome| HttpAnswer {
            outcome,
            effects: Vec::new(),
        };
        let path = request.path_only();
        let response = match self.status(path, now) {
            Some(Status::Hang) => return (outcome(HttpOutcome::Hangs), None),
            Some(Status::Code(status)) => {
                HttpResponse::new(status, &answers::status_body(status, &spec.hostname))
            }
            None if !self.kind.speaks_http(port) => {
                return (outcome(HttpOutcome::Hangs), None);
            }
            None => {
                let root = self.settings.root.as_deref();
                let age = now.since(self.started_at);
                answers::respond(self.kind, root, request, spec, surroundings, age)
            }
        };
        let exit_code = answers::exit_request(self.kind, request);
        let mut answer = outcome(HttpOutcome::Response {
            response,
            after: Duration::from_millis(1),
        });
        let unix_micros = surroundings
            .epoch_unix_micros
            .saturating_add(now.as_micros() as i64);
        if let HttpOutcome::Response { response, .. } = &answer.outcome
            && let Some(text) = answers::access_line(self.kind, request, response, unix_micros)
        {
            answer.effects.push(super::Effect::Output {
                stream: Stream::Stdout,
                at: now,
                text,
            });
        }
        (answer, exit_code)
    }

    pub fn grpc_health(&self, service: &str, now: SimTime) -> GrpcHealth {
        match self.status("/", now) {
            Some(Status::Hang) => GrpcHealth::Hangs,
            Some(Status::Code(status)) if (200..400).contains(&status) => GrpcHealth::Serving,
            Some(Status::Code(_)) => GrpcHealth::NotServing,
            None if !self.kind.speaks_grpc() => GrpcHealth::NotImplemented,
            // The usual implementation knows the empty name, which is the server as a whole.
            None if service.is_empty() || self.kind == ServerKind::Application => {
                GrpcHealth::Serving
            }
            None => GrpcHealth::UnknownService,
        }
    }

    /// What the scripts say at this age of the process, if there are any.
    fn status(&self, path: &str, now: SimTime) -> Option<Status> {
        let settings = &self.settings;
        let script = match &settings.ready {
            Some(ready) if path.contains("ready") => Some(ready),
            _ => settings.health.as_ref(),
        };
        script.map(|script| script.at(now.since(self.started_at)))
    }
}
