//! `podarium check`: the problems of manifests, with excerpts of the source.

use super::{excerpt, files};
use podarium::manifest::{self, Severity};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Runs the command. The exit code says whether there was an error.
///
/// # Errors
/// No file named, or one that cannot be read.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if arguments.is_empty() {
        return Err("name the files to check, folders, or - for standard input".to_owned());
    }
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut out = String::new();
    let (mut errors, mut warnings, mut objects) = (0, 0, 0);
    for file in files::read(arguments)? {
        let manifest = manifest::read(&file.text);
        objects += manifest.documents.len();
        for problem in &manifest.diagnostics {
            out.push_str(&excerpt::show(&file.name, &file.text, problem, colour));
            out.push('\n');
        }
        let of = |severity| {
            manifest
                .diagnostics
                .iter()
                .filter(|one| one.severity == severity)
                .count()
        };
        errors += of(Severity::Error);
        warnings += of(Severity::Warning);
    }
    out.push_str(&format!(
        "{}, {}, {}\n",
        count(objects, "object"),
        count(errors, "error"),
        count(warnings, "warning")
    ));
    // Whoever reads may have seen enough: `podarium check … | head`.
    match std::io::stdout().write_all(out.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(error.to_string());
        }
        _ => {}
    }
    Ok(if errors > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn count(number: usize, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}
