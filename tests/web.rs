//! Runs in a browser's wasm engine and natively: both must come to the same results.
//!
//! `wasm-pack test --headless --chrome -- --test web` runs it in a browser, `cargo test` natively, and
//! `cargo xtask test wasm` first natively and then in a browser, with the native hashes to compare with.

use std::time::Duration;

use podarium::cluster::{Client, ClusterConfig, Fault, Request, World};
use podarium::kernel::{Queue, Rng, SimTime, Trace, TraceId};
use serde_json::json;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The hash of [`kernel_run`]'s trace; the same constant holds on every target.
const KERNEL_HASH: u64 = 0xb9a4_5701_b904_75d8;

/// What [`world_hashes`] gave natively, if that is known to this build.
const NATIVE_HASHES: Option<&str> = option_env!("PODARIUM_NATIVE_HASHES");

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

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn worlds_are_the_same_in_every_run_and_on_every_target() {
    let hashes = world_hashes();
    assert_eq!(hashes, world_hashes());
    match NATIVE_HASHES {
        Some(native) => assert_eq!(hashes, native),
        None => say(&format!("PODARIUM_NATIVE_HASHES={hashes}")),
    }
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

/// The trace hashes of three worlds, as `SEED:HASH`, with commas between them.
fn world_hashes() -> String {
    let hashes = (1..=3).map(|seed| format!("{seed}:{:016x}", world_run(seed)));
    hashes.collect::<Vec<_>>().join(",")
}

/// Five minutes of a cluster in which a Deployment with failing probes is applied and scaled, and a
/// machine stops and comes back.
fn world_run(seed: u64) -> u64 {
    let config = ClusterConfig {
        seed,
        ..ClusterConfig::default()
    };
    let mut world = World::new(&config);
    run_to(&mut world, 60);
    for replicas in [3, 6, 2] {
        let applied = world.request(Request::Apply(deployment(replicas)));
        assert!(applied.is_ok(), "{applied:?}");
        let now = world.now().as_secs();
        run_to(&mut world, now + 40);
    }
    world.fault(Fault::MachineStop("node-2".into()));
    run_to(&mut world, 240);
    world.fault(Fault::MachineStart("node-2".into()));
    run_to(&mut world, 360);
    world.trace_hash()
}

fn run_to(world: &mut World, secs: u64) {
    const BUDGET: usize = 1_000_000;
    assert!(world.run_until(SimTime::from_secs(secs), BUDGET));
}

fn deployment(replicas: u32) -> serde_json::Value {
    let labels = json!({"app": "web"});
    let liveness = json!({
        "httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 3, "periodSeconds": 3,
    });
    let container = json!({
        "name": "web", "image": "registry.example/web:1", "livenessProbe": liveness,
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "HEALTH_SCRIPT", "value": "200@0,500@20"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    })
}

#[cfg(target_arch = "wasm32")]
fn say(text: &str) {
    wasm_bindgen_test::console_log!("{text}");
}

#[cfg(not(target_arch = "wasm32"))]
fn say(text: &str) {
    println!("{text}");
}
