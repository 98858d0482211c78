//! The recordings of a real 1.36.2 API server: every cause that it named has a place inside of its document, and
//! `podarium check` refuses what it refused.
//!
//! The recorded manifests are not part of this repository: the environment variable `PODARIUM_GOLDEN` names the folder
//! with `admission.jsonl.gz`. Without it the test says so and checks nothing; `mistakes.rs` covers the rules with texts
//! of our own.

#![cfg(not(target_arch = "wasm32"))]

use podarium::manifest::{cause, read};
use podarium::session::verdict;
use serde_json::Value;
use std::process::Command;

/// The recorded rows, if they are there.
fn rows() -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("PODARIUM_GOLDEN") else {
        println!("SKIPPED: PODARIUM_GOLDEN names no folder with recordings");
        return None;
    };
    let path = std::path::Path::new(&folder).join("admission.jsonl.gz");
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(&path)
        .output()
        .expect("gzip can be run");
    let text = String::from_utf8(unpacked.stdout).expect("the recordings are text");
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("the recordings are JSON lines"))
        .collect();
    assert!(
        rows.len() > 100,
        "{} has {} rows",
        path.display(),
        rows.len()
    );
    Some(rows)
}

#[test]
fn every_recorded_cause_has_a_place_in_its_document() {
    let Some(rows) = rows() else { return };
    let (mut checked, mut wrong) = (0, Vec::new());
    for row in rows {
        let text = row["yaml"].as_str().unwrap_or_default();
        let manifest = read(text);
        let Some(document) = manifest.documents.first() else {
            continue;
        };
        for one in row["status"]["causes"].as_array().into_iter().flatten() {
            let part = |name: &str| one[name].as_str().unwrap_or_default();
            let cause = cause::Cause {
                reason: part("reason"),
                field: part("field"),
                message: part("message"),
            };
            let found = cause::diagnose(text, document, cause);
            let inside = document.span.start <= found.span.start
                && found.span.end <= document.span.end
                && text
                    .get(found.span.clone())
                    .is_some_and(|shown| !shown.trim().is_empty());
            checked += 1;
            if !inside || found.message.is_empty() {
                wrong.push(format!(
                    "{}: {} at {:?}",
                    row["id"],
                    part("field"),
                    found.span
                ));
            }
        }
    }
    println!("{checked} causes");
    assert!(
        checked > 100 && wrong.is_empty(),
        "{} of {checked}: {}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn check_refuses_what_the_server_refused() {
    let Some(rows) = rows() else { return };
    let (mut same, mut other) = (0, Vec::new());
    for row in rows {
        let text = row["yaml"].as_str().unwrap_or_default();
        let manifest = read(text);
        // What the address of the request says is not in a file.
        let document = manifest.documents.first();
        let kind = document.and_then(|document| document.kind.as_deref());
        let version = document.and_then(|document| document.api_version.as_deref());
        if kind != row["posted_to"].as_str() || version.is_none_or(str::is_empty) {
            continue;
        }
        let judged = verdict::check(&[text]).remove(0);
        if judged.is_valid() == (row["code"] == 201) {
            same += 1;
        } else {
            other.push(row["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    println!(
        "{same} verdicts are the same, {} are not: {}",
        other.len(),
        other.join(" ")
    );
    // That the cluster lacks a service account or a priority class is a warning, as the files cannot tell.
    assert!(
        other.len() * 100 <= same,
        "more than one in a hundred verdicts differs: {other:?}"
    );
}
