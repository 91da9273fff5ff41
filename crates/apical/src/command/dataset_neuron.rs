//! The simulated neuron of a data set, made again.

use std::sync::Arc;

use apical::ApicalError;
use apical::biophysics::preset::{Preset, TrainingCondition};
use apical::biophysics::{CellModel, Integration, SimulationConfig, Temperature};
use apical::core::CompartmentId;
use apical::dataset::store::Manifest;
use apical::generation::{TrialGenerator, TrialParameters};
use apical::morphology::CompartmentTree;
use serde::Deserialize;

use super::reconstruction::soma_or_root;

/// What the manifest of a simulated data set says of how it was made.
#[derive(Deserialize)]
struct Generator {
    neuron: Neuron,
    trials: TrialParameters,
    simulation: Simulation,
}

#[derive(Deserialize)]
struct Neuron {
    preset: Preset,
    condition: TrainingCondition,
    release_probability: f64,
    celsius: f64,
}

#[derive(Deserialize)]
struct Simulation {
    dt_ms: f64,
    integration: Integration,
    v_init_mv: f64,
}

/// A neuron, how it is simulated and what it receives.
pub(super) struct DatasetNeuron {
    pub(super) model: Arc<CellModel>,
    pub(super) config: SimulationConfig,
    soma: CompartmentId,
    parameters: TrialParameters,
}

impl DatasetNeuron {
    /// That of a data set, made of its reconstruction; none where it is of another, or was not simulated.
    pub(super) fn of(
        manifest: &Manifest,
        tree: &CompartmentTree,
    ) -> Result<Option<Self>, ApicalError> {
        if tree.compartment_table() != manifest.layout.compartments {
            return Ok(None);
        }
        let Ok(of) = serde_json::from_value::<Generator>(manifest.generator.clone()) else {
            return Ok(None);
        };
        let Neuron { preset, condition, release_probability, celsius } = of.neuron;
        let builder = preset.paint_at(tree.clone(), Temperature::celsius(celsius))?;
        let model = condition.apply(builder, release_probability).build()?.into();
        let (soma, _) = soma_or_root(tree);
        let mut config = SimulationConfig::default();
        config.dt_ms = of.simulation.dt_ms;
        config.integration = of.simulation.integration;
        config.v_init_mv = of.simulation.v_init_mv;
        Ok(Some(Self { model, config, soma, parameters: of.trials }))
    }

    /// More trials of it.
    pub(super) fn generator(self) -> Result<TrialGenerator, ApicalError> {
        Ok(TrialGenerator::new(self.model, self.soma, self.config, self.parameters, 1)?)
    }
}
