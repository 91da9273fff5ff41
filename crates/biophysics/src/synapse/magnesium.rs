use serde::{Deserialize, Serialize};

/// Block of NMDA receptors by magnesium: open share 1/(1 + exp(−slope·v)·magnesium/half block).
///
/// Jahr & Stevens 1990 (doi:10.1523/JNEUROSCI.10-09-03178.1990).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MagnesiumBlock {
    /// Steepness, 1/mV.
    pub slope_per_mv: f64,
    /// Concentration that blocks half of the receptors at 0 mV, mM.
    pub half_block_millimolar: f64,
    /// Magnesium outside, mM.
    pub magnesium_millimolar: f64,
}

impl MagnesiumBlock {
    /// The coefficients of Jahr & Stevens 1990, with 1 mM of magnesium.
    pub const JAHR_STEVENS: Self =
        Self { slope_per_mv: 0.062, half_block_millimolar: 3.57, magnesium_millimolar: 1.0 };

    /// The share of receptors that is not blocked, 0 to 1.
    #[inline]
    #[must_use]
    pub fn open_fraction(&self, v_mv: f64) -> f64 {
        1.0 / (1.0
            + (-self.slope_per_mv * v_mv).exp()
                * (self.magnesium_millimolar / self.half_block_millimolar))
    }
}

/// The steeper block, 0.08/mV, of the synapses in Beniaguev et al. 2021 (doi:10.1016/j.neuron.2021.07.002).
impl Default for MagnesiumBlock {
    fn default() -> Self {
        Self { slope_per_mv: 0.08, ..Self::JAHR_STEVENS }
    }
}
