//! Asking a container: by command, HTTP, TCP or gRPC, and the words of the answers.

use std::rc::Rc;
use std::time::Duration;

use crate::api::core::{GRPCAction, HTTPGetAction, Probe, TCPSocketAction};
use crate::cluster::Context;
use crate::cluster::fault::ProbeType;
use crate::cluster::process::{Effect, GrpcHealth, HttpOutcome, HttpRequest, Surroundings};
use crate::cluster::timing::PROBE_ROUND_TRIP;
use crate::kernel::SimTime;

use super::exec::{Purpose, port_number};
use super::host::Host;
use super::images::go_duration;
use super::plan::Slot;
use super::probe_worker::answer_timer;
use super::worker::Worker;

/// The answer to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It passed.
    Passed(Rc<str>),
    /// It passed, with a warning.
    Warning(String),
    /// It failed.
    Failed(String),
    /// It could not be asked.
    Errored(String),
}

/// An answer, and how long it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The answer.
    pub verdict: Verdict,
    /// After this long.
    pub takes: Duration,
}

impl Asked {
    fn soon(verdict: Verdict) -> Self {
        Self {
            verdict,
            takes: PROBE_ROUND_TRIP,
        }
    }
}

impl Worker {
    /// Asks a container. The answer comes by a timer, or when the command ends.
    pub fn ask(
        &mut self,
        slot: Slot,
        probe: ProbeType,
        spec: &Probe,
        number: u32,
        host: &mut Host,
        context: &mut Context,
    ) {
        let timeout = u64::try_from(spec.timeout_seconds.unwrap_or(1)).unwrap_or(1);
        let timeout = Duration::from_secs(timeout.max(1));
        let asked = if let Some(forced) = self.forced.get(&(slot, probe)).copied() {
            Asked::soon(if forced {
                Verdict::Passed("".into())
            } else {
                Verdict::Failed(self.usual_failure(slot, spec))
            })
        } else if let Some(exec) = &spec.exec {
            let command = exec.command.clone().unwrap_or_default();
            let purpose = Purpose::Probe(slot, probe);
            self.start_exec(purpose, number, &command, Some(timeout), host, context);
            return;
        } else if let Some(http) = &spec.http_get {
            self.ask_http(slot, http, timeout, "probe", context)
        } else if let Some(tcp) = &spec.tcp_socket {
            self.ask_tcp(slot, tcp, context)
        } else if let Some(grpc) = &spec.grpc {
            self.ask_grpc(grpc, timeout, context)
        } else {
            Asked::soon(Verdict::Errored("missing probe handler".to_owned()))
        };
        if let Some(worker) = self.probes.get_mut(&(slot, probe)) {
            worker.answer = Some(asked.verdict);
        }
        let at = context.now + asked.takes;
        self.arm(answer_timer(slot, probe), at, host, context);
    }

    /// What a failing probe of this kind says: for probes that fail by order of a fault.
    fn usual_failure(&self, slot: Slot, spec: &Probe) -> String {
        let container = self.plan.spec(&self.pod.spec, slot);
        if spec.http_get.is_some() {
            "HTTP probe failed with statuscode: 500".to_owned()
        } else if let Some(tcp) = &spec.tcp_socket {
            let port = port_number(&tcp.port, container).unwrap_or(0);
            let ip = self.own_ip();
            format!("dial tcp {ip}:{port}: connect: connection refused")
        } else if spec.grpc.is_some() {
            "service unhealthy (responded with \"NOT_SERVING\")".to_owned()
        } else {
            String::new()
        }
    }

    /// The pod's address, empty before it has one.
    pub fn own_ip(&self) -> String {
        self.own_address().to_string()
    }

    fn own_address(&self) -> Rc<str> {
        let sandbox = self.runtime.sandbox.as_ref();
        sandbox.map_or_else(|| "".into(), |sandbox| Rc::clone(&sandbox.ip))
    }

    /// The instance that listens on a port of the pod's address.
    pub fn listener(&self, port: u16, context: &Context) -> Option<u32> {
        let listening = self.runtime.instances.iter().filter(|one| {
            let process = one.process.as_ref();
            one.record.state.is_running()
                && process.is_some_and(|process| process.listens(port, context.now))
        });
        let listening = listening.map(|one| (one.record.slot, one.record.number));
        listening.min().map(|(_, number)| number)
    }

    /// A GET, as the kubelet sends it for probes and hooks.
    pub fn ask_http(
        &mut self,
        slot: Slot,
        http: &HTTPGetAction,
        timeout: Duration,
        agent: &str,
        context: &mut Context,
    ) -> Asked {
        let container = self.plan.spec(&self.pod.spec, slot);
        let port = match port_number(&http.port, container) {
            Ok(port) => port,
            Err(error) => return Asked::soon(Verdict::Errored(error)),
        };
        let ip = self.own_address();
        let host = http.host.as_deref().filter(|host| !host.is_empty());
        let address = host.map_or_else(|| Rc::clone(&ip), Rc::from);
        let scheme = http.scheme.as_deref().unwrap_or("HTTP");
        let path = http.path.as_deref().unwrap_or("/");
        let slash = if path.starts_with('/') { "" } else { "/" };
        let url = || {
            let scheme = scheme.to_ascii_lowercase();
            format!("{scheme}://{address}:{port}{slash}{path}")
        };
        let refused = || {
            let url = url();
            let text =
                format!("Get {url:?}: dial tcp {address}:{port}: connect: connection refused");
            Asked::soon(Verdict::Failed(text))
        };
        let is_own = address == ip || matches!(&*address, "127.0.0.1" | "localhost");
        let Some(number) = self.listener(port, context).filter(|_| is_own) else {
            return refused();
        };
        let mut request = HttpRequest::get(
            &format!("{slash}{path}"),
            &format!("{address}:{port}"),
            &format!("kube-{agent}/1.36"),
        );
        for header in http.http_headers.iter().flatten() {
            request
                .headers
                .push((header.name.clone(), header.value.clone()));
        }
        match self.http_to(number, port, &request, context) {
            HttpOutcome::Response { response, after } if after < timeout => Asked {
                verdict: http_verdict(response.status, response.body),
                takes: PROBE_ROUND_TRIP + after,
            },
            HttpOutcome::Refused => refused(),
            HttpOutcome::Response { .. } | HttpOutcome::Hangs => Asked {
                verdict: Verdict::Failed(format!(
                    "Get {:?}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                    url(),
                )),
                takes: timeout,
            },
        }
    }

    /// Gives a request to an instance; what else it leads to is only its log here.
    pub fn http_to(
        &mut self,
        number: u32,
        port: u16,
        request: &HttpRequest,
        context: &mut Context,
    ) -> HttpOutcome {
        let epoch = context.api.clock().unix_micros(SimTime::ZERO);
        let volumes = &mut self.volumes;
        let instances = &mut self.runtime.instances;
        let Some(instance) = instances.iter_mut().find(|one| one.record.number == number) else {
            return HttpOutcome::Refused;
        };
        let Some(process) = &mut instance.process else {
            return HttpOutcome::Refused;
        };
        let surroundings = Surroundings {
            files: &mut instance.files,
            volumes,
            epoch_unix_micros: epoch,
            others: &[],
        };
        let answer = process.http(port, request, &surroundings, context.now);
        for effect in answer.effects {
            if let Effect::Output { stream, at, text } = effect {
                let log = Rc::make_mut(&mut instance.log);
                log.write(at, stream == crate::cluster::process::Stream::Stderr, &text);
            }
        }
        answer.outcome
    }

    fn ask_tcp(&self, slot: Slot, tcp: &TCPSocketAction, context: &Context) -> Asked {
        let container = self.plan.spec(&self.pod.spec, slot);
        let port = match port_number(&tcp.port, container) {
            Ok(port) => port,
            Err(error) => return Asked::soon(Verdict::Errored(error)),
        };
        let ip = tcp
            .host
            .clone()
            .filter(|host| !host.is_empty())
            .unwrap_or(self.own_ip());
        Asked::soon(if self.listener(port, context).is_some() {
            Verdict::Passed("".into())
        } else {
            Verdict::Failed(format!("dial tcp {ip}:{port}: connect: connection refused"))
        })
    }

    fn ask_grpc(&self, grpc: &GRPCAction, timeout: Duration, context: &Context) -> Asked {
        let port = u16::try_from(grpc.port).unwrap_or(0);
        let service = grpc.service.as_deref().unwrap_or_default();
        let address = format!("{}:{port}", self.own_ip());
        let wait = go_duration(timeout);
        let unreached = Asked {
            verdict: Verdict::Failed(format!(
                "timeout: failed to connect service {address:?} within {wait}: context deadline exceeded"
            )),
            takes: timeout,
        };
        let Some(number) = self.listener(port, context) else {
            return unreached;
        };
        let process = self
            .runtime
            .instance(number)
            .and_then(|one| one.process.as_ref());
        let health = process.map(|process| process.grpc_health(port, service, context.now));
        match health {
            None | Some(GrpcHealth::Refused) => unreached,
            Some(GrpcHealth::Serving) => Asked::soon(Verdict::Passed("service healthy".into())),
            Some(GrpcHealth::NotServing) => Asked::soon(Verdict::Failed(
                "service unhealthy (responded with \"NOT_SERVING\")".to_owned(),
            )),
            Some(GrpcHealth::UnknownService) => Asked::soon(Verdict::Failed(
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
                    .to_owned(),
            )),
            Some(GrpcHealth::NotImplemented) => Asked::soon(Verdict::Failed(
                "error: this server does not implement the grpc health protocol \
                 (grpc.health.v1.Health): unknown service grpc.health.v1.Health"
                    .to_owned(),
            )),
            Some(GrpcHealth::Hangs) => Asked {
                verdict: Verdict::Failed(format!(
                    "timeout: health rpc did not complete within {wait}"
                )),
                takes: timeout,
            },
        }
    }
}

/// kubelet: 200 to 399 pass; a redirect elsewhere passes with a warning.
fn http_verdict(status: u16, body: Rc<str>) -> Verdict {
    match status {
        200..=299 => Verdict::Passed(body),
        300..=399 => Verdict::Warning(format!("Probe terminated redirects, Response body: {body}")),
        _ => Verdict::Failed(format!("HTTP probe failed with statuscode: {status}")),
    }
}
