//! Mutated manifests: the front end never panics, and points into the text whatever it is given.

#![cfg(not(target_arch = "wasm32"))]

use podarium::kernel::Rng;
use podarium::manifest::{self, Diagnostic, path};

/// Texts to begin with.
const SEEDS: &[&str] = &[
    include_str!("../scenarios/01-two-pods.yaml"),
    include_str!("../scenarios/02-shared-volume-broken.yaml"),
    include_str!("../scenarios/04-key-properties-broken.yaml"),
    include_str!("../scenarios/09-replicaset.yaml"),
    include_str!("../scenarios/12-configured-pod.yaml"),
    include_str!("../scenarios/14-probes-and-gate.yaml"),
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

fn check(text: &str) -> Result<(), String> {
    let whole = |problem: &Diagnostic| -> Result<(), String> {
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
    };
    let manifest = manifest::read(text);
    manifest.diagnostics.iter().try_for_each(whole)?;
    for document in &manifest.documents {
        let offset = text.len() / 2;
        let path = path::at(&document.tree, offset);
        let span = document.locate(&path);
        text.get(span.clone())
            .ok_or_else(|| format!("{path} is at {span:?}, no part of the text"))?;
    }
    // kubectl's way through the text accepts what the front end accepts.
    let visit = manifest::visit::visit(text, "STDIN");
    let refused =
        !visit.failures.is_empty() || visit.objects.iter().any(|one| one.refusal.is_some());
    if manifest.is_valid() && refused {
        return Err(format!("valid, but kubectl says {:?}", visit.failures));
    }
    // What kubectl would send is told only for limits of the simulation.
    let own = ["kind-not-simulated", "nested-too-deep"];
    let told = manifest
        .diagnostics
        .iter()
        .find(|one| one.is_error() && !own.contains(&one.code));
    if let Some(problem) = told.filter(|_| !refused) {
        return Err(format!("kubectl has nothing to say to {problem:?}"));
    }
    Ok(())
}

#[test]
fn mutated_manifests_never_panic_and_spans_stay_inside() {
    for seed in 0..1_500 {
        let mut rng = Rng::new(seed);
        let start = rng.pick(SEEDS).copied().unwrap_or_default();
        let text = mutate(start, &mut rng);
        let outcome = std::panic::catch_unwind(|| check(&text));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => panic!("seed {seed}: {problem}\n{text:?}"),
            Err(_) => panic!("seed {seed} panics\n{text:?}"),
        }
    }
}
