use serde::{Deserialize, Serialize};

use crate::BiophysicsError;
use crate::error::Check;

/// Short-term depression and facilitation: what share of its resources a synapse releases at each event.
///
/// Between events the utilization u decays to 0 with the time constant of facilitation, and the available resources R
/// recover to 1 with that of depression. At an event u ← u + U·(1 − u), the share u·R is released, and
/// R ← R − u·R. With a facilitation of 0 ms u is U at every event; with a depression of 0 ms R is 1.
///
/// Fuhrmann et al. 2002 (doi:10.1152/jn.00258.2001).
///
/// ```
/// use apical_biophysics::synapse::{ShortTermPlasticity, ShortTermPlasticityState};
///
/// let depressing = ShortTermPlasticity::new(0.5, 800.0, 0.0)?;
/// let mut state = ShortTermPlasticityState::default();
/// let released = [0.0, 10.0, 20.0].map(|time_ms| depressing.release(&mut state, time_ms));
/// assert_eq!(released[0], 0.5);
/// assert!(released[0] > released[1] && released[1] > released[2]);
/// # Ok::<(), apical_biophysics::BiophysicsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShortTermPlasticity {
    utilization: f64,
    depression_ms: f64,
    facilitation_ms: f64,
}

impl ShortTermPlasticity {
    /// With the utilization U of a rested synapse (`Use`), and time constants of depression (`Dep`) and facilitation
    /// (`Fac`), ms.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] unless 0 ≤ U ≤ 1 and both time constants are at or above 0.
    #[doc(alias("Use", "Dep", "Fac"))]
    pub fn new(
        utilization: f64,
        depression_ms: f64,
        facilitation_ms: f64,
    ) -> Result<Self, BiophysicsError> {
        let check = Check("short-term plasticity");
        check.fraction("utilization", utilization)?;
        check.not_negative("depression_ms", depression_ms)?;
        check.not_negative("facilitation_ms", facilitation_ms)?;
        Ok(Self { utilization, depression_ms, facilitation_ms })
    }

    /// The share of its resources that a synapse releases at an event, 0 to 1; events come in order of time.
    pub fn release(&self, state: &mut ShortTermPlasticityState, time_ms: f64) -> f64 {
        let interval_ms = time_ms - state.last_event_ms;
        let carried = state.utilization * remaining(interval_ms, self.facilitation_ms);
        let utilization = carried + self.utilization * (1.0 - carried);
        let available = 1.0 - (1.0 - state.available) * remaining(interval_ms, self.depression_ms);
        let released = utilization * available;
        *state = ShortTermPlasticityState {
            utilization,
            available: available - released,
            last_event_ms: time_ms,
        };
        released
    }
}

/// What is left after an interval of exponential decay; nothing if the decay takes no time.
fn remaining(interval_ms: f64, time_constant_ms: f64) -> f64 {
    if time_constant_ms == 0.0 { 0.0 } else { (-interval_ms / time_constant_ms).exp() }
}

/// The state of a synapse with [`ShortTermPlasticity`], as its last event left it; at first rested.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShortTermPlasticityState {
    utilization: f64,
    available: f64,
    last_event_ms: f64,
}

/// Rested: a synapse at rest stays there, whatever time has passed.
impl Default for ShortTermPlasticityState {
    fn default() -> Self {
        Self { utilization: 0.0, available: 1.0, last_event_ms: 0.0 }
    }
}
