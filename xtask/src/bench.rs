//! `cargo xtask bench`: the benchmarks, and what criterion measured in one table. The scheduler's prints its own.

use std::fs;
use std::path::Path;

use crate::paths;
use crate::run::{self, Outcome};
use crate::test;

/// Runs the benchmarks whose names contain one of `filters` (all without any), then sums up.
pub fn bench(filters: &[String]) -> Outcome {
    match filters {
        [only] if only == "browser" => return browser(),
        [first, rows @ ..] if first == "scheduler" => return scheduler(rows),
        _ => {}
    }
    let results = paths::target().join("criterion");
    if results.exists() {
        // Else the table would show benchmarks that did not run now.
        fs::remove_dir_all(&results).map_err(|error| format!("old results: {error}"))?;
    }
    run::run(run::cargo(&["bench", "--package", "podarium", "--benches", "--"]).args(filters))?;
    let mut rows = Vec::new();
    collect(&results, &mut rows);
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort();
    println!("\n{:<50} {:>14} {:>14}", "benchmark", "mean", "± (95 %)");
    for (name, mean, half_width) in rows {
        println!("{name:<50} {:>14} {:>14}", time(mean), time(half_width));
    }
    Ok(())
}

/// Measures the scheduler: all rows of its table, or those of some works or numbers of nodes.
fn scheduler(rows: &[String]) -> Outcome {
    let bench = [
        "bench",
        "--package",
        "podarium",
        "--bench",
        "scheduler",
        "--",
    ];
    run::run(run::cargo(&bench).args(rows))
}

/// Measures the scheduler in a browser.
fn browser() -> Outcome {
    let mut wasm_pack = test::wasm_pack(&["--release"], "web_speed")?;
    run::run(
        wasm_pack
            .args(["--", "--nocapture"])
            .env("PODARIUM_BENCH", "1")
            // Some minutes of work, where tests have seconds.
            .env("WASM_BINDGEN_TEST_TIMEOUT", "1800"),
    )
}

/// Finds criterion's estimates: `NAME/new/estimates.json`, in nanoseconds.
fn collect(folder: &Path, rows: &mut Vec<(String, u64, u64)>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return; // Not a folder of results; the caller notices when there are none at all.
    };
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        let new = entry.path().join("new");
        match estimate(&new) {
            Some(row) => rows.push(row),
            None => collect(&entry.path(), rows),
        }
    }
}

fn estimate(new: &Path) -> Option<(String, u64, u64)> {
    let json = |name: &str| -> Option<serde_json::Value> {
        serde_json::from_slice(&fs::read(new.join(name)).ok()?).ok()
    };
    let (estimates, benchmark) = (json("estimates.json")?, json("benchmark.json")?);
    let mean = &estimates["mean"];
    let interval = &mean["confidence_interval"];
    let width = interval["upper_bound"].as_f64()? - interval["lower_bound"].as_f64()?;
    let name = benchmark["full_id"].as_str()?.to_owned();
    Some((
        name,
        mean["point_estimate"].as_f64()? as u64,
        (width / 2.0) as u64,
    ))
}

fn time(nanos: u64) -> String {
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.2} µs", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}
