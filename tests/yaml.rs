//! The recordings of `kubectl apply --dry-run=server` on a real 1.36.2 cluster, and what the front end says of
//! the same texts.

#![cfg(not(target_arch = "wasm32"))]

use podarium::cluster::{ClusterConfig, World};
use podarium::kubectl;
use podarium::manifest::{self, Diagnostic};
use serde_json::Value;

/// `tests/golden/yaml.jsonl`: a text and what kubectl printed, a JSON object per line.
const RECORDINGS: &str = include_str!("golden/yaml.jsonl");

fn rows() -> impl Iterator<Item = Value> {
    RECORDINGS
        .lines()
        .map(|line| serde_json::from_str(line).expect("the recordings are JSON lines"))
}

/// Whether the API server refused a decoded object. Its validation has tests of its own.
fn is_refused_by_validation(row: &Value) -> bool {
    row["stderr"]
        .as_str()
        .unwrap_or_default()
        .contains(" is invalid: ")
}

#[test]
fn kubectl_says_what_the_real_one_said() {
    let world = World::new(&ClusterConfig::default());
    let mut wrong = Vec::new();
    let mut checked = 0;
    for row in rows().filter(|row| !is_refused_by_validation(row)) {
        let yaml = row["yaml"].as_str().unwrap_or_default();
        let have = kubectl::run(
            "apply --dry-run=server --validate=strict -f -",
            yaml,
            &mut world.clone(),
        );
        let same =
            have.stdout == row["stdout"] && have.stderr == row["stderr"] && have.code == row["rc"];
        checked += 1;
        if !same {
            wrong.push(format!(
                "{}: want {}{}have {}{}",
                row["id"], row["stdout"], row["stderr"], have.stdout, have.stderr
            ));
        }
    }
    assert!(checked > 80, "only {checked} recordings were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_front_end_finds_an_error_exactly_where_kubectl_or_the_server_does() {
    for row in rows().filter(|row| !is_refused_by_validation(row)) {
        let yaml = row["yaml"].as_str().unwrap_or_default();
        let stderr = row["stderr"].as_str().unwrap_or_default();
        // An object without a name is refused when kubectl looks for it, and an empty text has nothing to refuse.
        if stderr.contains("resource name may not be empty") || stderr.contains("no objects passed")
        {
            continue;
        }
        let found = manifest::read(yaml).diagnostics;
        let errors: Vec<&Diagnostic> = found.iter().filter(|one| one.is_error()).collect();
        assert_eq!(
            errors.is_empty(),
            row["rc"] == 0,
            "{}: {errors:?}",
            row["id"]
        );
        // Every cause that the server names is a problem of its own here, in the same words.
        for problem in errors {
            let detail = problem.detail.as_deref().unwrap_or_default();
            let words = detail.rsplit(": ").next().unwrap_or_default();
            let told = stderr.contains(words) || stderr.contains(detail);
            assert!(told, "{}: {detail:?} is not in {stderr:?}", row["id"]);
        }
    }
}
