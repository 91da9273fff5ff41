use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here, with_exp_m1};
use crate::Real;

/// High-voltage-activated calcium current, m²h.
///
/// With r(x) = x/(eˣ − 1) and v in mV, rates in 1/ms, used as they are at any temperature:
/// α_m = 0.055·3.8·r(−(v + 27)/3.8), β_m = 0.94·exp(−(v + 75)/17),
/// α_h = 0.000457·exp(−(v + 13)/50), β_h = 0.0065/(1 + exp(−(v + 15)/28)).
///
/// Reuveni et al. 1993 (doi:10.1523/JNEUROSCI.13-11-04609.1993), as given by Hay et al. 2011
/// (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaHva;

impl ChannelKinetics<2> for CaHva {
    const NAME: &'static str = "Ca_HVA";
    const ION: Ion = Ion::Calcium;
    const GATE_NAMES: [&'static str; 2] = ["m", "h"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 2] {
        let v = context.v_mv;
        // α_m over the denominator of r: with x/(eˣ − 1), x = −(v + 27)/3.8.
        let (x, denominator) = with_exp_m1(v.scaled(27.0, -3.8));
        let beta_m = v.scaled(75.0, -17.0).exp() * 0.94;
        let alpha_h = v.scaled(13.0, -50.0).exp() * 0.000_457;
        let divisor_h = v.scaled(15.0, -28.0).exp() + 1.0;
        [
            Gate::from_rates_over(x * (0.055 * 3.8), beta_m * denominator, denominator, 1.0),
            Gate::from_rates_over(alpha_h * divisor_h, v.constant(0.0065), divisor_h, 1.0),
        ]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m, h]: [R; 2]) -> R {
        maximal * m * m * h
    }

    compiled_here!();
}
