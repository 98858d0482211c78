//! Tests of processes as their owner sees them.
