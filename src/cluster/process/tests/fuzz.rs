//! Random scripts: whatever they hold, a process neither panics nor hangs, and is the same each
//! time.

use super::{Container, spec};
use crate::cluster::process::{Exit, Signal};
use crate::kernel::{Rng, SimTime};

/// What scripts are put together from.
const PIECES: [&str; 72] = [
    "echo",
    "a",
    "$x",
    "\"$x\"",
    "${x:-d}",
    "${x%a*}",
    "$(echo b)",
    "`echo c`",
    "$((x+1))",
    "x=1",
    "x=$x$x",
    ";",
    "\n",
    "&&",
    "||",
    "|",
    "&",
    "(",
    ")",
    "{",
    "}",
    "if",
    "then",
    "else",
    "fi",
    "while",
    "do",
    "done",
    "until",
    "for i in 1 2",
    "case $x in",
    "esac",
    "*)",
    ";;",
    "true",
    "false",
    "sleep 1",
    "sleep 0",
    "wait",
    "trap 'echo t' TERM",
    "trap '' TERM",
    "kill -TERM $$",
    "exit",
    "exit 3",
    "break",
    "continue",
    "return",
    "f() {",
    "f",
    "> /tmp/f",
    ">> /tmp/f",
    "< /tmp/f",
    "2>&1",
    "<<E\nz\nE\n",
    "cat",
    "grep a",
    "head -n 1",
    "yes",
    "seq 3",
    "read y",
    "set -e",
    "set -u",
    "set -x",
    "[",
    "]",
    "-f /tmp/f",
    "! ",
    "eval 'echo e'",
    "exec",
    "'q q'",
    "\\",
    "wget -q -T 1 web",
];

fn script(rng: &mut Rng) -> String {
    let length = 1 + rng.below(14);
    let words: Vec<&str> = (0..length)
        .filter_map(|_| rng.pick(&PIECES).copied())
        .collect();
    words.join(" ")
}

/// The log and the end of a script that is signalled on its way.
fn outcome(script: &str) -> (String, Option<(SimTime, Exit)>, u32) {
    let mut container =
        Container::start(spec("busybox", &["sh", "-c", script])).expect("sh is there");
    let mut calls = container.run_until(SimTime::from_secs(3));
    container.process.signal(Signal::TERM, container.now);
    calls += container.run_until(SimTime::from_secs(6));
    (container.log, container.exit, calls)
}

#[test]
fn random_scripts_neither_panic_nor_hang() {
    let mut rng = Rng::new(20_261_121);
    for round in 0..600 {
        let script = script(&mut rng);
        let first = outcome(&script);
        assert!(first.2 < 6_000, "{script:?} took {} calls", first.2);
        if round % 10 == 0 {
            assert_eq!(first, outcome(&script), "{script:?} is not the same twice");
        }
    }
}

#[test]
fn random_bytes_are_scripts_too() {
    let mut rng = Rng::new(7);
    let letters: Vec<char> = "abx01 \n\t\"'`$(){}[]<>|&;#*?!\\=-~%/:@+é"
        .chars()
        .collect();
    for _ in 0..1_500 {
        let length = rng.below(40);
        let script: String = (0..length).filter_map(|_| rng.pick(&letters)).collect();
        outcome(&script);
    }
}
