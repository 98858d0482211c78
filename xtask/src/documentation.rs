//! `cargo xtask documentation`: writes what Kubernetes says of each field, for the editor, from k8s-openapi's schemas.
//!
//! The file is made when the app is built and is not committed. The page loads it only when somebody asks what a
//! field is.

use std::path::PathBuf;

use crate::run::{self, Outcome};
use crate::{paths, with_schemas};

/// The name of the file in the site. It is no part of the first load and not kept for use offline beforehand.
pub const FILE: &str = "documentation.txt";

/// Where the file is made.
pub fn path() -> PathBuf {
    paths::target().join(FILE)
}

/// Makes the file if it is not there, or older than the versions that this checkout depends on.
pub fn ensure() -> Outcome {
    let age = |path: PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    let (made, locked) = (age(path()), age(paths::root().join("Cargo.lock")));
    if made.is_some() && made >= locked {
        return Ok(());
    }
    run::run(&mut with_schemas("documentation"))
}

/// Writes the file: `Type.field text` per line, sorted; `\n` in a text is written as a backslash and an n.
///
/// # Errors
/// When the file cannot be written.
#[cfg(feature = "schema")]
pub fn write() -> Outcome {
    use serde_json::Value;
    let (_, definitions) = crate::schema::definitions();
    let mut lines = Vec::new();
    for (name, schema) in &definitions {
        let (of, _) = crate::schema::short_name(name)?;
        let properties = schema.get("properties").and_then(Value::as_object);
        for (field, property) in properties.into_iter().flatten() {
            if let Some(text) = property.get("description").and_then(Value::as_str) {
                lines.push(format!(
                    "{of}.{field} {}\n",
                    text.trim().replace('\n', "\\n")
                ));
            }
        }
    }
    lines.sort();
    std::fs::write(path(), lines.concat()).map_err(|error| format!("cannot write {FILE}: {error}"))
}
