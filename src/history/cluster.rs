//! What the log of a run is made of, for those who write it down and read it again.

pub use crate::cluster::fault::ProbeType;
pub use crate::cluster::{
    ClusterConfig, DeleteOptions, Fault, MachineConfig, PatchType, Propagation, Request,
};
