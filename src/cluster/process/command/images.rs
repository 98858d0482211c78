//! What images run by themselves, and which executables they hold.

use super::is_common_tool;
use crate::cluster::process::image::ImageName;
use crate::cluster::process::server::ServerKind;

/// What an image runs where the pod says nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Default {
    /// The image's entrypoint, which `args` follow.
    pub entrypoint: &'static [&'static str],
    /// The image's command, which `args` replace.
    pub command: &'static [&'static str],
    /// The server that this is, where the image's name says it.
    pub server: Option<ServerKind>,
    /// Whether `args` are arguments of that server, and no command line of their own.
    pub takes_args: bool,
}

/// What an image runs by itself.
pub(super) fn default_of(image: &ImageName) -> Default {
    let base = image.base_name();
    let command_line = COMMAND_LINES
        .iter()
        .find(|(names, ..)| names.contains(&base));
    if let Some((_, entrypoint, command)) = command_line {
        return Default {
            entrypoint,
            command,
            server: None,
            takes_args: false,
        };
    }
    let known = SERVERS.iter().find(|(names, _)| names.contains(&base));
    if let Some((names, kind)) = known {
        return Default {
            entrypoint: &[],
            command: names,
            server: Some(*kind),
            takes_args: ONLY_ARGUMENTS.contains(&base),
        };
    }
    let words: Vec<&str> = base.split(['-', '_', '.']).collect();
    let is_jvm = words
        .iter()
        .any(|word| JVM_WORDS.iter().any(|jvm| word.starts_with(jvm)));
    Default {
        entrypoint: &[],
        command: &["/app"],
        server: Some(if is_jvm {
            ServerKind::Jvm
        } else {
            ServerKind::Application
        }),
        takes_args: true,
    }
}

/// Whether an image holds an executable. Of images that are known to be small the answer is
/// exact; any other is taken to hold what its user calls, unless the name says it is missing.
pub(super) fn has_executable(image: &ImageName, name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if [
        "nosuch",
        "no-such",
        "notfound",
        "not-found",
        "nonexist",
        "missing",
        "doesnotexist",
    ]
    .iter()
    .any(|word| lower.contains(word))
    {
        return false;
    }
    let own = image.base_name();
    let is_own = base == own || default_of(image).entrypoint.contains(&name);
    if WITHOUT_SHELL.contains(&own) || image.repository.contains("distroless") {
        return is_own || (!is_common_tool(base) && own != "pause" && own != "hello-world");
    }
    let Some((_, extra)) = BASE_IMAGES.iter().find(|(names, _)| names.contains(&own)) else {
        return true;
    };
    let is_bash_missing = matches!(own, "busybox" | "alpine") && matches!(base, "bash" | "zsh");
    let is_curl_missing = matches!(own, "busybox" | "alpine" | "ubuntu" | "debian")
        && matches!(
            base,
            "curl" | "python3" | "python" | "perl" | "stress" | "stress-ng"
        );
    if is_bash_missing || is_curl_missing {
        return own != "busybox" && own != "alpine" && base == "perl";
    }
    is_own || is_common_tool(base) || extra.contains(&base)
}

/// Images that run a command line of their own: names, entrypoint, command.
type CommandLine = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const COMMAND_LINES: [CommandLine; 10] = [
    (&["busybox", "alpine"], &[], &["sh"]),
    (
        &[
            "ubuntu",
            "debian",
            "centos",
            "fedora",
            "rockylinux",
            "almalinux",
            "amazonlinux",
            "bash",
            "ubi8",
            "ubi9",
            "ubi-minimal",
            "netshoot",
            "jumpy",
            "alpine-curl",
            "toolbox",
        ],
        &[],
        &["bash"],
    ),
    (&["curl"], &["curl"], &["--help"]),
    (&["stress", "stress-ng"], &[], &["true"]),
    (&["hello-world"], &[], &["/hello"]),
    (&["agnhost"], &["/agnhost"], &["pause"]),
    (&["python", "pypy"], &[], &["python3"]),
    (&["node"], &[], &["node"]),
    (&["perl"], &[], &["perl", "-de0"]),
    (
        &[
            "golang",
            "rust",
            "gcc",
            "openjdk",
            "eclipse-temurin",
            "php",
            "ruby",
            "maven",
        ],
        &[],
        &["bash"],
    ),
];

const SERVERS: [(&[&str], ServerKind); 24] = [
    (&["nginx", "nginx-unprivileged"], ServerKind::Nginx),
    (&["httpd"], ServerKind::Apache),
    (&["redis", "valkey"], ServerKind::Redis),
    (&["postgres", "postgis"], ServerKind::Postgres),
    (&["mysql"], ServerKind::Mysql),
    (&["mariadb"], ServerKind::Mariadb),
    (&["mongo"], ServerKind::Database(27017)),
    (&["memcached"], ServerKind::Database(11211)),
    (&["rabbitmq"], ServerKind::Database(5672)),
    (&["pause"], ServerKind::Pause),
    (&["hello-app", "hello-app-tls"], ServerKind::Go),
    (&["liveness"], ServerKind::AgnhostLiveness),
    (&["probe-server"], ServerKind::ProbeServer),
    (&["echoserver", "echo-server"], ServerKind::Web(8080)),
    (
        &[
            "whoami",
            "hello",
            "httpbin",
            "hpa-example",
            "caddy",
            "wordpress",
            "gb-frontend",
            "traefik",
        ],
        ServerKind::Web(80),
    ),
    (&["http-echo"], ServerKind::Web(5678)),
    (&["podinfo"], ServerKind::Web(9898)),
    (&["serve_hostname", "serve-hostname"], ServerKind::Web(9376)),
    (&["prometheus"], ServerKind::Web(9090)),
    (&["grafana"], ServerKind::Web(3000)),
    (&["registry"], ServerKind::Web(5000)),
    (&["etcd"], ServerKind::Database(2379)),
    (
        &[
            "tomcat",
            "jenkins",
            "jetty",
            "keycloak",
            "wildfly",
            "petclinic",
        ],
        ServerKind::Jvm,
    ),
    (
        &["elasticsearch", "kafka", "zookeeper", "cassandra"],
        ServerKind::Jvm,
    ),
];

/// Images whose arguments go to their server.
const ONLY_ARGUMENTS: [&str; 10] = [
    "pause",
    "hello-app",
    "liveness",
    "probe-server",
    "http-echo",
    "prometheus",
    "traefik",
    "whoami",
    "registry",
    "etcd",
];

/// Words in the name of an image that runs on the Java virtual machine.
const JVM_WORDS: [&str; 5] = ["springboot", "spring", "java", "jvm", "quarkus"];

/// Images without a shell and tools.
const WITHOUT_SHELL: [&str; 8] = [
    "pause",
    "hello-app",
    "hello-world",
    "whoami",
    "http-echo",
    "static",
    "etcd",
    "coredns",
];

/// Images whose executables are known: the common tools, and these.
const BASE_IMAGES: [(&[&str], &[&str]); 6] = [
    (&["busybox"], &["httpd", "telnetd", "udhcpc"]),
    (&["alpine"], &["apk"]),
    (&["ubuntu", "debian"], &["apt-get", "apt", "dpkg", "perl"]),
    (
        &["nginx"],
        &[
            "nginx",
            "nginx-debug",
            "curl",
            "openssl",
            "apt-get",
            "/docker-entrypoint.sh",
        ],
    ),
    (&["httpd"], &["httpd", "httpd-foreground", "apachectl"]),
    (
        &["redis"],
        &[
            "redis-server",
            "redis-cli",
            "redis-sentinel",
            "docker-entrypoint.sh",
        ],
    ),
];
