//! What the engine costs: `cargo xtask bench`.

#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group};
use podarium::api::{Kind, Object};
use podarium::cluster::{Client, ClusterConfig, MachineConfig, Request, World};
use podarium::kernel::{Queue, Rng, SimTime, Trace, TraceId};
use serde_json::json;

/// What the command line uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(engine, kernel, deployments, crash_loops);

/// Tells this program, started by itself, to run so many crash-looping pods and to print what memory it takes.
const MEASURED_PODS: &str = "PODARIUM_MEASURED_PODS";

fn main() {
    let measured = std::env::var(MEASURED_PODS).ok();
    if let Some(pods) = measured.and_then(|text| text.parse().ok()) {
        let world = crash_looping_world(pods, CRASH_LOOPS);
        println!("{}", resident_bytes());
        drop(world);
        return;
    }
    engine();
    Criterion::default().configure_from_args().final_summary();
}

/// A hundred thousand events through a queue that holds a thousand, each traced.
fn kernel(criterion: &mut Criterion) {
    criterion.bench_function("kernel/100,000 events", |bencher| {
        bencher.iter(|| {
            let mut rng = Rng::new(1);
            let mut queue = Queue::default();
            let mut trace = Trace::default();
            for event in 0..1_000_u32 {
                queue.push(SimTime::ZERO, TraceId::ROOT, event);
            }
            for _ in 0..100_000 {
                let Some(next) = queue.pop() else { break };
                let id = trace.record(next.at, next.cause, next.event);
                let delay = rng.between(Duration::from_millis(1), Duration::from_secs(10));
                queue.push(next.at + delay, id, next.event);
            }
            black_box(trace.hash())
        });
    });
}

/// A Deployment on three nodes, from `kubectl apply` until every pod is Ready.
fn deployments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deployment until Ready");
    group.sample_size(10);
    for pods in [10, 100, 1_000] {
        group.bench_with_input(
            BenchmarkId::from_parameter(pods),
            &pods,
            |bencher, &pods| {
                let world = settled_cluster(pods);
                bencher.iter(|| {
                    let mut world = world.clone();
                    deploy(&mut world, pods);
                    black_box(world.trace_hash())
                });
            },
        );
    }
    group.finish();
}

/// How long the pods of [`crash_loops`] loop.
const CRASH_LOOPS: Duration = Duration::from_secs(600);

/// A thousand pods that crash again and again, each with two probes; half of them are servers that are asked over
/// HTTP, half are shells with commands beside them. The first ten minutes, when they are created and restart at
/// short intervals, and the ten after them, when most wait for five minutes.
fn crash_loops(criterion: &mut Criterion) {
    const PODS: u32 = 1_000;
    let mut group = criterion.benchmark_group("crash loops of 1,000 pods");
    group.sample_size(10);
    let world = settled_cluster(PODS);
    group.bench_function("first ten minutes", |bencher| {
        bencher.iter(|| {
            let mut world = world.clone();
            crash(&mut world, PODS, CRASH_LOOPS);
            black_box(world.trace_hash())
        });
    });
    let looping = crash_looping_world(PODS, CRASH_LOOPS);
    group.bench_function("next ten minutes", |bencher| {
        bencher.iter(|| {
            let mut world = looping.clone();
            let until = world.now() + CRASH_LOOPS;
            run(&mut world, until);
            black_box(world.trace_hash())
        });
    });
    group.bench_function("first hour", |bencher| {
        bencher.iter(|| {
            let mut world = world.clone();
            crash(&mut world, PODS, Duration::from_secs(3_600));
            black_box(world.trace_hash())
        });
    });
    group.finish();
    if let Some(bytes) = bytes_a_pod(PODS) {
        println!("memory of a crash-looping pod: {} KiB", bytes / 1_024);
    }
}

fn crash_looping_world(pods: u32, length: Duration) -> World {
    let mut world = settled_cluster(pods);
    crash(&mut world, pods, length);
    world
}

fn crash(world: &mut World, pods: u32, length: Duration) {
    apply(world, crash_looping("server", pods / 2, true));
    apply(world, crash_looping("shell", pods / 2, false));
    let until = world.now() + length;
    run(world, until);
}

/// What a pod adds to the memory of a process that has done nothing else: the difference between one with `pods` and
/// one with half of them. Within one process it cannot be seen, since freed memory is used again.
fn bytes_a_pod(pods: u32) -> Option<u64> {
    let resident = |pods: u32| {
        let mut command = std::process::Command::new(std::env::current_exe().ok()?);
        let output = command.env(MEASURED_PODS, pods.to_string()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.trim().parse::<u64>().ok().filter(|bytes| *bytes > 0)
    };
    let (half, whole) = (resident(pods / 2)?, resident(pods)?);
    Some(whole.saturating_sub(half) / u64::from(pods - pods / 2))
}

/// Lets a second pass at a time and throws away what a recorder would take, as the app does.
fn run(world: &mut World, until: SimTime) {
    while world.now() < until {
        let next = world.now() + Duration::from_secs(1);
        world.run_until(next, usize::MAX);
        world.drain_changes();
        world.drain_steps();
    }
}

fn crash_looping(name: &str, pods: u32, server: bool) -> serde_json::Value {
    let labels = json!({"app": name});
    let probe = if server {
        json!({"httpGet": {"path": "/", "port": 80}})
    } else {
        json!({"exec": {"command": ["cat", "/etc/hosts"]}})
    };
    let mut container = json!({"name": "main", "image": "nginx:1.27", "livenessProbe": probe, "readinessProbe": probe});
    if !server {
        container["command"] = json!(["sh", "-c", "sleep 30; exit 1"]);
    }
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": pods, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"podarium/exit": "1@30"}},
                "spec": {"containers": [container]},
            },
        },
    })
}

/// Memory of this process; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

/// Three Ready nodes with room for `pods` pods.
fn settled_cluster(pods: u32) -> World {
    let machine = |name: &str| MachineConfig {
        cpu_millis: 1_000_000,
        memory_bytes: 1 << 42,
        max_pods: pods,
        ..MachineConfig::new(name)
    };
    let config = ClusterConfig {
        machines: ["node-1", "node-2", "node-3"].map(machine).into(),
        ..ClusterConfig::default()
    };
    let mut world = World::new(&config);
    world.run_until(SimTime::from_secs(60), usize::MAX);
    world
}

fn deploy(world: &mut World, pods: u32) {
    let labels = json!({"app": "web"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": pods, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
            },
        },
    });
    apply(world, deployment);
    let start = world.now();
    while ready(world) < pods as usize {
        let next = world.now() + Duration::from_secs(1);
        world.run_until(next, usize::MAX);
        assert!(
            world.now().since(start) < Duration::from_secs(3_600),
            "the pods are not Ready after an hour"
        );
    }
}

fn apply(world: &mut World, manifest: serde_json::Value) {
    let applied = world.request(Request::Apply(manifest));
    assert!(applied.is_ok(), "{applied:?}");
}

fn ready(world: &World) -> usize {
    let is_ready = |object: &&Object| {
        let Object::Pod(pod) = object else {
            return false;
        };
        let conditions = pod.status.conditions.as_deref().unwrap_or_default();
        conditions
            .iter()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    world
        .api()
        .store()
        .list(Kind::Pod, None)
        .filter(is_ready)
        .count()
}
