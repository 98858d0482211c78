//! Hints for texts that the API server accepts and that surprise: one file per group, one function per rule.

mod behaviour;
mod containers;
mod ending;
mod objects;
mod probes;
mod references;
mod selectors;
mod workload;

use super::{Diagnostic, Document};
pub use objects::defined_twice;
use workload::Workload;

/// What the rules look at: objects that are applied together.
struct Set<'a> {
    documents: &'a [&'a Document],
    /// Those that run pods.
    workloads: Vec<Workload<'a>>,
    /// Whether the cluster has an object, by kind, namespace and name.
    exists: &'a dyn Fn(&str, &str, &str) -> bool,
}

/// Looks at the set and adds hints, each with the index of its document.
type Rule = fn(&Set<'_>, &mut Vec<(usize, Diagnostic)>);

/// The rules.
const RULES: &[Rule] = &[
    containers::limits_without_requests,
    containers::latest_if_not_present,
    ending::ends_and_restarts,
    probes::liveness_before_start,
    selectors::matches_nothing,
    selectors::no_such_port,
    selectors::no_readiness,
    references::missing,
    behaviour::without_effect,
];

/// The hints for objects that are applied together, each with the index of its document. Objects that are broken
/// get none. `exists` says what the cluster has besides, by kind, namespace and name.
#[must_use]
pub fn check(
    documents: &[&Document],
    exists: &dyn Fn(&str, &str, &str) -> bool,
) -> Vec<(usize, Diagnostic)> {
    let workloads = documents
        .iter()
        .enumerate()
        .filter(|(_, document)| document.valid)
        .filter_map(|(index, document)| Workload::of(index, document))
        .collect();
    let set = Set {
        documents,
        workloads,
        exists,
    };
    let mut found = Vec::new();
    for rule in RULES {
        rule(&set, &mut found);
    }
    found
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
