//! `podarium admit`: answers recorded requests, one JSON line each.

use super::post;
use podarium::kubectl;
use podarium::session::cluster::{ClusterConfig, World};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::process::ExitCode;

/// Runs the command: questions on standard input, answers on standard output, in the same order.
///
/// # Errors
/// Wrong arguments, or a line that is not JSON.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let by_kubectl = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--kubectl"] => true,
        _ => return Err("usage: podarium admit [--kubectl] < QUESTIONS".to_owned()),
    };
    let world = World::new(&ClusterConfig::default());
    let mut out = std::io::stdout().lock();
    for (index, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        let question: Value =
            serde_json::from_str(&line).map_err(|error| format!("line {}: {error}", index + 1))?;
        let answer = if by_kubectl {
            Some(answer(&question, world.clone()))
        } else {
            post::answer(&question, &world)
        };
        if let Some(answer) = answer {
            writeln!(out, "{answer}").map_err(|error| error.to_string())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What kubectl prints for one text, in a cluster that has nothing but its own objects.
fn answer(question: &Value, mut world: World) -> Value {
    let yaml = question["yaml"].as_str().unwrap_or_default();
    let output = kubectl::run(
        "apply --dry-run=server --validate=strict -f -",
        yaml,
        &mut world,
    );
    json!({"id": question["id"], "stdout": output.stdout, "stderr": output.stderr, "rc": output.code})
}
