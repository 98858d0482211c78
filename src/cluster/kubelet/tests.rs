//! Lives of pods on one node, from binding to the end.
