//! Growth of a step with compartments and with trials: time should be proportional to both.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use apical_benches::{bombard, model_of, tree_of};
use apical_biophysics::preset::Preset;
use apical_biophysics::{Simulation, SimulationConfig};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// One millisecond of one trial, by number of compartments: throughput in compartments.
fn compartments(c: &mut Criterion) {
    let mut group = c.benchmark_group("biophysics/millisecond_by_compartments");
    group.sample_size(10);
    // Of the default cell with compartments of at most this length.
    for max_length_um in [1e6, 40.0, 4.0, 0.25] {
        let tree = tree_of(max_length_um).unwrap();
        let count = tree.len();
        let model = model_of(tree, Preset::Shai2015, true).unwrap();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(count.to_string(), |bencher| {
            let mut simulation =
                Simulation::new(model.clone(), SimulationConfig::default()).unwrap();
            bencher.iter(|| {
                bombard(&mut simulation, 1).unwrap();
                simulation.run(1.0, &mut ()).unwrap();
            });
        });
    }
    group.finish();
}

/// One millisecond of the default cell, by number of trials: throughput in trials.
fn trials(c: &mut Criterion) {
    let mut group = c.benchmark_group("biophysics/millisecond_by_trials");
    group.sample_size(10);
    let model = model_of(tree_of(40.0).unwrap(), Preset::Shai2015, true).unwrap();
    for batch_size in [1, 2, 8, 32, 128, 512] {
        group.throughput(Throughput::Elements(batch_size as u64));
        group.bench_function(batch_size.to_string(), |bencher| {
            let mut config = SimulationConfig::default();
            config.batch_size = batch_size;
            let mut simulation = Simulation::new(model.clone(), config).unwrap();
            bencher.iter(|| {
                bombard(&mut simulation, 1).unwrap();
                simulation.run(1.0, &mut ()).unwrap();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, compartments, trials);
criterion_main!(benches);
