//! Running other programs: printed before they start, an error when they fail.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::paths;

/// Nothing, or why it did not work, in words for the person at the terminal.
pub type Outcome = Result<(), String>;

/// npm is a script on Windows, and scripts are not found without their extension there.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// A command that starts in the root of the checkout.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(paths::root());
    command
}

/// Cargo, the one that runs this command.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    command(&cargo, arguments)
}

/// Shows and runs `command`; fails unless it succeeds.
pub fn run(command: &mut Command) -> Outcome {
    let shown = show(command);
    println!("$ {shown}");
    let status = command
        .status()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{shown}` failed ({status})"))
    }
}

/// What `command` prints on standard output, trimmed; `None` if it cannot start or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// Puts `folder` in front of the PATH that `command` will see.
pub fn prepend_path(command: &mut Command, folder: &Path) -> Outcome {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path));
    let joined = std::env::join_paths(folders)
        .map_err(|error| format!("cannot put {} on the PATH: {error}", folder.display()))?;
    command.env("PATH", joined);
    Ok(())
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy()
            .into_owned(),
    ];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
