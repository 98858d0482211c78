//! Tools that ask the network: `nslookup`, `wget`, `curl`, `nc`, `ping` and the readiness tools
//! of databases.

use std::time::Duration;

use super::{Call, Flags, exit};
use crate::cluster::process::machine::{Context, Step, Waits};
use crate::cluster::process::network::{HttpRequest, NetworkReply, RequestKind};
use crate::kernel::SimTime;

mod replies;
mod web;

/// A tool that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    kind: Kind,
    request: RequestKind,
    /// The time limit of one request.
    timeout: Option<Duration>,
    deadline: Option<SimTime>,
    is_asked: bool,
    started_at: SimTime,
}

/// Who asks, and what it does with the answer.
#[derive(Clone, Debug)]
enum Kind {
    Nslookup,
    Getent,
    Dig {
        short: bool,
    },
    Wget(web::Options),
    Curl(web::Options),
    Netcat {
        verbose: bool,
    },
    Ping {
        left: u32,
        sent: u32,
        received: u32,
        address: String,
    },
    /// What is said if the port takes connections, what if not, and the code then.
    Port {
        up: &'static str,
        down: &'static str,
        code: i32,
    },
}

/// How long the kernel tries to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(127);

pub(super) fn is_known(base: &str) -> bool {
    matches!(
        base,
        "nslookup"
            | "getent"
            | "host"
            | "dig"
            | "wget"
            | "curl"
            | "nc"
            | "ncat"
            | "netcat"
            | "telnet"
            | "ping"
            | "redis-cli"
            | "pg_isready"
            | "mysqladmin"
            | "psql"
            | "mysql"
            | "grpc_health_probe"
    )
}

impl Ask {
    /// Reads the command line; `Err` is the exit code of one that makes no sense.
    pub fn begin(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<Self, i32> {
        let (kind, request, timeout) = match call.name {
            "nslookup" | "host" | "dig" | "getent" => resolver(call, context)?,
            "wget" => web::wget(call, context)?,
            "curl" => web::curl(call, context)?,
            "ping" => ping(call, context)?,
            "nc" | "ncat" | "netcat" | "telnet" => netcat(call, context)?,
            _ => port_check(call),
        };
        Ok(Self {
            kind,
            request,
            timeout,
            deadline: None,
            is_asked: false,
            started_at: context.now,
        })
    }

    pub fn step(&mut self, context: &mut Context<'_, '_>) -> Step {
        if !self.is_asked {
            self.is_asked = true;
            self.deadline = Some(context.now + self.timeout.unwrap_or(CONNECT_TIMEOUT));
            context.request(self.request.clone());
            return Step::Wait(Waits::Reply, self.deadline);
        }
        let reply = match context.take_reply() {
            Some(reply) => reply,
            None if self
                .deadline
                .is_some_and(|deadline| deadline <= context.now) =>
            {
                NetworkReply::TimedOut
            }
            None => return Step::Wait(Waits::Reply, self.deadline),
        };
        if let Kind::Ping { left, .. } = &mut self.kind
            && *left > 1
            && reply != NetworkReply::NoSuchHost
        {
            *left -= 1;
            replies::ping(self, &reply, context);
            self.is_asked = false;
            return Step::Sleep(context.now + Duration::from_secs(1));
        }
        exit(replies::finish(self, &reply, context))
    }
}

type Begun = Result<(Kind, RequestKind, Option<Duration>), i32>;

fn resolver(call: &Call<'_>, context: &mut Context<'_, '_>) -> Begun {
    let mut operands: Vec<String> = call
        .arguments
        .iter()
        .filter(|word| !word.starts_with(['-', '+', '@']))
        .cloned()
        .collect();
    if call.name == "getent" && !operands.is_empty() {
        operands.remove(0);
    }
    let Some(name) = operands.first().cloned() else {
        return Err(call.fail(context, "missing name"));
    };
    let kind = match call.name {
        "getent" => Kind::Getent,
        "dig" => Kind::Dig {
            short: call.arguments.iter().any(|word| word == "+short"),
        },
        _ => Kind::Nslookup,
    };
    // The resolver tries twice for five seconds (resolv.conf(5)).
    Ok((
        kind,
        RequestKind::Resolve { name },
        Some(Duration::from_secs(10)),
    ))
}

fn netcat(call: &Call<'_>, context: &mut Context<'_, '_>) -> Begun {
    let flags = call.split("wiesp");
    let (host, port) = match flags.operands.as_slice() {
        [host, port, ..] => (host.clone(), port.parse().ok()),
        _ => (String::new(), None),
    };
    let Some(port) = port else {
        return Err(call.fail(context, "usage: nc [-zv] [-w SEC] HOST PORT"));
    };
    let timeout = flags.value('w').and_then(super::parse_duration);
    let kind = Kind::Netcat {
        verbose: flags.has('v'),
    };
    Ok((kind, RequestKind::Connect { host, port }, timeout))
}

fn ping(call: &Call<'_>, context: &mut Context<'_, '_>) -> Begun {
    let flags = call.split("cWwisIt");
    let Some(host) = flags.operands.first().cloned() else {
        return Err(call.fail(context, "missing host"));
    };
    let count = flags
        .value('c')
        .and_then(|text| text.parse().ok())
        .unwrap_or(u32::MAX);
    let timeout = flags.value('W').and_then(super::parse_duration);
    let kind = Kind::Ping {
        left: count.max(1),
        sent: 0,
        received: 0,
        address: String::new(),
    };
    Ok((
        kind,
        RequestKind::Ping { host },
        timeout.or(Some(Duration::from_secs(10))),
    ))
}

/// `redis-cli ping`, `pg_isready`, `mysqladmin ping`, `grpc_health_probe`.
fn port_check(call: &Call<'_>) -> (Kind, RequestKind, Option<Duration>) {
    let flags: Flags = call.split("hpUdnuaP");
    let address = call
        .arguments
        .iter()
        .find_map(|word| word.split_once("addr=").map(|(_, v)| v));
    let (usual, up, down, code) = match call.name {
        "redis-cli" => (
            6379,
            "PONG\n",
            "Could not connect to Redis: Connection refused\n",
            1,
        ),
        "pg_isready" => (
            5432,
            ":5432 - accepting connections\n",
            ":5432 - no response\n",
            2,
        ),
        "grpc_health_probe" => (
            8080,
            "status: SERVING\n",
            "error: failed to connect service\n",
            2,
        ),
        "psql" => (5432, "", "psql: error: connection refused\n", 2),
        _ => (
            3306,
            "mysqld is alive\n",
            "mysqladmin: connect to server failed\n",
            1,
        ),
    };
    let given_port = match call.name {
        "mysqladmin" | "mysql" => flags.value('P'),
        _ => flags.value('p'),
    };
    let port = address
        .and_then(|address| address.rsplit(':').next())
        .or(given_port);
    let host = address
        .and_then(|address| address.rsplit_once(':'))
        .map(|(host, _)| host);
    let host = host
        .filter(|host| !host.is_empty())
        .or_else(|| flags.value('h'));
    let request = RequestKind::Connect {
        host: host.unwrap_or("127.0.0.1").to_owned(),
        port: port.and_then(|port| port.parse().ok()).unwrap_or(usual),
    };
    (
        Kind::Port { up, down, code },
        request,
        Some(Duration::from_secs(3)),
    )
}

/// `http://host:port/path` taken apart: whether over TLS, host, port, path.
fn url_of(text: &str) -> Option<(bool, String, u16, String)> {
    let (tls, rest) = match text.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, text),
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    let usual = if tls { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, usual),
    };
    (!host.is_empty()).then(|| (tls, host.to_owned(), port, path))
}

fn http_request(url: &str, agent: &str) -> Option<RequestKind> {
    let (tls, host, port, path) = url_of(url)?;
    let name = if port == 80 || port == 443 {
        host.clone()
    } else {
        format!("{host}:{port}")
    };
    Some(RequestKind::Http {
        request: HttpRequest::get(&path, &name, agent),
        host,
        port,
        tls,
    })
}
