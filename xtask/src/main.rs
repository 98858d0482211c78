//! The repository's commands: `cargo xtask serve`, `test`, `dist`, `bench`, `lives`, `screens`, `schema`,
//! `documentation`.

mod bench;
mod browser;
#[cfg(feature = "schema")]
mod codec;
mod dist;
mod documentation;
mod lives;
mod offline;
mod paths;
mod run;
#[cfg(feature = "schema")]
mod schema;
mod screens;
mod serve;
mod shrink;
mod sizes;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve           build the app and serve it on http://127.0.0.1:8080, with reload
  test [STEP…]    run every check, or only the named steps
  dist            build the static site into dist/ and measure its first load
  bench [FILTER]  run the benchmarks; `bench scheduler [WORK|NODES…]` prints the table of docs/scheduler-speed.md, and
                  `bench browser` the one from a browser
  lives [NUMBER]  run random lives natively and in a wasm engine, 10,000 without a number
  screens [NAME…] take pictures of every scene of dist/, or of those named, for docs/screens/
  schema          make the table of Kubernetes' types again
  documentation   make what the editor says of Kubernetes' fields
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let outcome = match command {
        "serve" => serve::serve(rest),
        "test" => test::test(rest),
        "dist" => dist::dist(),
        "bench" => bench::bench(rest),
        "lives" => lives::lives(rest),
        "screens" => screens::screens(rest),
        "schema" => schema(),
        "documentation" => documentation(),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(format!("unknown command `{other}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the table of types; a build without the types' schemas first builds one that has them.
#[cfg(feature = "schema")]
fn schema() -> Result<(), String> {
    schema::run()
}

#[cfg(not(feature = "schema"))]
fn schema() -> Result<(), String> {
    run::run(&mut with_schemas("schema"))
}

/// Makes the fields' documentation, likewise.
#[cfg(feature = "schema")]
fn documentation() -> Result<(), String> {
    documentation::write()
}

#[cfg(not(feature = "schema"))]
fn documentation() -> Result<(), String> {
    run::run(&mut with_schemas("documentation"))
}

/// This program with the types' schemas in it, doing `command`.
fn with_schemas(command: &str) -> std::process::Command {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "schema",
        "--",
    ];
    let mut run = run::cargo(&arguments);
    run.arg(command);
    run
}
