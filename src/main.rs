//! The app: on wasm32 it mounts the screen, elsewhere it is the command line.

fn main() {}
