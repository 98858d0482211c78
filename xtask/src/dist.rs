//! `cargo xtask dist`: the static site, for any path of any web server, and offline.

use std::fs;
use std::process::Command;

use crate::run::{self, Outcome};
use crate::{documentation, offline, paths, shrink, sizes, tools};

/// Where `wasm-opt` and its lock file live.
pub const TOOLS_FOLDER: &str = "xtask";

/// Builds `dist/` from nothing, makes it work offline, and measures it.
pub fn dist() -> Outcome {
    ensure_tools()?;
    documentation::ensure()?;
    let folder = paths::dist();
    if folder.exists() {
        // Else files of an earlier build would stay and be counted.
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot empty dist/: {error}"))?;
    }
    let mut build = trunk(&["build", "--release", "--locked"])?;
    run::run(with_small_standard_library(&mut build))?;
    shrink::shrink(&folder)?;
    offline::prepare(&folder)?;
    sizes::report(&folder)
}

/// Has cargo compile the standard library too, for size and without the texts of panics, which nobody sees in
/// a browser: a tenth of the download. Both are unstable features of the toolchain that `rust-toolchain.toml`
/// pins, hence the bootstrap variable.
fn with_small_standard_library(build: &mut Command) -> &mut Command {
    build
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none",
        )
}

/// Installs what trunk needs to build the app.
pub fn ensure_tools() -> Outcome {
    tools::ensure_wasm_target()?;
    tools::ensure_standard_library_source()?;
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
