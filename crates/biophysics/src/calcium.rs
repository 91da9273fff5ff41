use serde::{Deserialize, Serialize};

use crate::BiophysicsError;
use crate::error::Check;
use crate::nernst::FARADAY_C_PER_MOL;

/// Calcium in a shell below the membrane: what flows in with the calcium current decays to a resting concentration.
///
/// c' = −10⁴·i_Ca·γ/(2·F·depth) − (c − minimum)/decay, with c in mM, i_Ca in mA/cm² (outward positive) and depth in µm.
/// While the current is steady this is linear in c, and solved exactly.
///
/// Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107), after Destexhe et al. 1994 (doi:10.1007/BF00961734).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalciumPool {
    /// Time constant of the decay, ms.
    pub decay_ms: f64,
    /// Fraction of the calcium that is not buffered, 0 to 1.
    pub gamma: f64,
    /// Depth of the shell, µm.
    pub depth_um: f64,
    /// Concentration without a current, mM.
    pub minimum_millimolar: f64,
}

impl CalciumPool {
    /// A pool with the published depth, 0.1 µm, and resting concentration, 10⁻⁴ mM.
    #[must_use]
    pub const fn new(decay_ms: f64, gamma: f64) -> Self {
        Self { decay_ms, gamma, depth_um: 0.1, minimum_millimolar: 1e-4 }
    }

    pub(crate) fn check(&self) -> Result<(), BiophysicsError> {
        let check = Check("calcium pool");
        check.positive("decay (ms)", self.decay_ms)?;
        check.fraction("gamma", self.gamma)?;
        check.positive("depth (µm)", self.depth_um)?;
        check.finite("minimum concentration (mM)", self.minimum_millimolar)?;
        check.not_negative("minimum concentration (mM)", self.minimum_millimolar)
    }

    /// The concentration, mM, that a steady calcium current, mA/cm², leads to.
    #[inline]
    #[must_use]
    pub fn steady_state_millimolar(&self, current_ma_per_cm2: f64) -> f64 {
        let influx_mm_per_ms =
            -1e4 * current_ma_per_cm2 * self.gamma / (2.0 * FARADAY_C_PER_MOL * self.depth_um);
        self.minimum_millimolar + self.decay_ms * influx_mm_per_ms
    }

    /// The share of the way to its steady state that the concentration covers in `dt_ms`: 1 − exp(−dt/decay).
    #[inline]
    #[must_use]
    pub fn relaxation(&self, dt_ms: f64) -> f64 {
        -(-dt_ms / self.decay_ms).exp_m1()
    }
}
