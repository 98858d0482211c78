//! A problem with the lines it is about, as compilers print it.

use podarium::manifest::{Diagnostic, LineIndex, Severity};
use std::fmt::Write;

/// The problem as text; `colour` adds the terminal's colours.
///
/// ```text
/// error[unknown-field]: `spec` has no field `contaners`
///   --> pod.yaml:6:3
///    |
///  6 |   contaners:
///    |   ^^^^^^^^^
///    = Kubernetes: strict decoding error: unknown field "spec.contaners"
///    = help: Did you mean `containers`?
/// ```
#[must_use]
pub fn show(name: &str, text: &str, problem: &Diagnostic, colour: bool) -> String {
    let paint = |code: &str, shown: &str| match colour {
        true => format!("\u{1b}[{code}m{shown}\u{1b}[0m"),
        false => shown.to_owned(),
    };
    let (word, code) = match problem.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
        Severity::Note => ("note", "1;36"),
    };
    let lines = LineIndex::new(text);
    let start = lines.position(problem.span.start);
    let number = start.line.to_string();
    let margin = " ".repeat(number.len());
    let bar = paint("34", "|");
    let (line, marks) = underlined(&lines, problem, start.line - 1);
    let mut out = String::new();
    let head = paint(code, &format!("{word}[{}]", problem.code));
    let mut add = |line: String| {
        out.push_str(line.trim_end());
        out.push('\n');
    };
    add(format!("{head}: {}", paint("1", &problem.message)));
    add(format!(
        "{margin} {} {name}:{}:{}",
        paint("34", "-->"),
        start.line,
        start.column
    ));
    add(format!("{margin}  {bar}"));
    add(format!(" {} {bar} {line}", paint("34", &number)));
    add(format!("{margin}  {bar} {}", paint(code, &marks)));
    let notes = problem
        .detail
        .iter()
        .map(|detail| ("Kubernetes", detail.clone()));
    let hints = problem.hints.iter().map(|hint| ("help", hint.clone()));
    let fixes = problem.fixes.iter().map(|fix| ("fix", fix.title.clone()));
    for (what, note) in notes.chain(hints).chain(fixes) {
        let note = note.replace('\n', &format!("\n{margin}    "));
        add(format!("{margin}  {} {what}: {note}", paint("34", "=")));
    }
    out
}

/// The first line of the span with tabs shown as arrows, and the marks under it.
fn underlined(lines: &LineIndex<'_>, problem: &Diagnostic, line: usize) -> (String, String) {
    let range = lines.range(line);
    let from = problem.span.start.clamp(range.start, range.end) - range.start;
    let to = problem.span.end.clamp(range.start, range.end) - range.start;
    let text = lines.text(line);
    let width = |part: &str| {
        part.chars()
            .map(|character| if character == '\t' { 4 } else { 1 })
            .sum::<usize>()
    };
    let mut marks = String::new();
    let before = " ".repeat(width(&text[..from]));
    let under = "^".repeat(width(&text[from..to.max(from)]).max(1));
    // Writing to a string does not fail.
    let _ = write!(marks, "{before}{under}");
    (text.replace('\t', "--->"), marks)
}

#[cfg(test)]
mod tests {
    use super::show;
    use expect_test::{Expect, expect};
    use podarium::manifest::read;

    fn check(text: &str, expect: &Expect) {
        let problems = read(text).diagnostics;
        let shown: Vec<String> = problems
            .iter()
            .map(|one| show("pod.yaml", text, one, false))
            .collect();
        expect.assert_eq(&shown.join("\n"));
    }

    #[test]
    fn shows_the_line_the_marks_and_the_notes() {
        check(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  contaners:\n  - name: c\n",
            &expect![[r#"
                error[unknown-field]: `spec` has no field `contaners`
                  --> pod.yaml:6:3
                   |
                 6 |   contaners:
                   |   ^^^^^^^^^
                   = Kubernetes: strict decoding error: unknown field "spec.contaners"
                   = help: Did you mean `containers`?
                   = fix: Change `contaners` to `containers`
            "#]],
        );
        check(
            "apiVersion: v1\nkind: Pod\nspec:\n\tcontainers: []\n",
            &expect![[r#"
                error[yaml-syntax]: A tab in the indentation
                  --> pod.yaml:4:1
                   |
                 4 | --->containers: []
                   | ^^^^
                   = Kubernetes: yaml: line 4: found character that cannot start any token
                   = help: YAML is indented with spaces only; a tab cannot begin a line
                   = fix: Indent with spaces
            "#]],
        );
    }
}
