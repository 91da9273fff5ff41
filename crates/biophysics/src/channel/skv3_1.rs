use super::{ChannelKinetics, Gate, Ion, RateContext, compiled_here};
use crate::Real;

/// Fast, non-inactivating potassium current (Kv3.1), m.
///
/// m∞ = 1/(1 + exp((18.7 − v)/9.7)), τ_m = 4/(1 + exp((−46.56 − v)/44.14)) ms; v in mV.
///
/// Rettig et al. 1992 (EMBO J. 11:2473), as given by Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Skv31;

impl ChannelKinetics<1> for Skv31 {
    const NAME: &'static str = "SKv3_1";
    const ION: Ion = Ion::Potassium;
    const GATE_NAMES: [&'static str; 1] = ["m"];

    #[inline(always)]
    fn rates<R: Real>(&self, context: RateContext<R>) -> [Gate<R>; 1] {
        let v = context.v_mv;
        let m = v.scaled(-18.7, -9.7).exp() + 1.0;
        let tau_divisor = v.scaled(46.56, -44.14).exp() + 1.0;
        [Gate::new(v.constant(1.0) / m, tau_divisor, 0.25)]
    }

    #[inline(always)]
    fn conductance<R: Real>(&self, maximal: R, [m]: [R; 1]) -> R {
        maximal * m
    }

    compiled_here!();
}
