//! The repository's commands: `cargo xtask serve`, `test`, `dist`, `bench`, `schema`.

mod bench;
mod browser;
mod codec;
mod dist;
mod offline;
mod paths;
mod run;
#[cfg(feature = "schema")]
mod schema;
mod serve;
mod sizes;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve           build the app and serve it on http://127.0.0.1:8080, with reload
  test [STEP…]    run every check, or only the named steps
  dist            build the static site into dist/ and measure its first load
  bench [FILTER]  run the benchmarks
  schema          make the table of Kubernetes' types again
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
        "schema" => schema(),
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
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "schema",
        "--",
        "schema",
    ];
    run::run(&mut run::cargo(&arguments))
}
