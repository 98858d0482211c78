//! The input log, checkpoints, seek and fork.
