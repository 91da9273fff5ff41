//! Simulation: the solver alone, a step of each kind of model, and batches.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use apical_benches::{bombarded, model};
use apical_biophysics::InstructionSet;
use apical_biophysics::preset::Preset;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn hines_eliminate(c: &mut Criterion) {
    let model = model(Preset::Passive, false).unwrap();
    let cable = model.cable();
    let (nodes, set) = (cable.node_count(), InstructionSet::best());
    for batch_size in [1, 8] {
        let passive = cable.passive_diagonal(0.025);
        let diagonal: Vec<f64> = (0..nodes * batch_size).map(|i| passive[i / batch_size]).collect();
        let system = (diagonal, vec![0.1; nodes * batch_size]);
        let id = match batch_size {
            1 => "biophysics/hines_eliminate/642".to_owned(),
            b => format!("biophysics/hines_eliminate/642x{b}"),
        };
        c.bench_function(&id, |bencher| {
            bencher.iter_batched_ref(
                || system.clone(),
                |(diagonal, rhs)| cable.solve(set, batch_size, diagonal, black_box(rhs)),
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
        for batch_size in [1, 8, 32] {
            group.throughput(Throughput::Elements(batch_size as u64));
            group.bench_function(format!("{name}/642x{batch_size}"), |bencher| {
                let mut warm = bombarded(&model, batch_size, 60).unwrap();
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

criterion_group!(benches, hines_eliminate, millisecond);
criterion_main!(benches);
