//! What is computed along time is what is computed for every window.

use std::sync::Arc;

use apical_core::{BinnedEvents, SynapseId};
use apical_surrogate::{
    Architecture, ExpertAccess, HardSharing, Mixture, MixtureConfig, ModelConfig, ModelInput,
    ModelStream, MultitaskModel, Parameters, Precision, windows,
};
use candle_core::{DType, Device, Tensor};

const SYNAPSES: usize = 9;
const NUMBERS: usize = 3;
const TASKS: usize = 4;

fn config(architecture: Architecture) -> ModelConfig {
    let mut config = ModelConfig::new(SYNAPSES, NUMBERS, TASKS, architecture);
    config.temporal.channels = vec![6, 4, 4];
    config.temporal.taps = 3;
    config.window = 8;
    config
}

fn models(dtype: DType) -> Vec<Box<dyn MultitaskModel>> {
    let experts =
        vec![ExpertAccess::ExclusiveTo(1), ExpertAccess::Shared, ExpertAccess::ExcludedFrom(0)];
    let mixture = config(Architecture::Mixture(MixtureConfig::new(3, experts)));
    let shared = config(Architecture::HardSharing { units: 5 });
    vec![
        Box::new(HardSharing::new(shared, Parameters::new(3, dtype, Device::Cpu)).unwrap()),
        Box::new(Mixture::new(mixture, Parameters::new(3, dtype, Device::Cpu)).unwrap()),
    ]
}

/// Times `range` of stretches whose events and numbers follow from sample and time alone.
fn input(samples: usize, range: std::ops::Range<usize>, dtype: DType) -> ModelInput {
    let (mut offsets, mut synapses, mut numbers) = (vec![0], Vec::new(), Vec::new());
    for sample in 0..samples {
        for time in range.clone() {
            let busy = (time * 7 + sample * 3) % 4;
            synapses.extend(
                (0..busy).map(|k| SynapseId::new((time * time + 5 * k + sample) % SYNAPSES)),
            );
            offsets.push(synapses.len() as u32);
            numbers
                .extend((0..NUMBERS).map(|k| ((time * (k + 1) + 11 * sample) as f64 * 0.3).sin()));
        }
    }
    let rows = samples * range.len();
    let numbers = Tensor::from_vec(numbers, (rows, NUMBERS), &Device::Cpu).unwrap();
    let events = Arc::new(BinnedEvents::new(offsets, synapses).unwrap());
    ModelInput::new(samples, events, Some(numbers.to_dtype(dtype).unwrap())).unwrap()
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap();
    difference.to_dtype(DType::F64).unwrap().to_scalar().unwrap()
}

/// One millisecond at a time, or some: the same as the whole stretch, in float32 to rounding of sums of some ten numbers.
#[test]
fn going_on_is_the_same_as_the_whole() {
    for (dtype, tolerance) in [(DType::F64, 1e-14), (DType::F32, 1e-6)] {
        for model in models(dtype) {
            for samples in [1, 5] {
                let whole = model.encode(&input(samples, 0..40, dtype), None).unwrap();
                for step in [1, 3, 40] {
                    let temporal = model.temporal().unwrap();
                    let mut state = temporal.start(samples).unwrap();
                    let mut parts = Vec::new();
                    for first in (0..40).step_by(step) {
                        let input = input(samples, first..(first + step).min(40), dtype);
                        parts.push(temporal.advance(&mut state, &input).unwrap());
                    }
                    let parts = Tensor::cat(&parts, 1).unwrap();
                    let difference = largest_difference(&parts, &whole);
                    assert!(difference <= tolerance, "{difference:e}");
                }
            }
        }
    }
}

/// A stream says of every millisecond what the whole stretch so far says, also before its window is full; again from a
/// snapshot and from the start.
#[test]
fn a_stream_says_what_whole_stretches_say() {
    const TIMES: usize = 30;
    for (dtype, tolerance) in [(DType::F64, 1e-13), (DType::F32, 1e-5)] {
        for model in models(dtype) {
            let model = &*model;
            for samples in [1, 5] {
                let encoded = model.encode(&input(samples, 0..TIMES, dtype), None).unwrap();
                let whole: Vec<Tensor> = (0..TIMES)
                    .map(|time| {
                        let ends: Vec<_> = (0..samples).map(|sample| (sample, time)).collect();
                        model.decode(&windows(&encoded, &ends, 8).unwrap()).unwrap().predictions
                    })
                    .collect();
                let check = |stream: &mut ModelStream, times: std::ops::Range<usize>| {
                    for time in times {
                        let input = input(samples, time..time + 1, dtype);
                        let said = stream.advance(model, &input).unwrap().predictions;
                        let difference = largest_difference(&said, &whole[time]);
                        assert!(difference <= tolerance, "{time} ms: {difference:e}");
                    }
                };
                let mut stream = ModelStream::new(model, samples).unwrap();
                check(&mut stream, 0..13);
                let mut snapshot = stream.clone();
                check(&mut stream, 13..TIMES);
                check(&mut snapshot, 13..TIMES);
                stream.reset().unwrap();
                check(&mut stream, 0..TIMES);
            }
        }
    }
}

/// Sixteen bits: 12 of what towers see and 13 of weights leave 1e-3 of outputs whose spread is a tenth or more.
#[test]
fn a_stream_in_fixed_point_says_nearly_the_same() {
    for model in models(DType::F32) {
        let streams = [Precision::Float32, Precision::Fixed16]
            .map(|precision| ModelStream::with_precision(&*model, 3, precision).unwrap());
        let [mut float, mut fixed] = streams;
        for time in 0..20 {
            let input = input(3, time..time + 1, DType::F32);
            let [float, fixed] = [&mut float, &mut fixed]
                .map(|stream| stream.advance(&*model, &input).unwrap().predictions);
            let difference = largest_difference(&float, &fixed);
            assert!(0.0 < difference && difference < 1e-3, "{time} ms: {difference:e}");
        }
    }
}

#[test]
fn a_stream_refuses_other_inputs_and_stays_where_it_is() {
    let model = &*models(DType::F64)[0];
    let first = input(2, 0..1, DType::F64);
    let mut stream = ModelStream::new(model, 2).unwrap();
    assert_eq!(stream.samples(), 2);
    let events = BinnedEvents::new(vec![0, 1, 1], vec![SynapseId::new(SYNAPSES)]).unwrap();
    let numbers = Tensor::zeros((2, NUMBERS), DType::F64, &Device::Cpu).unwrap();
    for (wrong, message) in [
        (input(3, 0..1, DType::F64), "samples is 3"),
        (input(2, 0..2, DType::F64), "times is 2"),
        (ModelInput::new(2, Arc::new(events), Some(numbers)).unwrap(), "synapse 9"),
    ] {
        let error = stream.advance(model, &wrong).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let expected = ModelStream::new(model, 2).unwrap().advance(model, &first).unwrap();
    let found = stream.advance(model, &first).unwrap();
    assert_eq!(largest_difference(&found.predictions, &expected.predictions), 0.0);
    assert!(ModelStream::new(model, 0).is_err());
}

/// A stretch that begins as much earlier as the network remembers ends in the same: what is before does not matter.
#[test]
fn memory_is_what_the_configuration_says() {
    for model in models(DType::F64) {
        let memory = model.config().temporal.memory();
        assert_eq!(memory, 2 * 2 * (1 + 2 + 4));
        let end = 60;
        let last = |first: usize| {
            let encoded = model.encode(&input(2, first..end, DType::F64), None).unwrap();
            encoded.narrow(1, end - first - 1, 1).unwrap()
        };
        let whole = last(0);
        assert!(largest_difference(&last(end - 1 - memory), &whole) < 1e-14);
        // the farthest tap of every convolution, through six of them, still tells
        assert!(largest_difference(&last(end - memory), &whole) > 1e-14);
    }
}

/// Windows that end at any time, also before they are full.
#[test]
fn windows_are_parts_of_what_was_encoded() {
    let encoded: Vec<f64> = (0..2 * 6 * 2 * 3).map(f64::from).collect();
    let encoded = Tensor::from_vec(encoded, (2, 6, 2, 3), &Device::Cpu).unwrap();
    let found = windows(&encoded, &[(0, 3), (1, 5), (1, 1)], 4).unwrap();
    assert_eq!(found.dims(), [3, 2, 12]);
    let found = found.to_vec3::<f64>().unwrap();
    let at = |sample: usize, time: usize, group: usize, channel: usize| {
        (((sample * 6 + time) * 2 + group) * 3 + channel) as f64
    };
    for channel in 0..3 {
        for back in 0..4 {
            let place = channel * 4 + 3 - back;
            assert_eq!(found[0][1][place], at(0, 3 - back, 1, channel));
            assert_eq!(found[1][0][place], at(1, 5 - back, 0, channel));
            let expected = if back > 1 { 0.0 } else { at(1, 1 - back, 1, channel) };
            assert_eq!(found[2][1][place], expected);
        }
    }
    assert!(windows(&encoded, &[(2, 0)], 4).is_err());
}

/// The published sizes: 1278 synapses, 640 voltages, 641 tasks.
#[test]
fn networks_of_the_published_sizes_have_the_published_numbers_of_weights() {
    let count = |architecture: Architecture| {
        let config = ModelConfig::new(1278, 640, 641, architecture);
        let is_mixture = matches!(config.architecture, Architecture::Mixture(_));
        if is_mixture {
            Mixture::new(config, Parameters::new(1, DType::F32, Device::Cpu))
                .unwrap()
                .parameters()
                .count()
        } else {
            HardSharing::new(config, Parameters::new(1, DType::F32, Device::Cpu))
                .unwrap()
                .parameters()
                .count()
        }
    };
    assert_eq!(count(Architecture::mh()), 13_965_237);
    assert_eq!(count(Architecture::mmoe()), 11_959_193);
    assert_eq!(count(Architecture::mmoeex(641, 1)), 64_630_163);
}

/// The gate of a closed expert is 0, that of an exclusive one is open to its task alone.
#[test]
fn closed_gates_are_zero() {
    let model = &models(DType::F32)[1];
    let encoded = model.encode(&input(2, 0..20, DType::F32), None).unwrap();
    let outputs = model.decode(&windows(&encoded, &[(0, 19), (1, 12)], 8).unwrap()).unwrap();
    for gates in outputs.gates.unwrap().to_vec3::<f32>().unwrap() {
        for (task, gates) in gates.iter().enumerate() {
            assert_eq!(gates[0] == 0.0, task != 1);
            assert_eq!(gates[2] == 0.0, task == 0);
            // three roundings
            assert!((gates.iter().sum::<f32>() - 1.0).abs() < 4.0 * f32::EPSILON);
        }
    }
}
