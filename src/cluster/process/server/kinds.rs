//! The servers that are known by name: where they listen, what they say, how they stop.

use std::time::Duration;

use crate::cluster::process::{ProgramSpec, Signal};

/// What kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum ServerKind {
    /// Nobody knows it: it listens on the declared ports, answers 200 and ends well.
    Application,
    /// A server on the Java virtual machine: ends with 143 on SIGTERM.
    Jvm,
    /// A Go program without signal handler: as pid 1 it ends with 2 on SIGTERM.
    Go,
    /// An interpreter without signal handler (Python, Node.js): as pid 1 it survives SIGTERM.
    Interpreter,
    Nginx,
    Apache,
    Redis,
    Postgres,
    Mysql,
    Mariadb,
    /// A server that speaks its own protocol on this port and ends with 0.
    Database(u16),
    /// A server over HTTP on this port that ends with 0.
    Web(u16),
    /// `agnhost pause`, and the pause image.
    Pause,
    /// `agnhost netexec`.
    Netexec,
    /// `agnhost liveness`: healthy for ten seconds.
    AgnhostLiveness,
    /// `agnhost grpc-health-checking`.
    GrpcHealth,
    /// The recordings' test server: 200 unless a script says otherwise.
    ProbeServer,
    /// BusyBox' httpd.
    BusyboxHttpd,
    /// `nc -l`: takes connections and says nothing.
    Netcat,
}

/// What a signal does to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster::process) enum Stopping {
    /// It ends with this code after this long.
    Exit(i32, Duration),
    /// It does nothing.
    Ignores,
    /// It has no handler.
    Default,
}

impl ServerKind {
    /// Where it listens unless told otherwise.
    pub fn usual_ports(self, spec: &ProgramSpec) -> Vec<u16> {
        match self {
            Self::Application => spec.ports.clone(),
            _ if self.goes_by_declaration() && !spec.ports.is_empty() => spec.ports.clone(),
            Self::Jvm | Self::Go | Self::Netexec | Self::AgnhostLiveness | Self::ProbeServer => {
                vec![8080]
            }
            Self::Nginx | Self::Apache | Self::BusyboxHttpd => vec![80],
            Self::Redis => vec![6379],
            Self::Postgres => vec![5432],
            Self::Mysql | Self::Mariadb => vec![3306],
            Self::Database(port) | Self::Web(port) => vec![port],
            Self::GrpcHealth => vec![5000, 8080],
            Self::Pause | Self::Interpreter | Self::Netcat => Vec::new(),
        }
    }

    /// Whether the declared ports come before the usual one.
    fn goes_by_declaration(self) -> bool {
        matches!(
            self,
            Self::Jvm | Self::Go | Self::Interpreter | Self::ProbeServer
        )
    }

    /// Time from the start of the process until it listens.
    pub fn start_delay(self) -> Duration {
        Duration::from_millis(match self {
            // A small Spring Boot or Tomcat takes a few seconds.
            Self::Jvm => 3_000,
            Self::Postgres => 1_500,
            Self::Mysql | Self::Mariadb => 8_000,
            Self::Database(_) => 1_000,
            Self::Interpreter => 300,
            Self::Nginx | Self::Apache => 50,
            _ => 10,
        })
    }

    /// What a signal does to it. `pid` matters to runtimes that raise the signal anew.
    pub fn stopping(self, signal: Signal, pid: u32) -> Stopping {
        let exit = |code, millis| Stopping::Exit(code, Duration::from_millis(millis));
        match (self, signal) {
            (Self::Interpreter, Signal::INT) => exit(130, 10),
            // The Go runtime raises the signal again with the default action; a pid 1 survives
            // that, and the runtime then exits with 2.
            (Self::Go, Signal::TERM | Signal::INT | Signal::HUP) if pid == 1 => exit(2, 1),
            (Self::Netcat | Self::Interpreter | Self::Go, _) => Stopping::Default,
            (Self::Nginx, Signal::TERM | Signal::INT | Signal::QUIT)
            | (Self::Apache, Signal::WINCH) => exit(0, 20),
            (Self::Nginx | Self::Mysql | Self::Mariadb, Signal::HUP) => Stopping::Ignores,
            // The JVM runs its shutdown hooks and exits with 128 + signal.
            (Self::Jvm, Signal::TERM | Signal::INT | Signal::HUP) => exit(signal.exit_code(), 100),
            (Self::Postgres, Signal::TERM | Signal::INT | Signal::QUIT) => exit(0, 100),
            (Self::Mysql | Self::Mariadb, Signal::TERM) => exit(0, 1_000),
            (Self::Redis, Signal::TERM | Signal::INT) => exit(0, 50),
            (_, Signal::TERM | Signal::INT) => exit(0, 5),
            _ => Stopping::Default,
        }
    }

    /// Where it serves files from.
    pub fn root(self) -> Option<&'static str> {
        match self {
            Self::Nginx => Some("/usr/share/nginx/html"),
            Self::Apache => Some("/usr/local/apache2/htdocs"),
            _ => None,
        }
    }

    /// Whether a client speaking HTTP to that port gets an answer.
    pub fn speaks_http(self, port: u16) -> bool {
        match self {
            Self::Redis
            | Self::Postgres
            | Self::Mysql
            | Self::Mariadb
            | Self::Database(_)
            | Self::Pause
            | Self::Netcat => false,
            Self::GrpcHealth => port == 8080,
            _ => true,
        }
    }

    /// Whether it implements gRPC's health protocol.
    pub fn speaks_grpc(self) -> bool {
        matches!(self, Self::GrpcHealth | Self::Application | Self::Go)
    }

    /// Memory in use while idle.
    pub fn memory_bytes(self, spec: &ProgramSpec) -> u64 {
        // A test may set it; so may a lesson on limits.
        if let Some(bytes) = spec
            .variable("MEMORY_BYTES")
            .and_then(|text| text.parse().ok())
        {
            return bytes;
        }
        let mebibytes = match self {
            Self::Jvm => 180,
            Self::Mysql | Self::Mariadb => 350,
            Self::Database(_) => 80,
            Self::Postgres => 30,
            Self::Interpreter => 20,
            Self::Application => 12,
            Self::Pause => 1,
            _ => 6,
        };
        mebibytes << 20
    }

    /// Why it will not start at all: its message and exit code.
    pub fn refusal(self, spec: &ProgramSpec) -> Option<(&'static str, i32)> {
        let has_any = |names: &[&str]| {
            names
                .iter()
                .any(|name| spec.variable(name).is_some_and(|value| !value.is_empty()))
        };
        match self {
            Self::Postgres => {
                let trusts = spec.variable("POSTGRES_HOST_AUTH_METHOD") == Some("trust");
                let is_set = has_any(&["POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"]);
                (!trusts && !is_set).then_some((POSTGRES_REFUSAL, 1))
            }
            Self::Mysql => {
                let is_set = has_any(&[
                    "MYSQL_ROOT_PASSWORD",
                    "MYSQL_ROOT_PASSWORD_FILE",
                    "MYSQL_ALLOW_EMPTY_PASSWORD",
                    "MYSQL_RANDOM_ROOT_PASSWORD",
                ]);
                (!is_set).then_some((MYSQL_REFUSAL, 1))
            }
            Self::Mariadb => {
                let is_set = has_any(&[
                    "MARIADB_ROOT_PASSWORD",
                    "MARIADB_ROOT_PASSWORD_HASH",
                    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
                    "MARIADB_RANDOM_ROOT_PASSWORD",
                    "MYSQL_ROOT_PASSWORD",
                    "MYSQL_ALLOW_EMPTY_PASSWORD",
                    "MYSQL_RANDOM_ROOT_PASSWORD",
                ]);
                (!is_set).then_some((MARIADB_REFUSAL, 1))
            }
            _ => None,
        }
    }

    /// What it logs at its start.
    pub fn greeting(self, spec: &ProgramSpec) -> Vec<String> {
        let lines: &[&str] = match self {
            Self::Nginx => &[
                "/docker-entrypoint.sh: Configuration complete; ready for start up\n",
                "start worker processes\n",
            ],
            Self::Apache => &["AH00094: Command line: 'httpd -D FOREGROUND'\n"],
            Self::Redis => &["* Ready to accept connections tcp\n"],
            Self::Postgres => &["LOG:  database system is ready to accept connections\n"],
            Self::Mysql => &["mysqld: ready for connections. port: 3306\n"],
            Self::Mariadb => &["mariadbd: ready for connections. port: 3306\n"],
            Self::AgnhostLiveness | Self::Netexec => &["Started HTTP server on port 8080\n"],
            Self::Go if spec.image.base_name() == "hello-app" => {
                &["Server listening on port 8080\n"]
            }
            _ => &[],
        };
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    /// What it logs when it ends.
    pub fn farewell(self) -> Option<&'static str> {
        match self {
            Self::Pause => Some("Shutting down, got signal: Terminated\n"),
            Self::Redis => Some("# Redis is now ready to exit, bye bye...\n"),
            Self::Postgres => Some("LOG:  database system is shut down\n"),
            _ => None,
        }
    }
}

const POSTGRES_REFUSAL: &str = "\
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".

       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about \"trust\":
       https://www.postgresql.org/docs/current/auth-trust.html
";

const MYSQL_REFUSAL: &str = "\
[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified
    You need to specify one of the following as an environment variable:
    - MYSQL_ROOT_PASSWORD
    - MYSQL_ALLOW_EMPTY_PASSWORD
    - MYSQL_RANDOM_ROOT_PASSWORD
";

const MARIADB_REFUSAL: &str = "\
[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified
\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, \
MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD
";
