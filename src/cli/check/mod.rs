//! `podarium check`: what the API server says of manifests, without a cluster.

mod excerpt;
mod github;
mod json;
mod rules;
mod sarif;
mod text;

use super::files;
use podarium::manifest::{Diagnostic, LineIndex, Severity};
use podarium::session::verdict;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: podarium check [--output text|json|sarif|github] FILE|FOLDER|-…";

/// A text with its problems.
struct Checked {
    /// The path as given or found; `STDIN` for `-`.
    name: String,
    text: String,
    /// How many objects it has.
    objects: usize,
    /// In the order of the text.
    problems: Vec<Diagnostic>,
}

/// How many problems there are of each severity.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    objects: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
}

/// Runs the command. The exit code is 1 if the API server refuses something, else 0.
///
/// # Errors
/// Wrong arguments, or a file that cannot be read.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (format, names) = options(arguments)?;
    let checked = check(files::read(&names)?);
    let counts = count(&checked);
    let out = match format.as_str() {
        "json" => json::show(&checked, counts),
        "sarif" => sarif::show(&checked),
        "github" => github::show(&checked),
        _ => {
            let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            text::show(&checked, counts, colour)
        }
    };
    // Whoever reads may have seen enough: `podarium check … | head`.
    match std::io::stdout().write_all(out.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(error.to_string());
        }
        _ => {}
    }
    Ok(if counts.errors > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The format and the names of the files.
fn options(arguments: &[String]) -> Result<(String, Vec<String>), String> {
    let mut format = "text".to_owned();
    let mut names = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = match argument.as_str() {
            "--output" | "-o" => rest.next().ok_or(USAGE)?,
            flag if flag.starts_with("--output=") => &flag["--output=".len()..],
            flag if flag.starts_with('-') && flag != "-" => {
                return Err(format!("unknown flag {flag}\n{USAGE}"));
            }
            name => {
                names.push(name.to_owned());
                continue;
            }
        };
        if !["text", "json", "sarif", "github"].contains(&value) {
            return Err(format!("unknown output {value:?}\n{USAGE}"));
        }
        value.clone_into(&mut format);
    }
    if names.is_empty() {
        return Err(format!(
            "name the files to check, folders, or - for standard input\n{USAGE}"
        ));
    }
    Ok((format, names))
}

/// Judges texts that belong together.
fn check(texts: Vec<files::Text>) -> Vec<Checked> {
    let contents: Vec<&str> = texts.iter().map(|one| one.text.as_str()).collect();
    let judged = verdict::check(&contents);
    let both = texts.into_iter().zip(judged);
    both.map(|(text, manifest)| Checked {
        name: text.name,
        text: text.text,
        objects: manifest.documents.len(),
        problems: manifest.diagnostics,
    })
    .collect()
}

fn count(checked: &[Checked]) -> Counts {
    let mut counts = Counts::default();
    for one in checked {
        counts.objects += one.objects;
        for problem in &one.problems {
            *match problem.severity {
                Severity::Error => &mut counts.errors,
                Severity::Warning => &mut counts.warnings,
                Severity::Note => &mut counts.notes,
            } += 1;
        }
    }
    counts
}

/// `error`, `warning`, `note`.
const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Lines and columns from 1, in characters, of the begin and the end of a span.
fn place(lines: &LineIndex<'_>, span: &std::ops::Range<usize>) -> [usize; 4] {
    let (start, end) = (lines.position(span.start), lines.position(span.end));
    [start.line, start.column, end.line, end.column]
}

#[cfg(test)]
mod tests;
