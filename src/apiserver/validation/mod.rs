//! Validation: one file per group of rules, each beside its tests.

use crate::api::Object;

use super::Cause;

/// The problems of a new object, in the server's order.
pub(super) fn on_create(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if object.name().is_empty() {
        causes.push(Cause {
            reason: "FieldValueRequired",
            message: "Required value: name or generateName is required".to_owned(),
            field: "metadata.name".to_owned(),
        });
    }
    causes
}

/// The problems of a changed object.
pub(super) fn on_update(object: &Object, _old: &Object) -> Vec<Cause> {
    on_create(object)
}
