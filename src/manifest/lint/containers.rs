//! Images and resources of containers.

use super::Set;
use super::workload::text;
use crate::manifest::{Diagnostic, Fix};

/// A limit without a request: the request takes the limit's value.
// core/v1 SetDefaults_Pod: requests of a container default to its limits
pub(super) fn limits_without_requests(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        for container in workload.containers() {
            let Some(resources) = container.get("resources") else {
                continue;
            };
            let requests = resources.get("requests");
            for limit in resources
                .get("limits")
                .into_iter()
                .flat_map(|limits| limits.sorted_entries())
            {
                let is_requested =
                    requests.is_some_and(|requests| requests.entry(&limit.key).is_some());
                if is_requested || !matches!(limit.key.as_str(), "cpu" | "memory") {
                    continue;
                }
                let message = format!("The limit of {} is requested as well", limit.key);
                let problem =
                    Diagnostic::note("limit-without-request", message, limit.key_span.clone());
                found.push((
                    workload.index,
                    problem.with_hint("A request that is not given takes the limit's value, and the scheduler reserves it"),
                ));
            }
        }
    }
}

/// A tag that moves, which nodes that have it never ask for again.
// kubelet: IfNotPresent pulls only what the node does not hold
pub(super) fn latest_if_not_present(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        for container in workload.containers() {
            let (Some(image), Some(policy)) =
                (text(container, "image"), container.get("imagePullPolicy"))
            else {
                continue;
            };
            if policy.as_str() == Some("IfNotPresent") && is_latest(image) {
                let message = "A node that holds `latest` never asks for a newer one";
                let problem =
                    Diagnostic::warning("latest-not-pulled", message, policy.span.clone());
                let fix = Fix::replace("Change it to `Always`", policy.span.clone(), "Always");
                found.push((
                    workload.index,
                    problem
                        .with_hint("Nodes may run different images under one name; name a version, or pull always")
                        .with_fix(fix),
                ));
            }
        }
    }
}

/// Whether an image has the tag `latest`, or none.
fn is_latest(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    !image.contains('@') && last.rsplit_once(':').is_none_or(|(_, tag)| tag == "latest")
}
