use serde::{Deserialize, Serialize};

use crate::BiophysicsError;

use super::{DoubleExponential, MagnesiumBlock, ShortTermPlasticity};

/// Time course of a synaptic conductance, peak 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Waveform {
    /// Jumps to its peak and decays with this time constant, ms.
    Exponential {
        /// Time constant, ms.
        decay_ms: f64,
    },
    /// Rises and decays with two time constants.
    DoubleExponential(DoubleExponential),
}

impl Waveform {
    /// What an event adds to the rising and to the decaying part; the conductance is their difference.
    #[must_use]
    pub fn increments(&self) -> (f64, f64) {
        match self {
            Self::Exponential { .. } => (0.0, 1.0),
            Self::DoubleExponential(waveform) => (waveform.factor(), waveform.factor()),
        }
    }

    /// Factors by which the rising and the decaying part shrink in `dt_ms`.
    #[must_use]
    pub fn decays(&self, dt_ms: f64) -> (f64, f64) {
        match self {
            Self::Exponential { decay_ms } => (0.0, (-dt_ms / decay_ms).exp()),
            Self::DoubleExponential(waveform) => waveform.decays(dt_ms),
        }
    }
}

/// One conductance of a synapse: g · (v − E), times the magnesium block where there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SynapticConductance {
    /// Time course.
    pub waveform: Waveform,
    /// Peak conductance of one event, µS.
    pub peak_conductance_us: f64,
    /// Reversal potential, mV.
    pub reversal_potential_mv: f64,
    /// Voltage-dependent block, for NMDA receptors.
    pub magnesium_block: Option<MagnesiumBlock>,
}

/// A kind of synapse: its conductances and how it releases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SynapseModel {
    pub(crate) name: String,
    pub(crate) components: Vec<SynapticConductance>,
    pub(crate) plasticity: ShortTermPlasticity,
    pub(crate) release_probability: f64,
}

impl SynapseModel {
    /// A synapse of these conductances that releases at every event, without plasticity.
    #[must_use]
    pub fn new(name: impl Into<String>, components: Vec<SynapticConductance>) -> Self {
        Self {
            name: name.into(),
            components,
            plasticity: ShortTermPlasticity::default(),
            release_probability: 1.0,
        }
    }

    /// The same with short-term plasticity.
    #[must_use]
    pub const fn with_plasticity(mut self, plasticity: ShortTermPlasticity) -> Self {
        self.plasticity = plasticity;
        self
    }

    /// The same where each event is released with this probability, 0 to 1.
    #[must_use]
    pub const fn with_release_probability(mut self, probability: f64) -> Self {
        self.release_probability = probability;
        self
    }

    pub(crate) fn check(&self) -> Result<(), BiophysicsError> {
        if !(0.0..=1.0).contains(&self.release_probability) {
            return Err(BiophysicsError::Parameter {
                name: "release probability",
                value: self.release_probability,
            });
        }
        for component in &self.components {
            let conductance_us = component.peak_conductance_us;
            if !(conductance_us.is_finite() && conductance_us >= 0.0) {
                return Err(BiophysicsError::Parameter {
                    name: "peak conductance (µS)",
                    value: conductance_us,
                });
            }
            if !component.reversal_potential_mv.is_finite() {
                return Err(BiophysicsError::Parameter {
                    name: "synaptic reversal potential (mV)",
                    value: component.reversal_potential_mv,
                });
            }
        }
        Ok(())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its conductances.
    #[must_use]
    pub fn components(&self) -> &[SynapticConductance] {
        &self.components
    }

    /// Probability that an event is released.
    #[must_use]
    pub const fn release_probability(&self) -> f64 {
        self.release_probability
    }
}
