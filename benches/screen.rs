//! What a frame of the screen costs: `cargo bench --bench screen`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use podarium::cluster::{ClusterConfig, MachineConfig};
use podarium::kernel::SimTime;
use podarium::session::view::View;
use podarium::session::{Action, Session};

criterion_group!(screen, frames, seeks);
criterion_main!(screen);

/// One frame at 60 Hz, with its view: while all pods are being created, and when all are Ready.
fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a frame");
    group.sample_size(20);
    for pods in [300, 3_000] {
        for (moment, seconds) in [("creating", 1), ("Ready", 120)] {
            let name = BenchmarkId::new(moment, pods);
            group.bench_function(name, |bencher| {
                bencher.iter_batched_ref(
                    || applied(pods, seconds),
                    |session| black_box(frame(session)),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// A jump to another moment, with its view.
fn seeks(criterion: &mut Criterion) {
    let mut session = applied(300, 120);
    let mut targets = [10, 90, 30, 60].iter().cycle();
    criterion.bench_function("a seek/300", |bencher| {
        bencher.iter(|| {
            // The array is not empty, so the cycle never ends.
            let target = targets.next().copied().unwrap_or(0);
            session.update(Action::Seek(SimTime::from_secs(target)));
            while session.view().transport.lagging {
                tick(&mut session, Duration::ZERO);
            }
            black_box(session.view())
        });
    });
}

/// A session that has applied a Deployment and run for so many seconds.
fn applied(pods: u32, seconds: u64) -> Session {
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {pods}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
         spec:\n      containers:\n      - name: main\n        image: nginx:1.29\n        \
         readinessProbe: {{httpGet: {{path: /, port: 80}}}}\n        ports: [{{containerPort: 80}}]\n"
    );
    let mut session = Session::with_cluster(roomy());
    session.update(Action::EditText(text.into()));
    session.update(Action::Apply);
    for _ in 0..seconds * 10 {
        tick(&mut session, Duration::from_millis(100));
    }
    session.view();
    session
}

/// Ten nodes with room for thousands of pods.
fn roomy() -> ClusterConfig {
    let machine = |number| MachineConfig {
        cpu_millis: 1_000_000,
        memory_bytes: 1 << 42,
        max_pods: 1_000,
        ..MachineConfig::new(&format!("node-{number}"))
    };
    ClusterConfig {
        machines: (1..=10).map(machine).collect(),
        ..ClusterConfig::default()
    }
}

fn frame(session: &mut Session) -> View {
    tick(session, Duration::from_micros(16_667));
    session.view()
}

fn tick(session: &mut Session, elapsed: Duration) {
    session.update(Action::Tick {
        elapsed,
        step_budget: 100_000,
    });
}
