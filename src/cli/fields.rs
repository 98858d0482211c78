//! `podarium fields`: the fields that are accepted without effect.

use std::process::ExitCode;

use podarium::session::view::coverage::coverage;

/// Prints the table.
///
/// # Errors
/// Arguments, of which it takes none.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("fields takes no arguments, not {argument:?}"));
    }
    println!("Accepted as a real cluster accepts them, without effect in the simulation:");
    for group in coverage() {
        println!("\n{}", group.why);
        group.fields.iter().for_each(|field| println!("  {field}"));
    }
    Ok(ExitCode::SUCCESS)
}
