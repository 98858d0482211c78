//! What processes cost: memory of an idle server, calls of a usual script.

use super::{Container, spec};
use crate::cluster::process::machine::Process;
use crate::cluster::process::{ProgramSpec, Signal};
use crate::kernel::SimTime;

#[test]
fn idle_processes_ask_for_nothing() {
    let check = |spec: ProgramSpec, most_calls: u32| {
        let mut container = Container::start(spec).expect("it starts");
        let calls = container.run_until(SimTime::from_secs(100));
        assert!(calls <= most_calls, "{calls} calls");
        assert_eq!(
            container
                .process
                .next_wake()
                .filter(|at| *at < SimTime::from_secs(1_000)),
            None
        );
    };
    check(spec("nginx", &[]), 3);
    check(spec("example.com/app", &[]), 2);
    check(spec("busybox", &["sleep", "1000000"]), 2);
    let trap = "trap 'exit 0' TERM; sleep 100000 & wait";
    check(spec("busybox", &["sh", "-c", trap]), 2);
    assert!(size_of::<Process>() < 400, "{}", size_of::<Process>());
}

#[test]
fn a_usual_life_takes_few_calls() {
    let script = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600";
    let mut container =
        Container::start(spec("busybox", &["sh", "-c", script])).expect("it starts");
    let calls = container.run_until(SimTime::from_secs(100));
    container.process.signal(Signal::KILL, container.now);
    let calls = calls + container.run_until(SimTime::from_secs(101));
    assert!(calls <= 8, "{calls} calls");
    assert!(container.exit.is_some());
}
