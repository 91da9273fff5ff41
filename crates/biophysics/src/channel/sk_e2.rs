use super::{ChannelKinetics, Gate, Ion, RateContext};

/// Small-conductance, calcium-activated potassium current, z.
///
/// z∞ = 1/(1 + (0.00043/c)^4.8), τ_z = 1 ms, c the calcium concentration in mM, raised by 10⁻⁷ where it is below
/// that. It does not depend on voltage. Without calcium, or with a concentration that makes no sense below zero, z∞ = 0.
///
/// Köhler et al. 1996 (doi:10.1126/science.273.5282.1709), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SkE2;

impl ChannelKinetics<1> for SkE2 {
    const NAME: &'static str = "SK_E2";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["z"];

    #[inline]
    fn rates(&self, context: RateContext) -> [Gate; 1] {
        let c = context.calcium_mm;
        let c = if c < 1e-7 { (c + 1e-7).max(0.0) } else { c };
        [Gate { x_inf: 1.0 / (1.0 + (0.000_43 / c).powf(4.8)), tau_ms: 1.0 }]
    }

    #[inline]
    fn open_fraction(&self, [z]: [f64; 1]) -> f64 {
        z
    }
}
