//! `cargo xtask serve`: everything that is missing is installed, then trunk serves with reload.

use crate::dist;
use crate::run::{self, Outcome};

/// Serves the app on the address that Trunk.toml names. `arguments` go to trunk.
pub fn serve(arguments: &[String]) -> Outcome {
    dist::ensure_tools()?;
    let mut trunk = dist::trunk(&["serve"])?;
    run::run(trunk.args(arguments))
}
