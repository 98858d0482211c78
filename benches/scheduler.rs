//! What scheduling costs: `cargo bench --bench scheduler`.
//!
//! Each row is a number of nodes with twice as many pods for them, and says how many pods a second are placed.
//! That falls slowly with the number of nodes, for more of them are looked at for every pod. "decisions" are the
//! scheduler's own work: the queue, the cycle, the bookkeeping. "bindings" go through the API server with all that
//! is written there: the binding, the event, the trace.

#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use podarium::api::{Node, Object, Pod};
use podarium::apiserver::{ApiServer, Clock, Moment};
use podarium::cluster::scheduler::Scheduler;
use podarium::cluster::scheduler::cycle::Algorithm;
use podarium::cluster::scheduler::explanation::Outcome;
use podarium::cluster::scheduler::nodes::Nodes;
use podarium::cluster::scheduler::pod_info::PodInfo;
use podarium::cluster::scheduler::queue::SchedulingQueue;
use podarium::cluster::{Context, Event};
use podarium::kernel::{Queue, Rng, SimTime, Trace, TraceId};
use serde_json::{Value, json};

criterion_group! {
    name = scheduler;
    config = Criterion::default().with_measurement(CpuTime);
    targets = decisions, bindings
}
criterion_main!(scheduler);

const SIZES: [(usize, usize); 3] = [(50, 100), (500, 1_000), (5_000, 10_000)];

/// Every measurement schedules so many pods, in as many clusters as that takes: the processor's time is told in
/// steps of milliseconds.
const MEASURED_PODS: usize = 10_000;

/// As many clusters as are needed for all pods of a measurement.
fn several<T>(pods: usize, make: impl FnMut() -> T) -> Vec<T> {
    std::iter::repeat_with(make)
        .take(MEASURED_PODS / pods)
        .collect()
}

fn decisions(criterion: &mut Criterion<CpuTime>) {
    for (form, spec) in forms() {
        let mut group = criterion.benchmark_group(format!("decisions, {form}"));
        group.sample_size(10);
        for (nodes, pods) in SIZES {
            group.throughput(Throughput::Elements(MEASURED_PODS as u64));
            let name = BenchmarkId::from_parameter(format!("{nodes} nodes"));
            group.bench_function(name, |bencher| {
                bencher.iter_batched(
                    || several(pods, || (cluster(nodes), waiting(pods, &spec))),
                    |several| {
                        for (nodes, queue) in several {
                            black_box(decide(nodes, queue, pods));
                        }
                    },
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

fn bindings(criterion: &mut Criterion<CpuTime>) {
    for (form, spec) in forms() {
        let mut group = criterion.benchmark_group(format!("bindings, {form}"));
        group.sample_size(10);
        for (nodes, pods) in SIZES {
            group.throughput(Throughput::Elements(MEASURED_PODS as u64));
            let name = BenchmarkId::from_parameter(format!("{nodes} nodes"));
            group.bench_function(name, |bencher| {
                bencher.iter_batched(
                    || several(pods, || ControlPlane::with(nodes, pods, &spec)),
                    |several| {
                        for plane in several {
                            black_box(plane.run(pods));
                        }
                    },
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

/// The forms of pods: with nothing, spread by zone and node, and preferring nodes without their like.
fn forms() -> [(&'static str, Value); 3] {
    let selector = json!({"matchLabels": {"app": "web"}});
    let spread = |key: &str, when: &str| json!({"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": when, "labelSelector": selector});
    let zone = spread("topology.kubernetes.io/zone", "DoNotSchedule");
    let host = spread("kubernetes.io/hostname", "ScheduleAnyway");
    let term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": selector});
    let preferred = json!([{"weight": 1, "podAffinityTerm": term}]);
    let apart =
        json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}});
    [
        ("plain", json!({})),
        ("spread", json!({"topologySpreadConstraints": [zone, host]})),
        ("apart", json!({"affinity": apart})),
    ]
}

fn node(index: usize) -> Object {
    let name = format!("node-{index:05}");
    let labels = json!({"kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": format!("zone-{}", index % 10)});
    object(
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": {"cpu": "4", "memory": "32Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}]}}),
    )
}

fn pod(index: usize, spec: &Value) -> Object {
    let requests = json!({"requests": {"cpu": "100m", "memory": "500Mi"}});
    let container =
        json!({"name": "main", "image": "registry.k8s.io/pause:3.10", "resources": requests});
    let mut spec = spec.clone();
    spec["containers"] = json!([container]);
    object(json!({"apiVersion": "v1", "kind": "Pod", "spec": spec,
        "metadata": {"name": format!("pod-{index:05}"), "namespace": "default", "labels": {"app": "web"}}}))
}

fn object(manifest: Value) -> Object {
    Object::from_json(manifest).unwrap_or_else(|error| panic!("{error}"))
}

fn cluster(count: usize) -> Nodes {
    let mut nodes = Nodes::default();
    for index in 0..count {
        if let Some(node) = node(index).typed::<Node>() {
            nodes.put_node(node);
        }
    }
    nodes
}

fn waiting(count: usize, spec: &Value) -> SchedulingQueue {
    let mut queue = SchedulingQueue::default();
    for index in 0..count {
        if let Some(pod) = pod(index, spec).typed::<Pod>() {
            queue.put(&PodInfo::new(pod), SimTime::ZERO);
        }
    }
    queue
}

/// Places every pod, and answers with the nodes; panics if one finds none.
fn decide(mut nodes: Nodes, mut queue: SchedulingQueue, pods: usize) -> Nodes {
    let mut algorithm = Algorithm::new(Rng::new(1));
    let mut placed = 0;
    while let Some(pod) = queue.pop() {
        let explanation = algorithm.attempt(&pod, &mut nodes, SimTime::ZERO);
        if let Outcome::Chosen { node, .. } = &explanation.outcome {
            queue.remove(&pod.key);
            nodes.put_pod(node, &pod);
            placed += 1;
        }
        black_box(explanation);
    }
    assert_eq!(placed, pods);
    nodes
}

/// The API server and the scheduler, with all pods waiting.
struct ControlPlane {
    api: ApiServer,
    scheduler: Scheduler,
    queue: Queue<Event>,
    trace: Trace<podarium::cluster::Step>,
    now: SimTime,
}

impl ControlPlane {
    fn with(nodes: usize, pods: usize, spec: &Value) -> Self {
        let mut plane = Self {
            api: ApiServer::new(Clock::default(), Rng::new(1)),
            scheduler: Scheduler::new(Rng::new(2)),
            queue: Queue::default(),
            trace: Trace::default(),
            now: SimTime::ZERO,
        };
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}});
        plane.create(object(namespace));
        for index in 0..nodes {
            let mut node = plane.create(node(index));
            // The taint of nodes that nobody has looked at yet.
            if let Object::Node(node) = &mut node {
                node.spec_mut().taints = None;
            }
            let at = plane.moment();
            let updated = plane.api.update(node, at);
            assert!(updated.is_ok(), "{updated:?}");
        }
        for index in 0..pods {
            plane.create(pod(index, spec));
        }
        plane.spread();
        plane
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.now,
            cause: TraceId::ROOT,
        }
    }

    fn create(&mut self, object: Object) -> Object {
        let at = self.moment();
        let created = self.api.create(object, at);
        created.unwrap_or_else(|status| panic!("{}", status.message))
    }

    /// Shows the scheduler what has changed.
    fn spread(&mut self) {
        for change in self.api.drain_changes() {
            let mut context = context(self.now, &mut self.api, &mut self.queue, &mut self.trace);
            self.scheduler.observe(&change, &mut context);
        }
    }

    /// Lets the scheduler work until every pod is bound.
    fn run(mut self, pods: usize) -> u64 {
        while let Some(next) = self.queue.pop() {
            self.now = next.at;
            if let Event::Scheduler(wake) = &next.event {
                let mut context =
                    context(self.now, &mut self.api, &mut self.queue, &mut self.trace);
                self.scheduler.handle(wake, &mut context);
            }
            self.spread();
            self.trace.drain();
        }
        let bound = self.api.list::<Pod>(None);
        let bound = bound.filter(|pod| pod.spec.node_name.is_some()).count();
        assert_eq!(bound, pods);
        self.trace.hash()
    }
}

/// The time that the thread was on a processor: what else runs on the machine does not count. Where the system
/// does not tell, the time that passed.
struct CpuTime;

impl CpuTime {
    fn now() -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        let told = std::fs::read_to_string("/proc/thread-self/schedstat");
        let nanos = told
            .ok()
            .and_then(|text| text.split(' ').next()?.parse().ok());
        nanos.map_or_else(
            || START.get_or_init(Instant::now).elapsed(),
            Duration::from_nanos,
        )
    }
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::now()
    }

    fn end(&self, start: Duration) -> Duration {
        Self::now().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn context<'a>(
    now: SimTime,
    api: &'a mut ApiServer,
    queue: &'a mut Queue<Event>,
    trace: &'a mut Trace<podarium::cluster::Step>,
) -> Context<'a> {
    Context {
        now,
        cause: TraceId::ROOT,
        api,
        queue,
        trace,
    }
}
