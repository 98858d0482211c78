//! Text to objects and diagnostics; never fails.
