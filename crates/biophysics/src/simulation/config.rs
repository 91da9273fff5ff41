use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{BiophysicsError, InstructionSet};

/// How voltages are taken over a time step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Integration {
    /// Implicit Euler, NEURON's default (`secondorder = 0`): its error is of the order of the time step, and it damps what
    /// the step is too long for.
    #[default]
    ImplicitEuler,
    /// Crank–Nicolson (doi:10.1017/S0305004100023197), as NEURON's `secondorder = 2`: voltages and calcium are those of the
    /// end of a step, gates and synapses those of the middle of the next. Its error is of the order of the square of the
    /// time step, but for a small remainder: the reversal potential of calcium is that of the start of a step.
    ///
    /// Other than in NEURON a synapse is opened as of its event, not half a step late. Membrane currents that observers are shown are
    /// those of the middle of the step that ends.
    CrankNicolson,
}

impl Integration {
    /// All methods.
    pub const ALL: [Self; 2] = [Self::ImplicitEuler, Self::CrankNicolson];

    /// What share of a time step the implicit equations are solved for; the rest is extrapolated.
    pub(super) const fn implicit_share(self) -> f64 {
        match self {
            Self::ImplicitEuler => 1.0,
            Self::CrankNicolson => 0.5,
        }
    }
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ImplicitEuler => "implicit-euler",
            Self::CrankNicolson => "crank-nicolson",
        })
    }
}

impl FromStr for Integration {
    type Err = BiophysicsError;

    fn from_str(name: &str) -> Result<Self, BiophysicsError> {
        Self::ALL
            .into_iter()
            .find(|method| method.to_string() == name)
            .ok_or_else(|| BiophysicsError::UnknownIntegration { name: name.to_owned() })
    }
}

/// How a simulation runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SimulationConfig {
    /// Time step, ms.
    pub dt_ms: f64,
    /// How voltages are taken over a time step.
    pub integration: Integration,
    /// Voltage of every compartment at t = 0, mV.
    pub v_init_mv: f64,
    /// Trials of the same neuron that run side by side; fastest where it is 1 or a multiple of 8.
    pub batch_size: usize,
    /// Seed of the stochastic release of synapses. Trial b of a batch draws the stream `first_trial + b`.
    pub seed: u64,
    /// Number of the batch's first trial among all trials of this seed.
    pub first_trial: u64,
    /// A run stops when a voltage leaves ± this, mV. The kinetics of channels hold to ±1000 mV.
    pub voltage_limit_mv: f64,
    /// Vector instructions to compute with. On one platform a run has the same bits wherever this is the same.
    pub instruction_set: InstructionSet,
}

impl Default for SimulationConfig {
    fn default() -> Self {
        Self {
            dt_ms: 0.025,
            integration: Integration::ImplicitEuler,
            v_init_mv: -76.0,
            batch_size: 1,
            seed: 0,
            first_trial: 0,
            voltage_limit_mv: 1000.0,
            instruction_set: InstructionSet::best(),
        }
    }
}
