//! `cargo xtask dist`: the static site, for any path of any web server, and offline.

use std::fs;
use std::process::Command;

use crate::run::{self, Outcome};
use crate::{documentation, offline, paths, sizes, tools};

/// Where `wasm-opt` and its lock file live.
const TOOLS_FOLDER: &str = "xtask";

/// Builds `dist/` from nothing, makes it work offline, and measures it.
pub fn dist() -> Outcome {
    ensure_tools()?;
    documentation::ensure()?;
    let folder = paths::dist();
    if folder.exists() {
        // Else files of an earlier build would stay and be counted.
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot empty dist/: {error}"))?;
    }
    run::run(&mut trunk(&["build", "--release", "--locked"])?)?;
    offline::prepare(&folder)?;
    sizes::report(&folder)
}

/// Installs what trunk needs to build the app.
pub fn ensure_tools() -> Outcome {
    tools::ensure_wasm_target()?;
    tools::WASM_BINDGEN.ensure()?;
    tools::TRUNK.ensure()?;
    tools::ensure_npm_packages(TOOLS_FOLDER)?;
    tools::ensure_npm_packages("editor")
}

/// Trunk with `wasm-opt` on its PATH.
pub fn trunk(arguments: &[&str]) -> Result<Command, String> {
    let mut trunk = run::command("trunk", arguments);
    let programs = paths::root().join(TOOLS_FOLDER).join("node_modules/.bin");
    run::prepend_path(&mut trunk, &programs)?;
    // Trunk reads this variable as its own option and takes only `true` or `false`.
    trunk.env_remove("NO_COLOR");
    Ok(trunk)
}
