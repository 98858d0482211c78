//! The world: actors that meet in the store, driven by one queue of events.

pub mod process;
