//! The native command line: the first argument names the command.

use std::process::ExitCode;

mod admit;
mod check;
mod fields;
mod files;
mod play;
mod post;
mod print;
mod rows;
mod scenario;
mod schedule;

const USAGE: &str = "\
podarium: the life of Kubernetes pods, simulated

  podarium play SCENARIO.yaml|MANIFEST.yaml [--for 2m] [--seed N] [--watch]
      runs it and prints a time line; with --watch every object written, as JSON lines
  podarium check [--output text|json|sarif|github] FILE|FOLDER|-…
      says what the API server says of manifests that belong together, and hints; the exit code is 1 if it
      refuses something, else 0
  podarium admit < QUESTIONS
      answers JSON lines {id, yaml, posted_to} as the API server does a dry run: {id, code, object} or
      {id, code, message, reason, causes}; passes over kinds that are not simulated
  podarium admit --kubectl < QUESTIONS
      answers JSON lines {id, yaml} as `kubectl apply --dry-run=server -f -` does: {id, stdout, stderr, rc}
  podarium print < QUESTIONS
      answers JSON lines {id, objects, prints: [{now, args}]} as kubectl does: {id, prints: [{stdout, stderr, rc}]}
  podarium schedule < QUESTIONS
      answers JSON lines {id, nodes, bound, pod} as the scheduler decides: {id, bound_to, scores, totals} or
      {id, unschedulable, preempts_on, victims}
  podarium schedule --explain < QUESTIONS
      tells in words how every node was judged and scored, and the smallest change with which a pod would fit
  podarium fields
      prints which fields are accepted without effect
";

/// Runs the command that `arguments` (without the program's name) ask for.
pub fn run(arguments: Vec<String>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "admit" => admit::run(&rest),
        "check" => check::run(&rest),
        "fields" => fields::run(&rest),
        "play" => play::run(&rest),
        "print" => print::run(&rest),
        "schedule" => schedule::run(&rest),
        "" | "help" | "-h" | "--help" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("unknown command {other:?}\n\n{USAGE}")),
    };
    result.unwrap_or_else(|message| {
        eprintln!("error: {}", message.trim_end());
        ExitCode::FAILURE
    })
}
