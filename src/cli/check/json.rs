//! The problems as one JSON object, for programs.

use super::{Checked, Counts, place, word};
use podarium::manifest::{Diagnostic, Fix, LineIndex};
use serde_json::{Value, json};
use std::ops::Range;

/// `{"files": [{"path", "objects", "problems": […]}], "summary": {…}}`. Lines and columns count from 1, columns in
/// characters; `offset` and `length` are bytes.
pub fn show(checked: &[Checked], counts: Counts) -> String {
    let files: Vec<Value> = checked.iter().map(file).collect();
    let whole = json!({
        "files": files,
        "summary": {
            "objects": counts.objects, "errors": counts.errors, "warnings": counts.warnings, "notes": counts.notes,
        },
    });
    format!("{whole:#}\n")
}

fn file(one: &Checked) -> Value {
    let lines = LineIndex::new(&one.text);
    let problems: Vec<Value> = one
        .problems
        .iter()
        .map(|each| problem(&lines, each))
        .collect();
    json!({"path": one.name, "objects": one.objects, "problems": problems})
}

fn problem(lines: &LineIndex<'_>, problem: &Diagnostic) -> Value {
    let fixes: Vec<Value> = problem.fixes.iter().map(|one| fix(lines, one)).collect();
    json!({
        "code": problem.code,
        "severity": word(problem.severity),
        "message": problem.message,
        "kubernetes": problem.detail,
        "field": problem.path,
        "hints": problem.hints,
        "fixes": fixes,
        "range": range(lines, &problem.span),
    })
}

fn fix(lines: &LineIndex<'_>, fix: &Fix) -> Value {
    let edits: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| json!({"range": range(lines, &edit.span), "text": edit.text}))
        .collect();
    json!({"title": fix.title, "edits": edits})
}

fn range(lines: &LineIndex<'_>, span: &Range<usize>) -> Value {
    let [line, column, end_line, end_column] = place(lines, span);
    json!({
        "line": line, "column": column, "endLine": end_line, "endColumn": end_column,
        "offset": span.start, "length": span.len(),
    })
}
