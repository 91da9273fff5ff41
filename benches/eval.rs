//! Fitting the linear step, and metrics of a second of 642 compartments.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use apical_benches::tree;
use apical_core::{
    BinnedEvents, CompartmentId, SynapseId, Trial, TrialLayout, TrialMarks, TrialSource,
    TrialsInMemory,
};
use apical_eval::{
    Bootstrap, Columns, LinearStep, LinearStepConfig, Metric, Prediction, RegionMetric, Spectra,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const BINS: usize = 1000;
const TRIALS: usize = 2;

/// Trials of the default cell's compartments: events here and there, and waves in the place of voltages.
fn trials() -> TrialsInMemory {
    let compartments = tree().unwrap().compartment_table();
    let soma = CompartmentId::new(0);
    let synapse_count = 2 * compartments.dendritic().count();
    let count = compartments.len();
    let mut layout = TrialLayout::new(compartments, soma, synapse_count, BINS);
    layout.calcium_site = Some(CompartmentId::new(300));
    layout.injection_sites = vec![soma];
    let trial = |number: usize| {
        let offsets = (0..=BINS).map(|bin| 15 * bin as u32).collect();
        let event = |k: usize| SynapseId::new((k * k + 7 * number) % synapse_count);
        let events = BinnedEvents::new(offsets, (0..15 * BINS).map(event).collect()).unwrap();
        let wave = |k: usize| -70.0 + 15.0 * ((k % 641) as f32 + 0.03 * (k / 642) as f32).sin();
        let voltages = (0..count * (BINS + 1)).map(|k| wave(k + number)).collect();
        let marks = TrialMarks::default();
        Trial::new(&layout, events, vec![0.0; BINS], voltages, marks).unwrap()
    };
    TrialsInMemory::new(layout.clone(), (0..TRIALS).map(trial).collect()).unwrap()
}

fn linear_step(c: &mut Criterion) {
    let source = trials();
    let columns = Columns::soma_and_dendrites(&source.layout().compartments).unwrap();
    let count = source.layout().compartments.len();
    let (mean, deviation) = (vec![-70.0; count], vec![10.0; count]);
    let mut group = c.benchmark_group("eval/linear_step");
    group.sample_size(10);
    group.bench_function("fit/642x2000", |bencher| {
        bencher.iter(|| {
            let config = LinearStepConfig::default();
            LinearStep::fit(&source, &[0, 1], columns.clone(), &mean, &deviation, config).unwrap()
        });
    });
    group.finish();
}

fn metrics(c: &mut Criterion) {
    let source = trials();
    let layout = source.layout();
    let columns = Columns::soma_and_dendrites(&layout.compartments).unwrap();
    let truth = source.trial(0).unwrap();
    let voltage_mv = columns.targets(&truth).unwrap();
    let prediction = Prediction {
        trial: 0,
        truth: &truth,
        columns: &columns,
        first_bin: 0,
        voltage_mv: &voltage_mv,
        spike_logits: None,
    };
    let table = columns.table(&layout.compartments).unwrap();
    let mut group = c.benchmark_group("eval/metric");
    group.throughput(Throughput::Elements(voltage_mv.len() as u64));
    group.bench_function("region/642x1000", |bencher| {
        let mean = vec![-70.0; columns.len()];
        let new = || RegionMetric::new(table.clone(), mean.clone(), Bootstrap::default()).unwrap();
        bencher.iter_batched_ref(
            new,
            |metric| metric.add(&prediction).unwrap(),
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
    let [predicted, truth] = prediction.traces_mv(CompartmentId::new(0)).unwrap();
    c.bench_function("eval/spectra/1000", |bencher| {
        let mut spectra = Spectra::new(256);
        bencher.iter(|| spectra.add(&predicted, &truth).unwrap());
    });
}

criterion_group!(benches, linear_step, metrics);
criterion_main!(benches);
