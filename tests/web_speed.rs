//! How fast the scheduler is in a browser, and that it places every pod there.
//!
//! `cargo xtask bench browser` measures in an optimised build. Without `PODARIUM_BENCH` one small cluster is
//! scheduled, so that the tests stay quick.

#![cfg(target_arch = "wasm32")]

#[path = "../benches/scheduler/workload.rs"]
mod workload;

use workload::{SIZES, WORKS, Work};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Set for measurements.
const MEASURED: bool = option_env!("PODARIUM_BENCH").is_some();

#[wasm_bindgen_test::wasm_bindgen_test]
fn every_pod_is_placed() {
    let mut table = String::from("| Work | Nodes | Pods | Pods a second |\n|---|---:|---:|---:|\n");
    let sizes = if MEASURED { &SIZES[..] } else { &SIZES[..1] };
    for work in WORKS {
        for (nodes, pods) in sizes {
            let runs = if MEASURED { 3 } else { 1 };
            let measure = |_| {
                let made = Work::new(work, *nodes, *pods);
                let start = js_sys::Date::now();
                made.run(*pods);
                // The browser's clock goes in milliseconds.
                (js_sys::Date::now() - start).max(1.0)
            };
            let millis = (0..runs).map(measure).fold(f64::INFINITY, f64::min);
            let speed = *pods as f64 * 1e3 / millis;
            table += &format!("| {work} | {nodes} | {pods} | {speed:.0} |\n");
        }
    }
    if MEASURED {
        wasm_bindgen_test::console_log!("{table}");
    }
}
