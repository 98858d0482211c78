//! Every latency, jitter and period of the cluster, in one place, each with where it comes from.

use std::time::Duration;

/// From a write to the moment a watcher acts on it, at least. Recordings: a pod is bound 7–24 ms after
/// it was added, and its kubelet's first status follows 12–25 ms later.
pub const WATCH_LATENCY_MIN: Duration = Duration::from_millis(3);
/// … and at most.
pub const WATCH_LATENCY_MAX: Duration = Duration::from_millis(9);

// --- The scheduler ---

/// How long the scheduler thinks about one pod before it takes the next.
pub const SCHEDULER_DECISION: Duration = Duration::from_millis(1);
/// From the decision to the binding, which happens beside the next decisions.
pub const SCHEDULER_BINDING: Duration = Duration::from_millis(3);
/// kube-scheduler: `podInitialBackoffSeconds`.
pub const SCHEDULER_INITIAL_BACKOFF: Duration = Duration::from_secs(1);
/// kube-scheduler: `podMaxBackoffSeconds`.
pub const SCHEDULER_MAX_BACKOFF: Duration = Duration::from_secs(10);
/// A pod that has been unschedulable for this long is tried again whatever happened …
pub const SCHEDULER_MAX_UNSCHEDULABLE: Duration = Duration::from_secs(5 * 60);
/// … at the next of these ticks.
pub const SCHEDULER_FLUSH_PERIOD: Duration = Duration::from_secs(30);

// --- The controllers ---

/// How long a controller waits for each of its writes; meanwhile the object is not synced again.
/// Recordings: 8–20 ms between the writes of one sync.
pub const CONTROLLER_WRITE: Duration = Duration::from_millis(7);
/// … but not more than this for one sync: pods are created in parallel batches.
pub const CONTROLLER_BUSY_MAX: Duration = Duration::from_millis(60);
/// client-go: the first retry of a failed sync …
pub const CONTROLLER_RETRY_BASE: Duration = Duration::from_millis(5);
/// … doubling up to this.
pub const CONTROLLER_RETRY_MAX: Duration = Duration::from_secs(1_000);
/// kube-controller-manager: `--node-monitor-period`.
pub const NODE_MONITOR_PERIOD: Duration = Duration::from_secs(5);
/// `--node-monitor-grace-period`: a node without a sign of life for this long is Unknown.
pub const NODE_MONITOR_GRACE: Duration = Duration::from_secs(50);
/// `--node-startup-grace-period`: the same for a node that has never posted a status.
pub const NODE_STARTUP_GRACE: Duration = Duration::from_secs(60);
/// nodelifecycle: NoExecute taints are given out at ticks of this period …
pub const NODE_TAINT_PERIOD: Duration = Duration::from_millis(100);
/// … to one node in this time (`--node-eviction-rate` 0.1).
pub const NODE_TAINT_INTERVAL: Duration = Duration::from_secs(10);
