//! How fast the scheduler is in a browser, and that it places every pod there.
//!
//! `cargo xtask bench browser` measures in an optimised build. Without `PODARIUM_BENCH` one small cluster is
//! scheduled, so that the tests stay quick.

#![cfg(target_arch = "wasm32")]

#[path = "../benches/scheduler/workload.rs"]
mod workload;

use workload::{SIZES, WORKS, Work, heads, row};

// The page has to answer its driver while a row is measured.
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Set for measurements.
const MEASURED: bool = option_env!("PODARIUM_BENCH").is_some();

#[wasm_bindgen_test::wasm_bindgen_test]
fn every_pod_is_placed() {
    if !MEASURED {
        let (nodes, pods) = SIZES[0];
        for work in WORKS {
            Work::new(work, nodes, pods).run(pods);
        }
        return;
    }
    // The browser's clock goes in milliseconds.
    let clock = || js_sys::Date::now() / 1e3;
    let mut table = heads("");
    for work in WORKS {
        for (nodes, pods) in SIZES {
            table += &row(work, nodes, pods, clock);
            table.push('\n');
        }
    }
    wasm_bindgen_test::console_log!("{table}");
}
