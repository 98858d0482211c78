//! The repository's commands: `cargo xtask serve`, `test`, `dist`, `bench`.
fn main() {}
