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
/// kube-scheduler: how often it looks whether the claims of a pod are bound …
pub const SCHEDULER_VOLUME_POLL: Duration = Duration::from_secs(1);
/// … and for how long (`bindTimeoutSeconds`).
pub const SCHEDULER_VOLUME_TIMEOUT: Duration = Duration::from_secs(600);
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
/// When the monitor's first look comes at the earliest. A real cluster notices a dead node 40 to 55 s after
/// its last breath, by the phases of monitor and lease. Both begin near the middle of their periods here, so
/// that a fault at a round moment of the clock meets a common case: 47 s. Recordings: 44 to 51 s.
pub const NODE_MONITOR_PHASE_MIN: Duration = Duration::from_millis(2_250);
/// … and at the latest.
pub const NODE_MONITOR_PHASE_MAX: Duration = Duration::from_millis(2_750);
/// `--node-monitor-grace-period`: a node without a sign of life for this long is Unknown.
pub const NODE_MONITOR_GRACE: Duration = Duration::from_secs(50);
/// `--node-startup-grace-period`: the same for a node that has never posted a status.
pub const NODE_STARTUP_GRACE: Duration = Duration::from_secs(60);
/// nodelifecycle: NoExecute taints are given out at ticks of this period …
pub const NODE_TAINT_PERIOD: Duration = Duration::from_millis(100);
/// … to one node in this time (`--node-eviction-rate` 0.1).
pub const NODE_TAINT_INTERVAL: Duration = Duration::from_secs(10);
/// podgc: `gcCheckPeriod`.
pub const POD_GC_PERIOD: Duration = Duration::from_secs(20);
/// podgc: how long a node may be missing before its pods are removed.
pub const POD_GC_QUARANTINE: Duration = Duration::from_secs(40);
/// namespace: the contents are deleted this long after the request.
pub const NAMESPACE_DELETION_DELAY: Duration = Duration::from_secs(5);

// --- Kubelet ---

/// kubelet: `WaitForAttachAndMount` looks at once and then every 300 ms. Recordings: the first image event
/// of a pod with a volume follows its first status after 300 ms.
pub const VOLUME_POLL: Duration = Duration::from_millis(300);
/// kubelet: a pod waits this long for its volumes before the sync fails.
pub const VOLUME_TIMEOUT: Duration = Duration::from_secs(123);
/// kubelet: the volume manager's populator and reconciler each look every 100 ms; together they need so
/// long to mount what needs no attaching, at least …
pub const VOLUME_MOUNT_MIN: Duration = Duration::from_millis(60);
/// … and at most.
pub const VOLUME_MOUNT_MAX: Duration = Duration::from_millis(240);
/// kubelet: a failed mount is tried again after this, doubling …
pub const VOLUME_RETRY_FIRST: Duration = Duration::from_millis(500);
/// … up to this.
pub const VOLUME_RETRY_MAX: Duration = Duration::from_secs(122);
/// Unmounting the volumes of a stopped pod.
pub const VOLUME_UNMOUNT: Duration = Duration::from_millis(100);

/// The runtime makes a sandbox with its network, at least. Recordings: 2–20 ms, more where several start.
pub const SANDBOX_MIN: Duration = Duration::from_millis(2);
/// … and at most.
pub const SANDBOX_MAX: Duration = Duration::from_millis(24);
/// The runtime creates a container, at least. Recordings: half of the time 5–21 ms from Pulled to Created …
pub const CREATE_MIN: Duration = Duration::from_millis(2);
/// … and at most.
pub const CREATE_MAX: Duration = Duration::from_millis(30);
/// The runtime starts a created container, at least. Recordings: half of the time 7–25 ms …
pub const START_MIN: Duration = Duration::from_millis(2);
/// … and at most.
pub const START_MAX: Duration = Duration::from_millis(30);
/// The runtime reports the end of a stopped container, and stops the sandbox, at least. Recordings: half of
/// the time 34–104 ms from the deletion of a pod that ends at once to its last status …
pub const SANDBOX_STOP_MIN: Duration = Duration::from_millis(10);
/// … and at most.
pub const SANDBOX_STOP_MAX: Duration = Duration::from_millis(70);

/// The status manager reads the pod and patches its status: time per pod, at least. Recordings: 8–16 ms.
pub const STATUS_WRITE_MIN: Duration = Duration::from_millis(7);
/// … and at most.
pub const STATUS_WRITE_MAX: Duration = Duration::from_millis(13);

/// kubelet: the generic PLEG lists the runtime's pods every second, counted from the end of the last
/// listing. Recordings: 1.003 s.
pub const RELIST_PERIOD: Duration = Duration::from_micros(1_003_000);
/// A relist of one pod on demand, after a sync that did something.
pub const RELIST_ONE: Duration = Duration::from_millis(4);
/// kubelet: the sync loop looks every second which pods are due.
pub const SYNC_TICK: Duration = Duration::from_secs(1);
/// kubelet: `syncFrequency`; a pod is looked at again after 1 to 1.5 times this.
pub const RESYNC: Duration = Duration::from_secs(60);
/// kubelet: a failed sync is tried again after 1 to 1.5 times this.
pub const SYNC_RETRY: Duration = Duration::from_secs(10);

/// kubelet: the first back-off of a restart or pull …
pub const BACK_OFF_FIRST: Duration = Duration::from_secs(10);
/// … which doubles up to this; it starts anew after twice this time without a failure.
pub const BACK_OFF_MAX: Duration = Duration::from_secs(300);
/// kubelet: a container has at least so long between stop signal and SIGKILL.
pub const MINIMUM_GRACE_SECONDS: i64 = 2;

/// A request over the pod network takes so long, one way.
pub const NETWORK_HOP: Duration = Duration::from_micros(300);
/// An HTTP or TCP probe that gets an answer at once.
pub const PROBE_ROUND_TRIP: Duration = Duration::from_millis(2);
/// From the start of a container to the first instruction of its program, at least. Recordings: a server
/// that is asked 2 ms after its start answers half of the time; a shell has set its trap after 4 ms.
pub const LAUNCH_MIN: Duration = Duration::from_micros(200);
/// … and at most.
pub const LAUNCH_MAX: Duration = Duration::from_micros(3_000);
/// From the end of a process to the runtime's notice of it, at least. Recordings: a listing 4 ms after the
/// start of `sh -c "exit 1"` shows it running five times of six.
pub const EXIT_NOTICE_MIN: Duration = Duration::from_millis(2);
/// … and at most.
pub const EXIT_NOTICE_MAX: Duration = Duration::from_millis(12);
/// Starting a command beside a running process (`exec` probes and hooks). Recordings: 4–12 ms from a
/// container's start to the end of its first hook …
pub const EXEC_START: Duration = Duration::from_micros(4_500);
/// … but 1–3 ms where the runtime has done the like a moment ago: then a container that starts with it
/// may not have set its traps yet.
pub const EXEC_START_WARM: Duration = Duration::from_micros(1_200);
/// For how long that holds.
pub const EXEC_WARM: Duration = Duration::from_millis(1_500);

/// kubelet: pending resizes are tried again this often.
pub const RESIZE_RETRY: Duration = Duration::from_secs(180);
/// kubelet: `evictionMonitoringPeriod`.
pub const EVICTION_PERIOD: Duration = Duration::from_secs(10);
/// kubelet: `podCleanupPollFreq`: how often the eviction manager looks whether an evicted pod has ended.
pub const EVICTION_POLL: Duration = Duration::from_secs(1);
/// kubelet: `ImageGCPeriod`: how often it looks at its images.
pub const IMAGE_GC_PERIOD: Duration = Duration::from_secs(300);
/// kubelet: `imageMinimumGCAge`: an image is not removed before it has been there for this long.
pub const IMAGE_MINIMUM_AGE: Duration = Duration::from_secs(120);
/// kubelet: `evictionPressureTransitionPeriod`.
pub const PRESSURE_TRANSITION: Duration = Duration::from_secs(300);

/// kubelet: the node status is computed every 10 s (and written when it changed, or after 5 minutes).
pub const NODE_STATUS_PERIOD: Duration = Duration::from_secs(10);
/// kubelet: an unchanged node status is written this often.
pub const NODE_STATUS_REPORT: Duration = Duration::from_secs(300);
/// kubelet: the lease of 40 s is renewed every quarter of that.
pub const LEASE_RENEWAL: Duration = Duration::from_secs(10);
/// When a kubelet of a new cluster renews its lease for the first time, at the earliest; see
/// [`NODE_MONITOR_PHASE_MIN`].
pub const LEASE_PHASE_MIN: Duration = Duration::from_millis(2_500);
/// … and at the latest.
pub const LEASE_PHASE_MAX: Duration = Duration::from_millis(5_500);
/// kubelet: `shutdownGracePeriod`: how long the kubelet holds up the shutdown of its machine in all …
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);
/// … and the part of it that is for critical pods (`shutdownGracePeriodCriticalPods`). By default a kubelet
/// has no such periods; these are those of the documentation's example.
pub const SHUTDOWN_GRACE_CRITICAL: Duration = Duration::from_secs(10);
/// kubelet: `podAttachAndMountRetryInterval`: how often it looks whether the pods have ended.
pub const SHUTDOWN_POLL: Duration = Duration::from_millis(300);
/// From the moment that the kubelet lets go of the shutdown to the loss of power.
pub const POWER_OFF: Duration = Duration::from_secs(1);
/// From power on to a registered node.
pub const BOOT: Duration = Duration::from_millis(200);
/// From a kubelet's start to its first look at the pods that are bound to its node already. Recordings: 1 s.
pub const TAKE_OVER: Duration = Duration::from_millis(950);
/// From a machine's boot to a ready pod network. Recordings: 3.1 s.
pub const NETWORK_BOOT: Duration = Duration::from_millis(3_100);
/// kubelet: `updateRuntimeUp` asks the runtime for the state of its network this often.
pub const RUNTIME_CHECK: Duration = Duration::from_secs(5);
/// kubelet: a pod that waits for the network is looked at again after 1 to 1.5 times this.
pub const NETWORK_RETRY: Duration = Duration::from_secs(1);
