//! The synaptic input process.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use apical_benches::tree;
use apical_dataset::{DendriticTrees, InputProcess};
use criterion::{Criterion, criterion_group, criterion_main};

fn input_process(c: &mut Criterion) {
    let trees = DendriticTrees::basal_and_apical(&tree().unwrap().compartment_table()).unwrap();
    let process = InputProcess::default();
    let mut group = c.benchmark_group("dataset/input_process");
    group.sample_size(10);
    let mut trial = 0;
    group.bench_function("1278x6000", |bencher| {
        bencher.iter(|| {
            trial += 1;
            process.generate(1, trial, 6000, &trees).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, input_process);
criterion_main!(benches);
