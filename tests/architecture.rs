//! Holds the sources to the rules of ARCHITECTURE.md: who may use whom, and what a file looks like.
//!
//! The rules are the tables below; `architecture/` reads the sources and applies them.
#![cfg(not(target_arch = "wasm32"))]

#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/tree.rs"]
mod tree;

/// Each module of `src/` with the modules that it may use. A module that is missing here is a
/// violation too: new ones take their place on purpose. Where a neighbour's interface speaks in types
/// of a module further down, the neighbour re-exports them (`cluster::Change`, `session::cluster`).
const MAY_USE: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("api", &[]),
    ("manifest", &["api"]),
    ("apiserver", &["api", "kernel"]),
    ("cluster", &["apiserver", "api", "kernel"]),
    ("history", &["cluster", "api", "kernel"]),
    (
        "kubectl",
        &["cluster", "apiserver", "manifest", "api", "kernel"],
    ),
    (
        "lesson",
        &[
            "kubectl",
            "cluster",
            "apiserver",
            "manifest",
            "api",
            "kernel",
        ],
    ),
    ("share", &["history", "api", "kernel"]),
    (
        "session",
        &[
            "share",
            "lesson",
            "kubectl",
            "history",
            "cluster",
            "apiserver",
            "manifest",
            "api",
            "kernel",
        ],
    ),
    ("web", &["session", "api", "kernel"]),
    ("cli", &["session", "kubectl", "manifest", "api", "kernel"]),
];

/// Modules that may not mention one another: they meet in the store.
const STRANGERS: &[&str] = &[
    "cluster::scheduler",
    "cluster::controllers",
    "cluster::kubelet",
];

/// Crates that exist in a browser only, and the places that may mention them.
const WEB_CRATES: &[&str] = &[
    "gloo",
    "js_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "web_sys",
    "yew",
];
const WEB_PLACES: &[&str] = &["src/web/", "src/main.rs"];

/// The only file that declares JavaScript functions.
const FOREIGN_FUNCTIONS: &str = "src/web/bindings.rs";

/// The longest a source file may be, in lines, unless it says that it is generated.
const MAX_LINES: usize = 600;
const GENERATED: &str = "// @generated";

/// The longest that half of the files of `src/` may be, in lines, their tests not counted.
const MAX_MEDIAN_LINES: usize = 150;

/// Folders of the machines that people work on; nothing in the repository depends on one.
const MACHINE_FOLDERS: &[&str] = &["home", "Users", "work"];

#[test]
fn the_sources_keep_the_rules() {
    let files = tree::sources();
    assert!(files.len() > 10, "the sources were not found");
    let violations = rules::violations(&files);
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn half_of_the_files_are_short() {
    let mut lines: Vec<usize> = tree::sources()
        .iter()
        .filter(|file| file.path.starts_with("src/") && file.path.ends_with(".rs"))
        .filter(|file| !file.text.contains(GENERATED) && !rules::is_test(&file.path))
        .map(|file| {
            let code = file.text.split("#[cfg(test)]\nmod tests {").next();
            code.unwrap_or_default().lines().count()
        })
        .collect();
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(
        median <= MAX_MEDIAN_LINES,
        "the median file has {median} lines"
    );
}

/// Checks what the rules say of one file with `text` (under a first line that every file has).
fn check(path: &str, text: &str, expect: &[&str]) {
    let file = tree::Source {
        path: path.to_owned(),
        text: format!("//! A file.\n{text}\n"),
    };
    assert_eq!(rules::violations(&[file]), expect, "{path}: {text}");
}

#[test]
fn a_forbidden_import_is_reported() {
    let message = "src/kernel/queue.rs:2: kernel may not use cluster";
    for text in [
        "use crate::cluster::World;",
        "use crate::{cluster::World, kernel::Queue};",
        "use crate::{\n};use super::super::cluster;",
        "fn f() { let world = crate::cluster::World::default(); }",
        "fn f() { assert!(crate::cluster::World::is_ready()); }",
        "mod tests { use super::super::super::cluster::World; }",
    ] {
        let expect = message.replace(":2:", if text.contains('\n') { ":3:" } else { ":2:" });
        check("src/kernel/queue.rs", text, &[&expect]);
    }
    check(
        "src/web/stage.rs",
        "use podarium::{session::Session, cluster};",
        &["src/web/stage.rs:2: web may not use cluster"],
    );
    check(
        "src/extra.rs",
        "use crate::kernel::Queue;",
        &["src/extra.rs:1: `extra` is not in the table of tests/architecture.rs"],
    );
}

#[test]
fn an_allowed_import_is_not_reported() {
    check("src/cluster/world.rs", "use crate::apiserver::Store;", &[]);
    check(
        "src/cluster/world.rs",
        "use super::scheduler::Scheduler;",
        &[],
    );
    check("src/web/stage.rs", "use crate::web::cell::Cell;", &[]);
    check("src/kernel/queue.rs", "use super::time::SimTime;", &[]);
    check("src/kernel/queue.rs", "mod tests { use super::*; }", &[]);
    check("src/kernel/queue.rs", "// use crate::cluster::World;", &[]);
    check(
        "src/kernel/queue.rs",
        "const A: &str = \"crate::cluster\";",
        &[],
    );
}

#[test]
fn strangers_are_reported() {
    let expect = "src/cluster/scheduler/mod.rs:2: cluster::scheduler may not know cluster::kubelet";
    check(
        "src/cluster/scheduler/mod.rs",
        "use crate::cluster::kubelet::Kubelet;",
        &[expect],
    );
    check(
        "src/cluster/scheduler/mod.rs",
        "use super::{kubelet, faults};",
        &[expect],
    );
}

#[test]
fn web_crates_outside_of_the_screen_are_reported() {
    let expect = "src/session/mod.rs:2: only the screen may mention `web_sys`";
    check("src/session/mod.rs", "use web_sys::Window;", &[expect]);
    check(
        "src/session/mod.rs",
        "fn f() -> web_sys::Window { g() }",
        &[expect],
    );
    check("src/web/stage.rs", "use web_sys::Window;", &[]);
    check(
        "src/main.rs",
        "fn main() { yew::Renderer::<App>::new().render(); }",
        &[],
    );
}

#[test]
fn foreign_functions_outside_of_the_boundary_are_reported() {
    let text = "extern \"C\" { fn now() -> f64; }";
    let expect = "src/web/stage.rs:2: only src/web/bindings.rs may declare foreign functions";
    check("src/web/stage.rs", text, &[expect]);
    check("src/web/bindings.rs", text, &[]);
}

#[test]
fn globs_across_files_are_reported() {
    let expect = "src/kernel/queue.rs:2: names must be imported one by one, not by `super::*`";
    check("src/kernel/queue.rs", "use super::*;", &[expect]);
    check("src/kernel/queue/tests.rs", "use super::*;", &[]);
}

#[test]
fn the_look_of_a_file_is_checked() {
    let long = "\n".repeat(MAX_LINES);
    let expect = "src/kernel/queue.rs:1: 601 lines; at most 600";
    check("src/kernel/queue.rs", &long[1..], &[expect]);
    check("src/kernel/queue.rs", &format!("{GENERATED}{long}"), &[]);
    let folder = format!("/{}/", MACHINE_FOLDERS[0]);
    let expect = format!("README.md:2: a path of somebody's machine: `{folder}`");
    check("README.md", &format!("see {folder}me"), &[&expect]);
    let bare = tree::Source {
        path: "src/kernel/queue.rs".to_owned(),
        text: "use std::fmt;\n".to_owned(),
    };
    let expect = "src/kernel/queue.rs:1: must open with `//!` and say what it holds";
    assert_eq!(rules::violations(&[bare]), [expect]);
}
