//! Mutated manifests: the front end never panics, hangs or grows without bounds, and points into the text whatever
//! it is given.
//!
//! `PODARIUM_FUZZ_TEXTS=10000000 cargo test --profile fuzz --test manifest_fuzz -- --nocapture` tries so many texts,
//! from `PODARIUM_FUZZ_SEED` on, and says how it goes.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::disallowed_types, reason = "it measures how long texts take")]

use podarium::cluster::{ClusterConfig, World};
use podarium::kernel::Rng;
use podarium::manifest::{self, Diagnostic, assist, path};
use podarium::session::verdict;
use std::time::{Duration, Instant};

/// Texts to begin with.
const SEEDS: &[&str] = &[
    include_str!("../scenarios/01-two-pods.yaml"),
    include_str!("../scenarios/02-shared-volume-broken.yaml"),
    include_str!("../scenarios/04-key-properties-broken.yaml"),
    include_str!("../scenarios/09-replicaset.yaml"),
    include_str!("../scenarios/12-configured-pod.yaml"),
    include_str!("../scenarios/14-probes-and-gate.yaml"),
    "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n",
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  completionMode: Indexed\n  successPolicy: {rules: \
        [{succeededIndexes: '0'}]}\n  template:\n    spec:\n      containers: [{name: c, image: i}]\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\"}]}}",
    "apiVersion: v1\nkind: List\nitems:\n- &a {kind: Pod, apiVersion: v1}\n- *a\n- <<: *a\n  x: 😀é\n",
];

/// Pieces that YAML reads in a way of its own.
const PIECES: &[&str] = &[
    "\t",
    " ",
    "  ",
    "\n",
    "\r\n",
    ":",
    ": ",
    "- ",
    "? ",
    "#",
    "'",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    "|",
    ">",
    "|2-\n",
    "&a",
    "*a",
    "!!int ",
    "!",
    "%",
    "@",
    "`",
    "---\n",
    "--- x\n",
    "...\n",
    "<<: *a",
    "~",
    "é",
    "😀",
    "\u{feff}",
    "\u{2028}",
    "\0",
    "\u{7f}",
    "\\x4",
    "\\u0041",
    ".inf",
    "0x",
    "1e999",
    "yes",
    "spec:",
    "containers:",
    "%YAML 1.1\n",
];

fn mutate(text: &str, rng: &mut Rng) -> String {
    let mut text = text.to_owned();
    for _ in 0..=rng.below(4) {
        let place = |rng: &mut Rng, text: &str| {
            text.floor_char_boundary(rng.below(text.len() as u64 + 1) as usize)
        };
        let (a, b) = (place(rng, &text), place(rng, &text));
        match rng.below(4) {
            0 => text.insert_str(a, rng.pick(PIECES).copied().unwrap_or_default()),
            1 => {
                let end = text.floor_char_boundary((a + rng.below(6) as usize).min(text.len()));
                text.replace_range(a..end.max(a), "");
            }
            2 => {
                let line = text[a.min(b)..a.max(b)]
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                text.insert_str(a, &line);
            }
            _ => text.truncate(a.max(b)),
        }
    }
    text
}

/// How long one text may take. The slowest take some milliseconds; a machine with other work may let a test wait.
const PATIENCE: Duration = Duration::from_secs(30);

fn check(text: &str, world: &World) -> Result<(), String> {
    let manifest = manifest::read(text);
    manifest
        .diagnostics
        .iter()
        .try_for_each(|one| is_inside(text, one))?;
    verdict::of(text, &manifest, world)
        .iter()
        .try_for_each(|one| is_inside(text, one))?;
    let offset = text.floor_char_boundary(text.len() / 2);
    for document in &manifest.documents {
        let path = path::at(&document.tree, offset);
        let span = document.locate(&path);
        text.get(span.clone())
            .ok_or_else(|| format!("{path} is at {span:?}, no part of the text"))?;
    }
    let completion = assist::complete(text, offset);
    let places = [
        Some(completion.span),
        assist::hover(text, &manifest, offset).map(|one| one.span),
        assist::definition(&manifest, offset),
    ];
    for span in places.into_iter().flatten() {
        text.get(span.clone())
            .ok_or_else(|| format!("the editor is pointed to {span:?}, no part of the text"))?;
    }
    // It reads the text twice more, so some texts stand for all.
    if text.len().is_multiple_of(8)
        && let Some(formatted) = assist::format(text)
    {
        let objects = |text: &str| manifest::read(text).documents.len();
        if objects(&formatted) != manifest.documents.len() {
            return Err(format!("putting it in order changes it to {formatted:?}"));
        }
    }
    // kubectl's way through the text accepts what the front end accepts.
    let visit = manifest::visit::visit(text, "STDIN");
    let refused =
        !visit.failures.is_empty() || visit.objects.iter().any(|one| one.refusal.is_some());
    if manifest.is_valid() && refused {
        return Err(format!("valid, but kubectl says {:?}", visit.failures));
    }
    // What kubectl would send is told only for limits of the simulation.
    let own = ["kind-not-simulated", "nested-too-deep", "text-too-long"];
    let told = manifest
        .diagnostics
        .iter()
        .find(|one| one.is_error() && !own.contains(&one.code));
    if let Some(problem) = told.filter(|_| !refused) {
        return Err(format!("kubectl has nothing to say to {problem:?}"));
    }
    Ok(())
}

/// Whether a problem and its fixes lie in the text.
fn is_inside(text: &str, problem: &Diagnostic) -> Result<(), String> {
    let spans = problem
        .fixes
        .iter()
        .flat_map(|fix| &fix.edits)
        .map(|edit| &edit.span);
    for span in spans.chain([&problem.span]) {
        text.get(span.clone())
            .ok_or_else(|| format!("{span:?} is no part of the text: {problem:?}"))?;
    }
    for fix in &problem.fixes {
        let rising = fix
            .edits
            .windows(2)
            .all(|pair| pair[0].span.end <= pair[1].span.start);
        rising
            .then_some(())
            .ok_or_else(|| format!("overlapping edits: {problem:?}"))?;
    }
    Ok(())
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn mutated_manifests_never_panic_and_spans_stay_inside() {
    let (first, count) = (
        variable("PODARIUM_FUZZ_SEED", 0),
        variable("PODARIUM_FUZZ_TEXTS", 1_500),
    );
    let world = World::new(&ClusterConfig::default());
    let begin = Instant::now();
    let mut slowest = Duration::ZERO;
    for seed in first..first + count {
        let mut rng = Rng::new(seed);
        let start = rng.pick(SEEDS).copied().unwrap_or_default();
        let text = mutate(start, &mut rng);
        let started = Instant::now();
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&text, &world)));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => panic!("seed {seed}: {problem}\n{text:?}"),
            Err(_) => panic!("seed {seed} panics\n{text:?}"),
        }
        slowest = slowest.max(started.elapsed());
        assert!(
            slowest < PATIENCE,
            "seed {seed} takes {slowest:?}\n{text:?}"
        );
        let done = seed - first + 1;
        if done % 100_000 == 0 {
            let memory = peak_memory();
            println!(
                "{done} texts in {:?}, slowest {slowest:?}, {memory}",
                begin.elapsed()
            );
        }
    }
}

/// The most memory that this process ever had, where the system says it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("memory not known")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first error of a text that is too much, which is told within seconds.
fn too_much(text: &str, code: &str) {
    let started = Instant::now();
    let problems = manifest::read(text).diagnostics;
    let first = problems
        .iter()
        .find(|one| one.is_error())
        .expect("it is refused");
    assert_eq!(first.code, code, "{}", first.message);
    assert!(first.message.len() < 200 && first.span.len() < 200);
    assert!(
        started.elapsed() < PATIENCE,
        "{code} takes {:?}",
        started.elapsed()
    );
}

#[test]
fn what_is_too_much_gets_a_clear_message() {
    too_much(&"[".repeat(100_000), "nested-too-deep");
    too_much(
        &format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
        "nested-too-deep",
    );
    let steps: String = (0..1_500)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    too_much(&steps, "nested-too-deep");
    let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "b{level}: &a{level} [{}]\n",
            [before.as_str(); 9].join(", ")
        ));
    }
    too_much(&bomb, "excessive-aliases");
    let line = "  key: a value that somebody pasted\n";
    let paste = format!(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n{}",
        line.repeat(5_000_000 / line.len())
    );
    too_much(&paste, "text-too-long");
    too_much(&"x".repeat(5_000_000), "text-too-long");
}

#[test]
fn five_megabytes_of_objects_are_read_in_time() {
    let object = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: b\n";
    let started = Instant::now();
    let manifest = manifest::read(&object.repeat(5_000_000 / object.len()));
    println!("5 MB of objects: {:?}", started.elapsed());
    assert!(manifest.is_valid());
    assert!(started.elapsed() < PATIENCE);
}
