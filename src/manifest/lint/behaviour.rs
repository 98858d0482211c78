//! Annotations that would script what runs in a container, if they were written as they are read.

use super::Set;
use super::workload::{Workload, items, text};
use crate::api::behaviour::{BEHAVIOURS, find, split};
use crate::manifest::suggest::nearest;
use crate::manifest::tree::{Entry, Node};
use crate::manifest::{Diagnostic, Fix};

/// An annotation of that kind which nothing reads.
pub(super) fn without_effect(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        let own = &set.documents[workload.index].tree;
        for entry in annotations(workload.pod) {
            if let Some(problem) = problem(workload, entry) {
                found.push((workload.index, problem));
            }
        }
        if workload.kind == "Pod" {
            continue;
        }
        for entry in annotations(own).filter(|entry| split(&entry.key).is_some()) {
            let message = "It is about the pods, and has no effect here";
            let problem = warning(message.to_owned(), entry)
                .with_hint("It belongs to the metadata of the pods' template");
            found.push((workload.index, problem));
        }
    }
}

fn annotations(node: &Node) -> impl Iterator<Item = &Entry> {
    let annotations = node.get("metadata").and_then(|one| one.get("annotations"));
    annotations.map(Node::sorted_entries).into_iter().flatten()
}

fn problem(workload: &Workload<'_>, entry: &Entry) -> Option<Diagnostic> {
    let (container, name) = split(&entry.key)?;
    let Some(known) = find(name) else {
        let problem = warning(format!("There is no behaviour called `{name}`"), entry);
        return Some(match nearest(name, BEHAVIOURS.iter().map(|one| one.name)) {
            Some(meant) => {
                let key = format!("{}{meant}", &entry.key[..entry.key.len() - name.len()]);
                let title = format!("Change it to `{key}`");
                problem.with_fix(Fix::replace(title, entry.key_span.clone(), key))
            }
            None => problem,
        });
    };
    let mut lists = ["containers", "initContainers"].into_iter();
    let is_there = |list: &str| {
        let mut all = items(workload.spec.get(list)).iter();
        all.any(|one| text(one, "name") == Some(container))
    };
    if !container.is_empty() && !lists.any(is_there) {
        let message = format!("The pod has no container called `{container}`");
        return Some(warning(message, entry));
    }
    let value = entry.value.as_str().unwrap_or_default();
    (!known.reads(value)).then(|| {
        let message = format!("Not all of `{value}` can be read");
        warning(message, entry).with_hint(format!("Such as `{}`: {}", known.example, known.effect))
    })
}

fn warning(message: String, entry: &Entry) -> Diagnostic {
    Diagnostic::warning("behaviour-without-effect", message, entry.key_span.clone())
}
