//! Representative mistakes: where each is underlined, by which rule, and what its first fix does. The browser tests
//! look for the squiggles of the same texts.

#![cfg(not(target_arch = "wasm32"))]

use podarium::cluster::{ClusterConfig, World};
use podarium::manifest::{Diagnostic, read};
use podarium::session::verdict;

/// Texts with the underlined bytes in `⟦…⟧` and tabs as `→`; below each `=> CODE | TITLE OF THE FIRST FIX`.
const MISTAKES: &str = include_str!("mistakes.txt");

/// All errors of a text, in its order, as the editor shows them.
fn errors(text: &str, world: &World) -> Vec<Diagnostic> {
    let manifest = read(text);
    let mut found = manifest.diagnostics.clone();
    found.extend(verdict::of(text, &manifest, world));
    found.retain(Diagnostic::is_error);
    found
}

/// Whether this is the text's first error, and its fixes mend it.
fn check(case: &str, world: &World) -> Result<(), String> {
    let (title, rest) = case.split_once('\n').unwrap_or((case, ""));
    let (marked, expect) = rest
        .split_once("=> ")
        .ok_or(format!("{title}: no expectation"))?;
    let (code, fix) = expect
        .trim()
        .split_once(" |")
        .unwrap_or((expect.trim(), ""));
    let marked = marked.replace('→', "\t");
    let start = marked.find('⟦').ok_or(format!("{title}: no mark"))?;
    let end = marked.find('⟧').unwrap_or(start) - '⟦'.len_utf8();
    let text = marked.replace(['⟦', '⟧'], "");
    let found = errors(&text, world);
    let Some(problem) = found.first() else {
        return Err(format!("{title}: no error"));
    };
    let have = problem.fixes.first().map_or("", |fix| &fix.title);
    if (problem.code, problem.span.clone(), have) != (code, start..end, fix.trim()) {
        let under = &text[problem.span.clone()];
        return Err(format!(
            "{title}: {} under {under:?}, fix {have:?}",
            problem.code
        ));
    }
    for fix in &problem.fixes {
        let left = errors(&fix.apply(&text), world);
        if let Some(left) = left
            .iter()
            .find(|one| one.code == problem.code && one.path == problem.path)
        {
            return Err(format!(
                "{title}: still {} after {}",
                left.message, fix.title
            ));
        }
    }
    Ok(())
}

#[test]
fn mistakes_are_underlined_where_they_are_and_mended() {
    let world = World::new(&ClusterConfig::default());
    let cases: Vec<&str> = MISTAKES.split("=== ").skip(1).collect();
    assert!(cases.len() >= 30);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| check(case, &world).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
