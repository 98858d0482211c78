//! The cluster without history or views, for programs that only run one forward: the command line.

pub use crate::cluster::{
    Actor, Change, Client, ClusterConfig, Fault, Request, Status, Step, World, scheduler,
};
