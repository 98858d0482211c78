//! The work that is measured: clusters, pods that wait for a node, and a scheduler that places them.
//!
//! "decisions" are the scheduler's own work: the queue, the cycle, the bookkeeping. "bindings" go through the API
//! server with all that is written there: the binding, the event, the trace.

use std::hint::black_box;

use podarium::api::{Node, Object, Pod};
use podarium::apiserver::{ApiServer, Clock, Moment};
use podarium::cluster::scheduler::Scheduler;
use podarium::cluster::scheduler::cycle::Algorithm;
use podarium::cluster::scheduler::explanation::Outcome;
use podarium::cluster::scheduler::nodes::Nodes;
use podarium::cluster::scheduler::pod_info::PodInfo;
use podarium::cluster::scheduler::queue::SchedulingQueue;
use podarium::cluster::{Context, Event, Step};
use podarium::kernel::{Queue, Rng, SimTime, Trace, TraceId};
use serde_json::{Value, json};

/// Nodes and the pods for them: a hundredfold from the first to the last.
pub const SIZES: [(usize, usize); 5] = [
    (50, 100),
    (150, 300),
    (500, 1_000),
    (1_500, 3_000),
    (5_000, 10_000),
];

/// What is measured: decisions about pods of a form, or everything up to their bindings.
pub const WORKS: [&str; 4] = ["plain", "spread", "apart", "bindings"];

/// Every measurement places about so many pods, in as many clusters as that takes: the clocks are coarse.
const MEASURED_PODS: usize = 10_000;
/// The shortest of so many measurements counts.
const RUNS: usize = 3;

/// The heads of the columns of a table, with those that come after the usual ones.
#[must_use]
pub fn heads(more: &str) -> String {
    let lines = "|---|---:|---:|---:|---:|";
    let more_lines = "---:|".repeat(more.matches('|').count());
    format!("| Work | Nodes | Pods | µs per pod | Pods a second |{more}\n{lines}{more_lines}\n")
}

/// One row of a table: how long a pod takes by a clock that tells seconds.
#[must_use]
pub fn row(work: &str, nodes: usize, pods: usize, clock: fn() -> f64) -> String {
    let clusters = MEASURED_PODS.div_ceil(pods);
    let measure = |_| {
        let several: Vec<Work> = (0..clusters)
            .map(|_| Work::new(work, nodes, pods))
            .collect();
        let start = clock();
        for one in several {
            one.run(pods);
        }
        clock() - start
    };
    let least = (0..RUNS).map(measure).fold(f64::INFINITY, f64::min);
    let per_pod = least / (clusters * pods) as f64;
    let [nodes, pods, speed] = [nodes as u64, pods as u64, (1.0 / per_pod) as u64].map(grouped);
    format!(
        "| {work} | {nodes} | {pods} | {:.1} | {speed} |",
        per_pod * 1e6
    )
}

/// `12,345`
#[must_use]
pub fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

/// A cluster with pods that wait.
pub enum Work {
    /// The scheduler alone.
    Decisions(Box<(Nodes, SchedulingQueue)>),
    /// The API server too.
    Bindings(Box<ControlPlane>),
}

impl Work {
    /// One of [`WORKS`]; everything is made, and nothing decided yet.
    #[must_use]
    pub fn new(name: &str, nodes: usize, pods: usize) -> Self {
        match name {
            "bindings" => Self::Bindings(Box::new(ControlPlane::with(nodes, pods))),
            form => Self::Decisions(Box::new((cluster(nodes), waiting(pods, &spec(form))))),
        }
    }

    /// Places every pod; panics if one finds no node.
    pub fn run(self, pods: usize) {
        let placed = match self {
            Self::Decisions(parts) => decide(parts.0, parts.1),
            Self::Bindings(plane) => plane.run(),
        };
        assert_eq!(placed, pods);
    }
}

/// The forms of pods: with nothing, spread by zone and node, and preferring nodes without their like.
fn spec(form: &str) -> Value {
    let selector = json!({"matchLabels": {"app": "web"}});
    let spread = |key: &str, when: &str| json!({"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": when, "labelSelector": selector});
    match form {
        "spread" => json!({"topologySpreadConstraints": [
            spread("topology.kubernetes.io/zone", "DoNotSchedule"),
            spread("kubernetes.io/hostname", "ScheduleAnyway"),
        ]}),
        "apart" => {
            let term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": selector});
            let preferred = json!([{"weight": 1, "podAffinityTerm": term}]);
            json!({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}})
        }
        _ => json!({}),
    }
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

/// Tries every pod once, and answers how many have a node.
fn decide(mut nodes: Nodes, mut queue: SchedulingQueue) -> usize {
    let mut algorithm = Algorithm::new(Rng::new(1));
    let mut placed = 0;
    while let Some(pod) = queue.pop(SimTime::ZERO) {
        let explanation = algorithm.attempt(&pod, &mut nodes, SimTime::ZERO);
        if let Outcome::Chosen { node, .. } = &explanation.outcome {
            queue.remove(&pod.key);
            nodes.put_pod(node, &pod);
            placed += 1;
        }
        black_box(explanation);
    }
    black_box(nodes);
    placed
}

/// The API server and the scheduler, with all pods waiting.
pub struct ControlPlane {
    api: ApiServer,
    scheduler: Scheduler,
    queue: Queue<Event>,
    trace: Trace<Step>,
    now: SimTime,
}

impl ControlPlane {
    fn with(nodes: usize, pods: usize) -> Self {
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
            plane.create(pod(index, &json!({})));
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

    fn context(&mut self) -> (&mut Scheduler, Context<'_>) {
        let (api, queue) = (&mut self.api, &mut self.queue);
        let context = Context::outside(self.now, api, queue, &mut self.trace);
        (&mut self.scheduler, context)
    }

    /// Shows the scheduler what has changed.
    fn spread(&mut self) {
        for change in self.api.drain_changes() {
            let (scheduler, mut context) = self.context();
            scheduler.observe(&change, &mut context);
        }
    }

    /// Lets the scheduler work until nothing is left to do, and answers how many pods are bound.
    fn run(mut self) -> usize {
        while let Some(next) = self.queue.pop() {
            self.now = next.at;
            if let Event::Scheduler(wake) = &next.event {
                let (scheduler, mut context) = self.context();
                scheduler.handle(wake, &mut context);
            }
            self.spread();
            self.trace.drain();
        }
        let bound = self.api.list::<Pod>(None);
        bound.filter(|pod| pod.spec.node_name.is_some()).count()
    }
}
