//! Podarium: a deterministic simulation of a Kubernetes 1.36 cluster, made for looking at the life of pods.
//!
//! The modules in reading order; each may use only those that ARCHITECTURE.md allows it.

// Tests hand their inputs over as they make them.
#![cfg_attr(test, allow(clippy::needless_pass_by_value))]

pub mod kernel;

pub mod api;

pub mod manifest;

pub mod apiserver;

pub mod cluster;

pub mod history;

pub mod share;

pub mod kubectl;

pub mod session;
