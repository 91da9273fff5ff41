use serde::{Deserialize, Serialize};

/// The ion a channel carries, which decides its reversal potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
pub struct RateContext {
    /// Membrane voltage, mV.
    pub v_mv: f64,
    /// Calcium concentration at the inside of the membrane, mM.
    pub calcium_mm: f64,
}

/// Steady state and time constant of a gating variable x: x' = (x∞ − x)/τ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// x∞.
    pub x_inf: f64,
    /// τ, ms.
    pub tau_ms: f64,
}

impl Gate {
    /// From opening and closing rates, 1/ms: x∞ = α/(α + β), τ = 1/((α + β)·factor).
    #[must_use]
    pub fn from_rates(alpha: f64, beta: f64, factor: f64) -> Self {
        let sum = alpha + beta;
        Self { x_inf: alpha / sum, tau_ms: 1.0 / (sum * factor) }
    }
}

/// The kinetics of a channel with `GATES` gating variables; its current density is ḡ · open fraction · (v − E).
pub trait ChannelKinetics<const GATES: usize>: std::fmt::Debug + Send + Sync + 'static {
    /// Name of the channel, as in the published model.
    const NAME: &'static str;
    /// Ion it carries.
    const ION: Ion;
    /// Names of its gating variables, in order.
    const GATE_NAMES: [&'static str; GATES];

    /// Steady state and time constant of each gating variable.
    fn rates(&self, context: RateContext) -> [Gate; GATES];

    /// Open fraction from the gating variables: their product with powers, 0 to 1.
    fn open_fraction(&self, gates: [f64; GATES]) -> f64;

    /// Own reversal potential, mV, for [`Ion::Nonspecific`].
    fn reversal_potential_mv(&self) -> Option<f64> {
        None
    }
}

/// x / (eˣ − 1), with its limit 1 at 0.
///
/// ```
/// use apical_biophysics::channel::exprelr;
/// assert_eq!(exprelr(0.0), 1.0);
/// assert!((exprelr(1.0) - 1.0 / (1f64.exp() - 1.0)).abs() < 1e-15);
/// ```
#[must_use]
pub fn exprelr(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x / x.exp_m1() }
}
