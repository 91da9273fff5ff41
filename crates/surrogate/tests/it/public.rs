//! What users of the crate may do besides training, and what they are told when it cannot be.

use apical_surrogate::candle_core::{DType, Device, Tensor};
use apical_surrogate::{
    Checkpoint, HardSharing, Init, Mixture, ModelConfig, MultitaskModel, Network, Parameters,
    SurrogateError, Trainer, TrainerConfig,
};

use crate::common::linear_neuron::*;

/// Hard sharing with a weight more than it needs.
fn with_another_weight(
    config: ModelConfig,
    mut parameters: Parameters,
) -> Result<Box<dyn MultitaskModel>, SurrogateError> {
    parameters.add("another", &[2, 3], Init::Normal(1.0))?;
    Ok(Box::new(HardSharing::new(config, parameters)?))
}

fn numbers(network: &Network, weight: &str) -> Vec<f32> {
    let weight: &Tensor = network.model().parameters().get(weight).unwrap();
    weight.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn a_checkpoint_has_the_weights_of_any_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    let known = network(&frame(true), architectures()[0].clone());
    let parameters = Parameters::new(8, DType::F32, Device::Cpu);
    let model = with_another_weight(known.model().config().clone(), parameters).unwrap();
    let saved = Network::new(model, frame(true), layout()).unwrap();
    Checkpoint::save(&path, &saved, None, ().into()).unwrap();

    // not taken for hard sharing, which it is not
    let error = Checkpoint::load(&path, &Device::Cpu).unwrap_err().to_string();
    assert!(error.ends_with("network.safetensors: weight another: is none of this network"));
    let loaded = Checkpoint::load_with(&path, &Device::Cpu, with_another_weight).unwrap().network;
    assert_eq!(numbers(&loaded, "another"), numbers(&saved, "another"));

    // and what is not there is missed
    Checkpoint::save(&path, &known, None, ().into()).unwrap();
    let error = Checkpoint::load_with(&path, &Device::Cpu, with_another_weight).unwrap_err();
    assert!(error.to_string().ends_with("weight another: does not exist"), "{error}");
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let [sharing, mixture] =
        architectures().map(|of| network(&frame(true), of).model().config().clone());
    let parameters = || Parameters::new(1, DType::F32, Device::Cpu);
    for error in [
        HardSharing::new(mixture, parameters()).unwrap_err(),
        Mixture::new(sharing, parameters()).unwrap_err(),
    ] {
        assert!(matches!(error, SurrogateError::Mismatch { what: "architecture", .. }), "{error}");
    }
    for (low, high) in [(1.0, 1.0), (1.0, -1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        let error = parameters().add("w", &[3], Init::Uniform(low, high)).unwrap_err();
        assert!(matches!(error, SurrogateError::Parameter { .. }), "{low} {high}");
    }
}

#[test]
fn a_context_as_long_as_the_samples_is_refused() {
    let network = network(&frame(true), architectures()[0].clone());
    let mut trainer = Trainer::new(TrainerConfig::default(), network.model()).unwrap();
    let error = trainer.step(&network, &batch(2, 1), BINS).unwrap_err().to_string();
    assert_eq!(error, "context is 60: should be less than the duration of a sample, ms");
}

#[test]
#[should_panic(expected = "Some((0, 60)): a batch of 2 samples of 60 ms")]
fn a_place_after_the_end_of_a_sample_is_not_one_of_the_next() {
    let (frame, batch) = (frame(true), batch(2, 1));
    let framed = frame.of(&batch).unwrap();
    let _ = framed.targets(&[(0, 59), (0, 60)]);
}
