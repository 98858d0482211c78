//! Where things are in the checkout.

use std::path::PathBuf;

/// The root of the checkout that this command was started from.
///
/// Cargo sets `CARGO_MANIFEST_DIR` to `…/xtask` for `cargo run`; started by hand, the current
/// folder counts.
pub fn root() -> PathBuf {
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(xtask) => PathBuf::from(xtask).join(".."),
        None => PathBuf::from("."),
    }
    .canonicalize()
    .unwrap_or_else(|_| PathBuf::from("."))
}

/// The static site.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// What cargo and these commands build.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
