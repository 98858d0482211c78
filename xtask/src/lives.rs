//! `cargo xtask lives`: many random lives, natively and in a wasm engine, which must come to the same.

use crate::run::{self, Outcome, cargo};
use crate::tools;

/// How many there are without a number on the command line.
const LIVES: &str = "10000";

/// The variable that holds what the native run came to.
const HASH: &str = "PODARIUM_LIVES_HASH";

/// Runs the lives of `tests/lives.rs` natively, on all processors, and then in Node's wasm engine.
pub fn lives(arguments: &[String]) -> Outcome {
    tools::ensure_wasm_target()?;
    tools::WASM_BINDGEN.ensure()?;
    let number = arguments.first().map_or(LIVES, String::as_str);
    let test = ["test", "--profile", "fuzz", "--test", "lives"];
    let printed = ["--", "--nocapture", "random_lives"];
    println!("{number} lives natively");
    let mut native = cargo(&test);
    native.args(printed).env("PODARIUM_LIVES", number);
    let output = run::output(native.env_remove(HASH))
        .ok_or("a life broke an invariant: run `cargo test --test lives` with PODARIUM_LIVES")?;
    let hash = output
        .lines()
        .find_map(|line| {
            line.split_once(HASH)?
                .1
                .strip_prefix('=')?
                .split(' ')
                .next()
        })
        .ok_or("the native run printed no hash")?;
    println!("They come to {hash}. The same in a wasm engine");
    let mut wasm = cargo(&test);
    wasm.args(["--target", "wasm32-unknown-unknown"])
        .args(printed)
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            "wasm-bindgen-test-runner",
        )
        .env("PODARIUM_LIVES", number)
        .env(HASH, hash);
    run::run(&mut wasm)
}
