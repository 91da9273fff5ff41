//! Simulation: the solver alone, a step of each kind of model, and batches.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use apical_benches::{bombarded, model};
use apical_biophysics::preset::Preset;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn hines_solve(c: &mut Criterion) {
    let model = model(Preset::Passive, false).unwrap();
    let cable = model.cable();
    let nodes = cable.node_count();
    for batch_size in [1, 8] {
        let (membrane, rhs) = (vec![1e-3; nodes * batch_size], vec![0.1; nodes * batch_size]);
        let mut diagonal = vec![0.0; nodes * batch_size];
        let id = match batch_size {
            1 => "biophysics/hines_solve/642".to_owned(),
            b => format!("biophysics/hines_solve/642x{b}"),
        };
        c.bench_function(&id, |bencher| {
            bencher.iter_batched_ref(
                || rhs.clone(),
                |rhs| {
                    cable.write_diagonal(batch_size, 0.025, &membrane, &mut diagonal);
                    cable.solve(batch_size, &mut diagonal, black_box(rhs));
                },
                BatchSize::SmallInput,
            );
        });
    }
}

/// One millisecond, 40 steps, per trial.
fn millisecond(c: &mut Criterion) {
    let mut group = c.benchmark_group("biophysics/millisecond");
    group.sample_size(20);
    for (name, preset, synapses) in [
        ("passive", Preset::Passive, false),
        ("channels", Preset::Shai2015, false),
        ("synapses", Preset::Shai2015, true),
    ] {
        let model = model(preset, synapses).unwrap();
        for batch_size in [1, 8] {
            group.throughput(Throughput::Elements(batch_size as u64));
            group.bench_function(format!("{name}/642x{batch_size}"), |bencher| {
                let mut warm = bombarded(&model, batch_size, 2000).unwrap();
                warm.run(50.0, &mut ()).unwrap();
                let start = warm.snapshot();
                bencher.iter(|| {
                    warm.restore(&start).unwrap();
                    warm.run(1.0, &mut ()).unwrap();
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, hines_solve, millisecond);
criterion_main!(benches);
