//! The same on every device that is there: weights, predictions and a step of training.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "says what was skipped; a test fails by panicking"
)]

use std::sync::Arc;

use apical_core::{BinnedEvents, SynapseId, TrialLayout};
use apical_surrogate::{
    Architecture, ExpertAccess, Frame, Losses, MixtureConfig, ModelConfig, Network, Residual,
    SeenInputs, SeenVoltages, Task, TaskTable, Trainer, TrainerConfig, TrialBatch,
};
use candle_core::{DType, Device, Tensor};

const SAMPLES: usize = 3;
const BINS: usize = 40;
const COMPARTMENTS: usize = 2;
const SYNAPSES: usize = 5;
const CONTEXT: usize = 12;
const WINDOW: usize = 10;

/// Sums of some hundred products in another order, relative to the largest number.
const TOLERANCE_F64: f64 = 1e-12;
/// The same in float32.
const TOLERANCE_F32: f64 = 1e-5;
/// Share of the learning rate by which a weight may differ after Adam's first step, g/(|g| + 1e-8): gradients differ by less
/// than 1e-14, which matters where they are nearly zero.
const STEP_TOLERANCE: f64 = 1e-5;

/// The processor, and the first graphics processor; says so if there is none.
fn devices() -> Vec<Device> {
    let mut devices = vec![Device::Cpu];
    match Device::new_cuda(0) {
        Ok(device) => devices.push(device),
        Err(error) => println!("CUDA: skipped, {error}"),
    }
    devices
}

fn frame() -> (Frame, TrialLayout) {
    let layout = crate::common::layout(SYNAPSES, BINS);
    let tasks = TaskTable::verhellen2024(&layout).unwrap();
    assert!(tasks.tasks().contains(&Task::Spike));
    let mut inputs = SeenInputs::default();
    inputs.voltages = SeenVoltages::Past;
    inputs.currents = true;
    let (mean, deviation) = (vec![-68.0, -67.0], vec![4.0, 5.0]);
    let frame = Frame::new(&layout, tasks, inputs, Residual::Persistence, mean, deviation);
    (frame.unwrap(), layout)
}

/// Numbers that follow from their places alone.
fn batch() -> TrialBatch {
    let wave = |k: usize| (k as f32 * 0.37).sin() + 0.5 * (k as f32 * 1.7).cos();
    let (mut offsets, mut synapses) = (vec![0], Vec::new());
    for row in 0..SAMPLES * BINS {
        let events = (0..row * 7 % 4).map(|k| SynapseId::new((row * row + 3 * k) % SYNAPSES));
        synapses.extend(events);
        offsets.push(synapses.len() as u32);
    }
    let rows = SAMPLES * BINS;
    TrialBatch {
        samples: SAMPLES,
        bins: BINS,
        events: Arc::new(BinnedEvents::new(offsets, synapses).unwrap()),
        voltage_mv: (0..(rows + SAMPLES) * COMPARTMENTS).map(|k| 5.0 * wave(k) - 68.0).collect(),
        injected_na: (0..rows).map(|k| wave(3 * k)).collect(),
        spikes: (0..rows).map(|k| if wave(k) > 1.1 { 1.0 } else { 0.0 }).collect(),
        weights: (0..SAMPLES).map(|sample| 0.5 + sample as f32).collect(),
    }
}

/// MH, MMoE and MMoEEx.
fn architectures() -> [Architecture; 3] {
    use ExpertAccess::{ExcludedFrom, ExclusiveTo, Shared};
    let mixture = |experts| Architecture::Mixture(MixtureConfig::new(4, experts));
    [
        Architecture::HardSharing { units: 4 },
        mixture(vec![Shared; 3]),
        mixture(vec![ExclusiveTo(1), Shared, ExcludedFrom(0)]),
    ]
}

fn network(architecture: &Architecture, dtype: DType, device: &Device) -> Network {
    let (frame, layout) = frame();
    let tasks = frame.tasks.len();
    let mut config = ModelConfig::new(SYNAPSES, frame.numbers(), tasks, architecture.clone());
    config.temporal.channels = vec![6, 4];
    config.temporal.taps = 3;
    config.window = WINDOW;
    Network::new(config.build(11, dtype, device).unwrap(), frame, layout).unwrap()
}

/// What is checked on a device, brought to the processor in float64.
struct Found {
    weights: Vec<(String, Vec<f64>)>,
    predictions: Vec<f64>,
    losses: Losses,
    trained: Vec<(String, Vec<f64>)>,
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn weights(network: &Network) -> Vec<(String, Vec<f64>)> {
    let parameters = network.model().parameters();
    parameters.iter().map(|(name, var)| (name.to_owned(), numbers(var))).collect()
}

/// Places that need what is before the first bin, and others.
fn predict(network: &Network, batch: &TrialBatch) -> Vec<f64> {
    let places = [(0, 3), (0, BINS - 1), (1, WINDOW), (2, BINS / 2)];
    let model = network.model();
    let (dtype, device) = (model.parameters().dtype(), model.parameters().device());
    let input = network.frame().of(batch).unwrap().input(dtype, device).unwrap();
    let windows = model.encode_windows(&input, &places, None).unwrap();
    numbers(&model.decode(&windows).unwrap().predictions)
}

fn run(architecture: &Architecture, dtype: DType, device: &Device) -> Found {
    let (network, batch) = (network(architecture, dtype, device), batch());
    let (before, predictions) = (weights(&network), predict(&network, &batch));
    let mut trainer = Trainer::new(TrainerConfig::default(), network.model()).unwrap();
    let losses = trainer.step(&network, &batch, CONTEXT).unwrap();
    Found { weights: before, predictions, losses, trained: weights(&network) }
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance, "{what}: {a} and {b}");
    }
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |largest, x| x.abs().max(largest))
}

#[test]
fn weights_follow_from_the_seed_alone() {
    for architecture in architectures() {
        for dtype in [DType::F32, DType::F64] {
            let expected = weights(&network(&architecture, dtype, &Device::Cpu));
            assert!(expected.iter().any(|(_, values)| largest(values) > 0.1), "{architecture:?}");
            for device in devices() {
                let found = weights(&network(&architecture, dtype, &device));
                assert_eq!(found, expected, "{architecture:?} on {device:?}");
            }
        }
    }
}

#[test]
fn predictions_are_the_same() {
    for architecture in architectures() {
        for (dtype, tolerance) in [(DType::F32, TOLERANCE_F32), (DType::F64, TOLERANCE_F64)] {
            let expected = run(&architecture, dtype, &Device::Cpu).predictions;
            for device in devices() {
                let found = run(&architecture, dtype, &device).predictions;
                let what = format!("{architecture:?} on {device:?} in {dtype:?}");
                assert_close(&found, &expected, tolerance * largest(&expected), &what);
            }
        }
    }
}

/// With dropout, in float64: Adam's first step goes by the sign of a gradient, which rounding must not decide.
#[test]
fn a_step_of_training_is_the_same() {
    let rate = TrainerConfig::default().schedule.rate;
    for architecture in architectures() {
        let expected = run(&architecture, DType::F64, &Device::Cpu);
        let moved = expected.weights.iter().zip(&expected.trained).map(|((_, from), (_, to))| {
            from.iter().zip(to).fold(0.0, |most, (a, b)| (a - b).abs().max(most))
        });
        assert!(moved.fold(0.0, f64::max) > 0.9 * rate, "{architecture:?}");
        for device in devices() {
            let found = run(&architecture, DType::F64, &device);
            let losses = |losses: &Losses| {
                [losses.voltage.unwrap(), losses.spike.unwrap(), losses.total, losses.gradient_norm]
            };
            let (losses, known) = (losses(&found.losses), losses(&expected.losses));
            let what = format!("{architecture:?} on {device:?}");
            assert_close(&losses, &known, TOLERANCE_F64 * largest(&known), &what);
            for ((name, found), (_, expected)) in found.trained.iter().zip(&expected.trained) {
                assert_close(found, expected, STEP_TOLERANCE * rate, &format!("{name} of {what}"));
            }
        }
    }
}
