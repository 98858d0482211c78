//! The tools that the build needs, at the versions this repository is known to work with.

use std::path::Path;

use crate::paths;
use crate::run::{self, NPM, Outcome, command, output};

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A program that cargo installs from crates.io.
pub struct CargoTool {
    package: &'static str,
    version: &'static str,
}

/// Bundles the app.
pub const TRUNK: CargoTool = CargoTool {
    package: "trunk",
    version: "0.21.14",
};

/// Writes the JavaScript side of the app; must be the version that Cargo.toml pins.
pub const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    version: "0.2.129",
};

/// Runs the tests that need a browser's wasm engine.
pub const WASM_PACK: CargoTool = CargoTool {
    package: "wasm-pack",
    version: "0.15.1",
};

impl CargoTool {
    /// Installs the tool unless this very version is on the PATH.
    pub fn ensure(&self) -> Outcome {
        if self.is_installed() {
            return Ok(());
        }
        let (package, version) = (self.package, self.version);
        println!("Installing {package} {version} (once; this takes some minutes)");
        let mut install = run::cargo(&["install", "--locked", "--version", version, package]);
        // The tools need not be as fast as their authors ship them; this halves the wait.
        install
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        run::run(&mut install)?;
        if self.is_installed() {
            return Ok(());
        }
        Err(format!(
            "{package} {version} was installed, but `{} --version` says otherwise: \
             put cargo's bin folder first on the PATH",
            self.program()
        ))
    }

    fn is_installed(&self) -> bool {
        output(&mut command(self.program(), &["--version"]))
            .is_some_and(|text| text.split_whitespace().any(|word| word == self.version))
    }

    /// The package's program: all but wasm-bindgen-cli call theirs like the package.
    fn program(&self) -> &'static str {
        self.package.trim_end_matches("-cli")
    }
}

/// Adds the standard library's source to the toolchain unless it is there.
pub fn ensure_standard_library_source() -> Outcome {
    let sysroot = output(&mut command("rustc", &["--print", "sysroot"]));
    let source = "lib/rustlib/src/rust/library/Cargo.lock";
    if sysroot.is_some_and(|folder| Path::new(&folder).join(source).is_file()) {
        return Ok(());
    }
    run::run(&mut command("rustup", &["component", "add", "rust-src"]))
}

/// Adds the wasm target to the toolchain unless it is there.
pub fn ensure_wasm_target() -> Outcome {
    let libraries = output(&mut command(
        "rustc",
        &["--print", "target-libdir", "--target", WASM_TARGET],
    ));
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    run::run(&mut command("rustup", &["target", "add", WASM_TARGET]))
}

/// Installs the npm packages of `folder` as its lock file says, unless that has been done.
pub fn ensure_npm_packages(folder: &str) -> Outcome {
    let folder = paths::root().join(folder);
    let modified = |path: &str| folder.join(path).metadata().and_then(|m| m.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    ensure_node()?;
    run::run(run::command(NPM, &["ci", "--no-audit", "--no-fund"]).current_dir(&folder))
}

fn ensure_node() -> Outcome {
    const ADVICE: &str = "Node.js 20 or newer is needed: https://nodejs.org/en/download";
    let version = output(&mut command("node", &["--version"])).ok_or(ADVICE)?;
    let major = version.trim_start_matches('v').split('.').next();
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= 20 => Ok(()),
        _ => Err(format!("{ADVICE} (found {version})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_is_the_version_of_the_manifest() {
        let manifest = include_str!("../../Cargo.toml");
        let pin = format!("wasm-bindgen = \"={}\"", WASM_BINDGEN.version);
        assert!(manifest.contains(&pin), "Cargo.toml must say {pin}");
    }
}
