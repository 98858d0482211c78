//! The problems as SARIF 2.1.0, the format that code scanners exchange.

use super::{Checked, place, rules, word};
use podarium::manifest::{Diagnostic, Edit, LineIndex};
use serde_json::{Value, json};
use std::ops::Range;

/// One run with the rules that were broken and a result per problem.
pub fn show(checked: &[Checked]) -> String {
    let problems = checked.iter().flat_map(|one| &one.problems);
    let mut codes: Vec<&str> = problems.map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = checked
        .iter()
        .flat_map(|one| {
            let lines = LineIndex::new(&one.text);
            let codes = &codes;
            one.problems
                .iter()
                .map(move |problem| result(one, &lines, problem, codes))
                .collect::<Vec<_>>()
        })
        .collect();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code, "shortDescription": {"text": rules::description(code)}}))
        .collect();
    let whole = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "podarium",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{whole:#}\n")
}

fn result(one: &Checked, lines: &LineIndex<'_>, problem: &Diagnostic, codes: &[&str]) -> Value {
    let mut text = vec![problem.message.clone()];
    text.extend(
        problem
            .detail
            .as_ref()
            .map(|detail| format!("Kubernetes: {detail}")),
    );
    text.extend(problem.hints.iter().cloned());
    let artifact = json!({"uri": uri(&one.name)});
    let mut location = json!({
        "physicalLocation": {"artifactLocation": artifact, "region": region(lines, &problem.span)},
    });
    if let Some(path) = problem.path.as_deref().filter(|path| !path.is_empty()) {
        location["logicalLocations"] = json!([{"fullyQualifiedName": path, "kind": "member"}]);
    }
    let mut result = json!({
        "ruleId": problem.code,
        "ruleIndex": codes.binary_search(&problem.code).unwrap_or_default(),
        "level": word(problem.severity),
        "message": {"text": text.join("\n")},
        "locations": [location],
    });
    let fixes: Vec<Value> = problem
        .fixes
        .iter()
        .map(|fix| {
            let replacements: Vec<Value> = fix
                .edits
                .iter()
                .map(|edit| replacement(lines, edit))
                .collect();
            json!({
                "description": {"text": fix.title},
                "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
            })
        })
        .collect();
    if !fixes.is_empty() {
        result["fixes"] = fixes.into();
    }
    result
}

fn replacement(lines: &LineIndex<'_>, edit: &Edit) -> Value {
    json!({"deletedRegion": region(lines, &edit.span), "insertedContent": {"text": edit.text}})
}

fn region(lines: &LineIndex<'_>, span: &Range<usize>) -> Value {
    let [line, column, end_line, end_column] = place(lines, span);
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// A path as a URI reference: `/` between the parts, everything unusual escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
