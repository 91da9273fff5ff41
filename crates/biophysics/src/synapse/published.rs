use serde::{Deserialize, Serialize};

use super::{DoubleExponential, DoubleExponentialState, MagnesiumBlock};

/// An excitatory synapse with an AMPA and an NMDA conductance that open together.
///
/// I = (g_AMPA + g_NMDA·unblocked(v))·(v − E).
///
/// The default has the parameters of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmpaNmda {
    /// Time course of the AMPA conductance.
    pub ampa: DoubleExponential,
    /// Peak of the AMPA conductance, µS.
    pub ampa_conductance_us: f64,
    /// Time course of the NMDA conductance.
    pub nmda: DoubleExponential,
    /// Peak of the NMDA conductance, µS, were it not blocked.
    pub nmda_conductance_us: f64,
    /// Block of the NMDA conductance.
    pub block: MagnesiumBlock,
    /// Reversal potential of both, mV.
    pub reversal_potential_mv: f64,
}

/// Rise and decay 0.3 and 3 ms (AMPA), 2 and 70 ms (NMDA), 0.0004 µS each, reversal at 0 mV.
impl Default for AmpaNmda {
    fn default() -> Self {
        Self {
            ampa: DoubleExponential::unchecked(0.3, 3.0),
            ampa_conductance_us: 0.000_4,
            nmda: DoubleExponential::unchecked(2.0, 70.0),
            nmda_conductance_us: 0.000_4,
            block: MagnesiumBlock::default(),
            reversal_potential_mv: 0.0,
        }
    }
}

impl AmpaNmda {
    /// Takes up an event.
    pub fn receive(&self, state: &mut AmpaNmdaState, weight: f64) {
        self.ampa.receive(&mut state.ampa, weight);
        self.nmda.receive(&mut state.nmda, weight);
    }

    /// Decays over a time step, exactly.
    pub fn advance(&self, state: &mut AmpaNmdaState, dt_ms: f64) {
        self.ampa.advance(&mut state.ampa, dt_ms);
        self.nmda.advance(&mut state.nmda, dt_ms);
    }

    /// Current through the synapse, nA, outward positive.
    #[must_use]
    pub fn current_na(&self, state: &AmpaNmdaState, v_mv: f64) -> f64 {
        let ampa_us = self.ampa_conductance_us * state.ampa.peak_fraction();
        let nmda_us = self.nmda_conductance_us * state.nmda.peak_fraction();
        (ampa_us + nmda_us * self.block.open_fraction(v_mv)) * (v_mv - self.reversal_potential_mv)
    }
}

/// The state of an [`AmpaNmda`] synapse; at first closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AmpaNmdaState {
    /// Of the AMPA conductance.
    pub ampa: DoubleExponentialState,
    /// Of the NMDA conductance.
    pub nmda: DoubleExponentialState,
}

/// An inhibitory synapse with a GABA-A conductance: I = g·(v − E).
///
/// The default has the parameters of Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GabaA {
    /// Time course of the conductance.
    pub kinetics: DoubleExponential,
    /// Peak of the conductance, µS.
    pub conductance_us: f64,
    /// Reversal potential, mV.
    pub reversal_potential_mv: f64,
}

/// Rise and decay 0.2 and 8 ms, 0.001 µS, reversal at −80 mV.
impl Default for GabaA {
    fn default() -> Self {
        Self {
            kinetics: DoubleExponential::unchecked(0.2, 8.0),
            conductance_us: 0.001,
            reversal_potential_mv: -80.0,
        }
    }
}

impl GabaA {
    /// Current through the synapse, nA, outward positive.
    #[must_use]
    pub fn current_na(&self, state: &DoubleExponentialState, v_mv: f64) -> f64 {
        self.conductance_us * state.peak_fraction() * (v_mv - self.reversal_potential_mv)
    }
}
