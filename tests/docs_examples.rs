//! The pod examples of the Kubernetes documentation do what their pages say.
//!
//! The manifests are retyped as facts: names, images, commands and numbers of the page, nothing of its text.

#![cfg(not(target_arch = "wasm32"))]

use podarium::cluster::{ClusterConfig, World};
use podarium::kernel::SimTime;
use podarium::kubectl;

#[path = "docs_examples/configuration.rs"]
mod configuration;
#[path = "docs_examples/life.rs"]
mod life;

/// The cluster has settled by then.
const SETTLED: u64 = 60;

/// Applies manifests and asks: at a second, what does a kubectl command print? The text after `=` is all of
/// it, after `!` it is not in it, else it is somewhere in it. A row that begins with `apply ` applies more.
fn check(page: &str, manifests: &str, rows: &[(u64, &str, &str)]) {
    let mut world = World::new(&ClusterConfig::default());
    assert!(world.run_until(SimTime::from_secs(SETTLED), 1_000_000));
    apply(page, manifests, &mut world);
    for (second, command, expect) in rows {
        let until = SimTime::from_secs(SETTLED + second);
        assert!(world.run_until(until, 10_000_000), "{page}");
        if let Some(more) = command.strip_prefix("apply ") {
            apply(page, more, &mut world);
            continue;
        }
        let output = kubectl::run(command, "", &mut world);
        let printed = output.stdout + &output.stderr;
        let holds = match expect.split_at(1) {
            ("=", all) => printed == all,
            ("!", absent) => !printed.contains(absent),
            _ => printed.contains(expect),
        };
        assert!(
            holds,
            "{page} at {second} s: kubectl {command}\nwants {expect:?} in\n{printed}"
        );
    }
}

fn apply(page: &str, manifests: &str, world: &mut World) {
    let output = kubectl::run("apply -f -", manifests, world);
    assert_eq!(output.stderr, "", "{page}: the manifest is accepted");
}
