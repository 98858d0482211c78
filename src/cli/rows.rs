//! Rows: questions as JSON lines on standard input, an answer for each on standard output.

use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Answers every row, in order; empty lines are passed over.
///
/// # Errors
/// Input that is not such rows, a row that cannot be answered, output that cannot be written.
pub fn answer_all<R: DeserializeOwned>(
    mut answer: impl FnMut(R) -> Result<Value, String>,
) -> Result<ExitCode, String> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        if line.trim().is_empty() {
            continue;
        }
        let row: R = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let answer = answer(row)?;
        writeln!(out, "{answer}").map_err(|error| error.to_string())?;
    }
    out.flush().map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}
