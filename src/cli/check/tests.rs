//! The outputs for one broken file and one that is only surprising.

use super::{Checked, check, count, files, github, json, rules, sarif};
use expect_test::{Expect, expect};
use serde_json::Value;

const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: é}\nspec:\n  contaners: []\n";
const SURPRISING: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: busybox}\n";

fn checked() -> Vec<Checked> {
    let text = |name: &str, text: &str| files::Text {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    check(vec![
        text("a b/broken.yaml", BROKEN),
        text("surprising.yaml", SURPRISING),
    ])
}

fn shown(have: &str, expect: &Expect) {
    expect.assert_eq(have);
}

#[test]
fn github_shows_problems_at_lines() {
    shown(
        &github::show(&checked()),
        &expect![[r#"
            ::error file=a b/broken.yaml,line=5,endLine=5,col=3,endColumn=12,title=unknown-field::`spec` has no field `contaners`%0Astrict decoding error: unknown field "spec.contaners"%0ADid you mean `containers`?
            ::warning file=surprising.yaml,line=6,endLine=6,col=15,endColumn=20,title=ends-and-restarts::The main process ends with 0 and is restarted for ever: CrashLoopBackOff%0ArestartPolicy Always is for what runs for ever; a task that ends belongs into a Job, or a pod with restartPolicy OnFailure
        "#]],
    );
}

#[test]
fn json_has_ranges_and_fixes() {
    let all = checked();
    let whole: Value = serde_json::from_str(&json::show(&all, count(&all))).expect("it is JSON");
    let first = &whole["files"][0]["problems"][0];
    assert_eq!(first["fixes"][0]["edits"][0]["text"], "containers");
    // The é has two bytes.
    assert_eq!(
        first["range"]["offset"],
        BROKEN.find("contaners").expect("it is there")
    );
    assert_eq!(first["range"]["column"], 3);
    assert_eq!(whole["summary"]["errors"], 1);
    assert_eq!(whole["summary"]["warnings"], 1);
}

/// What the schema of SARIF 2.1.0 requires of the objects that are written here.
#[test]
fn sarif_has_the_structure_of_its_schema() {
    let all = checked();
    let whole: Value = serde_json::from_str(&sarif::show(&all)).expect("it is JSON");
    assert_eq!(whole["version"], "2.1.0");
    let run = &whole["runs"][0];
    assert!(run["tool"]["driver"]["name"].is_string());
    let ids = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("a list of rules");
    let results = run["results"].as_array().expect("a list of results");
    assert_eq!(
        results.len(),
        all.iter().map(|one| one.problems.len()).sum::<usize>()
    );
    for result in results {
        assert!(result["message"]["text"].is_string());
        assert!(
            ["error", "warning", "note"].contains(&result["level"].as_str().unwrap_or_default())
        );
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(ids[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"]
            .as_str()
            .unwrap_or_default();
        assert!(
            ["a%20b/broken.yaml", "surprising.yaml"].contains(&uri),
            "{uri}"
        );
        for corner in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(
                place["region"][corner]
                    .as_u64()
                    .is_some_and(|number| number > 0)
            );
        }
        for fix in result["fixes"].as_array().into_iter().flatten() {
            let change = &fix["artifactChanges"][0];
            assert!(change["replacements"][0]["deletedRegion"]["startLine"].is_u64());
        }
    }
}

#[test]
fn every_code_has_a_description() {
    let texts = [
        BROKEN,
        SURPRISING,
        "a: [\n",
        "&a\n- *b\n",
        "kind: Pod\n",
        include_str!("../../../scenarios/02-shared-volume-broken.yaml"),
        include_str!("../../../scenarios/06-liveness-wrong-port.yaml"),
        include_str!("../../../scenarios/12-configured-pod.yaml"),
    ];
    for text in texts {
        for problem in podarium::session::verdict::check(&[text])
            .remove(0)
            .diagnostics
        {
            assert_ne!(rules::description(problem.code), problem.code);
        }
    }
}
