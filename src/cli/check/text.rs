//! The problems with excerpts, for people.

use super::{Checked, Counts, excerpt};

/// The problems of all texts, and how many there are.
pub fn show(checked: &[Checked], counts: Counts, colour: bool) -> String {
    let mut out = String::new();
    for one in checked {
        for problem in &one.problems {
            out.push_str(&excerpt::show(&one.name, &one.text, problem, colour));
            out.push('\n');
        }
    }
    let parts = [
        (counts.objects, "object"),
        (counts.errors, "error"),
        (counts.warnings, "warning"),
        (counts.notes, "note"),
    ];
    let parts = parts.map(|(number, of)| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {of}{plural}")
    });
    out + &parts.join(", ") + "\n"
}
