//! Applies the tables of `tests/architecture.rs` to sources.

use crate::paths::{self, Mention, What};
use crate::tree::Source;
use crate::{
    FOREIGN_FUNCTIONS, GENERATED, MACHINE_FOLDERS, MAX_LINES, MAY_USE, STRANGERS, WEB_CRATES,
    WEB_PLACES,
};

/// What breaks a rule, as `FILE:LINE: what is wrong`, once per line and reason.
pub fn violations(files: &[Source]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for file in files {
        machine_paths(file, &mut found);
        if file.path.ends_with(".rs") {
            look(file, &mut found);
        }
        if file.path.starts_with("src/") && file.path.ends_with(".rs") {
            imports(file, &mut found);
        }
    }
    found.dedup();
    found
}

fn look(file: &Source, found: &mut Vec<String>) {
    if !file.text.starts_with("//!") {
        let message = "must open with `//!` and say what it holds";
        found.push(format!("{}:1: {message}", file.path));
    }
    let lines = file.text.lines().count();
    if lines > MAX_LINES && !file.text.contains(GENERATED) {
        found.push(format!(
            "{}:1: {lines} lines; at most {MAX_LINES}",
            file.path
        ));
    }
}

fn machine_paths(file: &Source, found: &mut Vec<String>) {
    for (index, line) in file.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            let path = format!("/{folder}/");
            if line.contains(&path) {
                let message = format!("a path of somebody's machine: `{path}`");
                found.push(format!("{}:{}: {message}", file.path, index + 1));
            }
        }
    }
}

fn imports(file: &Source, found: &mut Vec<String>) {
    let module = module_path(&file.path);
    let mut report = |line: usize, message: String| {
        let violation = format!("{}:{line}: {message}", file.path);
        if !found.contains(&violation) {
            found.push(violation);
        }
    };
    if let Some(first) = module.first()
        && allowed(first).is_none()
    {
        let message = format!("`{first}` is not in the table of tests/architecture.rs");
        return report(1, message);
    }
    for Mention { line, what } in paths::mentions(&file.text, &module) {
        let message = match what {
            What::Path(path) => forbidden_path(&module, &path),
            What::Name(name) => forbidden_name(&file.path, &name),
            // A module's tests may lie in files of their own.
            What::SuperGlob if is_test(&file.path) => None,
            What::SuperGlob => {
                Some("names must be imported one by one, not by `super::*`".to_owned())
            }
            What::Foreign if file.path != FOREIGN_FUNCTIONS => Some(format!(
                "only {FOREIGN_FUNCTIONS} may declare foreign functions"
            )),
            What::Foreign => None,
        };
        if let Some(message) = message {
            report(line, message);
        }
    }
}

/// Whether the file at `path` holds tests only.
pub fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn forbidden_path(module: &[String], path: &[String]) -> Option<String> {
    if let (Some(here), Some(there)) = (stranger(module), stranger(path))
        && here != there
    {
        return Some(format!("{here} may not know {there}"));
    }
    let (from, to) = (module.first()?, path.first()?);
    // Names of the crate's root that are no modules of it are of no interest here.
    allowed(to)?;
    let is_allowed = from == to || allowed(from)?.contains(&to.as_str());
    (!is_allowed).then(|| format!("{from} may not use {to}"))
}

fn forbidden_name(file: &str, name: &str) -> Option<String> {
    let is_screen = WEB_PLACES.iter().any(|place| file.starts_with(place));
    (WEB_CRATES.contains(&name) && !is_screen)
        .then(|| format!("only the screen may mention `{name}`"))
}

/// Which of the modules that may not know one another `path` lies in.
fn stranger(path: &[String]) -> Option<&'static str> {
    let path = path.join("::");
    STRANGERS
        .iter()
        .copied()
        .find(|stranger| path == *stranger || path.starts_with(&format!("{stranger}::")))
}

fn allowed(module: &str) -> Option<&'static [&'static str]> {
    MAY_USE
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, allowed)| *allowed)
}

/// The module that a file of `src/` holds: `src/cluster/kubelet/mod.rs` is `cluster`, `kubelet`.
fn module_path(file: &str) -> Vec<String> {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(
        parts.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        parts.pop();
    }
    parts
}
