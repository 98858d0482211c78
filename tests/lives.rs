//! Random lives: random objects, commands and faults, and what must hold whatever happens.
//!
//! A failure names the seed: `PODARIUM_SEED=… cargo test --test lives` runs that one alone.

#![cfg(not(target_arch = "wasm32"))]

#[path = "lives/input.rs"]
mod input;
#[path = "lives/invariants.rs"]
mod invariants;

use std::time::Duration;

use input::Inputs;
use invariants::Invariants;
use podarium::cluster::{ClusterConfig, World};
use podarium::kernel::SimTime;

/// How many lives a test run tries; `PODARIUM_LIVES` sets another number, `PODARIUM_FIRST` the first seed.
const LIVES: u64 = 60;
/// How long each life lasts.
const LENGTH: Duration = Duration::from_secs(900);
/// An event storm: more events than any of these small lives needs.
const EVENTS: usize = 2_000_000;

#[test]
fn random_lives_keep_the_invariants() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match number("PODARIUM_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let first = number("PODARIUM_FIRST").unwrap_or(0);
            first..first + number("PODARIUM_LIVES").unwrap_or(LIVES)
        }
    };
    for seed in seeds {
        // The seed is printed even if the life panics.
        let printed = std::panic::catch_unwind(|| live(seed));
        match printed {
            Ok(Ok(_)) => {}
            Ok(Err(broken)) => panic!("seed {seed}: {broken}"),
            Err(_) => panic!("seed {seed}: the simulation panicked"),
        }
    }
}

#[test]
fn a_life_lived_twice_is_the_same_life() {
    for seed in 0..4 {
        assert_eq!(live(seed), live(seed), "seed {seed}");
    }
}

#[test]
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
            world.drain_steps();
            invariants
                .check(&world, &changes)
                .map_err(|broken| format!("at {}: {broken}", world.now()))?;
        }
        world.run_until(until, 1);
        if until > SimTime::ZERO + LENGTH {
            return Ok(world.trace_hash());
        }
        inputs.maybe_act(&mut world);
    }
}
