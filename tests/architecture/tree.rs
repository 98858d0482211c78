//! Reads the repository's own text files.

use std::fs;
use std::path::Path;

/// A text file of the repository.
pub struct Source {
    /// From the root, with `/` between the parts.
    pub path: String,
    /// All of it.
    pub text: String,
}

const EXTENSIONS: &[&str] = &["css", "html", "js", "md", "mjs", "rs", "toml", "yml"];
const SKIPPED: &[&str] = &["dist", "node_modules", "target", "test-results"];

/// Every text file that people write, in order of their paths.
pub fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let entry = entry.expect("a folder of the repository can be listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            let hidden = name.starts_with('.') && name != ".github";
            if !hidden && !SKIPPED.contains(&name.as_str()) {
                collect(&entry.path(), &format!("{path}/"), found);
            }
        } else if EXTENSIONS.iter().any(|e| name.ends_with(&format!(".{e}"))) {
            let text = fs::read_to_string(entry.path()).expect("a source is UTF-8");
            found.push(Source { path, text });
        }
    }
}
