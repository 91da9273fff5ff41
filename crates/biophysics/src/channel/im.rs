use super::{ChannelKinetics, FACTOR_21_TO_34_CELSIUS, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Muscarine-sensitive potassium current, m.
///
/// α = 3.3·10⁻³·exp(0.1·(v + 35)), β = 3.3·10⁻³·exp(−0.1·(v + 35)), 1/ms at 21 °C; v in mV.
///
/// Adams et al. 1982 (doi:10.1113/jphysiol.1982.sp014357), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Im;

impl ChannelKinetics<1> for Im {
    const NAME: &'static str = "Im";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["m"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 1] {
        // α/(α + β) and α + β, where β = 1/α but for the factor.
        let alpha = context.v_mv.scaled(35.0, 10.0).exp();
        let square = alpha * alpha;
        let sum = square + 1.0;
        [Gate::from_quotients([square, sum], [sum, alpha], 3.3e-3 * FACTOR_21_TO_34_CELSIUS)]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m]: [R; 1]) -> R {
        maximal * m
    }

    compiled_here!();
}
