//! Networks of the published sizes that see 1278 synapses and 640 voltages and predict 641 numbers.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;

use apical_core::{BinnedEvents, RandomStreams, SynapseId};
use apical_surrogate::{
    Adam, AdamConfig, Architecture, Decay, Dropout, ModelConfig, ModelInput, ModelStream,
    MultitaskModel, windows,
};
use candle_core::{DType, Device, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::RngExt;

const SYNAPSES: usize = 1278;
const VOLTAGES: usize = 640;
const TASKS: usize = 641;
const WINDOW: usize = 100;
const EVENT_PROBABILITY: f64 = 0.012;

fn models() -> [(&'static str, Box<dyn MultitaskModel>); 3] {
    let model = |architecture| {
        let config = ModelConfig::new(SYNAPSES, VOLTAGES, TASKS, architecture);
        config.build(1, DType::F32, &Device::Cpu).unwrap()
    };
    [
        ("mh", model(Architecture::mh())),
        ("mmoe", model(Architecture::mmoe())),
        ("mmoeex", model(Architecture::mmoeex(TASKS, 1))),
    ]
}

/// Sparse events and dense voltages.
fn input(samples: usize, times: usize) -> ModelInput {
    let mut rng = RandomStreams::new(1).stream("input", 0);
    let rows = samples * times;
    let (mut offsets, mut synapses) = (vec![0], Vec::new());
    for _ in 0..rows {
        let active = (0..SYNAPSES).filter(|_| rng.random_bool(EVENT_PROBABILITY));
        synapses.extend(active.map(SynapseId::new));
        offsets.push(synapses.len() as u32);
    }
    let events = Arc::new(BinnedEvents::new(offsets, synapses).unwrap());
    let voltages: Vec<f32> = (0..rows * VOLTAGES).map(|_| rng.random_range(-1.7..1.7)).collect();
    let voltages = Tensor::from_vec(voltages, (rows, VOLTAGES), &Device::Cpu).unwrap();
    ModelInput::new(samples, events, Some(voltages)).unwrap()
}

/// One predicted millisecond of so many neurons.
fn streaming(c: &mut Criterion) {
    let mut group = c.benchmark_group("surrogate/stream");
    group.sample_size(10);
    for (name, model) in models() {
        for samples in [1, 8, 32, 128] {
            let input = input(samples, 1);
            let mut stream = ModelStream::new(&*model, samples).unwrap();
            group.bench_function(format!("{name}/{samples}"), |bencher| {
                bencher.iter(|| stream.advance(&*model, &input).unwrap());
            });
        }
    }
    group.finish();
}

/// What goes along time alone: mostly the products with the input.
fn temporal(c: &mut Criterion) {
    let mut group = c.benchmark_group("surrogate/temporal");
    group.sample_size(10);
    for (name, model) in models() {
        let temporal = model.temporal().unwrap();
        for samples in [1, 128] {
            let input = input(samples, 1);
            let mut state = temporal.start(samples).unwrap();
            group.bench_function(format!("{name}/{samples}"), |bencher| {
                bencher.iter(|| temporal.advance(&mut state, &input).unwrap());
            });
        }
        let input = input(8, 600);
        group.bench_function(format!("{name}/8x600"), |bencher| {
            bencher.iter(|| temporal.forward(&input, None).unwrap());
        });
    }
    group.finish();
}

/// Towers, and what weighs experts for them, with the graph that gradients are found by.
fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("surrogate/decode");
    group.sample_size(10);
    for (name, model) in models() {
        let groups = if name == "mh" { 1 } else { 6 };
        let encoded = Tensor::rand(0.0_f32, 1.0, (128, WINDOW, groups, 8), &Device::Cpu).unwrap();
        let places: Vec<_> = (0..128).map(|sample| (sample, WINDOW - 1)).collect();
        let windows = windows(&encoded, &places, WINDOW).unwrap();
        group.bench_function(format!("{name}/128"), |bencher| {
            bencher.iter(|| model.decode(black_box(&windows)).unwrap());
        });
    }
    group.finish();
}

/// A training step of 8 stretches of 600 ms with 16 targets each.
fn training(c: &mut Criterion) {
    let mut group = c.benchmark_group("surrogate/training_step");
    group.sample_size(10);
    let input = input(8, 600);
    let places: Vec<_> = (0..8 * 16).map(|k| (k / 16, 226 + k % 16 * 23)).collect();
    for (name, model) in models() {
        let mut config = AdamConfig::default();
        config.decay = Decay::Coupled;
        let mut adam = Adam::new(config, model.parameters()).unwrap();
        group.bench_function(format!("{name}/8x600x16"), |bencher| {
            bencher.iter(|| {
                let mut dropout = Dropout::new(1, 0.2, adam.steps());
                let encoded = model.encode(&input, Some(&mut dropout)).unwrap();
                let windows = windows(&encoded, &places, WINDOW).unwrap();
                let loss = model.decode(&windows).unwrap().predictions.sqr().unwrap();
                let gradients = loss.mean_all().unwrap().backward().unwrap();
                adam.step(model.parameters(), &gradients, 1e-3, 1.0).unwrap();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, streaming, temporal, decode, training);
criterion_main!(benches);
