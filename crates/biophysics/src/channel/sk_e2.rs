use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Small-conductance, calcium-activated potassium current, z.
///
/// z∞ = 1/(1 + (0.00043/c)^4.8), τ_z = 1 ms, c the calcium concentration in mM, raised by 10⁻⁷ where it is below
/// that. It does not depend on voltage. Without calcium, or with a concentration that makes no sense below zero, z∞ = 0.
///
/// Köhler et al. 1996 (doi:10.1126/science.273.5282.1709), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SkE2;

/// Logarithm of the concentration at which half of the channels are open, 0.00043 mM.
const LN_HALF_OPEN: f64 = -7.751_725_349_276_666;
/// Concentrations below this are raised by it, mM.
const RAISED_BELOW_MM: f64 = 1e-7;
/// Stands for no calcium: it opens none of the channels.
const LEAST_MM: f64 = 1e-300;

impl ChannelKinetics<1> for SkE2 {
    const NAME: &'static str = "SK_E2";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["z"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 1] {
        let c = context.calcium_millimolar;
        let mut ln_calcium = context.ln_calcium;
        if c.any_below(RAISED_BELOW_MM) {
            let raised = (c + RAISED_BELOW_MM).at_least(LEAST_MM);
            ln_calcium = c.select_below(RAISED_BELOW_MM, raised.ln(), ln_calcium);
        }
        let power = ((ln_calcium - LN_HALF_OPEN) * -4.8).exp();
        let one = c.constant(1.0);
        [Gate::new(one / (power + 1.0), one, 1.0)]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [z]: [R; 1]) -> R {
        maximal * z
    }

    compiled_here!();
}
