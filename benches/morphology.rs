//! Reading, writing and dividing a reconstruction.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;

use apical_morphology::{
    AxialTree, CompartmentTree, ImportOptions, MaxLength, default_cell, read_swc,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// A soma and an unbranched dendrite of this many points.
fn long_swc(points: usize) -> String {
    let mut text = String::from("1 1 0 0 0 5 -1\n");
    for id in 2..=points {
        writeln!(text, "{id} 3 0 {}.25 0 0.5 {}", 5 + id, id - 1).unwrap();
    }
    text
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("morphology/read_swc");
    for points in [1_000, 100_000] {
        let text = long_swc(points);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.sample_size(20);
        group.bench_function(points.to_string(), |bencher| {
            bencher
                .iter(|| read_swc(black_box(text.as_bytes()), &ImportOptions::default()).unwrap());
        });
    }
    group.finish();
}

fn divide(c: &mut Criterion) {
    let morphology = default_cell();
    c.bench_function("morphology/compartment_tree/642", |bencher| {
        bencher.iter(|| {
            CompartmentTree::new(black_box(morphology.clone()), &MaxLength::default()).unwrap()
        });
    });
    let tree = CompartmentTree::new(morphology, &MaxLength::default()).unwrap();
    c.bench_function("morphology/axial_tree/642", |bencher| {
        bencher.iter(|| AxialTree::new(black_box(&tree), 100.0).unwrap());
    });
    let axial = AxialTree::new(&tree, 100.0).unwrap();
    c.bench_function("morphology/membrane_current_operator/642", |bencher| {
        bencher.iter(|| black_box(&axial).membrane_current_operator());
    });
}

fn generate(c: &mut Criterion) {
    c.bench_function("morphology/default_cell/642", |bencher| {
        bencher.iter(default_cell);
    });
}

criterion_group!(benches, read, divide, generate);
criterion_main!(benches);
