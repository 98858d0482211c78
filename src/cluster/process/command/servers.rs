//! Command lines that start servers.

use crate::cluster::process::image::ImageName;
use crate::cluster::process::server::{ServerKind, ServerOptions};

/// The server that a command line starts, if it starts one.
pub(in crate::cluster::process) fn server_for(
    argv: &[String],
    image: &ImageName,
) -> Option<(ServerKind, ServerOptions)> {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let base = words.first()?.rsplit('/').next()?;
    let options = || options_of(argv);
    let kind = match base {
        // Flags that only print or talk to the running server.
        "nginx"
            if words
                .iter()
                .any(|w| matches!(*w, "-s" | "-t" | "-T" | "-v" | "-V")) =>
        {
            return None;
        }
        "nginx" | "nginx-debug" | "docker-entrypoint.sh" if image.base_name() == "nginx" => {
            ServerKind::Nginx
        }
        "nginx" => ServerKind::Nginx,
        "httpd" if image.base_name() == "busybox" => ServerKind::BusyboxHttpd,
        "httpd" | "httpd-foreground" | "apache2ctl" | "apache2-foreground" => ServerKind::Apache,
        "redis-server" | "valkey-server" => ServerKind::Redis,
        "postgres" => ServerKind::Postgres,
        "mysqld" => ServerKind::Mysql,
        "mariadbd" => ServerKind::Mariadb,
        "mongod" => ServerKind::Database(27017),
        "memcached" => ServerKind::Database(11211),
        "pause" => ServerKind::Pause,
        "hello-app" => ServerKind::Go,
        "java" | "catalina.sh" => ServerKind::Jvm,
        "http-echo" => ServerKind::Web(5678),
        "agnhost" => return agnhost(&words, options()),
        // The old liveness image: `/server`.
        "server" if image.base_name() == "liveness" => ServerKind::AgnhostLiveness,
        "python" | "python3" | "node" | "ruby" if words.len() > 1 => return interpreter(&words),
        "nc" | "ncat" | "netcat" if words.iter().any(|w| is_flag_with(w, 'l')) => {
            ServerKind::Netcat
        }
        _ => return None,
    };
    Some((kind, options()))
}

/// Port and directory from the usual flags: `-p 8080`, `--port=8080`, `--http-port 8080`,
/// `-listen=:5678`, `--server.port=8080`, `-h DIR`, `-d DIR`.
pub(super) fn options_of(argv: &[String]) -> ServerOptions {
    let mut options = ServerOptions::default();
    let mut words = argv.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word.as_str(), words.peek().map(|next| next.as_str())),
        };
        let flag = flag.trim_start_matches('-');
        let is_flag = word.starts_with('-');
        if is_flag
            && matches!(
                flag,
                "p" | "port"
                    | "http-port"
                    | "listen"
                    | "server.port"
                    | "Dserver.port"
                    | "lp"
                    | "lkp"
                    | "b"
                    | "bind"
            )
            && let Some(port) = value.and_then(port_of)
        {
            options.ports = Some(vec![port]);
        }
        if is_flag && matches!(flag, "h" | "d" | "directory") {
            options.root = value.filter(|v| v.starts_with('/')).map(str::to_owned);
        }
    }
    options
}

/// The port in `8080`, `:8080` or `0.0.0.0:8080`.
fn port_of(text: &str) -> Option<u16> {
    text.rsplit(':').next()?.parse().ok()
}

fn is_flag_with(word: &str, letter: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}

fn agnhost(words: &[&str], mut options: ServerOptions) -> Option<(ServerKind, ServerOptions)> {
    let kind = match words.get(1).copied().unwrap_or("pause") {
        "pause" => ServerKind::Pause,
        "liveness" => ServerKind::AgnhostLiveness,
        "netexec" => ServerKind::Netexec,
        "grpc-health-checking" => ServerKind::GrpcHealth,
        "serve-hostname" => ServerKind::Web(9376),
        "porter" | "test-webserver" => ServerKind::Web(80),
        // Other subcommands run to their end.
        _ => return None,
    };
    if kind == ServerKind::Pause {
        options.ports = Some(Vec::new());
    }
    Some((kind, options))
}

/// `python3 -m http.server 8000 --directory DIR` and anything else that an interpreter runs.
fn interpreter(words: &[&str]) -> Option<(ServerKind, ServerOptions)> {
    let mut options = ServerOptions::default();
    // One-liners and versions run to their end.
    if words
        .iter()
        .any(|word| matches!(*word, "-c" | "-e" | "--version" | "-V" | "-v"))
    {
        return None;
    }
    if let Some(at) = words.iter().position(|word| *word == "http.server") {
        let port = words
            .get(at + 1)
            .and_then(|word| word.parse().ok())
            .unwrap_or(8000);
        options.ports = Some(vec![port]);
        let flag = words
            .iter()
            .position(|word| matches!(*word, "-d" | "--directory"));
        let directory = flag.and_then(|at| words.get(at + 1));
        options.root = directory.map(|directory| (*directory).to_owned());
    }
    Some((ServerKind::Interpreter, options))
}
