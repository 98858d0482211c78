//! Tests of images and servers: what runs, where it listens, what it answers.

use super::{Container, EPOCH_UNIX_MICROS, seconds, spec};
use crate::cluster::process::{Effect, HttpOutcome, Surroundings};
use crate::kernel::SimTime;

/// The status at a port and path after so many seconds: `refused`, `hangs` or the code.
fn status(container: &mut Container, port: u16, path: &str, at: &str) -> String {
    container.run_until(seconds(at));
    match container.http(port, path).outcome {
        HttpOutcome::Response { response, .. } => response.status.to_string(),
        HttpOutcome::Refused => "refused".to_owned(),
        HttpOutcome::Hangs => "hangs".to_owned(),
    }
}

/// Asks a server of an image: port, path, second, expected status.
fn check(name: &str, command: &[&str], env: &[(&str, &str)], asks: &[(u16, &str, &str, &str)]) {
    let mut spec = spec(name, command);
    spec.ports = vec![8080];
    let variable = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    spec.env = env.iter().map(variable).collect();
    let mut container = Container::start(spec).expect("it starts");
    for (port, path, at, expected) in asks {
        let status = status(&mut container, *port, path, at);
        assert_eq!(status, *expected, "{name} {path} at {at}");
    }
}

#[test]
fn servers_listen_and_answer() {
    check(
        "nginx",
        &[],
        &[],
        &[
            (80, "/", "0", "refused"),
            (80, "/", "1", "200"),
            (80, "/nope", "1", "404"),
            (8080, "/", "1", "refused"),
        ],
    );
    check(
        "registry.example/probe-server:1",
        &[],
        &[
            ("HTTP_PORT", "8080"),
            ("HEALTH_SCRIPT", "200@0,500@20,hang@30,200@60"),
        ],
        &[
            (8080, "/", "1", "200"),
            (8080, "/", "25", "500"),
            (8080, "/", "31", "hangs"),
            (8080, "/x", "61", "200"),
        ],
    );
    check(
        "registry.example/probe-server:1",
        &[],
        &[("READY_SCRIPT", "503@0,200@5"), ("START_DELAY", "2")],
        &[
            (8080, "/ready", "1", "refused"),
            (8080, "/readyz", "3", "503"),
            (8080, "/healthz", "3", "200"),
            (8080, "/ready", "6", "200"),
        ],
    );
    check(
        "zjj2006forever/springboot-mybatis:1.2",
        &[],
        &[("HTTP_PORT", "8300")],
        &[
            (8300, "/", "1", "refused"),
            (8300, "/", "4", "200"),
            (18082, "/", "4", "refused"),
        ],
    );
}

#[test]
fn command_lines_start_servers() {
    check(
        "registry.k8s.io/e2e-test-images/agnhost:2.40",
        &["/agnhost", "liveness"],
        &[],
        &[
            (8080, "/healthz", "5", "200"),
            (8080, "/healthz", "11", "500"),
        ],
    );
    check(
        "example.com/app:1",
        &[],
        &[],
        &[(8080, "/any", "1", "200"), (9090, "/", "1", "refused")],
    );
    check(
        "python:3",
        &["python3", "-m", "http.server", "8000", "-d", "/etc"],
        &[],
        &[(8000, "/passwd", "1", "200"), (8000, "/nope", "1", "404")],
    );
    check(
        "nginx",
        &["sh", "-c", "sleep 10; nginx -g 'daemon off;'"],
        &[],
        &[(80, "/", "5", "refused"), (80, "/", "11", "200")],
    );
    check("redis", &[], &[], &[(6379, "/", "1", "hangs")]);
}

#[test]
fn images_without_work_end_at_once() {
    let check = |name: &str, exit_code: i32, log: &str| {
        let mut container = Container::start(spec(name, &[])).expect("it starts");
        container.run_until(SimTime::from_secs(60));
        assert_eq!(
            container.exit.map(|(_, exit)| exit.code),
            Some(exit_code),
            "{name}"
        );
        assert!(container.log.contains(log), "{name}: {}", container.log);
    };
    check("busybox", 0, "");
    check("alpine:3.20", 0, "");
    check("ubuntu:24.04", 0, "");
    check("debian", 0, "");
    check("centos:7", 0, "");
    check(
        "postgres:16",
        1,
        "You must specify POSTGRES_PASSWORD to a non-empty value",
    );
    check("mysql:8", 1, "- MYSQL_ROOT_PASSWORD");
}

#[test]
fn a_shell_with_open_input_waits() {
    let mut spec = spec("busybox", &[]);
    spec.stdin = true;
    let mut container = Container::start(spec).expect("it starts");
    container.run_until(SimTime::from_secs(60));
    assert_eq!(container.exit, None);
}

#[test]
fn missing_executables_fail_to_start() {
    let check = |name: &str, command: &[&str], expected: &str| {
        let failure = Container::start(spec(name, command))
            .map(|_| ())
            .expect_err("it is missing");
        assert_eq!(failure.message, expected);
        assert_eq!(failure.exit_code, 128);
    };
    check(
        "busybox",
        &["foo"],
        "exec: \"foo\": executable file not found in $PATH",
    );
    check(
        "busybox",
        &["bash", "-c", "x"],
        "exec: \"bash\": executable file not found in $PATH",
    );
    check(
        "nginx",
        &["/opt/foo"],
        "exec: \"/opt/foo\": stat /opt/foo: no such file or directory",
    );
    check(
        "registry.k8s.io/pause:3.10",
        &["sh"],
        "exec: \"sh\": executable file not found in $PATH",
    );
    check("busybox", &["/etc"], "exec: \"/etc\": permission denied");
}

#[test]
fn commands_run_beside_the_server() {
    let mut container = Container::start(spec("busybox", &["sleep", "1000"])).expect("it starts");
    container.run_until(SimTime::from_secs(1));
    let mut check = |command: &[&str], expected_code: i32, expected: &str| {
        let argv: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let mut surroundings = Surroundings {
            files: &mut container.files,
            volumes: &mut container.volumes,
            epoch_unix_micros: EPOCH_UNIX_MICROS,
            others: &[],
        };
        let mut process = container
            .process
            .exec(&argv, &mut surroundings, container.now)
            .expect("it starts");
        let (mut output, mut code) = (String::new(), None);
        while let Some(at) = process.next_wake() {
            for effect in process.advance(at, &mut surroundings) {
                match effect {
                    Effect::Output { text, .. } => output.push_str(&text),
                    Effect::Exited { exit, .. } => code = Some(exit.code),
                    _ => {}
                }
            }
        }
        assert_eq!(
            (output.as_str(), code),
            (expected, Some(expected_code)),
            "{command:?}"
        );
        assert!(process.is_over());
    };
    check(&["sh", "-c", "exit 1"], 1, "");
    check(
        &[
            "sh",
            "-c",
            "echo a > /tmp/ready; echo $$ | { read p; [ $p -gt 1 ]; }",
        ],
        0,
        "",
    );
    check(&["sh", "-c", "[ -f /tmp/ready ] && echo yes"], 0, "yes\n");
    let argv = ["nope".to_owned()];
    let mut surroundings = Surroundings {
        files: &mut container.files,
        volumes: &mut container.volumes,
        epoch_unix_micros: EPOCH_UNIX_MICROS,
        others: &[],
    };
    let failure = container
        .process
        .exec(&argv, &mut surroundings, container.now);
    assert_eq!(failure.map(|_| ()).expect_err("missing").exit_code, 127);
}
