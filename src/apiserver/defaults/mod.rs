//! Defaulting: the values that the API server fills in. One file per group of kinds.

use crate::api::Object;

/// Fills in what the manifest left out.
pub(super) fn apply(object: &mut Object) {
    if object.kind().namespaced() && object.namespace().is_empty() {
        object.meta_mut().namespace = Some("default".to_owned());
    }
}
