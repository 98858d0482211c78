//! Runs in a browser's wasm engine and natively: both must come to the same results.
//!
//! `wasm-pack test --headless --chrome` runs it in the browser, `cargo test` natively.

use std::time::Duration;

use podarium::kernel::{Queue, Rng, SimTime, Trace, TraceId};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The hash of [`kernel_run`]'s trace; the same constant holds on every target.
const KERNEL_HASH: u64 = 0xc541_0778_4298_2603;

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn kernel_is_the_same_on_every_target() {
    assert_eq!(kernel_run(42), KERNEL_HASH);
}

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn kernel_depends_on_the_seed() {
    assert_ne!(kernel_run(42), kernel_run(43));
}

/// A thousand events of four actors that wake one another at random: queue, generator, time and
/// trace together.
fn kernel_run(seed: u64) -> u64 {
    const ACTORS: [&str; 4] = [
        "scheduler",
        "kubelet/node-1",
        "kubelet/node-2",
        "controllers",
    ];
    let root = Rng::new(seed);
    let mut generators = ACTORS.map(|actor| root.fork(actor));
    let mut queue = Queue::default();
    let mut trace = Trace::default();
    queue.push(SimTime::ZERO, TraceId::ROOT, 0_usize);
    for _ in 0..1_000 {
        let Some(scheduled) = queue.pop() else { break };
        let id = trace.record(scheduled.at, scheduled.cause, ACTORS[scheduled.event]);
        let generator = &mut generators[scheduled.event];
        for _ in 0..=generator.below(2) {
            let delay = generator.between(Duration::from_micros(1), Duration::from_secs(90));
            let next = generator.below(ACTORS.len() as u64) as usize;
            queue.push(scheduled.at + delay, id, next);
        }
    }
    trace.absorb(queue.next_time().unwrap_or_default(), &queue.len());
    trace.hash()
}
