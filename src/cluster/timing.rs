//! Every latency, jitter and period of the cluster, in one place, each with where it comes from.

use std::time::Duration;

/// From a write to the moment a watcher acts on it, at least. Recordings: a pod is bound 7–24 ms after
/// it was added, and its kubelet's first status follows 12–25 ms later.
pub const WATCH_LATENCY_MIN: Duration = Duration::from_millis(3);
/// … and at most.
pub const WATCH_LATENCY_MAX: Duration = Duration::from_millis(9);

/// How long the scheduler takes for one pod (scheduling and binding cycle together).
pub const SCHEDULING_CYCLE: Duration = Duration::from_millis(4);
