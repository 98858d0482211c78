//! Services and disruption budgets, and the pods that they select.

use super::Set;
use super::workload::{Workload, items, namespace, text};
use crate::manifest::suggest::nearest;
use crate::manifest::tree::Node;
use crate::manifest::{Diagnostic, Document, Fix};

/// A selector that no pod of its namespace has the labels for. Only said where there are pods to compare with.
pub(super) fn matches_nothing(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for (index, document, selector) in selectors(set) {
        let mut near = set
            .workloads
            .iter()
            .filter(|one| one.namespace == namespace(document))
            .peekable();
        if near.peek().is_none() || near.clone().any(|one| one.is_selected_by(selector)) {
            continue;
        }
        let message = "No pod of these texts has these labels".to_owned();
        let mut problem = Diagnostic::warning("selects-nothing", message, selector.span.clone());
        if let Some(entry) = document
            .tree
            .get("spec")
            .and_then(|spec| spec.entry("selector"))
        {
            problem.span = entry.key_span.clone();
        }
        // One label that is spelled otherwise is a slip.
        for entry in selector.sorted_entries() {
            let Some(given) = entry.value.as_str() else {
                continue;
            };
            let values = near.clone().filter_map(|one| one.label(&entry.key));
            if let Some(meant) = nearest(given, values).filter(|meant| *meant != given) {
                problem = problem
                    .with_hint(format!("Did you mean `{}: {meant}`?", entry.key))
                    .with_fix(Fix::replace(
                        format!("Change `{given}` to `{meant}`"),
                        entry.value.span.clone(),
                        meant,
                    ));
            }
        }
        found.push((index, problem));
    }
}

/// A Service's `targetPort` by a name that no container of the pods has.
pub(super) fn no_such_port(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for (index, document, selector) in selectors(set).filter(|(_, one, _)| is_service(one)) {
        let Some(spec) = document.tree.get("spec") else {
            continue;
        };
        let selected: Vec<&Workload<'_>> = selected(set, document, selector).collect();
        let names: Vec<&str> = selected
            .iter()
            .flat_map(|one| one.containers())
            .flat_map(|container| items(container.get("ports")))
            .filter_map(|port| text(port, "name"))
            .collect();
        for target in items(spec.get("ports"))
            .iter()
            .filter_map(|port| port.get("targetPort"))
        {
            let Some(name) = target.as_str() else {
                continue;
            };
            if selected.is_empty() || names.contains(&name) || name.parse::<u16>().is_ok() {
                continue;
            }
            let message = format!("No container of the selected pods has a port called `{name}`");
            let mut problem = Diagnostic::warning("no-such-port", message, target.span.clone());
            if let Some(meant) = nearest(name, names.iter().copied()) {
                problem = problem
                    .with_hint(format!("Did you mean `{meant}`?"))
                    .with_fix(Fix::replace(
                        format!("Change `{name}` to `{meant}`"),
                        target.span.clone(),
                        meant,
                    ));
            }
            found.push((index, problem));
        }
    }
}

/// Pods behind a Service that get traffic before they can answer it.
// endpointslice controller: an endpoint is ready when its pod is, and a pod without readiness probes is when it runs
pub(super) fn no_readiness(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        let is_behind = selectors(set).any(|(_, document, selector)| {
            is_service(document)
                && namespace(document) == workload.namespace
                && workload.is_selected_by(selector)
        });
        let containers = workload.containers();
        if !is_behind
            || containers
                .iter()
                .any(|one| one.get("readinessProbe").is_some())
        {
            continue;
        }
        if let Some(name) = containers.first().and_then(|one| one.entry("name")) {
            let message = "A Service sends traffic here as soon as the process runs";
            let problem = Diagnostic::note("no-readiness-probe", message, name.value.span.clone());
            found.push((
                workload.index,
                problem.with_hint("A readinessProbe holds it back until the container can answer"),
            ));
        }
    }
}

fn is_service(document: &Document) -> bool {
    document.kind.as_deref() == Some("Service")
}

/// The documents with a selector of pods that is not empty, and it.
fn selectors<'a>(set: &'a Set<'_>) -> impl Iterator<Item = (usize, &'a Document, &'a Node)> {
    set.documents
        .iter()
        .enumerate()
        .filter_map(|(index, document)| {
            let selector = document.tree.get("spec")?.get("selector")?;
            let labels = match document.kind.as_deref() {
                _ if !document.valid => return None,
                Some("Service") => selector,
                Some("PodDisruptionBudget") => selector.get("matchLabels")?,
                _ => return None,
            };
            (!labels.sorted_entries().is_empty()).then_some((index, *document, labels))
        })
}

fn selected<'a>(
    set: &'a Set<'_>,
    document: &'a Document,
    selector: &'a Node,
) -> impl Iterator<Item = &'a Workload<'a>> {
    set.workloads
        .iter()
        .filter(|one| one.namespace == namespace(document) && one.is_selected_by(selector))
}
