//! Objects among one another.

use super::workload::namespace;
use crate::manifest::{Diagnostic, Document};

/// The hints for objects that one text defines twice: the later one changes what the earlier one made.
#[must_use]
pub fn defined_twice(documents: &[Document]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let (Some(kind), Some(name)) = (&document.kind, &document.name) else {
            continue;
        };
        let is_same = documents[..index].iter().any(|earlier| {
            (&earlier.api_version, &earlier.kind, &earlier.name)
                == (&document.api_version, &document.kind, &document.name)
                && namespace(earlier) == namespace(document)
        });
        if is_same {
            let message = format!(
                "The {kind} `{name}` is defined twice; this one changes what the first one made"
            );
            let span = document.locate("metadata.name");
            found.push(
                Diagnostic::warning("defined-twice", message, span).with_path("metadata.name"),
            );
        }
    }
    found
}
