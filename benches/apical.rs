//! What the facade adds: trials of a simulated neuron, figures and files.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use apical::figure::{cell_and_traces, png};
use apical::generation::{TrialGenerator, TrialParameters};
use apical::input::read_matrix;
use apical::output::{Dtype, RunDirectory};
use apical_benches::{model, tree};
use apical_biophysics::SimulationConfig;
use apical_biophysics::preset::Preset;
use apical_core::{CompartmentId, Traces, Unit};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const MS: usize = 6000;

fn generation(c: &mut Criterion) {
    let mut parameters = TrialParameters::default();
    parameters.duration_ms = 100;
    let (model, soma) = (model(Preset::Shai2015, true).unwrap(), CompartmentId::new(0));
    let config = SimulationConfig::default();
    let trials = TrialGenerator::new(model, soma, config, parameters, 8).unwrap();
    let mut group = c.benchmark_group("apical/generation");
    group.sample_size(10);
    group.bench_function("642x100x8", |bencher| {
        bencher.iter(|| trials.simulate(0..8, &mut ()).unwrap());
    });
    group.finish();
}

/// A wave a compartment, mV, `[compartments × times]`.
fn waves(compartments: usize, times: usize) -> Vec<f64> {
    let wave = |k: usize| -70.0 + 15.0 * ((k % times) as f64 * 0.05 + (k / times) as f64).sin();
    (0..compartments * times).map(wave).collect()
}

fn figures(c: &mut Criterion) {
    let tree = tree().unwrap();
    let shown: Vec<CompartmentId> = (0..9).map(|k| CompartmentId::new(70 * k)).collect();
    let times_ms = (0..=MS).map(|ms| ms as f64).collect();
    let values = waves(shown.len(), MS + 1);
    let traces = Traces::new(Unit::Millivolt, shown.len(), times_ms, values).unwrap();
    let draw = || cell_and_traces("a cell", &tree, black_box(&shown), &traces);
    c.bench_function("apical/figure/cell_and_traces/642x9x6000", |bencher| bencher.iter(draw));
    let figure = draw();
    let mut group = c.benchmark_group("apical/figure/png");
    group.sample_size(10);
    group.bench_function("960x620", |bencher| bencher.iter(|| png(&figure, 1.0).unwrap()));
    group.finish();
}

fn files(c: &mut Criterion) {
    let rows = tree().unwrap().len();
    let voltages_mv = waves(rows, MS + 1);
    let folder = std::env::temp_dir().join(format!("apical-benches-{}", std::process::id()));
    let mut group = c.benchmark_group("apical/files");
    group.sample_size(10);
    group.throughput(Throughput::Bytes((voltages_mv.len() * size_of::<f32>()) as u64));
    let write = || {
        let mut run = RunDirectory::create(&folder).unwrap();
        let shape = [rows as u64, MS as u64 + 1];
        run.write_array("voltage_mv.npy", Dtype::Float32, &shape, &voltages_mv, "mV").unwrap();
    };
    group.bench_function("write_array/642x6001", |bencher| bencher.iter(write));
    write();
    let path = folder.join("voltage_mv.npy");
    group.bench_function("read_matrix/642x6001", |bencher| {
        bencher.iter(|| read_matrix(&path).unwrap());
    });
    group.finish();
    std::fs::remove_dir_all(&folder).unwrap();
}

criterion_group!(benches, generation, figures, files);
criterion_main!(benches);
