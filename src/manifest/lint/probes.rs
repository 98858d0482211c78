//! Probes against the time that a container takes to start.

use super::Set;
use super::workload::{items, number, text};
use crate::manifest::Diagnostic;
use crate::manifest::tree::Node;

/// A liveness probe that kills before the container can have started.
// kubelet: a container is killed after failureThreshold failures, one per periodSeconds, the first after
// initialDelaySeconds; a startup probe holds the others back
pub(super) fn liveness_before_start(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        for container in workload.containers() {
            let Some(probe) = container.entry("livenessProbe") else {
                continue;
            };
            if container.get("startupProbe").is_some() {
                continue;
            }
            let or = |field, default| number(&probe.value, field).unwrap_or(default);
            let (delay, period) = (or("initialDelaySeconds", 0), or("periodSeconds", 10));
            let kills_after = delay + period * (or("failureThreshold", 3) - 1);
            let Some((ready_after, why)) = start_time(container) else {
                continue;
            };
            if ready_after > kills_after {
                let message = format!(
                    "Liveness kills the container after {kills_after} s, but it needs {ready_after} s to start"
                );
                let problem =
                    Diagnostic::warning("liveness-before-start", message, probe.key_span.clone());
                found.push((
                    workload.index,
                    problem.with_hint(why).with_hint(
                        "A startupProbe holds liveness back until the container has started",
                    ),
                ));
            }
        }
    }
}

/// How many seconds the container needs to start, as far as the text tells, and how it tells.
fn start_time(container: &Node) -> Option<(i64, &'static str)> {
    let from_variable = items(container.get("env")).iter().find_map(|variable| {
        let value =
            text(variable, "value").filter(|_| text(variable, "name") == Some("START_DELAY"))?;
        value.trim_end_matches('s').parse().ok()
    });
    let from_readiness = container
        .get("readinessProbe")
        .and_then(|probe| number(probe, "initialDelaySeconds"));
    let variable = from_variable.map(|time| (time, "START_DELAY says how long it takes"));
    let readiness = from_readiness.map(|time| (time, "Readiness is not even asked before"));
    variable.or(readiness)
}
