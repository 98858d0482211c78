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

use workload::{SIZES, WORKS, Work, grouped, heads, row};

/// What the command line uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, work, nodes, pods, runs] = arguments.as_slice()
        && flag == "--once"
    {
        let number = |text: &String| text.parse().unwrap_or(0);
        once(work, number(nodes), number(pods), number(runs));
        return;
    }
    // Cargo adds `--bench`; any other word chooses among the benchmarks by their names, or among the rows.
    let words = arguments.iter().filter(|word| !word.starts_with("--"));
    table(&words.map(String::as_str).collect::<Vec<_>>());
}

/// Whether words ask for a row: by work, by number of nodes, or by both. A word that is neither asks for another
/// benchmark.
fn is_wanted(words: &[&str], work: &str, nodes: usize) -> bool {
    if words.iter().all(|word| "scheduler".contains(word)) {
        return true;
    }
    let (works, others): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| WORKS.contains(word));
    let sizes: Vec<usize> = others.iter().filter_map(|word| word.parse().ok()).collect();
    sizes.len() == others.len()
        && (works.is_empty() || works.contains(&work))
        && (sizes.is_empty() || sizes.contains(&nodes))
}

/// Makes a cluster, and places its pods unless `runs` is 0: for the counting of instructions.
fn once(work: &str, nodes: usize, pods: usize, runs: usize) {
    let made = Work::new(work, nodes, pods);
    if runs > 0 {
        made.run(pods);
    }
}

fn table(words: &[&str]) {
    let mut heads = Some(heads(" Instructions per pod |"));
    for work in WORKS {
        for (nodes, pods) in SIZES {
            if !is_wanted(words, work, nodes) {
                continue;
            }
            print!("{}", heads.take().unwrap_or_default());
            let row = row(work, nodes, pods, || cpu_time().as_secs_f64());
            let counted = instructions(work, nodes, pods).map(grouped);
            println!("{row} {} |", counted.as_deref().unwrap_or("not counted"));
        }
    }
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
