//! `cargo xtask test`: every check in order, and one summary at the end.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::browser::{self, Browser};
use crate::run::{self, Outcome, cargo};
use crate::{dist, tools};

/// A check: its name on the command line, what it is, and how it is done.
struct Step {
    name: &'static str,
    title: &'static str,
    check: fn() -> Outcome,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        title: "Formatting",
        check: || run::run(&mut cargo(&["fmt", "--all", "--check"])),
    },
    Step {
        name: "clippy",
        title: "Clippy, natively",
        check: clippy_native,
    },
    Step {
        name: "clippy-wasm",
        title: "Clippy, for the browser",
        check: clippy_wasm,
    },
    Step {
        name: "native",
        title: "Native tests",
        check: || run::run(&mut cargo(&["test", "--workspace", "--no-fail-fast"])),
    },
    Step {
        name: "wasm",
        title: "Tests in a browser's wasm engine",
        check: wasm_tests,
    },
    Step {
        name: "dist",
        title: "The static site",
        check: dist::dist,
    },
    Step {
        name: "browser",
        title: "Tests of the app in a browser",
        check: browser_tests,
    },
];

/// Tells `tests/web.rs` what it computed natively.
const HASHES: &str = "PODARIUM_NATIVE_HASHES";

/// Runs the steps called `names`, all without any. Each runs even if an earlier one failed, so
/// that one run shows everything.
pub fn test(names: &[String]) -> Outcome {
    if let Some(unknown) = names
        .iter()
        .find(|name| !STEPS.iter().any(|s| s.name == *name))
    {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!(
            "no step `{unknown}`; there are {}",
            known.join(", ")
        ));
    }
    let start = Instant::now();
    let mut results = Vec::new();
    for step in STEPS {
        if names.is_empty() || names.iter().any(|name| name == step.name) {
            println!("\n=== {} ({}) ===\n", step.title, step.name);
            let start = Instant::now();
            let outcome = (step.check)();
            if let Err(message) = &outcome {
                println!("\n{message}");
            }
            results.push((step, outcome, start.elapsed()));
        }
    }
    summarize(&results, start.elapsed())
}

fn summarize(results: &[(&Step, Outcome, Duration)], total: Duration) -> Outcome {
    println!("\n=== Summary ===\n");
    for (step, outcome, time) in results {
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!(
            "test {:<12} ... {word:<6} {:>6.1}s",
            step.name,
            time.as_secs_f64()
        );
    }
    let failed: Vec<&str> = results
        .iter()
        .filter(|(_, outcome, _)| outcome.is_err())
        .map(|(step, _, _)| step.name)
        .collect();
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {} passed; {} failed; finished in {:.1}s",
        results.len() - failed.len(),
        failed.len(),
        total.as_secs_f64(),
    );
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}

fn clippy_native() -> Outcome {
    let deny = ["--", "--deny", "warnings"];
    let arguments = ["clippy", "--workspace", "--all-targets"];
    run::run(cargo(&arguments).args(deny))
}

fn clippy_wasm() -> Outcome {
    tools::ensure_wasm_target()?;
    let deny = ["--", "--deny", "warnings"];
    let target = ["--target", "wasm32-unknown-unknown"];
    run::run(
        cargo(&["clippy", "--package", "podarium", "--lib", "--bins"])
            .args(target)
            .args(deny),
    )
}

fn wasm_tests() -> Outcome {
    let hashes = native_hashes()?;
    // The unit tests run natively; compiling them for the browser too would double the time.
    run::run(wasm_pack(&[], "web*")?.env(HASHES, hashes))
}

/// The command that runs tests in a browser's wasm engine: those in files of that name.
pub fn wasm_pack(options: &[&str], files: &str) -> Result<Command, String> {
    tools::ensure_wasm_target()?;
    tools::WASM_BINDGEN.ensure()?;
    tools::WASM_PACK.ensure()?;
    let Browser { chrome, driver } = browser::ensure()?;
    let capabilities = browser::webdriver_capabilities(&Browser {
        chrome,
        driver: driver.clone(),
    })?;
    let mut wasm_pack = run::command("wasm-pack", &["test", "--headless", "--chrome"]);
    wasm_pack
        .args(options)
        .args(["--mode", "no-install", "--chromedriver"])
        .arg(driver)
        .args(["--", "--test", files])
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities)
        // A cold start of the browser on a small machine may outlast the usual 20 seconds.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    Ok(wasm_pack)
}

/// The trace hashes that the tests in the browser must come to as well.
fn native_hashes() -> Result<String, String> {
    let arguments = ["test", "--quiet", "--test", "web", "--", "--nocapture"];
    // Compiled without the variable, the test prints the line that sets it.
    let printed = run::output(cargo(&arguments).env_remove(HASHES))
        .ok_or("the native run of tests/web.rs failed: see `cargo test --test web`")?;
    let hashes = printed
        .lines()
        .find_map(|line| line.split_once(HASHES)?.1.strip_prefix('='))
        .ok_or("the native run of tests/web.rs printed no hashes")?;
    println!("Native hashes: {hashes}");
    Ok(hashes.to_owned())
}

/// Needs the site that the step `dist` builds.
fn browser_tests() -> Outcome {
    tools::ensure_npm_packages("tests/e2e")?;
    let browser = browser::ensure()?;
    run::run(run::command("node", &["tests/e2e/run.mjs"]).env("CHROME", browser.chrome))
}
