use serde::{Deserialize, Serialize};

use crate::channel::Painted;
use crate::{Mechanism, Real};

/// The ion a channel carries, which decides its reversal potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ion {
    /// Sodium, reversal potential of the model.
    Sodium,
    /// Potassium, reversal potential of the model.
    Potassium,
    /// Calcium: reversal potential by Nernst from the present concentration; its current enters the calcium pool.
    Calcium,
    /// No single ion; the channel has a reversal potential of its own.
    Nonspecific,
}

/// What rates may depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RateContext<R> {
    /// Membrane voltage, mV.
    pub v_mv: R,
    /// Calcium concentration at the inside of the membrane, mM.
    pub calcium_millimolar: R,
    /// Its natural logarithm, which the reversal potential of calcium needs anyway.
    pub ln_calcium: R,
}

impl<R: Real> RateContext<R> {
    /// At a voltage, mV, and a concentration of calcium, mM.
    #[must_use]
    pub fn new(v_mv: R, calcium_millimolar: R) -> Self {
        Self { v_mv, calcium_millimolar, ln_calcium: calcium_millimolar.ln() }
    }
}

/// Steady state and rate of a gating variable x: x' = (x∞ − x)/τ.
///
/// The constructors differ in what is known. Each divides at most once, since a division takes as long as ten
/// multiplications, and takes what the rates have in common as a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate<R> {
    x_inf: R,
    /// 1/τ = rate·factor, 1/ms.
    rate: R,
    factor: f64,
}

impl<R: Real> Gate<R> {
    /// From x∞ and 1/τ = rate·factor, 1/ms.
    #[inline(always)]
    #[must_use]
    pub const fn new(x_inf: R, rate: R, factor: f64) -> Self {
        Self { x_inf, rate, factor }
    }

    /// From opening and closing rates α·factor and β·factor, 1/ms: x∞ = α/(α + β), 1/τ = (α + β)·factor.
    #[inline(always)]
    #[must_use]
    pub fn from_rates(alpha: R, beta: R, factor: f64) -> Self {
        let sum = alpha + beta;
        Self::new(alpha / sum, sum, factor)
    }

    /// From opening and closing rates α/d·factor and β/d·factor, 1/ms: x∞ = α/(α + β), 1/τ = (α + β)/d·factor.
    #[inline(always)]
    #[must_use]
    pub fn from_rates_over(alpha: R, beta: R, denominator: R, factor: f64) -> Self {
        let sum = alpha + beta;
        Self::from_quotients([alpha, sum], [sum, denominator], factor)
    }

    /// From x∞ and a rate, each as numerator and denominator, with 1/τ = rate·factor, 1/ms.
    #[inline(always)]
    #[must_use]
    pub fn from_quotients(x_inf: [R; 2], rate: [R; 2], factor: f64) -> Self {
        let reciprocal = x_inf[0].constant(1.0) / (x_inf[1] * rate[1]);
        Self::new(x_inf[0] * rate[1] * reciprocal, rate[0] * x_inf[1] * reciprocal, factor)
    }

    /// x∞.
    #[inline(always)]
    #[must_use]
    pub const fn x_inf(&self) -> R {
        self.x_inf
    }

    /// τ, ms.
    #[must_use]
    pub fn tau_ms(&self) -> R {
        self.rate.constant(1.0) / (self.rate * self.factor)
    }

    /// x after `dt_ms` at these rates: x + (1 − exp(−dt/τ))·(x∞ − x), which is exact.
    #[inline(always)]
    #[must_use]
    pub fn relaxed(&self, x: R, dt_ms: f64) -> R {
        x - (self.rate * (self.factor * -dt_ms)).exp_m1_near_zero() * (self.x_inf - x)
    }
}

/// The kinetics of a channel with `GATES` gating variables; its current density is conductance · (v − E).
///
/// Written over [`Real`], they are computed eight at a time: mark both functions `#[inline(always)]`.
pub trait ChannelKinetics<const GATES: usize>: std::fmt::Debug + Send + Sync + 'static {
    /// Name of the channel, as in the published model.
    const NAME: &'static str;
    /// Ion it carries.
    const ION: Ion;
    /// Names of its gating variables, in order.
    const GATE_NAMES: [&'static str; GATES];

    /// Steady state and rate of each gating variable.
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; GATES];

    /// The maximal conductance times the open fraction: the product of the gating variables with their powers.
    fn conductance<R: Real>(&self, maximal: R, gates: [R; GATES]) -> R;

    /// Own reversal potential, mV, for [`Ion::Nonspecific`].
    fn reversal_potential_mv(&self) -> Option<f64> {
        None
    }

    /// What computes the channel where it is painted, for every set of vector instructions.
    ///
    /// As provided, it is compiled in each crate that paints the channel, which takes seconds. A crate of channels for others
    /// writes it out, `painted.mechanism(self)` marked `#[inline(never)]`: it is then compiled once, with that crate.
    fn into_mechanism(self, painted: Painted) -> Box<dyn Mechanism>
    where
        Self: Sized,
    {
        painted.mechanism(self)
    }
}

/// [`ChannelKinetics::into_mechanism`] of a channel that is compiled once, in this crate.
macro_rules! compiled_here {
    () => {
        #[inline(never)]
        fn into_mechanism(self, painted: $crate::channel::Painted) -> Box<dyn $crate::Mechanism> {
            painted.mechanism(self)
        }
    };
}
pub(super) use compiled_here;

/// x / (eˣ − 1), with its limit 1 at 0.
///
/// ```
/// use apical_biophysics::channel::exprelr;
/// assert_eq!(exprelr(0.0), 1.0);
/// assert!((exprelr(1.0) - 1.0 / (1f64.exp() - 1.0)).abs() < 1e-15);
/// ```
#[inline(always)]
#[must_use]
pub fn exprelr<R: Real>(x: R) -> R {
    let (x, exp_m1) = with_exp_m1(x);
    x / exp_m1
}

/// x and eˣ − 1, whose quotient goes to 1 where both vanish.
#[inline(always)]
pub(super) fn with_exp_m1<R: Real>(x: R) -> (R, R) {
    let x = not_zero(x);
    (x, x.exp_m1())
}

/// x, where 0 is moved by so little that x/(eˣ − 1) is 1 there.
#[inline(always)]
pub(super) fn not_zero<R: Real>(x: R) -> R {
    x + 1e-30
}
