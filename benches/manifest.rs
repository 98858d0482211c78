//! What a keystroke in the editor costs: `cargo xtask bench "200 lines"`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use podarium::cluster::{ClusterConfig, World};
use podarium::manifest::{assist, read};
use podarium::session::verdict;

criterion_group!(manifest, checks);
criterion_main!(manifest);

/// One document of 200 lines, as the editor checks it after every change: reading, the API server's verdict, hints.
fn checks(criterion: &mut Criterion) {
    let text = document(200);
    let broken = text.replacen("image:", "imgae:", 1);
    let syntax = text.replacen("env:", "env", 1);
    let world = World::new(&ClusterConfig::default());
    let mut group = criterion.benchmark_group("check 200 lines");
    for (name, text) in [
        ("right", &text),
        ("a typo", &broken),
        ("a syntax error", &syntax),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let manifest = read(black_box(text));
                (verdict::of(text, &manifest, &world), manifest)
            });
        });
    }
    group.bench_function("completion in the middle", |bencher| {
        bencher.iter(|| assist::complete(black_box(&text), text.len() / 2));
    });
    group.finish();
}

/// A Deployment with as many variables as it takes to have so many lines.
fn document(lines: usize) -> String {
    let mut text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels:\n      \
        app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: \
        main\n        image: nginx:1.27\n        env:\n"
        .to_owned();
    let mut count = text.lines().count();
    while count < lines {
        text.push_str(&format!(
            "        - name: VARIABLE_{count}\n          value: \"{count}\"\n"
        ));
        count += 2;
    }
    text
}
