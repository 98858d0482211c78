//! Defaults of namespaces.

use crate::api::Namespace;

use super::or;

/// The label by which selectors find a namespace by name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

pub(super) fn apply(namespace: &mut Namespace) {
    let name = namespace.name().to_owned();
    if !name.is_empty() && namespace.label(NAME_LABEL) != Some(&name) {
        let labels = namespace.meta_mut().labels.get_or_insert_default();
        labels.insert(NAME_LABEL.to_owned(), name);
    }
    if namespace.status.phase.as_deref().is_none_or(str::is_empty) {
        or(&mut namespace.status_mut().phase, "Active");
    }
}
