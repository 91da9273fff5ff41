use apical_core::RandomStreams;
use candle_core::{DType, Device};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{HardSharing, Mixture, MultitaskModel};
use crate::error::check_parameter;
use crate::layer::TemporalConfig;
use crate::{Parameters, SurrogateError};

/// Synapses, numbers, tasks, ms or units, at most.
const MOST: usize = 1 << 24;

/// Sizes of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelConfig {
    /// Number of synapses.
    pub synapses: usize,
    /// Number of numbers, such as voltages, that it sees besides.
    pub numbers: usize,
    /// Number of tasks.
    pub tasks: usize,
    /// How much of the past a tower sees, ms; 100 by default.
    pub window: usize,
    /// What is before a window.
    #[serde(default)]
    pub padding: Padding,
    /// What goes along time.
    pub temporal: TemporalConfig,
    /// How tasks share it.
    pub architecture: Architecture,
}

/// What the convolutions of a window find before its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// The true past, so that windows that overlap share what is computed.
    #[default]
    Past,
    /// Zeros, as published: every window is computed by itself.
    Zero,
}

/// How tasks share what they know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Architecture {
    /// One temporal network for all (Caruana 1997, doi:10.1023/A:1007379606734).
    HardSharing {
        /// Units of both hidden layers of a tower.
        units: usize,
    },
    /// Several, which every task weighs in its own way.
    Mixture(MixtureConfig),
}

/// Several temporal networks, the experts, and one more that decides how every task weighs them (multi-gate mixture of
/// experts: Ma et al. 2018, doi:10.1145/3219819.3220007; with exclusivity: Aoki et al. 2021, arXiv:2104.11010).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MixtureConfig {
    /// Units of both hidden layers of a tower.
    pub units: usize,
    /// Who may use each expert.
    pub experts: Vec<ExpertAccess>,
    /// Whether a closed gate is kept closed. As published it is not: only the weights of its logit start from zero.
    pub masked: bool,
    /// What the weights of gates start from.
    pub gate_init: GateInit,
    /// Whether logits of gates are divided by the square root of the number of a tower's inputs. As published they are not, and one
    /// step of Adam, which moves every weight of a logit by the rate, can decide for one expert.
    #[serde(default)]
    pub scaled_gates: bool,
}

/// Which tasks may use an expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpertAccess {
    /// All.
    Shared,
    /// One.
    ExclusiveTo(usize),
    /// All but one.
    ExcludedFrom(usize),
}

impl ExpertAccess {
    /// Whether a task may.
    #[must_use]
    pub const fn is_open_to(self, task: usize) -> bool {
        match self {
            Self::Shared => true,
            Self::ExclusiveTo(only) => task == only,
            Self::ExcludedFrom(not) => task != not,
        }
    }
}

/// What the weights of gates start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GateInit {
    /// Small, of mean zero: all experts weigh about the same.
    #[default]
    Small,
    /// Uniform between 0 and 1, as published: one expert has nearly all the weight, whatever the input.
    Published,
}

impl ModelConfig {
    /// A network of the published sizes for these inputs and tasks.
    #[must_use]
    pub fn new(synapses: usize, numbers: usize, tasks: usize, architecture: Architecture) -> Self {
        let temporal = TemporalConfig::default();
        let padding = Padding::default();
        Self { synapses, numbers, tasks, window: 100, padding, temporal, architecture }
    }

    /// A network of these sizes, with weights that follow from the seed.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for sizes that make no network.
    pub fn build(
        self,
        seed: u64,
        dtype: DType,
        device: &Device,
    ) -> Result<Box<dyn MultitaskModel>, SurrogateError> {
        self.build_with(Parameters::new(seed, dtype, device.clone()))
    }

    /// A network of these sizes, whose weights are added to the parameters.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] for sizes that make no network, [`SurrogateError::Weight`] where stored weights are not
    /// those of such a network.
    pub fn build_with(
        self,
        parameters: Parameters,
    ) -> Result<Box<dyn MultitaskModel>, SurrogateError> {
        Ok(match self.architecture {
            Architecture::HardSharing { .. } => Box::new(HardSharing::new(self, parameters)?),
            Architecture::Mixture(_) => Box::new(Mixture::new(self, parameters)?),
        })
    }

    /// How many times before the one that is predicted matter: those of a window and what its first depends on.
    #[must_use]
    pub fn memory(&self) -> usize {
        match self.padding {
            Padding::Past => self.window + self.temporal.memory(),
            Padding::Zero => self.window,
        }
    }

    /// Number of inputs: synapses and numbers.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.synapses.saturating_add(self.numbers)
    }

    /// What a tower sees: every channel of the last block at every time of a window.
    #[must_use]
    pub fn tower_inputs(&self) -> usize {
        self.temporal.channels.last().map_or(0, |channels| channels * self.window)
    }

    /// Refuses sizes that make no network, which every implementation of [`MultitaskModel`] should do before it takes memory.
    ///
    /// # Errors
    ///
    /// [`SurrogateError::Parameter`] with the first that is out of range.
    pub fn check(&self) -> Result<(), SurrogateError> {
        let parameter = |holds, parameter, value: usize, expected| {
            check_parameter(holds, parameter, value as f64, expected)
        };
        self.temporal.check()?;
        for (name, size) in [
            ("synapses", self.synapses),
            ("numbers", self.numbers),
            ("tasks", self.tasks),
            ("window", self.window),
        ] {
            parameter(size <= MOST, name, size, "at most 16777216")?;
        }
        let inputs = self.inputs();
        parameter(inputs > 0, "synapses and numbers", inputs, "at least 1")?;
        parameter(self.tasks > 0, "tasks", self.tasks, "at least 1")?;
        parameter(self.window > 0, "window", self.window, "at least 1 ms")?;
        let units = match &self.architecture {
            Architecture::HardSharing { units } => *units,
            Architecture::Mixture(mixture) => {
                for task in 0..self.tasks {
                    let open = mixture.experts.iter().any(|expert| expert.is_open_to(task));
                    parameter(open, "task without an expert", task, "a task that may use one")?;
                }
                for expert in &mixture.experts {
                    let (ExpertAccess::ExclusiveTo(task) | ExpertAccess::ExcludedFrom(task)) =
                        *expert
                    else {
                        continue;
                    };
                    parameter(task < self.tasks, "task of an expert", task, "one of the tasks")?;
                }
                mixture.units
            }
        };
        parameter((1..=MOST).contains(&units), "units", units, "from 1 to 16777216")
    }
}

impl Architecture {
    /// Hard parameter sharing with towers of 25 units, as published.
    #[must_use]
    pub const fn mh() -> Self {
        Self::HardSharing { units: 25 }
    }

    /// Five experts that all tasks share, and towers of 10 units, as published.
    #[must_use]
    pub fn mmoe() -> Self {
        Self::Mixture(MixtureConfig::new(10, vec![ExpertAccess::Shared; 5]))
    }

    /// Five experts, of which two belong to one task each that is drawn at random, and towers of 100 units, as published.
    #[must_use]
    pub fn mmoeex(tasks: usize, seed: u64) -> Self {
        let mut rng = RandomStreams::new(seed).stream("exclusive experts", 0);
        let mut experts = vec![ExpertAccess::Shared; 5];
        for expert in &mut experts[..2] {
            *expert = ExpertAccess::ExclusiveTo(rng.random_range(0..tasks.max(1)));
        }
        Self::Mixture(MixtureConfig::new(100, experts))
    }
}

impl MixtureConfig {
    /// With scaled gates that start alike and are kept closed where they are.
    #[must_use]
    pub const fn new(units: usize, experts: Vec<ExpertAccess>) -> Self {
        Self { units, experts, masked: true, gate_init: GateInit::Small, scaled_gates: true }
    }
}
