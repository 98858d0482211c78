//! The world: actors that meet in the store, driven by one queue of events.
//!
//! [`World`] owns everything and can be cloned: that is what a checkpoint is. The scheduler, the
//! controllers and the kubelets do not know one another; each sees the changes in the store
//! (`observe`), asks to be woken (`Context::after`) and then looks at the store as it is (`handle`).

mod bootstrap;
pub mod context;
pub mod controllers;
pub mod event;
pub mod fault;
pub mod kubelet;
pub mod machine;
pub mod process;
pub mod recorder;
pub mod request;
pub mod scheduler;
pub mod step;
#[cfg(test)]
pub mod testbed;
pub mod timing;
pub mod volume_match;
pub mod world;

// The API server's words that the world's own interface uses.
pub use crate::apiserver::{Change, ChangeKind, DeleteOptions, PatchType, Propagation, Status};
pub use context::Context;
pub use event::Event;
pub use fault::Fault;
pub use machine::{ClusterConfig, MachineConfig};
pub use recorder::Recorder;
pub use request::{Client, Request};
pub use step::{Actor, FieldRead, Step};
pub use world::World;
