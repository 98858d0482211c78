//! What a program says to the network and hears from it, as plain data: the owner of the process
//! resolves names, routes and answers.

use std::rc::Rc;
use std::time::Duration;

use super::Effect;

/// Names one request of one process; unique within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Something a program asks of the network. The owner answers with [`Process::reply`]; it may
/// also never answer: the program then waits until its own time limit, or for ever.
///
/// [`Process::reply`]: super::Process::reply
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NetworkRequest {
    /// To be given back with the reply.
    pub id: RequestId,
    /// What is asked.
    pub kind: RequestKind,
}

/// The kinds of request. Hosts are names or addresses as the program wrote them; the owner looks
/// at the pod's `/etc/hosts` first, then at the cluster's DNS with the pod's search domains.
/// `localhost` and `127.0.0.1` are the containers of the same pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// Resolve a name. Answers: `Resolved`, `NoSuchHost`, `TimedOut`.
    Resolve {
        /// The name.
        name: String,
    },
    /// Open a TCP connection and close it. Answers: `Connected`, `Refused`, `Unreachable`,
    /// `NoSuchHost`, `TimedOut`.
    Connect {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Ask over HTTP. Answers: `Http`, `Refused`, `Unreachable`, `NoSuchHost`, `TimedOut`.
    Http {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Whether TLS is spoken.
        tls: bool,
        /// The request itself.
        request: HttpRequest,
    },
    /// One ICMP echo. Answers: `Pong`, `Unreachable`, `NoSuchHost`, `TimedOut`.
    Ping {
        /// Name or address.
        host: String,
    },
}

/// An answer of the network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NetworkReply {
    /// The name is known.
    Resolved {
        /// The fully qualified name that matched, such as `web.default.svc.cluster.local`.
        name: String,
        /// Its addresses, at least one.
        addresses: Vec<String>,
    },
    /// The name is not known (NXDOMAIN).
    NoSuchHost,
    /// The connection was accepted.
    Connected,
    /// Nothing listens there (RST).
    Refused,
    /// No way there (ICMP unreachable).
    Unreachable,
    /// Nobody answered in time.
    TimedOut,
    /// The HTTP answer.
    Http(HttpResponse),
    /// The echo came back.
    Pong {
        /// The address that answered.
        address: String,
        /// After this long.
        round_trip: Duration,
    },
}

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HttpRequest {
    /// `GET`, `POST` …
    pub method: String,
    /// Path with query, beginning with `/`.
    pub path: String,
    /// Header fields in order; names as written. The host is among them. Access logs take the
    /// client's address from `X-Podarium-Client`; without it, it is the node's (a probe).
    pub headers: Vec<(String, String)>,
    /// The body, mostly empty.
    pub body: String,
}

impl HttpRequest {
    /// A GET of `path` with the header fields `Host` and `User-Agent`.
    #[must_use]
    pub fn get(path: &str, host: &str, user_agent: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: vec![
                ("Host".to_owned(), host.to_owned()),
                ("User-Agent".to_owned(), user_agent.to_owned()),
            ],
            body: String::new(),
        }
    }

    /// The value of a header field; names compare without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    #[must_use]
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or("/")
    }
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpResponse {
    /// Status code, 100 to 599.
    pub status: u16,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Rc<str>,
}

impl HttpResponse {
    /// A response with a plain body.
    #[must_use]
    pub fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Rc::from(body),
        }
    }
}

/// How a process takes an HTTP request on one of its ports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpAnswer {
    /// What the client sees.
    pub outcome: HttpOutcome,
    /// What else it led to at once: a line of the access log, or the end of the process.
    pub effects: Vec<Effect>,
}

/// What the client of a server sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HttpOutcome {
    /// A response after this long.
    Response {
        /// The response.
        response: HttpResponse,
        /// Time the server takes for it.
        after: Duration,
    },
    /// Nothing listens on the port: `connect: connection refused`.
    Refused,
    /// The connection is accepted, and nothing ever comes back.
    Hangs,
}

/// The serving status of gRPC's health protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrpcHealth {
    /// `SERVING`.
    Serving,
    /// `NOT_SERVING`.
    NotServing,
    /// The server does not know the service.
    UnknownService,
    /// The port is open, but nobody speaks the protocol there.
    NotImplemented,
    /// Nothing listens on the port.
    Refused,
    /// Nothing comes back.
    Hangs,
}

/// The usual name of a status code, empty for unusual ones.
#[must_use]
pub fn status_text(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
