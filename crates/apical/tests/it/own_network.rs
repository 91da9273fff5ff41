//! A network of one's own, trained as those of this project are.
#![cfg(feature = "cli")]

use std::ops::ControlFlow;

use apical::ApicalError;
use apical::input::read_json;
use apical::surrogate::candle_core::{Tensor, Var};
use apical::surrogate::{
    Init, ModelConfig, MultitaskModel, Outputs, Parameters, SurrogateError, Temporal,
    TemporalNetworks,
};
use apical::training::{Device, Training, TrainingConfig};

use crate::common::training::{assert_same, config, data};

/// A linear readout a task.
#[derive(Debug)]
struct Readouts {
    config: ModelConfig,
    parameters: Parameters,
    network: TemporalNetworks,
    weight: Var,
}

fn build(
    config: ModelConfig,
    mut parameters: Parameters,
) -> Result<Box<dyn MultitaskModel>, SurrogateError> {
    let network = TemporalNetworks::new(&mut parameters, 1, config.inputs(), &config.temporal)?;
    let inputs = config.tower_inputs();
    let weight = parameters.add("readout.weight", &[inputs, config.tasks], Init::fan_in(inputs))?;
    Ok(Box::new(Readouts { config, parameters, network, weight }))
}

impl MultitaskModel for Readouts {
    fn config(&self) -> &ModelConfig {
        &self.config
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn temporal(&self) -> Result<Temporal, SurrogateError> {
        self.network.fold()
    }

    fn decode(&self, windows: &Tensor) -> Result<Outputs, SurrogateError> {
        Ok(Outputs::new(windows.squeeze(1)?.matmul(&self.weight)?))
    }
}

#[test]
fn it_trains_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&folder);
    let config = config(&folder, r#"{"residual": "persistence", "steps": 8}"#);
    let config: TrainingConfig = read_json(&config).unwrap();
    let [whole, stopped] = ["whole", "stopped"].map(|name| folder.path().join(name));
    let cpu = Device::Cpu;
    let start = |out| Training::start_with(&data, out, config.clone(), &cpu, build).unwrap();

    let mut training = start(&whole);
    let weights = training.network().model().parameters();
    assert!(weights.iter().any(|(name, _)| name == "readout.weight"));
    training.run(|_| ControlFlow::Continue(())).unwrap();
    let report = training.test().unwrap();
    assert_eq!(report.rows[0].name, "network");
    assert!(report.rows[0].regions.iter().all(|region| region.standardized_mse.is_finite()));

    let mut training = start(&stopped);
    training.run(|_| ControlFlow::Break(())).unwrap();
    assert_eq!(training.steps(), 1);
    // as one of this project it has other weights
    let message = Training::resume(&data, &stopped, &cpu).unwrap_err().to_string();
    assert!(message.contains("last.safetensors") && message.contains("weight"), "{message}");
    let again = Training::start_with(&data, &stopped, config.clone(), &cpu, build);
    assert!(matches!(again, Err(ApicalError::HasTraining { .. })));
    let mut training = Training::resume_with(&data, &stopped, &cpu, build).unwrap();
    training.run(|_| ControlFlow::Continue(())).unwrap();
    assert_same(&["best.safetensors", "last.safetensors"], [&whole, &stopped]);
}
