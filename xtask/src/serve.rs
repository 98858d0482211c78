//! `cargo xtask serve`: everything that is missing is installed, then trunk serves with reload.

use crate::run::{self, Outcome};
use crate::{dist, documentation};

/// Where the development build goes, so that it never takes the place of a site in `dist/`.
const FOLDER: &str = "target/serve";

/// Serves the app on the address that Trunk.toml names. `arguments` go to trunk.
pub fn serve(arguments: &[String]) -> Outcome {
    dist::ensure_tools()?;
    documentation::ensure()?;
    let mut trunk = dist::trunk(&["serve", "--dist", FOLDER])?;
    run::run(trunk.args(arguments).env("PODARIUM_SERVE", "1"))
}
