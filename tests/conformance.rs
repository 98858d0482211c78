//! The API server's and kubectl's answers against the recordings of a real 1.36.2 cluster.
//!
//! The recordings lie outside the repository: their manifests come from public collections. They are read from the
//! folder that `PODARIUM_GOLDEN` names; where there is none, the tests say so and pass. The rules themselves are
//! tested beside their code. `docs/differences.md` lists what differs still, and why.

#![cfg(not(target_arch = "wasm32"))]

use podarium::manifest::{self, path};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Fields that differ from one server to the next: allocated addresses and ports, random names.
const RANDOM: [&str; 9] = [
    "clusterIP",
    "clusterIPs",
    "nodePort",
    "healthCheckNodePort",
    "uid",
    "generateName",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "time",
];

#[test]
fn the_api_server_answers_as_the_real_one_did() {
    let Some(rows) = recordings("admission.jsonl.gz") else {
        return;
    };
    let answers = answers(&rows, &["admit"]);
    let nothing = json!({"code": -1});
    let mut score = Score::default();
    for row in rows.iter().filter(|row| row["code"] != 0) {
        let id = row["id"].as_str().unwrap_or_default();
        let answer = answers.get(id).unwrap_or(&nothing);
        let accepted = |row: &Value| {
            row["code"]
                .as_i64()
                .is_some_and(|code| (1..300).contains(&code))
        };
        score.count("verdict", id, accepted(answer) == accepted(row));
        if accepted(row) {
            let same = comparable(&row["object"]) == comparable(&answer["object"]);
            score.count("object", id, same);
        } else {
            let (status, text) = (&row["status"], |json: &Value| {
                without_bytes(&json["message"])
            });
            score.count("message", id, text(status) == text(answer));
            score.count(
                "causes",
                id,
                causes(&status["causes"]) == causes(&answer["causes"]),
            );
        }
    }
    score.expect(&[
        ("verdict", 995),
        ("message", 970),
        ("causes", 980),
        ("object", 980),
    ]);
}

#[test]
fn kubectl_answers_as_the_real_one_did() {
    let Some(rows) = recordings("yaml.jsonl.gz") else {
        return;
    };
    let answers = answers(&rows, &["admit", "--kubectl"]);
    let mut score = Score::default();
    for row in &rows {
        let id = row["id"].as_str().unwrap_or_default();
        let answer = answers.get(id).unwrap_or(&Value::Null);
        score.count("rc", id, answer["rc"] == row["rc"]);
        let same = ["stdout", "stderr"]
            .iter()
            .all(|stream| answer[*stream] == row[*stream]);
        score.count("text", id, same);
    }
    score.expect(&[("rc", 990), ("text", 950)]);
}

/// A cause can be shown in the editor, whatever field it is of and whether or not the text has that field.
#[test]
fn every_cause_has_a_place_in_its_document() {
    let Some(rows) = recordings("admission.jsonl.gz") else {
        return;
    };
    let mut checked = 0;
    for row in &rows {
        let text = row["yaml"].as_str().unwrap_or_default();
        let read = manifest::read(text);
        let Some(document) = read.documents.first() else {
            continue;
        };
        for cause in row["status"]["causes"].as_array().into_iter().flatten() {
            let field = cause["field"].as_str().unwrap_or_default();
            let span = path::locate_head(text, &document.tree, field);
            let shown = text.get(span.clone());
            let (id, what) = (&row["id"], format!("{field} at {span:?} of {}", text.len()));
            assert!(
                shown.is_some_and(|shown| !shown.trim().is_empty()),
                "{id}: {what}"
            );
            checked += 1;
        }
    }
    assert!(checked > 500, "only {checked} causes were found");
}

/// The rows of a file, or `None` where the recordings are not at hand.
fn recordings(file: &str) -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("PODARIUM_GOLDEN") else {
        eprintln!("SKIPPED: PODARIUM_GOLDEN names no folder with {file}");
        return None;
    };
    let path = std::path::Path::new(&folder).join(file);
    let opened = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(opened);
    decoder
        .read_to_string(&mut text)
        .expect("the recordings are gzipped text");
    let row = |line| serde_json::from_str(line).expect("the recordings are JSON lines");
    Some(text.lines().map(row).collect())
}

/// What the program answers to the questions in the rows, by id.
fn answers(rows: &[Value], arguments: &[&str]) -> BTreeMap<String, Value> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_podarium"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program was built for this test");
    let mut questions = String::new();
    for row in rows {
        let question = json!({"id": row["id"], "yaml": row["yaml"], "posted_to": row["posted_to"]});
        questions.push_str(&format!("{question}\n"));
    }
    let mut stdin = program.stdin.take().expect("it is piped");
    // Written beside, for the program answers while it reads.
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = program
        .wait_with_output()
        .expect("the program ends with its input");
    writer
        .join()
        .expect("writing does not panic")
        .expect("the program reads all questions");
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| {
            let answer: Value = serde_json::from_str(line).expect("answers are JSON lines");
            (answer["id"].as_str().unwrap_or_default().to_owned(), answer)
        })
        .collect()
}

/// How many of how many rows are right, by what was compared.
#[derive(Default)]
struct Score {
    counts: BTreeMap<&'static str, (usize, usize)>,
    wrong: BTreeMap<&'static str, Vec<String>>,
}

impl Score {
    fn count(&mut self, what: &'static str, id: &str, right: bool) {
        let (good, all) = self.counts.entry(what).or_default();
        *good += usize::from(right);
        *all += 1;
        if !right {
            self.wrong.entry(what).or_default().push(id.to_owned());
        }
    }

    /// Holds each figure to a minimum in thousandths.
    fn expect(&self, least: &[(&str, usize)]) {
        let mut short = Vec::new();
        for (what, least) in least {
            let (good, all) = self.counts.get(what).copied().unwrap_or_default();
            println!("{what} {good}/{all}");
            if all == 0 || good * 1000 < all * least {
                let wrong = self.wrong.get(what).map(Vec::as_slice).unwrap_or_default();
                short.push(format!(
                    "{what}: {good} of {all} are right, wrong are {}",
                    wrong.join(" ")
                ));
            }
        }
        assert!(short.is_empty(), "{}", short.join("\n"));
    }
}

/// Fields and reasons, in any order.
fn causes(causes: &Value) -> Vec<(&str, &str)> {
    fn text<'a>(cause: &'a Value, field: &str) -> &'a str {
        cause[field].as_str().unwrap_or_default()
    }
    let all = causes.as_array().into_iter().flatten();
    let mut all: Vec<_> = all
        .map(|cause| (text(cause, "field"), text(cause, "reason")))
        .collect();
    all.sort_unstable();
    all
}

/// A message without the first bytes of the body, which depend on how the recording was sent.
fn without_bytes(message: &Value) -> String {
    let message = message.as_str().unwrap_or_default();
    match message.rsplit_once('(') {
        Some((before, bytes)) if bytes.ends_with(" ...)") => before.to_owned(),
        _ => message.to_owned(),
    }
}

/// An object without what is random, and without what is empty.
fn comparable(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
        metadata.remove("creationTimestamp");
        if metadata.contains_key("generateName") {
            metadata.remove("name");
        }
    }
    without_random(&object).unwrap_or(Value::Null)
}

/// `None` for what is empty.
fn without_random(json: &Value) -> Option<Value> {
    match json {
        Value::Null => None,
        Value::Object(map) => {
            let random: BTreeSet<&str> = RANDOM.into_iter().collect();
            let kept = map.iter().filter(|(key, _)| !random.contains(key.as_str()));
            let kept: Map<String, Value> = kept
                .filter_map(|(key, value)| Some((key.clone(), without_random(value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(list) => {
            let token = |item: &&Value| {
                item["name"]
                    .as_str()
                    .is_some_and(|name| name.starts_with("kube-api-access-"))
            };
            let kept: Vec<Value> = list
                .iter()
                .filter(|item| !token(item))
                .map(|item| without_random(item).unwrap_or(Value::Null))
                .collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        other => Some(other.clone()),
    }
}
