//! Parity with the PyTorch code published with Verhellen et al. 2024: outputs, gates, experts, losses, every gradient and
//! five steps of Adam, from the same weights.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use apical_core::{BinnedEvents, SynapseId};
use apical_surrogate::{
    Adam, AdamConfig, Architecture, Decay, ExpertAccess, HardSharing, Mixture, MixtureConfig,
    ModelConfig, ModelInput, MultitaskModel, Outputs, Parameters, lfdeep, windows,
};
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor};

const TASKS: usize = 7;
const SPIKE: usize = 5;
const TIMES: usize = 20;

/// float64 beside float64, other orders of summation: relative to the largest number of an array.
const TOLERANCE_F64: f64 = 1e-9;
/// float32 beside float64.
const TOLERANCE_F32: f64 = 1e-5;

fn golden(name: &str) -> HashMap<String, Tensor> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.safetensors"));
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

/// Those whose names begin so, without the beginning.
fn under(golden: &HashMap<String, Tensor>, prefix: &str) -> HashMap<String, Tensor> {
    let named = golden
        .iter()
        .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor.clone())));
    named.collect()
}

#[track_caller]
fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    let [found, expected] = [found, expected].map(|tensor| {
        tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap()
    });
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0_f64, |scale, x| scale.max(x.abs()));
    let difference =
        found.iter().zip(&expected).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
    assert!(difference <= tolerance * scale.max(1e-3), "{what}: {difference:e} of {scale:e}");
}

fn config(architecture: Architecture) -> ModelConfig {
    let mut config = ModelConfig::new(4, 2, TASKS, architecture);
    config.temporal.channels = vec![5, 4, 3];
    config.temporal.taps = 4;
    config.window = TIMES;
    config
}

fn mixture(experts: Vec<ExpertAccess>, masked: bool) -> ModelConfig {
    let mut mixture = MixtureConfig::new(4, experts);
    (mixture.masked, mixture.scaled_gates) = (masked, false);
    config(Architecture::Mixture(mixture))
}

/// The golden input `[samples, features, times]` as events and numbers.
fn input(x: &Tensor, dtype: DType) -> ModelInput {
    let x = x.transpose(1, 2).unwrap().contiguous().unwrap();
    let (samples, times, features) = x.dims3().unwrap();
    let rows = x.reshape((samples * times, features)).unwrap().to_vec2::<f32>().unwrap();
    let (mut offsets, mut synapses, mut numbers) = (vec![0], Vec::new(), Vec::<f32>::new());
    for row in rows {
        synapses.extend((0..4).filter(|&k| row[k] == 1.0).map(SynapseId::new));
        offsets.push(synapses.len() as u32);
        numbers.extend(&row[4..]);
    }
    let numbers = Tensor::from_vec(numbers, (samples * times, 2), &Device::Cpu).unwrap();
    let events = Arc::new(BinnedEvents::new(offsets, synapses).unwrap());
    ModelInput::new(samples, events, Some(numbers.to_dtype(dtype).unwrap())).unwrap()
}

fn forward(model: &dyn MultitaskModel, golden: &HashMap<String, Tensor>) -> Outputs {
    let input = input(&golden["input"], model.parameters().dtype());
    let places: Vec<_> = (0..input.samples()).map(|sample| (sample, TIMES - 1)).collect();
    let encoded = model.encode(&input, None).unwrap();
    model.decode(&windows(&encoded, &places, TIMES).unwrap()).unwrap()
}

/// Mean squared error of voltages plus mean cross-entropy of the spike.
fn loss(predictions: &Tensor, target: &Tensor) -> Tensor {
    let target = target.to_dtype(predictions.dtype()).unwrap();
    let voltages = |x: &Tensor| {
        let parts = [x.narrow(1, 0, SPIKE).unwrap(), x.narrow(1, SPIKE + 1, 1).unwrap()];
        Tensor::cat(&parts, 1).unwrap()
    };
    let squares = (voltages(predictions) - voltages(&target)).unwrap().sqr().unwrap();
    let [x, y] = [predictions, &target].map(|x| x.narrow(1, SPIKE, 1).unwrap());
    let entropy = (x.relu().unwrap() - (&x * y).unwrap()).unwrap();
    let tail = (x.abs().unwrap().neg().unwrap().exp().unwrap() + 1.0).unwrap().log().unwrap();
    (squares.mean_all().unwrap() + (entropy + tail).unwrap().mean_all().unwrap()).unwrap()
}

fn gradients(model: &dyn MultitaskModel, gradients: &GradStore) -> HashMap<String, Tensor> {
    lfdeep::state_dict(model.config(), model.parameters(), |var| {
        Some(gradients.get(var).cloned().unwrap_or_else(|| var.zeros_like().unwrap()))
    })
    .unwrap()
}

fn check(model: &dyn MultitaskModel, golden: &HashMap<String, Tensor>, tolerance: f64) {
    let weights = under(golden, "w.");
    lfdeep::load(model, &weights).unwrap();
    let outputs = forward(model, golden);
    assert_close(&outputs.predictions, &golden["output"], tolerance, "output");
    if let (Some(gates), Some(experts)) = (&outputs.gates, &outputs.experts) {
        let gates = gates.transpose(0, 1).unwrap();
        assert_close(&gates, &golden["gate_outputs"], tolerance, "gates");
        let experts = experts.transpose(0, 1).unwrap();
        assert_close(&experts, &golden["expert_outputs"], tolerance, "experts");
    }
    let loss_now = loss(&outputs.predictions, &golden["target"]);
    assert_close(&loss_now, &golden["loss"], tolerance, "loss");
    let found = gradients(model, &loss_now.backward().unwrap());
    let expected = under(golden, "grad.");
    assert_eq!(found.len(), expected.len());
    for (name, expected) in &expected {
        assert_eq!(found[name].shape(), expected.shape(), "{name}");
        assert_close(&found[name], expected, tolerance, name);
    }

    // what is saved is what was loaded
    let saved =
        lfdeep::state_dict(model.config(), model.parameters(), |var| Some(var.as_tensor().clone()));
    for (name, saved) in saved.unwrap() {
        assert_eq!(saved.shape(), weights[&name].shape(), "{name}");
        assert_close(&saved, &weights[&name], 0.0, &name);
    }

    let mut config = AdamConfig::default();
    config.decay = Decay::Coupled;
    let mut adam = Adam::new(config, model.parameters()).unwrap();
    let mut losses = Vec::new();
    for _ in 0..5 {
        let loss = loss(&forward(model, golden).predictions, &golden["target"]);
        losses.push(loss.to_dtype(DType::F64).unwrap().to_scalar::<f64>().unwrap());
        adam.step(model.parameters(), &loss.backward().unwrap(), 1e-3, 1.0).unwrap();
    }
    let losses = Tensor::new(losses, &Device::Cpu).unwrap();
    assert_close(&losses, &golden["adam.losses"], tolerance, "losses");
    let after =
        lfdeep::state_dict(model.config(), model.parameters(), |var| Some(var.as_tensor().clone()));
    let after = after.unwrap();
    // Adam's steps are of the size of the learning rate wherever a gradient is not 0: where float32 has nothing but
    // rounding, their direction is chance
    let tolerance = if tolerance < 1e-8 { tolerance } else { 1e-4 };
    for (name, expected) in under(golden, "adam.w.") {
        assert_close(&after[&name], &expected, tolerance, &name);
    }
}

const PRECISIONS: [(DType, f64); 2] = [(DType::F64, TOLERANCE_F64), (DType::F32, TOLERANCE_F32)];

#[test]
fn hard_sharing() {
    for (dtype, tolerance) in PRECISIONS {
        let config = config(Architecture::HardSharing { units: 4 });
        check(
            &HardSharing::new(config, Parameters::new(1, dtype, Device::Cpu)).unwrap(),
            &golden("mh"),
            tolerance,
        );
    }
}

#[test]
fn mixture_of_experts() {
    for (dtype, tolerance) in PRECISIONS {
        let config = mixture(vec![ExpertAccess::Shared; 3], false);
        check(
            &Mixture::new(config, Parameters::new(1, dtype, Device::Cpu)).unwrap(),
            &golden("mmoe"),
            tolerance,
        );
    }
}

#[test]
fn exclusivity_as_published() {
    for (dtype, tolerance) in PRECISIONS {
        let experts =
            vec![ExpertAccess::ExclusiveTo(2), ExpertAccess::Shared, ExpertAccess::Shared];
        let model =
            Mixture::new(mixture(experts, false), Parameters::new(1, dtype, Device::Cpu)).unwrap();
        // as constructed: weights of closed gates are 0
        let gate = model.parameters().get("gate.weight").unwrap().to_dtype(DType::F64).unwrap();
        let sums = gate.abs().unwrap().sum(0).unwrap().to_vec2::<f64>().unwrap();
        for (task, sums) in sums.iter().enumerate() {
            assert_eq!(sums[0] == 0.0, task != 2);
            assert!(sums[1] > 0.0 && sums[2] > 0.0);
        }
        check(&model, &golden("mmoeex"), tolerance);
    }
}

#[test]
fn masked_exclusivity_and_exclusion() {
    let golden = golden("mmoeex");
    for (first, prefix) in [
        (ExpertAccess::ExclusiveTo(2), "masked_exclusivity."),
        (ExpertAccess::ExcludedFrom(2), "masked_exclusion."),
    ] {
        let expected = under(&golden, prefix);
        for (dtype, tolerance) in PRECISIONS {
            let experts = vec![first, ExpertAccess::Shared, ExpertAccess::Shared];
            let model =
                Mixture::new(mixture(experts, true), Parameters::new(1, dtype, Device::Cpu))
                    .unwrap();
            lfdeep::load(&model, &under(&golden, "w.")).unwrap();
            let outputs = forward(&model, &golden);
            assert_close(&outputs.predictions, &expected["output"], tolerance, "output");
            let gates = outputs.gates.unwrap().transpose(0, 1).unwrap().contiguous().unwrap();
            assert_close(&gates, &expected["gate_outputs"], tolerance, "gates");
            let mask = expected["mask"].to_dtype(DType::F64).unwrap().to_vec2::<f64>().unwrap();
            let gates = gates.to_dtype(DType::F64).unwrap().to_vec3::<f64>().unwrap();
            for (mask, gates) in mask.iter().zip(&gates) {
                for gates in gates {
                    for (mask, gate) in mask.iter().zip(gates) {
                        assert_eq!(*mask == 0.0, *gate == 0.0);
                    }
                }
            }
            let loss = loss(&outputs.predictions, &golden["target"]);
            assert_close(&loss, &expected["loss"], tolerance, "loss");
            let found = gradients(&model, &loss.backward().unwrap());
            for (name, expected) in under(&expected, "grad.") {
                assert_close(&found[&name], &expected, tolerance, &name);
            }
        }
    }
}
