//! `cargo xtask screens`: pictures of every scene in `docs/screens/`, taken from the site in `dist/`.

use crate::run::{self, Outcome};
use crate::{browser, tools};

/// Takes the pictures of all scenes, or of those named.
pub fn screens(scenes: &[String]) -> Outcome {
    tools::ensure_npm_packages("tests/e2e")?;
    let browser = browser::ensure()?;
    let mut node = run::command("node", &["tests/e2e/screens.mjs"]);
    run::run(node.args(scenes).env("CHROME", browser.chrome))
}
