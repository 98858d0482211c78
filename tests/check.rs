//! `podarium check` as a pipeline calls it: exit codes, folders, standard input, formats.

#![cfg(not(target_arch = "wasm32"))]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: team}\n";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";
const REFUSED: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}]}\n";

fn podarium(arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podarium"))
        .arg("check")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("it has a standard input");
    input.write_all(stdin.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

/// A folder with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// The exit code, and whether standard output has this in it.
fn check(arguments: &[&str], stdin: &str, code: i32, words: &str) {
    let output = podarium(arguments, stdin);
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {out}{error}"
    );
    assert!(
        format!("{out}{error}").contains(words),
        "{arguments:?}: {out}{error}"
    );
}

#[test]
fn a_refusal_exits_with_1_and_anything_else_with_0() {
    check(
        &["-"],
        NAMESPACE,
        0,
        "1 object, 0 errors, 0 warnings, 0 notes",
    );
    check(
        &["-"],
        REFUSED,
        1,
        "error[field-required]: `image` is missing\n  --> STDIN:4:22",
    );
    // Surprising is not refused.
    check(
        &["-"],
        &REFUSED.replace("name: c", "name: c, image: busybox"),
        0,
        "warning[ends-and-restarts]",
    );
    check(&["-"], "", 0, "0 objects");
    check(&[], "", 1, "name the files to check");
    check(&["--output", "xml", "-"], "", 1, "unknown output \"xml\"");
    check(&["no-such-file.yaml"], "", 1, "no-such-file.yaml");
}

#[test]
fn the_files_of_a_folder_belong_together() {
    let both = folder(
        "together",
        &[
            ("a/map.yaml", GOOD),
            ("b/namespace.yml", NAMESPACE),
            ("notes.txt", "x: ["),
        ],
    );
    check(
        &[&both.to_string_lossy()],
        "",
        0,
        "2 objects, 0 errors, 0 warnings",
    );
    let alone = folder("alone", &[("map.yaml", GOOD)]);
    check(
        &[&alone.to_string_lossy()],
        "",
        0,
        "warning[not-in-files]: No file makes the namespace `team`",
    );
}

#[test]
fn every_output_has_the_refusal() {
    check(
        &["--output=json", "-"],
        REFUSED,
        1,
        "\"code\": \"field-required\"",
    );
    check(
        &["--output", "sarif", "-"],
        REFUSED,
        1,
        "\"ruleId\": \"field-required\"",
    );
    check(
        &["-o", "github", "-"],
        REFUSED,
        1,
        "::error file=STDIN,line=4,endLine=4,col=22,",
    );
    check(
        &["--output", "text", "-"],
        REFUSED,
        1,
        "Kubernetes: spec.containers[0].image: Required value",
    );
}
