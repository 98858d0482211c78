//! ConfigMaps, Secrets and claims that are named and not there.

use super::Set;
use super::workload::{namespace, text};
use crate::manifest::suggest::nearest;
use crate::manifest::tree::Value;
use crate::manifest::{Diagnostic, Document, Fix, references, schema};

/// What pods wait for, for ever if need be.
const WAITED_FOR: [&str; 3] = ["ConfigMap", "Secret", "PersistentVolumeClaim"];

/// A ConfigMap, Secret or claim that neither the texts nor the cluster have, or a key that it lacks.
// kubelet: the pod stays in ContainerCreating, or CreateContainerConfigError for a variable
pub(super) fn missing(set: &Set<'_>, found: &mut Vec<(usize, Diagnostic)>) {
    for workload in &set.workloads {
        let document = set.documents[workload.index];
        let (Some(api_version), Some(kind)) = (&document.api_version, &document.kind) else {
            continue;
        };
        let Some(of) = schema::kind_type(api_version, kind) else {
            continue;
        };
        for reference in references::all(&document.tree, of) {
            let is_optional = matches!(
                reference.parent.get("optional").map(|node| &node.value),
                Some(Value::Scalar(scalar)) if scalar.text == "true"
            );
            if is_optional || !WAITED_FOR.contains(&reference.kind) {
                continue;
            }
            let same_kind: Vec<&Document> = set
                .documents
                .iter()
                .copied()
                .filter(|one| {
                    one.kind.as_deref() == Some(reference.kind)
                        && namespace(one) == workload.namespace
                })
                .collect();
            let there = same_kind
                .iter()
                .find(|one| one.name.as_deref() == Some(reference.name));
            if let Some(there) = there {
                found.extend(
                    missing_key(there, &reference).map(|problem| (workload.index, problem)),
                );
            } else if !(set.exists)(reference.kind, workload.namespace, reference.name)
                && reference.name != "kube-root-ca.crt"
            {
                let names = same_kind.iter().filter_map(|one| one.name.as_deref());
                found.push((workload.index, absent(&reference, names)));
            }
        }
    }
}

fn absent<'a>(
    reference: &references::Reference<'_>,
    names: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let message = format!("There is no {} `{}` here", reference.kind, reference.name);
    let problem = Diagnostic::note("no-such-object", message, reference.span.clone());
    match nearest(reference.name, names) {
        Some(meant) => Diagnostic {
            severity: crate::manifest::Severity::Warning,
            ..problem
        }
        .with_hint(format!("Did you mean `{meant}`?"))
        .with_fix(Fix::replace(
            format!("Change `{}` to `{meant}`", reference.name),
            reference.span.clone(),
            meant,
        )),
        None => problem.with_hint("The pod waits until it is there"),
    }
}

/// A key that the object does not have.
fn missing_key(object: &Document, reference: &references::Reference<'_>) -> Option<Diagnostic> {
    let key = text(reference.parent, "key")?;
    let keys: Vec<String> = ["data", "binaryData", "stringData"]
        .iter()
        .filter_map(|field| object.tree.get(field))
        .flat_map(|data| data.sorted_entries())
        .map(|entry| entry.key.clone())
        .collect();
    if keys.iter().any(|one| one == key) {
        return None;
    }
    let span = reference.parent.get("key")?.span.clone();
    let message = format!(
        "The {} `{}` has no key `{key}`",
        reference.kind, reference.name
    );
    let problem = Diagnostic::warning("no-such-key", message, span.clone());
    Some(match nearest(key, keys.iter().map(String::as_str)) {
        Some(meant) => problem
            .with_hint(format!("Did you mean `{meant}`?"))
            .with_fix(Fix::replace(
                format!("Change `{key}` to `{meant}`"),
                span,
                meant,
            )),
        None => problem,
    })
}
