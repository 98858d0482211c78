//! Tests of signals: who ends, when, and with which code.

use super::{Container, seconds, spec};
use crate::cluster::process::{ProgramSpec, Signal};
use crate::kernel::SimTime;

/// Sends SIGTERM after a second, SIGKILL after 31, as a container's stop does. Expects the exit
/// code and the time of the end.
fn check(mut spec: ProgramSpec, exit_code: i32, ended: &str) {
    let title = format!(
        "{} {:?} {:?} as {}",
        spec.image, spec.command, spec.env, spec.pid
    );
    spec.ports = vec![8080];
    let mut container = Container::start(spec).expect("it starts");
    container.run_until(SimTime::from_secs(1));
    assert_eq!(
        container.exit, None,
        "{title} ended early: {}",
        container.log
    );
    container.process.signal(Signal::TERM, container.now);
    container.run_until(SimTime::from_secs(31));
    container.process.signal(Signal::KILL, container.now);
    container.run_until(SimTime::from_secs(100));
    let (at, exit) = container.exit.expect("SIGKILL always ends it");
    assert_eq!(exit.code, exit_code, "{title}");
    let late = at.since(seconds(ended));
    assert!(
        at >= seconds(ended) && late.as_millis() < 20,
        "{title} ended at {at}"
    );
    assert!(container.process.is_over(), "{title}");
}

fn sh(script: &str) -> ProgramSpec {
    spec("busybox", &["sh", "-c", script])
}

#[test]
fn pid_one_survives_what_it_does_not_handle() {
    check(sh("sleep 1000"), 137, "31");
    check(spec("busybox", &["sleep", "1000"]), 137, "31");
    check(sh("trap 'exit 0' TERM; sleep 100000 & wait"), 0, "1");
    check(
        sh("trap 'echo bye; exit 3' TERM; sleep 100000 & wait"),
        3,
        "1",
    );
    check(sh("trap '' TERM; sleep 100000"), 137, "31");
    // The trap waits for the command in the foreground.
    check(sh("trap 'exit 0' TERM; sleep 5; sleep 1000"), 0, "5");
    check(sh("trap : TERM; while true; do sleep 1; done"), 137, "31");
    check(sh("while true; do sleep 1; done"), 137, "31");
    check(sh("exec sleep 1000"), 137, "31");
    check(
        sh("trap 'sleep 4; exit 1' TERM; while :; do sleep 3; done"),
        1,
        "7",
    );
}

#[test]
fn others_end_by_the_default_action() {
    let other = |mut spec: ProgramSpec| {
        spec.pid = 7;
        spec
    };
    check(other(sh("sleep 1000")), 143, "1");
    check(other(spec("busybox", &["sleep", "1000"])), 143, "1");
    check(other(sh("trap 'exit 0' TERM; sleep 100000 & wait")), 0, "1");
    check(
        other(spec("gcr.io/google-samples/hello-app:1.0", &[])),
        143,
        "1",
    );
    check(other(spec("python:3", &["python3", "app.py"])), 143, "1");
}

#[test]
fn servers_end_in_their_own_way() {
    check(spec("nginx", &[]), 0, "1.02");
    check(spec("redis:7", &[]), 0, "1.05");
    check(
        spec("zjj2006forever/springboot-mybatis:1.2", &[]),
        143,
        "1.1",
    );
    check(spec("tomcat:10", &[]), 143, "1.1");
    check(spec("gcr.io/google-samples/hello-app:1.0", &[]), 2, "1");
    check(spec("example.com/some/app:2", &[]), 0, "1");
    check(
        spec("example.com/some/app:2", &["/app/server", "--verbose"]),
        0,
        "1",
    );
    check(spec("python:3", &["python3", "app.py"]), 137, "31");
    check(spec("registry.k8s.io/pause:3.10", &[]), 0, "1");
    let tuned = |env: &[(&str, &str)]| ProgramSpec {
        env: env
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        ..spec("registry.example/probe-server:1", &[])
    };
    check(tuned(&[("TERM_EXIT", "7")]), 7, "1");
    check(tuned(&[("TERM_DELAY", "5")]), 0, "6");
    check(tuned(&[("TERM_DELAY", "500")]), 137, "31");
    check(tuned(&[("TERM_IGNORE", "1")]), 137, "31");
}

#[test]
fn a_clone_goes_on_like_the_original() {
    let script = "trap 'echo bye; exit 4' TERM; for i in 1 2 3; do echo $i $RANDOM; sleep 1; done; \
                  x=$(sleep 2; echo late); echo $x; sleep 100 & wait";
    let mut original = Container::start(sh(script)).expect("sh is there");
    for step in 0..60 {
        original.run_until(SimTime::from_millis(step * 100));
        let mut copy = Container {
            process: original.process.clone(),
            files: original.files.clone(),
            volumes: original.volumes.clone(),
            log: original.log.clone(),
            now: original.now,
            exit: original.exit,
            requests: Vec::new(),
        };
        let mut other = Container {
            process: original.process.clone(),
            files: original.files.clone(),
            volumes: original.volumes.clone(),
            log: original.log.clone(),
            now: original.now,
            exit: original.exit,
            requests: Vec::new(),
        };
        for container in [&mut copy, &mut other] {
            container.run_until(SimTime::from_secs(8));
            container.process.signal(Signal::TERM, container.now);
            container.run_until(SimTime::from_secs(20));
        }
        assert_eq!(copy.log, other.log);
        assert_eq!(copy.exit, other.exit);
        assert_eq!(
            copy.exit.map(|(_, exit)| exit.code),
            Some(4),
            "{}",
            copy.log
        );
    }
}
