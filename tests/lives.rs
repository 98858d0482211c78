//! Random lives: random objects, commands and faults, and what must hold whatever happens, natively and in a wasm
//! engine, to the same end.
//!
//! A failure names the seed: `PODARIUM_SEED=… cargo test --test lives` runs that one alone. `cargo xtask lives`
//! runs ten thousand on both targets and compares them.

#[path = "lives/input.rs"]
mod input;
#[path = "lives/invariants.rs"]
mod invariants;

use std::time::Duration;

use input::Inputs;
use invariants::Invariants;
use podarium::cluster::{ClusterConfig, World};
use podarium::kernel::SimTime;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test;

/// How many lives a test run tries; `PODARIUM_LIVES` sets another number, `PODARIUM_FIRST` the first seed.
const LIVES: u64 = if cfg!(target_arch = "wasm32") { 10 } else { 60 };
/// How long each life lasts.
const LENGTH: Duration = Duration::from_secs(900);
/// An event storm: more events than any of these small lives needs.
const EVENTS: usize = 2_000_000;

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn random_lives_keep_the_invariants() {
    let seeds = match number("PODARIUM_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let first = number("PODARIUM_FIRST").unwrap_or(0);
            first..first + number("PODARIUM_LIVES").unwrap_or(LIVES)
        }
    };
    let hash = lives(seeds.clone());
    say(&format!("PODARIUM_LIVES_HASH={hash:016x} of {seeds:?}"));
    if let Some(native) = text("PODARIUM_LIVES_HASH") {
        assert_eq!(format!("{hash:016x}"), native);
    }
}

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn a_life_lived_twice_is_the_same_life() {
    for seed in 0..4 {
        assert_eq!(live(seed), live(seed), "seed {seed}");
    }
}

#[test]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn a_clone_goes_on_as_the_original_does() {
    let mut world = World::new(&ClusterConfig {
        seed: 7,
        ..ClusterConfig::default()
    });
    let mut inputs = Inputs::new(7);
    for second in 0..120 {
        world.run_until(SimTime::from_secs(second), EVENTS);
        inputs.maybe_act(&mut world);
    }
    let mut copy = world.clone();
    for world in [&mut world, &mut copy] {
        assert!(world.run_until(SimTime::from_secs(600), EVENTS));
    }
    assert_eq!(world.trace_hash(), copy.trace_hash());
}

/// The hashes of these lives in one. The order in which they are lived does not matter to it.
#[cfg(target_arch = "wasm32")]
fn lives(seeds: std::ops::Range<u64>) -> u64 {
    seeds.fold(0, |all, seed| {
        // A panic stops the run here: this line is what names the seed.
        if seed % 250 == 0 {
            say(&format!("from seed {seed}"));
        }
        match live(seed) {
            Ok(hash) => all ^ mixed(seed, hash),
            Err(broken) => panic!("seed {seed}: {broken}"),
        }
    })
}

/// The same, on all processors.
#[cfg(not(target_arch = "wasm32"))]
fn lives(seeds: std::ops::Range<u64>) -> u64 {
    let next = std::sync::atomic::AtomicU64::new(seeds.start);
    let some = || {
        let mut all = 0;
        loop {
            let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if seed >= seeds.end {
                return all;
            }
            // The seed is printed even if the life panics.
            match std::panic::catch_unwind(|| live(seed)) {
                Ok(Ok(hash)) => all ^= mixed(seed, hash),
                Ok(Err(broken)) => panic!("seed {seed}: {broken}"),
                Err(_) => panic!("seed {seed}: the simulation panicked"),
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        let ended = running.into_iter().map(|thread| match thread.join() {
            Ok(hash) => hash,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.fold(0, |all, hash| all ^ hash)
    })
}

/// A life's hash, made to depend on its seed.
fn mixed(seed: u64, hash: u64) -> u64 {
    podarium::kernel::Rng::new(seed ^ hash).next_u64()
}

/// Runs one life and returns its hash, or what was broken in it.
fn live(seed: u64) -> Result<u64, String> {
    let mut world = World::new(&ClusterConfig {
        seed,
        ..ClusterConfig::default()
    });
    let mut inputs = Inputs::new(seed);
    let mut invariants = Invariants::default();
    let mut events = 0;
    loop {
        let until = world.now() + inputs.pause();
        while world.next_time().is_some_and(|next| next <= until) {
            let before = world.now();
            world.step();
            events += 1;
            if world.now() < before {
                return Err(format!(
                    "time ran backwards from {before} to {}",
                    world.now()
                ));
            }
            if events > EVENTS {
                return Err(format!("more than {EVENTS} events by {}", world.now()));
            }
            let changes = world.drain_changes();
            let steps = world.drain_steps();
            invariants
                .check(&world, &changes, &steps)
                .map_err(|broken| format!("at {}: {broken}", world.now()))?;
        }
        world.run_until(until, 1);
        if until > SimTime::ZERO + LENGTH {
            return Ok(world.trace_hash());
        }
        inputs.maybe_act(&mut world);
    }
}

fn number(name: &str) -> Option<u64> {
    text(name)?.parse().ok()
}

/// A setting of the run.
#[cfg(not(target_arch = "wasm32"))]
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A wasm engine has no environment: the settings are those at build time.
#[cfg(target_arch = "wasm32")]
fn text(name: &str) -> Option<String> {
    let settings = [
        ("PODARIUM_SEED", option_env!("PODARIUM_SEED")),
        ("PODARIUM_FIRST", option_env!("PODARIUM_FIRST")),
        ("PODARIUM_LIVES", option_env!("PODARIUM_LIVES")),
        ("PODARIUM_LIVES_HASH", option_env!("PODARIUM_LIVES_HASH")),
    ];
    let found = settings.iter().find(|(key, _)| *key == name);
    found?.1.map(str::to_owned)
}

#[cfg(target_arch = "wasm32")]
fn say(text: &str) {
    wasm_bindgen_test::console_log!("{text}");
}

#[cfg(not(target_arch = "wasm32"))]
fn say(text: &str) {
    println!("{text}");
}
