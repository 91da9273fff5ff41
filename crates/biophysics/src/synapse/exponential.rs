use serde::{Deserialize, Serialize};

use crate::BiophysicsError;
use crate::error::Check;

/// A conductance that an event raises at once, and that decays exponentially.
///
/// The state is the conductance as a share of its peak; an event adds its weight to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    decay_ms: f64,
}

impl Exponential {
    /// With this time constant of decay.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] unless the time constant is positive and finite.
    pub fn new(decay_ms: f64) -> Result<Self, BiophysicsError> {
        Check("exponential synapse").positive("decay_ms", decay_ms)?;
        Ok(Self { decay_ms })
    }

    /// Time constant of decay, ms.
    #[must_use]
    pub const fn decay_ms(&self) -> f64 {
        self.decay_ms
    }

    /// What the state is multiplied by over a time step.
    #[must_use]
    pub fn decay_factor(&self, dt_ms: f64) -> f64 {
        (-dt_ms / self.decay_ms).exp()
    }
}

/// A conductance with a rise and a decay, the difference of two exponentials: g/peak = B − A.
///
/// An event of weight w raises both A and B by w·factor; A decays with the time constant of the rise, B with that of
/// the decay. The factor makes a single event of weight 1 peak at 1.
///
/// ```
/// use apical_biophysics::synapse::{DoubleExponential, DoubleExponentialState};
///
/// let kinetics = DoubleExponential::new(0.2, 8.0)?;
/// let mut state = DoubleExponentialState::default();
/// kinetics.receive(&mut state, 1.0);
/// kinetics.advance(&mut state, kinetics.peak_time_ms());
/// assert!((state.peak_fraction() - 1.0).abs() < 1e-14);
/// # Ok::<(), apical_biophysics::BiophysicsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoubleExponential {
    rise_ms: f64,
    decay_ms: f64,
    factor: f64,
}

impl DoubleExponential {
    /// With these time constants.
    ///
    /// # Errors
    ///
    /// [`BiophysicsError::Parameter`] unless 0 < rise < decay, both finite.
    pub fn new(rise_ms: f64, decay_ms: f64) -> Result<Self, BiophysicsError> {
        let check = Check("double exponential");
        check.positive("rise_ms", rise_ms)?;
        check.positive("decay_ms", decay_ms)?;
        check.that(rise_ms < decay_ms, "rise_ms", rise_ms, "shorter than decay_ms")?;
        Ok(Self::unchecked(rise_ms, decay_ms))
    }

    /// Of time constants known to be in range.
    pub(super) fn unchecked(rise_ms: f64, decay_ms: f64) -> Self {
        let peak_ms = peak_time_ms(rise_ms, decay_ms);
        let factor = 1.0 / ((-peak_ms / decay_ms).exp() - (-peak_ms / rise_ms).exp());
        Self { rise_ms, decay_ms, factor }
    }

    /// Time constant of the rise, ms.
    #[must_use]
    pub const fn rise_ms(&self) -> f64 {
        self.rise_ms
    }

    /// Time constant of the decay, ms.
    #[must_use]
    pub const fn decay_ms(&self) -> f64 {
        self.decay_ms
    }

    /// What an event of weight 1 raises A and B by.
    #[must_use]
    pub const fn factor(&self) -> f64 {
        self.factor
    }

    /// Time from an event to its peak, ms.
    #[must_use]
    pub fn peak_time_ms(&self) -> f64 {
        peak_time_ms(self.rise_ms, self.decay_ms)
    }

    /// What A and B are multiplied by over a time step, in this order.
    #[must_use]
    pub fn decay_factors(&self, dt_ms: f64) -> [f64; 2] {
        [(-dt_ms / self.rise_ms).exp(), (-dt_ms / self.decay_ms).exp()]
    }

    /// Share of the peak at a time after an event of weight 1; 0 before it.
    #[must_use]
    pub fn at(&self, since_event_ms: f64) -> f64 {
        if since_event_ms < 0.0 {
            return 0.0;
        }
        let [a, b] = self.decay_factors(since_event_ms);
        self.factor * (b - a)
    }

    /// Takes up an event.
    pub fn receive(&self, state: &mut DoubleExponentialState, weight: f64) {
        state.a += weight * self.factor;
        state.b += weight * self.factor;
    }

    /// Decays over a time step, exactly.
    pub fn advance(&self, state: &mut DoubleExponentialState, dt_ms: f64) {
        let [a, b] = self.decay_factors(dt_ms);
        state.a *= a;
        state.b *= b;
    }
}

fn peak_time_ms(rise_ms: f64, decay_ms: f64) -> f64 {
    rise_ms * decay_ms / (decay_ms - rise_ms) * (decay_ms / rise_ms).ln()
}

/// The state of a [`DoubleExponential`]; at first closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DoubleExponentialState {
    /// A, which decays with the time constant of the rise.
    pub a: f64,
    /// B, which decays with the time constant of the decay.
    pub b: f64,
}

impl DoubleExponentialState {
    /// The conductance as a share of the peak of a single event of weight 1.
    #[must_use]
    pub fn peak_fraction(&self) -> f64 {
        self.b - self.a
    }
}
