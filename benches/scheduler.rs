//! What scheduling costs, and how that grows with the cluster: `cargo bench --bench scheduler`.
//!
//! Each row is a number of nodes with twice as many pods for them. The time is the processor's, the shortest of
//! several runs: what else the machine does counts little. Where valgrind is installed, the instructions are counted
//! too, which are the same in every run; those of a run that only makes the cluster are taken off.

#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock")]

#[path = "scheduler/workload.rs"]
mod workload;

use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use workload::{SIZES, WORKS, Work};

/// Every measurement places at least so many pods, in as many clusters as that takes.
const MEASURED_PODS: usize = 10_000;
/// The shortest of so many measurements counts.
const RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, work, nodes, pods, runs] = arguments.as_slice()
        && flag == "--once"
    {
        let number = |text: &String| text.parse().unwrap_or(0);
        once(work, number(nodes), number(pods), number(runs));
        return;
    }
    // Cargo adds `--bench`; any other word chooses among the benchmarks by their names.
    let mut filters = arguments.iter().filter(|word| !word.starts_with("--"));
    if filters.clone().next().is_none() || filters.any(|word| "scheduler".contains(word.as_str())) {
        table();
    }
}

/// Makes a cluster, and places its pods unless `runs` is 0: for the counting of instructions.
fn once(work: &str, nodes: usize, pods: usize, runs: usize) {
    let made = Work::new(work, nodes, pods);
    if runs > 0 {
        made.run(pods);
    }
}

fn table() {
    println!("| Work | Nodes | Pods | µs per pod | Pods a second | Instructions per pod |");
    println!("|---|---:|---:|---:|---:|---:|");
    for work in WORKS {
        for (nodes, pods) in SIZES {
            let micros = shortest(work, nodes, pods).as_secs_f64() * 1e6;
            let per_pod = micros / MEASURED_PODS as f64;
            let instructions = instructions(work, nodes, pods);
            println!(
                "| {work} | {nodes} | {pods} | {per_pod:.1} | {:.0} | {} |",
                1e6 / per_pod,
                instructions.map_or_else(|| "not counted".to_owned(), |count| count.to_string()),
            );
        }
    }
}

/// The shortest time that it takes to place all pods of a measurement.
fn shortest(work: &str, nodes: usize, pods: usize) -> Duration {
    let measure = |_| {
        let several: Vec<Work> = (0..MEASURED_PODS / pods)
            .map(|_| Work::new(work, nodes, pods))
            .collect();
        let rest = MEASURED_PODS - several.len() * pods;
        let start = cpu_time();
        for one in several {
            one.run(pods);
        }
        let took = cpu_time().saturating_sub(start);
        // Where the pods do not divide the measurement, the rest is as dear as what was measured.
        took.mul_f64(1.0 + rest as f64 / (MEASURED_PODS - rest) as f64)
    };
    (0..RUNS).map(measure).min().unwrap_or_default()
}

/// The instructions that one pod takes, if valgrind can count them.
fn instructions(work: &str, nodes: usize, pods: usize) -> Option<u64> {
    let count = |runs: &str| -> Option<u64> {
        let program = std::env::current_exe().ok()?;
        let (nodes, pods) = (nodes.to_string(), pods.to_string());
        let told = Command::new("valgrind")
            .args([
                "--tool=cachegrind",
                "--cache-sim=no",
                "--cachegrind-out-file=/dev/null",
            ])
            .arg(program)
            .args(["--once", work, &nodes, &pods, runs])
            .output()
            .ok()?;
        let text = String::from_utf8(told.stderr).ok()?;
        let line = text
            .lines()
            .find(|line| line.contains("I ") && line.contains("refs:"))?;
        let digits: String = line
            .rsplit(':')
            .next()?
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    };
    Some((count("1")?.saturating_sub(count("0")?)) / pods as u64)
}

/// The time that the thread was on a processor; where the system does not tell, the time that passed.
fn cpu_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanos = told
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(
        || START.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}
