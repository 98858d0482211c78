//! What the engine costs: `cargo xtask bench`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use podarium::kernel::{Queue, Rng, SimTime, Trace, TraceId};

criterion_group!(engine, kernel);
criterion_main!(engine);

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
