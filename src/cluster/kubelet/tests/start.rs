//! What a node tells when its kubelet comes back.

use super::Life;
use crate::cluster::{Fault, MachineConfig};
use std::rc::Rc;

/// A kubelet or machine that is away for so many seconds: how often is each fact told by second 30 after
/// its return?
fn check(stop: fn(Rc<str>) -> Fault, start: fn(Rc<str>) -> Fault, away: u64, expect: &str) {
    let mut life = Life::new(MachineConfig::new("node-1"));
    life.fault(stop);
    life.run_to(away);
    let before = life.events("node-1").len();
    life.fault(start);
    life.run_to(away + 30);
    let mut told: Vec<String> = life.events("node-1")[before..]
        .iter()
        .filter(|line| line.contains("is now"))
        .map(|line| {
            line.split(':')
                .next()
                .unwrap_or_default()
                .replace("Node", "")
        })
        .collect();
    told.sort();
    assert_eq!(told.join(", "), expect, "away for {away} s");
}

#[test]
fn facts_are_told_as_often_as_the_kubelet_computes_its_status() {
    // Both counts are those of the recordings of a real 1.36.2 cluster.
    let unknown = 90;
    check(
        Fault::KubeletStop,
        Fault::KubeletStart,
        unknown,
        "HasNoDiskPressure x2, HasSufficientMemory x2, HasSufficientPID x2, Ready x1",
    );
    check(
        Fault::MachineStop,
        Fault::MachineStart,
        unknown,
        "HasNoDiskPressure x4, HasSufficientMemory x4, HasSufficientPID x4, NotReady x3, Ready x1",
    );
    // A node that the API server still has as Ready is not looked at every 100 ms.
    check(
        Fault::KubeletStop,
        Fault::KubeletStart,
        20,
        "HasNoDiskPressure x1, HasSufficientMemory x1, HasSufficientPID x1",
    );
    check(
        Fault::MachineStop,
        Fault::MachineStart,
        20,
        "HasNoDiskPressure x1, HasSufficientMemory x1, HasSufficientPID x1, NotReady x1, Ready x1",
    );
}
