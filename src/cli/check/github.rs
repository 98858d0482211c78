//! The problems as workflow commands, which GitHub shows at the lines of a pull request.

use super::{Checked, place};
use podarium::manifest::{LineIndex, Severity};

/// `::error file=…,line=…,endLine=…,col=…,endColumn=…,title=…::…`, one line per problem.
pub fn show(checked: &[Checked]) -> String {
    let mut out = String::new();
    for one in checked {
        let lines = LineIndex::new(&one.text);
        for problem in &one.problems {
            let command = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let [line, column, end_line, end_column] = place(&lines, &problem.span);
            // GitHub shows columns only of what lies on one line.
            let columns = if line == end_line {
                format!(",col={column},endColumn={end_column}")
            } else {
                String::new()
            };
            let mut message = vec![problem.message.as_str()];
            message.extend(problem.detail.as_deref());
            message.extend(problem.hints.iter().map(String::as_str));
            out.push_str(&format!(
                "::{command} file={},line={line},endLine={end_line}{columns},title={}::{}\n",
                property(&one.name),
                property(problem.code),
                data(&message.join("\n")),
            ));
        }
    }
    out
}

/// A text behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text behind `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
