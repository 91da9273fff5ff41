use std::fmt;
use std::str::FromStr;

use apical_dataset::{Balance, SplitFractions, WindowShape};
use apical_surrogate::{
    Activation, Architecture, Decay, Frame, GateInit, ModelConfig, Padding, SeenInputs,
    SeenVoltages, TemporalConfig, TrainerConfig,
};
use serde::{Deserialize, Serialize};

use crate::ApicalError;

/// One of the published networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ModelName {
    /// Hard parameter sharing.
    #[default]
    Mh,
    /// Multi-gate mixture of experts.
    Mmoe,
    /// Multi-gate mixture of experts with exclusivity.
    Mmoeex,
}

impl ModelName {
    /// All, in the order of the publication.
    pub const ALL: [Self; 3] = [Self::Mh, Self::Mmoe, Self::Mmoeex];

    /// With the published sizes, for so many tasks; the seed is that of who is exclusive.
    #[must_use]
    pub fn architecture(self, tasks: usize, seed: u64) -> Architecture {
        match self {
            Self::Mh => Architecture::mh(),
            Self::Mmoe => Architecture::mmoe(),
            Self::Mmoeex => Architecture::mmoeex(tasks, seed),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mh => "mh",
            Self::Mmoe => "mmoe",
            Self::Mmoeex => "mmoeex",
        })
    }
}

impl FromStr for ModelName {
    type Err = ApicalError;

    fn from_str(text: &str) -> Result<Self, ApicalError> {
        let known = Self::ALL.into_iter().find(|name| name.to_string() == text);
        known.ok_or_else(|| ApicalError::UnknownModel { name: text.to_owned() })
    }
}

/// What a network adds to, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResidualPath {
    /// Nothing, as published.
    Absolute,
    /// The voltage before.
    Persistence,
    /// A linear step that is fitted to the trials that are trained with; where past voltages are not seen it runs freely.
    #[default]
    Linear,
}

/// How a network is made and trained. What is left out of a file is as in [`TrainingConfig::default`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TrainingConfig {
    /// Which of the published networks; its sizes unless `architecture` is given.
    pub model: ModelName,
    /// How tasks share what they know, instead.
    pub architecture: Option<Architecture>,
    /// Units of both hidden layers of a tower, instead of those of the architecture.
    pub units: Option<usize>,
    /// Whether gates start from positive weights, and closed ones may open; not by default.
    pub published_gates: bool,
    /// What goes along time; with published sizes, but ELU for the sigmoid, by default.
    pub temporal: TemporalConfig,
    /// How much of the past a tower sees, ms; 100 by default.
    pub window: usize,
    /// What is before a window; its true past by default.
    pub padding: Padding,
    /// What the network sees besides events: past voltages and injected currents by default.
    pub inputs: SeenInputs,
    /// What the network adds to.
    pub residual: ResidualPath,
    /// Ridge of the linear step, for every row of the regression; 1e-5 by default.
    pub ridge_per_row: f64,
    /// Seed of the split, of weights and of the order of batches; 1 by default. That of dropout is `trainer.seed`.
    pub seed: u64,
    /// Which share of trials is not trained with.
    pub split: SplitFractions,
    /// Samples of a step, each a stretch of a trial; 8 by default.
    pub batch_size: usize,
    /// Target times of a stretch, ms, of which [`TrainerConfig::places_per_sample`] are predicted in a step; 300 by default.
    pub stretch_ms: usize,
    /// What precedes the memory of a network whose linear step runs freely, ms, so that it settles; 250 by default.
    pub settling_ms: usize,
    /// What stretches are drawn more often; their losses are weighted so that they estimate those of all.
    pub balance: Balance,
    /// Steps of the training; 2000 by default.
    pub steps: u64,
    /// Steps between validations, each of which writes a checkpoint; 100 by default.
    pub validate_every: u64,
    /// Most trials of a validation; 8 by default.
    pub validation_trials: usize,
    /// Every so many ms of a trial are predicted in validations and tests; 7 by default.
    pub stride_ms: usize,
    /// How steps are made. By default the rate rises to 2e-3 within 50 steps.
    pub trainer: TrainerConfig,
    /// Whether the rate falls as a cosine that ends with the last step, whatever the schedule says of its end; yes by default.
    pub cosine: bool,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        let mut inputs = SeenInputs::default();
        (inputs.voltages, inputs.currents) = (SeenVoltages::Past, true);
        let mut trainer = TrainerConfig::default();
        trainer.places_per_sample = Some(24);
        trainer.dropout = 0.0;
        trainer.clip_norm = Some(1.0);
        (trainer.schedule.rate, trainer.schedule.warm_up) = (2e-3, 50);
        let mut temporal = TemporalConfig::default();
        temporal.activation = Activation::Elu;
        Self {
            model: ModelName::default(),
            architecture: None,
            units: None,
            published_gates: false,
            temporal,
            window: 100,
            padding: Padding::default(),
            inputs,
            residual: ResidualPath::default(),
            ridge_per_row: 1e-5,
            seed: 1,
            split: SplitFractions::default(),
            batch_size: 8,
            stretch_ms: 300,
            settling_ms: 250,
            balance: Balance::default(),
            steps: 2000,
            validate_every: 100,
            validation_trials: 8,
            stride_ms: 7,
            trainer,
            cosine: true,
        }
    }
}

impl TrainingConfig {
    /// As published: sigmoids, absolute voltages from windows of 100 ms with zeros before them, 32 at a time, past voltages given, Adam
    /// with coupled decay and a rate that stays, gates that start from positive weights and that training may open. Only the
    /// split is by whole trials. Model, seed and steps are these.
    #[must_use]
    pub fn published(&self) -> Self {
        let mut config = Self { model: self.model, seed: self.seed, ..Self::default() };
        config.steps = self.steps;
        config.published_gates = true;
        config.temporal = TemporalConfig::default();
        config.padding = Padding::Zero;
        config.inputs.currents = false;
        config.residual = ResidualPath::Absolute;
        (config.batch_size, config.stretch_ms, config.balance) = (32, 1, Balance::NONE);
        config.trainer = TrainerConfig::default();
        config.trainer.adam.decay = Decay::Coupled;
        config.cosine = false;
        config
    }

    /// Sizes of a network in this frame.
    #[must_use]
    pub fn model_config(&self, frame: &Frame) -> ModelConfig {
        let tasks = frame.tasks.len();
        let architecture = self.architecture.clone();
        let mut architecture =
            architecture.unwrap_or_else(|| self.model.architecture(tasks, self.seed));
        if let Some(given) = self.units {
            match &mut architecture {
                Architecture::HardSharing { units } => *units = given,
                Architecture::Mixture(mixture) => mixture.units = given,
                _ => {}
            }
        }
        if let (true, Architecture::Mixture(mixture)) = (self.published_gates, &mut architecture) {
            (mixture.gate_init, mixture.masked) = (GateInit::Published, false);
            mixture.scaled_gates = false;
        }
        let mut config = ModelConfig::new(frame.synapses, frame.numbers(), tasks, architecture);
        config.temporal = self.temporal.clone();
        (config.window, config.padding) = (self.window, self.padding);
        config
    }

    /// Times of a stretch before those that are predicted, ms.
    #[must_use]
    pub fn context_ms(&self) -> usize {
        let memory = match self.padding {
            Padding::Past => self.window + self.temporal.memory(),
            Padding::Zero => self.window,
        };
        let is_free =
            self.residual == ResidualPath::Linear && self.inputs.voltages != SeenVoltages::Past;
        memory.saturating_sub(1) + if is_free { self.settling_ms } else { 0 }
    }

    /// Length of a stretch.
    #[must_use]
    pub fn window_shape(&self) -> WindowShape {
        WindowShape { bins: self.context_ms() + self.stretch_ms, targets: self.stretch_ms }
    }

    /// How steps are made, the end of the cosine included.
    #[must_use]
    pub fn trainer(&self) -> TrainerConfig {
        let mut trainer = self.trainer.clone();
        if self.cosine {
            trainer.schedule.last = Some(self.steps);
        }
        trainer
    }
}
